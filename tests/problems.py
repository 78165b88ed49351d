"""Small mixtures to fit, with the rows they are fitted to."""

import numpy as np

from mixtura.distributions.mixture import Mixture
from mixtura.distributions.shapes import SHAPES
from mixtura.engines import owner_of
from mixtura.intake.table import Table
from mixtura.mixtures.em.conjugate import NormalWishart
from mixtura.mixtures.em.expectation import Expectation
from mixtura.mixtures.em.loop import Fit, run_em
from mixtura.mixtures.em.updates import MaximumLikelihood
from mixtura.statistics.moments import Moments


def three_groups(n_rows, dtype=np.float64):
    random = np.random.default_rng(0)
    centers = np.array([[0.0, 0.0, 0.0], [4.0, 0.0, 1.0], [0.0, 5.0, -2.0]])
    return (centers[random.integers(3, size=n_rows)] + random.normal(size=(n_rows, 3))).astype(dtype)


def one_factor(matrices):
    """The values of factor-analytic covariances with the variances and the longest axes of matrices."""
    eigenvalues, axes = np.linalg.eigh(matrices)
    loadings = axes[:, :, -1] * np.sqrt(eigenvalues[:, -1:] / 2)
    return np.stack([np.diagonal(matrices, axis1=1, axis2=2) - loadings**2, loadings], axis=2)


def rough_start(shape_name="full"):
    shape = SHAPES[shape_name]
    values = {"full": np.stack([4 * np.eye(3)] * 3), "tied": 4 * np.eye(3), "diag": np.full((3, 3), 4.0)}
    values["factor"] = np.stack([[[3.0, 1.0], [3.0, -1.0], [3.0, 0.5]]] * 3)
    covariance = shape(values.get(shape_name, np.full(3, 4.0)), 3, 3)
    return Mixture([0.2, 0.3, 0.5], [[1.0, 1.0, 0.0], [3.0, 1.0, 0.0], [1.0, 3.0, 0.0]], covariance)


def iterate(rows, engine, *, shape_name="full", max_iter=6, on_iteration=None):
    """Run EM for a fixed number of iterations."""
    update = MaximumLikelihood(SHAPES[shape_name], np.full(3, 1e-6))
    return run_em(
        Expectation(Table(rows, engine)),
        Fit(rough_start(shape_name)),
        update,
        tol=0.0,
        max_iter=max_iter,
        on_iteration=on_iteration,
    )


def assert_same_fit(fit, expected, rtol=1e-12):
    assert fit.n_iter == expected.n_iter
    np.testing.assert_allclose(fit.lower_bounds, expected.lower_bounds, rtol=rtol)
    for mine, theirs in (
        (fit.model.weights, expected.model.weights),
        (fit.model.means, expected.model.means),
        (fit.model.covariances, expected.model.covariances),
    ):
        # Entries near zero are sums of both signs: they agree relative to the largest.
        np.testing.assert_allclose(mine, theirs, rtol=rtol, atol=rtol * np.abs(theirs).max())


def normal_wishart(name, n_features, scale=1.0):
    """A prior of means and precisions that no symmetry simplifies."""
    root = np.random.default_rng(5).normal(size=(n_features, n_features))
    matrix = scale * (root @ root.T + np.eye(n_features))
    layouts = {"diag": np.diagonal(matrix), "spherical": np.diagonal(matrix).mean()}
    return NormalWishart(np.linspace(0.5, -1, n_features), 0.3, n_features + 0.5, np.array(layouts.get(name, matrix)))


def moments_of(shape, X, shares):
    """The moments of rows about points near their means, by definition."""
    centers = shares.T @ X / shares.sum(axis=0)[:, None] + 0.1
    first = np.stack([share @ (X - center) for share, center in zip(shares.T, centers, strict=True)])
    return Moments(centers, len(X), 0.0, shares.sum(axis=0), first, shape.scatter(X, shares, centers))


def open_dask(source, sample_weight=None, **options):
    """The rows of a Dask table, as the engine that owns it opens them."""
    owner = owner_of(source)
    assert owner is not None
    return owner.open(source, sample_weight, **options)


def assert_close(mine, expected, tolerance, scale=None):
    """Hold that arrays agree relative to `scale`, by default their largest entry: sums of both signs lose digits."""
    scale = np.abs(expected).max(initial=0) if scale is None else scale
    np.testing.assert_allclose(mine, expected, rtol=tolerance, atol=tolerance * scale)
