"""Columns of levels as codes: where each level of each column stands in one flat table."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ...statistics.rarity import NEW_VALUE
from ...typing import Floats, Integers

# Beside its levels a column has a place for those never seen, and one for missing cells.
UNSEEN, MISSING = 0, 1
_MORE = 2


@dataclass(frozen=True, eq=False)
class Coding:
    """Which columns hold codes of levels, and how many levels each has.

    The levels of a column have the codes from 0 on. Any other number stands for a level never seen, NaN for a missing
    cell. Flat tables hold a value for each level of each column, and at its end one for levels never seen and one for
    missing cells.

    Attributes
    ----------
    columns : ndarray of shape (m,), int32
        Places of the columns in the table.
    sizes : ndarray of shape (m,), int32
        Number of levels of each, at least one.
    """

    columns: NDArray[np.int32]
    sizes: NDArray[np.int32]

    @classmethod
    def of(cls, levels: Sequence[int | None]) -> Self:
        """Return the coding of a table whose columns have so many levels; None for columns of numbers."""
        columns = [place for place, size in enumerate(levels) if size is not None]
        sizes = [max(size, 1) for size in levels if size is not None]
        return cls(np.array(columns, np.int32), np.array(sizes, np.int32))

    def __len__(self) -> int:
        return len(self.columns)

    @cached_property
    def starts(self) -> Integers:
        """Where the levels of each column begin in a flat table, and at last how long that is; shape (m + 1,)."""
        return np.append(0, np.cumsum(self.sizes.astype(np.int64) + _MORE))

    @cached_property
    def column_of(self) -> Integers:
        """The column of each place of a flat table, counted among those of levels."""
        return np.repeat(np.arange(len(self)), self.sizes + _MORE)

    def codes(self, X: NDArray[Any]) -> Integers:
        """Return the codes of rows, shape (n_rows, m): that of levels never seen is the size, of missing cells more."""
        # Column by column, as most that follows takes the maximum of each row.
        values = np.asfortranarray(X[:, self.columns])
        missing = np.isnan(values)
        known = (values >= 0) & (values < self.sizes)
        with np.errstate(invalid="ignore"):
            codes = np.where(known, values, self.sizes).astype(np.int64)
        # Codes are whole numbers; what is none has no level.
        codes[known & (codes != values)] = np.broadcast_to(self.sizes, codes.shape)[known & (codes != values)]
        return np.where(missing, self.sizes + MISSING, codes)

    def places(self, codes: Integers) -> Integers:
        """Return where codes stand in a flat table, shape (n_rows, m)."""
        return np.asarray(codes + self.starts[:-1])

    def counts(self, codes: Integers) -> Integers:
        """Return how many rows have each level, as a flat table."""
        return np.bincount(self.places(codes).ravel(), minlength=int(self.starts[-1]))

    def each(self, table: NDArray[Any]) -> list[NDArray[Any]]:
        """Return the part of each column of a flat table."""
        return np.split(table, self.starts[1:-1]) if len(self) else []


def shares_reached(counts: Integers, n_rows: int) -> Floats:
    """Return the share of the rows that have a level as rare, for each level of a column.

    A level that one row in a thousand has alone is rare. One of a thousand levels that one row each has is not: all
    rows have such a level. A level without rows counts as one that a row more would have (Good 1953, "The population
    frequencies of species and the estimation of population parameters", Biometrika 40: levels never seen have together
    the probability of those seen once).

    Examples
    --------
    >>> shares_reached(np.array([97, 2, 1]), 100)
    array([1.  , 0.03, 0.01])
    >>> shares_reached(np.ones(4, np.int64), 4)
    array([1., 1., 1., 1.])
    """
    ordered = np.sort(counts)
    reached = np.append(0, np.cumsum(ordered))
    seen = reached[np.searchsorted(ordered, np.maximum(counts, 1), "right")]
    more = counts == 0
    return np.asarray((seen + more) / (n_rows + more))


def nats_of_new(counts: Integers, misspelt: Floats, n_rows: int) -> float:
    """Return the nats of a level that no row has, in a column whose levels are known.

    It has the probability of the levels seen once (Good 1953), where one that is likely misspelt counts for less. Where
    none is seen once, the levels are all there are: another one counts as a new value does. Each level seen once makes
    that less sure.

    Parameters
    ----------
    counts : ndarray of shape (n_levels,)
        How many rows have each level.
    misspelt : ndarray of shape (n_levels,)
        Nats of how much likelier each level is misspelt than meant.
    n_rows : int
        Number of rows.

    Examples
    --------
    >>> round(float(nats_of_new(np.array([60, 40]), np.zeros(2), 100) - np.log(101)), 1)
    10.0
    >>> nats_of_new(np.ones(100, np.int64), np.zeros(100), 100) < 0.1
    True
    """
    once = 1 + float(np.exp(-misspelt[counts == 1]).sum())
    return float(np.log((n_rows + 1) / once)) + NEW_VALUE / once
