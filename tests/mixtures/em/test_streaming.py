import copy

import numpy as np
import pandas as pd
import pytest

from mixtura import BayesianGaussianMixture, GaussianMixture, MixtureSearch
from mixtura.distributions.shapes import SHAPES as COVARIANCES
from mixtura.engines import ThreadEngine
from mixtura.errors import ColumnError, EmptyTableError
from mixtura.intake.table import Table
from mixtura.mixtures.em.expectation import Expectation
from mixtura.mixtures.em.streaming import Stream, digest
from mixtura.mixtures.em.updates import MaximumLikelihood
from mixtura.rows import ArrayRows

SHAPES = ("full", "tied", "diag", "spherical")


@pytest.fixture(scope="module", name="X")
def table():
    random = np.random.default_rng(0)
    groups = [
        random.normal(size=(2500, 3)),
        random.normal([4, 0, 0], [1, 2, 0.5], (1500, 3)),
        random.normal([0, 5, 0], 1, (1000, 3)),
    ]
    return random.permutation(np.concatenate(groups))


def learn(estimator, X, n_batches, n_passes):
    for _ in range(n_passes):
        for batch in np.array_split(X, n_batches):
            estimator.partial_fit(batch)
    return estimator


@pytest.mark.one_case
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_batches", [5, 25])
def test_stepwise_em_comes_as_near_as_the_batch_fit(X, shape, n_batches):
    whole = GaussianMixture(3, covariance_type=shape, tol=1e-8, max_iter=500, random_state=0).fit(X)
    parts = learn(GaussianMixture(3, covariance_type=shape, random_state=0), X, n_batches, 5)
    assert whole.score(X) - 1e-3 < parts.score(X) <= whole.score(X) + 1e-9
    assert parts.n_iter_ == 5 * n_batches == len(parts.lower_bounds_)


@pytest.mark.one_case
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_batches", [5, 25])
def test_memoized_inference_comes_as_near_as_the_batch_fit(X, shape, n_batches):
    parameters = {"n_components": 3, "covariance_type": shape, "random_state": 0}
    whole = BayesianGaussianMixture(**parameters, max_iter=500, moves=False).fit(X)
    parts = learn(BayesianGaussianMixture(**parameters), X, n_batches, 5)
    assert parts.score(X) == pytest.approx(whole.score(X), abs=1e-3)
    assert parts.posterior_.counts.sum() == pytest.approx(len(X))


@pytest.mark.parametrize("weight_prior", ["dirichlet_process", "dirichlet_distribution"])
@pytest.mark.parametrize("shape", SHAPES)
def test_memoized_bound_never_falls_while_batches_come_again(X, shape, weight_prior):
    bgm = BayesianGaussianMixture(
        n_components=5, covariance_type=shape, weight_concentration_prior_type=weight_prior, random_state=0
    )
    learn(bgm, X[:600], 4, 6)
    bounds = np.array(bgm.lower_bounds_)
    assert len(bounds) == 24
    again = bounds[4:]  # every batch has been seen by now
    assert (np.diff(again) >= -1e-9 * np.abs(again[1:])).all()
    assert again[-1] > again[0]


def test_memoized_bound_is_the_elbo_at_rest(X):
    """When nothing moves any more, what is remembered is what a pass over all rows would say."""
    bgm = learn(BayesianGaussianMixture(n_components=2, random_state=0), X[:300], 3, 150)
    posterior = bgm.posterior_
    moments = Expectation(Table(ArrayRows(X[:300]), ThreadEngine(1)))(posterior)
    assert bgm.lower_bound_ == pytest.approx(moments.log_likelihood - posterior.divergence, rel=1e-7)


def test_one_batch_again_and_again_is_the_batch_fit(X):
    """Memory of one batch that holds every row: each step is an iteration of variational inference."""
    parameters = {"n_components": 3, "random_state": 0, "moves": False}
    stepped = BayesianGaussianMixture(**parameters)
    for _ in range(30):
        stepped.partial_fit(X)
    whole = BayesianGaussianMixture(**parameters, tol=0, max_iter=50)
    with pytest.warns(match="did not converge"):
        whole.fit(X)
    np.testing.assert_allclose(stepped.means_, whole.means_, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(stepped.weights_, whole.weights_, rtol=1e-9)


def test_batch_is_known_by_its_name_or_its_rows(X):
    named, unnamed = (BayesianGaussianMixture(n_components=2, random_state=0) for _ in range(2))
    for _ in range(2):
        for name, part in zip("ab", (X[:200], X[200:500]), strict=True):
            named.partial_fit(part, batch=name)
            unnamed.partial_fit(part)
    assert named.posterior_.counts.sum() == pytest.approx(500)
    np.testing.assert_array_equal(named.means_, unnamed.means_)
    named.partial_fit(X[500:1500], batch="b")
    assert named.posterior_.counts.sum() == pytest.approx(1200)
    unnamed.partial_fit(X[200:500], sample_weight=np.full(300, 2.0))  # other weights, another batch
    assert unnamed.posterior_.counts.sum() == pytest.approx(500 + 600)


def test_sums_are_about_the_means_of_the_last_visit(X):
    """About means that have moved on, sums of squares would lose digits."""
    bgm = BayesianGaussianMixture(n_components=2, random_state=0).partial_fit(X[:200]).partial_fit(X[200:400])
    before = bgm.means_
    bgm.partial_fit(X[:200])
    np.testing.assert_array_equal(bgm._fitted.memory.total(COVARIANCES["full"]).centers, before)


def test_digest_tells_values_types_weights_and_cuts_apart(X):
    tables = [
        ArrayRows(X[:10]),
        ArrayRows(X[:10].astype(np.float32)),
        ArrayRows(X[:10], sample_weight=np.ones(10)),
        ArrayRows(X[1:11]),
        ArrayRows(X[:10].reshape(15, 2)),
    ]
    engine = ThreadEngine(1)
    assert len({digest(Table(rows, engine)) for rows in tables}) == len(tables)
    assert digest(Table(ArrayRows(X[:10]), engine)) == digest(Table(ArrayRows(np.asfortranarray(X[:10])), engine))
    long = np.tile(X, (30, 1))  # several blocks
    assert digest(Table(ArrayRows(long), ThreadEngine(3))) == digest(Table(ArrayRows(long), engine))
    assert digest(Table(ArrayRows(long), engine)) != digest(Table(ArrayRows(long[::-1]), engine))


@pytest.mark.parametrize("shape", SHAPES)
def test_one_step_is_the_decayed_average_of_statistics(X, shape):
    """Against sums of squares about zero, decayed as Cappé and Moulines write them."""
    gm = GaussianMixture(2, covariance_type=shape, reg_covar=0, random_state=0).partial_fit(X[:1000])
    first, mixture = Expectation(Table(ArrayRows(X[:1000]), ThreadEngine(1))), None
    mixture = gm.mixture_
    stream = Stream.of(first(mixture), np.zeros(3))
    batch = Expectation(Table(ArrayRows(X[1000:1300]), ThreadEngine(1)))(mixture)
    after = stream.after(batch, COVARIANCES[shape])
    found = MaximumLikelihood(COVARIANCES[shape], np.zeros(3))(after.moments, mixture)
    step = (1000 / 300 + 2) ** -0.7  # as if 1000 rows had come in batches of 300
    shares = [mixture.responsibilities(rows) / len(rows) for rows in (X[:1000], X[1000:1300])]
    average = [(1 - step) * shares[0], step * shares[1]]
    rows, z = np.concatenate([X[:1000], X[1000:1300]]), np.concatenate(average)
    counts = z.sum(axis=0)
    np.testing.assert_allclose(found.weights, counts, rtol=1e-9)
    np.testing.assert_allclose(found.means, z.T @ rows / counts[:, None], rtol=1e-9)
    dense = np.einsum("nk,nki,nkj->kij", z, *[rows[:, None, :] - found.means] * 2)
    expected = {
        "full": dense / counts[:, None, None],
        "tied": dense.sum(axis=0),
        "diag": np.diagonal(dense, axis1=1, axis2=2) / counts[:, None],
        "spherical": np.trace(dense, axis1=1, axis2=2) / counts / 3,
    }[shape]
    np.testing.assert_allclose(found.covariances, expected, rtol=1e-8, atol=1e-10)


def test_student_components_learn_from_batches():
    random = np.random.default_rng(0)
    X = random.standard_t(4, size=(4000, 1)) * 2 + 5
    whole = GaussianMixture(family="t", tol=1e-7, max_iter=500).fit(X)
    parts = learn(GaussianMixture(family="t"), X, 10, 20)
    assert parts.score(X) == pytest.approx(whole.score(X), abs=1e-3)
    np.testing.assert_allclose(parts.degrees_of_freedom_, whole.degrees_of_freedom_, rtol=0.2)


def test_batches_with_missing_values(X):
    holes = X.copy()
    holes[np.random.default_rng(0).random(X.shape) < 0.05] = np.nan
    parts = learn(GaussianMixture(3, random_state=0), holes, 10, 5)
    assert parts.score(X) == pytest.approx(GaussianMixture(3, random_state=0).fit(X).score(X), abs=5e-3)


def test_a_batch_counts_for_its_share_of_all_rows_at_least(X):
    mixture = GaussianMixture(2, random_state=0).fit(X).mixture_
    moments = [Expectation(Table(ArrayRows(part), ThreadEngine(1)))(mixture) for part in (X[:10], X[10:1000], X[:1000])]
    after = Stream.of(moments[0], np.zeros(3)).after(moments[1], COVARIANCES["full"])
    assert after.weight == 1000
    np.testing.assert_allclose(after.moments.counts, moments[2].counts / 1000, rtol=1e-9)


# Batches after a fit


def nan_holes(X):
    holes = X.copy()
    holes[np.random.default_rng(0).random(X.shape) < 0.05] = np.nan
    return holes


AFTER_FIT = {
    "normal": ({}, {}),
    "t": ({"family": "t"}, {}),
    "relative": ({"regularization": "relative", "reg_covar": 1e-3}, {}),
    "noise": ({"noise": True}, {"noise": False}),
    "trim": ({"trim": 0.05}, {"trim": 0.0}),
    "prior": ({"prior": "default"}, {"prior": None}),
}


@pytest.mark.pairwise
@pytest.mark.parametrize("kind", ["plain", "holes", "weights", "warm", "float32", "start"])
@pytest.mark.parametrize("settings", AFTER_FIT)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_short_batch_moves_a_fit_little(X, shape, settings, kind):
    """Of 5000 rows of three groups and then 20 of one, all groups stay."""
    before, then = AFTER_FIT[settings]
    gm = GaussianMixture(3, covariance_type=shape, random_state=0, tol=1e-2, **before)
    table, weights = X, None
    if kind == "holes":
        table = nan_holes(X)
    elif kind == "weights":
        weights = np.random.default_rng(0).uniform(0.5, 1.5, len(X))
    elif kind == "float32":
        table = X.astype(np.float32)
    elif kind == "warm":
        gm.set_params(warm_start=True).fit(X)
    elif kind == "start":
        gm.set_params(max_iter=0)
    gm.fit(table, sample_weight=weights).set_params(**then)
    weights_before, score = gm.weights_ / gm.weights_.sum(), gm.score(X)
    batch = table[np.argsort(np.abs(X - [0, 5, 0]).sum(axis=1))[:20]]
    gm.partial_fit(batch, sample_weight=None if weights is None else np.ones(20))
    np.testing.assert_allclose(gm.weights_, weights_before, atol=0.02)
    assert gm.score(X) > score - (0.1 if settings == "noise" else 0.02)
    assert gm.n_iter_ == 1
    gm.partial_fit(batch)
    assert gm.n_iter_ == len(gm.lower_bounds_) == 2


@pytest.mark.parametrize("shape", SHAPES)
def test_a_fit_leaves_the_moments_that_its_mixture_came_from(X, shape):
    gm = GaussianMixture(3, covariance_type=shape, random_state=0).fit(X)
    update = MaximumLikelihood(COVARIANCES[shape], np.full(3, gm.reg_covar))
    again = update(gm._fitted.stream.moments, gm.mixture_)
    assert gm._fitted.stream.weight == len(X)
    np.testing.assert_allclose(again.means, gm.means_, rtol=1e-9)
    np.testing.assert_allclose(again.covariances, gm.covariances_, rtol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_many_batches_after_a_fit_come_where_a_fit_of_all_rows_does(X, shape):
    gm = learn(GaussianMixture(3, covariance_type=shape, random_state=0).fit(X[:2000]), X[2000:], 6, 1)
    whole = GaussianMixture(3, covariance_type=shape, random_state=0).fit(X)
    assert gm.score(X) == pytest.approx(whole.score(X), abs=5e-3)


@pytest.mark.pairwise
@pytest.mark.parametrize("prior", ["dirichlet_process", "dirichlet_distribution"])
@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_posterior_rests_on_the_rows_of_the_fit_and_of_the_batches(X, shape, moves, prior):
    settings = {
        "n_components": 4,
        "covariance_type": shape,
        "moves": moves,
        "weight_concentration_prior_type": prior,
        "max_iter": 300,
        "random_state": 0,
    }
    bgm = BayesianGaussianMixture(**settings).fit(X[:284])
    score, bound = bgm.score(X), bgm.lower_bound_
    bgm.partial_fit(X[284:304], batch="b")
    assert bgm.posterior_.counts.sum() == pytest.approx(304)
    assert bgm.score(X) == pytest.approx(score, abs=0.1)
    assert bgm.lower_bound_ < bound  # twenty rows more have a lower evidence
    bgm.partial_fit(X[304:404], batch="b")
    assert bgm.posterior_.counts.sum() == pytest.approx(384)
    assert bgm.n_iter_ == 2


def test_the_rows_of_a_fit_are_one_batch(X):
    """Given again they replace what they said, and the bound does not fall."""
    bgm = BayesianGaussianMixture(n_components=3, random_state=0, tol=1).fit(X[:300])
    bounds = [bgm.lower_bound_, *(bgm.partial_fit(X[:300]).lower_bound_ for _ in range(5))]
    assert bgm.posterior_.counts.sum() == pytest.approx(300)
    assert (np.diff(bounds) >= -1e-9 * np.abs(bounds[1:])).all()
    weighted = BayesianGaussianMixture(n_components=3, random_state=0).fit(X[:300], sample_weight=np.full(300, 2.0))
    assert weighted.partial_fit(X[:300]).posterior_.counts.sum() == pytest.approx(900)


def test_a_fit_starts_anew(X):
    for estimator in (GaussianMixture(3, random_state=0), BayesianGaussianMixture(n_components=3, random_state=0)):
        before = estimator.fit(X[:500]).means_
        estimator.partial_fit(X[500:900]).fit(X[:500])
        np.testing.assert_array_equal(estimator.means_, before)


def test_a_search_leaves_what_a_batch_goes_on_from(X):
    best = MixtureSearch((2, 3), covariance_types=["diag"], random_state=0).fit(X).best_estimator_
    score = best.score(X)
    assert best.partial_fit(X[:20]).score(X) > score - 0.02
    best = MixtureSearch(3, covariance_types=["diag"], estimator=BayesianGaussianMixture()).fit(X[:500]).best_estimator_
    assert best.partial_fit(X[500:520]).posterior_.counts.sum() == pytest.approx(520)


def test_a_dask_fit_leaves_what_a_batch_goes_on_from(X, need):
    da = need("dask.array")
    for estimator in (GaussianMixture(3, random_state=0), BayesianGaussianMixture(n_components=3, random_state=0)):
        estimator.fit(da.from_array(X[:4000], chunks=(900, 3)))
        score = estimator.score(X)
        estimator.partial_fit(da.from_array(X[4000:4020], chunks=(7, 3)))
        assert estimator.score(X) > score - 0.02


def test_the_ridge_of_a_relative_fit_stays(X):
    """A batch of equal rows has no variance that a part could be taken of."""
    gm = GaussianMixture(1, regularization="relative", reg_covar=0.1).fit(X)
    gm.partial_fit(np.tile(X[:1], (20, 1)))
    step = max((5000 / 20 + 2) ** -0.7, 20 / 5020)
    rows = np.concatenate([X, X[:1]])
    shares = np.append(np.full(len(X), (1 - step) / len(X)), step)
    expected = np.cov(rows.T, aweights=shares, ddof=0) + 0.1 * np.diag(X.var(axis=0))
    np.testing.assert_allclose(gm.covariances_[0], expected, rtol=1e-9, atol=1e-9)


def test_batches_of_another_family_are_refused(X):
    gm = GaussianMixture(2, random_state=0).fit(X).set_params(family="t")
    with pytest.raises(ValueError, match="another family than 't': set it back, or start anew with fit"):
        gm.partial_fit(X[:100])


@pytest.mark.parametrize("estimator", [GaussianMixture(2, random_state=0), BayesianGaussianMixture(n_components=2)])
def test_columns_are_those_of_the_first_batch(X, estimator):
    frame = pd.DataFrame(X[:100], columns=["a", "b", "c"])
    estimator = copy.deepcopy(estimator).partial_fit(frame)
    assert list(estimator.feature_names_in_) == ["a", "b", "c"]
    means = estimator.means_
    with pytest.raises(ValueError, match="feature names"):
        estimator.partial_fit(frame[["c", "b", "a"]])
    with pytest.raises(ValueError, match="Feature names seen at fit time, yet now missing"):
        estimator.partial_fit(frame[["a", "b"]])
    with pytest.raises(EmptyTableError, match="every row of the batch has weight zero"):
        estimator.partial_fit(ArrayRows(X[:100], sample_weight=np.zeros(100)))
    with pytest.raises(EmptyTableError, match="every value is missing in the rows of positive weight"):
        estimator.partial_fit(frame[:3] * np.nan)
    np.testing.assert_array_equal(estimator.means_, means)
    estimator.partial_fit(frame[:1])  # later batches may be short
    assert np.isfinite(estimator.means_).all()


def test_files_are_batches(X, tmp_path):
    for number, part in enumerate(np.array_split(X, 4)):
        pd.DataFrame(part, columns=["a", "b", "c"]).to_csv(tmp_path / f"{number}.csv", index=False)
    files, arrays = (GaussianMixture(2, random_state=0) for _ in range(2))
    for number, part in enumerate(np.array_split(X, 4)):
        files.partial_fit(tmp_path / f"{number}.csv")
        arrays.partial_fit(part)
    np.testing.assert_allclose(files.means_, arrays.means_, rtol=1e-9)
    pd.DataFrame(X[:, :2], columns=["a", "b"]).to_csv(tmp_path / "short.csv", index=False)
    with pytest.raises(ColumnError):
        files.partial_fit(tmp_path / "short.csv")


@pytest.mark.parametrize("parameters", [{"prior": "default"}, {"noise": True}, {"trim": 0.1}])
def test_what_needs_the_whole_table_is_refused(X, parameters):
    assert not hasattr(GaussianMixture(2, **parameters), "partial_fit")
    with pytest.raises(AttributeError) as caught:
        GaussianMixture(2, **parameters).partial_fit(X)
    assert "need all rows: use fit" in str(caught.value.__cause__)


def test_other_components_than_before_are_refused(X):
    for estimator in (GaussianMixture(2), BayesianGaussianMixture(n_components=2)):
        estimator.partial_fit(X[:200]).set_params(covariance_type="diag")
        with pytest.raises(ValueError, match=r"partial_fit goes on from 2 full components .* start anew with fit"):
            estimator.partial_fit(X[:200])


def test_too_few_rows_to_start(X):
    for estimator in (GaussianMixture(5), BayesianGaussianMixture(n_components=5)):
        with pytest.raises(ValueError, match="Expected n_samples >= n_components"):
            estimator.partial_fit(X[:4])
        assert not hasattr(estimator, "mixture_")
