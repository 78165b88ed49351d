"""What holds for EM on any table."""

import warnings

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning

from mixtura import GaussianMixture
from mixtura.engines import ThreadEngine
from mixtura.intake.sample import take_sample
from mixtura.intake.table import Table
from mixtura.mixtures.em.initialize import merge_closest, split_widest
from mixtura.mixtures.em.updates import MaximumLikelihood
from mixtura.rows import ArrayRows

SHAPES = ["full", "tied", "diag", "spherical"]
METHODS = ["kmeans", "k-means++", "random", "random_from_data"]

laws = settings(max_examples=40)


@st.composite
def problems(draw):
    """Tables of groups of any scale, place and overlap, with repeated rows and constant columns among them."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_rows, n_columns = draw(st.integers(10, 120)), draw(st.integers(1, 4))
    centers = draw(st.sampled_from([0, 1, 10])) * random.normal(size=(4, n_columns))
    X = centers[random.integers(4, size=n_rows)] + random.normal(size=(n_rows, n_columns))
    if draw(st.booleans()):
        X = X.round()
    if draw(st.booleans()):
        X[:, 0] = 1
    return draw(st.sampled_from([1e-2, 1, 1e3])) * X + draw(st.sampled_from([0, 1e3]))


def fit(X, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianMixture(random_state=0, **settings).fit(X)


@laws
@given(problems(), st.sampled_from(SHAPES), st.sampled_from(METHODS), st.integers(1, 4))
def test_lower_bound_never_decreases(X, shape, method, n_components):
    """Without a ridge EM gains in every step; a ridge that is small beside the spread costs next to nothing."""
    X = (X - X.mean(axis=0)) / np.where(X.std(axis=0) > 0, X.std(axis=0), 1)
    gm = fit(X, n_components=n_components, covariance_type=shape, init_params=method, tol=0, reg_covar=1e-9)
    bounds = np.array(gm.lower_bounds_)
    assert np.isfinite(bounds).all()
    # A collapsed component stands still but for rounding, which the huge precision of its covariance magnifies.
    assert (np.diff(bounds) >= -1e-5 * np.maximum(1, np.abs(bounds[1:]))).all()


@laws
@given(problems(), st.sampled_from(SHAPES), st.sampled_from(METHODS), st.integers(1, 5))
def test_fit_is_a_distribution(X, shape, method, n_components):
    ridge = 1e-6 * max(X.var(axis=0).max(), 1e-6)
    gm = fit(X, n_components=n_components, covariance_type=shape, init_params=method, reg_covar=ridge)
    assert np.isclose(gm.weights_.sum(), 1)
    assert (gm.weights_ >= 0).all()
    # Means are averages of rows, and variances at most those of the whole table.
    scale = np.abs(X).max()
    assert (gm.means_ >= X.min(axis=0) - 1e-9 * scale).all()
    assert (gm.means_ <= X.max(axis=0) + 1e-9 * scale).all()
    shares = gm.predict_proba(X)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-9)
    np.testing.assert_array_equal(shares.argmax(axis=1), gm.predict(X))
    assert np.isfinite(gm.score_samples(X)).all()


@laws
@given(problems(), st.sampled_from(["full", "tied"]), st.integers(0, 2**32 - 1))
def test_fit_moves_with_the_table(X, shape, seed):
    """A turned and shifted table has the turned and shifted fit, when the ridge is nothing beside its spread."""
    assume(len(X) >= 15 * X.shape[1])
    X = X + np.random.default_rng(seed).normal(size=X.shape) * np.abs(X).max()
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(X.shape[1],) * 2))
    shift = X.mean(axis=0)
    start = {"weights_init": [0.5, 0.5], "n_components": 2, "covariance_type": shape, "reg_covar": 0, "max_iter": 3}
    precision = np.eye(X.shape[1]) / X.var()
    precisions = {"full": np.stack([precision] * 2), "tied": precision}[shape]
    means = X[:2]
    still = fit(X, means_init=means, precisions_init=precisions, tol=0, **start)
    moved = fit((X - shift) @ turn, means_init=(means - shift) @ turn, precisions_init=precisions, tol=0, **start)
    np.testing.assert_allclose(moved.lower_bounds_, still.lower_bounds_, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(moved.weights_, still.weights_, rtol=1e-5, atol=1e-6)


@laws
@given(problems(), st.sampled_from(SHAPES), st.integers(1, 4), st.integers(1, 3))
def test_splits_and_merges_are_mixtures(X, shape, n_components, more):
    ridge = 1e-6 * max(X.var(axis=0).max(), 1e-6)
    gm = fit(X, n_components=n_components, covariance_type=shape, reg_covar=ridge)
    split = split_widest(gm.mixture_, n_components + more)
    center, scale = gm.mixture_.weights @ gm.mixture_.means, np.abs(X).max()
    np.testing.assert_allclose(split.weights @ split.means, center, rtol=1e-9, atol=1e-9 * scale)
    sample = take_sample(Table(ArrayRows(X), ThreadEngine(1)), np.random.RandomState(0), n_components)
    update = MaximumLikelihood(type(gm.mixture_.covariance), np.full(X.shape[1], ridge))
    for merged in merge_closest(split, n_components, sample, update):
        assert merged.n_components == n_components
        assert np.isfinite(merged.log_density(X)).all()
