"""
The Bayesian mixture as a graph
===============================

What `BayesianGaussianMixture` assumes of a table. An arrow leads from a quantity to those drawn given it; a frame
stands for as many copies as its corner says. Only the shaded values are seen. Filled dots are numbers that the user may
set, under the name of the parameter; the rest has a posterior distribution, which a fit finds.
"""

import matplotlib.pyplot as plt
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

DRAWN = {  # (x, y), text; the shaded one is seen
    "weights": ((2.6, 1.2), "$\\pi$"),
    "component": ((4.6, 1.2), "$z_i$"),
    "row": ((6.8, 1.2), "$x_i$"),
    "mean": ((5.9, 3.7), "$\\mu_k$"),
    "precision": ((7.7, 3.7), "$\\Lambda_k$"),
}
GIVEN = {  # (x, y), parameter, side of its name
    "concentration": ((0.2, 1.2), "weight_concentration_prior", "below"),
    "center": ((4.0, 4.15), "mean_prior", "left"),
    "strength": ((4.0, 3.25), "mean_precision_prior", "left"),
    "scatter": ((9.6, 4.15), "covariance_prior", "right"),
    "degrees": ((9.6, 3.25), "degrees_of_freedom_prior", "right"),
}
ARROWS = """concentration weights, weights component, component row, mean row, precision row, precision mean,
            center mean, strength mean, scatter precision, degrees precision"""
OFFSETS = {"left": (-10, 0, "right", "center"), "right": (10, 0, "left", "center"), "below": (0, -12, "center", "top")}

figure, ax = plt.subplots(figsize=(9, 3), layout="constrained")
ax.set(xlim=(-1.8, 13.4), ylim=(0, 4.8), aspect="equal")
ax.axis("off")
for x, y, width, corner, height in (3.8, 0.1, 3.9, "row $i$ of $n$", 0.15), (5.2, 2.8, 3.3, "component $k$", 1.6):
    ax.add_patch(FancyBboxPatch((x, y), width, 1.9, boxstyle="round,pad=0,rounding_size=0.15", fill=False, ec="0.4"))
    ax.text(x + width - 0.1, y + height, corner, ha="right", color="0.3")
for name, (place, text) in DRAWN.items():
    ax.add_patch(Circle(place, 0.42, facecolor="0.8" if name == "row" else "white", edgecolor="black", zorder=2))
    ax.annotate(text, place, ha="center", va="center", fontsize=14)
for place, text, side in GIVEN.values():
    ax.add_patch(Circle(place, 0.1, color="black"))
    x, y, horizontal, vertical = OFFSETS[side]
    ax.annotate(text, place, (x, y), textcoords="offset points", ha=horizontal, va=vertical, family="monospace")
places = {name: value[0] for name, value in (DRAWN | GIVEN).items()}
sizes = dict.fromkeys(DRAWN, 0.42) | dict.fromkeys(GIVEN, 0.1)
for start, end in (pair.split() for pair in ARROWS.split(",")):
    (x0, y0), (x1, y1) = places[start], places[end]
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    a, b = sizes[start] / length, 1 - sizes[end] / length
    ends = [(x0 + t * (x1 - x0), y0 + t * (y1 - y0)) for t in (a, b)]
    ax.add_patch(FancyArrowPatch(*ends, arrowstyle="-|>", mutation_scale=14, shrinkA=0, shrinkB=0, color="black"))
