"""What is usual of each value of a row: mean and standard deviation among rows that are like it in the other columns.

The rows that are like a row are found among a few of a table by their differences in all columns but the one that is
asked about. A difference counts by its logarithm, in standard deviations of the column, so that one value that is far
off does not choose the rows alone; and in each column the closest √n of n rows count as equal to the value, so that one
which is far from all says nothing. A kernel weighs the rows, and ends where squared differences are `_REACH` times
those of the closest 2 √n [1]_: a group that is apart is heard alone, and where no column tells anything, all rows are.

Where the other columns say hardly anything of a column, mean and standard deviation are those of the column: few rows
would tell them less well.

References
----------
.. [1] Hastie, Tibshirani and Friedman (2009), "The Elements of Statistical Learning", section 6.1.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ..typing import Floats

# Rows that a table is represented by, and how many values these may be.
_MOST_ROWS, _LEAST_ROWS, _MOST_VALUES = 1024, 64, 2**20
# Squared differences, in units of those of the k-th row, at which rows stop counting: half of it for the distance.
_REACH = 4.0
# A value is gross where few others, and less than half, come as near as so many times the usual difference from the
# median, which is five standard deviations of a normal column.
_GROSS = 7.5
# A missing value lies one standard deviation from any other.
_MISSING = float(np.log1p(1.0)) ** 2
# Columns of which the others explain less than this share of the variance stand alone; so many rows tell which.
_EXPLAINED, _TRIED = 0.1, 128
# Differences in deviations beyond all that can be told apart.
_FARTHEST = 1e30
# Deviations that are smaller in proportion are of rounding.
_ROUNDING = 1e-9
# Differences that are held at once: some tens of megabytes.
_AT_ONCE = 2**21


def background_size(n_rows: int, n_columns: int) -> int:
    """Return how many rows represent a table."""
    return min(n_rows, max(_LEAST_ROWS, min(_MOST_ROWS, _MOST_VALUES // n_columns)))


class Usual(NamedTuple):
    """What each value of some rows was expected to be.

    Attributes
    ----------
    expected, deviation : ndarray of shape (n_rows, n_columns)
        Mean and standard deviation of the values in its place.
    given_others : ndarray of bool, shape (n_columns,)
        Whether they follow from the other columns of the row. Else they are those of the column.
    """

    expected: Floats
    deviation: Floats
    given_others: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Background:
    """Rows of a table by which others are judged.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_columns)
        Finite numbers; NaN where a value is missing.
    """

    rows: Floats

    @classmethod
    def of(cls, table: NDArray[Any]) -> Self:
        """Return rows that lie evenly in a table."""
        size = background_size(*table.shape)
        return cls(table[np.linspace(0, len(table) - 1, size).astype(np.int64)].astype(np.float64))

    def usual(self, X: NDArray[Any]) -> Usual:
        """Return what each value of rows was expected to be given the others of its row.

        A row of the background is not compared with itself. Where all rows that are like a row have one value, the
        deviation is that of the column.
        """
        known = self._known
        with np.errstate(over="ignore"):
            values = np.ldexp(X.astype(np.float64), -known.exponents)
            expected, deviation = self._usual(values, self._told)
            return Usual(np.ldexp(expected, known.exponents), np.ldexp(deviation, known.exponents), self._told)

    @cached_property
    def _known(self) -> "_Known":
        exponents = np.frexp(np.nanmax(np.abs(self.rows), axis=0, initial=0.0))[1] + 1
        scaled = np.ldexp(self.rows, -exponents)
        kept = np.stack([without_gross(column) for column in scaled.T], axis=1)
        empty = np.isnan(kept).all(axis=0)
        filled = np.where(empty, 0.0, kept)
        mean, deviation = np.nanmean(filled, axis=0), np.nanstd(filled, axis=0)
        deviation[deviation <= _ROUNDING * np.abs(mean)] = 0.0
        return _Known(exponents, scaled, kept, mean, deviation)

    @cached_property
    def _told(self) -> NDArray[np.bool_]:
        """Of which columns the others say something, by rows of the background."""
        tried = np.unique(np.linspace(0, len(self.rows) - 1, _TRIED).astype(np.int64))
        known = self._known
        expected, _ = self._usual(known.scaled[tried], np.ones(self.rows.shape[1], np.bool_))
        kept = ~np.isnan(known.kept[tried])
        left, whole = (
            np.sum(np.square(np.where(kept, known.scaled[tried] - center, 0.0)), axis=0)
            for center in (expected, known.mean)
        )
        return np.asarray(left < (1 - _EXPLAINED) * whole)

    def _usual(self, values: Floats, told: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """Return means and standard deviations in the units of the background; of columns not told, among all rows."""
        size = max(1, _AT_ONCE // self.rows.size)
        parts = [self._of_some(values[first : first + size], told) for first in range(0, len(values), size)]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def _of_some(self, values: Floats, told: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        known = self._known
        differing = self._differing(values)
        total = differing.sum(axis=1)
        itself = _first_equal(values, known.scaled)
        expected, deviation = (np.tile(array, (len(values), 1)) for array in (known.mean, known.deviation))
        for column, kept in enumerate(known.kept.T):
            squares = np.maximum(total - differing[:, column], 0) if told[column] else np.zeros_like(total)
            squares[itself | np.isnan(kept)] = np.inf
            weights = _weights(squares, min(2 * _root(len(kept)), len(kept)))
            sums = weights.sum(axis=1)
            some = sums > 0
            numbers = np.nan_to_num(kept)
            np.divide(weights @ numbers, sums, out=expected[:, column], where=some)
            spread = (weights * (numbers - expected[:, column, None]) ** 2).sum(axis=1)
            here = np.sqrt(np.divide(spread, sums, out=np.zeros(len(values)), where=some))
            deviation[:, column] = np.where(here > _ROUNDING * known.deviation[column], here, deviation[:, column])
        return expected, deviation

    def _differing(self, values: Floats) -> NDArray[np.float32]:
        """Return how much rows differ from those of the background in each column, shape (n_rows, n_columns, n)."""
        known = self._known
        constant = known.deviation == 0
        with np.errstate(over="ignore"):
            differences = np.abs(values[:, :, None] - known.kept.T) / np.where(constant, 1.0, known.deviation)[:, None]
        squares = np.minimum(differences, _FARTHEST, out=differences).astype(np.float32)
        np.log1p(squares, out=squares)
        squares *= squares
        squares[np.isnan(squares)] = _MISSING
        squares[:, constant] = 0
        closest = _root(len(self.rows)) - 1
        squares -= np.partition(squares, closest, axis=2)[:, :, closest, None]
        return np.maximum(squares, 0, out=squares)


class _Known(NamedTuple):
    """A background in units in which no difference overflows.

    Attributes
    ----------
    exponents : ndarray of shape (n_columns,)
        The units are two to the power of these.
    scaled, kept : ndarray of shape (n_rows, n_columns)
        The rows, and the same with NaN for gross values.
    mean, deviation : ndarray of shape (n_columns,)
        Mean and standard deviation of what is kept of each column.
    """

    exponents: NDArray[np.int32]
    scaled: Floats
    kept: Floats
    mean: Floats
    deviation: Floats


def without_gross(values: Floats) -> Floats:
    """Return values of a column, NaN where few others come near one: an error, or a number that stands for none."""
    ordered = np.sort(values[~np.isnan(values)])
    if not len(ordered):
        return values
    distances = np.abs(ordered - np.median(ordered))
    near = _GROSS * np.median(distances[distances > 0]) if distances.any() else 0.0
    counts = np.searchsorted(ordered, values + near, "right") - np.searchsorted(ordered, values - near, "left")
    return np.where(counts < min(2 * _root(len(values)), (len(ordered) + 1) // 2), np.nan, values)


def _root(n_rows: int) -> int:
    """How many rows are the closest: twice as many choose the others."""
    return max(1, int(np.sqrt(n_rows)))


def _first_equal(values: Floats, background: Floats) -> NDArray[np.bool_]:
    """Return which row of the background each row equals, the first of them, shape (n_rows, n)."""
    equal = np.ones((len(values), len(background)), np.bool_)
    for mine, other in zip(values.T, background.T, strict=True):
        equal &= (mine[:, None] == other) | (np.isnan(mine)[:, None] & np.isnan(other))
    return np.asarray(equal & (np.cumsum(equal, axis=1) == 1))


def _weights(squares: NDArray[np.float32], k: int) -> Floats:
    """Return the weights of rows by their squared differences: one where nothing differs, none from a reach on."""
    reach = _REACH * np.partition(squares, k - 1, axis=1)[:, k - 1 : k]
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.maximum(1 - squares / reach, 0)
    # Where k rows do not differ at all they are taken, and where fewer have the column, all that do.
    weights = np.where(reach == 0, squares == 0, weights)
    return np.where(np.isinf(reach), np.isfinite(squares), weights).astype(np.float64)
