"""
The Bayesian mixture as a graph
===============================

What `BayesianGaussianMixture` assumes of a table. An arrow leads from a quantity to those drawn given it; a frame,
called a plate, stands for as many copies as its corner says. Only the shaded values are seen. Dots are given: numbers
that the user may set, under the name of the parameter. The rest has a posterior distribution, which a fit finds. The
weights are broken off a stick one after another, and the component of a row is drawn given all the parts.
"""

from mixtura import BayesianGaussianMixture, GraphicalModelDisplay

GraphicalModelDisplay.from_estimator(BayesianGaussianMixture(n_components=6, weight_concentration_prior=0.1))

# %%
# How to read this
# ----------------
# Read it from the dots, which are given, along the arrows to the shaded rows, which are seen. The name below a circle
# is the distribution that its quantity is drawn from. Everything in a frame exists as many times as the frame says.
