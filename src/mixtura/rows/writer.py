"""Scored tables to disk: every input column and the new ones, written beside the place and renamed at the end."""

import json
import math
import os
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..errors import ColumnError, SourceError
from .arrow import kind_of
from .checks import quoted
from .optional import need

if TYPE_CHECKING:
    import pyarrow as pa

# Rows held back until they make a row group worth having: readers skip and parallelise by row group.
_ROWS_PER_GROUP = 2**16


class Sink(ABC):
    """Where tables of one schema go; one class for each format."""

    def __init__(self, file: Path, schema: "pa.Schema") -> None:
        self.file = file
        self.schema = schema

    @abstractmethod
    def write(self, table: "pa.Table") -> None:
        """Write the next rows."""

    @abstractmethod
    def close(self) -> None:
        """Write what is held back, and close the file."""


class _ArrowSink(Sink):
    """A format that pyarrow writes."""

    def __init__(self, file: Path, schema: "pa.Schema") -> None:
        super().__init__(file, schema)
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

    def __init__(self, file: Path, schema: "pa.Schema") -> None:
        super().__init__(file, schema)
        self._held: list[Any] = []

    def _open(self) -> Any:
        return need("pyarrow.parquet", "writing Parquet").ParquetWriter(self.file, self.schema)

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
    """CSV with a header; text is quoted where it must be."""

    def _open(self) -> Any:
        nested = [field.name for field in self.schema if kind_of(field.type) == "nested values"]
        if nested:
            raise ColumnError(f"{quoted(nested)} with nested values cannot be written as CSV: write .parquet or .json")
        return need("pyarrow.csv", "writing CSV").CSVWriter(
            self.file,
            self.schema,
            write_options=need("pyarrow.csv", "writing CSV").WriteOptions(quoting_style="needed"),
        )


class IpcSink(_ArrowSink):
    """Arrow IPC file."""

    def _open(self) -> Any:
        return need("pyarrow.ipc", "writing Arrow files").new_file(str(self.file), self.schema)


class JsonLinesSink(Sink):
    """One JSON record a line; NaN and infinity become null."""

    _start, _between, _end = "", "\n", "\n"

    def __init__(self, file: Path, schema: "pa.Schema") -> None:
        super().__init__(file, schema)
        self._stream = file.open("w", encoding="utf-8", newline="\n")
        self._separator = self._start

    def write(self, table: "pa.Table") -> None:
        """Write the next rows."""
        for record in table.to_pylist():
            line = json.dumps(_json_value(record), ensure_ascii=False, allow_nan=False, default=str)
            self._stream.write(self._separator + line)
            self._separator = self._between

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


SINKS: Mapping[str, type[Sink]] = {
    ".parquet": ParquetSink,
    ".csv": CsvSink,
    ".json": JsonSink,
    ".jsonl": JsonLinesSink,
    ".ndjson": JsonLinesSink,
    ".arrow": IpcSink,
    ".feather": IpcSink,
    ".ipc": IpcSink,
}


class TableWriter:
    """Writes tables block by block with new columns appended; made by `open_writer`.

    A context manager: the file appears under its name when the `with` block ends well, and nothing is left when it
    does not.
    """

    def __init__(self, path: Path, sink: type[Sink]) -> None:
        self._path = path
        # Beside its place, so that renaming it is one step on one disk.
        self._temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        self._make_sink = sink
        self._sink: Sink | None = None

    def write(self, table: "pa.Table", new: Mapping[str, Any]) -> None:
        """Append rows.

        Parameters
        ----------
        table : pyarrow.Table
            Input columns of the next rows; the types of the first table hold for all.
        new : mapping of str to ndarray or list of (str or None)
            New columns by name; a list is text.

        Raises
        ------
        ColumnError
            A new column has the name of an input column, or the table does not fit those before.
        SourceError
            The disk is full, or the file cannot be written.
        """
        clash = [name for name in new if name in table.column_names]
        if clash:
            raise ColumnError(f"the table already has {quoted(clash)}: rename it, or leave it out of the input")
        pa = need("pyarrow", "writing tables")
        for name, values in new.items():
            table = table.append_column(name, _arrow_array(pa, values))
        with self._explained():
            if self._sink is None:
                self._sink = self._make_sink(self._temporary, table.schema)
            self._sink.write(table.cast(self._sink.schema))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is not None:
                self._abandon()
                return
            if self._sink is None:
                raise SourceError(f"there are no rows to write to {self._path}: write at least one table")
            with self._explained():
                self._sink.close()
                os.replace(self._temporary, self._path)
        finally:
            self._temporary.unlink(missing_ok=True)

    def _abandon(self) -> None:
        """Close the file whatever state it is in: the error that matters is on its way already."""
        if self._sink is not None:
            with suppress(Exception):
                self._sink.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        pa = need("pyarrow", "writing tables")
        try:
            yield
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            raise ColumnError(f"cannot write these rows to {self._path}: {str(error).splitlines()[0]}") from error
        except OSError as error:
            reason = error.strerror or str(error).splitlines()[0]
            raise SourceError(
                f"cannot write {self._path} ({reason}): free some space or choose another place"
            ) from error


def _arrow_array(pa: Any, values: Any) -> Any:
    return pa.array(values, pa.string()) if isinstance(values, list) else pa.array(np.asarray(values))


def open_writer(path: str | os.PathLike[str]) -> TableWriter:
    """Return a writer for a table file; its ending says the format.

    Parameters
    ----------
    path : str or path-like
        Where the file goes: .parquet, .csv, .json (an array of records), .jsonl or .ndjson (one record a line),
        .arrow, .feather or .ipc.

    Returns
    -------
    TableWriter
        A context manager.

    Raises
    ------
    SourceError
        The ending is none of these, or the folder does not exist.

    Examples
    --------
    >>> import tempfile, pathlib, numpy as np, pyarrow as pa
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = pathlib.Path(folder.name, "scored.csv")
    >>> with open_writer(file) as writer:
    ...     writer.write(pa.table({"x": [1.5, 2.5]}), {"is_anomaly": np.array([False, True])})
    >>> print(file.read_text().strip())
    "x","is_anomaly"
    1.5,false
    2.5,true
    >>> folder.cleanup()
    """
    file = Path(path).expanduser()
    sink = SINKS.get(file.suffix.lower())
    if sink is None:
        raise SourceError(f"cannot tell the format of {file} from its name: it must end in {', '.join(SINKS)}")
    need("pyarrow", "writing tables")
    if file.is_dir():
        raise SourceError(f"{file} is a folder: name a file in it")
    if not file.absolute().parent.is_dir():
        raise SourceError(f"there is no folder {file.absolute().parent} to write {file.name} to: make it first")
    return TableWriter(file, sink)
