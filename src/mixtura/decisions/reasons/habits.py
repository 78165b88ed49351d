"""What the values of columns are like: their step, their range, and the one that most rows have."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ...mixtures.choice.rounding import step_of
from ...typing import Floats


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
    lowest, highest : ndarray
        Range of the values.
    """

    step: Floats
    usual: Floats
    share: Floats
    lowest: Floats
    highest: Floats

    def __post_init__(self) -> None:
        for field in fields(self):
            array = np.array(getattr(self, field.name), dtype=np.float64)
            if array.shape != np.shape(self.step) or array.ndim != 1 or not np.isfinite(array).all():
                raise ValueError(f"the {field.name} of the habits must be a finite number for each column")
            array.setflags(write=False)
            object.__setattr__(self, field.name, array)
        if not ((self.step >= 0) & (self.share >= 0) & (self.share <= 1) & (self.lowest <= self.highest)).all():
            raise ValueError("the habits of columns are steps and shares of at least 0 and ranges from low to high")

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
        found = [_of_column(column) for column in rows.T]
        return cls(*np.array(found, dtype=np.float64).reshape(-1, len(fields(cls))).T)

    def arrays(self) -> dict[str, Floats]:
        """Return what a file keeps, by names."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return what a file keeps."""
        return cls(**arrays)


def _of_column(column: NDArray[Any]) -> tuple[float, float, float, float, float]:
    known = column[~np.isnan(column)]
    if not len(known):
        return 0.0, 0.0, 0.0, 0.0, 0.0
    values, counts = np.unique(known, return_counts=True)
    most = int(counts.argmax())
    share = float(counts[most] / len(known))
    return step_of(column, np.ones(len(column))), _plain(values[most]), share, _plain(values[0]), _plain(values[-1])


def _plain(value: Any) -> float:
    """Return the double that is written as a value of its type: 0.1 in single precision is 0.1."""
    return float(str(value))
