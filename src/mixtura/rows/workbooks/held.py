"""A table that is small enough to be held in memory, as a file of a table."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..blocks.block import rows_per_block

if TYPE_CHECKING:
    import pyarrow as pa


class HeldPart:
    """A table in memory.

    Parameters
    ----------
    table : pyarrow.Table
        The table.
    label : str
        What messages call it.
    notes : tuple of str
        What is to be said of how it was read.
    """

    def __init__(self, table: "pa.Table", label: str, notes: tuple[str, ...] = ()) -> None:
        self.label = label
        self.notes = notes
        self.schema: pa.Schema = table.schema
        self.n_rows: int | None = table.num_rows
        self.empty = table.num_rows == 0
        self._table = table

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the columns `names`, in that order."""
        yield from self._table.select(list(names)).to_batches(max_chunksize=rows_per_block(len(names)))
