"""What holds for robust fits of any table."""

import warnings

import numpy as np
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning

from mixtura import GaussianMixture
from mixtura.errors import SingularCovarianceError
from mixtura.mixtures.em.student import HIGHEST, LOWEST

SHAPES = ["full", "tied", "diag", "spherical"]
ROBUST = [
    {"trim": 0.1},
    {"trim": 0.37},
    {"noise": True},
    {"family": "t"},
    {"trim": 0.2, "noise": True},
    {"trim": 0.05, "family": "t"},
    {"noise": True, "family": "t"},
]

laws = settings(max_examples=25)


@st.composite
def tables(draw):
    """Groups of any place and overlap with outliers, with repeated rows among them; no column is constant."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_rows, n_columns = draw(st.integers(20, 150)), draw(st.integers(1, 3))
    centers = draw(st.sampled_from([0, 1, 10])) * random.normal(size=(3, n_columns))
    X = centers[random.integers(3, size=n_rows)] + random.normal(size=(n_rows, n_columns))
    X[: draw(st.integers(0, n_rows // 5))] *= draw(st.sampled_from([3, 30]))
    if draw(st.booleans()):
        X = X.round()
        X[:2] = [[-1], [2]]
    return random.permutation(X)


def fit(X, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianMixture(random_state=0, **settings).fit(X)


@laws
@given(tables(), st.sampled_from(SHAPES), st.sampled_from(ROBUST), st.integers(1, 3), st.booleans())
def test_lower_bound_never_decreases(X, shape, robust, n_components, weighted):
    """Every step raises what a robust fit raises: the likelihood of the rows that it keeps.

    Without a ridge, which the update adds and the likelihood does not know: one shows where a component collapses.
    """
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    weights = np.random.default_rng(0).integers(1, 4, size=len(X)) if weighted else None
    gm = GaussianMixture(n_components, covariance_type=shape, tol=0, reg_covar=0, max_iter=40, random_state=0, **robust)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            gm.fit(X, sample_weight=weights)
        except SingularCovarianceError:
            reject()
    assume(np.linalg.eigvalsh(gm.mixture_.covariance.dense).min() > 1e-8)  # rounding is not magnified
    bounds = np.array(gm.lower_bounds_)
    assert np.isfinite(bounds).all()
    assert (np.diff(bounds) >= -1e-9 * np.maximum(1, np.abs(bounds[1:]))).all()


@laws
@given(tables(), st.sampled_from(SHAPES), st.sampled_from(ROBUST), st.integers(1, 4))
def test_fit_is_a_distribution(X, shape, robust, n_components):
    gm = fit(X, n_components=n_components, covariance_type=shape, reg_covar=1e-6 * X.var(axis=0).max(), **robust)
    noise = getattr(gm, "noise_weight_", 0.0)
    assert np.isclose(gm.weights_.sum() + noise, 1)
    assert (gm.weights_ >= 0).all()
    assert 0 <= noise <= 1
    scale = np.abs(X).max()
    assert (gm.means_ >= X.min(axis=0) - 1e-9 * scale).all()
    assert (gm.means_ <= X.max(axis=0) + 1e-9 * scale).all()
    shares = gm.predict_proba(X)
    assert (shares >= 0).all()
    assert (shares.sum(axis=1) <= 1 + 1e-9).all()
    labels = gm.predict(X)
    grouped = labels >= 0
    np.testing.assert_array_equal(shares.argmax(axis=1)[grouped], labels[grouped])
    assert grouped.all() or "noise" in robust
    assert np.isfinite(gm.score_samples(X)).all()
    if "family" in robust:
        assert ((gm.degrees_of_freedom_ >= LOWEST) & (gm.degrees_of_freedom_ <= HIGHEST)).all()


@laws
@given(tables(), st.sampled_from(SHAPES), st.sampled_from(["standard", *range(len(ROBUST))]), st.integers(-3, 3))
def test_relative_regularisation_knows_no_units(X, shape, kind, power):
    """From the same start, columns in other units have the same fit in those units; spherical all columns alike."""
    robust = {} if kind == "standard" else ROBUST[kind]
    # No two rows are equally far from a start, where rounding would say which of them is trimmed.
    X = X + 1e-3 * np.random.default_rng(0).normal(size=X.shape)
    # Powers of two change no digits. One variance for all columns has their unit.
    scales = np.full(X.shape[1], 2.0 ** (4 * power))
    if shape != "spherical":
        scales[0] = 2.0**-5

    def fitted(scales):
        precision = 1 / (X * scales).var(axis=0)
        precisions = {
            "full": np.stack([np.diag(precision)] * 2),
            "tied": np.diag(precision),
            "diag": np.stack([precision] * 2),
            "spherical": np.full(2, precision[0]),
        }[shape]
        start = {"weights_init": [0.4, 0.6], "means_init": X[:2] * scales, "precisions_init": precisions}
        regularization = {"regularization": "relative", "reg_covar": 1e-3}
        return fit(
            X * scales, n_components=2, covariance_type=shape, max_iter=5, tol=0, **start, **regularization, **robust
        )

    here, there = fitted(np.ones(X.shape[1])), fitted(scales)
    np.testing.assert_allclose(there.means_ / scales, here.means_, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(there.predict_proba(scales * X), here.predict_proba(X), atol=1e-6)
    shift = np.log(scales).sum()
    np.testing.assert_allclose(np.array(there.lower_bounds_) + shift, here.lower_bounds_, atol=1e-6)
