"""How tables are written, one class for each format; those of text and of spreadsheets are in files of their own."""

import io
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ...optional import need
from ...typing import Integers
from ..columnar.dictionaries import Dictionaries

if TYPE_CHECKING:
    import pyarrow as pa

# Rows held back until they make a row group worth having: readers skip and parallelise by row group.
_ROWS_PER_GROUP = 2**16


# A file, or a stream of bytes such as standard output.
Target = Path | io.RawIOBase | io.BufferedIOBase


@dataclass(frozen=True, eq=False)
class Highlights:
    """Cells that deserve attention, where a format can show them.

    Attributes
    ----------
    rows : ndarray of int, shape (n_cells,)
        The row of each in the table that is written, in increasing order.
    names : sequence of str
        The column of each.
    notes : mapping of int to str
        What is said of a row, by its place.
    """

    rows: Integers
    names: Sequence[str]
    notes: Mapping[int, str]


class Sink(ABC):
    """Where tables of one schema go; one class for each format.

    Attributes
    ----------
    has_types : bool
        Whether columns have types, so that text that holds numbers is better written as such.
    has_lists : bool
        Whether a cell can be a list.
    """

    has_types: ClassVar[bool] = True
    has_lists: ClassVar[bool] = True

    def __init__(self, target: Target, schema: "pa.Schema", delimiter: str | None = None) -> None:
        self.target = target
        self.schema = schema
        self.delimiter = delimiter

    @abstractmethod
    def write(self, table: "pa.Table", highlights: Highlights | None = None) -> None:
        """Write the next rows."""

    @abstractmethod
    def close(self) -> None:
        """Write what is held back, and close the file."""

    def abandon(self) -> None:
        """Close a file that nobody is going to read."""
        self.close()

    @staticmethod
    def added(text: str) -> str:
        """Return text that is added to a table as it stands in the file."""
        return text

    @staticmethod
    def check_size(n_rows: int | None, n_columns: int, where: str) -> None:
        """Refuse a table that the format has no room for.

        Raises
        ------
        SourceError
            It has too many rows or columns.
        """
        return


class _ArrowSink(Sink):
    """A format that pyarrow writes."""

    def __init__(self, target: Target, schema: "pa.Schema", delimiter: str | None = None) -> None:
        super().__init__(target, schema, delimiter)
        self._writer = self._open()

    @abstractmethod
    def _open(self) -> Any:
        """Open pyarrow's writer."""

    def write(self, table: "pa.Table", highlights: Highlights | None = None) -> None:
        """Write the next rows."""
        self._writer.write_table(table)

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


class ParquetSink(_ArrowSink):
    """Parquet."""

    def __init__(self, target: Target, schema: "pa.Schema", delimiter: str | None = None) -> None:
        super().__init__(target, schema, delimiter)
        self._held: list[Any] = []

    def _open(self) -> Any:
        types = need("pyarrow.types", "writing Parquet")
        # Fractions hardly repeat: listing them takes as long as the rest of the writing, and makes no file smaller.
        repeating = [field.name for field in self.schema if not types.is_floating(field.type)]
        parquet = need("pyarrow.parquet", "writing Parquet")
        return parquet.ParquetWriter(self.target, self.schema, use_dictionary=repeating)

    def write(self, table: "pa.Table", highlights: Highlights | None = None) -> None:
        """Hold the next rows back until there are enough for a row group."""
        self._held.append(table)
        if sum(held.num_rows for held in self._held) >= _ROWS_PER_GROUP:
            self._flush()

    def close(self) -> None:
        """Write what is held back, and close the file."""
        try:
            if self._held:
                self._flush()
        finally:
            super().close()

    def _flush(self) -> None:
        self._writer.write_table(need("pyarrow", "writing Parquet").concat_tables(self._held))
        self._held = []


class IpcSink(_ArrowSink):
    """Arrow IPC: a file, which readers may jump about in, or a stream where nobody can."""

    def _open(self) -> Any:
        ipc = need("pyarrow.ipc", "writing Arrow files")
        self._dictionaries = Dictionaries()
        if isinstance(self.target, Path):
            # Of a file that has several the later ones can only add to the first.
            options = ipc.IpcWriteOptions(emit_dictionary_deltas=True)
            return ipc.new_file(str(self.target), self.schema, options=options)
        return ipc.new_stream(self.target, self.schema)

    def write(self, table: "pa.Table", highlights: Highlights | None = None) -> None:
        """Write the next rows."""
        super().write(self._dictionaries.put_in(table))
