"""The estimators among scikit-learn's tools: pipelines, searches, routing, frames, copies."""

import copy
import pickle

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from mixtura import GaussianMixture, MixtureSearch


@pytest.fixture(scope="module", name="X")
def table():
    random = np.random.default_rng(0)
    return np.concatenate([random.normal(center, 1, (60, 2)) for center in ((0, 0), (6, 6), (0, 7))])


@pytest.fixture(params=["GaussianMixture", "MixtureSearch"])
def estimator(request):
    if request.param == "GaussianMixture":
        return GaussianMixture(n_components=3, random_state=0)
    return MixtureSearch((2, 3), covariance_types=["full", "diag"], random_state=0)


def test_clone_keeps_every_parameter(estimator):
    copied = clone(estimator)
    assert copied is not estimator
    assert repr(copied.get_params()) == repr(estimator.get_params())


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda fitted: pickle.loads(pickle.dumps(fitted))])
def test_fitted_copy_answers_the_same(estimator, X, copied):
    fitted = estimator.fit(X)
    other = copied(fitted)
    np.testing.assert_array_equal(other.score_samples(X), fitted.score_samples(X))
    np.testing.assert_array_equal(other.predict(X), fitted.predict(X))


def test_fit_returns_self_and_changes_no_parameter(estimator, X):
    before = repr(estimator.get_params())
    assert estimator.fit(X) is estimator
    assert repr(estimator.get_params()) == before


def test_fit_predict_agrees_with_predict(X):
    gm = GaussianMixture(n_components=3, random_state=0)
    np.testing.assert_array_equal(gm.fit_predict(X), gm.predict(X))


def test_not_fitted(estimator, X):
    for method in ("predict", "predict_proba", "score_samples", "score"):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            getattr(estimator, method)(X)


def test_pipeline_with_frames_between_steps(need, estimator, X):
    pd = need("pandas")
    frame = pd.DataFrame(X, columns=["width", "height"])
    pipeline = make_pipeline(StandardScaler().set_output(transform="pandas"), estimator).fit(frame)
    assert pipeline[-1].feature_names_in_.tolist() == ["width", "height"]
    arrays = make_pipeline(StandardScaler(), clone(estimator)).fit(X)
    np.testing.assert_allclose(pipeline.score_samples(frame), arrays.score_samples(X))
    assert pipeline.score(frame) == pytest.approx(arrays.score(X))


def test_set_output_of_a_whole_pipeline(need, estimator, X):
    pd = need("pandas")
    pipeline = Pipeline([("scale", StandardScaler()), ("mixture", estimator)]).set_output(transform="pandas")
    labels = pipeline.fit(pd.DataFrame(X, columns=["a", "b"])).predict(pd.DataFrame(X, columns=["a", "b"]))
    assert labels.shape == (len(X),)


def test_grid_search_over_counts_and_shapes(X):
    grid = {"n_components": [1, 2, 3], "covariance_type": ["full", "spherical"]}
    search = GridSearchCV(GaussianMixture(random_state=0), grid, cv=3).fit(np.random.default_rng(1).permutation(X))
    assert search.best_params_["n_components"] == 3
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.exhaustive
def test_grid_search_in_processes(X):
    shuffled = np.random.default_rng(1).permutation(X)
    searches = [
        GridSearchCV(GaussianMixture(random_state=0), {"n_components": [1, 3]}, cv=2, n_jobs=n_jobs).fit(shuffled)
        for n_jobs in (1, 2)
    ]
    scores = [search.cv_results_["mean_test_score"] for search in searches]
    np.testing.assert_array_equal(*scores)


def test_grid_search_over_a_search(X):
    grid = GridSearchCV(
        MixtureSearch((1, 2, 3), covariance_types=["full"], random_state=0), {"criterion": ["bic", "aic"]}, cv=2
    )
    assert grid.fit(X).best_estimator_.best_params_["n_components"] in (2, 3)


def test_sample_weight_is_routed(X):
    weights = np.random.default_rng(2).uniform(0.5, 2, len(X))
    with sklearn.config_context(enable_metadata_routing=True):
        gm = GaussianMixture(n_components=3, random_state=0).set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, gm).fit(X, sample_weight=weights)
    direct = GaussianMixture(n_components=3, random_state=0)
    direct.fit(StandardScaler().fit_transform(X), sample_weight=weights)
    assert pipeline[-1].mixture_ == direct.mixture_


def test_search_takes_a_routed_sample_weight(X):
    weights = np.random.default_rng(2).uniform(0.5, 2, len(X))
    with sklearn.config_context(enable_metadata_routing=True):
        search = MixtureSearch((2, 3), covariance_types=["tied"], random_state=0).set_fit_request(sample_weight=True)
        grid = GridSearchCV(search, {"tol": [1e-5]}, cv=2).fit(X, sample_weight=weights)
    direct = clone(search).fit(X, sample_weight=weights)
    assert grid.best_estimator_.best_estimator_.mixture_ == direct.best_estimator_.mixture_


def test_scores_of_folds_are_weighted_too(X):
    weights = np.random.default_rng(2).uniform(0.5, 2, len(X))
    with sklearn.config_context(enable_metadata_routing=True):
        gm = GaussianMixture(2, random_state=0).set_fit_request(sample_weight=True)
        folds = KFold(3, shuffle=True, random_state=0)
        scores = cross_val_score(gm, X, cv=folds, params={"sample_weight": weights})
    direct = [
        clone(gm).fit(X[train], sample_weight=weights[train]).score(X[test], sample_weight=weights[test])
        for train, test in folds.split(X)
    ]
    np.testing.assert_allclose(scores, direct, rtol=1e-12)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_bring_their_names(need, library, estimator, X):
    make = need(library).DataFrame
    frame = make({"width": X[:, 0], "height": X[:, 1]})
    estimator.fit(frame)
    assert estimator.feature_names_in_.tolist() == ["width", "height"]
    np.testing.assert_array_equal(estimator.predict(frame), clone(estimator).fit(X).predict(X))
    with pytest.raises(ValueError, match="feature names should match those that were passed during fit"):
        estimator.predict(make({"width": X[:, 0], "depth": X[:, 1]}))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        estimator.predict(X)


def test_best_estimator_of_a_search_keeps_the_names(need, X):
    frame = need("pandas").DataFrame(X, columns=["a", "b"])
    search = MixtureSearch(2, covariance_types=["full"]).fit(frame)
    assert search.best_estimator_.feature_names_in_.tolist() == ["a", "b"]
    assert search.best_estimator_.n_features_in_ == 2


def test_a_later_fit_forgets_the_names(need, estimator, X):
    frame = need("pandas").DataFrame(X, columns=["a", "b"])
    estimator.fit(frame).fit(X)
    assert not hasattr(estimator, "feature_names_in_")
