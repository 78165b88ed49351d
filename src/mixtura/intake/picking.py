"""Some rows of a table, held in memory."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..rows import Block

# Where in a block the rows stand that are picked, in increasing order.
Places = Callable[[Block], NDArray[np.int64]]


class Picked(NamedTuple):
    """Rows of a table.

    Attributes
    ----------
    values : ndarray of shape (n, n_columns)
        Their values, in the order of the table.
    weights : ndarray of shape (n,)
        Their weights; ones where the table has none.
    """

    values: NDArray[Any]
    weights: NDArray[np.float64]


@dataclass(frozen=True)
class Positions:
    """Rows by their positions in the table, which are in increasing order."""

    positions: NDArray[np.int64]

    def __call__(self, block: Block) -> NDArray[np.int64]:
        """Return the places within a block of the rows."""
        first, last = np.searchsorted(self.positions, [block.first_row, block.first_row + len(block.values)])
        return np.asarray(self.positions[first:last] - block.first_row)


@dataclass(frozen=True)
class PickPass:
    """The pass that picks rows of a block."""

    places: Places

    def __call__(self, block: Block) -> tuple[NDArray[Any], NDArray[np.float64] | None]:
        """Return the values and weights of the rows picked."""
        places = self.places(block)
        return np.asarray(block.values[places]), None if block.weights is None else block.weights[places]
