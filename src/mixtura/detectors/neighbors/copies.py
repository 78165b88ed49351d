"""Rows with as many copies as neighbours are looked for: which they are, and what stands for their reachability.

The mean reachability of such a row is zero (see `lof`), and a factor needs a number to divide by. The rows around the
copies give one, and the numbers of both decide:

- The rows that have copies of a kind for neighbours belong to groups. Two rows are of one group when one is a neighbour
  of the other, and no farther from it than `_WITHIN` times its mean reachability.
- Where such a group has more rows than there are copies, the copies lie in the group, and take its median.
- Otherwise the copies decide what is usual, however many of the other rows are neighbours of one another. The copies
  take the least reachability beside them, times the share that rows without copies have here.

Copies that no other row has for a neighbour take the least reachability of all rows, times that share of the table.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ...typing import Floats, Integers

Mask = NDArray[np.bool_]

# The factor from which a row is called an outlier.
_WITHIN = 1.5
# A sum of a few numbers differs by so many units in the last place from the same sum in another order.
_ROUNDED = 4
# Nine in ten values that are not zero are no larger than a value that rounding is in proportion to.
_LARGE = 0.9
_TINY = float(np.finfo(np.float64).tiny)


def rounding_of(table: NDArray[Any], dtype: Any) -> Floats:
    """Return how far values of each column may be apart by rounding to a type alone, shape (n_columns,)."""
    largest = np.zeros(table.shape[1])
    for j, values in enumerate(table.T):
        sizes = np.abs(values[np.isfinite(values) & (values != 0)])
        if len(sizes):
            largest[j] = np.quantile(sizes, _LARGE, method="lower")
    return np.asarray(_ROUNDED * float(np.finfo(dtype).eps) * largest)


def equal_but_for_rounding(table: NDArray[Any], others: Integers, rounding: Floats) -> Mask:
    """Return whether each row equals the row of the table whose number `others` has in its place."""
    rows = np.arange(len(table))
    for column, least in zip(table.T, rounding, strict=True):
        # Halves of numbers have a difference that is a number too.
        rows = rows[np.abs(column[rows] / 2 - column[others[rows]] / 2) <= least / 2]
    same = np.zeros(len(table), np.bool_)
    same[rows] = True
    return same


def with_usual(
    reachabilities: Floats, distances: Floats, neighbors: Integers, copies: Mask, resolution: float
) -> Floats:
    """Return mean reachabilities, those of copies replaced by what is usual around them, never zero.

    Parameters
    ----------
    reachabilities : ndarray of shape (n_rows,)
        Mean reachability of each row; those of copies are not looked at.
    distances, neighbors : ndarray of shape (n_rows, k)
        Distances and row numbers of the neighbours of each row.
    copies : ndarray of bool, shape (n_rows,)
        Which rows have copies only for neighbours.
    resolution : float
        What copies take where the table has nothing else.
    """
    result = reachabilities.copy()
    groups = _groups(reachabilities, distances, neighbors, copies)
    sizes = np.bincount(groups)
    beside, place = np.nonzero(~copies[:, None] & copies[neighbors])
    kinds = groups[neighbors[beside, place]]
    least = np.full(len(sizes), np.inf)
    np.minimum.at(least, kinds, reachabilities[beside])

    met, joined = np.unique(np.stack([kinds, groups[beside]]), axis=1)
    around = np.bincount(met, weights=sizes[joined], minlength=len(sizes))
    largest = np.zeros(len(sizes), np.int64)
    by_size = np.argsort(sizes[joined], kind="stable")
    largest[met[by_size]] = joined[by_size]
    medians = median(reachabilities, groups, np.arange(len(sizes)))

    with np.errstate(invalid="ignore"):  # infinity times zero, where no row is beside
        rare = least * (around / (around + sizes))
    usual = np.where(sizes[largest] > sizes, medians[largest], rare)
    usual[around == 0] = resolution if copies.all() else float(reachabilities[~copies].min()) * float(np.mean(~copies))
    result[copies] = np.maximum(usual, _TINY)[groups[copies]]
    return result


def _groups(reachabilities: Floats, distances: Floats, neighbors: Integers, copies: Mask) -> NDArray[np.int32]:
    """Return the number of the group of each row; the copies of one kind are a group."""
    with np.errstate(over="ignore"):
        near = distances <= _WITHIN * reachabilities[neighbors]
    linked = np.where(copies[:, None], copies[neighbors], near & ~copies[neighbors])
    starts = np.concatenate([[0], np.cumsum(linked.sum(axis=1))])
    graph = csr_array((np.ones(starts[-1], np.int8), neighbors[linked], starts), shape=(len(copies), len(copies)))
    return np.asarray(connected_components(graph, directed=True, connection="weak")[1])
