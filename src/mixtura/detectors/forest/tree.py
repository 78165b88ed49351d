"""One isolation tree, and how long paths in it are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma

from ...kernels import forest as kernel
from ...typing import Floats

# Leaves of more rows are few.
_SMALL = 2**16


def average_path_length(n_samples: ArrayLike) -> Floats:
    """Return how many splits it takes on average to isolate a row among `n_samples`.

    It is 2 H(n - 1) - 2 (n - 1) / n, the mean length of an unsuccessful search in a binary search tree [1]_, with the
    exact harmonic number H; the paper of isolation forests [2]_ and scikit-learn put log(n - 1) + 0.5772 in its place,
    which for n = 3 is 1.207 in place of 1.667, for n = 256 10.2448 in place of 10.2487.

    Parameters
    ----------
    n_samples : array-like of int
        Numbers of rows.

    Returns
    -------
    ndarray of the same shape
        Zero for up to one row.

    References
    ----------
    .. [1] Knuth (1998), "The Art of Computer Programming", volume 3, section 6.2.2.
    .. [2] Liu, Ting and Zhou (2008), "Isolation forest", ICDM.

    Examples
    --------
    >>> average_path_length([1, 2, 3])
    array([0.        , 1.        , 1.66666667])
    """
    n = np.maximum(np.asarray(n_samples, dtype=np.float64), 1.0)
    # The harmonic number H(n - 1) is the digamma function at n plus Euler's constant.
    return np.where(n > 1, 2.0 * (digamma(n) + np.euler_gamma) - 2.0 * (n - 1.0) / n, 0.0)


@dataclass(frozen=True, eq=False)
class IsolationTree:
    """A tree that isolates rows by random splits, as a heap: node 1 is the root, 2 i and 2 i + 1 the children of i.

    A row whose value is above the threshold goes to the right child. A leaf above the last level has threshold infinity
    down to the last level, so that all rows in it go left.

    Attributes
    ----------
    features : ndarray of shape (n_nodes, width), int32
        Columns of the split of each node.
    coefficients : ndarray of the same shape, float32, or None
        Their coefficients; None where a split is along one column.
    thresholds : ndarray of shape (n_nodes,), float32
        Thresholds, in the units of the forest: values less its `center`, times its `scale`.
    counts : ndarray of shape (2 n_nodes,), int32
        Rows of the sample in each node.
    """

    features: NDArray[np.int32]
    coefficients: NDArray[np.float32] | None
    thresholds: NDArray[np.float32]
    counts: NDArray[np.int32]

    @property
    def max_depth(self) -> int:
        """Most splits on a path: the logarithm to base 2 of the rows of the sample, rounded up."""
        return depth_of(self.thresholds)

    @property
    def n_samples(self) -> int:
        """Number of rows of the sample."""
        return int(self.counts[1])


def depth_of(thresholds: NDArray[Any]) -> int:
    """Return the depth of trees whose nodes are the last axis."""
    return int(thresholds.shape[-1]).bit_length() - 1


def leaf_lengths(counts: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the path length of the rows that end in each place of the last level of trees, shape (n_trees, n_nodes).

    It is the depth of the leaf and the average path length of its rows.

    Parameters
    ----------
    counts : ndarray of shape (n_trees, 2 n_nodes)
        Rows of the sample in each node.
    """
    last = counts[:, counts.shape[1] // 2 :]
    largest = int(last.max())
    sizes = np.arange(min(largest + 1, _SMALL))
    if largest >= _SMALL:
        sizes = np.concatenate([sizes, np.unique(last[last >= _SMALL])])
    return kernel.leaf_lengths(counts, sizes, average_path_length(sizes))
