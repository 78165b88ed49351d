"""Isolation forests: the draw of rows, the growth of a tree, path lengths and what columns add to them.

How trees are kept stands in ``native/forest.hpp``. `coefficients` are None where splits are along an axis.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..typing import Floats
from . import native

__all__ = ["Forest", "Units", "column_credits", "draw", "grow", "leaf_lengths", "lengths"]


class Units(NamedTuple):
    """Units of the trees: values less `center`, times `scale`, each of shape (n_columns,)."""

    center: Floats
    scale: Floats


class Forest(NamedTuple):
    """Arrays of all trees.

    Attributes
    ----------
    features : ndarray of shape (n_trees, n_nodes, width), int32
        Columns of each split, of which the kernels rely on that they exist.
    coefficients : ndarray of the same shape, float32, or None
        Coefficients of hyperplanes.
    thresholds : ndarray of shape (n_trees, n_nodes), float32
        Rows above go right.
    counts : ndarray of shape (n_trees, 2 n_nodes), int32
        Rows of the sample in each node.
    lengths : ndarray of shape (n_trees, n_nodes), float32
        Path length of the rows that end in each place of the last level.
    """

    features: NDArray[np.int32]
    coefficients: NDArray[np.float32] | None
    thresholds: NDArray[np.float32]
    counts: NDArray[np.int32]
    lengths: NDArray[np.float32]


def draw(
    seed: int, stream: int, n_rows: int, size: int, *, cumulative: Floats | None = None, repeated: bool = False
) -> NDArray[np.int64]:
    """Return the positions of `size` rows drawn at random, by weights of which the running sums are given."""
    rows = np.empty(size, np.int64)
    native.forest_draw(seed, stream, n_rows, cumulative, repeated, rows)
    return rows


def grow(
    values: NDArray[Any],
    units: Units,
    samples: NDArray[np.int64],
    columns: NDArray[np.int32],
    seeds: NDArray[np.uint64],
    features: NDArray[np.int32],
    coefficients: NDArray[np.float32] | None,
    thresholds: NDArray[np.float32],
    counts: NDArray[np.int32],
) -> None:
    """Grow a tree for each seed, on the rows at the positions `samples`, and write them to the last four arrays."""
    native.forest_grow(values, *units, samples, columns, seeds, features, coefficients, thresholds, counts)


def leaf_lengths(counts: NDArray[np.int32], sizes: NDArray[np.int64], averages: Floats) -> NDArray[np.float32]:
    """Return the path length of each place of the last level of trees, shape (n_trees, n_nodes).

    `averages` are the average path lengths of leaves of `sizes` rows; these increase, and all that there are are there.
    """
    out = np.empty((len(counts), counts.shape[1] // 2), np.float32)
    native.forest_leaf_lengths(counts, sizes, averages, out)
    return out


def lengths(values: NDArray[Any], units: Units, forest: Forest) -> Floats:
    """Return the mean path length of each row, shape (n_rows,)."""
    out = np.empty(len(values))
    native.forest_lengths(values, *units, *forest, out)
    return out


def column_credits(values: NDArray[Any], units: Units, forest: Forest) -> Floats:
    """Return by how much each column shortens the path of each row, shape (n_rows, n_columns)."""
    out = np.empty(values.shape)
    native.forest_credits(values, *units, *forest, out)
    return out
