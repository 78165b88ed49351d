"""What the values of columns are like: their step, their range, and the one that most rows have."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ...mixtures.choice.rounding import step_of
from ...typing import Floats
from .numbers import on_steps, seen, told, written

# Shares of the rows that have less than a value, or as little.
LEVELS = np.array([0.0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0])

# A column is mostly one value when so many rows have it.
MOSTLY = 0.8


@dataclass(frozen=True, eq=False)
class Habits:
    """What the values of columns are like, in the units of the table; arrays of shape (n_columns,).

    Attributes
    ----------
    step : ndarray
        Smallest gap between values that recurs: 1 for whole numbers, 0.01 for cents, 0 where there is none.
    usual : ndarray
        Most frequent value.
    share : ndarray
        Share of the rows with a value that have this one.
    quantiles : ndarray of shape (n_columns, 12)
        The values that shares of 0, 0.1, 0.5, 1, 2 and 5 % of the rows do not exceed, and of 95, 98, 99, 99.5, 99.9 and
        100 %.
    """

    step: Floats
    usual: Floats
    share: Floats
    quantiles: Floats

    def __post_init__(self) -> None:
        n_columns = np.size(self.step)
        for field in fields(self):
            shape = (n_columns, len(LEVELS)) if field.name == "quantiles" else (n_columns,)
            array = np.array(getattr(self, field.name), dtype=np.float64)
            if array.shape != shape or not np.isfinite(array).all():
                raise ValueError(f"the {field.name} of the habits must be finite numbers, as many as each column has")
            array.setflags(write=False)
            object.__setattr__(self, field.name, array)
        ordered = (np.diff(self.quantiles, axis=1) >= 0).all()
        if not (ordered and ((self.step >= 0) & (self.share >= 0) & (self.share <= 1)).all()):
            raise ValueError("the habits of columns are steps and shares of at least 0, and quantiles that ascend")

    @classmethod
    def of(cls, rows: NDArray[Any]) -> Self:
        """Return those of rows, NaN where a value is missing.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_columns)
            The rows, in the units of the table.

        Examples
        --------
        >>> habits = Habits.of(np.array([[0.0, 1.25], [0.0, 1.5], [7.0, 2.0], [0.0, 1.75]]))
        >>> habits.step[1].item(), habits.usual[0].item(), habits.share[0].item()
        (0.25, 0.0, 0.75)
        """
        step, usual, share, quantiles = zip(*map(_of_column, rows.T), strict=True)
        return cls(np.array(step), np.array(usual), np.array(share), np.array(quantiles))

    @classmethod
    def unknown(cls, n_columns: int) -> Self:
        """Return those of columns of which nothing is known: any value is possible."""
        nothing, farthest = np.zeros(n_columns), float(np.finfo(np.float64).max) / 4
        return cls(nothing, nothing, nothing, np.tile(np.where(LEVELS < 0.5, -farthest, farthest), (n_columns, 1)))

    def most(self, column: int) -> tuple[float, float]:
        """Return the values that the middle nine tenths of the rows lie between."""
        low, high = self.quantiles[column, [LEVELS.tolist().index(0.05), LEVELS.tolist().index(0.95)]].tolist()
        return low, high

    @property
    def spread(self) -> Floats:
        """Range of the middle nine tenths of the rows."""
        return np.asarray(self.quantiles[:, LEVELS == 0.95] - self.quantiles[:, LEVELS == 0.05])[:, 0]

    def within(self, column: int, value: float) -> float:
        """Return the value of a column that is nearest to one: the same unless it is out of the range of all rows."""
        return min(max(value, float(self.quantiles[column, 0])), float(self.quantiles[column, -1]))

    def possible(self, column: int, value: float) -> float:
        """Return the value of a column that is nearest to one, on its grid where it has one."""
        return self.within(column, on_steps(value, float(self.step[column]), float(self.usual[column])))

    def told(self, column: int, value: float, expected: float, deviation: float) -> list[float]:
        """Return what is expected in place of a value, as it is told: with few digits, then with more.

        It is the value that most rows have where it is as good as that. It lies in the range of the rows, in that of
        the middle nine tenths where the expectation does, and is never written as the value seen.
        """
        step, usual = float(self.step[column]), float(self.usual[column])
        unlike = seen(value, step)
        is_usual = self.share[column] >= MOSTLY and abs(expected - usual) <= max(deviation, step / 2)
        if is_usual and seen(usual, step) != unlike:
            return [usual]
        values = told(self.within(column, expected), deviation, step, usual, unlike)
        # A limit of the range has all the digits of a value, so numbers of few digits that lie beyond it are passed by.
        limited = [number for number in values if self.within(column, number) == number]
        low, high = self.most(column)
        if low <= expected <= high:
            limited = [number for number in limited if low <= number <= high]
        possible = [number for number in limited if written(number) != unlike] or [expected]
        return [number for number in possible if abs(number - value) > step / 2] or possible

    def less_extreme(self, column: int, value: float) -> tuple[float, bool]:
        """Return the share of rows whose value surely lies on the other side of one, and whether this one is low."""
        levels, limits = LEVELS[1:-1], self.quantiles[column, 1:-1]
        below = float(levels[value > limits].max(initial=0.0))
        above = float((1 - levels[value < limits]).max(initial=0.0))
        return max(below, above), above > below

    def arrays(self) -> dict[str, Floats]:
        """Return what a file keeps, by names."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return what a file keeps."""
        return cls(**arrays)


def _of_column(column: NDArray[Any]) -> tuple[float, float, float, list[float]]:
    known = column[~np.isnan(column)]
    if not len(known):
        return 0.0, 0.0, 0.0, [0.0] * len(LEVELS)
    values, counts = np.unique(known, return_counts=True)
    most = int(counts.argmax())
    quantiles = [_plain(value) for value in np.quantile(known, LEVELS, method="inverted_cdf")]
    return step_of(column, np.ones(len(column))), _plain(values[most]), float(counts[most] / len(known)), quantiles


def _plain(value: Any) -> float:
    """Return the double that is written as a value of its type: 0.1 in single precision is 0.1."""
    return float(value) if isinstance(value, float) else float(str(value))
