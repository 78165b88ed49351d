import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtura.distributions.mixture import Mixture
from mixtura.distributions.passes import Passes
from mixtura.distributions.shapes import Diagonal, Full, Spherical, Tied
from mixtura.engines import ThreadEngine
from mixtura.mixtures.em.updates import MaximumLikelihood
from mixtura.rows import ArrayRows, Block
from mixtura.statistics.moments import Moments

SUMS = ("weight", "log_likelihood", "counts", "first", "second")


def covariance_of(shape, matrix, count):
    """Return the same covariance for every component, of a shape that can hold it."""
    d = len(matrix)
    values = {
        Full: np.stack([matrix] * count),
        Tied: matrix,
        Diagonal: np.stack([np.diagonal(matrix)] * count),
        Spherical: np.full(count, matrix[0, 0]),
    }[shape]
    return shape(values, count, d)


@st.composite
def cases(draw):
    """Draw a pass, and weighted rows for it."""
    shape = draw(st.sampled_from([Full, Tied, Diagonal, Spherical]))
    n_rows, d, count = draw(st.integers(1, 600)), draw(st.integers(1, 6)), draw(st.integers(1, 4))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mixture = Mixture(
        random.dirichlet(np.ones(count)),
        random.normal(size=(count, d)),
        covariance_of(shape, random.uniform(0.5, 2) * np.eye(d), count),
    )
    weights = random.uniform(size=n_rows) if draw(st.booleans()) else None
    return Passes(mixture.components, np.float64), 2 * random.normal(size=(n_rows, d)), weights


def block(X, weights, start=0, stop=None):
    part = slice(start, stop)
    return Block(X[part], None if weights is None else weights[part], start)


class Cut(ArrayRows):
    """An array in blocks of any size."""

    def __init__(self, X, weights, size):
        super().__init__(X, sample_weight=weights)
        self.size = size

    def blocks(self):
        for whole in super().blocks():
            for first in range(0, len(whole.values), self.size):
                yield block(whole.values, whole.weights, first, first + self.size)


def moments_of(passes, X, weights, size):
    return passes.moments(Cut(X, weights, size), ThreadEngine(1))


def assert_close(mine, expected, tolerance=1e-11):
    total = max(expected.weight, 1.0)
    for name in SUMS:
        one, other = np.asarray(getattr(mine, name)), np.asarray(getattr(expected, name))
        scale = max(total, np.abs(other).max(initial=0))
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance * scale, err_msg=name)


def assert_equal(mine, expected):
    for name in ("centers", *SUMS):
        np.testing.assert_array_equal(getattr(mine, name), getattr(expected, name), err_msg=name)


@given(cases())
def test_zero_is_the_identity(case):
    passes, X, weights = case
    moments = passes.summarise(block(X, weights))
    assert_equal(passes.zero + moments, moments)
    assert_equal(moments + passes.zero, moments)
    assert_equal(passes.zero + passes.zero, passes.zero)


@given(cases(), st.data())
def test_addition_is_associative_and_commutative(case, data):
    passes, X, weights = case
    first, second = sorted(data.draw(st.tuples(*[st.integers(0, len(X))] * 2)))
    a, b, c = (
        passes.summarise(block(X, weights, start, stop))
        for start, stop in ((0, first), (first, second), (second, None))
    )
    assert_close((a + b) + c, a + (b + c))
    assert_equal(a + b, b + a)


@given(cases(), st.integers(1, 700))
def test_the_sum_does_not_depend_on_the_size_of_blocks(case, size):
    passes, X, weights = case
    assert_close(
        moments_of(passes, X, weights, size), passes.moments(ArrayRows(X, sample_weight=weights), ThreadEngine(1))
    )


@given(cases(), st.integers(1, 700))
def test_the_sum_agrees_with_numpy_on_the_whole_array(case, size):
    passes, X, weights = case
    moments = moments_of(passes, X, weights, size)
    whole = Block(X, weights, 0)
    w = np.ones(len(X)) if weights is None else weights
    shares = w[:, None] * passes.responsibilities(whole)
    centers = moments.centers
    expected = Moments(
        centers,
        w.sum(),
        w @ passes.log_density(whole),
        shares.sum(axis=0),
        np.einsum("nk,nkd->kd", shares, X[:, None, :] - centers),
        passes.covariance.scatter(X, shares, centers),
    )
    assert_close(moments, expected)


def test_moments_about_different_centers_do_not_add():
    centers = np.zeros((2, 3))
    zero = Moments.zero(centers, (2, 3))
    assert_equal(zero + Moments.zero(centers.copy(), (2, 3)), zero)
    with pytest.raises(ValueError, match="different centres do not add"):
        zero + Moments.zero(centers + 1e-12, (2, 3))


MATRIX = np.array([[1.0, 0.3, -0.2], [0.3, 0.8, 0.1], [-0.2, 0.1, 1.5]])


def expected_covariance(shape, matrix):
    """Return what a shape keeps of a covariance matrix."""
    if shape is Diagonal:
        return np.diagonal(matrix)
    return np.trace(matrix) / len(matrix) if shape is Spherical else matrix


@pytest.mark.parametrize("size", [77, 20_000])
@pytest.mark.parametrize("shape", [Full, Tied, Diagonal, Spherical])
def test_an_offset_of_1e8_standard_deviations_costs_no_digits_of_the_covariance(shape, size):
    random = np.random.default_rng(0)
    X = 1e8 + random.multivariate_normal(np.zeros(3), MATRIX, size=20_000)
    # Centres a tenth of a standard deviation off, as after an iteration of EM.
    mixture = Mixture([1.0], X[:100].mean(axis=0)[None], covariance_of(shape, MATRIX, 1))
    fitted = MaximumLikelihood(shape, np.zeros(3))(
        moments_of(Passes(mixture.components, np.float64), X, None, size), mixture
    )
    expected = expected_covariance(shape, np.cov(X - X[0], rowvar=False, bias=True))
    np.testing.assert_allclose(fitted.covariances.reshape(np.shape(expected)), expected, rtol=1e-6)
    np.testing.assert_allclose(fitted.means[0] - 1e8, (X - 1e8).mean(axis=0), atol=1e-7)


@pytest.mark.parametrize("shape", [Full, Tied, Diagonal, Spherical])
def test_clusters_1e6_standard_deviations_apart_cost_no_digits_of_the_covariance(shape):
    random = np.random.default_rng(0)
    X = random.multivariate_normal(np.zeros(3), MATRIX, size=20_000)
    centered = np.concatenate([X[:5_000] - X[:5_000].mean(axis=0), X[5_000:] - X[5_000:].mean(axis=0)])
    X[:5_000] += [1e6, -1e6, 1e6]
    X[5_000:] -= [1e6, 1e6, 0]
    means = np.array([[1e6, -1e6, 1e6], [-1e6, -1e6, 0]]) + 0.1
    mixture = Mixture([0.5, 0.5], means, covariance_of(shape, MATRIX, 2))
    fitted = MaximumLikelihood(shape, np.zeros(3))(
        moments_of(Passes(mixture.components, np.float64), X, None, 999), mixture
    )
    parts = [centered] if shape is Tied else [centered[:5_000], centered[5_000:]]
    expected = np.stack([expected_covariance(shape, part.T @ part / len(part)) for part in parts])
    np.testing.assert_allclose(fitted.covariances.reshape(expected.shape), expected, rtol=1e-6)
