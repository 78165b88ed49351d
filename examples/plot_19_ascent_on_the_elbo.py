"""
Ascent on the ELBO
==================

Black-box variational inference draws from a normal distribution q, estimates the gradient of the evidence lower bound
from the draws, and ascends. Here the posterior is a banana. The bound rises with noise, which shrinks with the steps.
It ends below the log evidence; the gap is the divergence of q from the posterior. A mean-field normal misses the bend;
the mixture that this library fits by default follows it.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np

from mixtura.inference import BlackBoxVI, Real


def log_density(parameters):
    """Return the log density of a banana, not normalised."""
    a, b = parameters["x"]
    return -(a**2) / 2 - 2 * (b - a**2 / 2) ** 2


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # a mean-field normal is not to be trusted here, and says so
    ascent = BlackBoxVI(method="stochastic", random_state=0).fit(log_density, {"x": Real(2)})
mixture = BlackBoxVI(random_state=0).fit(log_density, {"x": Real(2)})

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
left.plot(ascent.elbo_trace_, color="#8C8C8C", linewidth=0.5, label="estimate of each step")
left.plot(ascent.elbo_trace_.reshape(-1, 50).mean(axis=1).repeat(50), color="#0072B2", label="mean of 50")
left.axhline(mixture.log_evidence_, color="#D55E00", linestyle="--", label="log evidence")
left.set(xlabel="iteration", ylabel="ELBO, nats", ylim=(mixture.log_evidence_ - 4, mixture.log_evidence_ + 1))
left.legend()

grid = np.stack(np.meshgrid(np.linspace(-3, 3, 200), np.linspace(-1.5, 3.5, 200)), axis=-1)
posterior = np.exp(log_density({"x": np.moveaxis(grid, -1, 0)}))
right.contourf(grid[..., 0], grid[..., 1], posterior, levels=8, cmap="Greys")
for fit, color in (ascent, "#0072B2"), (mixture, "#009E73"):
    density = fit.mixture_.pdf(grid.reshape(-1, 2)).reshape(grid.shape[:2])
    right.contour(grid[..., 0], grid[..., 1], density, levels=5, colors=color, linewidths=1)
right.set(xlabel="x[0]", ylabel="x[1]", title="posterior (grey), mean-field (blue), mixture (green)")
plt.show()

# %%
# How to read this
# ----------------
# Left: grey is the noisy estimate of every step, blue its mean over fifty. The curve flattens when the fit has
# converged. The gap to the dashed line is the divergence of q from the posterior: no single normal closes it. Right:
# the green contours of the mixture follow the grey posterior, the blue ones of the mean-field normal cannot bend.
