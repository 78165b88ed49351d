"""
Tied against spherical
======================

The covariance shape says what a group may look like. *Tied* components are ellipses of one size and direction,
*spherical* ones are circles of different sizes. The same three groups, read in both ways.
"""

import matplotlib.pyplot as plt
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

figure, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
for ax, shape in zip(axes, ("tied", "spherical"), strict=True):
    mixture = GaussianMixture(3, covariance_type=shape, n_init=5, random_state=0).fit(X)
    DensityDisplay.from_estimator(mixture, X, ax=ax, legend=False)
    ax.set_title(f"{shape}: BIC {mixture.bic(X):,.0f}")
    ax.label_outer()

# %%
# How to read this
# ----------------
# Compare the ellipses with the rows. *Tied* ellipses all have one size and direction, and the boundaries between them
# are straight. *Spherical* ones are circles. Neither fits: two of the groups are stretched, each in its own direction.
# The BIC in the titles, lower is better, agrees: a covariance for each group has the lowest.

full = GaussianMixture(3, n_init=5, random_state=0).fit(X)
print(f"full: BIC {full.bic(X):,.0f}")
