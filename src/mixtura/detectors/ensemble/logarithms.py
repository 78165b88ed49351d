"""Columns of positive numbers whose upper half reaches far: votes see them in logarithms where a table has levels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ...kernels.ensemble import Units
from ...typing import Floats
from .columns import Range

# The upper end of the middle nine tenths is so many times as far from the median as the lower end.
_SKEWED = 2.0
_MIDDLE = (5, 50, 95)

# Numbers less than this part of the smallest one seen count as that.
_OF_SMALLEST = 1 / 3


@dataclass(frozen=True, eq=False)
class Logarithms:
    """Which columns are seen in logarithms.

    In a skewed column, one in twenty numbers is far from the others as a mixture sees it. Such rows then come before a
    row whose numbers are odd together.

    Attributes
    ----------
    columns : ndarray of shape (n,), int32
        Their places in the table.
    least : ndarray of shape (n,)
        Positive numbers; less counts as that.
    centers, scales : ndarray of shape (n,)
        Where their logarithms lie, and one by how far these spread.
    """

    columns: NDArray[np.int32]
    least: Floats
    centers: Floats
    scales: Floats

    @classmethod
    def none(cls) -> Self:
        """Return those of a table that is seen as it is."""
        return cls(np.empty(0, np.int32), np.empty(0), np.empty(0), np.empty(0))

    @classmethod
    def of(cls, pool: NDArray[Any]) -> Self:
        """Return those of a table of numbers, of which `pool` holds rows, without centres and scales."""
        columns, least = [], []
        for column, values in enumerate(pool.T.astype(np.float64)):
            known = values[np.isfinite(values)]
            if not len(known) or known.min() <= 0:
                continue
            low, middle, high = np.percentile(known, _MIDDLE)
            if high - middle > _SKEWED * (middle - low):
                columns.append(column)
                least.append(float(known.min()) * _OF_SMALLEST)
        nothing = np.zeros(len(columns))
        return cls(np.array(columns, np.int32), np.array(least, np.float64), nothing, nothing)

    def __len__(self) -> int:
        return len(self.columns)

    def seen(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return rows as they are seen: the array itself where no column is in logarithms."""
        if not len(self):
            return X
        found = X.copy()
        found[:, self.columns] = np.log(np.maximum(X[:, self.columns], self.least))
        return found

    def range(self, whole: Range) -> Range:
        """Return the range of a table as it is seen."""
        minima, maxima = self.seen(np.stack([whole.minima, whole.maxima]))
        return Range(minima, maxima, whole.n_rows)

    def measured(self, units: Units) -> Self:
        """Return the same with the centres and scales that rows have as they are seen."""
        return replace(self, centers=units.center[self.columns], scales=units.scale[self.columns])

    def units(self, units: Units) -> Units:
        """Return units of rows as they are seen, given those of the table."""
        if not len(self):
            return units
        center, scale = units.center.copy(), units.scale.copy()
        center[self.columns], scale[self.columns] = self.centers, self.scales
        return units._replace(center=center, scale=scale)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what a file holds: nothing where no column is in logarithms."""
        if not len(self):
            return {}
        return {"log_columns": self.columns, "log_units": np.stack([self.least, self.centers, self.scales])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], n_columns: int) -> Self:
        """Return those that `arrays` made, or raise `ValueError` with the fault."""
        if "log_columns" not in arrays:
            return cls.none()
        columns, units = arrays["log_columns"], arrays["log_units"]
        if units.shape != (3, len(columns)) or not ((columns >= 0) & (columns < n_columns)).all():
            raise ValueError("log_columns are columns of the table, and log_units has three numbers for each")
        least, centers, scales = units
        if not (least > 0).all() or (scales < 0).any():
            raise ValueError("logarithms are of positive numbers, no scale negative")
        return cls(columns, least, centers, scales)
