"""A weight is a number of equal rows."""

import numpy as np
import pytest

from mixtura import GaussianMixture, MixtureSearch

SHAPES = ["full", "tied", "diag", "spherical"]


@pytest.fixture(scope="module", name="X")
def table():
    random = np.random.default_rng(3)
    return np.concatenate([random.normal(0, 1, (150, 2)), random.normal(5, 2, (100, 2))])


def fit(X, shape, sample_weight=None, **settings):
    start = {"weights_init": [0.4, 0.6], "means_init": [[0, 1], [4, 5]]}
    gm = GaussianMixture(2, covariance_type=shape, random_state=0, tol=1e-8, max_iter=1000, **(settings or start))
    return gm.fit(X, sample_weight=sample_weight)


def assert_same(mine, other, rtol=1e-7):
    np.testing.assert_allclose(mine.weights_, other.weights_, rtol=rtol)
    np.testing.assert_allclose(mine.means_, other.means_, rtol=rtol)
    np.testing.assert_allclose(mine.covariances_, other.covariances_, rtol=rtol, atol=rtol)
    assert mine.lower_bound_ == pytest.approx(other.lower_bound_, rel=rtol)


def full_start(shape):
    precisions = {"full": [np.eye(2)] * 2, "tied": np.eye(2), "diag": np.ones((2, 2)), "spherical": np.ones(2)}
    return {"weights_init": [0.4, 0.6], "means_init": [[0, 1], [4, 5]], "precisions_init": precisions[shape]}


@pytest.mark.parametrize("shape", SHAPES)
def test_whole_weights_are_repeated_rows(X, shape):
    counts = np.random.default_rng(0).integers(1, 4, len(X))
    repeated = np.repeat(X, counts, axis=0)
    assert_same(fit(X, shape, counts, **full_start(shape)), fit(repeated, shape, **full_start(shape)))


@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "random", "random_from_data"])
@pytest.mark.parametrize("shape", SHAPES)
def test_rows_of_weight_zero_are_absent(X, shape, init_params):
    kept = np.random.default_rng(0).random(len(X)) < 0.6
    far = np.where(kept[:, None], X, 1e3)
    assert_same(
        fit(far, shape, kept.astype(float), init_params=init_params), fit(X[kept], shape, init_params=init_params)
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_scale_of_weights_is_nothing(X, shape):
    weights = np.random.default_rng(0).uniform(0.2, 3, len(X))
    assert_same(fit(X, shape, weights), fit(X, shape, 7 * weights))
    assert_same(fit(X, shape, np.full(len(X), 7.0)), fit(X, shape))


def test_search_weighs_its_criteria(X):
    counts = np.random.default_rng(0).integers(1, 4, len(X))
    settings = {"n_components": 1, "random_state": 0}
    weighted = MixtureSearch(**settings).fit(X, sample_weight=counts)
    repeated = MixtureSearch(**settings).fit(np.repeat(X, counts, axis=0))
    for mine, other in zip(weighted.candidates_, repeated.candidates_, strict=True):
        assert (mine.bic, mine.aic, mine.icl) == pytest.approx((other.bic, other.aic, other.icl))


@pytest.mark.parametrize("start", [{"init_params": "kmeans"}, full_start("full")])
def test_no_row_counts(X, start):
    with pytest.raises(ValueError, match="weight"):
        fit(X, "full", np.zeros(len(X)), **start)


def test_fewer_counted_rows_than_components(X):
    weights = np.zeros(len(X))
    weights[3] = 1
    with pytest.raises(ValueError, match="2 components start from as many rows of positive weight, and 1 of 250"):
        fit(X, "full", weights, init_params="random_from_data")


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [(-1.0, "Negative values in data passed to `sample_weight`"), (np.nan, "Input sample_weight contains NaN")],
)
def test_wrong_weights(X, weights, sentence):
    sample_weight = np.ones(len(X))
    sample_weight[7] = weights
    with pytest.raises(ValueError, match=sentence):
        GaussianMixture().fit(X, sample_weight=sample_weight)
    with pytest.raises(ValueError, match="sample_weight"):
        GaussianMixture().fit(X, sample_weight=np.ones(3))
