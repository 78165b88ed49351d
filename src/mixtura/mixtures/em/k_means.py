"""k-means as a start of EM: the clusters that scikit-learn's finds from the same seed, without its overhead."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...kernels.k_means import lloyd

# scikit-learn's defaults.
_MAX_ITER = 300
_TOL = 1e-4


def k_means(
    X: NDArray[Any], weights: NDArray[Any], n_clusters: int, random_state: np.random.RandomState
) -> NDArray[np.int32]:
    """Return the cluster of each row.

    Lloyd (1982), "Least squares quantization in PCM", from seeds by `k_means_plus_plus`.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns), float32 or float64
        The rows.
    weights : ndarray of shape (n_rows,)
        Their weights.
    n_clusters : int
        Number of clusters; some have no row where fewer rows are different.
    random_state : RandomState
        What the seeds are drawn with.
    """
    weights = weights.astype(X.dtype)
    tol = _TOL * float(X.var(axis=0).mean())
    centred = np.subtract(X, X.mean(axis=0), order="C")
    centers = centred[k_means_plus_plus(centred, weights, n_clusters, random_state)]
    return lloyd(centred, weights, centers, _MAX_ITER, tol)


def k_means_plus_plus(
    X: NDArray[Any], weights: NDArray[Any], n_clusters: int, random_state: np.random.RandomState
) -> NDArray[np.int64]:
    """Return the positions of rows that lie far from each other, drawn one after the other.

    Arthur and Vassilvitskii (2007), "k-means++: the advantages of careful seeding", greedy over 2 + log(n_clusters)
    candidates; parameters as for `k_means`. Draws and arithmetic are those of scikit-learn's `kmeans_plusplus`.
    """
    wide = X.astype(np.float64, copy=False)
    norms = np.einsum("ij,ij->i", wide, wide)

    def squared_distances(positions: NDArray[np.int64]) -> NDArray[Any]:
        distances = -2 * (wide[positions] @ wide.T)
        distances += norms[positions, None]
        distances += norms
        return np.maximum(distances, 0, out=distances).astype(X.dtype, copy=False)

    trials = 2 + int(np.log(n_clusters))
    chosen = np.empty(n_clusters, np.int64)
    chosen[0] = random_state.choice(len(X), p=weights / weights.sum())
    nearest = squared_distances(chosen[:1])[0]
    potential = nearest @ weights
    for number in range(1, n_clusters):
        draws = random_state.uniform(size=trials) * potential
        candidates = np.searchsorted(np.cumsum(weights * nearest), draws)
        candidates = np.minimum(candidates, len(X) - 1)
        distances = np.minimum(squared_distances(candidates), nearest)
        potentials = distances @ weights
        best = int(np.argmin(potentials))
        potential, nearest, chosen[number] = potentials[best], distances[best], candidates[best]
    return chosen
