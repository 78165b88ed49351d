import copy
import pickle
import warnings

import numpy as np
import pytest
import sklearn.mixture
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from mixtura import BayesianGaussianMixture, GaussianMixture, MixtureSearch
from mixtura.engines import ThreadEngine
from mixtura.mixtures.em.expectation import Expectation

SHAPES = ("full", "tied", "diag", "spherical")
WEIGHT_PRIORS = ("dirichlet_process", "dirichlet_distribution")

pytestmark = pytest.mark.filterwarnings("ignore:Best performing initialization:sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def textbook():
    """Three groups of 500, 500 and 250 rows, of Géron's "Hands-On Machine Learning", chapter 9."""
    two, _ = make_blobs(n_samples=1000, centers=((4, -4), (0, 0)), random_state=42)
    one, _ = make_blobs(n_samples=250, centers=1, random_state=42)
    return np.r_[two @ np.array([[0.374, 0.95], [0.732, 0.598]]), one + np.array([6, -8])]


@pytest.fixture(scope="module")
def two_groups():
    random = np.random.default_rng(0)
    return np.r_[random.normal(0, 1, (200, 2)), random.normal(8, 1, (100, 2))]


def fit(X, **parameters):
    return BayesianGaussianMixture(**{"n_components": 10, "random_state": 42} | parameters).fit(X)


def test_textbook_weights(textbook):
    bgm = fit(textbook, n_init=10)
    assert sorted(bgm.weights_.round(2)) == [0] * 7 + [0.21, 0.4, 0.4]
    assert bgm.n_effective_components_ == 3
    assert (bgm.weights_ == 0).sum() == 7


@pytest.mark.parametrize("seed", range(10))
def test_every_default_start_finds_three_groups(textbook, seed):
    bgm = fit(textbook, random_state=seed)
    assert bgm.n_effective_components_ == 3
    assert bgm.converged_


def test_concentration_decides_between_few_and_many(textbook):
    few, many = (fit(textbook[::17], weight_concentration_prior=c) for c in (0.01, 1000))
    assert few.n_effective_components_ <= 2
    assert many.n_effective_components_ == 3


@pytest.mark.one_case
@pytest.mark.parametrize("weight_prior", WEIGHT_PRIORS)
@pytest.mark.parametrize("shape", SHAPES)
def test_no_move_lowers_the_bound(textbook, shape, weight_prior):
    X = textbook[::3]
    parameters = {"covariance_type": shape, "weight_concentration_prior_type": weight_prior}
    for seed in range(2):
        moved = fit(X, random_state=seed, **parameters)
        stayed = fit(X, random_state=seed, moves=False, **parameters)
        assert moved.lower_bound_ >= stayed.lower_bound_ - 1e-9 * abs(stayed.lower_bound_)
        gains = np.diff(moved.lower_bounds_)
        assert (gains >= -1e-9 * np.abs(moved.lower_bounds_[1:])).all()
        assert moved.lower_bound_ == moved.lower_bounds_[-1]


@pytest.mark.one_case
@pytest.mark.parametrize("weight_prior", WEIGHT_PRIORS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "random_from_data", "random"])
def test_components_that_no_row_belongs_to_end_at_zero(two_groups, shape, weight_prior, init_params):
    for seed in range(2):
        bgm = fit(
            two_groups,
            covariance_type=shape,
            weight_concentration_prior_type=weight_prior,
            init_params=init_params,
            random_state=seed,
            max_iter=500,
        )
        labels = np.unique(bgm.predict(two_groups))
        np.testing.assert_array_equal(labels, np.flatnonzero(bgm.weights_))
        assert bgm.n_effective_components_ == len(labels)
        if init_params != "random":
            np.testing.assert_allclose(np.sort(bgm.weights_)[-2:], [1 / 3, 2 / 3], atol=0.01)


@pytest.mark.parametrize("weight_prior", WEIGHT_PRIORS)
@pytest.mark.parametrize("shape", SHAPES)
def test_without_moves_rows_tell_how_many_components_there_are(two_groups, shape, weight_prior):
    bgm = fit(
        two_groups,
        covariance_type=shape,
        weight_concentration_prior_type=weight_prior,
        max_iter=1000,
        tol=1e-9,
        moves=False,
    )
    assert (bgm.weights_ > 0).all()  # as in scikit-learn
    assert bgm.n_effective_components_ == len(np.unique(bgm.predict(two_groups)))


@pytest.mark.parametrize("weight", [1e-3, 1.0, 1e3])
def test_components_are_counted_whatever_rows_weigh(two_groups, weight):
    weights = np.full(len(two_groups), weight)
    bgm = BayesianGaussianMixture(n_components=6, random_state=0, max_iter=500)
    bgm.fit(two_groups, sample_weight=weights)
    assert bgm.n_effective_components_ == (bgm.weights_ > 0).sum() == len(np.unique(bgm.predict(two_groups)))


def test_a_row_on_its_own_keeps_its_component(two_groups):
    X = np.r_[two_groups, [[40.0, -40.0]]]
    bgm = fit(X, covariance_prior=np.eye(2), mean_precision_prior=1e-3)
    assert bgm.n_effective_components_ == 3
    assert np.bincount(bgm.predict(X))[bgm.predict(X[-1:])[0]] == 1


@pytest.mark.one_case
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("weight_prior", WEIGHT_PRIORS)
def test_search_by_evidence_says_how_many_groups_there_are(two_groups, weight_prior, seed):
    estimator = BayesianGaussianMixture(weight_concentration_prior_type=weight_prior)
    search = MixtureSearch(range(1, 7), estimator=estimator, random_state=seed).fit(two_groups)
    assert search.best_params_["n_components"] == 2
    assert search.best_estimator_.n_effective_components_ == 2


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("n", "d"), [(200, 20), (200, 60), (100, 120), (1000, 60)])
def test_groups_are_found_in_many_columns(n, d, shape):
    """Three groups with centres N(0, I) and noise N(0, I): in so many columns they are far apart."""
    random = np.random.default_rng([n, d])
    labels = random.integers(3, size=n)
    X = random.normal(size=(3, d))[labels] + random.normal(size=(n, d))
    bgm = fit(X, covariance_type=shape, max_iter=500)
    few_rows = shape == "tied" and n < d  # no covariance of all can be told there, and scikit-learn keeps ten
    assert adjusted_rand_score(labels, bgm.predict(X)) > (0.4 if few_rows else 0.9)


@pytest.mark.parametrize("shape", ["full", "tied", "diag"])
@pytest.mark.parametrize("d", [2, 3, 30])
def test_default_prior_has_no_units(d, shape):
    """Fewer rows than columns included; a start by random shares does not depend on units either."""
    random = np.random.default_rng(d)
    X, units = random.normal(size=(25, d)), 10.0 ** random.integers(-3, 4, size=d)
    parameters = {"n_components": 3, "covariance_type": shape, "reg_covar": 0, "init_params": "random"}
    bounds = [fit(table, **parameters).lower_bound_ for table in (X, X * units)]
    assert bounds[1] == pytest.approx(bounds[0] - len(X) * np.log(units).sum(), rel=1e-7, abs=1e-3)


@pytest.mark.parametrize("shape", SHAPES)
def test_default_degrees_leave_every_column_as_many_rows(shape):
    """As many in one and two columns as scikit-learn's default does with full covariances: one."""
    random = np.random.default_rng(0)
    for d, degrees in ((1, 1.0), (2, 2.0), (5, 20.0)):
        bgm = fit(random.normal(size=(50, d)), covariance_type=shape, n_components=4, max_iter=5)
        expected = {"full": degrees, "tied": (d - 1) / 4 + 1}.get(shape, 1.0)
        assert bgm.degrees_of_freedom_prior_ == expected


@pytest.mark.parametrize("shape", SHAPES)
def test_one_group_in_many_columns_stays_one(shape):
    X = np.random.default_rng(0).normal(size=(400, 20))
    assert fit(X, covariance_type=shape, max_iter=500).n_effective_components_ == 1


@pytest.mark.one_case
@pytest.mark.parametrize("shape", SHAPES)
def test_moves_take_no_more_passes_than_the_fit(shape, monkeypatch):
    """Each trial is one pass, and so is each iteration after a move."""
    random = np.random.default_rng(0)
    X = random.normal(size=(3, 100))[random.integers(3, size=300)] + random.normal(size=(300, 100))
    passes = []
    call = Expectation.__call__
    monkeypatch.setattr(Expectation, "__call__", lambda self, model: (passes.append(1), call(self, model))[1])
    stayed = fit(X, covariance_type=shape, moves=False)
    alone = len(passes)
    passes.clear()
    fit(X, covariance_type=shape)
    # The last run of iterations is not cut short.
    assert len(passes) <= alone + stayed.n_iter_ + 5


@pytest.mark.one_case
@pytest.mark.parametrize("weight_prior", WEIGHT_PRIORS)
def test_iterations_are_scikit_learns(textbook, weight_prior):
    parameters = {
        "n_components": 5,
        "max_iter": 7,
        "tol": 0,
        "random_state": 3,
        "weight_concentration_prior_type": weight_prior,
    }
    mine = BayesianGaussianMixture(**parameters, moves=False).fit(textbook)
    theirs = sklearn.mixture.BayesianGaussianMixture(**parameters).fit(textbook)
    for name in ("weights_", "means_", "covariances_", "mean_precision_", "degrees_of_freedom_", "precisions_"):
        np.testing.assert_allclose(getattr(mine, name), getattr(theirs, name), rtol=1e-4, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(mine.weight_concentration_, theirs.weight_concentration_, rtol=1e-5)
    np.testing.assert_allclose(mine.score_samples(textbook), theirs.score_samples(textbook), rtol=1e-4)
    np.testing.assert_allclose(mine.predict_proba(textbook), theirs.predict_proba(textbook), atol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_priors_shape_and_attributes(textbook, shape):
    mine = fit(textbook[:200], n_components=3, covariance_type=shape)
    theirs = sklearn.mixture.BayesianGaussianMixture(n_components=3, covariance_type=shape).fit(textbook[:200])
    for name in vars(theirs):
        if name.endswith("_") and not name.startswith(("n_features_in", "lower_bound")):
            assert np.shape(getattr(mine, name)) == np.shape(getattr(theirs, name)), name
    np.testing.assert_allclose(mine.covariance_prior_, theirs.covariance_prior_, rtol=1e-12)
    np.testing.assert_allclose(mine.mean_prior_, theirs.mean_prior_, rtol=1e-12)


def test_criteria_that_count_parameters_are_not_offered(textbook):
    bgm = fit(textbook, n_components=2)
    for name in ("bic", "aic"):
        assert not hasattr(bgm, name)
        with pytest.raises(AttributeError, match=f"{name} counts free parameters.*compare lower_bound_"):
            getattr(bgm, name)


@pytest.mark.parametrize("shape", SHAPES)
def test_degenerate_tables_are_fitted(shape):
    random = np.random.default_rng(0)
    X = random.normal(size=(40, 3))
    tables = {
        "repeated": np.tile(X[:4], (10, 1)),
        "constant column": np.c_[X[:, :2], np.full(40, 7.0)],
        "collinear": np.c_[X[:, :2], X[:, 0] - X[:, 1]],
        "one row many times": np.tile(X[:1], (40, 1)),
        "integers": (10 * X).astype(int),
        "half precision": X.astype(np.float16),
        "fewer rows than columns": X[:2],
    }
    for name, table in tables.items():
        bgm = fit(table, n_components=2, covariance_type=shape)
        assert np.isfinite(bgm.lower_bound_), name
        assert np.isfinite(bgm.score_samples(table)).all(), name
        assert bgm.weights_.sum() == pytest.approx(1), name


WRONG = [
    ({"covariance_prior": np.eye(3)}, "full covariance_prior' should have the shape of"),
    ({"covariance_prior": [[1, 2], [2, 1]]}, "'full covariance_prior' should be symmetric and positive definite"),
    ({"covariance_prior": [[np.nan, 0], [0, 1]]}, "'full covariance_prior' should be finite"),
    ({"covariance_prior": [1, -1], "covariance_type": "diag"}, "'diag covariance_prior' should be positive"),
    ({"covariance_prior": 0.0, "covariance_type": "spherical"}, "covariance_prior"),
    ({"mean_prior": [0, 1, 2]}, "'means' should have the shape of"),
    ({"mean_prior": [0, np.inf]}, "infinity"),
    ({"degrees_of_freedom_prior": 1.0}, "degrees_of_freedom_prior' should be greater than 1"),
    ({"mean_precision_prior": 0.0}, "mean_precision_prior"),
    ({"weight_concentration_prior": -1.0}, "weight_concentration_prior"),
    ({"weight_concentration_prior_type": "beta"}, "weight_concentration_prior_type"),
    ({"n_components": 2000}, "Expected n_samples >= n_components"),
]


@pytest.mark.parametrize(("parameters", "message"), WRONG)
def test_bad_priors_are_refused(textbook, parameters, message):
    with pytest.raises(ValueError, match=message):
        fit(textbook, **parameters)


@pytest.mark.parametrize("shape", SHAPES)
def test_singular_table_without_ridge_asks_for_a_prior(shape):
    X = np.full((20, 2), 3.0)
    with pytest.raises(ValueError, match="give another covariance_prior, or raise reg_covar"):
        fit(X, n_components=2, reg_covar=0, covariance_type=shape)
    prior = {"full": np.eye(2), "tied": np.eye(2), "diag": [1, 1], "spherical": 1.0}[shape]
    bgm = fit(X, n_components=2, reg_covar=0, covariance_type=shape, covariance_prior=prior)
    np.testing.assert_allclose(bgm.means_[bgm.weights_ > 0], 3.0)


@pytest.mark.parametrize("shape", SHAPES)
def test_row_of_weight_two_is_two_rows(textbook, shape):
    X = textbook[::5]
    counts = np.random.default_rng(0).integers(0, 3, len(X))
    prior = {"full": np.eye(2), "tied": np.eye(2), "diag": [1, 1], "spherical": 1.0}[shape]
    start = fit(X, n_components=4, covariance_type=shape, mean_prior=[0, 0], covariance_prior=prior, max_iter=3)
    start.set_params(warm_start=True, max_iter=100)
    weighted, repeated = copy.deepcopy(start), copy.deepcopy(start)
    weighted.fit(X, sample_weight=counts)
    repeated.fit(np.repeat(X, counts, axis=0))
    np.testing.assert_allclose(weighted.lower_bounds_, repeated.lower_bounds_, rtol=1e-9)
    np.testing.assert_allclose(weighted.means_, repeated.means_, rtol=1e-7, atol=1e-9)


def test_single_precision(textbook):
    single, double = (fit(textbook.astype(dtype), n_components=6) for dtype in (np.float32, np.float64))
    assert single.means_.dtype == single.weights_.dtype == np.float32
    assert single.n_effective_components_ == double.n_effective_components_
    np.testing.assert_allclose(np.sort(single.weights_), np.sort(double.weights_), atol=1e-3)
    assert single.score_samples(textbook.astype(np.float32)).dtype == np.float32


def test_same_bits_on_any_number_of_threads(textbook):
    X = np.tile(textbook, (60, 1)) + np.random.default_rng(0).normal(scale=1e-3, size=(75_000, 2))
    one, three = (fit(X, n_components=4, max_iter=30, engine=ThreadEngine(n)) for n in (1, 3))
    assert one.lower_bounds_ == three.lower_bounds_
    np.testing.assert_array_equal(one.means_, three.means_)


def test_missing_values(textbook):
    X = textbook.copy()
    random = np.random.default_rng(0)
    X[random.random(X.shape) < 0.1] = np.nan
    bgm = fit(X)
    assert bgm.n_effective_components_ == 3
    gains = np.diff(bgm.lower_bounds_)
    assert (gains >= -1e-9 * np.abs(bgm.lower_bounds_[1:])).all()
    complete = fit(textbook)
    mine, theirs = (np.sort(model.means_[model.weights_ > 0], axis=0) for model in (bgm, complete))
    np.testing.assert_allclose(mine, theirs, atol=0.15)


def test_warm_start_goes_on(textbook):
    bgm = BayesianGaussianMixture(n_components=6, random_state=0, warm_start=True, max_iter=5, moves=False)
    first = bgm.fit(textbook).lower_bound_
    assert bgm.fit(textbook).lower_bound_ > first
    with pytest.raises(ValueError, match="warm_start goes on from 6 full components"):
        bgm.set_params(n_components=5).fit(textbook)


def test_copies_and_pickles_answer_alike(textbook):
    bgm = fit(textbook)
    again = pickle.loads(pickle.dumps(bgm))
    np.testing.assert_array_equal(again.predict_proba(textbook), bgm.predict_proba(textbook))
    assert clone(bgm).get_params() == bgm.get_params()


def test_the_mixture_is_normalised_and_sampled(textbook):
    bgm = fit(textbook)
    X, labels = bgm.sample(5000)
    assert set(labels) <= set(np.flatnonzero(bgm.weights_))
    np.testing.assert_allclose(X.mean(axis=0), textbook.mean(axis=0), atol=0.15)
    grid = np.stack(np.meshgrid(*[np.linspace(-15, 15, 301)] * 2), axis=-1).reshape(-1, 2)
    assert bgm.mixture_.pdf(grid).sum() * 0.01 == pytest.approx(1, abs=1e-3)
    assert (bgm.score_samples(textbook) < bgm.mixture_.log_density(textbook)).all()


def test_progress_and_iterations_without_moves(textbook, capsys):
    seen = []
    bgm = BayesianGaussianMixture(n_components=3, random_state=0, on_progress=seen.append, verbose=2, moves=False)
    bgm.fit(textbook)
    assert [step.iteration for step in seen] == list(range(1, bgm.n_iter_ + 1))
    assert [step.lower_bound for step in seen] == bgm.lower_bounds_
    assert "Initialization 0" in capsys.readouterr().out


def test_no_iterations_leave_the_start(textbook):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        bgm = fit(textbook, n_components=3, max_iter=0)
    assert bgm.n_iter_ == 0
    assert bgm.lower_bound_ == -np.inf


def test_agrees_with_likelihood_on_many_rows(textbook):
    random = np.random.default_rng(1)
    X = np.tile(textbook, (20, 1)) + random.normal(scale=0.1, size=(25_000, 2))
    bayes, likelihood = fit(X, n_components=3), GaussianMixture(3, random_state=0, tol=1e-8, max_iter=500).fit(X)
    assert bayes.score(X) == pytest.approx(likelihood.score(X), abs=1e-3)
