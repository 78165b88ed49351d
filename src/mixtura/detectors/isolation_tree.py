"""One isolation tree, and how long paths in it are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma

Floats = NDArray[np.float64]


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


def mean_path_lengths(counts: NDArray[np.int32]) -> Floats:
    """Return the mean path length of the rows of the sample that come through each node, shape (n_trees, 2 n_nodes).

    In a leaf it is the depth and the average path length of its rows, rounded to single precision: sums over trees are
    then exact, and do not depend on their order.
    """
    lengths = np.zeros(counts.shape)
    leaves = counts.shape[1] // 2
    depth = leaves.bit_length() - 1
    at = np.zeros((len(counts), 1))  # depth of the leaf that a node of the level is in, or its own
    for level in range(depth):
        right = counts[:, 2**level * 2 + 1 : 2**level * 4 : 2]
        inside = (right > 0) & (at == level)
        at = np.repeat(np.where(inside, level + 1, at), 2, axis=1)
    last = counts[:, leaves:]
    sizes, places = np.unique(last, return_inverse=True)
    lengths[:, leaves:] = (at + average_path_length(sizes)[places.reshape(last.shape)]).astype(np.float32)
    for level in reversed(range(depth)):
        below = slice(2 ** (level + 1), 2 ** (level + 2))
        weighted = counts[:, below] * lengths[:, below]
        total = np.maximum(counts[:, 2**level : 2 ** (level + 1)], 1)
        lengths[:, 2**level : 2 ** (level + 1)] = (weighted[:, ::2] + weighted[:, 1::2]) / total
    return lengths
