"""How far rows reach beyond a table: residuals against inverse matrices, tails against their formula, in all builds."""

import numpy as np
import pytest

from mixtura import kernels
from mixtura.detectors.ensemble.extremes import nats_of, regression_of
from mixtura.kernels import native
from mixtura.kernels.ensemble import Regression, Tails, Units, extremes, residuals

# Sizes around those of the rows that are taken together.
SIZES = [(1, 1), (15, 2), (16, 5), (17, 3), (100, 33)]
DTYPES = (np.float64, np.float32)
RIDGE = 0.1

every_size = pytest.mark.parametrize(("n_rows", "d"), SIZES)
every_type = pytest.mark.parametrize("dtype", DTYPES)


def case(n_rows, d, dtype=np.float64):
    """Rows, a regression, and the matrix that it stands for: the inverse of the correlations plus a ridge."""
    random = np.random.default_rng([n_rows, d])
    units = Units(random.normal(size=d), random.uniform(0.5, 2, size=d), 4.0)
    pool = random.normal(size=(500, d)) @ (np.eye(d) + 0.7 * random.normal(size=(d, d)) / np.sqrt(d))
    correlations = np.atleast_2d(np.corrcoef(pool.T))
    values, vectors = np.linalg.eigh(correlations)
    loadings = vectors * np.sqrt(values / (values + RIDGE))
    regression = Regression(
        random.normal(size=d) / 10, random.uniform(0.5, 1.5, size=d), loadings, 1 - (loadings**2).sum(axis=1)
    )
    X = (units.center + 2 * random.normal(size=(n_rows, d)) / units.scale).astype(dtype)
    return X, units, regression, np.linalg.inv(correlations + RIDGE * np.eye(d))


def in_units(X, units):
    return (X.astype(np.float64) - units.center) * units.scale


def standard(X, units, regression):
    return (np.clip(in_units(X, units), -units.limit, units.limit) - regression.shift) / regression.spread


def by_inverse(y, matrix):
    """Residuals by definition; missing values where the others expect them together."""
    found = np.empty_like(y)
    for row, residual in zip(y, found, strict=True):
        missing = np.isnan(row)
        filled = np.where(missing, 0.0, row)
        filled[missing] = -np.linalg.solve(matrix[np.ix_(missing, missing)], matrix[missing] @ filled)
        residual[:] = np.where(missing, np.nan, matrix @ filled / np.diag(matrix))
    return found


def tails_of(d, seed=0):
    random = np.random.default_rng(seed)
    return Tails(
        random.normal(size=d) / 10,
        random.uniform(0.5, 2, size=4 * d),
        random.uniform(0.2, 1, size=4 * d),
        random.uniform(0.05, 2, size=4 * d),
        random.uniform(-0.5, 4, size=4 * d),
    )


def with_missing(X, share):
    X = X.copy()
    X[np.random.default_rng(0).random(X.shape) < share] = np.nan
    return X


@every_type
@every_size
def test_residuals_are_those_of_the_inverse_matrix_in_every_build(n_rows, d, dtype):
    X, units, regression, matrix = case(n_rows, d, dtype)
    expected = by_inverse(standard(X, units, regression), matrix)
    np.testing.assert_allclose(residuals(X, units, regression), expected, rtol=1e-9, atol=1e-9)
    for level in kernels.available():
        out = np.empty(X.shape)
        kernels._module(level).ensemble_residuals(X, *units, *regression, out)
        np.testing.assert_allclose(out, expected, rtol=1e-9, atol=1e-9)


@every_size
def test_residuals_are_errors_of_ridge_regressions_on_the_other_columns(n_rows, d):
    X, units, regression, _ = case(n_rows, d)
    y = standard(X, units, regression)
    correlations = regression.loadings @ regression.loadings.T  # I - V V^T is the ridge times the inverse
    correlations = RIDGE * np.linalg.inv(np.eye(d) - correlations) - RIDGE * np.eye(d)
    mine = residuals(X, units, regression)
    for j in range(d):
        others = np.arange(d) != j
        matrix = correlations[np.ix_(others, others)] + RIDGE * np.eye(d - 1)
        slopes = np.linalg.solve(matrix, correlations[others, j])
        np.testing.assert_allclose(mine[:, j], y[:, j] - y[:, others] @ slopes, rtol=1e-9, atol=1e-9)


@every_type
@every_size
def test_one_missing_value_of_a_row_is_where_the_others_expect_it(n_rows, d, dtype):
    X, units, regression, matrix = case(n_rows, d, dtype)
    X[np.arange(n_rows), np.random.default_rng(1).integers(d, size=n_rows)] = np.nan
    expected = by_inverse(standard(X, units, regression), matrix)
    np.testing.assert_allclose(residuals(X, units, regression), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@every_size
def test_several_missing_values_approach_where_the_others_expect_them_together(n_rows, d, share):
    X, units, regression, matrix = case(n_rows, d)
    X = with_missing(X, share)
    expected = by_inverse(standard(X, units, regression), matrix)
    mine = residuals(X, units, regression)
    np.testing.assert_array_equal(np.isnan(mine), np.isnan(X))
    np.testing.assert_allclose(mine, expected, rtol=1e-2, atol=1e-2)


@every_type
@every_size
def test_extremes_are_the_most_nats_of_any_view_in_every_build(n_rows, d, dtype):
    X, units, regression, _ = case(n_rows, d, dtype)
    for rows in (X, with_missing(X, 0.2)):
        tails = tails_of(d)
        found = nats_of(in_units(rows, units), residuals(rows, units, regression), tails)
        expected = np.maximum(np.maximum(*found).max(axis=1), 0.0)
        np.testing.assert_allclose(extremes(rows, units, regression, tails), expected, rtol=1e-9, atol=1e-12)
        for level in kernels.available():
            out = np.empty(n_rows)
            kernels._module(level).ensemble_extremes(rows, *units, *regression, *tails, out)
            np.testing.assert_allclose(out, expected, rtol=1e-9, atol=1e-12)


def test_each_side_of_each_view_has_its_own_tail():
    units = Units(np.array([10.0, 0.0]), np.array([0.5, 1.0]), 10.0)
    # Without loadings what others predict is the centre, and residuals are the values.
    regression = Regression(np.zeros(2), np.ones(2), np.zeros((2, 1)), np.ones(2))
    never = np.full(8, 1e300)
    X = np.array([[16.0, 0.0], [4.0, 0.0], [10.0, 3.0], [10.0, -3.0]])
    # Above: the columns, then their residuals; below: the same.
    for place, row in enumerate([0, 2, 0, 2, 1, 3, 1, 3]):
        starts = never.copy()
        starts[place] = 1.0
        tails = Tails(np.zeros(2), starts, np.full(8, 2.0), np.full(8, 0.5), np.full(8, 4.0))
        expected = np.where(np.arange(4) == row, 4 + np.log(1 + 0.5 * (3 - 1) / 2) / 0.5, 0.0)
        np.testing.assert_allclose(extremes(X, units, regression, tails), expected)


def test_nothing_is_clipped_before_it_is_counted_and_all_numbers_have_finite_nats():
    _, units, regression, _ = case(17, 3)
    tails = tails_of(3)
    largest = np.finfo(np.float64).max
    far = np.zeros((6, 3)) + units.center
    far[:, 1] += np.array([1e1, 1e3, 1e9, 1e100, 1e190, largest]) / units.scale[1]
    found = extremes(far, units, regression, tails)
    assert (np.diff(found[:5]) > 0).all()
    assert found[5] >= found[4]
    everywhere = np.array([[largest, -largest, largest], [-largest, largest, 5e-324], [np.nan] * 3])
    for scale in (1.0, 5e-324, largest):
        other = units._replace(scale=np.full(3, scale))
        assert np.isfinite(extremes(everywhere, other, regression, tails)).all()
        assert np.isfinite(residuals(everywhere[:2], other, regression)).all()
    assert extremes(everywhere, units, regression, tails)[2] == 0
    assert np.isnan(residuals(everywhere, units, regression)[2]).all()


@every_type
def test_any_memory_order_and_place_gives_the_same_bits(dtype):
    X, units, regression, _ = case(100, 33, dtype)
    X = with_missing(X, 0.1)
    tails = tails_of(33)

    def answers(rows):
        return np.column_stack([extremes(rows, units, regression, tails), residuals(rows, units, regression)])

    expected = answers(X)
    np.testing.assert_array_equal(answers(np.asfortranarray(X)), expected)
    np.testing.assert_array_equal(answers(np.repeat(np.repeat(X, 2, axis=0), 2, axis=1)[::2, ::2]), expected)
    np.testing.assert_array_equal(answers(X[::-1])[::-1], expected)
    np.testing.assert_array_equal(answers(X[37:40]), expected[37:40])
    assert answers(X[:0]).shape == (0, 34)


@pytest.mark.parametrize("d", [1, 2, 7, 40])
def test_the_regression_of_a_pool_is_the_inverse_of_its_correlations(d):
    X, units, _, _ = case(300, d)
    regression = regression_of(X, units)
    clipped = np.clip(in_units(X, units), -3, 3)
    np.testing.assert_allclose(regression.shift, clipped.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(regression.spread, clipped.std(axis=0))
    matrix = np.linalg.inv(np.atleast_2d(np.corrcoef(clipped.T)) + RIDGE * np.eye(d))
    stood_for = (np.eye(d) - regression.loadings @ regression.loadings.T) / RIDGE
    np.testing.assert_allclose(stood_for, matrix, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(regression.remaining, RIDGE * np.diag(matrix))


@pytest.mark.one_case
@pytest.mark.parametrize("d", [51, 700])
def test_of_many_columns_and_few_rows_the_leading_directions_are_taken(d):
    random = np.random.default_rng(0)
    X = random.normal(size=(100, 3)) @ random.normal(size=(3, d)) + 0.1 * random.normal(size=(100, d))
    units = Units(X.mean(axis=0), 1 / X.std(axis=0), 10.0)
    regression = regression_of(X, units)
    clipped = np.clip(in_units(X, units), -3, 3)
    values, vectors = np.linalg.eigh(np.corrcoef(clipped.T))
    leading, shrunk = vectors[:, -25:], values[-25:] / (values[-25:] + RIDGE)
    np.testing.assert_allclose(regression.loadings @ regression.loadings.T, leading * shrunk @ leading.T, atol=1e-9)
    # What three factors explain is explained, and what one cell differs by is left.
    assert np.quantile(np.abs(residuals(X, units, regression)), 0.9) < 0.3
    X[7, 11] += 3 / units.scale[11]
    found = np.abs(residuals(X, units, regression))
    assert np.unravel_index(found.argmax(), found.shape) == (7, 11)


def test_columns_that_no_value_is_known_of_have_no_residuals():
    X, units, _, _ = case(100, 3)
    X[:, 1] = np.nan
    regression = regression_of(X, units)
    assert regression.spread[1] == 1
    found = residuals(X, units, regression)
    assert np.isnan(found[:, 1]).all()
    assert np.isfinite(found[:, [0, 2]]).all()


def misfits(units, regression):
    """Units and regressions that do not fit rows of three columns, and what is said of them."""
    yield units._replace(center=units.center[1:]), regression, "center and scale must have one value for each column"
    yield units._replace(scale=np.ones(4)), regression, "center and scale must have one value for each column"
    for name in ("shift", "spread", "loadings", "remaining"):
        short = getattr(regression, name)[1:].copy()
        yield units, regression._replace(**{name: short}), "the regression must have one row for each column"
    for name in ("spread", "remaining"):
        for value in (0.0, -1.0, np.nan):
            wrong = getattr(regression, name).copy()
            wrong[-1] = value
            yield units, regression._replace(**{name: wrong}), "spread and remaining must be positive"


def test_what_does_not_fit_together_is_refused():
    X, units, regression, _ = case(17, 3)
    tails = tails_of(3)
    for other_units, other_regression, match in misfits(units, regression):
        with pytest.raises(ValueError, match=match):
            residuals(X, other_units, other_regression)
        with pytest.raises(ValueError, match=match):
            extremes(X, other_units, other_regression, tails)
    for name in Tails._fields:
        with pytest.raises(ValueError, match="tails must be four for each column"):
            extremes(X, units, regression, tails._replace(**{name: getattr(tails, name)[1:]}))
    for name in ("scales", "shapes"):
        for value in (0.0, -1.0, np.nan):
            wrong = getattr(tails, name).copy()
            wrong[-1] = value
            with pytest.raises(ValueError, match="scales and shapes of tails must be positive"):
                extremes(X, units, regression, tails._replace(**{name: wrong}))
    for shape in ((16, 3), (17, 2)):
        with pytest.raises(ValueError, match="out has the wrong shape"):
            native.ensemble_residuals(X, *units, *regression, np.empty(shape))
    with pytest.raises(ValueError, match="out has the wrong size"):
        native.ensemble_extremes(X, *units, *regression, *tails, np.empty(16))
    with pytest.raises(TypeError):
        native.ensemble_extremes(X.astype(np.int64), *units, *regression, *tails, np.empty(17))
