"""Scored tables to disk: every input column and the new ones, written beside the place and renamed at the end."""

import io
import json
import math
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..errors import ColumnError, SourceError
from .arrow import kind_of
from .checks import quoted
from .formulas import no_formula, no_formulas
from .marks import NAME
from .optional import need
from .whole import WholeFile, expanded, replace_all

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


FORMATS: Mapping[str, str] = {
    "parquet": ".parquet",
    "csv": ".csv",
    "safe-csv": ".csv",
    "json": ".json",
    "jsonl": ".jsonl",
    "arrow": ".arrow",
}
"""Names of the formats, and the ending of each."""


def _sink_of(form: str) -> type[Sink]:
    return SafeCsvSink if form == "safe-csv" else SINKS[FORMATS[form]]


class TableWriter:
    """Writes tables block by block with new columns appended; made by `open_writer` and `open_stream_writer`.

    A context manager: the file appears under its name when the `with` block ends well, and nothing is left when it
    does not.

    Parameters
    ----------
    target : WholeFile or binary file
        Where the tables go.
    where : str
        What messages call it.
    sink : type of Sink
        The format.
    mark : str or None
        What made the table, kept in formats that have room for it.
    replaces : bool
        Whether the file takes its place at the end of the block, and not when the caller lets it.
    """

    def __init__(
        self, target: WholeFile | io.RawIOBase, where: str, sink: type[Sink], mark: str | None, *, replaces: bool
    ) -> None:
        self._target = target
        self._where = where
        self._make_sink = sink
        self._mark = mark
        self._replaces = replaces
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
        added = self._make_sink.added
        for name, values in new.items():
            table = table.append_column(added(name), _arrow_array(pa, values, added))
        with self._explained():
            if self._sink is None:
                target = self._target.create() if isinstance(self._target, WholeFile) else self._target
                self._sink = self._make_sink(target, self._marked(table.schema))
            self._sink.write(table.cast(self._sink.schema))

    def _marked(self, schema: "pa.Schema") -> "pa.Schema":
        """Return a schema that says what made the table, and not what made the table that it comes from."""
        kept = {key: value for key, value in (schema.metadata or {}).items() if key != NAME.encode()}
        return schema.with_metadata(kept if self._mark is None else {**kept, NAME: self._mark})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        whole = self._target if isinstance(self._target, WholeFile) else None
        try:
            if kind is not None:
                self._abandon()
                return
            if self._sink is None:
                raise SourceError(f"there are no rows to write to {self._where}: write at least one table")
            with self._explained():
                self._sink.close()
            if whole is not None:
                whole.complete()
                if self._replaces:
                    replace_all([whole])
        except BaseException:
            kind = BaseException
            raise
        finally:
            if kind is not None and whole is not None:
                whole.discard()

    def _abandon(self) -> None:
        """Close the file whatever state it is in: the error that matters is on its way already."""
        # The end of a stream would say that it is whole.
        if self._sink is not None and isinstance(self._target, WholeFile):
            with suppress(Exception):
                self._sink.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        pa = need("pyarrow", "writing tables")
        try:
            yield
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            raise ColumnError(f"cannot write these rows to {self._where}: {str(error).splitlines()[0]}") from error
        except OSError as error:
            reason = error.strerror or str(error).splitlines()[0]
            raise SourceError(
                f"cannot write {self._where} ({reason}): free some space or choose another place"
            ) from error


def _arrow_array(pa: Any, values: Any, added: Callable[[str], str]) -> Any:
    if isinstance(values, list):
        if values.count(None) == len(values):
            # As nearly every block of reasons is: few rows are flagged.
            return pa.nulls(len(values), pa.string())
        return pa.array([None if value is None else added(value) for value in values], pa.string())
    return pa.array(np.asarray(values))


def open_writer(
    path: str | os.PathLike[str] | WholeFile, *, form: str | None = None, mark: str | None = None
) -> TableWriter:
    """Return a writer for a table file; its ending says the format.

    Parameters
    ----------
    path : str, path-like or WholeFile
        Where the file goes: .parquet, .csv, .json (an array of records), .jsonl or .ndjson (one record a line),
        .arrow, .feather or .ipc. A `WholeFile` takes its place when the caller lets it.
    form : {"parquet", "csv", "safe-csv", "json", "jsonl", "arrow"}, optional
        The format, where the name need not say it. In CSV, text that is added to a table and that a spreadsheet would
        take for a formula gets an apostrophe before it; in safe CSV, text of the table too.
    mark : str, optional
        What made the table; kept in a Parquet or Arrow file, for `made_by`.

    Returns
    -------
    TableWriter
        A context manager.

    Raises
    ------
    SourceError
        The ending is none of these or says another format, or no file can be written there.

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
    file = path.path if isinstance(path, WholeFile) else expanded(path)
    sink = SINKS.get(file.suffix.lower())
    if form is not None and sink not in (None, SINKS[FORMATS[form]]):
        raise SourceError(f"{file} ends as another format than {form} does: name a file that ends in {FORMATS[form]}")
    sink = sink if form is None else _sink_of(form)
    if sink is None:
        raise SourceError(f"cannot tell the format of {file} from its name: it must end in {', '.join(SINKS)}")
    need("pyarrow", "writing tables")
    whole = path if isinstance(path, WholeFile) else WholeFile(path)
    return TableWriter(whole, str(file), sink, mark, replaces=whole is not path)


def open_stream_writer(stream: io.RawIOBase, where: str, form: str) -> TableWriter:
    """Return a writer to a stream that is open, such as standard output; parameters as for `open_writer`.

    What is written is seen at once. `where` is what messages call the stream.
    """
    need("pyarrow", "writing tables")
    return TableWriter(stream, where, _sink_of(form), None, replaces=False)
