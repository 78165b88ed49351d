"""Lloyd's iterations of k-means; single-threaded, and any number may run at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import native

__all__ = ["lloyd"]


def lloyd(
    values: NDArray[Any], weights: NDArray[Any], centers: NDArray[Any], max_iter: int, tol: float
) -> NDArray[np.int32]:
    """Move `centers` to the means of the rows nearest to each, and return the cluster of every row.

    Iterations end when no row changes its cluster, or when the squared lengths of the moves sum to at most `tol`.
    The arrays are all float32 or all float64, and contiguous.
    """
    labels = np.empty(len(values), np.int32)
    native.lloyd(values, weights, centers, max_iter, tol, labels)
    return labels
