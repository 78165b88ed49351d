"""The formats of table files, one record each: a new one is a file of its own, and a line in `FORMATS`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .delimited import DelimitedPart
from .excel_sink import ExcelSink
from .ipc import FILE_MAGIC, STREAM_START, IpcPart, read_ipc_schema
from .parts import Part
from .reading import ReadingOptions
from .scans import JsonPart, ParquetPart, read_parquet_schema
from .sinks import IpcSink, ParquetSink, Sink
from .text_sinks import CsvSink, DelimitedSink, JsonLinesSink, JsonSink, SafeCsvSink, TsvSink

if TYPE_CHECKING:
    import pyarrow as pa

Reader = Callable[..., Part]


@dataclass(frozen=True)
class Format:
    """A format of table files.

    Attributes
    ----------
    endings : tuple of str
        How names of files end that have it; a result gets the first.
    reader : callable or None
        Opens a file by its path and what messages call it; None if none is known by this record.
    name : str or None
        What a user asks for to write it; None if nothing is written so.
    sink : type of Sink or None
        What writes it.
    is_text : bool
        Whether it is text, which may be compressed when it is read.
    has_options : bool
        Whether the reader takes `ReadingOptions` as its third argument.
    begins : tuple of bytes
        The first bytes that tell it from others; of text, those after white space.
    own_reader : callable or None
        Opens a file that nobody else writes to, where that makes a difference.
    schema : callable or None
        Reads the schema of a file with what else it keeps, where it has room for that.
    """

    endings: tuple[str, ...]
    reader: Reader | None
    name: str | None = None
    sink: type[Sink] | None = None
    is_text: bool = False
    has_options: bool = False
    begins: tuple[bytes, ...] = ()
    own_reader: Reader | None = None
    schema: "Callable[[Path], pa.Schema] | None" = None

    def open(self, file: Path, label: str, options: ReadingOptions, *, ours: bool = False) -> Part:
        """Open a file; `ours` says that nobody else writes to it."""
        reader = (self.own_reader if ours else None) or self.reader
        assert reader is not None, "this format is read"
        return reader(file, label, options) if self.has_options else reader(file, label)


# What is read where no first bytes tell, and written where a name ends in .csv.
DELIMITED = Format((".csv",), DelimitedPart, "csv", CsvSink, is_text=True, has_options=True)

FORMATS = (
    Format((".parquet",), ParquetPart, "parquet", ParquetSink, begins=(b"PAR1",), schema=read_parquet_schema),
    Format((".csv",), None, "safe-csv", SafeCsvSink),
    DELIMITED,
    Format((".tsv", ".tab"), partial(DelimitedPart, tabs=True), "tsv", TsvSink, is_text=True, has_options=True),
    Format((".txt", ".dat", ".data"), DelimitedPart, sink=DelimitedSink, is_text=True, has_options=True),
    Format((".json",), JsonPart, "json", JsonSink, is_text=True, begins=(b"{", b"[")),
    Format((".jsonl", ".ndjson"), JsonPart, "jsonl", JsonLinesSink, is_text=True),
    Format(
        (".arrow", ".feather", ".ipc"),
        IpcPart,
        "arrow",
        IpcSink,
        begins=(FILE_MAGIC, STREAM_START),
        own_reader=partial(IpcPart, ours=True),
        schema=read_ipc_schema,
    ),
    Format((".xlsx",), None, "xlsx", ExcelSink),
)

READ: Mapping[str, Format] = {ending: form for form in FORMATS if form.reader for ending in form.endings}
"""Formats that are read, by the endings of names."""

WRITTEN: Mapping[str, type[Sink]] = {form.name: form.sink for form in FORMATS if form.name and form.sink}
"""What writes each format that is written, by its name."""

ENDINGS: Mapping[str, str] = {form.name: form.endings[0] for form in FORMATS if form.name}
"""How names of files end, by the name of their format."""

SINKS: Mapping[str, type[Sink]] = {ending: form.sink for form in FORMATS if form.sink for ending in form.endings}
"""What writes a file, by the ending of its name; of two formats that have it, the last."""
