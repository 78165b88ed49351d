"""Mixtures of factor analyzers."""

import pickle

import numpy as np
import pytest
from sklearn.decomposition import FactorAnalysis
from sklearn.metrics import adjusted_rand_score

from mixtura import BayesianGaussianMixture, Factor, GaussianMixture, Mixture, MixtureSearch
from mixtura.display.pictures.graphical_model import GraphicalModelDisplay
from mixtura.errors import SingularCovarianceError

D, K, Q = 12, 3, 2


def truth(seed=0, d=D, k=K, q=Q):
    random = np.random.default_rng(seed)
    loadings, variances = random.normal(size=(k, d, q)), random.uniform(0.3, 1.0, (k, d))
    return Mixture(np.full(k, 1 / k), 2 * random.normal(size=(k, d)), Factor.of_loadings(loadings, variances))


@pytest.fixture(scope="module")
def table():
    return truth().sample(1500, 0)


def fitted(X, n_components=K, n_factors=Q, **given):
    parameters = {"covariance_type": "factor", "n_factors": n_factors, "max_iter": 500, "random_state": 0}
    return GaussianMixture(n_components, **(parameters | given)).fit(X)


def holed(X):
    """Rows that lack the columns of one of four patterns, a quarter of all values."""
    random = np.random.default_rng(1)
    return np.where((random.random((4, X.shape[1])) < 0.25)[random.integers(4, size=len(X))], np.nan, X)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"n_factors": 1},
        {"n_factors": 15},
        {"family": "t"},
        {"noise": True},
        {"regularization": "relative"},
        {"init_params": "k-means++"},
        {"init_params": "random"},
    ],
)
@pytest.mark.parametrize("missing", [False, True])
def test_the_likelihood_never_falls(table, options, missing):
    X = holed(table[0][:400]) if missing else table[0][:400]
    given = {"n_factors": Q, "tol": 0.0, "max_iter": 20, "reg_covar": 1e-9} | options
    with pytest.warns(match="did not converge"):
        bounds = fitted(X, **given).lower_bounds_
    assert np.diff(bounds).min() > -1e-9


@pytest.mark.parametrize("seed", range(10))
def test_every_seed_finds_the_groups(seed):
    X, labels = truth(seed).sample(1500, seed)
    estimator = fitted(X, random_state=seed, n_init=4)
    assert adjusted_rand_score(labels, estimator.predict(X)) > 0.98
    # More likely than the distribution that the rows are from, and not by much.
    gain = estimator.score(X) - float(np.mean(truth(seed).log_density(X)))
    assert 0 < gain < 1.5 * estimator.mixture_.n_parameters / (2 * len(X))


@pytest.mark.parametrize(("d", "q"), [(10, 3), (6, 1)])
def test_one_component_is_the_factor_analysis_of_scikit_learn(d, q):
    X, _ = truth(5, d, 1, q).sample(800, 3)
    X *= np.geomspace(0.1, 100, d)
    peer = FactorAnalysis(q, tol=1e-4, max_iter=20_000, svd_method="lapack", noise_variance_init=X.var(axis=0) / 2).fit(
        X
    )
    mine = fitted(X, 1, q, tol=1e-9, max_iter=20_000, reg_covar=0.0)
    assert mine.score(X) == pytest.approx(peer.score(X), rel=1e-6)
    np.testing.assert_allclose(
        mine.mixture_.covariance.dense[0],
        peer.get_covariance(),
        rtol=0.02,
        atol=0.02 * np.abs(peer.get_covariance()).max(),
    )


def test_factors_are_preferred_to_matrices_where_there_are_factors():
    X, others = truth(7, 40).sample(1000, 1)[0], truth(7, 40).sample(5000, 2)[0]
    factors, matrices = fitted(X), fitted(X, covariance_type="full")
    assert factors.bic(X) < matrices.bic(X)
    assert factors.score(others) > matrices.score(others)
    assert factors.bic(X) < fitted(X, covariance_type="diag").bic(X)


def test_criteria_count_the_parameters(table):
    X = table[0]
    estimator = fitted(X)
    n_parameters = K - 1 + K * D + K * (D * Q - Q * (Q - 1) // 2 + D)
    assert estimator.mixture_.n_parameters == n_parameters
    total = float(estimator.score_samples(X).sum())
    assert estimator.bic(X) == pytest.approx(-2 * total + n_parameters * np.log(len(X)))
    assert estimator.aic(X) == pytest.approx(-2 * total + 2 * n_parameters)


def test_a_search_tries_factors_when_asked(table):
    X = table[0]
    search = MixtureSearch(range(1, 5), covariance_types=["factor", "full", "diag"], n_factors=Q, random_state=0).fit(X)
    assert search.best_params_ == {"n_components": K, "covariance_type": "factor"}
    assert search.best_estimator_.n_factors == Q
    assert search.best_estimator_.covariances_.shape == (K, D, 1 + Q)
    assert {candidate.covariance_type for candidate in search.candidates_} == {"factor", "full", "diag"}


def test_the_number_of_factors_is_found_by_the_bic(table):
    X = table[0]
    bics = {q: fitted(X, n_factors=q).bic(X) for q in (1, 2, 3)}
    assert min(bics, key=bics.get) == Q


def test_single_precision_gives_the_same_fit(table):
    X = table[0]
    double, single = fitted(X, tol=1e-6), fitted(X.astype(np.float32), tol=1e-6)
    assert single.covariances_.dtype == np.float32
    assert single.score(X) == pytest.approx(double.score(X), rel=1e-5)


def test_missing_values_are_filled_as_the_factors_say(table):
    X = table[0]
    gaps = holed(X)
    estimator = fitted(gaps)
    errors = (estimator.impute(gaps) - X)[np.isnan(gaps)]
    by_mean = (np.nanmean(gaps, axis=0) - X)[np.isnan(gaps)]
    assert np.mean(errors**2) < np.mean(by_mean**2) / 4
    assert adjusted_rand_score(table[1], estimator.predict(gaps)) > 0.95


@pytest.mark.parametrize("d", [1, 2, 3])
def test_more_factors_than_columns_tell_apart_fit_as_matrices_do(d):
    X = np.random.default_rng(0).multivariate_normal(np.zeros(d), 0.5 + 0.5 * np.eye(d), 500)
    mine, matrices = fitted(X, 1, 3, tol=1e-10), fitted(X, 1, covariance_type="full")
    assert mine.score(X) == pytest.approx(matrices.score(X), abs=1e-5)
    assert mine.bic(X) == pytest.approx(matrices.bic(X), abs=1e-2)


def test_trimming_leaves_outliers_out(table):
    X = np.concatenate([table[0], np.random.default_rng(2).uniform(-60, 60, (30, D))])
    estimator = fitted(X, trim=0.03)
    assert adjusted_rand_score(table[1], estimator.predict(table[0])) > 0.98


def test_a_fit_goes_on_from_the_last_with_as_many_factors(table):
    X = table[0]
    estimator = fitted(X, warm_start=True, tol=1e-5)
    first = estimator.score(X)
    assert estimator.fit(X).score(X) >= first - 1e-9
    estimator.set_params(n_factors=3)
    with pytest.raises(ValueError, match="goes on from 3 2-factor components of 12 columns, not with 3 3-factor"):
        estimator.fit(X)


def test_parameters_set_by_hand_are_used(table):
    X = table[0]
    estimator, known = GaussianMixture(covariance_type="factor"), truth()
    estimator.weights_, estimator.means_, estimator.covariances_ = known.weights, known.means, known.covariances
    assert type(estimator.mixture_.covariance) is Factor.with_factors(Q)
    np.testing.assert_array_equal(estimator.score_samples(X), known.log_density(X))
    others = known.covariance.repeat(np.array([1, 2, 0]))
    estimator.covariances_, estimator.precisions_ = known.covariances * 2, others.precisions
    with pytest.raises(ValueError, match="contradict each other"):
        estimator.predict(X)
    del estimator.covariances_
    expected = Mixture(known.weights, known.means, others).log_density(X)
    np.testing.assert_allclose(estimator.score_samples(X), expected)
    estimator.precisions_cholesky_ = known.covariances
    with pytest.raises(ValueError, match="precisions_cholesky_, set by hand, says nothing of factor covariances"):
        estimator.predict(X)


def test_a_fit_may_start_from_given_precisions(table):
    X, known = table[0], truth()
    estimator = fitted(
        X, weights_init=known.weights, means_init=known.means, precisions_init=known.covariance.precisions, max_iter=500
    )
    assert estimator.lower_bounds_[0] == pytest.approx(float(np.mean(known.log_density(X))))


def test_an_estimator_is_pickled(table):
    estimator = fitted(table[0])
    again = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(again.predict_proba(table[0]), estimator.predict_proba(table[0]))


def test_what_needs_a_conjugate_prior_says_so(table):
    X = table[0]
    sentence = "covariance_type='factor' has none: use 'full', 'tied', 'diag', 'spherical', or leave the prior out"
    with pytest.raises(ValueError, match=sentence):
        BayesianGaussianMixture(covariance_type="factor").fit(X)
    with pytest.raises(ValueError, match=sentence):
        fitted(X, prior="default")
    with pytest.raises(ValueError, match=r"must be one of \['full', 'tied', 'diag', 'spherical'\], not 'factor'"):
        GraphicalModelDisplay("factor")


def test_batches_are_refused(table):
    with pytest.raises(AttributeError) as caught:
        GaussianMixture(covariance_type="factor").partial_fit(table[0])
    assert "no use for earlier batches with covariance_type='factor'" in str(caught.value.__cause__)


@pytest.mark.parametrize("n_factors", [0, 1.5, "two", None])
def test_the_number_of_factors_is_a_whole_number_from_one(n_factors):
    with pytest.raises(ValueError, match="The 'n_factors' parameter"):
        GaussianMixture(covariance_type="factor", n_factors=n_factors).fit(np.eye(4))


def test_a_constant_column_is_singular_without_a_ridge():
    X = np.random.default_rng(0).normal(size=(100, 4))
    X[:, 2] = 5.0
    with pytest.raises(SingularCovarianceError, match="component 0 has a variance of 0"):
        fitted(X, 1, 1, reg_covar=0.0)
    assert np.isfinite(fitted(X, 1, 1).score(X))
