import csv
import gzip

import numpy as np
import pyarrow as pa
import pytest

from mixtura import rows
from mixtura.errors import ColumnError, EmptyTableError, InfiniteValuesError, MissingValuesError, SourceError
from mixtura.rows import ArrayRows, LeftOut

from .conftest import assert_same_blocks, csv_of

# More rows than DuckDB looks at to see which columns hold numbers.
BEYOND_SAMPLE = 30_000


def values_of(path, **options):
    table = rows.open(path, **options)
    return np.concatenate([block.values for block in table.blocks()]).tolist()


@pytest.mark.parametrize(("name", "delimiter"), [("t.csv", ","), ("t.csv", ";"), ("t.tsv", "\t"), ("t.txt", "|")])
def test_same_blocks_as_the_array(write, numbers, name, delimiter):
    table = rows.open(write(name, csv_of(numbers, delimiter)))
    assert table.columns == ("a", "b")
    assert table.n_rows is None
    assert_same_blocks(table, ArrayRows(numbers))


def test_gzip(write, numbers):
    assert_same_blocks(rows.open(write("t.csv.gz", gzip.compress(csv_of(numbers).encode()))), ArrayRows(numbers))


@pytest.mark.parametrize(
    "content",
    [
        '"a","b"\n"1","2"\n"3","4.5"\n',
        b"\xef\xbb\xbfa,b\n1,2\n3,4.5\n",
        "a,b\r\n1,2\r\n3,4.5\r\n",
        "a,b\r1,2\r3,4.5\r",
        "\n\na,b\n1,2\n\n3,4.5",
        "a, b\n1, 2\n3 ,4.5\n",
    ],
    ids=["quoted", "byte order mark", "crlf", "cr", "empty lines", "spaces"],
)
def test_quirks(write, content):
    path = write("t.csv", content)
    assert rows.open(path).columns == ("a", "b")
    assert values_of(path) == [[1, 2], [3, 4.5]]


def test_a_first_record_of_numbers_only_is_no_header(write):
    path = write("t.csv", "1,2\n3,4\n")
    assert rows.open(path).columns == ("x0", "x1")
    assert values_of(path) == [[1, 2], [3, 4]]
    assert rows.open(write("u.csv", ",a\n0,5\n")).columns == ("x0", "a")


def test_delimiter_in_quotes_does_not_count(write):
    path = write("t.csv", '"a,b,c";d\n1;2\n')
    assert rows.open(path).columns == ("a,b,c", "d")


def test_names_that_differ_in_case_only_or_hold_quotes(write):
    path = write("t.csv", 'a,A,"x\'""y"\n1,2,3\n')
    assert rows.open(path).columns == ("a", "A", "x'\"y")
    assert values_of(path, columns=["A", "x'\"y"]) == [[2, 3]]


def test_repeated_names(write):
    with pytest.raises(ColumnError, match=r"t.csv has column 'a' more than once"):
        rows.open(write("t.csv", "a,a,b\n1,2,3\n"))


@pytest.mark.parametrize("content", ["", "\n\n", "a,b\n", "a,b"])
def test_no_rows(write, content):
    with pytest.raises(EmptyTableError, match=r"t\.csv (is empty|has no rows)"):
        rows.open(write("t.csv", content))


def test_empty_gzip(write):
    with pytest.raises(EmptyTableError, match="is empty"):
        rows.open(write("t.csv.gz", gzip.compress(b"")))


def test_torn_gzip(write, numbers):
    with pytest.raises(SourceError, match=r"cannot read .*t\.csv\.gz"):
        list(rows.open(write("t.csv.gz", gzip.compress(csv_of(numbers).encode())[:-2000])).blocks())


@pytest.mark.parametrize("line", ["3,4,5", "3"])
@pytest.mark.parametrize("before", [1, BEYOND_SAMPLE])
def test_ragged_lines_are_named(write, line, before):
    path = write("t.csv", "a,b\n" + "1,2\n" * before + line + "\n6,7\n")
    with pytest.raises(SourceError, match=rf"line {before + 2} of .*t\.csv does not have as many fields"):
        list(rows.open(path).blocks())


def test_numbers_that_turn_to_text_far_down_are_an_error(write):
    path = write("t.csv", "a,b\n" + "1,2\n" * BEYOND_SAMPLE + "x,3\n")
    table = rows.open(path, non_numeric="drop")
    for read in (table.blocks, table.tables):
        with pytest.raises(ColumnError, match=rf"column 'a' holds 'x' in line {BEYOND_SAMPLE + 2} of .*t\.csv"):
            list(read())
    assert values_of(path, columns=["b"])[-1] == [3]


def test_whole_numbers_that_turn_to_fractions_far_down_are_not_rounded(write):
    path = write("t.csv", "a,b,c\n" + "1,2,3\n" * BEYOND_SAMPLE + "1.5,99999999999999999999,7\n")
    table = rows.open(path)
    *_, block = table.blocks()
    assert block.values[-1].tolist() == [1.5, 1e20, 7]
    *_, (last, block) = table.tables()
    assert block.values[-1].tolist() == [1.5, 1e20, 7]
    assert [str(field.type) for field in last.schema] == ["double", "double", "int64"]
    assert last.slice(last.num_rows - 1).to_pylist() == [{"a": 1.5, "b": 1e20, "c": 7}]


@pytest.mark.parametrize("missing", ["", "NA", "NaN", "nan", "null", "None"])
def test_missing_values_name_row_and_column(write, missing):
    path = write("t.csv", f"a,b\n1,2\n{missing},3\n4,5\n")
    with pytest.raises(MissingValuesError, match=r"row 2 of .*t\.csv \(data rows, counted from 1\), column 'a'"):
        list(rows.open(path).blocks())


def test_infinite_values_name_row_and_column(write):
    with pytest.raises(InfiniteValuesError, match=r"row 2 of .*t\.csv .*column 'b'"):
        list(rows.open(write("t.csv", "a,b\n1,2\n3,-inf\n")).blocks())


def test_columns_that_hold_no_numbers(write):
    path = write("t.csv", "a,t,d,f,id\n1,x,2020-01-01,true,007\n2,y,2020-01-02,false,010\n")
    with pytest.raises(ColumnError, match=r"columns 't', 'd', 'f' and 'id' of .*t\.csv do not hold numbers"):
        rows.open(path)
    with pytest.raises(ColumnError, match=r"column 't' of .*t\.csv does not hold numbers \(text\)"):
        rows.open(path, columns=["a", "t"])
    assert rows.open(path, non_numeric="drop").left_out == (
        LeftOut("t", "text"),
        LeftOut("d", "date or time"),
        LeftOut("f", "true/false"),
        LeftOut("id", "text"),
    )


def test_tables_carry_what_is_not_used_as_it_is_written(write):
    path = write("t.csv", 'a,t,d,id,n\n1,NA,31/12/2020,007,\n2,"x, y",01/01/2021,010,3\n')
    ((table, block),) = rows.open(path, columns=["a"]).tables()
    assert block.values.tolist() == [[1], [2]]
    assert table.to_pydict() == {
        "a": [1, 2],
        "t": ["NA", "x, y"],
        "d": ["31/12/2020", "01/01/2021"],
        "id": ["007", "010"],
        "n": [None, 3],
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,n\n1,é\n".encode("latin-1"), "not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "not UTF-8"),
        (("a,n\n" + "1,x\n" * 300_000).encode() + b"1,\xe9\n", "not UTF-8"),
        ("a,b\n1,2\r\n3,4\n", "mixes line endings or has a stray quote"),
    ],
)
def test_what_is_no_text(write, content, message):
    path = write("t.csv", content)
    with pytest.raises(SourceError, match=message):
        list(rows.open(path, non_numeric="drop").tables())


def test_weights_in_a_column(write):
    table = rows.open(write("t.csv", "a,w\n1,2\n3,0\n"), sample_weight="w")
    (block,) = table.blocks()
    assert (table.columns, block.weights.tolist()) == (("a",), [2, 0])
    assert [block.weights.tolist() for _, block in table.tables()] == [[2, 0]]


def test_passes_may_interleave(write, numbers):
    table = rows.open(write("t.csv", csv_of(numbers)))
    for one, two in zip(table.blocks(), table.blocks(), strict=True):
        np.testing.assert_array_equal(one.values, two.values)


def test_tables_are_whole(write, numbers):
    pairs = list(rows.open(write("t.csv", csv_of(numbers))).tables())
    np.testing.assert_array_equal(pa.concat_tables([table for table, _ in pairs])["b"].to_numpy(), numbers[:, 1])
    assert [table.num_rows for table, _ in pairs] == [len(block.values) for block in ArrayRows(numbers).blocks()]


def test_wide_tables(write):
    names = [f"n{position}" for position in range(600)]
    line = ",".join(["1"] * 599 + ["2.5"])
    ((table, block),) = rows.open(write("t.csv", ",".join(names) + f",t\n{line},x\n"), drop="t").tables()
    assert table.column_names == [*names, "t"]
    assert [str(kind) for kind in table.schema.types] == ["int64"] * 599 + ["double", "string"]
    assert block.values.tolist() == [[1] * 599 + [2.5]]


def test_wide_tables_are_carried_as_narrow_ones(write, monkeypatch):
    """What is a whole number, a number or text does not depend on how many columns are looked at together."""
    columns = {
        "id": ["1", "2", "3", "4", "5"],
        "whole": ["1", "-7", "3", "5", ""],
        "too large": ["1", "9223372036854775808", "3", "4", "5"],
        "largest": ["9223372036854775807", "1", "1", "1", "-9223372036854775808"],
        "number": ["1", "2", "3", "4.5", "5"],
        "exponent": ["1e3", "2", "inf", "nan", "5"],
        "nothing": ["NA", "", "null", "None", "1"],
    }
    lines = [",".join(columns), *(",".join(row) for row in zip(*columns.values(), strict=True))]
    path = write("t.csv", "\n".join([*lines, *lines[1:]]) + "\n")
    expected = [table for table, _ in rows.open(path, columns=["id"]).tables()]
    monkeypatch.setattr("mixtura.rows.delimited._CONVERTED", 1)
    monkeypatch.setattr("mixtura.rows.delimited._TESTED_VALUES", 12)
    found = [table for table, _ in rows.open(path, columns=["id"]).tables()]
    assert [str(kind) for kind in found[0].schema.types] == [
        "int64",
        "int64",
        "double",
        "int64",
        "double",
        "double",
        "int64",
    ]
    assert str(found) == str(expected)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("inside", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("before", [0, 2])
def test_names_with_line_ends(write, end, inside, before):
    lines = [*[""] * before, f'"a{inside}b","say ""c"""', "1,2", "3,4.5"]
    table = rows.open(write("t.csv", (end.join(lines) + end).encode()))
    assert table.columns == (f"a{inside}b", 'say "c"')
    np.testing.assert_array_equal(next(table.blocks()).values, [[1, 2], [3, 4.5]])
    assert sum(part.num_rows for part, _ in table.tables()) == 2


def test_long_headers(write):
    limit = csv.field_size_limit()
    names = ["x" * 150_000, *(f"a name that is longer than most {k}" for k in range(100))]
    row = ",".join(map(str, range(101)))
    table = rows.open(write("t.csv", f"{','.join(names)}\n{row}\n"))
    assert table.columns == tuple(names)
    np.testing.assert_array_equal(next(table.blocks()).values, [np.arange(101)])
    assert csv.field_size_limit() == limit
    with pytest.raises(SourceError, match=r"the first line of .* does not end within 2,000,000 characters"):
        rows.open(write("t.csv", f"{'x' * 3_000_000},b\n1,2\n"))
