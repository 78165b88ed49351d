"""`GaussianMixture(regularization="relative")`: reg_covar in parts of the variance of each column."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from mixtura import GaussianMixture
from mixtura.distributions.shapes import SHAPES as SHAPE_CLASSES
from mixtura.engines import ThreadEngine
from mixtura.intake.sample import take_sample
from mixtura.intake.table import Table
from mixtura.mixtures.em.expectation import Expectation
from mixtura.mixtures.em.initialize import divide, model_of
from mixtura.mixtures.em.loop import best_fit
from mixtura.mixtures.em.starts import better_fit
from mixtura.mixtures.em.updates import MaximumLikelihood
from mixtura.rows import ArrayRows

SHAPES = ["full", "tied", "diag", "spherical"]


def table(n_rows=300, seed=0):
    random = np.random.default_rng(seed)
    centers = np.array([[0.0, 0.0, 0.0], [4.0, 1.0, -3.0], [0.0, 5.0, 3.0]])
    return centers[random.integers(3, size=n_rows)] + random.normal(size=(n_rows, 3))


def fitted(X, **settings):
    settings = {"n_components": 3, "random_state": 0, "reg_covar": 1e-2, "regularization": "relative"} | settings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianMixture(**settings).fit(X)


@pytest.mark.parametrize("robust", [{}, {"trim": 0.1}, {"noise": True}, {"family": "t"}])
@pytest.mark.parametrize("shape", ["full", "tied", "diag"])
def test_units_do_not_matter(shape, robust):
    X, scales = table(), np.array([1000.0, 1.0, 1e-4])
    here, there = (fitted(Y, covariance_type=shape, **robust) for Y in (X, scales * X))
    np.testing.assert_array_equal(there.predict(scales * X), here.predict(X))
    np.testing.assert_allclose(there.predict_proba(scales * X), here.predict_proba(X), atol=1e-8)
    np.testing.assert_allclose(there.means_ / scales, here.means_, rtol=1e-7, atol=1e-7)
    assert there.n_iter_ == here.n_iter_


def test_absolute_regularisation_has_units():
    """A ridge that drowns a column in small units makes its groups one; in parts of its variance it does not."""
    random = np.random.default_rng(0)
    X = np.column_stack([np.repeat([0.0, 6.0], 150), np.zeros(300)]) + random.normal(size=(300, 2))
    small = np.array([1e-3, 1.0]) * X
    truth = np.repeat([0, 1], 150)

    def agreement(regularization):
        labels = fitted(small, n_components=2, regularization=regularization).predict(small)
        return max(np.mean(labels == truth), np.mean(labels != truth))

    assert agreement("relative") > 0.98
    assert agreement("absolute") < 0.7


@pytest.mark.parametrize("shape", SHAPES)
def test_the_ridge_is_the_part_of_the_variance(shape):
    """One component from all rows: the covariance of the table, and its variances once more in part."""
    X = table() * [1000.0, 1.0, 0.1]
    gm = fitted(X, n_components=1, covariance_type=shape, reg_covar=0.25)
    covariance = np.cov(X.T, ddof=0)
    expected = {
        "full": (covariance + 0.25 * np.diag(X.var(axis=0)))[None],
        "tied": covariance + 0.25 * np.diag(X.var(axis=0)),
        "diag": 1.25 * X.var(axis=0)[None],
        "spherical": [1.25 * X.var(axis=0).mean()],
    }[shape]
    np.testing.assert_allclose(gm.covariances_, expected, rtol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_weights_count_in_the_variances(shape):
    X, weights = table(), np.random.default_rng(0).integers(0, 4, size=300)
    settings = {"n_components": 1, "covariance_type": shape, "reg_covar": 0.3, "regularization": "relative"}
    weighted = GaussianMixture(**settings).fit(X, sample_weight=weights)
    repeated = GaussianMixture(**settings).fit(np.repeat(X, weights, axis=0))
    np.testing.assert_allclose(weighted.covariances_, repeated.covariances_, rtol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_ridge_is_the_plain_fit(shape):
    """Without a ridge both are the same update: from the same start the same bits."""
    X = table()
    precisions = {"full": [np.eye(3)] * 3, "tied": np.eye(3), "diag": np.ones((3, 3)), "spherical": np.ones(3)}[shape]
    start = {"weights_init": np.full(3, 1 / 3), "means_init": X[:3], "precisions_init": precisions}
    relative, absolute = (
        fitted(X, covariance_type=shape, reg_covar=0.0, regularization=kind, max_iter=5, **start)
        for kind in ("relative", "absolute")
    )
    assert relative.mixture_ == absolute.mixture_


@pytest.mark.parametrize("regularization", ["parts", None, 1])
def test_regularization_is_absolute_or_relative(regularization):
    with pytest.raises(ValueError, match="The 'regularization' parameter of GaussianMixture must be a str among"):
        GaussianMixture(regularization=regularization).fit(table())


EPSILON = np.finfo(np.float64).eps
LEVEL = {
    "equal": np.full(300, 3.0),
    "zero": np.zeros(300),
    "negative and large": np.full(300, -1e8),
    "not a binary fraction": np.full(300, 0.1),
    "last digits": 1 + EPSILON * (np.arange(300) % 3),
    "beyond squares": np.full(300, 1e-200),
    "spread beyond squares": 1e-160 * np.random.default_rng(0).normal(size=300),
    "with gaps": np.where(np.arange(300) % 3 == 0, np.nan, 5.0),
}


@pytest.mark.pairwise
@pytest.mark.parametrize("column", LEVEL)
@pytest.mark.parametrize("settings", [{}, {"family": "t"}, {"trim": 0.05}, {"reg_covar": 1e-6}])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_column_of_equal_values_has_a_floor_of_its_own(shape, settings, column):
    """It says nothing of the groups, which are those of the other columns."""
    X = table()
    settings = {"covariance_type": shape} | settings
    if shape == "spherical":  # one variance for all columns: those of the others are spread over one more
        settings |= {"reg_covar": 0.0}
    without, beside = fitted(X, **settings), fitted(np.column_stack([X, LEVEL[column]]), **settings)
    assert np.isfinite(beside.score_samples(np.column_stack([X, LEVEL[column]]))).all()
    labels, others = without.predict(X), beside.predict(np.column_stack([X, LEVEL[column]]))
    agreement = sum(np.mean((labels == k) & (others == np.bincount(others[labels == k]).argmax())) for k in range(3))
    assert agreement > 0.97


@pytest.mark.parametrize("shape", ["full", "tied", "diag"])
def test_the_floor_of_equal_values_is_a_part_of_their_square(shape):
    X = np.column_stack([table(), np.full(300, -4.0), np.zeros(300)])
    gm = fitted(X, n_components=1, covariance_type=shape, reg_covar=0.25)
    variances = np.diagonal(gm.mixture_.covariance.dense[0])
    np.testing.assert_allclose(variances, [*1.25 * X[:, :3].var(axis=0), 0.25 * 16, 0.25], rtol=1e-9)


def test_columns_of_equal_values_take_no_part_in_a_shared_variance_while_others_vary():
    X = np.column_stack([table(), np.full(300, 1e8)])
    gm = fitted(X, n_components=1, covariance_type="spherical", reg_covar=0.25)
    np.testing.assert_allclose(gm.covariances_, [1.25 * X.var(axis=0).mean()], rtol=1e-9)
    gm = fitted(np.full((20, 2), 3.0), n_components=1, covariance_type="spherical", reg_covar=0.25)
    np.testing.assert_allclose(gm.covariances_, [0.25 * 9], rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_tables_of_equal_rows(dtype):
    for shape in SHAPES:
        gm = fitted(np.full((20, 2), 0.1, dtype), n_components=1, covariance_type=shape)
        assert np.isfinite(gm.score_samples(np.full((3, 2), 0.1, dtype))).all()


def test_a_column_of_equal_values_does_not_stop_a_better_fit():
    """Its variance is what was added to it, however large that is in the units of the other columns."""
    random = np.random.default_rng(0)
    X = np.column_stack([table(), np.full(300, 1e8)])
    update = MaximumLikelihood(SHAPE_CLASSES["full"], np.array([1e-6, 1e-6, 1e-6, 1e10]))
    expect = Expectation(Table(ArrayRows(X), ThreadEngine(1)))
    sample = take_sample(Table(ArrayRows(X), ThreadEngine(1)), np.random.RandomState(0), 3)
    good = model_of(sample, divide(sample, 3, "kmeans", np.random.RandomState(0)), update)
    found = 0
    for _ in range(10):
        shares = random.dirichlet(np.ones(3), len(X))
        poor = best_fit(expect, [lambda shares=shares: model_of(sample, shares, update)], update, tol=1, max_iter=2)
        found += better_fit(expect, poor, good, update, tol=1e-3, max_iter=100) is not poor
    assert found == 10
