import numpy as np
import pytest

from mixtura import rows
from mixtura.errors import ColumnError, DataError, EmptyTableError, InfiniteValuesError, MissingValuesError, SourceError
from mixtura.rows import ArrayRows, rows_per_block

from .conftest import assert_same_blocks


def only(table):
    (block,) = table.blocks()
    return block


def test_blocks_cut_at_fixed_places(numbers):
    table = ArrayRows(numbers)
    blocks = list(table.blocks())
    size = rows_per_block(2)
    assert [block.first_row for block in blocks] == [0, size]
    assert [len(block.values) for block in blocks] == [size, 300]
    np.testing.assert_array_equal(np.concatenate([block.values for block in blocks]), numbers)
    assert (table.columns, table.n_columns, table.n_rows) == (None, 2, len(numbers))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("view", [np.ascontiguousarray, np.asfortranarray, lambda x: np.repeat(x, 2, axis=1)[::2, ::2]])
def test_floats_are_views_in_any_memory_order(dtype, view):
    array = view(np.arange(24, dtype=dtype).reshape(6, 4))
    block = only(ArrayRows(array))
    assert block.values.dtype == dtype
    assert np.shares_memory(block.values, array)
    np.testing.assert_array_equal(block.values, array)


@pytest.mark.parametrize("dtype", [np.int8, np.uint64, bool, np.float16, np.longdouble, ">f8", object])
def test_other_numbers_become_float64(dtype):
    array = np.array([[1, 0], [0, 1]]).astype(dtype)
    block = only(ArrayRows(array))
    assert block.values.dtype == np.float64
    assert block.values.tolist() == [[1, 0], [0, 1]]


def test_integers_are_converted_block_by_block():
    array = np.zeros((3 * rows_per_block(1), 1), dtype=np.int32)
    iterator = ArrayRows(array).blocks()
    assert next(iterator).values.base is None
    assert array.dtype == np.int32


def test_lists_and_masked_arrays_without_masked_values():
    assert only(rows.open([[1, 2], [3, 4]])).values.tolist() == [[1, 2], [3, 4]]
    block = only(rows.open(np.ma.masked_array([[1, 2], [3, 4]], mask=False)))
    assert type(block.values) is np.ndarray
    assert block.values.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    "array",
    [
        np.array([[1.0, 2.0], [3.0, np.nan]]),
        np.array([[1.0, 2.0], [3.0, None]], dtype=object),
        np.ma.masked_array([[1, 2], [3, 4]], mask=[[0, 0], [0, 1]]),
    ],
)
def test_missing_values_name_row_and_column(array):
    with pytest.raises(MissingValuesError, match=r"row 1 of the array \(counted from 0\), column 'x1': fill them in"):
        list(ArrayRows(array).blocks())


def test_missing_values_in_a_later_block_name_the_row_of_the_table(numbers):
    array = numbers.copy()
    array[rows_per_block(2) + 7, 0] = np.nan
    with pytest.raises(MissingValuesError, match=rf"row {rows_per_block(2) + 7} of the array"):
        list(ArrayRows(array).blocks())


def test_many_missing_values_are_not_all_listed():
    array = np.full((9, 7), np.nan)
    with pytest.raises(MissingValuesError, match=r"rows 0, 1, 2, 3, 4 and more .* columns 'x0', .*'x4' and more"):
        list(ArrayRows(array).blocks())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_infinite_values_name_row_and_column(dtype):
    array = np.array([[1, -np.inf], [np.inf, 2]], dtype=dtype)
    with pytest.raises(
        InfiniteValuesError, match=r"infinite values in rows 0 and 1 of the array .*columns 'x0' and 'x1'"
    ):
        list(ArrayRows(array).blocks())


@pytest.mark.parametrize(
    ("array", "error", "message"),
    [
        (np.array([["a"]]), ColumnError, "holds <U1, not real numbers"),
        (np.array([[1j]]), ColumnError, "complex128"),
        (np.array([["2020-01-01"]], dtype="M8[D]"), ColumnError, "datetime64"),
        (np.array([["x", 1]], dtype=object), ColumnError, "does not hold numbers only"),
        (np.zeros(3), ColumnError, r"1-dimensional .*reshape\(-1, 1\)"),
        (np.zeros((2, 2, 2)), ColumnError, "3-dimensional"),
        ([[1, 2], [3]], ColumnError, "rows differ in length"),
        (np.zeros((0, 3)), EmptyTableError, "has no rows"),
        (np.zeros((3, 0)), EmptyTableError, "has no columns"),
    ],
)
def test_what_is_no_table_of_numbers(array, error, message):
    with pytest.raises(error, match=message):
        list(rows.open(array).blocks())


def test_columns_by_position():
    array = np.arange(12.0).reshape(4, 3)
    np.testing.assert_array_equal(only(rows.open(array, columns=[2, 0])).values, array[:, [2, 0]])
    np.testing.assert_array_equal(only(rows.open(array, drop=1)).values, array[:, [0, 2]])
    with pytest.raises(ColumnError, match=r"3 columns has no column 'a'"):
        rows.open(array, columns=["a"])
    with pytest.raises(ColumnError, match=r"columns= has column '1' more than once"):
        rows.open(array, columns=[1, 1])
    with pytest.raises(ColumnError, match="both"):
        rows.open(array, columns=[0], drop=[1])
    with pytest.raises(EmptyTableError, match="no column"):
        rows.open(array, drop=[0, 1, 2])


def test_missing_values_in_columns_by_position_keep_their_name():
    with pytest.raises(MissingValuesError, match="column 'x2'"):
        list(rows.open(np.array([[1, 2, np.nan]]), columns=[0, 2]).blocks())


def test_weights_are_cut_like_the_rows(numbers):
    weights = np.arange(len(numbers))
    blocks = list(rows.open(numbers, sample_weight=weights).blocks())
    assert all(block.weights.dtype == np.float64 for block in blocks)
    np.testing.assert_array_equal(np.concatenate([block.weights for block in blocks]), weights)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, 2.0], "2 values and the table 3 rows"),
        ([1.0, -1.0, 1.0], "-1 in row 1"),
        ([1.0, 1.0, np.nan], "nan in row 2"),
        (["a", "b", "c"], "does not hold numbers"),
        (np.ones((3, 1)), "2 dimensions"),
    ],
)
def test_weights_that_are_none(weights, message):
    with pytest.raises(DataError, match=message):
        rows.open(np.zeros((3, 2)), sample_weight=weights)


def test_tables_have_every_column_as_it_was():
    array = np.array([[1, 2, 3], [4, 5, 6]])
    ((table, block),) = rows.open(array, columns=[1]).tables()
    assert table.to_pydict() == {"x0": [1, 4], "x1": [2, 5], "x2": [3, 6]}
    assert str(table.schema.field("x0").type) == "int64"
    assert block.values.tolist() == [[2], [5]]


def test_rows_pass_through(numbers):
    table = ArrayRows(numbers)
    assert rows.open(table) is table
    assert_same_blocks(table, ArrayRows(numbers))
    with pytest.raises(SourceError, match="already open"):
        rows.open(table, columns=[1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int8, bool, np.float16, object])
def test_the_dtype_is_that_of_the_blocks(dtype):
    table = ArrayRows(np.ones((3, 2)).astype(dtype))
    assert table.dtype == only(table).values.dtype


def test_values_are_checked_until_a_pass_has_come_to_the_end(numbers):
    array = numbers.copy()
    table = ArrayRows(array)
    next(table.blocks())
    array[-1, 0] = np.nan
    for _ in range(2):
        with pytest.raises(MissingValuesError):
            list(table.blocks())
    array[-1, 0] = 0
    list(table.blocks())
    array[-1, 0] = np.nan
    assert np.isnan(list(table.blocks())[-1].values[-1, 0])


def test_values_that_the_caller_has_checked_are_not_checked_again():
    assert np.isnan(only(ArrayRows([[np.nan]], checked=True)).values).all()


def test_a_part_of_a_larger_table_counts_its_rows_from_there():
    array = np.array([[1.0], [np.nan]])
    assert only(ArrayRows(array[:1], first_row=70)).first_row == 70
    with pytest.raises(MissingValuesError, match="row 71 of the array"):
        list(ArrayRows(array, first_row=70).blocks())
    with pytest.raises(DataError, match="-1 in row 70"):
        ArrayRows(array, first_row=70, sample_weight=[-1, 1])
    ((table, block),) = ArrayRows(array[:1], first_row=70).tables()
    assert (table.num_rows, block.first_row) == (1, 70)
