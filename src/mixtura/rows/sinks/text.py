"""Formats of text: CSV and the like, JSON."""

import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ...optional import need
from ..json.cells import held_texts, json_texts
from ..json.nesting import frames, holds_json, is_optional
from .cell_texts import texts_of
from .formulas import no_formula, no_formulas
from .sink import Highlights, Sink, Target

if TYPE_CHECKING:
    import pyarrow as pa


class TextSink(Sink):
    """A format of text, written to a file or a stream."""

    def __init__(self, target: Target, schema: "pa.Schema", delimiter: str | None = None) -> None:
        super().__init__(target, schema, delimiter)
        self._stream: Any = target
        if isinstance(target, Path):
            self._stream = target.open("wb")
        elif isinstance(target, io.RawIOBase):
            self._stream = io.BufferedWriter(target)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


class CsvSink(TextSink):
    """CSV with a header; fields are quoted where they must be, and text is as it stands in the table.

    A spreadsheet would run text that begins as a formula. What is added to a table does not; the table stays as it is.
    """

    has_types: ClassVar[bool] = False
    has_lists: ClassVar[bool] = False
    usual_delimiter: ClassVar[str] = ","

    def __init__(self, target: Target, schema: "pa.Schema", delimiter: str | None = None) -> None:
        super().__init__(target, schema, delimiter)
        pa = need("pyarrow", "writing CSV")
        header = pa.table([pa.array([name]) for name in schema.names], names=schema.names)
        self._stream.write(self._lines(header))

    def write(self, table: "pa.Table", highlights: Highlights | None = None) -> None:
        """Write the next rows."""
        self._stream.write(self._lines(table))
        self._stream.flush()

    def _lines(self, table: "pa.Table") -> bytes:
        pa, compute = need("pyarrow", "writing CSV"), need("pyarrow.compute", "writing CSV")
        delimiter = (self.delimiter or self.usual_delimiter).encode()
        fields = [_quoted(self._written(texts_of(column)), delimiter) for column in table.columns]
        if len(fields) == 1:
            # An empty line would be no row.
            fields = [compute.fill_null(fields[0], b'""')]
        lines = compute.binary_join_element_wise(
            *fields, pa.scalar(delimiter, pa.large_binary()), null_handling="replace", null_replacement=b""
        )
        return b"".join(line + b"\n" for line in lines.to_pylist())

    def _written(self, texts: "pa.Array") -> "pa.Array":
        """Return fields as they stand in the file."""
        return texts

    @staticmethod
    def added(text: str) -> str:
        """Return text that is added to a table, which no spreadsheet may take for a formula."""
        return no_formula(text)


class SafeCsvSink(CsvSink):
    """CSV of which a spreadsheet takes no text for a formula, that of the table neither."""

    def _written(self, texts: "pa.Array") -> "pa.Array":
        return no_formulas(texts)


class TsvSink(CsvSink):
    """CSV with tabs, whatever stands between the fields of the table that is read."""

    def __init__(self, target: Target, schema: "pa.Schema", delimiter: str | None = None) -> None:
        super().__init__(target, schema, "\t")


class BarSink(CsvSink):
    """CSV with bars, as TSV has tabs."""

    def __init__(self, target: Target, schema: "pa.Schema", delimiter: str | None = None) -> None:
        super().__init__(target, schema, "|")


class DelimitedSink(CsvSink):
    """CSV under a name that does not say what stands between fields: what the table that is read has, or tabs."""

    usual_delimiter: ClassVar[str] = "\t"


def _quoted(texts: "pa.Array", delimiter: bytes) -> "pa.Array":
    """Return fields as bytes, in quotes where they must be."""
    pa, compute = need("pyarrow", "writing CSV"), need("pyarrow.compute", "writing CSV")
    fields = compute.cast(texts, pa.large_binary())
    characters = fields.buffers()[2]
    held = b"" if characters is None else characters.to_pybytes()
    special = [mark for mark in (b'"', b"\n", b"\r", delimiter) if mark in held]
    needs = compute.equal(compute.binary_length(fields), 0)
    for mark in special:
        needs = compute.or_(needs, compute.match_substring(fields, mark))
    if not compute.any(needs).as_py():
        return fields
    doubled = compute.replace_substring(fields, b'"', b'""') if b'"' in special else fields
    quote, nothing = pa.scalar(b'"', pa.large_binary()), pa.scalar(b"", pa.large_binary())
    return compute.if_else(needs, compute.binary_join_element_wise(quote, doubled, quote, nothing), fields)


class JsonLinesSink(TextSink):
    """One JSON record a line; NaN and infinity become null."""

    _start, _between, _end, _empty = "", "\n", "\n", ""

    def __init__(self, target: Target, schema: "pa.Schema", delimiter: str | None = None) -> None:
        super().__init__(target, schema, delimiter)
        self._separator = self._start
        self._frames = cache(
            lambda kept: frames(need("pyarrow", "writing JSON").schema([schema.field(at) for at in kept]))
        )
        self._is_json = [holds_json(field) for field in schema]
        self._optional = [is_optional(field) for field in schema]

    def write(self, table: "pa.Table", highlights: Highlights | None = None) -> None:
        """Write the next rows."""
        cells = [
            held_texts(column) if is_json else json_texts(column)
            for is_json, column in zip(self._is_json, table.columns, strict=True)
        ]
        records = [self._record(texts) for texts in zip(*cells, strict=True)]
        if records:
            self._stream.write((self._separator + self._between.join(records)).encode())
            self._separator = self._between
        self._stream.flush()

    def _record(self, texts: tuple[str, ...]) -> str:
        kept: range | tuple[int, ...] = range(len(texts))
        if any(self._optional):
            kept = tuple(at for at in kept if texts[at] != "null" or not self._optional[at])
        before, after = self._frames(kept)
        return "".join([start + texts[at] for start, at in zip(before, kept, strict=True)]) + after if kept else "{}"

    def close(self) -> None:
        """End the last record, and close the file."""
        try:
            is_empty = self._separator == self._start
            self._stream.write((self._empty if is_empty else self._end).encode())
        finally:
            super().close()


class JsonSink(JsonLinesSink):
    """An array of JSON records; NaN and infinity become null."""

    _start, _between, _end, _empty = "[\n", ",\n", "\n]\n", "[]\n"
