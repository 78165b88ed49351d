"""
A trained mixture
=================

Three groups were drawn, and `GaussianMixture` was told nothing but their number. It found where they lie, how many rows
each has, and how each is stretched.
"""

import numpy as np

from mixtura import DensityDisplay, GaussianMixture

rng = np.random.default_rng(0)
X = np.vstack(
    [
        rng.normal(size=(500, 2)) @ [[1.3, 0.8], [0.0, 0.4]],
        rng.normal(size=(500, 2)) @ [[0.5, 0.5], [0.0, 1.1]] + [3.5, -1.0],
        rng.normal(size=(250, 2)) * 0.7 + [0.0, 4.0],
    ]
)

mixture = GaussianMixture(3, random_state=0).fit(X)
print(f"weights {mixture.weights_.round(3)}, after {mixture.n_iter_} iterations")

DensityDisplay.from_estimator(mixture, X)

# %%
# How to read this
# ----------------
# The shading and the lines are contours of the density: each encloses the share of the probability that it names. A
# cross is the mean of a component, an ellipse its covariance. Boundaries separate the regions in which one component is
# the most probable; between components of different covariances they are curved. Rows near a boundary are uncertain,
# and rows outside the last contour are unusual.
