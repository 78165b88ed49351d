"""
Tied against spherical
======================

The covariance shape says what a group may look like. *Tied* components are ellipses of one size and direction,
*spherical* ones are circles of different sizes. The same three groups, read in both ways.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_blobs

from mixtura import GaussianMixture

left, _ = make_blobs(1000, centers=((4, -4), (0, 0)), random_state=42)
right, _ = make_blobs(250, centers=1, random_state=42)
X = np.vstack([left @ [[0.374, 0.95], [0.732, 0.598]], right + [6, -8]])

across, up = np.meshgrid(np.linspace(-4, 9, 200), np.linspace(-6, 6, 200))
grid = np.column_stack([across.ravel(), up.ravel()])

figure, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
for ax, shape in zip(axes, ("tied", "spherical"), strict=True):
    mixture = GaussianMixture(3, covariance_type=shape, n_init=5, random_state=0).fit(X)
    surprise = -mixture.score_samples(grid).reshape(across.shape)
    ax.contour(across, up, surprise, levels=np.linspace(2, 30, 15), cmap="viridis_r", linewidths=0.8)
    ax.scatter(*X.T, c=mixture.predict(X), s=4, cmap="Dark2", vmin=0, vmax=7)
    ax.plot(*mixture.means_.T, "k+", markersize=12, markeredgewidth=2)
    ax.set(title=f"{shape}: BIC {mixture.bic(X):,.0f}", xlabel="x1")
axes[0].set_ylabel("x2")

# %%
# Neither shape is right: two of the groups are stretched, and differently from the third. With a covariance of its own
# for each group the BIC, lower is better, says so.

full = GaussianMixture(3, n_init=5, random_state=0).fit(X)
print(f"full: BIC {full.bic(X):,.0f}")
