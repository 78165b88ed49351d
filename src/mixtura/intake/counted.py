"""Which rows of a table count: rows are drawn from these, as if the others were not there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..rows import Block
from .table import Table


@dataclass(frozen=True, eq=False)
class CountedRows:
    """Numbers the rows of a table that have a positive weight and some value, from 0.

    Attributes
    ----------
    n_rows : int
        How many there are.
    before : dict of int to int
        How many come before a block, by the position of its first row.
    has_missing : bool
        Whether a value may be missing.
    """

    n_rows: int
    before: dict[int, int]
    has_missing: bool

    def __call__(self, block: Block) -> tuple[int, NDArray[np.int64]]:
        """Return the number of the first row of a block that counts, and the places within it of all that do."""
        return self.before[block.first_row], np.flatnonzero(counts(block, has_missing=self.has_missing))

    def take(self, block: Block, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the places within a block of the rows whose numbers are given, in increasing order."""
        first, places = self(block)
        start, stop = np.searchsorted(numbers, [first, first + len(places)])
        return np.asarray(places[numbers[start:stop] - first])


def counted_rows(table: Table) -> CountedRows:
    """Return which rows of a table count, by one pass."""
    before: dict[int, int] = {}
    total = 0
    for first_row, count in table.map(_Count(table.has_missing)):
        before[first_row] = total
        total += count
    return CountedRows(total, before, table.has_missing)


def weight_of(block: Block) -> float:
    """Return the weight of the rows of a block that count."""
    counted = counts(block)
    return float(np.count_nonzero(counted) if block.weights is None else block.weights[counted].sum())


@dataclass(frozen=True)
class _Count:
    """Counts the rows of a block that count."""

    has_missing: bool

    def __call__(self, block: Block) -> tuple[int, int]:
        return block.first_row, int(np.count_nonzero(counts(block, has_missing=self.has_missing)))


def counts(block: Block, *, has_missing: bool = True) -> NDArray[np.bool_]:
    """Return which rows of a block have a positive weight and, where values may be missing, some value."""
    counted = np.ones(len(block.values), dtype=bool) if block.weights is None else block.weights > 0
    if has_missing:
        # Few rows lack their first value, and no others can lack all.
        doubtful = np.flatnonzero(counted & np.isnan(block.values[:, 0]))
        counted[doubtful] = ~np.isnan(block.values[doubtful]).all(axis=1)
    return counted
