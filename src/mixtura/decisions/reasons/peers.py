"""Rows like one that is explained, and how few of them have such a value."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...typing import Floats, Integers
from ..curve import binomial_limits

# Rows are alike within half a deviation in each of the columns compared. Where that is too few rows, the nearest are
# taken, none of them farther than this.
_NEAR, _FAR = 0.5, 2.0
_ENOUGH = 100

# A value is rare among its peers when at most so many have one like it, and so improbable are wrong limits.
_RARE = 0.05

# Two levels hardly go together where fewer rows have both than this part of those that would by chance.
_HARDLY = 0.5

# That few rows have all levels of a row is nothing to tell where such a part of the rows is as rare.
_MOSTLY_RARE = 0.5


class Counted(NamedTuple):
    """How many rows there are like one, and the share that have a value on the other side of its own.

    Attributes
    ----------
    n_rows : int
        Rows like it.
    share : float
        Part of them whose value is less extreme.
    low, high : float
        Limits of that share, with a probability of 95 %.
    """

    n_rows: int
    share: float
    low: float
    high: float


class Together(NamedTuple):
    """Columns in which few rows have the levels of one.

    Attributes
    ----------
    columns : tuple of int
        Two columns, or all that have levels.
    n_rows : int
        Rows that have its levels in all of these.
    n_all : int
        Rows that have levels there.
    """

    columns: tuple[int, ...]
    n_rows: int
    n_all: int


@dataclass(frozen=True, eq=False)
class Peers:
    """Some rows of a table, among which others are compared with those like them.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_columns)
        The rows in the units of the table, NaN where a value is missing.
    coded : tuple of int
        Columns whose numbers are codes: rows are alike there where these are the same.
    """

    rows: NDArray[Any]
    coded: tuple[int, ...] = ()

    def counted(self, row: Floats, column: int, given: Integers, *, low: bool) -> Counted | None:
        """Count the rows that are like one in some columns, and those of them whose value is less extreme.

        Parameters
        ----------
        row : ndarray of shape (n_columns,)
            The row. Copies of it among the rows are not counted, for it may be one of them.
        column : int
            The column of its value.
        given : ndarray of int
            Columns in which rows are to be like it; none for any row.
        low : bool
            Whether the value is low, and not high.

        Returns
        -------
        Counted or None
            None where few rows are like it, where the value is not rare among them, and where no row at all has another
            like it: that says it better.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            apart = np.abs(self.rows[:, given] - row[given]) / self._spread[given]
        apart[(apart > 0) & np.isin(given, self.coded)] = np.inf
        farthest = apart.max(axis=1, initial=0.0)
        values = self.rows[:, column]
        usable = ~np.isnan(farthest) & ~np.isnan(values) & ~_equal(self.rows, row)
        farthest, values = farthest[usable], values[usable]
        if len(values) < _ENOUGH:
            return None
        reach = max(_NEAR, float(np.partition(farthest, _ENOUGH - 1)[_ENOUGH - 1]))
        if reach > _FAR:
            return None
        less_extreme = values > row[column] if low else values < row[column]
        if less_extreme.all():
            return None
        among = less_extreme[farthest <= reach]
        less = int(among.sum())
        lowest, highest = map(float, binomial_limits(less, len(among), _RARE))
        if 1 - lowest > _RARE:
            return None
        return Counted(len(among), less / len(among), lowest, highest)

    def together(self, row: Floats, unspoken: Sequence[int] = ()) -> Together | None:
        """Return which two levels of a row go together least, else how many rows have all of its levels.

        Parameters
        ----------
        row : ndarray of shape (n_columns,)
            The row.
        unspoken : sequence of int
            Columns that are left out.

        Returns
        -------
        Together or None
            None where more than one row in twenty has the levels, or half of the rows have some that are as rare.
        """
        columns = [column for column in self.coded if column not in unspoken and not np.isnan(row[column])]
        if len(columns) < 2:
            return None
        known = ~np.isnan(self.rows[:, columns])
        alike = self.rows[:, columns] == row[columns]
        apart = list(combinations(range(len(columns)), 2))
        first, second = np.array(apart).T
        n_all = (known[:, first] & known[:, second]).sum(axis=0)
        both = (alike[:, first] & alike[:, second]).sum(axis=0)
        by_chance = alike.mean(axis=0)[first] * alike.mean(axis=0)[second] * len(alike)
        ratio = both / np.maximum(by_chance, 1.0)
        least = int(ratio.argmin())
        if ratio[least] < _HARDLY and both[least] <= _RARE * n_all[least]:
            pair = columns[first[least]], columns[second[least]]
            return Together(pair, int(both[least]), int(n_all[least]))
        same = int(alike.all(axis=1).sum())
        counts = np.unique(self.rows[:, columns], axis=0, return_counts=True)[1]
        as_rare = counts[counts <= max(same, 1)].sum()
        is_rare = same <= _RARE * len(alike) and as_rare <= _MOSTLY_RARE * len(alike)
        return Together(tuple(columns), same, len(alike)) if is_rare else None

    @cached_property
    def _spread(self) -> Floats:
        """Deviation of each column, as of its middle two thirds; the mean one of its values where these are equal."""
        known = self.rows.astype(np.float64)
        known = known[:, ~np.isnan(known).all(axis=0)]
        spread = np.ones(self.rows.shape[1])
        with np.errstate(over="ignore"):
            low, middle, high = np.nanquantile(known, [0.16, 0.5, 0.84], axis=0)
            apart = np.nanmean(np.abs(known - middle), axis=0)
            found = np.where(high > low, high / 2 - low / 2, apart)
        spread[~np.isnan(self.rows).all(axis=0)] = np.where(found > 0, found, 1.0)
        return spread


def _equal(rows: NDArray[Any], row: Floats) -> NDArray[np.bool_]:
    """Tell which rows are copies of one, missing values at the same places."""
    return np.asarray(((rows == row) | (np.isnan(rows) & np.isnan(row))).all(axis=1))
