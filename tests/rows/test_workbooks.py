"""Sheets of workbooks as people have them."""

import datetime
import random
import shutil

import openpyxl
import pytest

from mixtura import rows
from mixtura.errors import EmptyTableError, MixturaError, SourceError
from requirements import SHARED, needs_shared

from .as_it_stands import as_it_stands, cells_of, complaint, types_of

DAY = datetime.date(2024, 1, 2)
MOMENT = datetime.datetime(2024, 1, 2, 3, 4, 5)


@pytest.fixture
def book(tmp_path):
    """Write sheets, each a list of rows whose first is row 1, and return the path of the workbook."""

    def book(name="t.xlsx", *, merged=(), **sheets):
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for title, cells in sheets.items():
            sheet = workbook.create_sheet(title)
            for row in cells:
                sheet.append(list(row))
            for place in merged:
                sheet.merge_cells(place)
        workbook.save(tmp_path / name)
        return tmp_path / name

    return book


def test_cells_keep_their_types(book):
    file = book(
        Data=[
            ["whole", "part", "truth", "day", "moment", "time", "long", "text", "none"],
            [1, 0.5, True, DAY, MOMENT, datetime.time(10, 30), datetime.timedelta(hours=30), "x", None],
            [2, 2, False, None, DAY, datetime.time(0, 0), None, " y ", None],
        ]
    )
    assert types_of(file) == {
        "whole": "int64",
        "part": "double",
        "truth": "bool",
        "day": "date32[day]",
        "moment": "timestamp[us]",
        "time": "time64[us]",
        "long": "duration[us]",
        "text": "string",
        "none": "null",
    }
    assert cells_of(file) == {
        "whole": [1, 2],
        "part": [0.5, 2.0],
        "truth": [True, False],
        "day": [DAY, None],
        "moment": [MOMENT, datetime.datetime(2024, 1, 2)],
        "time": [datetime.time(10, 30), datetime.time(0, 0)],
        "long": [datetime.timedelta(hours=30), None],
        "text": ["x", " y "],
        "none": [None, None],
    }


def test_cells_of_several_types_are_what_they_show(book):
    column = [12, 0.5, -3, 1e20, True, "n/a", None, DAY, MOMENT, "#DIV/0!"]
    file = book(Data=[["a"], *([cell] for cell in column)])
    shown = ["12", "0.5", "-3", "1e+20", "TRUE", "n/a", "2024-01-02", "2024-01-02 03:04:05", "#DIV/0!"]
    assert cells_of(file) == {"a": shown}


def test_errors_are_their_text_among_numbers(book):
    file = book(Data=[["a", "b"], [1, "#DIV/0!"], [2, 3.5], [None, "#N/A"]])
    assert cells_of(file) == {"a": [1, 2, None], "b": ["#DIV/0!", "3.5", "#N/A"]}


def test_strays_are_found_by_what_reads_the_columns(book):
    file = book(Data=[["a", "b"], *([number, number / 4] for number in range(50)), [50, "see below"]])
    opened = rows.open(file, missing="allow", non_numeric="drop")
    ((table, block),) = opened.tables()
    assert table["b"].to_pylist()[-2:] == ["12.25", "see below"]
    assert opened.columns == ("b",)  # a counts the rows
    assert block.strays.rows.tolist() == [50]


def test_titles_and_empty_rows_and_columns_are_left_out(book):
    file = book(
        Data=[
            [],
            [None, None, "Sales of all shops"],
            [None, None, "in 2024", None, DAY],
            [],
            [None, None, "shop", "sales", None, "tax"],
            [None, None, "Bern", 1.5, None, 0.1],
            [],
            [None, None, "Basel", 2.5, None, 0.2],
        ],
    )
    assert cells_of(file) == {"shop": ["Bern", "Basel"], "sales": [1.5, 2.5], "tax": [0.1, 0.2]}


def test_a_merged_title_is_no_header(book):
    file = book(Data=[["Sales", None, None], ["a", "b", "c"], [1, 2, 3]], merged=["A1:C1"])
    assert cells_of(file) == {"a": [1], "b": [2], "c": [3]}


def test_merged_cells_of_the_table_and_of_its_header(book):
    file = book(
        Data=[
            ["country", 2019, None, 2020, None],
            [None, "people", "income", "people", "income"],
            ["CH", 1, 2, 3, 4],
            [None, 5, 6, 7, 8],
            ["DE", 9, 10, 11, 12],
        ],
        merged=["A1:A2", "B1:C1", "D1:E1", "A3:A4"],
    )
    assert cells_of(file) == {
        "country": ["CH", "CH", "DE"],
        "2019 people": [1, 5, 9],
        "2019 income": [2, 6, 10],
        "2020 people": [3, 7, 11],
        "2020 income": [4, 8, 12],
    }


def test_names_of_columns(book):
    file = book(Data=[["a", "a", None, " two\nlines ", 2019, "a 2"], [1, 2, 3, 4, 5, 6]])
    table, notes = as_it_stands(file)
    assert table.column_names == ["a", "a 3", "unnamed_2", "two lines", "2019", "a 2"]
    assert notes == ("Several columns are called 'a': the others are 'a' with a number.",)


def test_a_sheet_of_numbers_has_no_header(book):
    assert cells_of(book(Data=[[1, 2.5], [3, 4.5]])) == {"x0": [1, 3], "x1": [2.5, 4.5]}


def test_row_labels_have_no_name(book):
    assert cells_of(book(Data=[[None, "a"], ["r1", 1], ["r2", 2]])) == {"unnamed_0": ["r1", "r2"], "a": [1, 2]}


def test_sheets_are_named(book):
    file = book(One=[["a"], [1]], Two=[["b"], [2]], Nothing=[])
    table, notes = as_it_stands(file)
    assert table.to_pydict() == {"a": [1]}
    assert notes == (f"Sheet 'One', one of 3, is read: name another as {file}::SHEET.",)
    assert as_it_stands(f"{file}::Two")[0].to_pydict() == cells_of(f"{file}::two ") == {"b": [2]}
    assert as_it_stands(f"{file}::Two")[1] == ()
    with pytest.raises(SourceError, match=r"has no sheet 'Tow': did you mean 'Two'\? the sheets are 'One', 'Two', "):
        rows.open(f"{file}::Tow")
    with pytest.raises(EmptyTableError, match=r"sheet 'Nothing' of .*t\.xlsx is empty: .* are 'One', 'Two'$"):
        rows.open(f"{file}::Nothing")
    with pytest.raises(EmptyTableError, match="has no rows"):
        rows.open(book("h.xlsx", Data=[["a", "b"]]))
    assert cells_of(shutil.copy(file, file.with_name("x::y.xlsx"))) == {"a": [1]}


def test_charts_and_hidden_sheets_are_not_first(tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active.sheet_state = "hidden"
    workbook.create_chartsheet("Chart", 0)
    shown = workbook.create_sheet("Shown")
    shown.append(["a"])
    shown.append([1])
    workbook.active = 2
    workbook.save(tmp_path / "t.xlsx")
    assert cells_of(tmp_path / "t.xlsx") == {"a": [1]}


def test_open_documents(tmp_path, need):
    opendocument, table, text = need("odf.opendocument"), need("odf.table"), need("odf.text")
    document = opendocument.OpenDocumentSpreadsheet()
    sheet = table.Table(name="Blatt")
    for cells in (["a", "b"], [1, "x"], [2.5, "y"]):
        row = table.TableRow()
        for cell in cells:
            is_text = isinstance(cell, str)
            made = table.TableCell(valuetype="string") if is_text else table.TableCell(valuetype="float", value=cell)
            made.addElement(text.P(text=str(cell)))
            row.addElement(made)
        sheet.addElement(row)
    document.spreadsheet.addElement(sheet)
    document.save(str(tmp_path / "t.ods"))
    assert cells_of(tmp_path / "t.ods") == cells_of(f"{tmp_path / 't.ods'}::Blatt") == {"a": [1, 2.5], "b": ["x", "y"]}


def test_rows_are_named(book):
    with pytest.raises(MixturaError, match=r"row 2 of .*t\.xlsx::Data .*column 'a'"):
        list(rows.open(f"{book(Data=[['a', 'b'], [1.5, 1.2], [None, 1.3]])}::Data").blocks())


def test_by_its_first_bytes_and_from_a_stream(book):
    file = book(Data=[["a"], [1.5]])
    assert cells_of(shutil.copy(file, file.with_name("t.csv"))) == {"a": [1.5]}
    with file.open("rb") as stream:
        assert cells_of(stream) == {"a": [1.5]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,2\n", "is not a workbook: give it the ending of its format"),
        (b"", "is not a workbook"),
        (b"PK\x03\x04" + b"\xff" * 900, "is a broken workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 900, "is a broken workbook"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "is protected by a password: save a copy without one",
        ),
    ],
)
@pytest.mark.parametrize("ending", ["xlsx", "xls"])
def test_what_is_no_workbook(write, ending, content, message):
    with pytest.raises(SourceError, match=rf"t\.{ending} {message}"):
        rows.open(write(f"t.{ending}", content))


def test_damage_is_one_sentence(book, write):
    content = book(Data=[["a", "b"], *([number, str(number)] for number in range(200))]).read_bytes()
    chance = random.Random(0)
    for _ in range(40):
        damaged = bytearray(content)
        for _ in range(chance.randrange(1, 20)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        file = write("damaged.xlsx", bytes(damaged[: chance.choice([len(damaged), chance.randrange(len(damaged))])]))
        assert "\n" not in complaint(file)


@needs_shared("real")
def test_a_real_workbook():
    table, _ = as_it_stands(SHARED / "real" / "lebron.xlsx")
    assert table.column_names[:5] == ["Player", "Rec. MP", "Assigned MP PG", "Assigned MP SG", "Assigned MP SF"]
    assert table["Player"].to_pylist()[:2] == ["Chris Paul", "James Harden"]
    assert table["2019 Salary"].to_pylist()[:3] == ["35400000", "30431854", "35607968"]
