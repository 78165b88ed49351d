"""
Ellipsoids on two moons
=======================

A Bayesian mixture may use up to twelve components, and keeps those that it needs. Two moons are no ellipsoids, and so it
needs several for each. The density is right; the number of components is not the number of groups.
"""

from sklearn.datasets import make_moons

from mixtura import BayesianGaussianMixture, DensityDisplay

X, _ = make_moons(3_000, noise=0.05, random_state=1)
mixture = BayesianGaussianMixture(n_components=12, max_iter=1000, random_state=0).fit(X)
print(f"components of more than 1 % of the rows: {(mixture.weights_ > 0.01).sum()}")

DensityDisplay.from_estimator(mixture, X, max_points=3_000)
