"""`Mixture`, the frozen value."""

import copy
import dataclasses
import pickle

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from mixtura.distributions.mixture import Mixture
from mixtura.distributions.shapes import SHAPES, Diagonal, Full, Spherical, Tied
from mixtura.errors import DataError
from problems import one_factor

WEIGHTS = [0.2, 0.5, 0.3]


def mixture_of(shape, n_features=3, seed=0):
    random = np.random.default_rng(seed)
    root = random.normal(size=(3, n_features, n_features))
    matrices = root @ root.transpose(0, 2, 1) + np.eye(n_features)
    values = {
        "full": matrices,
        "tied": matrices[0],
        "diag": random.uniform(0.5, 3, (3, n_features)),
        "spherical": random.uniform(0.5, 3, 3),
        "factor": one_factor(matrices),
    }[shape]
    return Mixture(WEIGHTS, 3 * random.normal(size=(3, n_features)), SHAPES[shape](values, 3, n_features))


@pytest.fixture(params=SHAPES)
def mixture(request):
    return mixture_of(request.param)


def component_log_densities(mixture, X):
    """Log densities of the components times their weights, by scipy."""
    dense = mixture.covariance.dense
    return np.stack(
        [
            np.log(weight) + multivariate_normal(mean, matrix).logpdf(X).reshape(len(X))
            for weight, mean, matrix in zip(mixture.weights, mixture.means, dense, strict=True)
        ],
        axis=1,
    )


def test_density_is_scipys(mixture):
    X = np.random.default_rng(1).normal(0, 5, (500, 3))
    expected = component_log_densities(mixture, X)
    np.testing.assert_allclose(mixture.log_density(X), logsumexp(expected, axis=1), rtol=1e-12)
    shares = np.exp(expected - logsumexp(expected, axis=1, keepdims=True))
    np.testing.assert_allclose(mixture.responsibilities(X), shares, rtol=1e-9, atol=1e-14)
    np.testing.assert_array_equal(mixture.labels(X), expected.argmax(axis=1))


def test_single_precision_is_close(mixture):
    X = np.random.default_rng(1).normal(0, 5, (500, 3))
    found = mixture.log_density(X.astype(np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, mixture.log_density(X), rtol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_density_integrates_to_one(shape):
    line = mixture_of(shape, n_features=1)
    total, _ = quad(lambda x: np.exp(line.log_density([[x]])[0]), -40, 40, points=line.means.ravel(), limit=200)
    assert total == pytest.approx(1, abs=1e-8)
    plane = mixture_of(shape, n_features=2, seed=3)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    grid = np.stack(np.meshgrid(20 * nodes, 20 * nodes), axis=-1).reshape(-1, 2)
    assert np.exp(plane.log_density(grid)) @ np.outer(20 * weights, 20 * weights).ravel() == pytest.approx(1, abs=1e-3)


def test_marginal_is_the_distribution_of_some_columns(mixture):
    X = np.random.default_rng(1).normal(0, 3, (50, 3))
    marginal = mixture.marginal([2, 0])
    dense = mixture.covariance.dense[:, [2, 0]][:, :, [2, 0]]
    expected = Mixture(WEIGHTS, mixture.means[:, [2, 0]], Full(dense, 3, 2))
    assert type(marginal.covariance) is type(mixture.covariance)
    np.testing.assert_allclose(marginal.log_density(X[:, [2, 0]]), expected.log_density(X[:, [2, 0]]), rtol=1e-12)
    assert mixture.marginal([0, 1, 2]) == mixture


@pytest.mark.parametrize("known", [[0], [2], [0, 2], [2, 1]])
def test_conditional_is_joint_over_marginal(mixture, known):
    random = np.random.default_rng(1)
    kept = [j for j in range(3) if j not in known]
    for _ in range(5):
        X = random.normal(0, 3, (20, 3))
        X[:, known] = X[0, known]
        conditional = mixture.conditional(known, X[0, known])
        expected = mixture.log_density(X) - mixture.marginal(known).log_density(X[:, known])
        np.testing.assert_allclose(conditional.log_density(X[:, kept]), expected, rtol=1e-9, atol=1e-9)


def test_conditional_far_from_every_component(mixture):
    conditional = mixture.conditional([0], [1e8])
    assert np.isfinite(conditional.means).all()
    assert conditional.weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("columns", [[], [0, 0], [3], [-1]])
def test_wrong_columns(mixture, columns):
    with pytest.raises(ValueError, match="columns must be different positions from 0 to 2"):
        mixture.marginal(columns)


def test_wrong_conditional(mixture):
    with pytest.raises(ValueError, match="2 columns are given, and 1 values"):
        mixture.conditional([0, 1], [3.0])
    with pytest.raises(ValueError, match="every column is known"):
        mixture.conditional([0, 1, 2], [3.0, 1.0, 2.0])


def test_sample_has_the_moments_of_the_mixture(mixture):
    n_rows = 200_000
    X, labels = mixture.sample(n_rows, np.random.RandomState(0))
    assert X.shape == (n_rows, 3)
    counts = np.bincount(labels)
    # Five standard errors of a frequency, a mean, a variance and a covariance.
    np.testing.assert_array_less(np.abs(counts / n_rows - WEIGHTS), 5 * np.sqrt(0.25 / n_rows))
    for component, count in enumerate(counts):
        rows, covariance = X[labels == component], mixture.covariance.dense[component]
        variances = np.diagonal(covariance)
        np.testing.assert_array_less(
            np.abs(rows.mean(axis=0) - mixture.means[component]), 5 * np.sqrt(variances / count)
        )
        error = np.sqrt((covariance**2 + np.outer(variances, variances)) / count)
        np.testing.assert_array_less(np.abs(np.cov(rows.T) - covariance), 5 * error)


def test_sample_repeats_with_its_seed(mixture):
    first, second = (mixture.sample(10, np.random.RandomState(3)) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


@pytest.mark.parametrize(
    ("shape", "n_parameters"),
    # k - 1 weights, k d means, and k d (d + 1) / 2, d (d + 1) / 2, k d or k entries of covariances.
    [("full", 2 + 15 + 45), ("tied", 2 + 15 + 15), ("diag", 2 + 15 + 15), ("spherical", 2 + 15 + 3)],
)
def test_number_of_parameters(shape, n_parameters):
    assert mixture_of(shape, n_features=5).n_parameters == n_parameters


def test_frozen(mixture):
    with pytest.raises(dataclasses.FrozenInstanceError):
        mixture.weights = [1, 0, 0]
    for copied in (mixture, pickle.loads(pickle.dumps(mixture)), copy.deepcopy(mixture)):
        assert copied == mixture
        for array in (copied.weights, copied.means, copied.covariances):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0


def test_arguments_are_copied():
    means = np.zeros((1, 2))
    mixture = Mixture([1.0], means, Spherical([1.0], 1, 2))
    means[:] = 7
    assert not mixture.means.any()


def test_equality_is_of_values(mixture):
    same = Mixture(mixture.weights, mixture.means, mixture.covariance)
    assert same == mixture
    assert Mixture(mixture.weights[::-1], mixture.means, mixture.covariance) != mixture
    assert Mixture(mixture.weights, mixture.means + 1e-15, mixture.covariance) != mixture
    assert mixture != "a mixture"
    with pytest.raises(TypeError, match="unhashable"):
        hash(mixture)


def test_shapes_of_equal_values_differ():
    assert Mixture([1.0], [[0.0, 0.0]], Full([np.eye(2)], 1, 2)) != Mixture([1.0], [[0.0, 0.0]], Tied(np.eye(2), 1, 2))


@pytest.mark.parametrize(
    ("weights", "means", "sentence"),
    [
        ([1.0], [[0.0], [1.0]], "do not fit covariances of 2 components and 1 features"),
        ([0.5, 0.5], [[0.0, 1.0], [1.0, 1.0]], "do not fit covariances"),
        ([0.5, 0.6], [[0.0], [1.0]], "sum to one, and their sum is 1.1"),
        ([-0.5, 1.5], [[0.0], [1.0]], "weights must be non-negative"),
        ([0.5, 0.5], [[np.nan], [1.0]], "must be finite"),
        ([np.nan, 0.5], [[0.0], [1.0]], "must be finite"),
        ([0.5, 0.5], [[np.inf], [1.0]], "must be finite"),
    ],
)
def test_wrong_parameters(weights, means, sentence):
    with pytest.raises(ValueError, match=sentence):
        Mixture(weights, means, Diagonal([[1.0], [1.0]], 2, 1))


def test_component_of_weight_zero_takes_no_part():
    lone = Mixture([1.0], [[1.0, 2.0]], Spherical([2.0], 1, 2))
    pair = Mixture([1.0, 0.0], [[1.0, 2.0], [0.0, 0.0]], Spherical([2.0, 1.0], 2, 2))
    X = np.random.default_rng(0).normal(size=(30, 2))
    np.testing.assert_array_equal(pair.log_density(X), lone.log_density(X))
    np.testing.assert_array_equal(pair.responsibilities(X), np.tile([1.0, 0.0], (30, 1)))
    assert not pair.labels(X).any()


def test_rows_of_one_dimension(mixture):
    with pytest.raises(ValueError, match=r"array of shape \(n_rows, 3\), .*, not of \(3,\)"):
        mixture.log_density([1.0, 2.0, 3.0])


NAN = np.nan


@pytest.mark.parametrize("method", ["log_density", "responsibilities", "labels", "pdf", "log_pdf", "impute"])
@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([[1.0, 2.0]], "columns?"),
        ([[1.0, NAN]], "columns?"),
        ([[1.0, 2.0, 3.0, NAN]], "columns?"),
        ([[1.0, 2.0, np.inf]], "row 0 has inf in column 2|infinite"),
        ([[NAN, 2.0, -np.inf]], "row 0 has -inf in column 2|infinite"),
        ([["a", "b", "c"]], "numbers"),
        ([[1j, 2, 3]], "numbers"),
    ],
)
def test_wrong_rows_are_named(mixture, method, rows, sentence):
    with pytest.raises(DataError, match=sentence):
        getattr(mixture, method)(rows)


@pytest.mark.parametrize("method", ["log_density", "responsibilities", "labels", "impute"])
def test_masked_values_are_missing(mixture, method):
    values = np.array([[1.0, 2.0, 3.0], [0.0, 1e6, 1.0], [1.0, 2.0, 1.0]])
    masked = np.ma.masked_array(values, values == 1e6)
    expected = getattr(mixture, method)(np.where(values == 1e6, NAN, values))
    np.testing.assert_array_equal(getattr(mixture, method)(masked), expected)


@pytest.mark.parametrize(
    "columns", [[True, False, False], [0.0], ["0"], 0, np.array([False, True, True]), [[0]], [1.7]]
)
@pytest.mark.parametrize("ask", ["marginal", "conditional", "regress"])
def test_columns_are_whole_numbers(mixture, columns, ask):
    with pytest.raises(ValueError, match="columns must be different positions from 0 to 2, whole numbers in a list"):
        mixture.marginal(columns) if ask == "marginal" else getattr(mixture, ask)(columns, [[1.0]])


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([NAN], "the value of column 1 is nan: leave the column out"),
        ([np.inf], "the value of column 1 is inf"),
        (np.ma.masked_array([1.0], [True]), "the value of column 1 is nan"),
        (["a"], "values must hold real numbers"),
    ],
)
def test_known_values_are_numbers(mixture, values, sentence):
    with pytest.raises(ValueError, match=sentence):
        mixture.conditional([1], values)


def test_seed_is_a_number_or_a_state(mixture):
    drawn, labels = mixture.sample(20, 7)
    again, _ = mixture.sample(20, np.random.RandomState(7))
    np.testing.assert_array_equal(drawn, again)
    assert mixture.sample(3)[0].shape == (3, 3)
    assert len(labels) == 20
    for wrong in (-1, 1.5, True, "3"):
        with pytest.raises(ValueError, match="n_rows must be a whole number from 0"):
            mixture.sample(wrong, 0)


def test_weights_sum_to_one():
    normal = Spherical([1.0, 1.0], 2, 1)
    with pytest.raises(ValueError, match=r"weights must be non-negative and sum to one, and their sum is 1\.00001"):
        Mixture([0.5, 0.50001], [[0.0], [1.0]], normal)
    for weights in ([0.5, 0.5 + 9e-9], np.array([0.3, 0.7], np.float32), np.float32([1 / 3, 2 / 3 + 1e-7])):
        assert len(Mixture(weights, [[0.0], [1.0]], normal).sample(100, 0)[0]) == 100


@pytest.mark.parametrize(
    ("weights", "means", "covariance", "sentence"),
    [
        (
            [1.0],
            [[0.0, 0.0]],
            np.eye(2),
            "covariance must be one of Full, Tied, Diagonal, .*not ndarray",
        ),
        (["a"], [[0.0, 0.0]], Spherical([1.0], 1, 2), "weights must be an array of real numbers"),
        ([True], [[0.0, 0.0]], Spherical([1.0], 1, 2), "weights must be an array of real numbers, not of bool"),
        ([1.0], [["0", "1"]], Spherical([1.0], 1, 2), "means must be an array of real numbers"),
        ([1.0], np.ma.masked_array([[0.0, 1.0]], [[True, False]]), Spherical([1.0], 1, 2), "means must not be masked"),
        ([1.0], [[0.0, NAN]], Spherical([1.0], 1, 2), "means must be finite, and hold nan"),
    ],
)
def test_what_a_mixture_is_made_of(weights, means, covariance, sentence):
    with pytest.raises(ValueError, match=sentence):
        Mixture(weights, means, covariance)


def test_other_distributions_are_mixtures(mixture):
    for distance in (mixture.hellinger, mixture.kullback_leibler):
        with pytest.raises(ValueError, match="must be a Mixture, such as mixture_ of a fitted estimator, not ndarray"):
            distance(np.eye(3))
