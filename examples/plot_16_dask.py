"""
Dask
====

A Dask array is fitted where its chunks are: workers make sums of their rows, and only these travel. Here two workers
share this process; on a cluster the calls are the same. The answer is that of threads, up to rounding.
"""

import dask.array
import numpy as np
from dask.distributed import Client
from sklearn.datasets import make_blobs

from mixtura import DensityDisplay, GaussianMixture

X, _ = make_blobs(200_000, centers=5, cluster_std=1.5, random_state=3)
local = GaussianMixture(5, random_state=0).fit(X)

with Client(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None):
    chunks = dask.array.from_array(X, chunks=(25_000, 2))
    spread = GaussianMixture(5, random_state=0).fit(chunks)
    same = np.mean(spread.predict(chunks) == local.predict(X))

print(f"largest difference of the means: {np.abs(spread.means_ - local.means_).max():.1e}")
print(f"rows in the same group: {same:.4%}")

DensityDisplay.from_estimator(spread, X, max_points=3_000)

# %%
# How to read this
# ----------------
# The picture is the fit of the Dask array, over a sample of its rows. The two numbers above compare it with the fit of
# the threads: the means agree to rounding, and the rows have the same groups.
