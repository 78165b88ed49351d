import subprocess
import sys
from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest

from mixtura.distributions.shapes import SHAPES
from mixtura.engines import ThreadEngine, engine_for, owner_of
from mixtura.errors import ColumnError, DataError, EmptyTableError, InfiniteValuesError, MissingValuesError, SourceError
from mixtura.rows import ArrayRows, rows_per_block
from problems import assert_same_fit, iterate, open_dask, three_groups

N_ROWS = 100_000


@pytest.fixture(scope="module")
def da(need):
    return need("dask.array")


@pytest.fixture(scope="module")
def dd(need):
    return need("dask.dataframe")


@pytest.fixture(params=["default scheduler", "two processes"])
def scheduler(request):
    """Where Dask computes; yields the client, None for Dask's own scheduler."""
    client = None if request.param == "default scheduler" else request.getfixturevalue("dask_client")
    with nullcontext() if client is None else client.as_current():
        yield client


@pytest.fixture(scope="module")
def table():
    return three_groups(N_ROWS)


@pytest.fixture(scope="module")
def weights():
    return np.random.default_rng(1).uniform(size=N_ROWS)


def frame_of(table):
    return pd.DataFrame(table, columns=["a", "b", "c"])


def dask_array(da, dd, table):
    return da.from_array(table, chunks=(9_000, 2))


def dask_frame(da, dd, table):
    return dd.from_pandas(frame_of(table), npartitions=11)


def array_of_unknown_length(da, dd, table):
    return dask_frame(da, dd, table).values


SOURCES = [dask_array, dask_frame, array_of_unknown_length]


@pytest.fixture(scope="module")
def expected(table):
    return iterate(ArrayRows(table), ThreadEngine())


@pytest.mark.parametrize("source", SOURCES)
def test_the_same_model_as_threads(scheduler, da, dd, table, expected, source):
    rows = open_dask(source(da, dd, table))
    assert (rows.n_rows, rows.n_columns, rows.dtype) == (N_ROWS, 3, np.float64)
    assert_same_fit(iterate(rows, engine_for("dask")), expected)


@pytest.mark.parametrize("shape_name", SHAPES)
def test_the_same_model_for_every_shape(da, dd, table, shape_name):
    fit = iterate(open_dask(dask_array(da, dd, table)), engine_for("dask"), shape_name=shape_name)
    assert_same_fit(fit, iterate(ArrayRows(table), ThreadEngine(), shape_name=shape_name))


def test_float32_stays(da, dd, table):
    single = table.astype(np.float32)
    for source in SOURCES:
        rows = open_dask(source(da, dd, single))
        assert rows.dtype == np.float32
        assert {block.values.dtype for block in rows.blocks()} == {rows.dtype}
    assert_same_fit(iterate(rows, engine_for("dask")), iterate(ArrayRows(single), ThreadEngine()), rtol=1e-5)


def test_other_numbers_become_float64(da, dd):
    numbers = np.arange(12).reshape(4, 3)
    frame = frame_of(numbers).astype({"a": "Int64", "b": "float32"})
    for source in (da.from_array(numbers, chunks=(3, 3)), dd.from_pandas(frame, npartitions=2)):
        rows = open_dask(source)
        values = np.concatenate([block.values for block in rows.blocks()])
        assert rows.dtype == values.dtype == np.float64
        np.testing.assert_array_equal(values, numbers)


def test_a_table_that_is_not_of_dask_is_sent_to_the_workers(scheduler, need, table, weights):
    need("dask")
    rows = ArrayRows(table, sample_weight=weights)
    assert_same_fit(iterate(rows, engine_for("dask")), iterate(rows, ThreadEngine()))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("kind", ["numpy", "series", "array", "array of unknown length"])
def test_weights_are_aligned_with_the_rows(da, dd, table, weights, source, kind):
    series = dd.from_pandas(pd.Series(weights), npartitions=4)
    sample_weight = {
        "numpy": weights,
        "series": series,
        "array": da.from_array(weights, chunks=9_000),
        "array of unknown length": series.values,
    }[kind]
    rows = open_dask(source(da, dd, table), sample_weight)
    np.testing.assert_array_equal(np.concatenate([block.weights for block in rows.blocks()]), weights)


def test_a_column_of_weights_of_the_same_frame(dd, table, weights, scheduler):
    frame = dd.from_pandas(frame_of(table).assign(w=weights), npartitions=5)
    fit = iterate(open_dask(frame[["a", "b", "c"]], frame["w"]), engine_for("dask"))
    assert_same_fit(fit, iterate(ArrayRows(table, sample_weight=weights), ThreadEngine()))


@pytest.mark.parametrize("source", SOURCES)
def test_map_gives_the_rows_in_order(scheduler, da, dd, table, source):
    rows = open_dask(source(da, dd, table))
    for parts in (
        list(engine_for("dask").map(rows, lambda block: (block.first_row, block.values))),
        [(block.first_row, block.values) for block in rows.blocks()],
    ):
        np.testing.assert_array_equal(np.concatenate([values for _, values in parts]), table)
        starts = np.cumsum([0, *(len(values) for _, values in parts)])[:-1]
        assert [first_row for first_row, _ in parts] == starts.tolist()


def test_map_looks_only_a_few_blocks_ahead(scheduler, need):
    need("dask")

    class Counted(ArrayRows):
        n_read = 0

        def blocks(self):
            for block in super().blocks():
                self.n_read += 1
                yield block

    rows = Counted(np.zeros((64 * rows_per_block(1), 1), dtype=np.float32))
    results = engine_for("dask").map(rows, lambda block: block.first_row)
    assert next(results) == 0
    results.close()
    assert rows.n_read < 32


def test_a_partition_longer_than_a_block_is_cut(da):
    size = rows_per_block(2)
    rows = open_dask(da.zeros((3 * size + 5, 2), chunks=(2 * size + 1, 2)))
    assert [len(block.values) for block in rows.blocks()] == [size, size, 1, size, 4]


def test_empty_partitions_are_passed_over(dd, table):
    frame = dd.from_pandas(frame_of(table[:1000]), npartitions=10)
    kept = frame[frame["a"] > 6.5]
    expected = table[:1000][table[:1000, 0] > 6.5]
    rows = open_dask(kept)
    assert 0 < rows.n_rows == len(expected) < 10
    np.testing.assert_array_equal(np.concatenate([block.values for block in rows.blocks()]), expected)
    assert engine_for("dask").fold(rows, lambda block: len(block.values), 0) == len(expected)


def test_columns_may_be_chosen(da, dd, table):
    frame = dask_frame(da, dd, table[:100]).assign(text="x")
    rows = open_dask(frame, columns=["c", "a"])
    assert rows.columns == ("c", "a")
    np.testing.assert_array_equal(np.concatenate([block.values for block in rows.blocks()]), table[:100, [2, 0]])
    rows = open_dask(dask_array(da, dd, table[:100]), columns=[1])
    assert rows.columns is None
    np.testing.assert_array_equal(np.concatenate([block.values for block in rows.blocks()]), table[:100, [1]])


def test_columns_that_hold_no_numbers(da, dd):
    frame = pd.DataFrame({"a": [1.0, 2.0], "name": ["x", "y"], "day": pd.to_datetime(["2020-01-01", "2020-01-02"])})
    with pytest.raises(ColumnError, match=r"columns 'name' and 'day' .* do not hold numbers \(text, date and time\)"):
        open_dask(dd.from_pandas(frame, npartitions=1))
    with pytest.raises(ColumnError, match="holds <U1, not real numbers"):
        open_dask(da.from_array(np.array([["a", "b"]])))
    with pytest.raises(ColumnError, match=r"1-dimensional .*reshape\(-1, 1\)"):
        open_dask(da.zeros(5))
    with pytest.raises(ColumnError, match="no column 'z'"):
        open_dask(dd.from_pandas(frame, npartitions=1), columns=["z"])


def test_other_dask_collections_are_refused(need, dd):
    with pytest.raises(SourceError, match="from a Dask Bag: give a Dask array or DataFrame"):
        open_dask(need("dask.bag").from_sequence([1]))
    with pytest.raises(SourceError, match="from a Dask Series"):
        open_dask(dd.from_pandas(pd.Series([1.0]), npartitions=1))


def test_a_table_without_rows(da, dd, table):
    frame = dask_frame(da, dd, table[:20])
    for source in (da.zeros((0, 3)), frame[frame["a"] > 1e9]):
        with pytest.raises(EmptyTableError, match="no rows"):
            _ = open_dask(source).n_rows


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("value", "error", "message"),
    [(np.nan, MissingValuesError, "missing values in row 17777"), (np.inf, InfiniteValuesError, "infinite values")],
)
def test_values_are_checked_in_the_tasks(scheduler, da, dd, table, source, value, error, message):
    wrong = table.copy()
    wrong[17777, 1] = value
    with pytest.raises(error, match=rf"{message}.*column '{'b' if source is dask_frame else 'x1'}'"):
        iterate(open_dask(source(da, dd, wrong)), engine_for("dask"))


def test_weights_are_checked(da, dd, table, weights):
    source = dask_array(da, dd, table)
    wrong = np.where(np.arange(N_ROWS) == 17777, -1.0, weights)
    with pytest.raises(DataError, match="-1 in row 17777"):
        open_dask(source, wrong)
    with pytest.raises(DataError, match="-1 in row 17777"):
        list(open_dask(source, da.from_array(wrong, chunks=1000)).blocks())
    for short in (weights[:-1], da.from_array(weights[:-1])):
        with pytest.raises(DataError, match="99999 values and the table 100000 rows"):
            open_dask(source, short)
    for square in (np.ones((2, 2)), da.ones((2, 2))):
        with pytest.raises(DataError, match="2 dimensions"):
            open_dask(source, square)


def test_an_exception_in_a_pass_comes_out(scheduler, da, dd, table):
    def fail(block):
        raise ZeroDivisionError("in a task")

    for rows in (open_dask(dask_array(da, dd, table)), ArrayRows(table)):
        with pytest.raises(ZeroDivisionError, match="in a task"):
            engine_for("dask").fold(rows, fail, 0)
        with pytest.raises(ZeroDivisionError, match="in a task"):
            next(engine_for("dask").map(rows, fail))


def test_the_engine_follows_from_the_source(da, dd, table):
    for owned in (dask_array(da, dd, table), dask_frame(da, dd, table)):
        owner = owner_of(owned)
        assert owner is not None
        assert owner.name == "dask"
    assert owner_of(table) is None
    assert repr(engine_for(None, dask_array(da, dd, table))) == "DaskEngine()"
    assert repr(engine_for(None, table)) == "ThreadEngine()"
    with pytest.raises(ValueError, match="engine must be 'threads', 'dask' or an engine"):
        engine_for("spark")


def test_without_dask_the_error_says_what_to_install():
    code = (
        "import sys; sys.modules['dask'] = None\n"
        "from mixtura.engines import engine_for\n"
        "from mixtura.errors import MissingDependencyError\n"
        "try:\n    engine_for('dask')\n"
        "except MissingDependencyError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "the engine 'dask' needs Dask, which is not installed: pip install 'mixtura[dask]'"


def test_importing_the_library_does_not_import_dask():
    code = "import sys, mixtura, mixtura.engines; print({'dask', 'distributed'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
