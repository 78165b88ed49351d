"""How tables are written, one class for each format."""

import io
import json
import math
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ColumnError
from ..optional import need
from .arrow import kind_of
from .checks import quoted
from .formulas import no_formula, no_formulas

if TYPE_CHECKING:
    import pyarrow as pa

# Rows held back until they make a row group worth having: readers skip and parallelise by row group.
_ROWS_PER_GROUP = 2**16


# A file, or a stream of bytes such as standard output.
Target = Path | io.RawIOBase


class Sink(ABC):
    """Where tables of one schema go; one class for each format."""

    def __init__(self, target: Target, schema: "pa.Schema") -> None:
        self.target = target
        self.schema = schema

    @abstractmethod
    def write(self, table: "pa.Table") -> None:
        """Write the next rows."""

    @abstractmethod
    def close(self) -> None:
        """Write what is held back, and close the file."""

    @staticmethod
    def added(text: str) -> str:
        """Return text that is added to a table as it stands in the file."""
        return text


class _ArrowSink(Sink):
    """A format that pyarrow writes."""

    def __init__(self, target: Target, schema: "pa.Schema") -> None:
        super().__init__(target, schema)
        self._writer = self._open()

    @abstractmethod
    def _open(self) -> Any:
        """Open pyarrow's writer."""

    def write(self, table: "pa.Table") -> None:
        """Write the next rows."""
        self._writer.write_table(table)

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


class ParquetSink(_ArrowSink):
    """Parquet."""

    def __init__(self, target: Target, schema: "pa.Schema") -> None:
        super().__init__(target, schema)
        self._held: list[Any] = []

    def _open(self) -> Any:
        types = need("pyarrow.types", "writing Parquet")
        # Fractions hardly repeat: listing them takes as long as the rest of the writing, and makes no file smaller.
        repeating = [field.name for field in self.schema if not types.is_floating(field.type)]
        parquet = need("pyarrow.parquet", "writing Parquet")
        return parquet.ParquetWriter(self.target, self.schema, use_dictionary=repeating)

    def write(self, table: "pa.Table") -> None:
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


class CsvSink(_ArrowSink):
    """CSV with a header; text is quoted where it must be.

    A spreadsheet would run text that begins as a formula. What is added to a table does not; the table stays as it is.
    """

    def _open(self) -> Any:
        nested = [field.name for field in self.schema if kind_of(field.type) == "nested values"]
        if nested:
            raise ColumnError(f"{quoted(nested)} with nested values cannot be written as CSV: write .parquet or .json")
        return need("pyarrow.csv", "writing CSV").CSVWriter(
            self.target,
            self._written(self.schema.empty_table()).schema,
            write_options=need("pyarrow.csv", "writing CSV").WriteOptions(quoting_style="needed"),
        )

    def write(self, table: "pa.Table") -> None:
        """Write the next rows."""
        super().write(self._written(table))

    def _written(self, table: "pa.Table") -> "pa.Table":
        """Return a table as it stands in the file."""
        return table

    @staticmethod
    def added(text: str) -> str:
        """Return text that is added to a table, which no spreadsheet may take for a formula."""
        return no_formula(text)


class SafeCsvSink(CsvSink):
    """CSV of which a spreadsheet takes no text for a formula, that of the table neither."""

    def _written(self, table: "pa.Table") -> "pa.Table":
        names = [no_formula(name) for name in table.column_names]
        return need("pyarrow", "writing CSV").table([no_formulas(column) for column in table.columns], names=names)


class IpcSink(_ArrowSink):
    """Arrow IPC: a file, which readers may jump about in, or a stream where nobody can."""

    def _open(self) -> Any:
        ipc = need("pyarrow.ipc", "writing Arrow files")
        if isinstance(self.target, Path):
            return ipc.new_file(str(self.target), self.schema)
        return ipc.new_stream(self.target, self.schema)


class JsonLinesSink(Sink):
    """One JSON record a line; NaN and infinity become null."""

    _start, _between, _end = "", "\n", "\n"

    def __init__(self, target: Target, schema: "pa.Schema") -> None:
        super().__init__(target, schema)
        binary = target.open("wb") if isinstance(target, Path) else io.BufferedWriter(target)
        self._stream = io.TextIOWrapper(binary, encoding="utf-8", newline="\n")
        self._separator = self._start

    def write(self, table: "pa.Table") -> None:
        """Write the next rows."""
        for record in table.to_pylist():
            line = json.dumps(_json_value(record), ensure_ascii=False, allow_nan=False, default=str)
            self._stream.write(self._separator + line)
            self._separator = self._between
        self._stream.flush()

    def close(self) -> None:
        """End the last record, and close the file."""
        with self._stream:
            self._stream.write(self._end)


class JsonSink(JsonLinesSink):
    """An array of JSON records; NaN and infinity become null."""

    _start, _between, _end = "[\n", ",\n", "\n]\n"


def _json_value(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _json_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json_value(item) for item in value]
    return value
