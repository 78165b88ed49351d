"""A bounded choice of rows: those of lowest key, whatever blocks they come in."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...typing import Floats, Integers


@dataclass(frozen=True, eq=False)
class RowFacts:
    """What is known of some rows.

    Attributes
    ----------
    rows : ndarray of int64
        Positions in the table, from 0.
    scores : ndarray of float64
        Anomaly scores.
    components : ndarray of int64
        Components they are assigned to; -1 where there are none.
    labels : ndarray of float64
        1 for an anomaly, 0 for a row that belongs, NaN where nobody says.
    values : ndarray of float32 or float64, of shape (n_rows, n_columns)
        Their numbers.
    cells : ndarray of object, of shape (n_rows, n_cell_columns)
        Cells of the table, as text.
    """

    rows: Integers
    scores: Floats
    components: Integers
    labels: Floats
    values: NDArray[Any]
    cells: NDArray[Any]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, order: NDArray[Any]) -> "RowFacts":
        """Return the facts of rows at some positions, in that order."""
        return RowFacts(*(array[order] for array in self._arrays))

    def __add__(self, other: "RowFacts") -> "RowFacts":
        pairs = zip(self._arrays, other._arrays, strict=True)
        return RowFacts(*(np.concatenate(pair) for pair in pairs))

    @property
    def _arrays(self) -> tuple[NDArray[Any], ...]:
        return self.rows, self.scores, self.components, self.labels, self.values, self.cells


@dataclass(frozen=True, eq=False)
class Kept:
    """The rows of lowest key, those of equal key in the order of the table; it does not depend on how blocks are cut.

    Attributes
    ----------
    capacity : int
        Most rows kept.
    keys : ndarray
        Their keys, ascending.
    facts : RowFacts or None
        What is known of them; None before the first row.
    """

    capacity: int
    keys: NDArray[Any]
    facts: RowFacts | None = None

    @classmethod
    def zero(cls, capacity: int, dtype: type) -> "Kept":
        """Return what is kept of no rows."""
        return cls(capacity, np.empty(0, dtype))

    def admitted(self, keys: NDArray[Any]) -> Integers:
        """Return the positions of those among the next rows that are to be kept so far, by their keys."""
        positions = np.arange(len(keys))
        if len(self.keys) == self.capacity:
            # A later row of the same key comes after those that are kept.
            positions = np.flatnonzero(keys < self.keys[-1]) if self.capacity else positions[:0]
        return positions[np.argsort(keys[positions], kind="stable")[: self.capacity]]

    def including(self, keys: NDArray[Any], facts: RowFacts) -> "Kept":
        """Return what is kept of these and of rows that were admitted."""
        if not len(keys) and self.facts is not None:
            return self
        merged = np.concatenate([self.keys, keys])
        order = np.argsort(merged, kind="stable")[: self.capacity]
        together = facts if self.facts is None else self.facts + facts
        return Kept(self.capacity, merged[order], together.take(order))
