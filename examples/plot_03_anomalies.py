"""
Anomalies by density
====================

A mixture gives every row a density. The 4 % of the rows where it is lowest are drawn as stars. They lie at the edges of
all groups and between them, outside one line of equal density.
"""

import numpy as np

from mixtura import DensityDisplay, GaussianMixture, threshold_by_rate

rng = np.random.default_rng(0)
X = np.vstack(
    [
        rng.normal(size=(500, 2)) @ [[1.3, 0.8], [0.0, 0.4]],
        rng.normal(size=(500, 2)) @ [[0.5, 0.5], [0.0, 1.1]] + [3.5, -1.0],
        rng.normal(size=(250, 2)) * 0.7 + [0.0, 4.0],
    ]
)

mixture = GaussianMixture(3, random_state=0).fit(X)
densities = mixture.score_samples(X)
threshold = threshold_by_rate(densities, rate=0.04)
print(f"{np.sum(densities < threshold)} of {len(X)} rows have a log density below {threshold:.2f}")

DensityDisplay.from_estimator(mixture, X, threshold=threshold)

# %%
# How to read this
# ----------------
# Dots are rows that belong, stars are the 4 % of lowest density. They lie at the edges of all groups and between them,
# outside one contour. A star far from all others deserves a look first; stars at the rim are the ordinary edge of a
# group, because a rate flags as many rows in a clean table.
