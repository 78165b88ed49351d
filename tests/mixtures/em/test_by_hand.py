"""Fitted parameters set by hand: sorting components, and scoring with a known model."""

import copy
import pickle

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.mixture import GaussianMixture as TheirGaussianMixture

from mixtura import BayesianGaussianMixture, Full, GaussianMixture, Mixture, MixtureDetector, MixtureSearch

SHAPES = ("full", "tied", "diag", "spherical")
ALL = ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_")
RECIPES = [
    ALL,
    ("weights_", "means_", "covariances_"),
    ("means_", "weights_", "precisions_cholesky_"),
    ("precisions_", "means_", "weights_"),
    ("covariances_", "precisions_cholesky_", "means_", "weights_"),
]
KINDS = {
    "plain": (GaussianMixture, {}),
    "t": (GaussianMixture, {"family": "t"}),
    "noise": (GaussianMixture, {"noise": True}),
    "process": (BayesianGaussianMixture, {}),
    "distribution": (BayesianGaussianMixture, {"weight_concentration_prior_type": "dirichlet_distribution"}),
}


@pytest.fixture(scope="module", name="X")
def table():
    random = np.random.default_rng(0)
    groups = [random.normal(0, 1, (150, 2)), random.normal(6, 2, (50, 2)), random.normal([0, 9], 0.5, (100, 2))]
    return np.concatenate(groups)


def fitted(X, kind="plain", shape="full", **settings):
    make, own = KINDS[kind]
    return make(n_components=3, covariance_type=shape, random_state=0, **own | settings).fit(X)


def order_of(estimator):
    order = np.argsort(-estimator.weights_)
    return order if (np.diff(order) != 1).any() else order[::-1]


def sort(estimator, order, recipe=ALL):
    for name in recipe:
        values = getattr(estimator, name)
        shared = estimator.covariance_type == "tied" and name not in ("weights_", "means_")
        setattr(estimator, name, values if shared else values[order])
    return estimator


@pytest.mark.pairwise
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_sorted_components_answer_as_before_under_their_new_numbers(X, shape, kind, recipe, dtype):
    X = X.astype(dtype)
    before = fitted(X, kind, shape)
    order = order_of(before)
    after = sort(copy.deepcopy(before), order, recipe)
    tolerance = {"rtol": 1e-12, "atol": 1e-12} if dtype == np.float64 else {"rtol": 1e-5, "atol": 1e-5}
    np.testing.assert_allclose(after.score_samples(X), before.score_samples(X), **tolerance)
    np.testing.assert_allclose(after.predict_proba(X), before.predict_proba(X)[:, order], **tolerance)
    noise = before.predict(X) == -1
    np.testing.assert_array_equal(order[after.predict(X)][~noise], before.predict(X)[~noise])
    for name in ALL:  # those that were not set follow
        shared = shape == "tied" and name not in ("weights_", "means_")
        expected = getattr(before, name) if shared else getattr(before, name)[order]
        np.testing.assert_allclose(getattr(after, name), expected, rtol=1e-5, atol=1e-7)
    assert after.mixture_ == Mixture(
        before.mixture_.weights[order],
        before.mixture_.means[order],
        before.mixture_.covariance.repeat(order),
        None if kind != "t" else before.mixture_.degrees_of_freedom[order],
        before.mixture_.noise,
    )
    for name in ("degrees_of_freedom_", "mean_precision_"):
        if np.ndim(getattr(before, name, 0.0)):
            np.testing.assert_array_equal(getattr(after, name), getattr(before, name)[order])


@pytest.mark.parametrize("kind", KINDS)
def test_sorting_survives_copies_and_pickles(X, kind):
    before = fitted(X, kind)
    order = order_of(before)
    for copied in (copy.deepcopy, copy.copy, lambda estimator: pickle.loads(pickle.dumps(estimator))):
        late = sort(copied(before), order)
        early = copied(sort(copy.deepcopy(before), order))
        for after in (late, early, copied(late)):
            np.testing.assert_allclose(after.score_samples(X), before.score_samples(X), rtol=1e-12)
            assert (after.weights_ == before.weights_[order]).all()
        assert not hasattr(clone(late), "mixture_")


@pytest.mark.parametrize("kind", KINDS)
def test_sorting_twice_is_sorting_once_by_the_product(X, kind):
    before = fitted(X, kind)
    after = sort(sort(copy.deepcopy(before), np.array([2, 0, 1])), np.array([1, 0, 2]))
    np.testing.assert_allclose(after.predict_proba(X), before.predict_proba(X)[:, [0, 2, 1]], atol=1e-12)
    answered = sort(copy.deepcopy(before), np.array([2, 0, 1]))
    answered.predict(X)  # between the two
    np.testing.assert_array_equal(sort(answered, np.array([1, 0, 2])).predict_proba(X), after.predict_proba(X))


@pytest.mark.parametrize("kind", ["plain", "t"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_batch_goes_on_from_sorted_components(X, kind, shape):
    before = fitted(X, kind, shape)
    order = order_of(before)
    after = sort(copy.deepcopy(before), order)
    for estimator in (before, after):
        estimator.partial_fit(X[:30])
    np.testing.assert_allclose(after.means_, before.means_[order], rtol=1e-9)
    np.testing.assert_allclose(after.weights_, before.weights_[order], rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_fits_go_on_from_sorted_components(X, kind):
    before = fitted(X, kind, warm_start=True, max_iter=300)
    after = sort(copy.deepcopy(before), order_of(before))
    assert after.fit(X).score(X) == pytest.approx(before.fit(X).score(X), abs=1e-3)
    if kind == "process":
        assert after.partial_fit(X[:20]).posterior_.counts.sum() == pytest.approx(320)


# A known model


def known(shape):
    covariances = {
        "full": [[[2.0, 0.5], [0.5, 1.0]], [[1.0, -0.3], [-0.3, 1.0]]],
        "tied": [[2.0, 0.5], [0.5, 1.0]],
        "diag": [[2.0, 1.0], [1.0, 3.0]],
        "spherical": [2.0, 0.5],
    }[shape]
    return np.array([0.3, 0.7]), np.array([[0.0, 0.0], [3.0, 1.0]]), np.array(covariances)


def dense(shape, covariances):
    return {
        "full": lambda: covariances,
        "tied": lambda: [covariances] * 2,
        "diag": lambda: [np.diag(row) for row in covariances],
        "spherical": lambda: [value * np.eye(2) for value in covariances],
    }[shape]()


def roots(shape, covariances):
    if shape in ("diag", "spherical"):
        return 1 / np.sqrt(covariances)
    return np.swapaxes(np.linalg.inv(np.linalg.cholesky(covariances)), -1, -2)


@pytest.mark.pairwise
@pytest.mark.parametrize("by", ["covariances_", "precisions_", "precisions_cholesky_", "all"])
@pytest.mark.parametrize("make", [GaussianMixture, BayesianGaussianMixture])
@pytest.mark.parametrize("shape", SHAPES)
def test_an_estimator_that_was_not_fitted_answers_for_a_known_model(X, shape, make, by):
    weights, means, covariances = known(shape)
    estimator = make(covariance_type=shape)
    estimator.weights_, estimator.means_ = weights, means
    upper = roots(shape, covariances)
    precisions = upper**2 if shape in ("diag", "spherical") else upper @ np.swapaxes(upper, -1, -2)
    values = {"covariances_": covariances, "precisions_": precisions, "precisions_cholesky_": upper}
    for name in values if by == "all" else [by]:
        setattr(estimator, name, values[name])
    expected = sum(
        weight * multivariate_normal(mean, matrix).pdf(X)
        for weight, mean, matrix in zip(weights, means, dense(shape, covariances), strict=True)
    )
    np.testing.assert_allclose(estimator.score_samples(X), np.log(expected), rtol=1e-9)
    for name, value in values.items():
        np.testing.assert_allclose(getattr(estimator, name), value, rtol=1e-9, atol=1e-12)
    assert estimator.n_features_in_ == 2
    assert estimator.sample(50)[0].shape == (50, 2)
    again = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(again.predict(X), estimator.predict(X))
    with pytest.raises(ValueError, match="X has 3 features, but"):
        estimator.predict(np.ones((2, 3)))
    if make is GaussianMixture:
        theirs = TheirGaussianMixture(2, covariance_type=shape)
        theirs.weights_, theirs.means_, theirs.covariances_ = weights, means, covariances
        theirs.precisions_cholesky_ = upper
        np.testing.assert_allclose(estimator.score_samples(X), theirs.score_samples(X), rtol=1e-9)
        assert estimator.bic(X) == pytest.approx(theirs.bic(X))


def test_a_mixture_can_be_assigned_whole(X):
    weights, means, covariances = known("full")
    mixture = Mixture(weights, means, Full(covariances, 2, 2))
    for estimator in (GaussianMixture(), BayesianGaussianMixture(), fitted(X), fitted(X, "process")):
        estimator.mixture_ = mixture
        np.testing.assert_array_equal(estimator.score_samples(X), mixture.log_density(X))
        np.testing.assert_array_equal(estimator.weights_, weights)
    assert not hasattr(estimator, "posterior_")
    assert estimator.n_effective_components_ == 2


@pytest.mark.parametrize("kind", KINDS)
def test_changes_in_place_count(X, kind):
    estimator = fitted(X, kind)
    shifted = copy.deepcopy(estimator)
    shifted.means_ += 1.0
    expected = copy.deepcopy(estimator.mixture_)
    moved = Mixture(
        expected.weights, expected.means + 1, expected.covariance, expected.degrees_of_freedom, expected.noise
    )
    np.testing.assert_allclose(shifted.score_samples(X), moved.log_density(X), rtol=1e-12)
    shifted.covariances_ *= 2.0
    np.testing.assert_allclose(shifted.mixture_.covariances, 2 * expected.covariances, rtol=1e-12)
    np.testing.assert_allclose(shifted.precisions_, estimator.precisions_ / 2, rtol=1e-9)
    # Not the posterior any more, but the mixture of these parameters.
    assert not hasattr(shifted, "posterior_")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_deleted_follows_or_is_missed(X, kind):
    estimator = fitted(X, kind)
    before = estimator.precisions_
    del estimator.precisions_
    estimator.predict(X)
    np.testing.assert_array_equal(estimator.precisions_, before)
    del estimator.means_
    with pytest.raises(NotFittedError, match="set means_ too"):
        estimator.predict(X)
    with pytest.raises(TypeError, match="mixture_ must be a Mixture, not a list"):
        estimator.mixture_ = []


def test_a_small_change_is_not_taken_for_none(X):
    estimator = fitted(X, "process")
    estimator.covariances_ = estimator.covariances_ + 1e-9 * np.eye(2)
    np.testing.assert_array_equal(estimator.score_samples(X), estimator.mixture_.log_density(X))


def test_degrees_of_freedom_and_noise_can_be_set(X):
    estimator = fitted(X, "t")
    estimator.degrees_of_freedom_ = np.array([3.0, 4.0, 5.0])
    np.testing.assert_array_equal(estimator.mixture_.degrees_of_freedom, [3, 4, 5])
    estimator = fitted(X, "noise")
    estimator.weights_, estimator.noise_weight_ = np.array([0.2, 0.3, 0.4]), 0.1
    assert estimator.mixture_.noise.weight == 0.1
    np.testing.assert_allclose(estimator.mixture_.weights, [0.2, 0.3, 0.4])


@pytest.mark.parametrize("make", [GaussianMixture, BayesianGaussianMixture])
def test_more_components_than_were_fitted(X, make):
    estimator = make(n_components=3, random_state=0).fit(X)
    estimator.weights_, estimator.means_, estimator.covariances_ = known("full")
    assert estimator.predict_proba(X).shape == (len(X), 2)
    estimator.weights_, estimator.means_ = np.full(4, 0.25), np.zeros((4, 3))
    estimator.covariances_ = np.stack([np.eye(3)] * 4)
    assert estimator.score_samples(np.zeros((1, 3)))[0] == pytest.approx(-1.5 * np.log(2 * np.pi))


@pytest.mark.parametrize("make", [GaussianMixture, BayesianGaussianMixture])
@pytest.mark.parametrize(
    ("given", "error", "sentence"),
    [
        ({"means_": 1}, NotFittedError, "set weights_ and covariances_ too, or call fit"),
        ({"weights_": 1, "covariances_": 1}, NotFittedError, "set means_ too"),
        ({"weights_": 1, "means_": 1}, NotFittedError, "set covariances_ too"),
        ({"weights_": [0.3, 0.6], "means_": 1, "covariances_": 1}, ValueError, "add up to 1, not 0.9: divide them"),
        ({"weights_": [1.3, -0.3], "means_": 1, "covariances_": 1}, ValueError, "none negative"),
        ({"weights_": [0.3, np.nan], "means_": 1, "covariances_": 1}, ValueError, "weights_, .* must be finite"),
        ({"weights_": ["a", "b"], "means_": 1, "covariances_": 1}, ValueError, "weights_ must be an array of real"),
        ({"weights_": [0.2, 0.3, 0.5], "means_": 1, "covariances_": 1}, ValueError, "do not fit together"),
        ({"weights_": 1, "means_": [0.0, 1.0], "covariances_": 1}, ValueError, "one row for each component"),
        ({"weights_": 1, "means_": 1, "covariances_": [1.0, 2.0]}, ValueError, r"shape \(2, 2, 2\) .*, not \(2,\)"),
        ({"weights_": 1, "means_": 1, "covariances_": [[[1, 2], [2, 1]]] * 2}, ValueError, "positive-definite"),
        ({"weights_": 1, "means_": 1, "covariances_": [[[1, 0.5], [0, 1]]] * 2}, ValueError, "symmetric"),
        ({"weights_": 1, "means_": 1, "covariances_": 1, "precisions_": [np.eye(2)] * 2}, ValueError, "contradict"),
    ],
)
def test_what_does_not_fit_together_is_told(X, make, given, error, sentence):
    values = dict(zip(("weights_", "means_", "covariances_"), known("full"), strict=True))
    estimator = make(n_components=2)
    for name, value in given.items():
        setattr(estimator, name, values[name] if np.isscalar(value) else value)
    with pytest.raises(error, match=sentence):
        estimator.predict(X)
    with pytest.raises(error, match=sentence):
        estimator.sample()
    assert hasattr(make(n_components=2, random_state=0).fit(X), "mixture_")


@pytest.mark.parametrize("name", ["weight_concentration_", "mean_precision_", "degrees_of_freedom_"])
def test_the_posterior_is_not_set_by_hand(X, name):
    estimator = fitted(X, "process")
    setattr(estimator, name, np.ones(3))
    with pytest.raises(ValueError, match=f"{name} describes the posterior .* set weights_, means_ and covariances_"):
        estimator.predict(X)
    before = fitted(X, "process")
    after = copy.deepcopy(before)
    order = order_of(before)
    for each in (*ALL, "mean_precision_", "degrees_of_freedom_"):  # in the order of the others they say what they are
        setattr(after, each, getattr(after, each)[order])
    np.testing.assert_allclose(after.score_samples(X), before.score_samples(X), rtol=1e-12)
    estimator.fit(X)  # starts anew
    assert estimator.score(X) == pytest.approx(before.score(X))


def test_those_who_fit_a_mixture_see_what_was_set(X):
    estimator = fitted(X)
    order = order_of(estimator)
    search = MixtureSearch(3, random_state=0).fit(X)
    expected = search.predict(X)
    best = np.argsort(-search.best_estimator_.weights_)
    if search.best_params_["covariance_type"] != "tied":
        sort(search.best_estimator_, best)
        np.testing.assert_array_equal(best[search.predict(X)], expected)
    detector = MixtureDetector(sort(estimator, order).mixture_).fit(X)
    np.testing.assert_allclose(detector.score_samples(X), estimator.score_samples(X))
