"""Partitions that are not what the metadata says: columns are taken by name, and what does not fit is refused."""

import numpy as np
import pandas as pd
import pytest

from mixtura import GaussianMixture
from mixtura.errors import ColumnError, DataError
from problems import open_dask

X = np.random.default_rng(0).normal(size=(600, 3)) * [1, 10, 100]
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])


@pytest.fixture
def frame(need):
    """A Dask frame of three partitions, the second of them changed."""
    delayed, from_delayed = need("dask").delayed, need("dask.dataframe").from_delayed

    def frame(change, like=FRAME):
        parts = [like.iloc[:200], change(like.iloc[200:400].copy()), like.iloc[400:]]
        return from_delayed([delayed(part) for part in parts], meta=like.iloc[:0], verify_meta=False)

    return frame


@pytest.fixture
def array(need):
    """A Dask array of three chunks, the second of them changed."""
    da, delayed = need("dask.array"), need("dask").delayed

    def array(change):
        parts = [X[:200], change(X[200:400]), X[400:]]
        return da.concatenate([da.from_delayed(delayed(part), (200, 3), float) for part in parts])

    return array


def fitted(table):
    return GaussianMixture(1).fit(table)


@pytest.mark.parametrize(
    "change",
    [
        lambda part: part[["c", "a", "b"]],
        lambda part: part.astype({"a": "float32", "b": "Float64"}).astype(float)[["b", "a", "c"]],
        lambda part: part.set_index("c", drop=False),
    ],
)
def test_columns_are_taken_by_name(frame, change):
    expected = fitted(FRAME)
    model = fitted(frame(change))
    np.testing.assert_allclose(model.covariances_, expected.covariances_, rtol=1e-6)
    np.testing.assert_allclose(np.asarray(model.score_samples(frame(change))), expected.score_samples(FRAME), rtol=1e-6)


def test_chosen_columns_are_taken_by_name(frame):
    table = open_dask(frame(lambda part: part[["c", "a", "b"]]), columns=["c", "a"])
    values = np.concatenate([block.values for block in table.blocks()])
    np.testing.assert_array_equal(values, X[:, [2, 0]])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda part: part.rename(columns={"a": "z"}), ColumnError, r"partition 1 .*\(no column 'a'\)"),
        (lambda part: part[["a", "b"]], ColumnError, r"partition 1 of the Dask table .*\(no column 'c'\)"),
        (lambda part: part.assign(d=1.0), ColumnError, r"partition 1 of the Dask table .*\(column 'd' besides\)"),
        (lambda part: part.assign(d=1.0)[list("dabc")], ColumnError, r"partition 1 .*\(column 'd' besides\)"),
        (lambda part: part[["a", "a", "b", "c"]], ColumnError, "partition 1 .* column 'a' more than once"),
        (lambda part: part.assign(b="x"), ColumnError, r"column 'b' of partition 1 .* \(text\)"),
        (lambda part: part.assign(b=True), ColumnError, r"column 'b' of partition 1 .* \(flag\)"),
        (lambda part: part.to_numpy(), ColumnError, "partition 1 .* type ndarray and 2-dimensional, .* a dataframe"),
        (lambda part: part["a"], ColumnError, "partition 1 .* type Series and 1-dimensional, .* a dataframe"),
    ],
)
def test_what_does_not_fit_the_metadata(frame, change, error, message):
    for use in (fitted, lambda table: np.asarray(fitted(FRAME).score_samples(table))):
        with pytest.raises(error, match=message):
            use(frame(change))


def test_numbers_beyond_the_type_of_the_metadata(frame):
    table = frame(lambda part: part.astype(float) * 1e40, FRAME.astype("float32"))
    with pytest.raises(DataError, match=r"partition 1 .* holds -?[0-9.]+e\+\d+, beyond the float32 of the metadata"):
        fitted(table)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda part: part[:150], DataError, "partition 1 of the Dask table has 150 rows, not 200"),
        (lambda part: np.vstack([part, part[:9]]), DataError, "partition 1 of the Dask table has 209 rows, not 200"),
        (lambda part: part[:, :2], ColumnError, "partition 1 of the Dask table has 2 columns, and the metadata 3"),
        (lambda part: np.hstack([part, part]), ColumnError, "partition 1 .* has 6 columns, and the metadata 3"),
        (lambda part: part[:, 0], ColumnError, "partition 1 .* 1-dimensional, .* an array of two dimensions"),
    ],
)
def test_chunks_that_do_not_fit_the_metadata(array, change, error, message):
    with pytest.raises(error, match=message):
        fitted(array(change))


def test_a_partition_that_has_other_rows_in_a_later_pass(need):
    counts = iter([200, 200, 199])
    delayed = need("dask").delayed

    @delayed(pure=False)
    def part():
        return FRAME.iloc[: next(counts)]

    table = open_dask(need("dask.dataframe").from_delayed([part()], meta=FRAME.iloc[:0]))
    assert sum(len(block.values) for block in table.blocks()) == table.n_rows == 200
    with pytest.raises(DataError, match=r"partition 0 of the Dask table has 199 rows, not 200 .* persist the table"):
        list(table.blocks())
