"""Gaussian mixture regression, against conditionals and integration."""

import numpy as np
import pytest
from scipy.integrate import quad

from mixtura.distributions.mixture import Mixture
from mixtura.distributions.noise import Noise
from mixtura.distributions.regression import regress
from mixtura.distributions.shapes import SHAPES, Full, Spherical
from mixtura.distributions.summaries import covariance, mean
from problems import one_factor


def mixture_of(shape, n_features):
    random = np.random.default_rng(n_features)
    root = random.normal(size=(3, n_features, n_features))
    matrices = root @ root.transpose(0, 2, 1) + np.eye(n_features)
    values = {"full": matrices, "tied": matrices[0], "diag": random.uniform(0.5, 2, (3, n_features))}
    values["factor"] = one_factor(matrices)
    form = SHAPES[shape](values.get(shape, np.array([0.7, 1.6, 1.0])), 3, n_features)
    return Mixture([0.3, 0.5, 0.2], 2 * random.normal(size=(3, n_features)), form)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("given", [[2], [3, 0], [1, 2, 0]])
def test_every_row_has_the_moments_of_its_conditional(shape, given):
    mixture = mixture_of(shape, 4)
    X = np.random.default_rng(0).normal(0, 3, (20, len(given)))
    found = regress(mixture, given, X)
    assert found.mean.shape == (20, 4 - len(given))
    for row, center, matrix in zip(X, found.mean, found.covariance, strict=True):
        conditional = mixture.conditional(given, row)
        np.testing.assert_allclose(center, mean(conditional), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(matrix, covariance(conditional), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_moments_are_integrals_over_the_density(shape):
    mixture = mixture_of(shape, 2)

    def moment(power, x):
        # Columns change places: the first is predicted from the second.
        return quad(lambda y: y**power * np.exp(mixture.log_density([[y, x]])[0]), -25, 25, limit=200, epsabs=1e-13)[0]

    for x in (-1.0, 0.4, 3.0):
        total, first, second = (moment(power, x) for power in range(3))
        found = regress(mixture, [1], [[x]])
        assert found.mean[0, 0] == pytest.approx(first / total, abs=1e-7)
        assert found.covariance[0, 0, 0] == pytest.approx(second / total - (first / total) ** 2, abs=1e-6)


def test_one_component_is_linear_regression():
    matrix = np.array([[2.0, 0.6, 0.2], [0.6, 1.0, -0.3], [0.2, -0.3, 1.5]])
    single = Mixture([1.0], [[1.0, 2.0, 3.0]], Full(matrix[None], 1, 3))
    X, _ = single.sample(200, np.random.RandomState(0))
    slope = np.linalg.solve(matrix[1:, 1:], matrix[1:, 0])
    found = regress(single, [1, 2], X[:, 1:])
    np.testing.assert_allclose(found.mean[:, 0], 1 + (X[:, 1:] - [2, 3]) @ slope, rtol=1e-12)
    np.testing.assert_allclose(found.covariance.ravel(), 2 - matrix[0, 1:] @ slope, rtol=1e-12)


def test_errors_of_prediction_have_the_variance_that_is_told():
    mixture = mixture_of("full", 3)
    X, _ = mixture.sample(40_000, np.random.RandomState(1))
    found = regress(mixture, [0], X[:, :1])
    error = X[:, 1:] - found.mean
    spread = np.sqrt(np.diagonal(found.covariance, axis1=1, axis2=2))
    np.testing.assert_allclose((error / spread).mean(axis=0), 0, atol=5 / 200)
    np.testing.assert_allclose(((error / spread) ** 2).mean(axis=0), 1, atol=0.04)


def test_empty_components_predict_nothing():
    full = mixture_of("full", 2)
    with_empty = Mixture([0.3, 0.7, 0.0], full.means, full.covariance)
    without = Mixture([0.3, 0.7], full.means[:2], Full(full.covariances[:2], 2, 2))
    found, expected = (regress(mixture, [0], [[0.5], [-2.0]]) for mixture in (with_empty, without))
    np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-14)
    np.testing.assert_allclose(found.covariance, expected.covariance, rtol=1e-14)


def test_no_rows_and_single_precision():
    mixture = mixture_of("full", 3)
    assert regress(mixture, [0, 1], np.empty((0, 2))).covariance.shape == (0, 1, 1)
    found = regress(mixture, [0, 1], np.array([[0.5, 0.25]], dtype=np.float32))
    np.testing.assert_array_equal(found.mean, regress(mixture, [0, 1], [[0.5, 0.25]]).mean)
    assert found.mean.dtype == np.float64


@pytest.mark.parametrize(
    ("given", "X", "message"),
    [
        ([0, 1], [[0.0, 0.0]], "every column is given"),
        ([2], [[0.0]], "columns must be different positions from 0 to 1"),
        ([], np.empty((1, 0)), "columns must be different positions"),
        ([0], [[0.0, 1.0]], r"X must have shape \(n_rows, 1\), a column for each one given, not \(1, 2\)"),
        ([0], [0.0], "X must have shape"),
        ([0], [[0.0], [np.nan]], "nan in row 1, column 0"),
        ([0], [[np.inf]], "inf in row 0, column 0"),
        ([0], [[0.0], [1e200]], "row 1 of X is too far away"),
    ],
)
def test_wrong_input_is_named(given, X, message):
    with pytest.raises(ValueError, match=message):
        regress(mixture_of("full", 2), given, X)


def test_only_normal_components_are_regressed():
    student = Mixture([1.0], [[0.0, 0.0]], Spherical([1.0], 1, 2), [4.0])
    noisy = Mixture([0.9], [[0.0, 0.0]], Spherical([1.0], 1, 2), noise=Noise(0.1, [0, 0], [1, 1]))
    with pytest.raises(ValueError, match="cannot give the regression of Student-t components"):
        regress(student, [0], [[0.0]])
    with pytest.raises(ValueError, match="cannot give the regression of a mixture with a noise component"):
        regress(noisy, [0], [[0.0]])
