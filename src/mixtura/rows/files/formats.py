"""The formats of table files, one record each: a new one is a file of its own, and a line in `FORMATS`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import SourceError
from ..blocks.reading import ReadingOptions
from ..columnar.ipc import FILE_MAGIC, STREAM_START, IpcPart, read_ipc_schema
from ..columnar.orc_and_avro import AVRO_MAGIC, FEATHER_V1_MAGIC, ORC_MAGIC, AvroPart, OrcPart, refuse_feather_v1
from ..columnar.parquet import ParquetFilePart, read_parquet_schema
from ..columnar.parts import Part
from ..databases.sqlite import SQLITE_MAGIC, SqlitePart
from ..databases.tables import DUCKDB_MAGIC, DUCKDB_MAGIC_AT, open_duckdb
from ..json.records import JsonPart
from ..sinks.excel import ExcelSink
from ..sinks.sink import IpcSink, ParquetSink, Sink
from ..sinks.text import BarSink, CsvSink, DelimitedSink, JsonLinesSink, JsonSink, SafeCsvSink, TsvSink
from ..text.delimited import DelimitedPart
from ..workbooks.workbook import CONTAINER, ZIP, WorkbookPart, is_workbook

if TYPE_CHECKING:
    import pyarrow as pa

Reader = Callable[..., Part]

# Enough for the marks of all formats.
_HEAD = 16


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
        Whether the reader takes `ReadingOptions` as its third argument; else it refuses them.
    has_names : bool
        Whether a file may hold several tables, which have names; the reader takes that of one as its last argument.
    begins : tuple of bytes
        The first bytes that tell it from others; of text, those after white space.
    begins_at : int
        Where they are.
    confirm : callable or None
        Tells a file of such bytes from others that have them, where there are such.
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
    has_names: bool = False
    begins: tuple[bytes, ...] = ()
    begins_at: int = 0
    confirm: Callable[[Path], bool] | None = None
    own_reader: Reader | None = None
    schema: "Callable[[Path], pa.Schema] | None" = None

    def open(
        self, file: Path, label: str, options: ReadingOptions, *, inside: str | None = None, ours: bool = False
    ) -> Part:
        """Open a file.

        Parameters
        ----------
        file : Path
            The file.
        label : str
            What messages call it.
        options : ReadingOptions
            How it is to be read.
        inside : str, optional
            The name of a table in it.
        ours : bool, default False
            Whether nobody else writes to it.

        Raises
        ------
        SourceError
            It cannot be read, or `inside` names a table in a file of one.
        """
        reader = (self.own_reader if ours else None) or self.reader
        assert reader is not None, "this format is read"
        if inside is not None and not self.has_names:
            raise SourceError(f"{label} holds one table, which has no name: leave out ::{inside}")
        if not self.has_options:
            options.refuse_for(label)
        more: list[Any] = [*([options] if self.has_options else []), *([inside] if self.has_names else [])]
        part = reader(file, label, *more)
        if inside is not None:
            part.label = f"{label}::{inside}"
        return part


# What is read where no first bytes tell, and written where a name ends in .csv.
DELIMITED = Format((".csv",), DelimitedPart, "csv", CsvSink, is_text=True, has_options=True)

FORMATS = (
    Format((".parquet", ".pq"), ParquetFilePart, "parquet", ParquetSink, begins=(b"PAR1",), schema=read_parquet_schema),
    Format((".csv",), None, "safe-csv", SafeCsvSink),
    DELIMITED,
    Format((".tsv", ".tab"), partial(DelimitedPart, tabs=True), "tsv", TsvSink, is_text=True, has_options=True),
    Format((".txt", ".dat", ".data"), DelimitedPart, sink=DelimitedSink, is_text=True, has_options=True),
    Format((".psv",), DelimitedPart, sink=BarSink, is_text=True, has_options=True),
    Format((".json",), JsonPart, "json", JsonSink, is_text=True, has_names=True, begins=(b"{", b"[")),
    Format((".jsonl", ".ndjson"), JsonPart, "jsonl", JsonLinesSink, is_text=True, has_names=True),
    Format((".geojson",), JsonPart, is_text=True, has_names=True),
    Format(
        (".arrow", ".feather", ".ipc"),
        IpcPart,
        "arrow",
        IpcSink,
        begins=(FILE_MAGIC, STREAM_START),
        own_reader=partial(IpcPart, ours=True),
        schema=read_ipc_schema,
    ),
    Format((".arrows",), IpcPart),
    Format((), refuse_feather_v1, begins=(FEATHER_V1_MAGIC,)),
    Format((".orc",), OrcPart, begins=(ORC_MAGIC,)),
    Format((".avro",), AvroPart, begins=(AVRO_MAGIC,)),
    Format(
        (".xlsx",),
        WorkbookPart,
        "xlsx",
        ExcelSink,
        has_options=True,
        has_names=True,
        begins=(ZIP, CONTAINER),
        confirm=is_workbook,
    ),
    # Read only: what is written has the form of the first.
    Format((".xlsm", ".xls", ".xlsb", ".ods"), WorkbookPart, has_options=True, has_names=True),
    Format((".sqlite", ".sqlite3", ".db", ".db3"), SqlitePart, has_names=True, begins=(SQLITE_MAGIC,)),
    Format((".duckdb", ".ddb"), open_duckdb, has_names=True, begins=(DUCKDB_MAGIC,), begins_at=DUCKDB_MAGIC_AT),
)

READ: Mapping[str, Format] = {ending: form for form in FORMATS if form.reader for ending in form.endings}
"""Formats that are read, by the endings of names."""

WRITTEN: Mapping[str, type[Sink]] = {form.name: form.sink for form in FORMATS if form.name and form.sink}
"""What writes each format that is written, by its name."""

ENDINGS: Mapping[str, str] = {form.name: form.endings[0] for form in FORMATS if form.name}
"""How names of files end, by the name of their format."""

SINKS: Mapping[str, type[Sink]] = {ending: form.sink for form in FORMATS if form.sink for ending in form.endings}
"""What writes a file, by the ending of its name; of two formats that have it, the last."""


def told_by_bytes(file: Path) -> Format | None:
    """Return the format that is no text and that a file's first bytes show, None if they show none."""
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return None  # The reader says what is wrong with it.
    for form in FORMATS:
        has_mark = not form.is_text and form.begins and head.startswith(form.begins, form.begins_at)
        if has_mark and (form.confirm is None or form.confirm(file)):
            return form
    return None
