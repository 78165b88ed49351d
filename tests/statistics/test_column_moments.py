import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtura.engines import ThreadEngine
from mixtura.rows import ArrayRows, Block
from mixtura.statistics.columns import ColumnMoments, column_moments

FIELDS = ("weights", "means", "squares", "minima", "maxima")


def moments_of(values, weights=None):
    return column_moments(Block(np.asarray(values), weights, 0))


def assert_close(mine, theirs, scale=1.0):
    for field in FIELDS:
        np.testing.assert_allclose(getattr(mine, field), getattr(theirs, field), rtol=1e-10, atol=1e-10 * scale)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    return rng.normal([0, 1e6, -3], [1, 0.5, 100], size=(60_000, 3)), rng.uniform(size=60_000)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_adding_parts_in_any_grouping_gives_the_whole(values, first, second):
    column = np.array(values)[:, None]
    low, high = sorted((first, second))
    a, b, c = (moments_of(part) for part in (column[:low], column[low:high], column[high:]))
    whole = moments_of(column)
    scale = max(1.0, float(np.abs(column).max()) ** 2)
    assert_close((a + b) + c, whole, scale)
    assert_close(a + (b + c), whole, scale)


def test_zero_is_the_identity(table):
    some, zero = moments_of(table[0][:100]), ColumnMoments.zero(3)
    for total in (some + zero, zero + some):
        for field in FIELDS:
            np.testing.assert_array_equal(getattr(total, field), getattr(some, field))
    assert (zero + zero).weights.tolist() == [0, 0, 0]
    assert np.isnan(zero.variances).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_agrees_with_numpy_through_the_engine(table, dtype):
    values = table[0].astype(dtype)
    total = ThreadEngine(2).fold(ArrayRows(values), column_moments, ColumnMoments.zero(3))
    exact = values.astype(np.float64)
    assert total.weights.tolist() == [len(values)] * 3
    np.testing.assert_allclose(total.means, exact.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(total.variances, exact.var(axis=0), rtol=1e-9)
    np.testing.assert_array_equal(total.minima, exact.min(axis=0))
    np.testing.assert_array_equal(total.maxima, exact.max(axis=0))


def test_weights(table):
    values, weights = table
    total = ThreadEngine(2).fold(ArrayRows(values, sample_weight=weights), column_moments, ColumnMoments.zero(3))
    means = np.average(values, axis=0, weights=weights)
    np.testing.assert_allclose(total.means, means, rtol=1e-12)
    np.testing.assert_allclose(total.variances, np.average((values - means) ** 2, axis=0, weights=weights), rtol=1e-9)


def test_a_column_is_constant_when_no_value_of_positive_weight_differs():
    values = np.array([[0.1, 1.0], [0.1, 1.0], [0.1, 2.0]])
    assert moments_of(values).constant.tolist() == [True, False]
    assert moments_of(values, np.array([1.0, 1.0, 0.0])).constant.tolist() == [True, True]
    assert moments_of(values, np.zeros(3)).weights.tolist() == [0, 0]


@given(st.integers(0, 2**32 - 1), st.integers(0, 40))
def test_missing_values_do_not_count(seed, cut):
    random = np.random.default_rng(seed)
    values, weights = 1e6 + random.normal(size=(40, 3)), random.integers(0, 3, 40).astype(float)
    values[random.random(values.shape) < 0.4] = np.nan
    values[:, 2] = np.nan
    total = moments_of(values[:cut], weights[:cut]) + moments_of(values[cut:], weights[cut:])
    for column in range(2):
        there = ~np.isnan(values[:, column]) & (weights > 0)
        alone = moments_of(values[there][:, [column]], weights[there])
        for field in FIELDS:
            mine, theirs = getattr(total, field)[column], getattr(alone, field)[0]
            np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-9)
    assert total.weights[2] == 0
    assert np.isnan(total.variances[2])
    assert (total.minima[2], total.maxima[2]) == (np.inf, -np.inf)
