"""Workbooks: what Excel can hold of a table, and what it is told of flagged cells."""

import datetime
import io
from decimal import Decimal

import numpy as np
import openpyxl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixtura.errors import ColumnError, SourceError
from mixtura.rows import open_writer
from mixtura.rows.sinks.excel import LONGEST_TEXT, MOST_COLUMNS, MOST_ROWS
from mixtura.rows.sinks.sink import Highlights
from mixtura.rows.writing.added import Lists
from mixtura.rows.writing.writer import open_stream_writer


def sheet_of(path):
    return openpyxl.load_workbook(path).active


def cells_of(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def write(path, *tables, new=None):
    with open_writer(path) as writer:
        for table in tables:
            writer.write(table, new or {})
    return sheet_of(path)


def test_types(tmp_path):
    table = pa.table(
        {
            "int": pa.array([1, None], pa.int32()),
            "long": [2**53 + 1, 10**14],
            "double": [0.1 + 0.2, float("nan")],
            "single": pa.array([0.1, float("inf")], pa.float32()),
            "decimal": pa.array([Decimal("12.50"), Decimal("123456789012345678.25")]),
            "flag": [True, False],
            "date": [datetime.date(2024, 2, 29), datetime.date(1812, 6, 24)],
            "moment": [datetime.datetime(2024, 1, 2, 3, 4, 5), None],
            "zoned": pa.array([0, 1], pa.timestamp("s", "UTC")),
            "time": [datetime.time(13, 45), datetime.time(1, 2, 3, 4)],
            "text": ["=1+1", ""],
            "level": pa.array(["a", "b"]).dictionary_encode(),
            "list": [[1, 2], None],
        }
    )
    header, first, second = cells_of(write(tmp_path / "t.xlsx", table))
    assert header == table.column_names
    assert first == [
        *(1, str(2**53 + 1), 0.1 + 0.2, 0.1, 12.5, True, datetime.datetime(2024, 2, 29)),
        *(datetime.datetime(2024, 1, 2, 3, 4, 5), "1970-01-01 00:00:00Z", datetime.time(13, 45)),
        *("=1+1", "a", "[1, 2]"),
    ]
    assert second[:6] == [None, 10**14, None, "inf", "123456789012345678.25", False]
    assert second[6:] == ["1812-06-24", None, "1970-01-01 00:00:01Z", "01:02:03.000004", "", "b", None]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=1, max_size=6))
def test_text_is_text(tmp_path, texts):
    texts = ["<r>x</r>", "{=1+1}", "https://example.org", "_x0041_", "0012", *texts]
    sheet = write(tmp_path / "t.xlsx", pa.table({"a": texts}))
    # A line feed is all that XML keeps of a carriage return, and openpyxl leaves what stands for controls as it is.
    told = [openpyxl.utils.escape.unescape(row[0].value or "") for row in list(sheet.iter_rows())[1:]]
    assert [text.replace("\r", "\n") for text in told] == [text.replace("\r", "\n") for text in texts]
    assert {row[0].data_type for row in list(sheet.iter_rows())[1:]} <= {"s", "inlineStr", "n"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=9))
def test_doubles_keep_all_their_digits(tmp_path, values):
    assert [row[0] for row in cells_of(write(tmp_path / "t.xlsx", pa.table({"a": values})))[1:]] == values


def test_flagged_cells_are_coloured_and_reasons_are_notes(tmp_path):
    table = pa.table({"x": [1.0, 2.0, None], "y": ["a", "b", "c"]})
    highlights = Highlights(np.array([1, 1, 2]), ["x", "y", "x"], {1: "x = 2; and so on.", 2: "No value."})
    with open_writer(tmp_path / "t.xlsx") as writer:
        writer.write(table.slice(0, 1), {})
        writer.write(table.slice(0, 3), {}, highlights)
    sheet = sheet_of(tmp_path / "t.xlsx")
    coloured = {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.fill.fill_type is not None}
    assert coloured == {"A4", "B4", "A5"}
    notes = {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment}
    assert notes == {"A4": "x = 2; and so on.", "A5": "No value."}
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:B5")


def test_lists_are_one_text(tmp_path):
    new = {"flagged_columns": Lists([["a", "b"], None], ["a, b", None])}
    sheet = write(tmp_path / "t.xlsx", pa.table({"x": [1, 2]}), new=new)
    assert cells_of(sheet) == [["x", "flagged_columns"], [1, "a, b"], [2, None]]


def test_what_excel_has_no_room_for_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "t.xlsx"
    with open_writer(path) as writer:
        writer.write(pa.table({"x": [1]}), {})
        with pytest.raises(
            SourceError, match=r"has 1,048,576 rows, and a sheet of Excel has room for 1,048,575; write"
        ):
            writer.check_size(MOST_ROWS + 1, 1)
    wide = pa.table([pa.array([1])] * (MOST_COLUMNS + 1), names=[f"c{k}" for k in range(MOST_COLUMNS + 1)])
    with pytest.raises(SourceError, match=r"16,385 columns, and a sheet of Excel has room for 16,384"):
        write(tmp_path / "wide.xlsx", wide)
    long = pa.table({"a": ["x" * LONGEST_TEXT, "😀" * (LONGEST_TEXT // 2 + 1)]})
    with pytest.raises(ColumnError, match=r"column 'a' has 32,768 characters in row 2, and a cell of Excel has room"):
        write(tmp_path / "long.xlsx", long)
    assert [file.name for file in tmp_path.iterdir()] == ["t.xlsx"]
    assert cells_of(write(path, long.slice(0, 1)))[1] == ["x" * LONGEST_TEXT]


def interrupted(path):
    with open_writer(path) as writer:
        writer.write(pa.table({"x": [1]}), {})
        raise KeyboardInterrupt


def test_no_scratch_is_left(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "scratch").mkdir()
    write(tmp_path / "t.xlsx", pa.table({"x": [1]}))
    with pytest.raises(KeyboardInterrupt):
        interrupted(tmp_path / "u.xlsx")
    assert list((tmp_path / "scratch").iterdir()) == []
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["t.xlsx"]


def test_a_stream():
    class Kept(io.RawIOBase):
        held = b""

        def writable(self):
            return True

        def write(self, data):
            self.held += bytes(data)
            return len(data)

    stream = Kept()
    with open_stream_writer(stream, "standard output", "xlsx") as writer:
        writer.write(pa.table({"x": [1, 2]}), {})
    assert cells_of(sheet_of(io.BytesIO(stream.held))) == [["x"], [1], [2]]
