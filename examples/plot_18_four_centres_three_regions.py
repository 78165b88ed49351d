"""
Four centres, three regions
===========================

A Bayesian mixture of four components, fitted to three groups by plain iterations (`moves=False`). The fourth component
keeps the weight that a Dirichlet process expects of a part of the stick that no row has touched. Its centre is the
centre of the prior, in the middle. The fourth component is the most probable one nowhere, so the other three divide the
plane, and no prediction names it. By default, moves follow the iterations: they leave such a component out if that
raises the lower bound.
"""

import matplotlib.pyplot as plt
import numpy as np

from mixtura import BayesianGaussianMixture, DensityDisplay, WeightsDisplay

rng = np.random.default_rng(0)
X = np.vstack([rng.normal(center, 0.8, (80, 2)) for center in ((0, 0), (4, 0), (2, 3))])
mixture = BayesianGaussianMixture(
    n_components=4, covariance_type="tied", moves=False, max_iter=1000, random_state=0
).fit(X)

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), width_ratios=(3, 2), layout="constrained")
DensityDisplay.from_estimator(mixture, X, ax=left, contours=False)
WeightsDisplay.from_estimator(mixture, ax=right)

grid = np.stack(np.meshgrid(np.linspace(-5, 9, 200), np.linspace(-5, 9, 200)), axis=-1).reshape(-1, 2)
print(f"weights: {mixture.weights_.round(4)}")
print(f"components that are the most probable anywhere: {np.unique(mixture.predict(grid))}")

# %%
# How to read this
# ----------------
# Left: four crosses, three regions. The fourth component lies in the middle, and no place belongs to it. Right: its
# weight is small, and the title counts the components in use.
