"""A table in memory, its columns scaled to about one and laid out for the concentration steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from ...kernels.mcd import TILE_ROWS, TILE_STRIDE
from ...rows import Rows
from ...rows.blocks.checks import quoted
from ...typing import Floats

# A median absolute deviation times this is the standard deviation of normal values.
MAD_FACTOR = 1.482602218505602
# Scaled values and their squares, times what inverses of covariances reach, stay finite numbers below this.
_FARTHEST = 1e100
# Squares of scales above this are numbers of full precision.
_LEAST_SCALE = 1e-140


@dataclass(frozen=True, eq=False)
class TiledTable:
    """The scaled values of a table, (value - center) / scale, and where they came from.

    Attributes
    ----------
    tiles : ndarray of shape (n_tiles, n_columns, TILE_STRIDE)
        Row r is ``tiles[r // TILE_ROWS, :, r % TILE_ROWS]``; the last tile is filled up with zeros.
    n_rows : int
        Number of rows.
    center, scale : ndarray of shape (n_columns,)
        What was taken from each column, and what it was then divided by.
    """

    tiles: Floats
    n_rows: int
    center: Floats
    scale: Floats

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return int(self.tiles.shape[1])

    def column(self, j: int) -> Floats:
        """Return the scaled values of a column, shape (n_rows,)."""
        return self.tiles[:, j, :TILE_ROWS].reshape(-1)[: self.n_rows]

    def take(self, rows: NDArray[np.intp]) -> Self:
        """Return the table of some of the rows."""
        return self._with(self.tiles[rows // TILE_ROWS, :, rows % TILE_ROWS])

    def rows(self) -> Floats:
        """Return the scaled rows, shape (n_rows, n_columns)."""
        return self.tiles[:, :, :TILE_ROWS].transpose(0, 2, 1).reshape(-1, self.n_columns)[: self.n_rows]

    def projected(self, origin: Floats, basis: Floats) -> Self:
        """Return the table of the coordinates of the scaled rows along the columns of `basis`, seen from `origin`."""
        return self._with((self.rows() - origin) @ basis)

    def _with(self, values: Floats) -> Self:
        tiles = empty_tiles(*values.shape)
        fill(tiles, values, 0)
        d = values.shape[1]
        same = d == self.n_columns
        return type(self)(tiles, len(values), self.center if same else np.zeros(d), self.scale if same else np.ones(d))


def empty_tiles(n_rows: int, n_columns: int) -> Floats:
    """Return tiles of zeros for a table."""
    return np.zeros((-(-n_rows // TILE_ROWS), n_columns, TILE_STRIDE))


def fill(tiles: Floats, values: NDArray[np.floating], first: int) -> None:
    """Write consecutive rows into tiles, from row `first`."""
    begun = -first % TILE_ROWS  # rows that belong to a tile already begun
    if begun:
        head, tile = values[:begun], first // TILE_ROWS
        tiles[tile, :, first % TILE_ROWS : first % TILE_ROWS + len(head)] = head.T
        values, first = values[begun:], first + begun
    n_rows, d = values.shape
    whole, tile = n_rows // TILE_ROWS, first // TILE_ROWS
    cut = whole * TILE_ROWS
    tiles[tile : tile + whole, :, :TILE_ROWS] = values[:cut].reshape(whole, TILE_ROWS, d).transpose(0, 2, 1)
    if cut < n_rows:
        tiles[tile + whole, :, : n_rows - cut] = values[cut:].T


def tiled(rows: Rows, names: Sequence[str] | None) -> TiledTable:
    """Read a table into memory, and scale its columns by their medians and median absolute deviations.

    Parameters
    ----------
    rows : Rows
        The table, of which the number of rows is known.
    names : sequence of str or None
        Names of its columns, for messages.

    Raises
    ------
    DataError
        A column varies too little, or some value lies too far from the others, for any arithmetic.
    """
    n_rows = rows.n_rows
    assert n_rows is not None  # arrays and spooled rows are counted
    tiles = empty_tiles(n_rows, rows.n_columns)
    filled = 0
    for block in rows.blocks():
        fill(tiles, block.values, filled)
        filled += len(block.values)
    raw = TiledTable(tiles, n_rows, np.zeros(rows.n_columns), np.ones(rows.n_columns))
    center, scale = np.empty(rows.n_columns), np.empty(rows.n_columns)
    for j in range(rows.n_columns):
        values = raw.column(j)
        center[j] = np.median(values)
        deviations = np.abs(values - center[j])
        farthest = float(deviations.max())
        # The mean of the smallest numbers there are may round to zero.
        scale[j] = MAD_FACTOR * np.median(deviations) or deviations.mean() or farthest or 1.0
        if scale[j] < _LEAST_SCALE or farthest / scale[j] > _FARTHEST:
            name = quoted([f"x{j}" if names is None else str(names[j])])
            raise DataError(
                f"values in {name} usually lie {scale[j]:.3g} from their median and as far as {farthest:.3g} from it, "
                "and squares overflow float64: scale the column, or drop outlying rows"
            )
    tiles -= center[:, None]
    tiles /= scale[:, None]
    tiles[-1, :, n_rows - (len(tiles) - 1) * TILE_ROWS :] = 0
    return TiledTable(tiles, n_rows, center, scale)
