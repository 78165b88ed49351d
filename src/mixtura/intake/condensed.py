"""Tables of categories alone: each combination of levels that occurs once, with the weight of its rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..distributions.levels import LevelColumns
from ..engines import ThreadEngine
from ..rows import ArrayRows, Block
from ..typing import Floats
from .table import Table

# Combinations that are held: a pass over so many takes milliseconds.
_MOST = 2**16


@dataclass(frozen=True, eq=False)
class _Combinations:
    """The numbers of combinations, in rising order, and the weights of their rows; those of separate rows add up."""

    numbers: NDArray[np.int64]
    weights: Floats
    too_many: bool = False

    def __add__(self, other: "_Combinations") -> "_Combinations":
        if self.too_many or other.too_many:
            return self if self.too_many else other
        return _tallied(np.append(self.numbers, other.numbers), np.append(self.weights, other.weights))


def _tallied(numbers: NDArray[np.int64], weights: Floats) -> _Combinations:
    different, places = np.unique(numbers, return_inverse=True)
    if len(different) > _MOST:
        return _Combinations(different[:0], weights[:0], too_many=True)
    return _Combinations(different, np.bincount(places, weights, len(different)).astype(np.float64))


@dataclass(frozen=True)
class _Tally:
    """The pass that counts combinations: a missing level is one more of its column."""

    sizes: tuple[int, ...]

    def __call__(self, block: Block) -> _Combinations:
        codes = np.where(np.isnan(block.values), -1, block.values).astype(np.int64) + 1
        numbers = np.zeros(len(codes), np.int64)
        for column, size in zip(codes.T, self.sizes, strict=True):
            numbers = numbers * (size + 1) + column
        weights = np.ones(len(codes)) if block.weights is None else block.weights
        counted = weights > 0
        return _tallied(numbers[counted], weights[counted])


def condensed(table: Table, levels: LevelColumns, least: int) -> Table | None:
    """Return a table with one row for each combination of levels, in memory; None where these are too many, or few.

    Parameters
    ----------
    table : Table
        A table whose columns all hold levels.
    levels : LevelColumns
        Its columns.
    least : int
        How many combinations there have to be.
    """
    if float(np.prod(np.array(levels.sizes) + 1.0)) >= np.iinfo(np.int64).max:
        return None
    found = table.fold(_Tally(levels.sizes), _Combinations(np.zeros(0, np.int64), np.zeros(0)))
    if found.too_many or len(found.numbers) < least:
        return None
    values = np.empty((len(found.numbers), len(levels.sizes)), table.dtype)
    rest = found.numbers
    for column, size in reversed(list(enumerate(levels.sizes))):
        rest, codes = np.divmod(rest, size + 1)
        values[:, column] = np.where(codes > 0, codes - 1.0, np.nan)
    missing: Any = "allow" if np.isnan(values).any() else "error"
    rows = ArrayRows(values, sample_weight=found.weights, checked=True, missing=missing)
    return Table(rows, ThreadEngine())
