import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixtura import rows
from mixtura.errors import ColumnError, EmptyTableError, MissingValuesError, SourceError
from mixtura.rows import ArrayRows

from .conftest import assert_same_blocks, json_lines_of, table_of


@pytest.fixture
def parquet(tmp_path):
    def parquet(table):
        pq.write_table(table, tmp_path / "t.parquet")
        return tmp_path / "t.parquet"

    return parquet


def test_parquet_has_the_blocks_of_the_array(parquet, numbers):
    table = rows.open(parquet(table_of(numbers)))
    assert (table.columns, table.n_rows) == (("a", "b"), len(numbers))
    assert_same_blocks(table, ArrayRows(numbers))


def test_parquet_float32_stays_only_if_all_columns_are(parquet, numbers):
    narrow = numbers[:20].clip(-9, 9).astype(np.float32)
    assert_same_blocks(rows.open(parquet(table_of(narrow))), ArrayRows(narrow))
    mixed = table_of(narrow).append_column("c", pa.array(np.arange(20) * 3))
    assert next(rows.open(parquet(mixed)).blocks()).values.dtype == np.float64
    assert next(rows.open(parquet(mixed), sample_weight="c").blocks()).values.dtype == np.float32


def test_parquet_types(parquet):
    table = pa.table(
        {
            "i": [2**53, 3],
            "d": [Decimal("1.25"), Decimal("2.50")],
            "flag": [True, False],
            "day": pa.array([1, 2], pa.date32()),
        }
    )
    opened = rows.open(parquet(table), non_numeric="drop")
    assert opened.columns == ("i", "d")
    assert [column.reason for column in opened.left_out] == ["flag", "date"]
    ((whole, block),) = opened.tables()
    assert block.values.tolist() == next(opened.blocks()).values.tolist() == [[2.0**53, 1.25], [3, 2.5]]
    assert whole.to_pydict() == table.to_pydict()


def test_parquet_names(parquet):
    with pytest.raises(ColumnError, match="column 'a' more than once"):
        rows.open(parquet(pa.table([[1], [2]], names=["a", "a"])))
    opened = rows.open(parquet(pa.table([[1], [2], [3]], names=["a", "A", 'x"y'])))
    ((whole, block),) = opened.tables()
    assert opened.columns == tuple(whole.column_names) == ("a", "A", 'x"y')
    assert block.values.tolist() == next(opened.blocks()).values.tolist() == [[1, 2, 3]]


def test_parquet_missing_values(parquet):
    with pytest.raises(MissingValuesError, match=r"row 2 of .*t\.parquet .*column 'a'"):
        list(rows.open(parquet(pa.table({"a": [1, None]}))).blocks())


def test_parquet_without_rows(parquet):
    with pytest.raises(EmptyTableError, match=r"t\.parquet has no rows"):
        rows.open(parquet(pa.table({"a": pa.array([], pa.float64())})))


@pytest.mark.parametrize("damage", ["junk", "cut", "overwritten"])
def test_damaged_parquet(parquet, numbers, damage):
    path = parquet(table_of(numbers))
    content = path.read_bytes()
    path.write_bytes(
        {
            "junk": b"PAR1 this is not one",
            "cut": content[: len(content) // 2],
            "overwritten": content[:50_000] + b"\xff" * 20_000 + content[70_000:],
        }[damage]
    )
    with pytest.raises(SourceError, match=r"^cannot read .*t\.parquet: [^\n]*$"):
        list(rows.open(path).blocks())


def test_json_has_the_blocks_of_the_array(write, numbers):
    lines = json_lines_of(numbers)
    assert_same_blocks(rows.open(write("t.jsonl", lines)), ArrayRows(numbers))
    array = "[" + ",".join(lines.splitlines()) + "]"
    assert_same_blocks(rows.open(write("t.json", array)), ArrayRows(numbers))


def test_json_whole_numbers_that_turn_to_fractions_are_not_rounded(write):
    path = write("t.jsonl", '{"a": 1, "n": 2}\n' * 30_000 + '{"a": 1.5, "n": 3}\n')
    *_, (whole, block) = rows.open(path).tables()
    assert block.values[-1].tolist() == [1.5, 3]
    assert whole.slice(whole.num_rows - 1).to_pylist() == [{"a": 1.5, "n": 3}]


@pytest.mark.parametrize(
    "columns",
    [
        {"a": [1, 2], "b": ["x", "1.5"], "c": [True, None], "d": [1.5, 2]},
        {"a": [1, 3], "A": [2, 4]},
        {"a": [1, 2], "A_1": [3, 4]},
        {"it's": [1, 2], 'say "so"': ["x", ""], "é": [None, 2]},
        {"a": [9007199254740993, 1], "b": [12345678901234567890, 1]},
    ],
)
def test_json_is_read_in_the_types_that_were_found_first(write, columns):
    records = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    for name, text in (
        ("t.json", json.dumps(records)),
        ("t.jsonl", "\n".join(map(json.dumps, records))),
    ):
        ((whole, _),) = rows.open(write(name, text), columns=[next(iter(columns))]).tables()
        assert [column.to_pylist() for column in whole.columns] == list(columns.values())


@pytest.mark.parametrize("late", ['"x"', "true"])
def test_json_numbers_that_turn_to_something_else(write, late):
    path = write("t.jsonl", '{"a": 1, "b": 2}\n' * 30_000 + f'{{"a": {late}, "b": 3}}\n')
    with pytest.raises(ColumnError, match=r"column 'a' holds '(x|true)' in row 30001 of "):
        list(rows.open(path).blocks())


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("", EmptyTableError, "has no rows"),
        ("[]", EmptyTableError, "has no rows"),
        ("[1, 2]", SourceError, "does not hold records"),
        ('[{"a": 1}, {"a":', SourceError, r"cannot read .*t\.json: Malformed JSON"),
        ('[{"a": 1, "a": 2}]', SourceError, "duplicate key"),
        ('[{"a": 1}, {"b": 2}]', MissingValuesError, "columns 'a' and 'b'"),
        ('[{"a": "x"}]', ColumnError, "constant"),
    ],
)
def test_json_that_is_no_table(write, content, error, message):
    with pytest.raises(error, match=message):
        list(rows.open(write("t.json", content)).blocks())
