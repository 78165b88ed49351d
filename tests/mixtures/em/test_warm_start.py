"""Fits that start at the last one: a bound of other rows, or of another model, does not end them."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from mixtura import BayesianGaussianMixture, GaussianMixture, MixturePrior

GAUSSIAN = [
    {"noise": True},
    {"family": "t"},
    {"prior": "default"},
    {"prior": MixturePrior(strength=50.0)},
    {"reg_covar": 2.0},
    {"regularization": "relative", "reg_covar": 0.2},
    {"trim": 0.1},
    {"noise": True, "family": "t"},
]
BAYESIAN = [
    {"weight_concentration_prior": 100.0},
    {"weight_concentration_prior_type": "dirichlet_distribution"},
    {"mean_precision_prior": 50.0},
    {"mean_prior": [5.0, 5.0]},
    {"degrees_of_freedom_prior": 50.0},
    {"covariance_prior": 100 * np.eye(2)},
    {"reg_covar": 2.0},
]
SETTLED = {"tol": 1e-6, "max_iter": 2000, "random_state": 0}


@pytest.fixture(scope="module", name="X")
def table():
    random = np.random.default_rng(0)
    groups = [random.normal(0, 1, (150, 2)), random.normal(6, 1, (100, 2)), random.uniform(-3, 9, (15, 2))]
    return np.concatenate(groups)


def gaussian(**settings):
    return GaussianMixture(2, **SETTLED | settings)


def bayesian(**settings):
    return BayesianGaussianMixture(n_components=2, moves=False, **SETTLED | settings)


def assert_same_fit(mine, other):
    order = [np.argsort(estimator.means_[:, 0]) for estimator in (mine, other)]
    np.testing.assert_allclose(mine.means_[order[0]], other.means_[order[1]], atol=0.05)
    np.testing.assert_allclose(mine.covariances_[order[0]], other.covariances_[order[1]], rtol=0.05, atol=0.05)
    assert mine.lower_bound_ == pytest.approx(other.lower_bound_, rel=1e-3)


@pytest.mark.each_value
@pytest.mark.parametrize("loose", [False, True])
@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize(
    ("make", "changed"), [(gaussian, each) for each in GAUSSIAN] + [(bayesian, each) for each in BAYESIAN]
)
def test_a_changed_model_is_fitted_to_its_end(X, make, changed, back, loose):
    """Switched on and off alike, at any tolerance: with a loose one a bound of another model could look the same."""
    default = make().get_params()
    first, second = ({}, changed)[:: -1 if back else 1]
    estimator = make(warm_start=True, **first).fit(X)
    estimator.set_params(**{name: default[name] for name in first} | second, tol=1e3 if loose else 1e-6)
    estimator.fit(X)
    assert estimator.n_iter_ >= 2
    if "trim" in second:  # which rows are left out may end elsewhere from another start
        assert estimator.trim == 0.1
        assert estimator.lower_bound_ > make().fit(X).lower_bound_ + 0.1
    elif not loose:
        assert_same_fit(estimator, make(**second).fit(X))
        gains = np.diff(estimator.lower_bounds_)
        # A ridge is no part of the likelihood: with another one EM may lose some at once.
        if "reg_covar" not in changed or make is bayesian:
            assert (gains >= -1e-9 * np.abs(estimator.lower_bounds_[1:])).all()


@pytest.mark.parametrize("make", [gaussian, bayesian])
@pytest.mark.parametrize("kind", ["rows", "weights", "type", "order"])
def test_other_rows_are_other_rows(X, make, kind):
    estimator = make(warm_start=True).fit(X).set_params(tol=1e9)
    weights = np.linspace(0.5, 1.5, len(X)) if kind == "weights" else None
    other = {"rows": X + 1e-3, "weights": X, "type": X.astype(np.float32), "order": X[::-1]}[kind]
    assert estimator.fit(other, sample_weight=weights).n_iter_ == 2
    assert estimator.fit(other, sample_weight=weights).n_iter_ == 1  # the same again


@pytest.mark.parametrize("make", [gaussian, bayesian])
def test_how_a_fit_is_sought_does_not_change_what_it_raises(X, make):
    estimator = make(warm_start=True).fit(X)
    estimator.set_params(tol=1e-3, max_iter=50, n_init=2, init_params="random", random_state=3, verbose=0)
    assert estimator.fit(X).n_iter_ == 1


@pytest.mark.parametrize("make", [gaussian, bayesian])
def test_steps_of_one_iteration_converge(X, make):
    estimator = make(warm_start=True, max_iter=1, tol=1e-4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in range(500):
            if estimator.fit(X).converged_:
                break
    assert estimator.converged_
    assert_same_fit(estimator, make().fit(X))


@pytest.mark.parametrize("make", [gaussian, bayesian])
def test_a_fit_after_a_batch_or_a_change_by_hand_goes_on(X, make):
    estimator = make(warm_start=True).fit(X).set_params(tol=1e9)
    assert estimator.partial_fit(X[:10]).fit(X).n_iter_ == 2
    estimator.means_ = estimator.means_ + 0.1
    assert estimator.fit(X).n_iter_ == 2
    assert estimator.fit(X).n_iter_ == 1


@pytest.mark.parametrize("make", [gaussian, bayesian])
def test_a_warm_start_begins_at_parameters_set_by_hand(X, make):
    estimator = make(warm_start=True, max_iter=1)
    estimator.weights_, estimator.means_ = np.array([0.5, 0.5]), np.array([[0.0, 0.0], [6.0, 6.0]])
    estimator.covariances_ = np.stack([np.eye(2)] * 2)
    with pytest.warns(ConvergenceWarning):
        estimator.fit(X)
    shares = np.stack([np.exp(-((X - mean) ** 2).sum(axis=1) / 2) for mean in ([0, 0], [6, 6])], axis=1)
    shares /= shares.sum(axis=1, keepdims=True)
    expected = shares.T @ X / shares.sum(axis=0)[:, None]
    np.testing.assert_allclose(estimator.means_, expected, atol=1e-9 if make is gaussian else 0.2)


def test_noise_switched_on_spreads_over_the_rows_of_now(X):
    estimator = gaussian(warm_start=True, noise=True).fit(X)
    estimator.fit(X / 2)
    np.testing.assert_array_equal(estimator.mixture_.noise.upper, X.max(axis=0) / 2)
