"""Spreadsheets of Excel: the table as a sheet with a filter, flagged cells in colour, reasons as notes."""

import math
import os
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ColumnError, SourceError
from ...optional import need
from ...words import count
from ..disk.scratch import Scratch
from .cell_texts import texts_of
from .sink import Highlights, Sink, Target

if TYPE_CHECKING:
    import pyarrow as pa

# What Excel has room for: "Excel specifications and limits", support.microsoft.com. One row is the header.
MOST_ROWS, MOST_COLUMNS, LONGEST_TEXT = 2**20 - 1, 2**14, 32_767

# Digits that Excel keeps of a number.
_MOST_DIGITS = 15

# Before that it knows no dates.
_FIRST_YEAR = 1900

# How wide columns are, in characters.
_NARROWEST, _WIDEST = 10, 60

_FORMATS = {date: "yyyy-mm-dd", datetime: "yyyy-mm-dd hh:mm:ss", time: "hh:mm:ss"}
_ATTENTION = {"bg_color": "#FFC7CE", "font_color": "#9C0006"}

_INSTEAD = "write .parquet or .csv"


class ExcelSink(Sink):
    """A workbook of one sheet, written row by row.

    Text is text, whatever it begins with. So are numbers with more digits than Excel has, and times that it does not
    know.
    """

    has_lists = False

    def __init__(self, target: Target, schema: "pa.Schema", delimiter: str | None = None) -> None:
        super().__init__(target, schema, delimiter)
        self._scratch = Scratch()
        self._workbook = need("xlsxwriter", "writing Excel files").Workbook(
            str(target) if isinstance(target, Path) else target,
            {"constant_memory": True, "tmpdir": str(self._scratch.folder)},
        )
        self._workbook.use_zip64()
        self._sheet = self._workbook.add_worksheet()
        self._plain = self._workbook.add_format()
        self._formats = {
            (kind, marked): self._workbook.add_format(
                ({} if kind is None else {"num_format": _FORMATS[kind]}) | (_ATTENTION if marked else {})
            )
            for kind in (None, *_FORMATS)
            for marked in (False, True)
        }
        self._n_rows = 0
        self._widths = [max(_NARROWEST, min(_WIDEST, len(name) + 4)) for name in schema.names]
        for column, name in enumerate(schema.names):
            self._write_text(0, column, name, self._workbook.add_format({"bold": True}))
        self._sheet.freeze_panes(1, 0)

    @staticmethod
    def check_size(n_rows: int | None, n_columns: int, where: str) -> None:
        """Refuse a table of more rows or columns than a sheet has."""
        for n, most, what in ((n_rows or 0, MOST_ROWS, "rows"), (n_columns, MOST_COLUMNS, "columns")):
            if n > most:
                raise SourceError(
                    f"cannot write {where}: the table has {count(n)} {what}, and a sheet of Excel has room for "
                    f"{count(most)}; {_INSTEAD}"
                )

    def write(self, table: "pa.Table", highlights: Highlights | None = None) -> None:
        """Write the next rows."""
        self.check_size(self._n_rows + table.num_rows, table.num_columns, "an Excel file")
        columns = [_values(column) for column in table.columns]
        self._check_texts(table.column_names, columns)
        marked, notes = set[tuple[int, str]](), dict[int, tuple[str, str]]()
        if highlights is not None:
            for row, name in zip(highlights.rows.tolist(), highlights.names, strict=True):
                if (row in highlights.notes) and row not in notes:
                    notes[row] = (name, highlights.notes[row])
                marked.add((row, name))
        for position, record in enumerate(zip(*columns, strict=True)):
            row = self._n_rows + position + 1
            for column, (name, value) in enumerate(zip(table.column_names, record, strict=True)):
                self._write_cell(row, column, value, marked=(position, name) in marked)
            if position in notes:
                name, note = notes[position]
                at = table.column_names.index(name)
                self._sheet.write_comment(row, at, note, {"author": "mixtura", "x_scale": 3, "y_scale": 1.5})
        self._n_rows += table.num_rows
        for column, values in enumerate(columns):
            longest = max((len(value) for value in values if isinstance(value, str)), default=0)
            self._widths[column] = max(self._widths[column], min(_WIDEST, longest + 1))

    def close(self) -> None:
        """Close the file."""
        for column, width in enumerate(self._widths):
            self._sheet.set_column(column, column, width)
        self._sheet.autofilter(0, 0, max(1, self._n_rows), len(self._widths) - 1)
        try:
            self._workbook.close()
        except need("xlsxwriter.exceptions", "writing Excel files").FileCreateError as error:
            raise OSError(*error.args[0].args) from error
        finally:
            self._scratch.close()

    def abandon(self) -> None:
        """Leave the rows unpacked: to pack them takes as long as to write them."""
        self._sheet.row_data_fh.close()
        self._scratch.close()

    def _check_texts(self, names: Sequence[str], columns: Sequence[Sequence[Any]]) -> None:
        for name, values in zip(names, columns, strict=True):
            for position, value in enumerate(values):
                if isinstance(value, str) and len(value) > LONGEST_TEXT // 2 and _n_units(value) > LONGEST_TEXT:
                    raise ColumnError(
                        f"column {name!r} has {count(_n_units(value))} characters in row "
                        f"{count(self._n_rows + position + 1)}, and a cell of Excel has room for "
                        f"{count(LONGEST_TEXT)}: {_INSTEAD}"
                    )

    def _write_cell(self, row: int, column: int, value: Any, *, marked: bool) -> None:
        kind = type(value) if type(value) in _FORMATS else None
        form = self._formats[kind, marked] if marked or kind is not None else None
        if value is None:
            if marked:
                self._sheet.write_blank(row, column, None, form)
        elif isinstance(value, str):
            self._write_text(row, column, value, form)
        elif isinstance(value, bool):
            self._sheet.write_boolean(row, column, value, form)
        elif kind is not None:
            self._sheet.write_datetime(row, column, value, form)
        else:
            self._sheet.write_number(row, column, value, form)

    def _write_text(self, row: int, column: int, text: str, form: Any) -> None:
        if text.startswith("<r>") and text.endswith("</r>"):
            # The library would take such text for XML of its own, unless it makes it.
            self._sheet.write_rich_string(row, column, text[:1], self._plain, text[1:], *([form] if form else []))
        else:
            self._sheet.write_string(row, column, text, form)


def _n_units(text: str) -> int:
    """Return the length of a text as Excel counts it, in units of UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def _values(column: "pa.ChunkedArray") -> list[Any]:
    """Return the cells of a column as what Excel can hold of them: numbers, true and false, times, else text."""
    types = need("pyarrow.types", "writing Excel files")
    kind = column.type.value_type if types.is_dictionary(column.type) else column.type
    texts = _as_text(column)
    if types.is_boolean(kind):
        return list(column.to_pylist())
    readers: dict[str, Callable[[str], Any]] = {
        "is_integer": _number,
        "is_decimal": _number,
        "is_floating": _fraction,
        "is_date": _date,
        "is_time": _time,
        "is_timestamp": _datetime,
    }
    reader = next((reader for name, reader in readers.items() if getattr(types, name)(kind)), None)
    if reader is None or getattr(kind, "tz", None) is not None:
        return list(texts)
    return [_kept(text, reader) for text in texts]


def _as_text(column: "pa.ChunkedArray") -> list[str | None]:
    texts: list[Any] = texts_of(column).to_pylist()
    return [os.fsdecode(text) if isinstance(text, bytes) else text for text in texts]


def _kept(text: str | None, read: Callable[[str], Any]) -> Any:
    """Return what a text is read as; the text itself where Excel would hold something else."""
    if text is None:
        return None
    try:
        return read(text)
    except ValueError:
        return text


class _Exact(float):
    """A double that is written with all its digits; the library writes 16."""

    def __format__(self, spec: str) -> str:
        return float.__repr__(self)


def _number(text: str) -> Any:
    digits = text.lstrip("-").replace(".", "").lstrip("0")
    return _Exact(text) if len(digits) <= _MOST_DIGITS else text


def _fraction(text: str) -> Any:
    value = _Exact(text)
    if math.isnan(value):
        return None
    return text if math.isinf(value) else value


def _date(text: str) -> Any:
    value = date.fromisoformat(text)
    return value if value.year >= _FIRST_YEAR else text


def _time(text: str) -> Any:
    value = time.fromisoformat(text)
    return value if value.microsecond % 1000 == 0 else text


def _datetime(text: str) -> Any:
    value = datetime.fromisoformat(text)
    return value if value.year >= _FIRST_YEAR and value.microsecond % 1000 == 0 else text
