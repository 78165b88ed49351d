"""Mean and covariance of the whole mixture, against integration, samples and the laws of moments."""

import numpy as np
import pytest
from scipy.integrate import dblquad, quad

from mixtura.distributions.mixture import Mixture
from mixtura.distributions.noise import Noise
from mixtura.distributions.shapes import SHAPES, Full, Spherical
from mixtura.distributions.summaries import covariance, mean
from problems import one_factor


def mixture_of(shape, n_features):
    random = np.random.default_rng(n_features)
    root = random.normal(size=(2, n_features, n_features))
    matrices = root @ root.transpose(0, 2, 1) + np.eye(n_features)
    values = {"full": matrices, "tied": matrices[0], "diag": random.uniform(0.5, 2, (2, n_features))}
    values["factor"] = one_factor(matrices)
    form = SHAPES[shape](values.get(shape, np.array([0.7, 1.6])), 2, n_features)
    return Mixture([0.3, 0.7], random.normal(size=(2, n_features)), form)


def integral(function, mixture):
    """Integral of a function times the density of a mixture of one or two columns."""
    if mixture.n_features == 1:
        return quad(lambda x: function(x) * np.exp(mixture.log_density([[x]])[0]), -15, 15, limit=200)[0]
    nodes, weights = np.polynomial.legendre.leggauss(200)
    grid = np.stack(np.meshgrid(25 * nodes, 25 * nodes, indexing="ij"), axis=-1).reshape(-1, 2)
    return np.outer(25 * weights, 25 * weights).ravel() @ (function(*grid.T) * np.exp(mixture.log_density(grid)))


@pytest.mark.parametrize("shape", SHAPES)
def test_moments_of_one_column_are_integrals(shape):
    mixture = mixture_of(shape, 1)
    center = integral(lambda x: x, mixture)
    np.testing.assert_allclose(mean(mixture), [center], rtol=1e-7)
    np.testing.assert_allclose(covariance(mixture), [[integral(lambda x: (x - center) ** 2, mixture)]], rtol=1e-7)


@pytest.mark.parametrize("shape", SHAPES)
def test_moments_of_two_columns_are_integrals(shape):
    mixture = mixture_of(shape, 2)
    center = [integral(lambda x, y: x, mixture), integral(lambda x, y: y, mixture)]
    products = [integral(lambda x, y, f=f: f(x - center[0], y - center[1]), mixture) for f in PRODUCTS]
    np.testing.assert_allclose(mean(mixture), center, rtol=1e-7)
    np.testing.assert_allclose(covariance(mixture)[np.triu_indices(2)], products, rtol=1e-6)


PRODUCTS = (lambda a, b: a * a, lambda a, b: a * b, lambda a, b: b * b)


def test_the_rule_of_integration_above_is_that_of_scipy():
    mixture = mixture_of("full", 2)
    expected, _ = dblquad(lambda y, x: x * y * np.exp(mixture.log_density([[x, y]])[0]), -12, 12, -12, 12, epsabs=1e-4)
    assert integral(lambda x, y: x * y, mixture) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("shape", SHAPES)
def test_moments_of_three_columns_are_those_of_samples(shape):
    mixture = mixture_of(shape, 3)
    X, _ = mixture.sample(100_000, np.random.RandomState(0))
    np.testing.assert_allclose(mean(mixture), X.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(covariance(mixture), np.cov(X.T), atol=0.1)


@pytest.mark.parametrize("shape", SHAPES)
def test_moments_of_a_marginal_are_a_part_of_those_of_the_whole(shape):
    mixture = mixture_of(shape, 3)
    np.testing.assert_allclose(mean(mixture.marginal([2, 0])), mean(mixture)[[2, 0]], rtol=1e-14)
    np.testing.assert_allclose(
        covariance(mixture.marginal([2, 0])), covariance(mixture)[np.ix_([2, 0], [2, 0])], rtol=1e-14
    )


def test_far_from_zero_nothing_is_lost():
    far = Mixture([0.5, 0.5], [[1e9], [1e9 + 2]], Spherical([1.0, 1.0], 2, 1))
    assert mean(far) == 1e9 + 1
    assert covariance(far) == 2


def test_empty_components_do_not_count():
    mixture = Mixture([1.0, 0.0], [[1.0], [50.0]], Spherical([2.0, 9.0], 2, 1))
    assert mean(mixture) == 1
    assert covariance(mixture) == 2
    student = Mixture([1.0, 0.0], [[1.0], [50.0]], Spherical([2.0, 9.0], 2, 1), [4.0, 0.5])
    assert mean(student) == 1
    assert covariance(student) == pytest.approx(4)


def test_student_components_have_their_inflated_covariance():
    matrices = np.array([[[2.0, 0.5], [0.5, 1.0]], [[1.0, 0.0], [0.0, 3.0]]])
    student = Mixture([0.25, 0.75], [[0.0, 4.0], [4.0, 0.0]], Full(matrices, 2, 2), [3.0, 10.0])
    np.testing.assert_allclose(mean(student), [3, 1])
    between = 0.25 * 0.75 * np.outer([4, -4], [4, -4])
    np.testing.assert_allclose(covariance(student), 0.25 * 3 * matrices[0] + 0.75 * 1.25 * matrices[1] + between)


def test_student_moments_are_integrals():
    student = Mixture([0.25, 0.75], [[0.0], [4.0]], Spherical([2.0, 0.5], 2, 1), [9.0, 12.0])

    def moment(function):
        return quad(lambda x: function(x) * np.exp(student.log_density([[x]])[0]), -400, 400, points=[0, 4], limit=400)[
            0
        ]

    center = moment(lambda x: x)
    np.testing.assert_allclose(mean(student), [center], rtol=1e-8)
    np.testing.assert_allclose(covariance(student), [[moment(lambda x: (x - center) ** 2)]], rtol=1e-7)


def test_noise_counts_with_the_moments_of_its_box():
    noise = Noise(0.25, [-1.0, 2.0], [5.0, 4.0])
    noisy = Mixture([0.75], [[0.0, 0.0]], Full(np.eye(2)[None], 1, 2), noise=noise)
    np.testing.assert_allclose(mean(noisy), [0.5, 0.75])
    X, _ = noisy.sample(200_000, np.random.RandomState(0))
    np.testing.assert_allclose(covariance(noisy), np.cov(X.T), atol=0.03)
    np.testing.assert_allclose(
        covariance(noisy), 0.75 * np.eye(2) + 0.25 * np.diag([3, 1 / 3]) + 0.75 * 0.25 * np.outer([2, 3], [2, 3])
    )


def test_moments_that_do_not_exist_are_refused():
    heavy = Mixture([0.5, 0.5], [[0.0], [1.0]], Spherical([1.0, 1.0], 2, 1), [5.0, 2.0])
    assert mean(heavy) == 0.5
    with pytest.raises(ValueError, match="no covariance: component 1 has 2 degrees of freedom, and more than 2 are"):
        covariance(heavy)
    with pytest.raises(ValueError, match="no mean: component 0 has 1 degrees of freedom"):
        mean(Mixture([1.0], [[0.0]], Spherical([1.0], 1, 1), [1.0]))
