"""Factor-analytic covariances."""

import copy
import pickle

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mixtura import Factor, Full, Mixture
from mixtura.distributions.missing import ObservedPasses
from mixtura.distributions.passes import Passes
from mixtura.distributions.shapes import CONJUGATE, SEARCHED, SHAPES
from mixtura.errors import SingularCovarianceError
from mixtura.rows import Block

K, D, Q = 3, 6, 2
RANDOM = np.random.default_rng(3)
LOADINGS = RANDOM.normal(size=(K, D, Q))
VARIANCES = RANDOM.uniform(0.2, 2.0, (K, D))
WEIGHTS, MEANS = np.array([0.5, 0.2, 0.3]), RANDOM.normal(size=(K, D))


@pytest.fixture(scope="module")
def covariance():
    return Factor.of_loadings(LOADINGS, VARIANCES)


@pytest.fixture(scope="module")
def matrices(covariance):
    return Full(covariance.dense, K, D)


@pytest.fixture(scope="module")
def mixture(covariance):
    return Mixture(WEIGHTS, MEANS, covariance)


@pytest.fixture(scope="module")
def rows(mixture):
    return mixture.sample(500, 0)[0]


def test_it_is_a_shape_that_no_search_tries_unasked():
    assert SHAPES["factor"] is Factor
    assert "factor" not in CONJUGATE
    assert "factor" not in SEARCHED
    assert len(SEARCHED) == len(SHAPES) - 1


def test_a_shape_has_so_many_factors(covariance):
    assert type(covariance) is Factor.with_factors(Q) is Factor.with_factors(2)
    assert covariance.n_factors == Q
    assert isinstance(covariance, Factor)
    assert Factor.with_factors(1) is Factor


def test_values_are_what_is_unique_and_loadings(covariance):
    np.testing.assert_array_equal(covariance.uniquenesses, VARIANCES)
    np.testing.assert_array_equal(covariance.loadings, LOADINGS)
    expected = LOADINGS @ LOADINGS.transpose(0, 2, 1) + np.stack([np.diag(each) for each in VARIANCES])
    np.testing.assert_allclose(covariance.dense, expected)
    np.testing.assert_allclose(covariance.variances, np.diagonal(expected, axis1=1, axis2=2))


def test_parameters_are_those_that_no_rotation_of_the_factors_changes():
    for d, q in ((10, 1), (10, 3), (200, 5)):
        assert Factor.with_factors(q).n_parameters(4, d) == 4 * (d * q - q * (q - 1) // 2 + d)
    # More factors than columns can tell apart are a matrix.
    for d, q in ((1, 1), (2, 1), (3, 5)):
        assert Factor.with_factors(q).n_parameters(4, d) == Full.n_parameters(4, d)


def test_half_log_precision(covariance):
    _, log_determinants = np.linalg.slogdet(covariance.dense)
    np.testing.assert_allclose(covariance.half_log_precision, -log_determinants / 2)


def test_precisions_are_a_diagonal_less_a_product(covariance):
    inverses, products = covariance.precisions[..., 0], covariance.precisions[..., 1:]
    dense = inverses[:, :, None] * np.eye(D) - products @ products.transpose(0, 2, 1)
    np.testing.assert_allclose(dense @ covariance.dense, np.tile(np.eye(D), (K, 1, 1)), atol=1e-12)
    factor = covariance.precision_cholesky
    np.testing.assert_allclose(factor @ factor.transpose(0, 2, 1), dense, atol=1e-12)


def test_back_from_precisions(covariance):
    back = type(covariance).from_precisions(covariance.precisions, K, D)
    np.testing.assert_allclose(back.values, covariance.values, rtol=1e-10)
    assert covariance.precision_fault(covariance.precisions) is None
    wrong = covariance.precisions.copy()
    wrong[1, :, 1:] *= 5
    assert covariance.precision_fault(wrong) == "positive definite"
    wrong[1, 2, 0] = -1
    assert covariance.precision_fault(wrong) == "positive"


def test_select_given_and_regression_are_those_of_matrices(covariance, matrices):
    np.testing.assert_allclose(covariance.select([2, 0]).dense, matrices.select([2, 0]).dense)
    for known in ([0, 2], [], [1, 3, 4, 5]):
        kept = [j for j in range(D) if j not in known]
        np.testing.assert_allclose(covariance.given(kept, known).dense, matrices.given(kept, known).dense, atol=1e-12)
        slopes, rest = covariance.regression(np.array(kept), np.array(known, np.int64))
        expected_slopes, expected_rest = matrices.regression(np.array(kept), np.array(known, np.int64))
        np.testing.assert_allclose(slopes, expected_slopes, atol=1e-12)
        np.testing.assert_allclose(rest.dense, expected_rest.dense, atol=1e-12)


def test_repeat_and_replace(covariance):
    repeated = covariance.repeat(np.array([0, 0, 2, 1]))
    np.testing.assert_array_equal(repeated.dense, covariance.dense[[0, 0, 2, 1]])
    other = covariance.repeat(np.array([2, 2, 2]))
    replaced = covariance.replace(np.array([False, True, False]), other)
    np.testing.assert_array_equal(replaced.dense, covariance.dense[[0, 2, 2]])


def test_no_unique_variance_is_below_the_least(covariance):
    raised = covariance.at_least(np.full(D, 0.7))
    assert raised.uniquenesses.min() == 0.7
    np.testing.assert_array_equal(raised.loadings, covariance.loadings)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies_are_read_only_and_of_the_same_shape(covariance, copied):
    other = copied(covariance)
    assert type(other) is type(covariance)
    np.testing.assert_array_equal(other.values, covariance.values)
    assert not other.values.flags.writeable


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_densities_are_those_of_normal_distributions(mixture, rows, dtype):
    parts = [
        multivariate_normal(mean, each).logpdf(rows) for mean, each in zip(MEANS, mixture.covariance.dense, strict=True)
    ]
    expected = np.logaddexp.reduce(np.log(WEIGHTS)[:, None] + np.stack(parts), axis=0)
    np.testing.assert_allclose(
        mixture.log_density(rows.astype(dtype)), expected, rtol=1e-5 if dtype == np.float32 else 1e-12
    )


def test_a_column_that_the_factors_all_but_give_costs_no_digits():
    """The squared distance is a sum: a difference of squares would lose all digits of single precision."""
    loadings = np.array([[[1000.0], [2000.0], [500.0]]])
    mixture = Mixture([1.0], np.zeros((1, 3)), Factor.of_loadings(loadings, np.full((1, 3), 1.0)))
    X = mixture.sample(200, 0)[0].astype(np.float32)
    expected = mixture.log_density(X.astype(np.float64))
    np.testing.assert_allclose(mixture.log_density(X), expected, rtol=1e-3, atol=1e-2)


def test_samples_have_the_moments(mixture):
    X, labels = mixture.sample(200_000, 1)
    for k in range(K):
        part = X[labels == k]
        np.testing.assert_allclose(part.mean(axis=0), MEANS[k], atol=0.05)
        np.testing.assert_allclose(np.cov(part.T), mixture.covariance.dense[k], atol=0.12)


def test_marginal_conditional_and_regression_are_those_of_matrices(mixture, matrices, rows):
    dense = Mixture(WEIGHTS, MEANS, matrices)
    assert isinstance(mixture.marginal([3, 1]).covariance, Factor)
    np.testing.assert_allclose(
        mixture.marginal([3, 1]).log_density(rows[:, [3, 1]]), dense.marginal([3, 1]).log_density(rows[:, [3, 1]])
    )
    mine, theirs = (each.conditional([0, 4], [0.3, -1.0]) for each in (mixture, dense))
    np.testing.assert_allclose(mine.weights, theirs.weights)
    np.testing.assert_allclose(mine.means, theirs.means)
    np.testing.assert_allclose(mine.covariance.dense, theirs.covariance.dense, atol=1e-12)
    np.testing.assert_allclose(
        mixture.regress([0, 1], rows[:5, :2]).covariance, dense.regress([0, 1], rows[:5, :2]).covariance, atol=1e-12
    )


def with_holes(rows):
    holed = rows.copy()
    holed[np.random.default_rng(4).random(rows.shape) < 0.3] = np.nan
    return holed


def test_rows_with_missing_values_have_the_densities_and_imputations_of_matrices(mixture, matrices, rows):
    dense, holed = Mixture(WEIGHTS, MEANS, matrices), with_holes(rows)
    np.testing.assert_allclose(mixture.log_density(holed), dense.log_density(holed))
    np.testing.assert_allclose(mixture.impute(holed), dense.impute(holed), atol=1e-12)


def test_moments_of_rows_with_missing_values_are_the_expected_ones(mixture, matrices, rows):
    """Those of matrices, of which the shape keeps the diagonal and the products with the factors."""
    block = Block(with_holes(rows), np.random.default_rng(5).uniform(size=len(rows)), 0)
    found = ObservedPasses(mixture.components, np.float64).summarise(block)
    dense = ObservedPasses(Mixture(WEIGHTS, MEANS, matrices).components, np.float64).summarise(block)
    second = Full.unpacked(dense.second, D)
    slopes = mixture.covariance.factor_slopes
    np.testing.assert_allclose(found.first, dense.first, atol=1e-10)
    np.testing.assert_allclose(found.second[..., 0], np.diagonal(second, axis1=1, axis2=2), rtol=1e-10)
    np.testing.assert_allclose(found.second[..., 1:], second @ slopes.transpose(0, 2, 1), atol=1e-10)


def test_an_estimate_does_not_depend_on_where_moments_are_centred(mixture, rows):
    moments = Passes(mixture.components, np.float64).summarise(Block(rows, None, 0))
    shares = mixture.responsibilities(rows)
    counts, shift = moments.counts, moments.first / moments.counts[:, None]
    found = mixture.covariance.estimate(counts, counts, shift, moments.second, np.zeros(D), mixture.covariance)
    slopes = mixture.covariance.factor_slopes
    for k in range(K):
        scatter = np.cov(rows.T, aweights=shares[:, k], ddof=0)
        inner = np.eye(Q) - slopes[k] @ LOADINGS[k] + slopes[k] @ scatter @ slopes[k].T
        loadings = scatter @ slopes[k].T @ np.linalg.inv(inner)
        np.testing.assert_allclose(found.loadings[k], loadings, rtol=1e-9)
        np.testing.assert_allclose(
            found.uniquenesses[k], np.diagonal(scatter - loadings @ slopes[k] @ scatter), rtol=1e-9
        )


@pytest.mark.parametrize("q", [1, 3])
def test_a_start_has_the_variances_of_the_rows(rows, q):
    shape, means = Factor.with_factors(q), rows.mean(axis=0)[None]
    start = shape.estimate(
        np.array([500.0]),
        np.array([500.0]),
        np.zeros((1, D)),
        shape.scatter(rows, np.ones((500, 1)), means),
        np.zeros(D),
    )
    np.testing.assert_allclose(start.variances[0], rows.var(axis=0))
    assert (start.uniquenesses > 0).all()


def test_a_start_from_one_row_has_factors_to_go_on_with():
    shape, ridge = Factor.with_factors(2), np.full(D, 1e-4)
    none = shape.scatter(np.ones((1, D)), np.ones((1, 1)), np.ones((1, D)))
    start = shape.estimate(np.ones(1), np.ones(1), np.zeros((1, D)), none, ridge)
    assert np.linalg.matrix_rank(start.loadings[0]) == 2
    assert np.abs(start.loadings).max() <= 1e-2


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([[[1.0, 1.0], [-2.0, 1.0]]], "component 0 must be from .* and one is -2"),
        ([[[1.0, 1.0], [0.0, 1.0]]], "component 0 must be from .* and one is 0"),
    ],
)
def test_unique_variances_are_positive(values, sentence):
    with pytest.raises(SingularCovarianceError, match=sentence):
        Factor(values, 1, 2)


def test_singular():
    with pytest.raises(SingularCovarianceError, match="component 1 has a variance of 0"):
        Factor.unchecked([[[1.0, 1.0]], [[0.0, 1.0]]], 2, 1).check_invertible()
    with pytest.raises(SingularCovarianceError, match="component 0 has a variance of nan"):
        Factor.unchecked([[[1.0, np.nan]]], 1, 1).check_invertible()


def test_wrong_shape():
    with pytest.raises(ValueError, match=r"factor covariances of 2 components and 3 features have shape \(2, 3, 3\)"):
        Factor(np.ones((2, 4, 3)), 2, 3)
