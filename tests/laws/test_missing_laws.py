"""What holds for EM on any table with missing values."""

import warnings

import numpy as np
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning

from mixtura import GaussianMixture
from mixtura.distributions.impute import impute
from mixtura.distributions.missing import ObservedPasses
from mixtura.errors import SingularCovarianceError
from mixtura.rows import Block

SHAPES = ["full", "tied", "diag", "spherical"]
SUMS = ("weight", "log_likelihood", "counts", "first", "second")

laws = settings(max_examples=25)


@st.composite
def problems(draw):
    """Tables of overlapping or distant groups in which any pattern of values may be missing."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_rows, n_columns = draw(st.integers(12, 100)), draw(st.integers(1, 5))
    centers = draw(st.sampled_from([0, 1, 10])) * random.normal(size=(3, n_columns))
    X = centers[random.integers(3, size=n_rows)] + random.normal(size=(n_rows, n_columns))
    X[random.random(X.shape) < draw(st.sampled_from([0.05, 0.3, 0.6]))] = np.nan
    X[:6] = random.normal(size=(6, n_columns))  # no column without values
    return X


def fit(X, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianMixture(random_state=0, **settings).fit(X)


@laws
@given(problems(), st.sampled_from(SHAPES), st.integers(1, 3), st.sampled_from(["normal", "t"]))
def test_lower_bound_never_decreases(X, shape, n_components, family):
    settings = {"n_components": n_components, "covariance_type": shape, "family": family}
    try:
        # Any ridge would cost a component that collapses onto a few rows as much as its variance gains.
        gm = fit(X, tol=0, reg_covar=0, max_iter=40, **settings)
    except SingularCovarianceError:
        reject()
    bounds = np.array(gm.lower_bounds_)
    assert np.isfinite(bounds).all()
    # Near a collapse precisions are huge, and magnify rounding.
    assert (np.diff(bounds) >= -1e-5 * np.maximum(1, np.abs(bounds[1:]))).all()


@laws
@given(problems(), st.sampled_from(SHAPES), st.integers(0, 2**32 - 1))
def test_order_of_columns_and_rows_does_not_matter(X, shape, seed):
    gm = fit(X, n_components=2, covariance_type=shape, reg_covar=1e-3, max_iter=5)
    random = np.random.default_rng(seed)
    columns, rows = random.permutation(X.shape[1]), random.permutation(len(X))
    mixture = gm.mixture_
    turned = mixture.marginal(columns)
    density = mixture.log_density(X)
    np.testing.assert_allclose(turned.log_density(X[rows][:, columns]), density[rows], rtol=1e-8, atol=1e-8)
    filled = impute(mixture, X)
    scale = np.abs(filled).max()
    np.testing.assert_allclose(
        impute(turned, X[rows][:, columns]), filled[rows][:, columns], rtol=1e-7, atol=1e-7 * scale
    )


@laws
@given(problems(), st.sampled_from(SHAPES), st.integers(0, 100), st.booleans())
def test_moments_add_up(X, shape, cut, weighted):
    gm = fit(X, n_components=2, covariance_type=shape, reg_covar=1e-2, max_iter=5)
    passes = ObservedPasses(gm.mixture_.components, np.float64)
    weights = np.random.default_rng(0).uniform(0, 2, len(X)) if weighted else None
    whole = passes.summarise(Block(X, weights, 0))
    one = Block(X[:cut], None if weights is None else weights[:cut], 0)
    other = Block(X[cut:], None if weights is None else weights[cut:], cut)
    total = passes.zero + passes.summarise(one) + passes.summarise(other)
    for name in SUMS:
        mine, theirs = np.asarray(getattr(total, name)), np.asarray(getattr(whole, name))
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-9 * max(1, np.abs(theirs).max()))


@laws
@given(problems(), st.sampled_from(SHAPES))
def test_what_is_missing_integrates_out(X, shape):
    """Each density of a row is that of the marginal distribution of the columns it has."""
    mixture = fit(X, n_components=2, covariance_type=shape, reg_covar=1e-2, max_iter=5).mixture_
    density = mixture.log_density(X)
    for x, value in zip(X[:20], density[:20], strict=True):
        known = np.flatnonzero(~np.isnan(x))
        expected = mixture.marginal(known).log_density(x[None, known])[0] if len(known) else 0.0
        np.testing.assert_allclose(value, expected, rtol=1e-12)
