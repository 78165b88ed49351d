"""The rows of a table that others are compared with: all of them, or a random sample of a large table."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.random import sample_without_replacement

from ...engines import Engine
from ...errors import DataError
from ...rows import Block, Rows


def draw_positions(n_rows: int, most: int, random_state: Any) -> NDArray[np.int64] | None:
    """Return the positions of so many rows drawn at random, in increasing order; None when all are to be taken."""
    if n_rows <= most:
        return None
    drawn = sample_without_replacement(n_rows, most, random_state=check_random_state(random_state))
    return np.sort(np.asarray(drawn, np.int64))


def take_rows(rows: Rows, engine: Engine, positions: NDArray[np.int64] | None, count: int) -> NDArray[Any]:
    """Return the rows of a table at positions in increasing order, all for None, as an array of `count` rows.

    Raises
    ------
    DataError
        The values are so large that distances of the rows might not be finite numbers.
    """
    out = np.empty((count, rows.n_columns), rows.dtype)
    filled = 0
    for part in engine.map(rows, _Take(positions)):
        out[filled : filled + len(part)] = part
        filled += len(part)
    with np.errstate(over="ignore"):
        reach = np.abs(out).max(initial=0.0).astype(np.float64) * 4 * rows.n_columns
    if not np.isfinite(reach):
        raise DataError("distances of the rows are beyond all float64 numbers: divide the columns of largest values")
    return out


@dataclass(frozen=True)
class _Take:
    """Picks rows by their positions in the table."""

    positions: NDArray[np.int64] | None

    def __call__(self, block: Block) -> NDArray[Any]:
        if self.positions is None:
            return block.values
        first, last = np.searchsorted(self.positions, [block.first_row, block.first_row + len(block.values)])
        return np.asarray(block.values[self.positions[first:last] - block.first_row])
