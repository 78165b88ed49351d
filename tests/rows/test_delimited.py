"""Delimited text: what stands in a file is what is read."""

import csv
import gzip

import numpy as np
import pyarrow as pa
import pytest

from mixtura import rows
from mixtura.errors import EmptyTableError, MissingValuesError, SourceError
from mixtura.rows import ArrayRows
from mixtura.rows.files.paths import open_path
from mixtura.rows.text.delimited import DelimitedPart
from requirements import SHARED, needs_shared

from .conftest import assert_same_blocks, csv_of
from .delimited_text import read_text

# More than is looked at to find the dialect.
FAR = 30_000


@pytest.mark.parametrize(("name", "delimiter"), [("t.csv", ","), ("t.csv", ";"), ("t.tsv", "\t"), ("t.txt", "|")])
def test_same_blocks_as_the_array(write, numbers, name, delimiter):
    table = rows.open(write(name, csv_of(numbers, delimiter)))
    assert table.columns == ("a", "b")
    assert_same_blocks(table, ArrayRows(numbers))


@pytest.mark.parametrize(
    "content",
    [
        '"a","b"\n"1","2"\n"3","4.5"\n',
        b"\xef\xbb\xbfa,b\n1,2\n3,4.5\n",
        "a,b\r\n1,2\r\n3,4.5\r\n",
        "a,b\r1,2\r3,4.5\r",
        "\n\na,b\n1,2\n\n3,4.5",
        "a,b\n1,2\n3,4.5\n\n\n  \n\x1a",
        "a,b\n1,2\r\n3,4.5\n",
        'a, "b"\n1, "2"\n3,"4.5"\n',
    ],
    ids=["quoted", "mark", "crlf", "cr", "empty lines", "empty end", "mixed ends", "blanks before quotes"],
)
def test_the_same_table_in_many_ways(write, content):
    names, cells, _ = read_text(write("t.csv", content))
    assert names == ["a", "b"]
    assert [[cell.strip() for cell in row] for row in cells] == [["1", "2"], ["3", "4.5"]]


def test_cells_are_the_text_that_is_written(write):
    content = 'a,t,d,id,n\n 1.50 ,NA,31/12/2020,007,\n2,"x, ""y""",01/01/2021,010," "\n'
    assert read_text(write("t.csv", content)) == (
        ["a", "t", "d", "id", "n"],
        [[" 1.50 ", "NA", "31/12/2020", "007", None], ["2", 'x, "y"', "01/01/2021", "010", " "]],
        [],
    )


def test_what_changes_far_down_is_read_as_it_is_written(write):
    path = write("t.csv", "a,b,c\n" + "1,2,3\n" * FAR + "1.5,99999999999999999999,x\n")
    assert read_text(path)[1][-1] == ["1.5", "99999999999999999999", "x"]


def test_columns_are_given_in_the_order_asked_for(write):
    part = DelimitedPart(write("t.csv", "a,b,c\n1,2,3\n"), "t.csv")
    assert [batch.to_pydict() for batch in part.batches(["c", "a"])] == [{"c": ["3"], "a": ["1"]}]


def test_names_that_differ_in_case_only_or_hold_quotes(write):
    path = write("t.csv", 'a,A,"x\'""y"\n1,2,3\n')
    assert read_text(path)[:2] == (["a", "A", "x'\"y"], [["1", "2", "3"]])


@pytest.mark.parametrize("content", ["", "\n\n", "a,b\n", "a,b", "a,b\n\n \n", b"\xef\xbb\xbf"])
def test_no_rows(write, content):
    with pytest.raises(EmptyTableError, match=r"t\.csv (is empty|has no rows)"):
        rows.open(write("t.csv", content))


@pytest.mark.parametrize("missing", ["", "NA", "NaN", "nan", "null", "None"])
def test_missing_values_name_row_and_column(write, missing):
    path = write("t.csv", f"a,b\n1,2\n{missing},3\n4,5\n")
    with pytest.raises(MissingValuesError, match=r"row 2 of .*t\.csv \(data rows, counted from 1\), column 'a'"):
        list(rows.open(path).blocks())


def test_weights_in_a_column(write):
    table = rows.open(write("t.csv", "a,w\n1,2\n3,0\n"), sample_weight="w")
    (block,) = table.blocks()
    assert (table.columns, block.weights.tolist()) == (("a",), [2, 0])


def test_passes_may_interleave(write, numbers):
    table = rows.open(write("t.csv", csv_of(numbers)))
    for one, two in zip(table.blocks(), table.blocks(), strict=True):
        np.testing.assert_array_equal(one.values, two.values)


def test_wide_tables(write):
    names = [f"n{position}" for position in range(600)]
    line = ",".join(["1"] * 599 + ["2.5"])
    found, cells, _ = read_text(write("t.csv", ",".join(names) + f",t\n{line},x\n"))
    assert found == [*names, "t"]
    assert cells == [[*["1"] * 599, "2.5", "x"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("inside", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("before", [0, 2])
def test_names_with_line_ends(write, end, inside, before):
    lines = [*[""] * before, f'"a{inside}b","say ""c"""', "1,2", "3,4.5"]
    names, cells, _ = read_text(write("t.csv", (end.join(lines) + end).encode()))
    assert names == [f"a{inside}b", 'say "c"']
    assert cells == [["1", "2"], ["3", "4.5"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("inside", ["\n", "\r\n", "\r", "\n\n\n"])
def test_cells_with_line_ends(write, end, inside):
    lines = ["a,b", f'1,"x{inside}y"', f'"{inside}",2'] * 2
    _, cells, _ = read_text(write("t.csv", (end.join(lines) + end).encode()), header=True)
    assert cells == [["1", f"x{inside}y"], [inside, "2"], ["a", "b"], ["1", f"x{inside}y"], [inside, "2"]]


def test_long_lines(write):
    limit = csv.field_size_limit()
    names = ["x" * 150_000, *(f"a name that is longer than most {k}" for k in range(100))]
    path = write("t.csv", f"{','.join(names)}\n{','.join(map(str, range(101)))}\n")
    assert read_text(path)[:2] == (names, [[str(k) for k in range(101)]])
    assert csv.field_size_limit() == limit
    with pytest.raises(SourceError, match=r"the first line of .* does not end within 2,000,000 bytes"):
        read_text(write("t.csv", f"{'x' * 3_000_000},b\n1,2\n"))


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_very_long_cell(write, quote):
    long = "y" * 5_000_000
    path = write("t.csv", "a,b\n1,2\n" + f"3,{quote}{long}{quote}\n" + "5,6\n" * FAR)
    cells = read_text(path)[1]
    assert (cells[1], len(cells)) == (["3", long], FAR + 2)


def test_empty_lines_of_a_column_are_missing_values(write):
    """As Excel writes a sheet of one column; at the end they are none."""
    assert read_text(write("t.csv", "a\n1\n\n3\n\n\n"))[:2] == (["a"], [["1"], [None], ["3"]])


def test_delimiters_at_the_ends_of_all_lines_are_no_column(write):
    for content in ("a,b,\n1,2,\n3,4,\n", "a,b\n1,2,\n3,4,\n", "a,b,\n1,2\n3,4\n"):
        names, cells, _ = read_text(write("t.csv", content))
        assert (names, cells) == (["a", "b"], [["1", "2"], ["3", "4"]])
    names, cells, _ = read_text(write("t.csv", "a,b,\n" + "1,2,\n" * 500 + "3,4,5\n"))
    assert (names, cells[-1]) == (["a", "b", "unnamed_2"], ["3", "4", "5"])


def test_rows_of_delimiters_are_rows(write):
    names, cells, notes = read_text(write("t.csv", "a,b\n1,2\n,\n3,4\n,\n,\n\n\n"))
    assert (names, notes) == (["a", "b"], [])
    assert cells == [["1", "2"], [None, None], ["3", "4"], [None, None], [None, None]]


@pytest.mark.parametrize(
    "content",
    [bytes(range(256)) * 20, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(500), b"SQLite format 3\x00" + bytes(2000)],
)
def test_what_is_no_text(write, content):
    with pytest.raises(SourceError, match=r"^t\.csv is not text|cannot read t\.csv"):
        read_text(write("t.csv", content))


def test_a_web_page(write):
    with pytest.raises(SourceError, match=r"^t\.csv is a web page: save its table"):
        read_text(write("t.csv", "\n<!DOCTYPE html>\n<html><body>Not found</body></html>\n"))


def test_zero_bytes_in_a_cell_stay(write):
    assert read_text(write("t.csv", b"a,b\n" + b"1,2\n" * 100 + b"3,x\x00y\n"))[1][-1] == ["3", "x\x00y"]


def test_several_files_tell_their_notes(write):
    write("1.csv", "a,b\n1,2\n")
    folder = write("2.csv", "# made by a test\na,b\n3,é\n".encode("latin-1")).parent
    table = open_path(folder / "*.csv")
    assert [note.replace(str(folder), "") for note in table.notes] == [
        "/2.csv is not UTF-8 text: read as windows-1252.",
        "1 line before the header of /2.csv is not part of the table.",
    ]


def test_standard_options_reach_the_reader(write):
    path = write("t.csv", "1,2\n3,4\n5\n")
    table = rows.open(path, header=True, ragged=True, missing="allow")
    assert table.names == ("1", "2")
    assert pa.concat_tables([part for part, _ in table.tables()]).to_pydict() == {"1": ["3", "5"], "2": ["4", None]}


def test_gzip_is_read_as_plain_text(write, numbers):
    assert_same_blocks(rows.open(write("t.csv.gz", gzip.compress(csv_of(numbers).encode()))), ArrayRows(numbers))


@needs_shared("real")
@pytest.mark.parametrize(
    ("name", "n_rows", "n_columns", "notes"),
    [
        ("taxis.csv", 6433, 14, 0),
        ("AirQualityUCI.csv", 9357, 15, 0),
        ("spotify-2023.csv", 856, 13, 0),
        ("biopics.csv", 761, 14, 1),
        ("googleplaystore.csv", 10841, 13, 0),
    ],
)
def test_real_tables(name, n_rows, n_columns, notes):
    path = SHARED / "real" / name
    names, cells, told = read_text(path)
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        expected = list(csv.reader(stream))
    assert (len(cells), len(names), len(told)) == (n_rows, n_columns, notes)
    assert names == expected[0]
    if not notes:
        assert cells == [[cell or None for cell in row] for row in expected[1:]]
