"""
Ellipsoids on two moons
=======================

A Bayesian mixture may use up to six components. A moon is not an ellipsoid, so the mixture takes three components for
each moon. The density is good; the number of groups is wrong.
"""

from sklearn.datasets import make_moons

from mixtura import BayesianGaussianMixture, DensityDisplay

X, _ = make_moons(3_000, noise=0.05, random_state=1)
mixture = BayesianGaussianMixture(n_components=6, max_iter=1000, random_state=0).fit(X)
print(f"weights {mixture.weights_.round(3)}")

DensityDisplay.from_estimator(mixture, X, max_points=3_000)

# %%
# How to read this
# ----------------
# Each ellipse is a component, and each colour the rows that it takes. Three ellipses follow one moon as beads follow a
# string. The density is good, since no row between the moons is probable. The number of colours is not the number of
# groups; the next example merges components.
