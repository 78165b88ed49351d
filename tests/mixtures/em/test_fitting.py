"""`GaussianMixture.fit`: starts, iterations, what it reports, and what it does when a fit degenerates."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from mixtura import GaussianMixture
from mixtura.engines import ThreadEngine
from mixtura.errors import SingularCovarianceError
from mixtura.intake.sample import take_sample
from mixtura.intake.table import Table
from mixtura.mixtures.em.expectation import Expectation
from mixtura.mixtures.em.initialize import merge_closest, split_widest
from mixtura.mixtures.em.loop import SHORT_RUN, Fit, best_fit
from mixtura.mixtures.em.starts import better_fit
from mixtura.mixtures.em.updates import MaximumLikelihood
from mixtura.rows import ArrayRows

SHAPES = ["full", "tied", "diag", "spherical"]
METHODS = ["kmeans", "k-means++", "random", "random_from_data"]

unfinished = pytest.mark.filterwarnings("ignore:Best performing initialization did not converge")


def groups(n_rows=600, n_columns=2, seed=0):
    random = np.random.default_rng(seed)
    centers = 5 * random.normal(size=(3, n_columns))
    return centers[random.integers(3, size=n_rows)] + random.normal(size=(n_rows, n_columns))


@pytest.fixture(scope="module", name="X")
def table():
    return groups()


# Iterations


@unfinished
def test_stops_at_max_iter(X):
    gm = GaussianMixture(3, tol=0, max_iter=7, random_state=0).fit(X)
    assert gm.n_iter_ == len(gm.lower_bounds_) == 7
    assert not gm.converged_


def test_warns_of_an_unfinished_fit(X):
    with pytest.warns(ConvergenceWarning, match="did not converge"):
        GaussianMixture(3, tol=1e-12, max_iter=2, random_state=0).fit(X)


def test_converges_below_tol(X):
    gm = GaussianMixture(3, tol=1e-4, max_iter=500, random_state=0).fit(X)
    gains = np.diff(gm.lower_bounds_)
    assert gm.converged_
    assert gains[-1] < 1e-4
    assert (gains[:-1] >= 1e-4).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_single_precision_is_close(X, shape):
    settings = {"covariance_type": shape, "random_state": 0, "tol": 1e-6, "max_iter": 1000}
    double = GaussianMixture(3, **settings).fit(X)
    single = GaussianMixture(3, **settings).fit(X.astype(np.float32))
    np.testing.assert_allclose(single.means_, double.means_, atol=1e-2)
    assert single.score(X.astype(np.float32)) == pytest.approx(double.score(X), abs=1e-4)


@pytest.mark.parametrize("engine", [ThreadEngine(2), ThreadEngine(8)])
@pytest.mark.parametrize("shape", SHAPES)
@unfinished
def test_same_bits_on_any_number_of_threads(shape, engine):
    X = groups(70_000, 8, seed=1)  # five blocks, more rows than a start takes
    settings = {"covariance_type": shape, "random_state": 0, "max_iter": 3}
    alone = GaussianMixture(3, engine=ThreadEngine(1), **settings).fit(X)
    together = GaussianMixture(3, engine=engine, **settings).fit(X)
    assert together.mixture_ == alone.mixture_
    assert together.lower_bounds_ == alone.lower_bounds_
    np.testing.assert_array_equal(together.score_samples(X), alone.score_samples(X))
    np.testing.assert_array_equal(together.predict_proba(X), alone.predict_proba(X))


def test_memory_order_does_not_matter(X):
    rows_first = GaussianMixture(3, random_state=0).fit(np.ascontiguousarray(X))
    columns_first = GaussianMixture(3, random_state=0).fit(np.asfortranarray(X))
    every_other = np.repeat(X, 2, axis=1)[:, ::2]
    assert rows_first.mixture_ == columns_first.mixture_
    assert rows_first.mixture_ == GaussianMixture(3, random_state=0).fit(every_other).mixture_


def test_unknown_engine(X):
    with pytest.raises(ValueError, match="engine must be 'threads', 'dask' or an engine with fold and map, not 'gpu'"):
        GaussianMixture(engine="gpu").fit(X)


# Reports


@unfinished
def test_on_progress(X):
    told = []
    gm = GaussianMixture(3, n_init=2, tol=0, max_iter=25, init_params="random", random_state=0, on_progress=told.append)
    gm.fit(X)
    runs = {start: [step.iteration for step in told if step.start == start] for start in (0, 1)}
    assert sorted(map(len, runs.values())) == [SHORT_RUN, 25]
    assert all(iterations == list(range(1, len(iterations) + 1)) for iterations in runs.values())
    best = max(runs, key=lambda start: len(runs[start]))
    assert [step.lower_bound for step in told if step.start == best] == gm.lower_bounds_
    assert told[0].change == np.inf
    assert [step.done for step in told] == list(range(1, len(told) + 1))
    assert {(step.what, step.total, step.unit, step.n_starts) for step in told} == {("fitting", None, "iterations", 2)}
    assert told[1].change == pytest.approx(told[1].lower_bound - told[0].lower_bound)


@unfinished
def test_verbose_prints(X, capsys):
    GaussianMixture(3, verbose=1, verbose_interval=2, tol=0, max_iter=5, random_state=0).fit(X)
    assert capsys.readouterr().out.splitlines() == ["Initialization 0", "  Iteration 2", "  Iteration 4"]
    GaussianMixture(1, verbose=2, verbose_interval=1).fit(X)
    first, iteration, last = capsys.readouterr().out.splitlines()
    assert first == "Initialization 0"
    assert iteration.startswith("  Iteration 1\t lower bound -")
    assert last == "Initialization converged after 2 iterations."


def test_silent_by_default(X, capsys):
    GaussianMixture(3, random_state=0).fit(X)
    assert capsys.readouterr() == ("", "")


# Going on from the last fit


@unfinished
@pytest.mark.parametrize("shape", SHAPES)
def test_warm_start_goes_on(X, shape):
    settings = {"covariance_type": shape, "tol": 0, "random_state": 0}
    whole = GaussianMixture(3, max_iter=6, **settings).fit(X)
    halves = GaussianMixture(3, max_iter=3, warm_start=True, **settings).fit(X).fit(X)
    assert halves.mixture_ == whole.mixture_
    assert halves.lower_bounds_ == whole.lower_bounds_[3:]


@pytest.mark.parametrize(
    ("changed", "columns", "sentence"),
    [
        ({"n_components": 2}, 2, "from 3 full components of 2 columns, not with 2 full components of 2 columns"),
        ({"covariance_type": "diag"}, 2, "not with 3 diag components of 2 columns"),
        ({}, 3, "not with 3 full components of 3 columns: set warm_start=False"),
    ],
)
def test_warm_start_of_another_problem(X, changed, columns, sentence):
    gm = GaussianMixture(3, warm_start=True, random_state=0).fit(X)
    with pytest.raises(ValueError, match=sentence):
        gm.set_params(**changed).fit(groups(n_columns=columns))


def test_parameters_changed_after_fit_do_not_change_the_model(X):
    gm = GaussianMixture(3, random_state=0).fit(X)
    before = gm.predict_proba(X)
    np.testing.assert_array_equal(gm.set_params(n_components=5).predict_proba(X), before)


# Degenerate fits


@unfinished
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", SHAPES)
def test_emptied_component_is_reported_and_never_nan(shape, dtype):
    X = groups(n_rows=200).astype(dtype)
    start = {"weights_init": [0.5, 0.5], "means_init": [[0.0, 0.0], [1e4, 1e4]]}
    precisions = {"full": [np.eye(2)] * 2, "tied": np.eye(2), "diag": np.ones((2, 2)), "spherical": np.ones(2)}
    gm = GaussianMixture(2, covariance_type=shape, precisions_init=precisions[shape], **start)
    with pytest.warns(ConvergenceWarning, match="components 1 of 2 lost all their rows and keep weight 0"):
        gm.fit(X)
    assert gm.weights_.tolist() == [1, 0]
    np.testing.assert_allclose(gm.means_[1], 1e4)
    lone = GaussianMixture(1, covariance_type=shape).fit(X)
    np.testing.assert_allclose(gm.score_samples(X), lone.score_samples(X), rtol=1e-6 if dtype == np.float64 else 1e-3)
    for values in (gm.covariances_, gm.precisions_, gm.predict_proba(X), gm.lower_bounds_):
        assert np.isfinite(values).all()
    assert set(gm.predict(X)) == {0}
    assert gm.sample(20)[1].tolist() == [0] * 20


@pytest.mark.parametrize("shape", SHAPES)
def test_fewer_distinct_rows_than_components(shape):
    X = np.full((20, 2), 7.0)
    with pytest.warns(ConvergenceWarning, match="lost all their rows"):
        gm = GaussianMixture(2, covariance_type=shape, random_state=0).fit(X)
    np.testing.assert_allclose(gm.means_, 7)
    assert np.isfinite(gm.score(X))


@pytest.mark.parametrize("shape", ["full", "diag", "spherical"])
def test_singular_covariance(shape):
    X = np.repeat([[0.0, 0.0], [1.0, 1.0]], 10, axis=0)
    with pytest.raises(SingularCovarianceError, match=r"ill-defined empirical covariance.*Here component [01]"):
        GaussianMixture(2, covariance_type=shape, reg_covar=0, random_state=0).fit(X)


def test_singular_shared_covariance(X):
    doubled = np.column_stack([X[:, 0], X[:, 0]])
    with pytest.raises(SingularCovarianceError, match="Here the shared covariance has rank 1 of 2"):
        GaussianMixture(2, covariance_type="tied", reg_covar=0, random_state=0).fit(doubled)


@pytest.mark.parametrize("shape", SHAPES)
def test_constant_column_is_held_up_by_reg_covar(X, shape):
    table = np.column_stack([X, np.full(len(X), 3.0)])
    gm = GaussianMixture(3, covariance_type=shape, random_state=0).fit(table)
    assert np.isfinite(gm.score_samples(table)).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_far_from_zero(shape):
    """Moments about the means do not cancel: the fit moves with the table."""
    X = groups()
    settings = {"covariance_type": shape, "random_state": 0}
    near = GaussianMixture(3, **settings).fit(X)
    far = GaussianMixture(3, **settings).fit(X + 1e6)
    np.testing.assert_allclose(far.covariances_, near.covariances_, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_row_too_far_to_have_a_density(X, shape):
    gm = GaussianMixture(3, covariance_type=shape, random_state=0).fit(X)
    far = np.array([[1e9, -1e9], [1e160, 1e160]])
    assert not np.isnan(gm.score_samples(far)).any()
    assert not np.isnan(gm.predict_proba(far)).any()
    assert set(gm.predict(far)) <= {0, 1, 2}


# Several starts


def as_starts(*mixtures):
    return [lambda mixture=mixture: mixture for mixture in mixtures]


@pytest.fixture(scope="module")
def problem(X):
    update = MaximumLikelihood(
        GaussianMixture(3, random_state=0).fit(X).mixture_.covariance.__class__, np.full(2, 1e-6)
    )
    return Expectation(Table(ArrayRows(X), ThreadEngine(1))), update


def test_short_runs_then_the_best(X, problem):
    expect, update = problem
    good = GaussianMixture(3, random_state=0, max_iter=1000, tol=1e-9).fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        bad = [GaussianMixture(3, init_params="random", random_state=s, max_iter=0).fit(X).mixture_ for s in range(2)]
    counted = {}
    fit = best_fit(
        expect,
        as_starts(bad[0], good.mixture_, bad[1]),
        update,
        tol=1e-12,
        max_iter=200,
        on_iteration=lambda start, state, change: counted.__setitem__(start, state.n_iter),
    )
    assert fit.lower_bound == pytest.approx(good.lower_bound_, abs=1e-6)
    assert max(counted.values()) <= 200
    assert counted[0] == SHORT_RUN or counted[2] == SHORT_RUN


def test_singular_start_is_given_up_when_others_are_left(X, problem):
    expect, update = problem
    good = GaussianMixture(2, random_state=0).fit(X).mixture_

    def singular():
        raise SingularCovarianceError("no")

    fit = best_fit(expect, [singular, *as_starts(good), singular], update, tol=1e-3, max_iter=100)
    assert fit.converged
    with pytest.raises(SingularCovarianceError, match="no"):
        best_fit(expect, [singular, singular], update, tol=1e-3, max_iter=100)


def test_better_fit_takes_only_what_is_better(X, problem):
    expect, update = problem
    settings = {"tol": 1e-6, "max_iter": 500}
    good = best_fit(expect, as_starts(GaussianMixture(3, random_state=0).fit(X).mixture_), update, **settings)
    poor = Fit(good.model, (good.lower_bound - 1,), converged=True)
    two = GaussianMixture(2, random_state=0).fit(X).mixture_
    assert better_fit(expect, good, two, update, **settings) is good
    assert better_fit(expect, poor, good.model, update, **settings).lower_bound > poor.lower_bound
    assert better_fit(expect, None, two, update, **settings).n_iter > 0


def test_better_fit_does_not_take_a_collapse(problem):
    _, update = problem
    random = np.random.default_rng(0)
    X = np.concatenate([random.normal(size=(200, 2)), np.tile([[3.0, 3.0]], (20, 1))])
    expect = Expectation(Table(ArrayRows(X), ThreadEngine(1)))
    collapsed = GaussianMixture(2, means_init=[[0, 0], [3, 3]], weights_init=[0.9, 0.1], random_state=0).fit(X)
    assert np.linalg.eigvalsh(collapsed.covariances_).min() < 2e-6
    one = GaussianMixture(1).fit(X)
    sound = Fit(one.mixture_, (one.lower_bound_,), converged=True)
    assert collapsed.lower_bound_ > one.lower_bound_
    assert better_fit(expect, sound, collapsed.mixture_, update, tol=1e-3, max_iter=100) is sound


@pytest.mark.parametrize("shape", SHAPES)
def test_split_and_merge(X, shape):
    gm = GaussianMixture(3, covariance_type=shape, random_state=0).fit(X)
    update = MaximumLikelihood(type(gm.mixture_.covariance), np.full(2, 1e-6))
    split = split_widest(gm.mixture_, 5)
    assert (split.n_components, split.n_features) == (5, 2)
    np.testing.assert_allclose(split.weights @ split.means, gm.weights_ @ gm.means_)
    sample = take_sample(Table(ArrayRows(X), ThreadEngine(1)), np.random.RandomState(0), 3)
    merged = merge_closest(split, 3, sample, update)
    assert len(merged) == 2
    assert {mixture.n_components for mixture in merged} == {3}
    # The mean of the rows is that of their division, however it is made.
    for mixture in merged:
        np.testing.assert_allclose(mixture.weights @ mixture.means, X.mean(axis=0), atol=1e-9)
    (lone,) = merge_closest(gm.mixture_, 1, sample, update)[:1]
    assert lone.n_components == 1


# Where EM starts


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("method", METHODS)
@unfinished
def test_large_tables_are_sampled_and_seeded(method, shape):
    X = groups(40_000, seed=2)
    settings = {"covariance_type": shape, "init_params": method, "random_state": 5, "max_iter": 3}
    first, second = (GaussianMixture(3, **settings).fit(X) for _ in range(2))
    assert first.mixture_ == second.mixture_
    assert np.isfinite(first.lower_bound_)


def test_sample_is_bounded_and_in_order():
    X = np.arange(100_000.0)[:, None]
    sample = take_sample(Table(ArrayRows(X), ThreadEngine(2)), np.random.RandomState(0), 3, max_rows=1000)
    assert sample.X.shape == (1000, 1)
    assert (np.diff(sample.X.ravel()) > 0).all()
    assert len(take_sample(Table(ArrayRows(X), ThreadEngine(1)), np.random.RandomState(0), 40, max_rows=1000).X) == 2000
    assert len(take_sample(Table(ArrayRows(X[:50]), ThreadEngine(1)), np.random.RandomState(0), 3).X) == 50


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"n_components": 0}, "'n_components' parameter of GaussianMixture must be an int in the range"),
        ({"covariance_type": "round"}, "'covariance_type' parameter of GaussianMixture must be a str among"),
        ({"init_params": "guess"}, "'init_params' parameter"),
        ({"tol": -1}, "'tol' parameter"),
        ({"reg_covar": -1}, "'reg_covar' parameter"),
        ({"on_progress": 3}, "'on_progress' parameter"),
        ({"n_components": 601}, "Expected n_samples >= n_components but got n_components = 601, n_samples = 600"),
        ({"n_components": 2, "means_init": [[0, 0]]}, "'means' should have the shape of"),
        ({"n_components": 2, "weights_init": [0.5, 0.6]}, "'weights' should be normalized"),
        ({"precisions_init": [[[1, 2], [2, 1]]]}, "'full precision' should be symmetric, positive-definite"),
    ],
)
def test_wrong_parameters(X, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        GaussianMixture(**settings).fit(X)


@pytest.mark.parametrize("n_samples", [0, -1])
def test_sample_needs_a_row(X, n_samples):
    with pytest.raises(ValueError, match="requires at least one sample"):
        GaussianMixture().fit(X).sample(n_samples)


@pytest.mark.parametrize("shape", SHAPES)
def test_beside_noise_a_mean_is_that_of_the_rows_of_its_component(shape):
    random = np.random.default_rng(0)
    X = np.vstack([random.normal(0, 1, (200, 2)), random.normal(8, 1, (150, 2)), random.uniform(-10, 20, (30, 2))])
    fit = GaussianMixture(2, covariance_type=shape, noise=True, tol=1e-10, max_iter=1000, random_state=0).fit(X)
    shares = fit.predict_proba(X)
    np.testing.assert_allclose(fit.means_, shares.T @ X / shares.sum(axis=0)[:, None], atol=1e-3)
