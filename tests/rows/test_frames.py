from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mixtura import rows
from mixtura.columns.kinds.number import Number
from mixtura.errors import ColumnError, EmptyTableError, InfiniteValuesError, MissingValuesError
from mixtura.rows import ArrayRows, LeftOut
from mixtura.rows.blocks.columns import Choice
from mixtura.rows.frames.frame import FrameTable
from mixtura.rows.looked.decoded import DecodedRows

from .conftest import assert_same_blocks, table_of

NULLABLE = {
    pa.int64(): pd.Int64Dtype(),
    pa.float32(): pd.Float32Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.string(): pd.StringDtype(),
}
MAKERS = {
    "pandas": lambda table: table.to_pandas(),
    "pandas nullable": lambda table: table.to_pandas(types_mapper=NULLABLE.get),
    "pandas arrow": lambda table: table.to_pandas(types_mapper=pd.ArrowDtype),
    "polars": pl.from_arrow,
    "pyarrow": lambda table: table,
    "record batch": lambda table: table.combine_chunks().to_batches()[0],
}
makers = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())


@makers
def test_same_blocks_as_the_array(make, numbers):
    table = rows.open(make(table_of(numbers)))
    assert table.columns == ("a", "b")
    assert_same_blocks(table, ArrayRows(numbers))


@makers
def test_float32_stays_only_if_all_columns_are(make, numbers):
    narrow = numbers[:10, :].clip(-9, 9).astype(np.float32)
    assert_same_blocks(rows.open(make(table_of(narrow))), ArrayRows(narrow))
    mixed = pa.table({"a": narrow[:, 0], "b": narrow[:, 1].astype(float)})
    assert_same_blocks(rows.open(make(mixed)), ArrayRows(narrow.astype(float)))


@makers
def test_missing_and_infinite_values_name_row_and_column(make):
    table = pa.table({"a": pa.array([1, 2, 3], pa.int64()), "b": pa.array([1.0, 2.0, None])})
    with pytest.raises(MissingValuesError, match=r"row 2 of the table \(positions counted from 0\), column 'b'"):
        list(rows.open(make(table)).blocks())
    table = pa.table({"a": pa.array([1, None, 3], pa.int64())})
    with pytest.raises(MissingValuesError, match=r"row 1 of the table .*column 'a'"):
        list(rows.open(make(table)).blocks())
    table = pa.table({"a": [1.0, np.inf]})
    with pytest.raises(InfiniteValuesError, match=r"row 1 of the table .*column 'a'"):
        list(rows.open(make(table)).blocks())


OTHERS = pa.table(
    {
        "n": [1.5, 2.5],
        "t": ["x", "y"],
        "flag": [True, False],
        "day": pa.array([1, 2], pa.date32()),
        "c": pa.array([7, 8]).cast(pa.string()).dictionary_encode(),
        "k": [3, 4],
    }
)


@pytest.mark.parametrize("make", [MAKERS["polars"], MAKERS["pyarrow"], MAKERS["pandas arrow"]])
def test_columns_that_hold_no_numbers(make):
    frame = make(OTHERS)
    with pytest.raises(
        ColumnError,
        match=r"columns 't', 'flag', 'day' and 'c' of the table do not hold numbers \(text, flag, date",
    ):
        rows.open(frame)
    table = rows.open(frame, non_numeric="drop")
    assert table.columns == ("n", "k")
    assert [column.name for column in table.left_out] == ["t", "flag", "day", "c"]
    assert table.left_out[1:] == (LeftOut("flag", "flag"), LeftOut("day", "date"), LeftOut("c", "category"))


def test_pandas_categories_dates_and_objects_are_not_numbers():
    frame = pd.DataFrame(
        {
            "n": [1.0, 2.0],
            "c": pd.Categorical([7, 8]),
            "d": pd.to_datetime(["2020-01-01", "2021-01-01"]),
            "o": pd.Series([1, "x"], dtype=object),
            "t": ["a", "b"],
        }
    )
    left_out = rows.open(frame, non_numeric="drop").left_out
    assert [(column.name, column.reason) for column in left_out] == [
        ("c", "category"),
        ("d", "date and time"),
        ("o", "text"),
        ("t", "text"),
    ]


@makers
def test_choosing_columns(make):
    frame = make(pa.table({"a": [1.0], "b": [2.0], "c": [3.0]}))
    assert rows.open(frame, columns=["c", "a"]).columns == ("c", "a")
    assert next(rows.open(frame, columns=["c", "a"]).blocks()).values.tolist() == [[3, 1]]
    assert rows.open(frame, drop="b").columns == ("a", "c")


@makers
def test_weights_in_a_column_or_beside(make):
    frame = make(pa.table({"a": [1.0, 2.0], "w": [0, 3]}))
    for weights in ("w", [0, 3]):
        table = rows.open(frame, sample_weight=weights, drop=None if weights == "w" else ["w"])
        (block,) = table.blocks()
        assert table.columns == ("a",)
        assert block.weights.tolist() == [0.0, 3.0]
        assert block.weights.dtype == np.float64


@makers
def test_empty_frames(make):
    frame = OTHERS.select(["n"]).slice(0, 0)
    if make is not MAKERS["record batch"]:
        with pytest.raises(EmptyTableError, match="the table has no rows"):
            rows.open(make(frame))
    with pytest.raises(EmptyTableError, match="no columns of numbers"):
        rows.open(make(OTHERS.select(["t"])), non_numeric="drop")


def test_pandas_names_that_are_numbers_or_repeat():
    frame = pd.DataFrame([[1.0, 2.0, 3.0]])
    assert rows.open(frame, columns=[2, 0]).columns == ("2", "0")
    assert next(rows.open(frame, drop=[1]).blocks()).values.tolist() == [[1, 3]]
    with pytest.raises(ColumnError, match="the table has column 'a' more than once"):
        rows.open(pd.DataFrame([[1.0, 2.0]], columns=["a", "a"]))
    with pytest.raises(ColumnError, match="the table has column 'a' more than once"):
        rows.open(pa.table([[1.0], [2.0]], names=["a", "a"]))


def test_decimals_are_numbers():
    frame = pa.table({"a": [Decimal("1.25"), Decimal("-2.50")]})
    assert next(rows.open(frame).blocks()).values.tolist() == [[1.25], [-2.5]]
    assert next(rows.open(pl.from_arrow(frame)).blocks()).values.tolist() == [[1.25], [-2.5]]


@pytest.mark.parametrize("make", [MAKERS["pandas"], MAKERS["polars"], MAKERS["pyarrow"]])
def test_tables_have_every_column(make, numbers):
    whole = table_of(numbers).append_column("t", pa.array([None] * (len(numbers) - 1) + ["x"]))
    table = rows.open(make(whole), non_numeric="drop")
    pairs = list(table.tables())
    assert pa.concat_tables([part for part, _ in pairs]).to_pydict() == whole.to_pydict()
    for (part, block), plain in zip(pairs, ArrayRows(numbers).blocks(), strict=True):
        assert part.num_rows == len(block.values)
        np.testing.assert_array_equal(block.values, plain.values)


def test_pandas_objects_keep_one_type_over_the_blocks_of_tables(numbers):
    frame = pd.DataFrame(numbers, columns=["a", "b"])
    frame["t"] = pd.Series([None] * (len(frame) - 1) + ["x"], dtype=object)
    schemas = {part.schema.field("t").type for part, _ in rows.open(frame, non_numeric="drop").tables()}
    assert len(schemas) == 1
    assert not pa.types.is_null(schemas.pop())


def test_frames_are_converted_block_by_block():
    frame = pl.DataFrame({"a": np.arange(3 * rows.rows_per_block(1))})
    iterator = rows.open(frame).blocks()
    assert next(iterator).values.shape == (rows.rows_per_block(1), 1)


def test_a_part_of_a_larger_table_counts_its_rows_from_there():
    frame = pd.DataFrame({"a": [1.0, np.nan]})

    def decoded(part, weights=None):
        return DecodedRows(FrameTable(part, first_row=70), {"a": Number()}, Choice(sample_weight=weights))

    (block,) = decoded(frame[:1], [2.0]).blocks()
    assert (block.first_row, block.weights.tolist()) == (70, [2.0])
    with pytest.raises(MissingValuesError, match="row 71 of the table"):
        list(decoded(frame).blocks())
    ((table, block),) = decoded(frame[:1]).tables()
    assert (table.num_rows, block.first_row) == (1, 70)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_a_column_may_have_no_name(make):
    cells = {"": [1, 2], "x": [3.0, 4.0]}
    (batch,) = FrameTable(make(cells)).batches(["", "x"])
    assert batch.to_pydict() == cells
