"""The same numbers as scikit-learn's `GaussianMixture`."""

import numpy as np
import pytest
from sklearn.mixture import BayesianGaussianMixture as BayesianReference
from sklearn.mixture import GaussianMixture as Reference

from mixtura import BayesianGaussianMixture, GaussianMixture

SHAPES = ["full", "tied", "diag", "spherical"]
ATTRIBUTES = ["weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"]

pytestmark = pytest.mark.filterwarnings("ignore:Best performing initialization did not converge")


def groups(distance, n_columns, n_rows=900, seed=0):
    """Three groups of unequal shape whose centres are `distance` apart."""
    random = np.random.default_rng(seed)
    centers = distance * np.eye(3, n_columns) + 20
    spread = random.normal(size=(3, n_columns, n_columns)) + 2 * np.eye(n_columns)
    labels = random.integers(3, size=n_rows)
    return centers[labels] + np.einsum("nij,nj->ni", spread[labels], random.normal(size=(n_rows, n_columns)))


def start_for(X, shape):
    """Initial parameters away from any optimum."""
    variances = X.var(axis=0)
    precisions = {
        "full": np.stack([np.diag(scale / variances) for scale in (0.7, 1.0, 2.0)]),
        "tied": np.diag(1 / variances),
        "diag": np.stack([scale / variances for scale in (0.7, 1.0, 2.0)]),
        "spherical": np.array([0.7, 1.0, 2.0]) / variances.mean(),
    }
    return {"weights_init": [0.2, 0.3, 0.5], "means_init": X[[5, 105, 305]], "precisions_init": precisions[shape]}


def assert_close(mine, theirs, rtol):
    theirs = np.asarray(theirs)
    # Entries near zero, as those below the diagonal of a Cholesky factor, agree relative to the largest.
    np.testing.assert_allclose(mine, theirs, rtol=rtol, atol=rtol * np.abs(theirs).max())


@pytest.mark.pairwise
@pytest.mark.parametrize("max_iter", range(1, 6))
@pytest.mark.parametrize("n_columns", [2, 5])
@pytest.mark.parametrize("distance", [0.5, 30])
@pytest.mark.parametrize("shape", SHAPES)
def test_same_parameters_after_every_iteration(shape, distance, n_columns, max_iter):
    X = groups(distance, n_columns)
    settings = {"n_components": 3, "covariance_type": shape, "tol": 0, "max_iter": max_iter, **start_for(X, shape)}
    mine, theirs = GaussianMixture(**settings).fit(X), Reference(**settings).fit(X)
    for name in ATTRIBUTES:
        assert_close(getattr(mine, name), getattr(theirs, name), rtol=1e-8)
    np.testing.assert_allclose(mine.lower_bounds_, theirs.lower_bounds_, rtol=1e-10)
    assert (mine.n_iter_, mine.converged_) == (theirs.n_iter_, theirs.converged_)


@pytest.mark.each_value
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "random", "random_from_data"])
@pytest.mark.parametrize("seed", [0, 1])
def test_same_seed_same_fit(init_params, shape, seed):
    X = groups(6, 3)
    settings = {"n_components": 3, "covariance_type": shape, "init_params": init_params, "random_state": seed}
    mine, theirs = GaussianMixture(**settings).fit(X), Reference(**settings).fit(X)
    if shape == "tied" and init_params in ("k-means++", "random_from_data"):
        # From one row a component scikit-learn takes all rows' sum of squares for the scatter of those few, a start so
        # wide that EM hardly leaves it. Ours is the scatter of those few, so that the first step is one of k-means.
        assert mine.lower_bound_ > theirs.lower_bound_
        return
    assert mine.n_iter_ == theirs.n_iter_
    assert mine.bic(X) == pytest.approx(theirs.bic(X), rel=1e-6)
    np.testing.assert_array_equal(mine.predict(X), theirs.predict(X))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_method_agrees(shape, dtype):
    X = groups(8, 3).astype(dtype)
    settings = {"n_components": 3, "covariance_type": shape, "random_state": 0}
    mine, theirs = GaussianMixture(**settings).fit(X), Reference(**settings).fit(X)
    rtol = 1e-7 if dtype == np.float64 else 1e-3
    assert_close(mine.score_samples(X), theirs.score_samples(X), rtol)
    assert_close(mine.predict_proba(X), theirs.predict_proba(X), rtol)
    np.testing.assert_array_equal(mine.predict(X), theirs.predict(X))
    for method in ("score", "bic", "aic"):
        assert getattr(mine, method)(X) == pytest.approx(getattr(theirs, method)(X), rel=rtol)
    for method in ("score_samples", "predict_proba", "predict"):
        assert getattr(mine, method)(X).dtype == getattr(theirs, method)(X).dtype
    for name in ATTRIBUTES:
        assert getattr(mine, name).dtype == dtype


@pytest.mark.parametrize("shape", SHAPES)
def test_same_sample(shape):
    X = groups(8, 3)
    settings = {"n_components": 3, "covariance_type": shape, "random_state": 0}
    rows, labels = GaussianMixture(**settings).fit(X).sample(50)
    their_rows, their_labels = Reference(**settings).fit(X).sample(50)
    assert_close(rows, their_rows, rtol=1e-6)
    np.testing.assert_array_equal(labels, their_labels)


def test_no_iteration_keeps_the_start():
    X = groups(6, 2)
    settings = {"n_components": 3, "max_iter": 0, "random_state": 0}
    mine, theirs = GaussianMixture(**settings).fit(X), Reference(**settings).fit(X)
    assert mine.n_iter_ == theirs.n_iter_ == 0
    assert_close(mine.means_, theirs.means_, rtol=1e-10)
    assert_close(mine.covariances_, theirs.covariances_, rtol=1e-10)


ADDED = {"engine", "on_progress"}
COLUMNS = {"categorical_features", "count_features"}


@pytest.mark.parametrize(
    ("ours", "reference", "added"),
    [
        (
            GaussianMixture,
            Reference,
            ADDED | {"prior", "regularization", "family", "noise", "trim", "n_factors"} | COLUMNS,
        ),
        (BayesianGaussianMixture, BayesianReference, ADDED | {"moves", "categorical_features"}),
    ],
)
def test_same_signature(ours, reference, added):
    mine, theirs = ours().get_params(), reference().get_params()
    assert {name: mine[name] for name in theirs} == theirs
    assert mine.keys() - theirs.keys() == added
    public = {name for name in dir(reference) if not name.startswith("_")}
    assert public <= set(dir(ours))
