"""Tables of SQLite and DuckDB databases."""

import os
import random
import sqlite3
from contextlib import closing

import duckdb
import pytest

from mixtura import rows
from mixtura.errors import EmptyTableError, SourceError

from .as_it_stands import as_it_stands, cells_of, complaint, types_of


@pytest.fixture
def sqlite(tmp_path):
    def sqlite(*statements, name="t.db"):
        with closing(sqlite3.connect(tmp_path / name)) as database:
            for statement in statements:
                database.execute(statement)
            database.commit()
        return tmp_path / name

    return sqlite


@pytest.fixture
def duck_file(tmp_path):
    def duck_file(*statements, name="t.duckdb"):
        with closing(duckdb.connect(str(tmp_path / name))) as database:
            for statement in statements:
                database.execute(statement)
        return tmp_path / name

    return duck_file


def test_columns_are_what_their_cells_are(sqlite):
    file = sqlite(
        "create table t (i integer, r, both real, words text, day date, blob_ blob, none_ int, mixed int, large)",
        "insert into t values (1, 0.5, 1, 'x', '2024-01-02', x'00ff', null, 1, 9223372036854775807)",
        "insert into t values (-9223372036854775808, 2.0, 2.5, 'é', null, null, null, 'n/a', 0.5)",
        "insert into t values (null, null, null, '', '', x'', null, 2.0, null)",
    )
    assert types_of(file) == {
        "i": "int64",
        "r": "double",
        "both": "double",
        "words": "string",
        "day": "string",
        "blob_": "binary",
        "none_": "null",
        "mixed": "string",
        "large": "string",
    }
    assert cells_of(file) == {
        "i": [1, -(2**63), None],
        "r": [0.5, 2.0, None],
        "both": [1.0, 2.5, None],
        "words": ["x", "é", ""],
        "day": ["2024-01-02", None, ""],
        "blob_": [b"\x00\xff", None, b""],
        "none_": [None, None, None],
        "mixed": ["1", "n/a", "2"],
        "large": ["9223372036854775807", "0.5", None],
    }


def test_whole_numbers_among_others_are_exact_or_text(sqlite):
    file = sqlite("create table t (a)", f"insert into t values ({2**53}), (0.5)")
    assert cells_of(file) == {"a": [2.0**53, 0.5]}
    file = sqlite("create table t (a)", f"insert into t values ({2**53 + 1}), (0.5)", name="u.db")
    assert cells_of(file) == {"a": ["9007199254740993", "0.5"]}


def test_names_are_any(sqlite):
    file = sqlite(
        'create table "a ""b""; drop" ("x y" int, "say ""so""" int, "ä" int)', "create view v as select 7 as k"
    )
    with closing(sqlite3.connect(file)) as database:
        database.execute('insert into "a ""b""; drop" values (1, 2, 3)')
        database.commit()
    assert cells_of(f'{file}::a "b"; drop') == {"x y": [1], 'say "so"': [2], "ä": [3]}
    assert cells_of(f"{file}::V") == {"k": [7]}


@pytest.mark.parametrize("kind", ["sqlite", "duck_file"])
def test_tables_are_named(request, kind):
    make = request.getfixturevalue(kind)
    file = make("create table orders (a int)", "create view shops as select 2.5 as b", "insert into orders values (1)")
    assert cells_of(f"{file}::orders") == cells_of(f"{file}::ORDERS") == {"a": [1]}
    assert [float(cell) for cell in cells_of(f"{file}::shops")["b"]] == [2.5]
    with pytest.raises(SourceError, match=r"several tables: name one as .*::orders \(there are 'orders', 'shops'\)$"):
        rows.open(file)
    with pytest.raises(SourceError, match=r"has no table 'order': did you mean 'orders'\?"):
        rows.open(f"{file}::order")
    with pytest.raises(SourceError, match="has no table"):
        rows.open(f"{file}::")
    empty = make(name="empty.db")
    if kind == "duck_file":
        with pytest.raises(SourceError, match="has no tables"):
            rows.open(empty)


@pytest.mark.parametrize("kind", ["sqlite", "duck_file"])
def test_the_only_table_needs_no_name(request, kind):
    file = request.getfixturevalue(kind)("create table t (a int, b text)", "insert into t values (1, 'x')", name="t.db")
    assert cells_of(file) == {"a": [1], "b": ["x"]}
    with file.open("rb") as stream:
        assert cells_of(stream) == {"a": [1], "b": ["x"]}
    empty = request.getfixturevalue(kind)("create table t (a int)", name="e.db")
    with pytest.raises(EmptyTableError, match="has no rows"):
        rows.open(empty)


def test_tables_of_duckdb_keep_their_types(duck_file):
    file = duck_file(
        "create table t as select 1::utinyint as u, 0.5::float as f, date '2024-01-02' as d, 'x' as s, true as b",
        "create schema other",
        'create view other."o v" as select u + 1 as j from t',
    )
    assert types_of(f"{file}::t") == {"u": "uint8", "f": "float", "d": "date32[day]", "s": "string", "b": "bool"}
    assert cells_of(f"{file}::other.o v") == {"j": [2]}


def test_many_rows_come_in_their_order(sqlite, duck_file):
    numbers = "with recursive n(i) as (select 0 union all select i + 1 from n where i < 299999)"
    for file in (
        sqlite(f"create table t as {numbers} select i from n"),
        duck_file("create table t as from range(300000) n(i)"),
    ):
        assert cells_of(file) == {"i": list(range(300_000))}


def test_nothing_is_written_beside_a_database(sqlite):
    file = sqlite("pragma journal_mode = wal", "create table t (a)", "insert into t values (1)")
    before = {name: file.with_name(name).stat().st_mtime_ns for name in os.listdir(file.parent)}
    assert cells_of(file) == {"a": [1]}
    assert {name: file.with_name(name).stat().st_mtime_ns for name in os.listdir(file.parent)} == before


def test_rows_that_still_lie_beside_a_database_are_read(sqlite):
    file = sqlite("pragma journal_mode = wal", "create table t (a)")
    with closing(sqlite3.connect(file)) as writer:
        writer.execute("insert into t values (5)")
        writer.commit()
        assert cells_of(file) == {"a": [5]}


@pytest.mark.parametrize(
    "content",
    [b"", b"junk", b"SQLite format 3\0", b"SQLite format 3\0" + b"\xff" * 2000, bytes(8) + b"DUCK" + b"\xff" * 20000],
)
@pytest.mark.parametrize("ending", ["db", "sqlite", "duckdb"])
def test_what_is_no_database(write, ending, content):
    with pytest.raises(SourceError, match=r"^(cannot read )?.*t\.\w+[^\n]*$"):
        rows.open(write(f"t.{ending}", content))


def test_damage_is_one_sentence_of_ours(sqlite, duck_file, write):
    chance = random.Random(0)
    filled = "insert into t values (1, 'x'), (2, 'y')"
    for file in (sqlite("create table t (a, b)", filled), duck_file("create table t (a int, b text)", filled)):
        content = file.read_bytes()
        for _ in range(25):
            damaged = bytearray(content)
            for _ in range(chance.randrange(1, 20)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            told = complaint(write(f"damaged{file.suffix}", bytes(damaged[: chance.randrange(len(damaged))])))
            assert "\n" not in told


def test_notes_are_none(sqlite):
    assert as_it_stands(sqlite("create table t (a)", "insert into t values (1)"))[1] == ()
