"""Which segment a row is of, by the codes of the columns that say so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ...typing import Integers

# Beside its levels a column has a place for those never seen, and one for missing cells.
_UNSEEN, _MISSING, _MORE = 0, 1, 2

# Levels of all columns together have so many combinations at most, so that one number tells them apart.
_MOST_COMBINATIONS = 2**62


@dataclass(frozen=True, eq=False)
class SegmentKeys:
    """The segments of a table: the combinations of levels that rows have in some columns. A missing cell is a level.

    Attributes
    ----------
    columns : tuple of int
        Places of the columns in the table.
    sizes : tuple of int
        How many levels each has.
    keys : ndarray of shape (n_segments,), int64
        One number for each combination that is a segment, ascending; a level never seen is in none.
    """

    columns: tuple[int, ...]
    sizes: tuple[int, ...]
    keys: Integers

    @classmethod
    def none(cls, columns: Sequence[int], sizes: Sequence[int]) -> Self:
        """Return those of a table of whose rows none was seen.

        Raises
        ------
        ValueError
            The columns have too many levels together.
        """
        if float(np.prod([size + _MORE for size in sizes], dtype=np.float64)) > _MOST_COMBINATIONS:
            raise ValueError("the columns of segments have too many levels together")
        return cls(tuple(columns), tuple(sizes), np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.keys)

    def keys_of(self, X: NDArray[Any]) -> Integers:
        """Return the number of the combination that each row has, shape (n_rows,); -1 where a level was never seen."""
        found, seen = np.zeros(len(X), np.int64), np.ones(len(X), np.bool_)
        for column, size in zip(self.columns, self.sizes, strict=True):
            values = X[:, column].astype(np.float64)
            missing = np.isnan(values)
            known = (values >= 0) & (values < size) & (values == np.floor(values))
            seen &= known | missing
            code = np.where(known, values, size + _UNSEEN).astype(np.int64)
            found = found * (size + _MORE) + np.where(missing, size + _MISSING, code)
        return np.where(seen, found, -1)

    def segments_of(self, X: NDArray[Any]) -> Integers:
        """Return the segment of each row, shape (n_rows,); that of a row of no segment is the number of segments."""
        own = self.keys_of(X)
        place = np.searchsorted(self.keys, own)
        is_known = self.keys[np.minimum(place, len(self) - 1)] == own if len(self) else np.zeros(len(own), np.bool_)
        return np.where(is_known, place, len(self))

    def others(self, n_columns: int) -> Integers:
        """Return the places of the other columns of a table."""
        return np.setdiff1d(np.arange(n_columns), self.columns)

    def codes(self) -> Integers:
        """Return the code of each segment in each column, shape (n_segments, n); -1 stands for missing cells."""
        found, left = [], self.keys
        for size in reversed(self.sizes):
            left, code = np.divmod(left, size + _MORE)
            found.append(np.where(code == size + _MISSING, -1, code))
        return np.stack(found[::-1], axis=1) if found else np.empty((len(self), 0), np.int64)
