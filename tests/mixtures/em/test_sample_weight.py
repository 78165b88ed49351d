"""A weight is a number of equal rows."""

import numpy as np
import pytest
from sklearn.base import clone

from mixtura import BayesianGaussianMixture, GaussianMixture, MixtureSearch
from mixtura.errors import EmptyTableError
from mixtura.intake.sample import Sample
from mixtura.mixtures.em.initialize import divide
from mixtura.rows import ArrayRows

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


# After the fit


@pytest.fixture(scope="module", name="counted")
def counted_values():
    """Rounded values of two groups, how often each occurs, and the rows that they stand for."""
    random = np.random.default_rng(0)
    raw = np.round(np.concatenate([random.normal(0, 1, (2000, 1)), random.normal(6, 1.5, (2000, 1))]), 1)
    values, counts = np.unique(raw, axis=0, return_counts=True)
    return values, counts, np.repeat(values, counts, axis=0)


ESTIMATORS = [
    GaussianMixture(2, random_state=0),
    GaussianMixture(2, random_state=0, init_params="k-means++"),
    GaussianMixture(2, random_state=0, noise=True),
    GaussianMixture(2, random_state=0, prior="default"),
    BayesianGaussianMixture(n_components=3, random_state=0),
    BayesianGaussianMixture(n_components=3, random_state=0, init_params="k-means++"),
    MixtureSearch(range(1, 4), random_state=0),
    MixtureSearch(range(1, 4), random_state=0, criterion="icl"),
    MixtureSearch(range(1, 4), random_state=0, estimator=BayesianGaussianMixture()),
]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=str)
def test_a_table_of_values_and_counts_is_that_of_the_rows_repeated(counted, estimator):
    values, counts, rows = counted
    weighted, repeated = clone(estimator).fit(values, sample_weight=counts), clone(estimator).fit(rows)
    assert weighted.score(values, sample_weight=counts) == pytest.approx(repeated.score(rows), rel=1e-6)
    one, other = weighted.score(values), np.mean(weighted.score_samples(values))
    assert one == pytest.approx(other)
    if isinstance(estimator, MixtureSearch):
        assert weighted.best_params_ == repeated.best_params_
        weighted, repeated = weighted.best_estimator_, repeated.best_estimator_
    if isinstance(weighted, GaussianMixture):
        assert weighted.bic(values, sample_weight=counts) == pytest.approx(repeated.bic(rows), rel=1e-6)
        assert weighted.aic(values, sample_weight=counts) == pytest.approx(repeated.aic(rows), rel=1e-6)
        assert weighted.bic(values) < weighted.bic(values, sample_weight=counts) / 10


def test_the_criterion_of_the_search_is_that_of_its_best_estimator(counted):
    values, counts, _ = counted
    search = MixtureSearch(range(1, 4), random_state=0).fit(values, sample_weight=counts)
    best = min(search.candidates_, key=lambda candidate: candidate.bic)
    assert search.best_estimator_.bic(values, counts) == pytest.approx(best.bic, rel=1e-9)
    assert search.best_estimator_.aic(values, counts) == pytest.approx(best.aic, rel=1e-9)


@pytest.mark.pairwise
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["array", "rows", "holes", "dask"])
def test_scores_are_averages_by_weight(X, shape, dtype, kind, need):
    weights = np.random.default_rng(1).uniform(0, 3, len(X))
    weights[::7] = 0
    gm = GaussianMixture(2, covariance_type=shape, random_state=0).fit(X.astype(dtype))
    table = X.astype(dtype)
    if kind == "holes":
        table[np.random.default_rng(2).random(X.shape) < 0.2] = np.nan
    expected = np.average(gm.score_samples(table), weights=weights)
    if kind == "rows":
        found = gm.score(ArrayRows(table, sample_weight=weights))
    elif kind == "dask":
        da = need("dask.array")
        found = gm.score(da.from_array(table, chunks=(60, 2)), sample_weight=da.from_array(weights, chunks=70))
    else:
        found = gm.score(table, sample_weight=weights)
    assert found == pytest.approx(expected, rel=1e-6 if dtype == np.float32 else 1e-12)
    with_value = ~np.isnan(table).all(axis=1)
    n = weights[with_value].sum()
    bic = -2 * expected * weights.sum() + gm.mixture_.n_parameters * np.log(n)
    assert gm.bic(table, sample_weight=weights) == pytest.approx(bic, rel=1e-6)


def test_no_row_to_judge_by(X):
    gm = GaussianMixture(2, random_state=0).fit(X)
    nothing = ArrayRows(X, sample_weight=np.zeros(len(X)))
    with pytest.raises(EmptyTableError, match="every row has weight zero"):
        gm.score(nothing)
    for criterion in (gm.bic, gm.aic):
        with pytest.raises(EmptyTableError, match="or every row has weight zero"):
            criterion(nothing)
        with pytest.raises(ValueError, match="non-zero number"):
            criterion(X, sample_weight=np.zeros(len(X)))
    with pytest.raises(ValueError, match="sample_weight"):
        gm.score(X, sample_weight=np.ones(3))


def test_rows_are_drawn_by_their_weight(X):
    """A start at single rows: those of little weight are hardly ever drawn."""
    weights = np.where(np.arange(len(X)) < 150, 1.0, 1e-9)
    sample = Sample(X, weights)
    for seed in range(20):
        shares = divide(sample, 5, "random_from_data", np.random.RandomState(seed))
        assert set(np.flatnonzero(shares.any(axis=1))) <= set(range(150))
        np.testing.assert_allclose(weights @ shares, 1)
