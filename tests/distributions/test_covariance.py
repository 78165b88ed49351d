"""Covariance shapes that follow from a scatter."""

import copy
import pickle

import numpy as np
import pytest

from mixtura.distributions.shapes import CONJUGATE, SHAPES, Diagonal, Full, Spherical, Tied
from mixtura.errors import SingularCovarianceError

K, D = 3, 4


def values_of(name):
    random = np.random.default_rng(0)
    root = random.normal(size=(K, D, D))
    matrices = root @ root.transpose(0, 2, 1) + np.eye(D)
    return {"full": matrices, "tied": matrices[1], "diag": random.uniform(1, 4, (K, D)), "spherical": [1.0, 2.0, 4.0]}[
        name
    ]


@pytest.fixture(params=CONJUGATE)
def covariance(request):
    return SHAPES[request.param](values_of(request.param), K, D)


def test_precisions_are_inverses(covariance):
    precisions = type(covariance)(covariance.precisions, K, D).dense
    np.testing.assert_allclose(covariance.dense @ precisions, np.tile(np.eye(D), (K, 1, 1)), atol=1e-12)


def test_cholesky_factor_of_the_precision(covariance):
    factor = covariance.precision_cholesky
    if factor.ndim >= 2 and factor.shape[-1] == factor.shape[-2]:
        np.testing.assert_allclose(factor @ np.swapaxes(factor, -1, -2), covariance.precisions)
        np.testing.assert_array_equal(np.triu(factor), factor)
    else:
        np.testing.assert_allclose(factor**2, covariance.precisions)


def test_half_log_precision(covariance):
    _, log_determinants = np.linalg.slogdet(covariance.dense)
    np.testing.assert_allclose(covariance.half_log_precision, -log_determinants / 2)


def test_back_from_precisions(covariance):
    back = type(covariance).from_precisions(covariance.precisions, K, D)
    np.testing.assert_allclose(back.values, covariance.values, rtol=1e-12)
    assert type(covariance).precision_fault(covariance.precisions) is None


def test_estimate_is_the_weighted_covariance(covariance):
    """From moments about centres that are not the means, as a pass has them."""
    shape = type(covariance)
    random = np.random.default_rng(1)
    X, shares = random.normal(size=(50, D)), random.dirichlet(np.ones(K), 50)
    centers = random.normal(size=(K, D))
    counts = shares.sum(axis=0)
    means = shares.T @ X / counts[:, None]
    found = shape.estimate(counts, counts, means - centers, shape.scatter(X, shares, centers), np.full(X.shape[1], 0.1))
    full = np.stack([np.cov(X.T, aweights=share, ddof=0) for share in shares.T])
    expected = {
        Full: full,
        Tied: np.average(full, axis=0, weights=counts),
        Diagonal: np.diagonal(full, axis1=1, axis2=2),
        Spherical: np.diagonal(full, axis1=1, axis2=2).mean(axis=1),
    }[shape]
    ridge = {Full: 0.1 * np.eye(D), Tied: 0.1 * np.eye(D)}.get(shape, 0.1)
    np.testing.assert_allclose(found.values, expected + ridge, rtol=1e-10, atol=1e-12)


def test_select_and_given(covariance):
    picked = covariance.select([2, 0])
    np.testing.assert_array_equal(picked.dense, covariance.dense[:, [2, 0]][:, :, [2, 0]])
    kept, known = [1, 3], [0, 2]
    conditional = covariance.given(kept, known)
    precisions = np.linalg.inv(covariance.dense)
    expected = np.linalg.inv(precisions[:, kept][:, :, kept])
    np.testing.assert_allclose(conditional.dense, expected, rtol=1e-10, atol=1e-12)


def test_repeat_and_replace(covariance):
    repeated = covariance.repeat(np.array([0, 0, 2, 1]))
    assert repeated.n_components == 4
    np.testing.assert_array_equal(repeated.dense, covariance.dense[[0, 0, 2, 1]])
    other = type(covariance)(np.asarray(covariance.values) * 2, K, D)
    replaced = covariance.replace(np.array([False, True, False]), other)
    factor = [1, 1, 1] if isinstance(covariance, Tied) else [1, 2, 1]
    np.testing.assert_array_equal(replaced.dense, covariance.dense * np.reshape(factor, (K, 1, 1)))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies_are_read_only(covariance, copied):
    other = copied(covariance)
    np.testing.assert_array_equal(other.values, covariance.values)
    assert not other.values.flags.writeable


def test_wrong_shape():
    with pytest.raises(ValueError, match=r"diag covariances of 2 components and 3 features have shape \(2, 3\)"):
        Diagonal(np.ones((3, 2)), 2, 3)


@pytest.mark.parametrize(
    ("covariance", "sentence"),
    [
        (Full.unchecked([np.eye(2), np.ones((2, 2))], 2, 2), r"Here component 1's covariance has rank 1 of 2\."),
        (Tied.unchecked(np.zeros((3, 3)), 2, 3), r"Here the shared covariance has rank 0 of 3\."),
        (Diagonal.unchecked([[1.0, 1.0], [1.0, -2.0]], 2, 2), r"Here component 1 has a variance of -2\."),
        (Spherical.unchecked([1.0, 0.0], 2, 2), r"Here component 1 has a variance of 0\."),
        (Full.unchecked([np.full((2, 2), np.nan)], 1, 2), r"Here component 0's covariance has rank 0 of 2\."),
        (Spherical.unchecked([np.nan], 1, 2), r"Here component 0 has a variance of nan\."),
    ],
)
def test_singular(covariance, sentence):
    with pytest.raises(
        SingularCovarianceError, match="ill-defined empirical covariance.*increase reg_covar.*" + sentence
    ):
        covariance.precision_cholesky  # noqa: B018  # asking for it raises


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: Full([np.eye(2), [[1, 0.5], [0.4, 1]]], 2, 2),
            "component 1's covariance must be symmetric, and has 0.5",
        ),
        (
            lambda: Full([np.eye(2) * 1e-12, [[1e-12, 0], [1e-13, 1e-12]]], 2, 2),
            "component 1's covariance must be symm",
        ),
        (lambda: Full([[[1, 2], [2, 1]]], 1, 2), "component 0's covariance must be positive definite.* is -1"),
        (lambda: Full([np.eye(2), np.ones((2, 2))], 2, 2), "component 1's covariance must be positive definite"),
        (
            lambda: Full([[[1, 0], [0, 0]]], 1, 2),
            "variances of component 0's covariance must be from 2e-247 to 4e.246, and one is 0",
        ),
        (lambda: Tied([[1, 2], [2, 1]], 3, 2), "the shared covariance must be positive definite"),
        (lambda: Tied([[1, 0.5], [0, 1]], 3, 2), "the shared covariance must be symmetric"),
        (lambda: Diagonal([[1, 1], [1, -1]], 2, 2), "variances of component 1 must be from .*, and one is -1"),
        (lambda: Spherical([1, 0], 2, 2), "variances of component 1 must be from .*, and one is 0"),
        (lambda: Spherical([1, 1e-300], 2, 2), "variances of component 1 must be from .*, and one is 1e-300"),
    ],
)
def test_what_is_made_is_symmetric_and_positive(make, sentence):
    with pytest.raises(SingularCovarianceError, match=sentence):
        make()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([np.nan, 1.0], "spherical covariances must be finite, and hold nan"),
        ([1.0, np.inf], "must be finite, and hold inf"),
        (["a", "b"], "must be an array of real numbers"),
        ([True, True], "must be an array of real numbers, not of bool"),
        ([1j, 1], "must be an array of real numbers, not of complex"),
        (np.ma.masked_array([1.0, 2.0], [False, True]), "must not be masked"),
    ],
)
def test_what_is_made_is_of_real_numbers(values, sentence):
    with pytest.raises(ValueError, match=sentence):
        Spherical(values, 2, 2)


def test_single_precision_is_symmetric_enough():
    random = np.random.default_rng(0)
    matrices = np.stack([np.cov(random.normal(size=(5, 20)) * [[1], [10], [1e3], [1e-3], [1]]) for _ in range(3)])
    assert Full(matrices.astype(np.float32), 3, 5).n_components == 3


@pytest.mark.parametrize("limit", [[1.0] * 4, [0.0, 4.0, 1.0, 0.0], [0.0] * 4, [9.0, 0.0, 0.0, 0.0]])
def test_at_least(covariance, limit):
    """No direction is narrower, nothing that was wide enough changes, and the likelihood is the highest there is."""
    limit = np.asarray(limit)
    wide = covariance.at_least(limit)
    assert np.linalg.eigvalsh(wide.dense - np.diag(limit)).min() >= -1e-9
    unlimited = np.linalg.eigvalsh(covariance.dense - np.diag(limit)).min(axis=1) >= 0
    np.testing.assert_array_equal(wide.dense[unlimited], covariance.dense[unlimited])
    if isinstance(covariance, (Full, Tied)):
        random = np.random.default_rng(0)
        for of, near in zip(covariance.dense, wide.dense, strict=True):
            best = _log_likelihood(of, near)
            for _ in range(50):
                root = np.linalg.cholesky(near - np.diag(limit) + 1e-9 * np.eye(D))
                other = root + 0.05 * random.normal(size=(D, D))
                assert _log_likelihood(of, other @ other.T + np.diag(limit)) <= best + 1e-6


def _log_likelihood(of, under):
    """Mean log density, twice and but for a constant, of rows of one covariance under another."""
    return -np.linalg.slogdet(under)[1] - np.trace(np.linalg.solve(under, of))
