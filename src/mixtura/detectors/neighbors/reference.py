"""The rows of a table that others are compared with: all of them, or a random sample of a large table."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.random import sample_without_replacement

from ...errors import DataError
from ...intake.picking import Positions
from ...intake.table import Table


def draw_positions(n_rows: int, most: int, random_state: Any) -> NDArray[np.int64] | None:
    """Return the positions of so many rows drawn at random, in increasing order; None when all are to be taken."""
    if n_rows <= most:
        return None
    drawn = sample_without_replacement(n_rows, most, random_state=check_random_state(random_state))
    return np.sort(np.asarray(drawn, np.int64))


def take_rows(table: Table, positions: NDArray[np.int64] | None) -> NDArray[Any]:
    """Return the rows of a table at positions in increasing order, all for None.

    Raises
    ------
    DataError
        The values are so large that distances of the rows might not be finite numbers.
    """
    taken = table.values() if positions is None else table.pick(Positions(positions), len(positions)).values
    with np.errstate(over="ignore"):
        reach = np.abs(taken).max(initial=0.0).astype(np.float64) * 4 * table.n_columns
    if not np.isfinite(reach):
        raise DataError("distances of the rows are beyond all float64 numbers: divide the columns of largest values")
    return taken
