"""
Clusters of any shape
=====================

Some groups are not ellipsoids, and touch each other. Fit a mixture, and merge the components that share most rows. The
result is clusters of any shape, still with a density. HDBSCAN of scikit-learn is drawn for comparison: it follows dense
regions, and leaves out the rows drawn in grey.
"""

import matplotlib.pyplot as plt
from sklearn.cluster import HDBSCAN
from sklearn.datasets import make_moons
from sklearn.metrics import adjusted_rand_score

from mixtura import BayesianGaussianMixture, DensityDisplay, merge_components

X, moons = make_moons(3_000, noise=0.15, random_state=1)
mixture = BayesianGaussianMixture(n_components=12, max_iter=1000, random_state=0).fit(X)
tree = merge_components(mixture, X)

found = {
    f"{(mixture.weights_ > 0).sum()} components": mixture.predict(X),
    f"merged into {tree.n_clusters} clusters": tree.predict(X),
    "HDBSCAN": HDBSCAN(min_cluster_size=50, copy=True).fit_predict(X),
}
figure, axes = plt.subplots(1, 3, figsize=(9, 3), sharey=True, layout="constrained")
for ax, (name, labels) in zip(axes, found.items(), strict=True):
    DensityDisplay.from_predictions(X, labels=labels, ax=ax, legend=False)
    ax.set_title(f"{name}\nadjusted Rand index {adjusted_rand_score(moons, labels):.3f}")
    ax.label_outer()

# %%
# How to read this
# ----------------
# Colours are groups, and grey rows are left out. The left panel shows the components, too many. The middle panel merges
# those that share rows, and finds both moons. The adjusted Rand index in the titles is 1 for the true moons and 0 for
# chance.
