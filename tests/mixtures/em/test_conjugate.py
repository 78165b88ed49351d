"""Wishart distributions of precisions, against SciPy's."""

import numpy as np
import pytest
from scipy.stats import chi2, invgamma, invwishart, wishart

from mixtura.distributions.shapes import CONJUGATE, SHAPES, Tied
from mixtura.mixtures.em.conjugate import NormalWishart, Precisions, mean_divergence, prior_scale, shrunken
from mixtura.statistics.moments import Moments

K, D = 3, 4

random = np.random.default_rng(0)
ROOTS = random.normal(size=(K + 1, D, D))
MATRICES = ROOTS @ ROOTS.transpose(0, 2, 1) + np.eye(D)
DEGREES = np.array([5.5, 40.0, 7.0])


def values_of(name, matrices):
    """Covariances in the layout of a shape."""
    diagonals = np.diagonal(matrices, axis1=1, axis2=2)
    return {"full": matrices, "tied": matrices[0], "diag": diagonals, "spherical": diagonals.mean(axis=1)}[name]


def prior_of(name):
    values = values_of(name, MATRICES[-1:])
    return NormalWishart(np.arange(D) / D, 0.3, 4.5, values if name == "tied" else values[0])


def wisharts_of(name, degrees, covariance):
    """SciPy's distributions of the precisions whose expectations are the inverses of covariances in a layout."""
    if name == "full":
        pairs = list(zip(degrees, covariance, strict=True))
    elif name == "tied":
        pairs = [(degrees.sum(), covariance)]
    elif name == "diag":
        pairs = [(n, value) for n, row in zip(degrees, covariance, strict=True) for value in row]
    else:
        pairs = [(D * n, value) for n, value in zip(degrees, covariance, strict=True)]
    return [wishart(df, np.linalg.inv(df * np.atleast_2d(matrix))) for df, matrix in pairs]


def expected_log_determinant(distribution):
    """By Bartlett's decomposition: the squares of the diagonal of the Cholesky factor are chi-squared."""
    scale = np.atleast_2d(distribution.scale)
    logs = [chi2(distribution.df - i).expect(np.log) for i in range(len(scale))]
    return np.linalg.slogdet(scale)[1] + sum(logs)


def log_normaliser(distribution):
    """Log density of the identity, less what depends on the precision."""
    scale = np.atleast_2d(distribution.scale)
    return distribution.logpdf(np.eye(len(scale))) + np.trace(np.linalg.inv(scale)) / 2


def expected_log_density(distribution, under):
    """Expectation of the log density of one Wishart distribution under another one."""
    scale = np.atleast_2d(distribution.scale)
    return (
        log_normaliser(distribution)
        + (distribution.df - len(scale) - 1) / 2 * expected_log_determinant(under)
        - np.trace(np.linalg.solve(scale, under.df * np.atleast_2d(under.scale))) / 2
    )


@pytest.fixture(params=CONJUGATE)
def name(request):
    return request.param


def test_divergence_is_scipys(name):
    prior, covariance = prior_of(name), SHAPES[name](values_of(name, MATRICES[:K]), K, D)
    posteriors = wisharts_of(name, DEGREES, covariance.values)
    mean = prior.covariance / prior.degrees_of_freedom
    before = np.broadcast_to(mean, covariance.values.shape)
    priors = wisharts_of(name, np.full(K, prior.degrees_of_freedom), before)
    pairs = zip(posteriors, priors, strict=True)
    expected = sum(-float(q.entropy()) - expected_log_density(p, q) for q, p in pairs)
    found = Precisions(SHAPES[name], K, D).divergence(DEGREES, covariance, prior)
    assert found == pytest.approx(expected, rel=1e-7)


def test_divergence_from_itself_is_zero(name):
    prior = prior_of(name)
    values = np.broadcast_to(prior.covariance / prior.degrees_of_freedom, SHAPES[name].shape(K, D))
    found = Precisions(SHAPES[name], K, D).divergence(np.full(K, 4.5), SHAPES[name](values, K, D), prior)
    assert found == pytest.approx(0, abs=1e-12)


def test_expected_log_determinants(name):
    """Of matrices themselves, of the columns together, and of as many equal columns."""
    covariance = SHAPES[name](values_of(name, MATRICES[:K]), K, D)
    logs = np.array([expected_log_determinant(q) for q in wisharts_of(name, DEGREES, covariance.values)])
    together = logs.reshape(-1, D if name == "diag" else 1).sum(axis=1)
    expected = np.broadcast_to(D * together if name == "spherical" else together, K)
    gaps = Precisions(SHAPES[name], K, D).log_determinant_gaps(DEGREES)
    np.testing.assert_allclose(gaps + 2 * covariance.half_log_precision, expected, rtol=1e-7)


def test_trace_with_a_ridge(name):
    covariance, ridge = SHAPES[name](values_of(name, MATRICES[:K]), K, D), np.array([0.1, 0.0, 2.0, 3.0])
    expected = [np.trace(np.diag(ridge) @ np.linalg.inv(matrix)) for matrix in covariance.dense]
    found = Precisions(SHAPES[name], K, D).ridge_traces(covariance.precisions, ridge)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_divergence_of_means(name):
    """Against the divergence of normal distributions at one precision: it is linear in the precision."""
    prior, covariance = prior_of(name), SHAPES[name](values_of(name, MATRICES[:K]), K, D)
    means, precision = np.random.default_rng(1).normal(size=(K, D)), np.array([0.3, 4.0, 50.0])
    expected = 0.0
    for mean, beta, matrix in zip(means, precision, covariance.dense, strict=True):
        before, after, away = matrix / prior.mean_precision, matrix / beta, mean - prior.mean
        expected += np.trace(np.linalg.solve(before, after)) + away @ np.linalg.solve(before, away) - D
        expected += np.linalg.slogdet(before)[1] - np.linalg.slogdet(after)[1]
    assert mean_divergence(precision, means, covariance, prior) == pytest.approx(expected / 2, rel=1e-12)


def test_inverse_density_is_scipys(name):
    covariance, degrees = SHAPES[name](values_of(name, MATRICES[:K]), K, D), 4.5
    scale = prior_of(name).covariance
    if name in ("full", "tied"):
        matrices = covariance.values if name == "full" else covariance.values[None]
        expected = sum(invwishart(degrees, scale).logpdf(matrix) for matrix in matrices)
    else:
        expected = invgamma(degrees / 2, scale=scale / 2).logpdf(covariance.values).sum()
    found = Precisions(SHAPES[name], K, D).inverse_log_density(covariance, degrees, scale)
    assert found == pytest.approx(expected, rel=1e-12)


def test_prior_rows_count_like_rows(name):
    """Means and scatter are those of a table in which each component has more rows at the prior mean."""
    X, shares = random.normal(3, 2, (30, D)), random.dirichlet(np.ones(K), 30) * [1.0, 1.0, 0.0]
    shape, mean, precision, centers = SHAPES[name], np.arange(D), 0.7, X[:K]
    first = np.stack([share @ (X - center) for share, center in zip(shares.T, centers, strict=True)])
    moments = Moments(centers, 30.0, 0.0, shares.sum(axis=0), first, shape.scatter(X, shares, centers))
    more, heavier = np.vstack([X, mean]), np.vstack([shares, np.full(K, precision)])
    expected = heavier.T @ more / heavier.sum(axis=0)[:, None]
    means, scatter = shrunken(shape, moments, mean, precision)
    np.testing.assert_allclose(means, expected, rtol=1e-12)
    packed = shape.scatter(more, heavier, expected)
    np.testing.assert_allclose(scatter, shape.unpacked(packed, D), rtol=1e-10, atol=1e-10)
    np.testing.assert_array_equal(means[2], mean)


def test_shapes_agree_on_one_column():
    """All four are the same gamma distribution there."""
    covariances = {"full": [[[2.0]]], "tied": [[2.0]], "diag": [[2.0]], "spherical": [2.0]}
    scales = {"full": [[3.0]], "tied": [[3.0]], "diag": [3.0], "spherical": 3.0}
    found = [
        Precisions(SHAPES[name], 1, 1).divergence(
            np.array([9.0]), SHAPES[name](values, 1, 1), NormalWishart(np.zeros(1), 1.0, 2.0, np.array(scales[name]))
        )
        for name, values in covariances.items()
    ]
    np.testing.assert_allclose(found, found[0], rtol=1e-13)


def test_tied_prior_counts_once_a_component():
    np.testing.assert_allclose(prior_scale(Tied, prior_of("tied"), K), K * MATRICES[-1])
