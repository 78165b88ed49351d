"""Missing values filled in, against conditional distributions worked out for single rows."""

import pickle

import numpy as np
import pytest
from scipy import stats

from mixtura import BayesianGaussianMixture, GaussianMixture, Mixture
from mixtura.distributions.impute import impute, imputer
from mixtura.distributions.noise import Noise
from mixtura.distributions.shapes import SHAPES, Full
from mixtura.engines import ThreadEngine
from mixtura.errors import ColumnError, InfiniteValuesError
from mixtura.rows import ArrayRows, rows_per_block
from problems import one_factor

K, D = 3, 4
each_shape = pytest.mark.parametrize("shape", sorted(SHAPES))
nan = np.nan


def mixture_of(shape, *, degrees=None, noise=None):
    random = np.random.default_rng(4)
    roots = random.normal(size=(K, D, D))
    full = roots @ roots.transpose(0, 2, 1) / 3 + 0.3 * np.eye(D)
    values = {
        "full": full,
        "tied": full[0],
        "diag": np.stack([np.diag(matrix) for matrix in full]),
        "spherical": np.array([0.7, 1.2, 2.0]),
        "factor": one_factor(full),
    }[shape]
    weights = np.array([0.2, 0.3, 0.5]) * (1 if noise is None else 1 - noise.weight)
    return Mixture(weights, 2 * random.normal(size=(K, D)), SHAPES[shape](values, K, D), degrees, noise)


def table(n_rows=40):
    random = np.random.default_rng(5)
    X = 2 * random.normal(size=(n_rows, D))
    X[random.random(X.shape) < 0.4] = nan
    X[0], X[1] = 0.25, nan
    return X


@each_shape
def test_mean_is_that_of_the_conditional_distribution(shape):
    mixture, X = mixture_of(shape), table()
    filled = impute(mixture, X)
    for row, x in zip(filled, X, strict=True):
        known, missing = np.flatnonzero(~np.isnan(x)), np.flatnonzero(np.isnan(x))
        np.testing.assert_array_equal(row[known], x[known])
        if len(missing) == D:
            np.testing.assert_allclose(row, mixture.weights @ mixture.means, rtol=1e-12)
        elif len(missing):
            given = mixture.conditional(known.tolist(), x[known])
            np.testing.assert_allclose(row[missing], given.weights @ given.means, rtol=1e-10)


def test_mean_is_the_best_guess():
    """Integrated on a grid: the mean of the density of two columns along the line that the first one leaves."""
    mixture = mixture_of("full").marginal([0, 1])
    grid = np.linspace(-25, 25, 20001)
    density = np.exp(mixture.log_density(np.column_stack([np.full(len(grid), 1.3), grid])))
    expected = (grid * density).sum() / density.sum()
    np.testing.assert_allclose(impute(mixture, [[1.3, nan]])[0, 1], expected, rtol=1e-9)


def test_students_mean_by_integration():
    mixture = mixture_of("full", degrees=[4.0, 8.0, 20.0]).marginal([0, 1])
    grid = np.linspace(-3000, 3000, 2_000_001)
    density = np.exp(mixture.log_density(np.column_stack([np.full(len(grid), 1.3), grid])))
    expected = (grid * density).sum() / density.sum()
    np.testing.assert_allclose(impute(mixture, [[1.3, nan]])[0, 1], expected, rtol=1e-6)


def test_noise_pulls_to_the_middle_of_its_box():
    noise = Noise(0.4, [-3.0, -1.0], [3.0, 9.0])
    mixture = Mixture([0.6], [[0.0, 0.0]], Full([[[1.0, 0.5], [0.5, 1.0]]], 1, 2), noise=noise)
    normal = 0.6 * stats.norm.pdf(2.0)
    even = 0.4 / 6
    expected = (normal * 1.0 + even * 4.0) / (normal + even)
    np.testing.assert_allclose(impute(mixture, [[2.0, nan]])[0, 1], expected, rtol=1e-12)
    draws = impute(mixture, np.tile([2.0, nan], (20_000, 1)), method="draw", random_state=0)[:, 1]
    # 1.0 ± sqrt(0.75) from the normal component, evenly from -1 to 9 from the noise.
    share = even / (normal + even)
    assert abs((draws > 5).mean() - share * 0.4) < 0.012
    assert draws.min() > -4
    assert draws.max() < 9


@each_shape
@pytest.mark.parametrize("method", ["mean", "draw"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_complete_values_stay_bit_for_bit(shape, method, dtype):
    X = table(300).astype(dtype)
    filled = impute(mixture_of(shape), X, method=method, random_state=0)
    known = ~np.isnan(X)
    assert filled.dtype == dtype
    np.testing.assert_array_equal(filled[known], X[known])
    assert np.isfinite(filled).all()


@each_shape
def test_draws_follow_the_conditional_distribution(shape):
    mixture, n_rows = mixture_of(shape), 20_000
    known, values = [1, 3], [0.4, -0.7]
    X = np.full((n_rows, D), nan)
    X[:, known] = values
    draws = impute(mixture, X, method="draw", random_state=3)[:, [0, 2]]
    given = mixture.conditional(known, values)
    for column in range(2):
        deviations = np.sqrt(given.covariance.dense[:, column, column])

        def cdf(x, column=column, deviations=deviations):
            return stats.norm.cdf((np.asarray(x)[:, None] - given.means[:, column]) / deviations) @ given.weights

        assert stats.kstest(draws[:, column], cdf).pvalue > 1e-3
    products = given.weights @ (given.covariance.dense[:, 0, 1] + given.means[:, 0] * given.means[:, 1])
    assert abs((draws[:, 0] * draws[:, 1]).mean() - products) < 5 * (draws[:, 0] * draws[:, 1]).std() / np.sqrt(n_rows)


@each_shape
def test_student_draws_follow_the_conditional_distribution(shape):
    """Of one component: Student's t with more degrees of freedom and a scale set by the known values (Ding 2016)."""
    nu, known, values = 3.0, [0, 2], np.array([2.5, -4.0])
    mixture = mixture_of(shape, degrees=[nu] * K)
    one = Mixture([1.0], mixture.means[:1], mixture.covariance.repeat(np.array([0])), [nu])
    dense, mean = one.covariance.dense[0], one.means[0]
    inner = np.linalg.inv(dense[np.ix_(known, known)])
    slopes = dense[np.ix_([1, 3], known)] @ inner
    distance = (values - mean[known]) @ inner @ (values - mean[known])
    left = dense[np.ix_([1, 3], [1, 3])] - slopes @ dense[np.ix_(known, [1, 3])]
    center = mean[[1, 3]] + slopes @ (values - mean[known])
    scale = np.sqrt(np.diag(left) * (nu + distance) / (nu + 2))
    X = np.full((5000, D), nan)
    X[:, known] = values
    draws = impute(one, X, method="draw", random_state=1)
    for position, column in enumerate([1, 3]):
        expected = stats.t(nu + 2, loc=center[position], scale=scale[position])
        assert stats.kstest(draws[:, column], expected.cdf).pvalue > 1e-3


@pytest.mark.parametrize("degrees", [None, [3.0, 5.0, 9.0]])
def test_rows_without_any_value_are_drawn_from_the_mixture(degrees):
    mixture = mixture_of("full", degrees=degrees)
    draws = impute(mixture, np.full((5000, D), nan), method="draw", random_state=0)
    sample, _ = mixture.sample(5000, np.random.RandomState(1))
    for column in range(D):
        assert stats.ks_2samp(draws[:, column], sample[:, column]).pvalue > 1e-3


def test_draws_depend_on_the_seed_alone():
    mixture, X = mixture_of("full"), np.tile(table(), (2000, 1))
    one, same, other = (impute(mixture, X, method="draw", random_state=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other)[np.isnan(X)].mean() > 0.99
    fill = pickle.loads(pickle.dumps(imputer(mixture.components, np.dtype(np.float64), "draw", 0)))
    for n_threads in (1, 3):
        parts = ThreadEngine(n_threads).map(ArrayRows(X, missing="allow"), fill)
        np.testing.assert_array_equal(np.concatenate(list(parts)), one)


def test_blocks_have_draws_of_their_own():
    size = rows_per_block(D)
    draws = impute(mixture_of("full"), np.full((2 * size, D), nan), method="draw", random_state=0)
    assert not np.array_equal(draws[:size], draws[size:])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_row_far_from_every_component_is_filled_as_if_unknown(dtype):
    mixture = mixture_of("full")
    X = np.array([[np.finfo(dtype).max / 2, nan, nan, nan]], dtype)
    assert mixture.responsibilities(X).sum() == 0
    filled = impute(mixture, X)
    assert np.isfinite(filled).all()


def test_estimators_impute_frames_and_files(need, tmp_path):
    pandas = need("pandas")
    random = np.random.default_rng(0)
    X = random.normal(size=(300, 2)) @ [[1.0, 2.0], [0.0, 0.5]]
    X[random.random(X.shape) < 0.2] = nan
    frame = pandas.DataFrame(X, columns=["a", "b"])
    path = tmp_path / "table.parquet"
    frame.to_parquet(path)
    gm = GaussianMixture(random_state=0, tol=1e-9, max_iter=500).fit(frame)
    filled = gm.impute(frame)
    assert isinstance(filled, np.ndarray)
    np.testing.assert_array_equal(filled, impute(gm.mixture_, X))
    np.testing.assert_allclose(gm.impute(path), filled, rtol=1e-12)
    np.testing.assert_array_equal(gm.impute(frame, method="draw"), gm.impute(frame, method="draw"))
    np.testing.assert_array_equal(
        gm.impute(frame, method="draw"), impute(gm.mixture_, X, method="draw", random_state=0)
    )
    # What is missing in b is the regression on a.
    slope = gm.covariances_[0, 0, 1] / gm.covariances_[0, 0, 0]
    row = np.flatnonzero(np.isnan(X[:, 1]) & ~np.isnan(X[:, 0]))[0]
    np.testing.assert_allclose(filled[row, 1], gm.means_[0, 1] + slope * (X[row, 0] - gm.means_[0, 0]), rtol=1e-12)
    bayesian = BayesianGaussianMixture(random_state=0).fit(X)
    np.testing.assert_allclose(bayesian.impute(X), filled, atol=0.1)


def test_dask(need):
    da = need("dask.array")
    X = np.random.default_rng(0).normal(size=(500, 2))
    X[::7, 1] = nan
    gm = GaussianMixture(random_state=0).fit(X)
    np.testing.assert_allclose(gm.impute(da.from_array(X, chunks=(123, 2))), gm.impute(X), rtol=1e-12)


def test_what_cannot_be_imputed():
    mixture = mixture_of("full")
    with pytest.raises(ValueError, match=r"method must be 'mean' or 'draw', not 'median'"):
        impute(mixture, table(), method="median")
    with pytest.raises(ColumnError, match="the rows have 3 columns, and the mixture 4"):
        impute(mixture, np.zeros((2, 3)))
    with pytest.raises(InfiniteValuesError, match="row 1"):
        impute(mixture, [[nan, 0, 0, 0], [0, np.inf, 0, nan]])
