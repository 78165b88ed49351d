"""Rows without column names, or without a table that they come from, as a table."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...optional import need
from .block import Block, Rows
from .columns import Choice, LeftOut, choose, positions_of
from .selected import SelectedRows
from .style import Style
from .table_rows import TableRows

if TYPE_CHECKING:
    import pyarrow as pa


class NamedRows(SelectedRows):
    """Rows as a table whose columns have names: those they have, or x0, x1 and so on.

    Parameters
    ----------
    rows : Rows
        The rows.
    columns, drop : sequence of str, optional
        Columns to use, or not to use; those not in use are part of the table all the same.

    Raises
    ------
    ColumnError
        A column is unknown or repeated.
    EmptyTableError
        No column is left.

    Examples
    --------
    >>> from mixtura.rows import ArrayRows
    >>> rows = NamedRows(ArrayRows([[1.0, 5.0, 2.0], [3.0, 5.0, 4.0]]), drop=["x1"])
    >>> rows.columns
    ('x0', 'x2')
    """

    left_out: tuple[LeftOut, ...] = ()

    def __init__(self, rows: Rows, columns: Sequence[str] | None = None, drop: Sequence[str] | None = None) -> None:
        self._names = rows.columns or tuple(f"x{position}" for position in range(rows.n_columns))
        used, _ = choose(self._names, ["number"] * len(self._names), Choice(columns, drop), "the table")
        self._used = used
        super().__init__(rows, positions_of(used, self._names))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns of the table, in use or not."""
        return self._rows.names if isinstance(self._rows, TableRows) else self._names

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns in use."""
        return self._used

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of how the table is read, in sentences."""
        return self._rows.notes if isinstance(self._rows, TableRows) else ()

    def style(self) -> Style:
        """Return how the table is written."""
        return self._rows.style() if isinstance(self._rows, TableRows) else Style()

    def tables(self) -> Iterator[tuple["pa.Table", Block]]:
        """Yield each block with a pyarrow Table of all columns of its rows."""
        for table, block in self._rows.tables() if isinstance(self._rows, TableRows) else self._made():
            yield table, block.select(self._positions)

    def _made(self) -> Iterator[tuple["pa.Table", Block]]:
        pa = need("pyarrow", "making tables")
        for block in self._rows.blocks():
            yield pa.table([pa.array(column) for column in block.values.T.copy()], names=list(self._names)), block
