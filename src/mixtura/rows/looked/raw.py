"""Tables as they stand, before it is known what their columns hold."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...columns.seen.cells import is_text
from ...columns.seen.profile import TableSeen
from ..columnar.arrow import cut
from .kept_columns import KeptColumns

if TYPE_CHECKING:
    import pyarrow as pa

# Rows, and cells in a wide table, that are looked at together.
_ROWS_AT_ONCE, _CELLS_AT_ONCE = 65_536, 2**24


class RawTable(Protocol):
    """A table whose columns can be read again and again, as they stand.

    Attributes
    ----------
    where : str
        What messages call it.
    schema : pyarrow.Schema
        Names and types of its columns, all names different.
    n_rows : int or None
        Number of rows, None if only a pass tells.
    first_row : int
        Position of its first row, where it is a part of a larger table.
    may_change : bool
        Whether somebody else may write to it while it is read.
    has_types : bool
        Whether its columns have types; else all of them are text.
    delimiter : str or None
        What stands between the fields of its text, where the name of its file does not say it.
    notes : tuple of str
        What the user should know of how it is read, in sentences.
    """

    where: str
    schema: "pa.Schema"
    n_rows: int | None
    first_row: int
    may_change: bool
    has_types: bool
    delimiter: str | None
    notes: tuple[str, ...]

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch | pa.Table"]:
        """Yield the columns `names`, in that order, for some rows after the other."""
        ...

    def describe(self, rows: NDArray[np.intp]) -> str:
        """Return rows in words, given their positions in the table, as far as `batches` has come."""
        ...

    def reading(self) -> AbstractContextManager[Any]:
        """Return a context in which a change of the table is an error."""
        ...


def seen_in(raw: RawTable, on_rows: Callable[[int], None] | None = None) -> tuple[TableSeen, KeptColumns | None]:
    """Return what one pass over a table sees of its columns, and what it keeps of text columns if all are."""
    seen = TableSeen.zero(raw.schema)
    # Looking at a column costs the same for a few rows as for some hundred.
    n_rows = max(1, min(_ROWS_AT_ONCE, _CELLS_AT_ONCE // max(1, len(raw.schema))))
    kept = KeptColumns(raw.schema.names) if all(is_text(column.type) for column in raw.schema) else None
    with raw.reading():
        for batch in cut(raw.batches(raw.schema.names), n_rows):
            seen = seen.including(batch, seen.n_rows)
            if kept is not None:
                kept.including(batch)
            if on_rows is not None:
                on_rows(seen.n_rows)
    return seen, kept
