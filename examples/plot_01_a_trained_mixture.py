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
# A contour encloses a share of the probability. Where the most probable component changes there is a boundary: between
# components of different covariances it is curved.
