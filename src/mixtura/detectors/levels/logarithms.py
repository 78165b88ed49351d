"""Columns of positive numbers whose upper half reaches far, which votes see in logarithms where a table has levels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ...typing import Floats

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
    """

    columns: NDArray[np.int32]
    least: Floats

    @classmethod
    def of(cls, pool: NDArray[Any], levels: Sequence[int | None]) -> Self:
        """Return those of a table, of which `pool` holds rows; columns that have levels are none."""
        columns, least = [], []
        for column, size in enumerate(levels):
            values = pool[:, column].astype(np.float64)
            values = values[np.isfinite(values)]
            if size is not None or not len(values) or values.min() <= 0:
                continue
            low, middle, high = np.percentile(values, _MIDDLE)
            if high - middle > _SKEWED * (middle - low):
                columns.append(column)
                least.append(float(values.min()) * _OF_SMALLEST)
        return cls(np.array(columns, np.int32), np.array(least, np.float64))

    def __len__(self) -> int:
        return len(self.columns)

    def seen(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return rows as they are seen: the array itself where no column is in logarithms.

        Examples
        --------
        >>> Logarithms(np.array([1], np.int32), np.array([1.0])).seen(np.array([[5.0, np.e], [6.0, -2.0]]))
        array([[5., 1.],
               [6., 0.]])
        """
        if not len(self):
            return X
        found = X.copy()
        found[:, self.columns] = np.log(np.maximum(X[:, self.columns], self.least))
        return found
