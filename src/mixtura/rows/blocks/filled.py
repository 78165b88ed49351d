"""A table with columns that it has not, or that cannot be read: their values are missing in all rows."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .block import Block, Levels, Strays, levels_of
from .columns import LeftOut
from .style import Style
from .table_rows import TableRows

if TYPE_CHECKING:
    import pyarrow as pa


class FilledColumns:
    """A table in given columns, those that are not among its own filled with missing values.

    Parameters
    ----------
    table : TableRows
        The table.
    columns : sequence of str
        Names of the columns, in the order wanted.
    unread : collection of str
        Columns of the table whose values are to be missing all the same.

    Attributes
    ----------
    columns : tuple of str
        Names of the columns.

    Examples
    --------
    >>> from mixtura.rows import ArrayRows
    >>> from mixtura.rows.blocks.named import NamedRows
    >>> rows = FilledColumns(NamedRows(ArrayRows([[1.0, 5.0]])), ["x1", "y", "x0"])
    >>> next(rows.blocks()).values
    array([[ 5., nan,  1.]])
    """

    has_missing = True

    def __init__(self, table: TableRows, columns: Sequence[str], unread: Collection[str] = ()) -> None:
        self._table = table
        self.columns: tuple[str, ...] = tuple(columns)
        own = {name: position for position, name in enumerate(table.columns or ()) if name not in unread}
        self._from = np.array([own.get(name, -1) for name in self.columns])

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns of the table."""
        return self._table.names

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Columns of the table that are not used."""
        return self._table.left_out

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of how the table is read, in sentences."""
        return self._table.notes

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return len(self.columns)

    @property
    def n_rows(self) -> int | None:
        """Number of rows, None while it is unknown."""
        return self._table.n_rows

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values of every block, float32 or float64."""
        return self._table.dtype

    @property
    def levels(self) -> Levels:
        """Levels of each column whose numbers are codes of levels, None for other columns."""
        levels = levels_of(self._table)
        return tuple(None if position < 0 else levels[position] for position in self._from)

    def style(self) -> Style:
        """Return how the table is written."""
        return self._table.style()

    def blocks(self) -> Iterator[Block]:
        """Yield the rows in order."""
        return map(self._filled, self._table.blocks())

    def tables(self) -> Iterator[tuple["pa.Table", Block]]:
        """Yield each block with a pyarrow Table of all columns of its rows."""
        for table, block in self._table.tables():
            yield table, self._filled(block)

    def _filled(self, block: Block) -> Block:
        values = np.full((len(block.values), self.n_columns), np.nan, block.values.dtype)
        there = np.flatnonzero(self._from >= 0)
        values[:, there] = block.values[:, self._from[there]]
        strays = block.strays
        if strays is not None:
            places = np.full(block.values.shape[1], -1)
            places[self._from[there]] = there
            kept = places[strays.columns] >= 0
            strays = Strays(strays.rows[kept], places[strays.columns[kept]]) if kept.any() else None
        return replace(block, values=values, strays=strays)
