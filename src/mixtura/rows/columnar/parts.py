"""One file as a stream of Arrow record batches: what every format provides."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


class Part(Protocol):
    """One file of a table.

    Attributes
    ----------
    label : str
        What messages call it.
    schema : pyarrow.Schema
        Names and types of all its columns, the names as the file has them (they may repeat). Formats without types have
        columns of text.
    n_rows : int or None
        Number of rows, None if only a pass tells.
    empty : bool
        Whether it has no rows.
    notes : tuple of str
        What the user should know of how it is read, in sentences; formats that leave no choice have none.

    One whose columns have no types says so with ``has_types = False``, and what stands between its fields, where its
    name does not, as `delimiter`.
    """

    label: str
    schema: "pa.Schema"
    n_rows: int | None
    empty: bool
    notes: tuple[str, ...]

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the columns `names`, in that order, as they stand in the file."""
        ...
