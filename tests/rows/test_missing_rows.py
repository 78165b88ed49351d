"""Rows that may miss values: NaN from every source, whatever stands for a missing value there."""

import io

import numpy as np
import pytest

from mixtura import rows
from mixtura.errors import InfiniteValuesError, MissingValuesError
from mixtura.rows import ArrayRows, ScaledRows, SelectedRows, rows_per_block, spool
from problems import open_dask

nan = np.nan
EXPECTED = np.array([[1.0, 0.5], [nan, 2.5], [3.0, nan], [4.0, 1.5]])


def values(table):
    return np.concatenate([block.values for block in table.blocks()])


def arrow_table(need):
    pa = need("pyarrow")
    return pa.table({"a": pa.array([1, None, 3, 4], pa.int64()), "b": pa.array([0.5, 2.5, None, 1.5])})


def source(kind, need, folder):
    table = arrow_table(need)
    if kind == "array":
        return EXPECTED
    if kind == "masked":
        return np.ma.masked_array(np.where(np.isnan(EXPECTED), -1, EXPECTED), np.isnan(EXPECTED))
    if kind == "masked integers":
        return np.ma.masked_array([[1, 5], [7, 2]], [[False, True], [True, False]])
    if kind == "objects":
        return np.array([[None if np.isnan(x) else x for x in row] for row in EXPECTED], dtype=object)
    if kind == "arrow":
        return table
    if kind == "record batch":
        return table.to_batches()[0]
    if kind == "stream of batches":
        return table.to_reader()
    if kind == "polars":
        return need("polars").from_arrow(table)
    if kind == "pandas":
        return need("pandas").DataFrame({"a": [1, None, 3, 4], "b": [0.5, 2.5, nan, 1.5]})
    if kind == "pandas NA":
        pandas = need("pandas")
        return pandas.DataFrame({"a": pandas.array([1, None, 3, 4], "Int64"), "b": [0.5, 2.5, nan, 1.5]})
    if kind == "query":
        need("duckdb")
        return "select * from (values (1, 0.5), (null, 2.5), (3, null), (4, 1.5::double)) t(a, b)"
    if kind == "csv in memory":
        return io.BytesIO(b"a,b\n1,0.5\n,2.5\n3,\n4,1.5\n")
    path = folder / f"table.{kind}"
    if kind == "csv":
        path.write_text("a,b\n1,0.5\nNA,2.5\n3,\n4,1.5\n")
    elif kind == "parquet":
        need("pyarrow.parquet").write_table(table, path)
    elif kind == "arrow file":
        path = folder / "table.arrow"
        need("pyarrow.feather").write_feather(table, str(path), compression="uncompressed")
    else:
        path.write_text('[{"a": 1, "b": 0.5}, {"b": 2.5}, {"a": 3, "b": null}, {"a": 4, "b": 1.5}]')
    return path


KINDS = [
    "array",
    "masked",
    "objects",
    "arrow",
    "record batch",
    "stream of batches",
    "polars",
    "pandas",
    "pandas NA",
    "query",
    "csv in memory",
    "csv",
    "parquet",
    "arrow file",
    "json",
]


@pytest.mark.parametrize("kind", KINDS)
def test_missing_values_are_nan_where_allowed(kind, need, tmp_path):
    table = rows.open(source(kind, need, tmp_path), missing="allow")
    assert table.has_missing
    for _ in range(2):
        np.testing.assert_array_equal(values(table), EXPECTED)


@pytest.mark.parametrize("kind", KINDS)
def test_missing_values_are_an_error_unless_allowed(kind, need, tmp_path):
    table = rows.open(source(kind, need, tmp_path))
    assert not table.has_missing
    with pytest.raises(MissingValuesError):
        list(table.blocks())


def test_masked_integers(need, tmp_path):
    table = rows.open(source("masked integers", need, tmp_path), missing="allow")
    np.testing.assert_array_equal(values(table), [[1, nan], [nan, 2]])


INFINITE = [[1.0, nan], [np.inf, 2.0]]


def test_an_infinite_value_of_an_array_is_an_error_all_the_same():
    with pytest.raises(InfiniteValuesError, match=r"infinite values in row 1 .*column 'x0'"):
        list(rows.open(np.array(INFINITE), missing="allow").blocks())


@pytest.mark.parametrize("kind", ["pandas", "csv"])
def test_an_infinite_value_does_not_fit_its_column(kind, need, tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n1,\ninf,2\n")
    made = need("pandas").DataFrame(INFINITE, columns=["a", "b"]) if kind == "pandas" else tmp_path / "table.csv"
    (block,) = rows.open(made, missing="allow").blocks()
    np.testing.assert_array_equal(block.values, [[1, nan], [nan, 2]])
    assert (block.strays.rows.tolist(), block.strays.columns.tolist()) == ([1], [0])
    with pytest.raises(InfiniteValuesError, match=r"infinite values in row [12] .*column 'a'"):
        list(rows.open(made, columns=["a"]).blocks())


def test_a_missing_weight_is_an_error(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,w\n1,1\n,1\n3,\n")
    with pytest.raises(MissingValuesError, match="column 'w'"):
        list(rows.open(path, sample_weight="w", missing="allow").blocks())


def test_single_precision_stays(need):
    X = EXPECTED.astype(np.float32)
    for made in (X, need("pandas").DataFrame(X, columns=["a", "b"])):
        table = rows.open(made, missing="allow")
        assert table.dtype == values(table).dtype == np.float32
        np.testing.assert_array_equal(values(table), X)


def test_what_is_made_of_rows_knows_whether_values_may_be_missing():
    some, none = ArrayRows(EXPECTED, missing="allow"), ArrayRows([[1.0, 2.0]])
    np.testing.assert_array_equal(values(SelectedRows(some, [1])), EXPECTED[:, [1]])
    np.testing.assert_array_equal(values(ScaledRows(some, [1, 1], [2, 2])), (EXPECTED - 1) / 2)
    for table, has_missing in ((some, True), (none, False)):
        assert SelectedRows(table, [1]).has_missing is has_missing
        assert ScaledRows(table, [1, 1], [2, 2]).has_missing is has_missing


def test_a_spool_knows_whether_a_value_is_missing():
    size = rows_per_block(1)
    X = np.zeros((2 * size, 1))
    with spool(ArrayRows(X, missing="allow")) as complete:
        assert not complete.has_missing
    X[3] = nan
    with spool(ArrayRows(X, missing="allow")) as holes:
        assert holes.has_missing
        np.testing.assert_array_equal(values(holes), X)


def test_taking_rows_of_an_array():
    table = ArrayRows(EXPECTED, columns=[1], sample_weight=[1.0, 2.0, 3.0, 4.0], missing="allow")
    taken = table.take(np.array([2, 0]))
    (block,) = taken.blocks()
    np.testing.assert_array_equal(block.values, EXPECTED[[2, 0]][:, [1]])
    assert block.weights.tolist() == [3.0, 1.0]
    assert taken.has_missing
    with pytest.raises(InfiniteValuesError):
        list(ArrayRows([[1.0], [np.inf]]).take(np.array([1])).blocks())


def test_dask_rows(need):
    da, dd, pandas = need("dask.array"), need("dask.dataframe"), need("pandas")
    frame = dd.from_pandas(pandas.DataFrame(EXPECTED, columns=["a", "b"]), npartitions=2)
    for made in (da.from_array(EXPECTED, chunks=(3, 2)), frame):
        table = open_dask(made, missing="allow")
        assert table.has_missing
        np.testing.assert_array_equal(values(table), EXPECTED)
        assert not open_dask(made).has_missing
        with pytest.raises(MissingValuesError):
            values(open_dask(made))


def test_rows_keep_to_what_they_were_opened_with():
    table = ArrayRows(EXPECTED)
    assert rows.open(table, missing="allow") is table
    with pytest.raises(MissingValuesError):
        values(rows.open(table, missing="allow"))


def test_an_unknown_way_is_refused():
    with pytest.raises(ValueError, match=r"missing is 'drop': use 'error' or 'allow'"):
        rows.open(EXPECTED, missing="drop")
