"""One file as a stream of Arrow record batches: what every format provides."""

from collections.abc import Iterator, Sequence
from pathlib import Path
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
        What is to be said of how it was read.
    """

    label: str
    schema: "pa.Schema"
    n_rows: int | None
    empty: bool
    notes: tuple[str, ...]

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the columns `names`, in that order, as they stand in the file."""
        ...


def is_gzip(file: Path) -> bool:
    """Tell from its first bytes whether a file is compressed by gzip."""
    with file.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"
