"""
Two mixtures as graphs
======================

The graphs show what `GaussianMixture` (above) and `BayesianGaussianMixture` (below) assume of a table. An arrow leads
from a quantity to those drawn given it; a frame, called a plate, stands for as many copies as its corner says. Only the
shaded values are seen. In the plain mixture, weights, means and covariances are numbers that a fit finds. In the
Bayesian one they have distributions, and the numbers that the user may set are further to the left and the right.
"""

import matplotlib.pyplot as plt

from mixtura import BayesianGaussianMixture, GaussianMixture, GraphicalModelDisplay

figure, (above, below) = plt.subplots(2, 1, figsize=(8.8, 6.4), layout="constrained")
GraphicalModelDisplay.from_estimator(GaussianMixture(n_components=6), ax=above)
bayesian = BayesianGaussianMixture(n_components=6, weight_concentration_prior=0.1)
GraphicalModelDisplay.from_estimator(bayesian, ax=below)

# %%
# How to read this
# ----------------
# Read it from the dots, which are given, along the arrows to the shaded rows, which are seen. The name below a circle
# is the distribution that its quantity is drawn from. Everything in a frame exists as many times as the frame says.
# Below, the weights are broken off a stick: the Beta draws are the parts, and the component of a row is drawn given
# all of them.
