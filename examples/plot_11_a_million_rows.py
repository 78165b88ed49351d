"""
A million rows
==============

This picture shows how long a fit of eight components to four columns takes as the table grows. `GaussianMixture` of
this library gets up to a million rows, that of scikit-learn up to a hundred thousand. Both are called in the same way.
The machine is the one that built this page.
"""

import os
from time import perf_counter

import matplotlib.pyplot as plt
import sklearn.mixture
from sklearn.datasets import make_blobs
from threadpoolctl import threadpool_info

import mixtura

threads = max(pool["num_threads"] for pool in threadpool_info())
print(f"{os.cpu_count()} processors; scikit-learn may use {threads}")
X, _ = make_blobs(1_000_000, n_features=4, centers=8, cluster_std=3.0, random_state=0)


def timed(estimator, n_rows):
    """Return how many seconds a fit to the first rows takes, and the fitted estimator."""
    start = perf_counter()
    estimator.fit(X[:n_rows])
    return perf_counter() - start, estimator


counts = {"mixtura": [1_000, 10_000, 100_000, 1_000_000], "scikit-learn": [1_000, 10_000, 100_000]}
classes = {"mixtura": mixtura.GaussianMixture, "scikit-learn": sklearn.mixture.GaussianMixture}
for library in (mixtura, sklearn.mixture):  # the first fit of a process loads what it needs
    timed(library.GaussianMixture(8, random_state=0), 1_000)

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for (library, sizes), color in zip(counts.items(), ("#0072B2", "#E69F00"), strict=True):
    seconds = []
    for n_rows in sizes:
        spent, fitted = timed(classes[library](8, random_state=0), n_rows)
        seconds.append(spent)
        held_out = fitted.score(X[-10_000:])
        print(f"{library:12} {n_rows:9,} rows {spent:6.3f} s, {fitted.n_iter_:3} iterations, {held_out:.4f} nats a row")
    ax.loglog(sizes, seconds, "o-", color=color, label=library)
ax.set(xlabel="rows", ylabel="seconds for a fit")
ax.xaxis.set_major_formatter("{x:,.0f}")
ax.yaxis.set_major_formatter("{x:g}")
ax.grid(color="0.9")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)

# %%
# How to read this
# ----------------
# Both axes are logarithmic: a straight line means that time grows in proportion to the rows, and the gap between two
# lines is a factor. The log-likelihood printed is that of ten thousand rows, the same for every fit, so equal numbers
# mean equally good fits. Above 16,384 rows the start is found on a sample.
