"""A table without columns that an earlier run added to it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ...columns.kinds.kind import Kind
from ...errors import EmptyTableError
from .block import Block
from .columns import LeftOut
from .selected import SelectedRows
from .style import Style
from .table_rows import TableRows

if TYPE_CHECKING:
    import pyarrow as pa

_REASON = "added by an earlier run, not copied"


class OwnColumns(SelectedRows):
    """A table without the columns of an earlier run: neither used nor copied, and listed among those left out.

    Parameters
    ----------
    rows : TableRows
        The table.
    former : sequence of str
        The columns that it is not to have.

    Attributes
    ----------
    table : TableRows
        The table, with these columns.

    Raises
    ------
    EmptyTableError
        No other column holds numbers.
    """

    def __init__(self, rows: TableRows, former: Sequence[str]) -> None:
        names = rows.columns or ()
        super().__init__(rows, [position for position, name in enumerate(names) if name not in former])
        self.table = rows
        self._former = list(former)
        if not self._positions:
            raise EmptyTableError(f"the only columns of numbers are those of an earlier run ({', '.join(former)})")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the other columns, in use or not."""
        return tuple(name for name in self.table.names if name not in self._former)

    @property
    def kinds(self) -> Mapping[str, Kind] | None:
        """What each column holds, where that is known."""
        return getattr(self.table, "kinds", None)

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Columns that are not used."""
        others = (column for column in self.table.left_out if column.name not in self._former)
        return (*(LeftOut(name, _REASON) for name in self._former), *others)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of how the table is read, in sentences."""
        return self.table.notes

    def style(self) -> Style:
        """Return how the table is written."""
        return self.table.style()

    def tables(self) -> Iterator[tuple["pa.Table", Block]]:
        """Yield each block with a pyarrow Table of the other columns of its rows."""
        for table, block in self.table.tables():
            yield table.drop_columns(self._former), block.select(self._positions)
