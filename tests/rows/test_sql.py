import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

from mixtura import rows
from mixtura.errors import ColumnError, EmptyTableError, MissingValuesError, SourceError
from mixtura.rows import ArrayRows
from mixtura.rows.databases.sql import files_in, is_query
from mixtura.rows.duck import session, stream

from .conftest import assert_same_blocks, csv_of


@pytest.mark.parametrize(
    "source",
    [
        "select 1",
        "SELECT\n1",
        "  \n with a as (select 1) select * from a",
        "From 't.csv'",
        'from "t.csv"',
        "from'x'",
        "values (1)",
        "VALUES(1)",
        "-- a remark\nselect 1",
        "/* one\n two */ select 1",
        "select/**/1",
        "select*from t",
    ],
)
def test_what_is_a_query(source):
    assert is_query(source)


@pytest.mark.parametrize(
    "source", ["select.csv", "selection 1.csv", "from", "values.parquet", "data/select 1.csv", "-", ""]
)
def test_what_is_a_path(source):
    assert not is_query(source)


def test_same_blocks_as_the_array(write, numbers):
    path = write("t.csv", csv_of(numbers))
    table = rows.open(f"select a, b from '{path}'")
    assert (table.columns, table.n_rows) == (("a", "b"), len(numbers))
    assert_same_blocks(table, ArrayRows(numbers))


def test_every_pass_sees_the_same_rows_whatever_the_query():
    table = rows.open("select random() as a, i from range(5000) t(i)")
    first, second = (np.concatenate([block.values for block in table.blocks()]) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_order_by_holds():
    table = rows.open("select i from range(100000) t(i) order by i desc")
    values = np.concatenate([block.values for block in table.blocks()])[:, 0]
    np.testing.assert_array_equal(values, np.arange(100000)[::-1])


def test_names_that_differ_in_case_only_or_hold_quotes():
    table = rows.open('select 1 as a, 2 as "A", 3 as "x""y", \'t\' as "it\'s"', non_numeric="drop")
    ((whole, block),) = table.tables()
    assert table.columns == ("a", "A", 'x"y')
    assert whole.column_names == ["a", "A", 'x"y', "it's"]
    assert block.values.tolist() == [[1, 2, 3]]


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        ("select 1 as a, 2 as a", ColumnError, "the query has column 'a' more than once"),
        ("select 'x' as t", ColumnError, "column 't' of the query does not hold numbers"),
        ("select 1 as a where false", EmptyTableError, "the query has no rows"),
        ("select null::int as a", MissingValuesError, r"row 1 of the query .*column 'a'"),
        ("select from where", SourceError, "^cannot read the query: syntax error at or near"),
        ("select x from range(3) t(i)", SourceError, '^cannot read the query: Referenced column "x" not found'),
        ("from 'no_such_file.csv'", SourceError, r"no_such_file\.csv"),
        ("select 1; select 2", SourceError, "must be one statement"),
        ("with a as (select 1) insert into b from a", SourceError, "must be one statement that returns a table"),
        ("select * from frame", SourceError, "frame"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(query, error, message):
    frame = np.zeros((1, 1))  # A Python variable, which a query must not see.
    assert frame.size
    with pytest.raises(error, match=message) as caught:
        list(rows.open(query).blocks())
    assert "\n" not in str(caught.value)


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    table = rows.open("select 1 as a")
    assert list(tmp_path.iterdir())
    del table
    with pytest.raises(SourceError):
        rows.open("select x")
    assert not list(tmp_path.iterdir())


def test_a_long_query_prints_nothing(capfd):
    with session("a query") as connection:
        connection.sql("set progress_bar_time = 0")
        for _ in stream(connection, "select i % 7 as a from range(3000000) t(i) order by hash(i)", ["a"], 100_000):
            pass
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("source", ["'{}'", "read_csv('{}')", "read_csv('{}*')", "(select * from '{}')"])
def test_a_file_that_changes_while_the_query_runs(write, numbers, monkeypatch, source):
    path = write("t.csv", csv_of(numbers))
    plain = session

    @contextmanager
    def changing(label, **options):
        with plain(label, **options) as connection:
            yield connection
            if options:
                path.write_text("b,a\n1,2\n")

    monkeypatch.setattr("mixtura.rows.duck.session", changing)
    with pytest.raises(SourceError, match=r"t\.csv changed while it was in use"):
        rows.open(f"select * from {source.format(path)}")


@pytest.mark.parametrize(
    ("query", "files"),
    [
        ("select * from 'x.csv' where a = '*'", ["x.csv"]),
        ("from read_csv(['a.csv', 'b''c.csv'])", ["a.csv", "b'c.csv"]),
        ('from "y.csv" select 3 * a', ["y.csv"]),
        ("select * from read_parquet($$z.parquet$$) t", ["z.parquet"]),
        ("with t as (from 'q.csv') from t where a in (select file from glob('d/*'))", ["q.csv", "t", "d/*"]),
        ("select (select max(x) from 'd.csv') from 'e.csv' where exists (from 'f.csv')", ["d.csv", "e.csv", "f.csv"]),
        ("from (pivot 'p.csv' on a using sum(b))", ["p.csv"]),
        ("select nothing from (", []),
    ],
)
def test_files_that_a_query_names(query, files):
    assert files_in(query) == files


FULL = """
import resource, signal, tempfile, sys
from mixtura import rows
from mixtura.errors import SourceError
tempfile.tempdir = sys.argv[1]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    rows.open(sys.argv[2])
except SourceError as error:
    print(error)
"""


@pytest.mark.parametrize("order", ["", " order by a"])
def test_a_full_disk_is_one_clear_error_and_leaves_nothing(tmp_path, order):
    query = f"select random() a, random() b from range(1000000){order}"
    done = subprocess.run([sys.executable, "-c", FULL, tmp_path, query], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"cannot write a temporary copy of the table to {tmp_path} (File too large): free")
    assert done.stdout.count("\n") == 1
    assert "{" not in done.stdout
    assert not list(tmp_path.iterdir())
