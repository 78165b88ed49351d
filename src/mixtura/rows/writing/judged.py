"""Rows of a table that a model has judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from ...optional import need
from ...typing import Integers
from ..blocks.replacing import Cells
from ..sinks.sink import Highlights
from .added import Added, concatenated, taken

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, eq=False)
class JudgedTable:
    """Some rows of a table, with what a model says of them.

    Attributes
    ----------
    table : pyarrow.Table
        All columns of the rows, as they stand.
    new : mapping of str to ndarray, list or Lists
        The columns that are added to them.
    rows : ndarray of int, shape (n_rows,)
        Their positions in the whole table, from 0.
    flags : ndarray of bool, shape (n_rows,)
        Which of them are flagged.
    cells : Cells
        The flagged cells of flagged rows, and what was expected there.
    strays : Cells
        Cells that do not hold what their columns hold, for which rows are flagged too.
    columns : sequence of str
        The columns that cells are counted by.
    """

    table: "pa.Table"
    new: Added
    rows: Integers
    flags: NDArray[np.bool_]
    cells: Cells
    strays: Cells
    columns: Sequence[str]

    def take(self, at: Integers) -> Self:
        """Return some of the rows, in another order perhaps."""
        pa = need("pyarrow", "making tables")
        return type(self)(
            self.table.take(pa.array(at, pa.int64())),
            taken(self.new, at.tolist()),
            self.rows[at],
            self.flags[at],
            self.cells.take(at, self.table.num_rows),
            self.strays.take(at, self.table.num_rows),
            self.columns,
        )

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """Return the rows of several parts, one after the other."""
        pa = need("pyarrow", "making tables")
        n_rows = [part.table.num_rows for part in parts]
        return cls(
            pa.concat_tables([part.table for part in parts], promote_options="permissive"),
            concatenated([part.new for part in parts]),
            np.concatenate([part.rows for part in parts]),
            np.concatenate([part.flags for part in parts]),
            Cells.concatenate([part.cells for part in parts], n_rows),
            Cells.concatenate([part.strays for part in parts], n_rows),
            parts[0].columns,
        )

    @property
    def highlights(self) -> Highlights:
        """The flagged cells, with the reasons of their rows."""
        rows, columns = (
            np.concatenate([getattr(cells, name) for cells in (self.cells, self.strays)])
            for name in ("rows", "columns")
        )
        order = np.lexsort((columns, rows))
        rows, names = rows[order], [self.columns[column] for column in columns[order].tolist()]
        reasons: Any = self.new.get("reason", [])
        notes = {row: reasons[row] for row in rows.tolist() if len(reasons) and reasons[row] is not None}
        return Highlights(rows, names, notes)
