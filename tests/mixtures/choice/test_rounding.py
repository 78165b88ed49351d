"""Rounded values are no groups: steps of columns, and searches over tables without groups and with some."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from mixtura import BayesianGaussianMixture, GaussianMixture, MixtureSearch
from mixtura.intake.sample import Sample
from mixtura.mixtures.choice.rounding import independence, least_variances

N = 500


def sample_of(X, weights=None):
    X = np.asarray(X)
    if X.dtype != np.float32:
        X = X.astype(np.float64)
    missing = np.isnan(X) if np.isnan(X).any() else None
    filled = X if missing is None else np.where(missing, np.nanmean(X, axis=0), X).astype(X.dtype)
    return Sample(filled, np.ones(len(X)) if weights is None else np.asarray(weights, float), missing=missing)


def steps(X, weights=None):
    return 2 * np.sqrt(least_variances(sample_of(X, weights)))


def normal(loc, scale, decimals=0, columns=2, seed=0):
    return np.round(np.random.default_rng(seed).normal(loc, scale, (N, columns)), decimals)


@pytest.mark.parametrize(
    ("table", "step"),
    [
        (normal(3, 1), 1.0),
        (normal(0, 1, 1), 0.1),
        (normal(20, 5, 2), 0.01),
        (normal(50, 10) * 5, 5.0),
        (normal(3, 1) / 3, 1 / 3),
        (1e6 + normal(0, 0.5, 1), 0.1),
        (normal(3, 1).astype(np.float32), 1.0),
        ((1e5 + normal(0, 0.5, 1)).astype(np.float32), 0.1),
        (np.where(np.arange(N)[:, None] % 10 == 0, np.nan, normal(3, 1)), 1.0),
        (np.arange(N)[:, None] % 2, 1.0),
    ],
)
def test_step_is_the_smallest_gap_that_recurs(table, step):
    np.testing.assert_allclose(steps(table), step, rtol=2e-3)


def test_step_of_standardized_values():
    table = normal(3, 1) + 1e6
    deviation = table.std(axis=0)
    np.testing.assert_allclose(steps((table - table.mean(axis=0)) / deviation), 1 / deviation, rtol=1e-6)


def test_each_column_has_a_step_of_its_own():
    table = np.column_stack([normal(3, 1, columns=1), normal(0, 1, 1, 1), np.random.default_rng(0).normal(size=N)])
    np.testing.assert_allclose(steps(table), [1, 0.1, 0], atol=1e-9)


@pytest.mark.parametrize("finer", [0.2, 0.5, 0.75])
def test_rows_rounded_more_coarsely_tell(finer):
    random = np.random.default_rng(0)
    values = random.normal(0, 4, (5000, 1))
    table = np.where(random.random(values.shape) < finer, np.round(values, 1), np.round(values))
    np.testing.assert_allclose(steps(table), 1)


def test_no_step_without_rounding():
    random = np.random.default_rng(0)
    values = random.normal(size=(N, 2))
    np.testing.assert_array_equal(steps(values), 0)
    assert (steps(values.astype(np.float32)) < 1e-2).all()
    repeated = np.append(values, values[:1], axis=0)
    np.testing.assert_array_equal(steps(repeated), 0)
    np.testing.assert_array_equal(steps(np.ones((10, 2))), 0)
    np.testing.assert_array_equal(steps(np.ones((1, 1))), 0)


def test_weights_are_repeated_rows():
    np.testing.assert_allclose(steps([[0.0], [1.0]]), 0)
    np.testing.assert_allclose(steps([[0.0], [1.0]], [400, 100]), 1)
    np.testing.assert_allclose(steps(np.repeat([[0.0], [1.0]], [400, 100], axis=0)), 1)


@pytest.mark.parametrize("step", [0.01, 1.0, 7.0])
def test_half_a_step_keeps_densities_at_the_points_of_a_grid_honest(step):
    """They are probabilities of the intervals: they add up to one within 1.5 %, wherever the mean lies."""
    grid = step * np.arange(-50, 51)
    totals = [step * norm.pdf(grid, mean * step, step / 2).sum() for mean in np.linspace(-0.5, 0.5, 21)]
    assert np.abs(np.array(totals) - 1).max() < 0.015
    narrow = step * norm.pdf(grid, 0, step / np.sqrt(12)).sum()
    assert narrow > 1.3


WITHOUT_GROUPS = {
    "1 to 5": lambda r: r.integers(1, 6, (N, 4)),
    "1 to 7": lambda r: r.integers(1, 8, (N, 4)),
    "0 to 10": lambda r: r.integers(0, 11, (N, 4)),
    "yes and no": lambda r: r.integers(0, 2, (N, 6)),
    "skewed answers": lambda r: r.choice([1, 2, 3, 4, 5], p=[0.5, 0.25, 0.15, 0.07, 0.03], size=(N, 4)),
    "counts": lambda r: r.poisson(2, (N, 3)),
    "decimals": lambda r: np.round(r.normal(0, 1, (N, 4)), 1),
    "money": lambda r: np.round(r.normal(20, 5, (N, 3)), 2),
    "ages": lambda r: np.round(r.normal(45, 12, (N, 2))),
    "ages at tens": lambda r: np.where(
        r.random((N, 2)) < 0.4, np.round(r.normal(4.5, 1.2, (N, 2))) * 10, np.round(r.normal(45, 12, (N, 2)))
    ),
    "single precision": lambda r: r.integers(1, 6, (N, 4)).astype(np.float32),
    "far from zero": lambda r: 1e6 + np.round(r.normal(0, 0.5, (N, 4)), 1),
    "standardized": lambda r: (r.integers(1, 6, (N, 4)) - 3) / np.sqrt(2),
    "mixed steps": lambda r: np.where(
        r.random((N, 3)) < 0.5, np.round(r.normal(3, 1, (N, 3))), np.round(r.normal(3, 1, (N, 3)), 1)
    ),
    "several steps": lambda r: np.column_stack(
        [
            np.round(r.normal(3, 1, N)),
            np.round(r.normal(0, 1, N), 1),
            r.normal(0, 1, N),
            np.round(r.normal(10, 2, N)) * 5,
        ]
    ),
    # In two columns: a mixture is fitted to each pattern of missing values by itself.
    "missing": lambda r: np.where(r.random((N, 4)) < [0.05, 0.05, 0, 0], np.nan, r.integers(1, 6, (N, 4))),
}
# Others are like these, and run under --exhaustive.
FEW = {"yes and no", "far from zero"}


def some(tables):
    return [pytest.param(name, marks=() if name in FEW else pytest.mark.exhaustive) for name in tables]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("table", some(WITHOUT_GROUPS))
def test_rounded_tables_without_groups(table):
    X = WITHOUT_GROUPS[table](np.random.default_rng(0))
    search = MixtureSearch(range(1, 6), random_state=0).fit(X)
    assert search.best_params_["n_components"] <= 3


EVEN = {
    "1 to 5": (lambda r: r.integers(1, 6, (N, 4))),
    "1 to 7": (lambda r: r.integers(1, 8, (N, 4))),
    "0 to 10": (lambda r: r.integers(0, 11, (N, 4))),
    "halves": (lambda r: r.integers(0, 9, (N, 4)) / 2),
    "skewed answers": WITHOUT_GROUPS["skewed answers"],
    "yes and no": WITHOUT_GROUPS["yes and no"],
    "0 to 20": (lambda r: r.integers(0, 21, (N, 4))),
    "0 to 50": (lambda r: r.integers(0, 51, (N, 4))),
    "0 to 100, and answers": (lambda r: np.column_stack([r.integers(0, 101, (N, 2)), r.integers(1, 6, (N, 2))])),
}


@pytest.mark.one_case
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("estimator", [GaussianMixture(tol=1e-4, max_iter=200), BayesianGaussianMixture(max_iter=200)])
@pytest.mark.parametrize("table", some(EVEN))
def test_even_values_are_no_groups_by_likelihood_nor_by_evidence(table, estimator):
    X = EVEN[table](np.random.default_rng(2))
    shapes = ["tied", "diag", "spherical"]
    search = MixtureSearch(range(1, 5), covariance_types=shapes, estimator=estimator, random_state=0).fit(X)
    assert search.best_params_["n_components"] <= 3


@pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("unit", [1.0, 0.01])
def test_bayesian_fits_of_a_search_are_no_narrower_than_the_rounding(shape, unit):
    """The bound rises within the limit too, and batches stay within it."""
    random = np.random.default_rng(0)
    X = unit * np.round(random.normal(3, 1, (N, 3)))
    X[:, 2] = X[:, 0] + unit * random.integers(0, 2, N)
    estimator = BayesianGaussianMixture(max_iter=500, reg_covar=0, moves=False)
    best = MixtureSearch(3, covariance_types=[shape], estimator=estimator, random_state=0).fit(X).best_estimator_
    floor = np.eye(3) * unit**2 / 4
    assert np.linalg.eigvalsh(best.mixture_.covariance.dense - floor).min() > -1e-9 * unit**2
    assert np.diff(best.lower_bounds_).min() > -1e-6
    best.partial_fit(X[:50])
    assert np.linalg.eigvalsh(best.mixture_.covariance.dense - floor).min() > -1e-9 * unit**2


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("steps", [5, 40])
def test_groups_in_rounded_values_have_evidence(steps):
    random = np.random.default_rng(0)
    group = random.integers(0, 2, N)
    center = steps * np.where(group, 0.7, 0.3)
    X = np.clip(np.round(random.normal(center[:, None], steps / 8, (N, 4))), 0, steps)
    estimator = BayesianGaussianMixture(max_iter=300)
    search = MixtureSearch(range(1, 5), covariance_types=["diag"], estimator=estimator, random_state=0).fit(X)
    assert search.best_estimator_.n_effective_components_ == 2
    assert adjusted_rand_score(group, search.predict(X)) > 0.9


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_fits_without_evidence_are_left_out_and_say_why():
    X = np.random.default_rng(0).integers(1, 6, (N, 4))
    search = MixtureSearch((1, 4), covariance_types=["diag"], estimator=BayesianGaussianMixture(), random_state=0)
    with pytest.warns(ConvergenceWarning, match="have the best criterion but are not reliable: independent columns"):
        search.fit(X)
    assert [candidate.left_out != "" for candidate in search.candidates_] == [False, True]
    assert list(search.results_["left_out"]) == [candidate.left_out for candidate in search.candidates_]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("n_rows", "apart", "least"), [(500, 1, 0.5), (5000, 1, 0.5), (500, 2, 0.9), (5000, 2, 0.9)])
def test_groups_in_answers_are_found(n_rows, apart, least):
    random = np.random.default_rng(0)
    group = random.integers(0, 2, n_rows)
    center = np.where(group, 3 + apart / 2, 3 - apart / 2)
    X = np.clip(np.round(random.normal(center[:, None], 0.7, (n_rows, 4))), 1, 5)
    search = MixtureSearch(range(1, 5), covariance_types=["diag", "spherical"], random_state=0).fit(X)
    assert search.best_params_["n_components"] == 2
    assert adjusted_rand_score(group, search.predict(X)) > least


def test_weights_give_what_repeated_rows_give():
    random = np.random.default_rng(0)
    values, counts = np.unique(np.round(random.normal(3, 1, (N, 2))), axis=0, return_counts=True)
    settings = {"covariance_types": ["spherical"], "random_state": 0, "tol": 1e-9}
    weighted = MixtureSearch((1, 2), **settings).fit(values, sample_weight=counts)
    repeated = MixtureSearch((1, 2), **settings).fit(np.repeat(values, counts, axis=0))
    assert weighted.best_params_ == repeated.best_params_
    assert weighted.candidates_[0].bic == pytest.approx(repeated.candidates_[0].bic)


def test_independent_columns_by_hand():
    X = np.array([[1.0, 0.0], [1.0, 0.5], [2.0, 0.0], [4.0, 0.0]] * 5)
    found = independence(sample_of(X))
    entropy = -(0.5 * np.log(0.5) + 2 * 0.25 * np.log(0.25)) - (0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert found.log_density == pytest.approx(-entropy - np.log(1.0) - np.log(0.5))
    assert found.n_parameters == 2 + 1
    assert found.bic(20) == pytest.approx(40 * (entropy + np.log(0.5)) + 3 * np.log(20))


@pytest.mark.parametrize(
    "table",
    [
        np.arange(40.0)[:, None] % 5,
        np.column_stack([np.arange(40) % 5, np.random.default_rng(0).normal(size=40)]),
    ],
    ids=["one column", "not rounded"],
)
def test_independence_is_of_several_rounded_columns(table):
    assert independence(sample_of(table)) is None


def test_equally_frequent_values_of_many_steps_have_one_share_together():
    X = np.column_stack([np.arange(400.0) % 5, np.arange(400.0) % 40])
    found = independence(sample_of(X))
    assert found.log_density == pytest.approx(-np.log(5) - np.log(40))
    assert found.n_parameters == 4 + 2
    X[::2, 1] //= 2
    assert independence(sample_of(X)) is None


def test_shares_of_a_sample_fit_more_rows_worse():
    X = np.array([[1.0, 0.0], [1.0, 0.5], [2.0, 0.0], [4.0, 0.0]] * 5)
    found = independence(sample_of(X))
    assert found.bic(60) == pytest.approx(-2 * 60 * found.log_density + 3 * (np.log(60) + 2))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("prior", [None, "default"])
def test_no_component_of_a_search_is_narrower_and_bounds_rise(shape, prior):
    random = np.random.default_rng(0)
    X = np.round(random.normal(3, 1, (N, 3)))
    X[:, 2] = X[:, 0] + random.integers(0, 2, N)  # narrow along a diagonal, not in a column
    search = MixtureSearch(3, covariance_types=[shape], prior=prior, reg_covar=0, tol=1e-8, random_state=0).fit(X)
    mixture = search.mixture_
    assert np.linalg.eigvalsh(mixture.covariance.dense - np.eye(3) / 4).min() > -1e-9
    if prior is None:
        assert np.diff(search.best_estimator_.lower_bounds_).min() > -1e-9
