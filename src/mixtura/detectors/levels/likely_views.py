"""Which columns of numbers may differ between the levels of which others: of many, those that do most in a sample."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ...typing import Floats, Integers
from .coding import Coding

# So many pairs of columns are looked at in full. Fifty columns have no more.
_MOST_VIEWED = 2048

# Of more pairs it is looked first at so many rows or more, at so many products of a cell of each in all.
_FEWEST_ROWS, _MOST_PRODUCTS = 256, 2**31

# Levels by columns of numbers that are looked at at once.
_AT_ONCE = 2**22


def likely_views(
    pool: NDArray[Any], numbers: Integers, codes: Integers, coding: Coding, fewest: int, most_levels: int
) -> Iterator[tuple[int, list[int]]]:
    """Yield each column of numbers, and the columns of levels between which it may differ, counted among these.

    These are all columns where there are few. Of many, those pairs come first in which the mean rank of a level, or
    its mean distance from the median rank, is the most standard errors away from that of the table. The first columns
    of levels alone are looked at where all of them would be too much work.

    Parameters
    ----------
    pool : ndarray of shape (n_rows, n_columns)
        Rows of the table.
    numbers : ndarray of shape (p,)
        The columns of numbers.
    codes : ndarray of shape (n_rows, m)
        Codes of levels.
    coding : Coding
        Their columns.
    fewest, most_levels : int
        Rows that a level has at least, and such levels of a column at most.
    """
    if len(numbers) * len(coding) <= _MOST_VIEWED:
        yield from ((int(column), [*range(len(coding))]) for column in numbers)
        return
    n_looked = max(_MOST_PRODUCTS // (len(numbers) * len(coding)), _FEWEST_ROWS)
    rows = slice(None, None, -(-len(pool) // n_looked))
    looked = codes[rows, : max(_MOST_PRODUCTS // (n_looked * len(numbers)), 1)]
    apart = _apart(_ranks(pool[rows][:, numbers]), looked, coding, fewest, most_levels)
    order = np.argsort(-apart, axis=None, kind="stable")[:_MOST_VIEWED]
    kept = np.zeros(apart.shape, np.bool_)
    kept.flat[order] = apart.flat[order] > 0
    yield from ((int(column), np.flatnonzero(of).tolist()) for column, of in zip(numbers, kept.T, strict=True))


def _ranks(values: Floats) -> Floats:
    """Return ranks and their distances from the middle, side by side, of mean 0 and deviation 1; 0 for no number."""
    known = ~np.isnan(values)
    order = np.argsort(values, axis=0, kind="stable")
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, np.arange(len(values), dtype=np.float64)[:, np.newaxis], axis=0)
    n_known = np.maximum(known.sum(axis=0), 1)
    centred = (ranks + 0.5) / n_known - 0.5
    seen = np.hstack([centred * np.sqrt(12), (np.abs(centred) - 0.25) * np.sqrt(48)])
    return np.where(np.hstack([known, known]), seen, 0.0)


def _apart(ranks: Floats, codes: Integers, coding: Coding, fewest: int, most_levels: int) -> Floats:
    """Return how many standard errors the levels of a column differ by, at most, shape (m, p)."""
    n_numbers = ranks.shape[1] // 2
    apart = np.zeros((codes.shape[1], n_numbers), np.float32)
    sizes = coding.sizes[: codes.shape[1]]
    first = 0
    while first < len(sizes):
        within = np.cumsum(sizes[first:].astype(np.int64)) * ranks.shape[1] <= _AT_ONCE
        last = first + max(int(within.sum()), 1)
        for column, sums in _sums(ranks, codes[:, first:last], sizes[first:last], fewest, most_levels):
            apart[first + column] = np.maximum(sums[:n_numbers], sums[n_numbers:])
        first = last
    return apart


def _sums(
    ranks: Floats, codes: Integers, sizes: NDArray[np.int32], fewest: int, most_levels: int
) -> Iterator[tuple[int, Floats]]:
    """Yield some of the columns of levels, and the farthest sum of ranks of a level by its standard error."""
    starts = np.append(0, np.cumsum(sizes))
    row, column = np.nonzero(codes < sizes)
    place = starts[column] + codes[row, column]
    counts = np.bincount(place, minlength=starts[-1])
    levels = np.flatnonzero(counts >= fewest)
    if not len(levels):
        return
    of_level = np.full(starts[-1], -1)
    of_level[levels] = np.arange(len(levels))
    own = of_level[place] >= 0
    cells = sparse.csr_array(
        (np.ones(np.count_nonzero(own)), (of_level[place[own]], row[own])), shape=(len(levels), len(ranks))
    )
    away = np.abs(cells @ ranks) / np.sqrt(counts[levels])[:, np.newaxis]
    column_of = np.searchsorted(starts, levels, "right") - 1
    begins = np.flatnonzero(np.append(True, np.diff(column_of) > 0))
    farthest = np.maximum.reduceat(away, begins)
    n_levels = np.diff(np.append(begins, len(levels)))
    for of_column in np.flatnonzero(n_levels <= most_levels).tolist():
        yield int(column_of[begins[of_column]]), farthest[of_column]
