"""The bootstrap likelihood-ratio test: statistics known from closed forms and publications, level, power, rules."""

import csv

import numpy as np
import pytest
from scipy.stats import ks_2samp, multivariate_normal

from mixtura import Progress
from mixtura.errors import SingularCovarianceError
from mixtura.mixtures.choice.likelihood_ratio import likelihood_ratio_test
from requirements import SHARED, needs_shared


def published(name, scale=1.0):
    with (SHARED / "mixture" / f"{name}.csv").open() as file:
        return np.array([[float(value) for value in row.values()] for row in csv.DictReader(file)]) / scale


def two_groups(distance, n_rows=60, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(n_rows, 1)) + distance * (np.arange(n_rows) % 2)[:, None]


@needs_shared("mixture")
@pytest.mark.parametrize(
    ("name", "scale", "shape", "n_components", "statistic"),
    [
        # Scrucca, Fop, Murphy and Raftery (2016), "mclust 5", The R Journal 8: 319.065354 for model VVV.
        ("faithful", 1, "full", 1, 319.0654),
        # mclust's BIC of EEE with two and three components, 2325.220 and 2314.316, and three parameters more.
        pytest.param("faithful", 1, "tied", 2, 2325.220 - 2314.316 + 3 * np.log(272), marks=pytest.mark.exhaustive),
    ],
)
def test_published_statistics(name, scale, shape, n_components, statistic):
    found = likelihood_ratio_test(
        published(name, scale), n_components, covariance_type=shape, n_bootstrap=9, tol=1e-7, random_state=0
    )
    assert found.statistic == pytest.approx(statistic, abs=0.05)
    assert found.p_value == 0.1  # none of nine tables comes near


@pytest.mark.one_case
@needs_shared("mixture")
@pytest.mark.parametrize(
    ("name", "scale", "shape", "n_components", "log_likelihood"),
    [("acidity", 1, "tied", 2, -185.9493), ("galaxies", 1000, "full", 3, -203.1792)],
)
def test_statistics_add_up_to_published_likelihoods(name, scale, shape, n_components, log_likelihood):
    """One component has its likelihood in closed form; each test adds what one more gains."""
    X = published(name, scale)
    one = multivariate_normal(X.mean(axis=0), np.cov(X.T, bias=True)).logpdf(X).sum()
    tests = [
        likelihood_ratio_test(X, count, covariance_type=shape, n_bootstrap=1, tol=1e-8, n_init=5, random_state=0)
        for count in range(1, n_components)
    ]
    assert sum(test.statistic for test in tests) / 2 + one == pytest.approx(log_likelihood, abs=0.01)
    assert [test.n_components for test in tests] == list(range(1, n_components))


def test_two_groups_are_not_one():
    test = likelihood_ratio_test(two_groups(6), 1, covariance_type="tied", n_bootstrap=19, random_state=0)
    assert test.p_value == 1 / 20
    assert test.statistic > test.replicates.max()


def test_two_groups_are_enough():
    test = likelihood_ratio_test(two_groups(6), 2, covariance_type="tied", n_bootstrap=19, random_state=0)
    assert test.p_value > 0.1


def test_p_value_counts_the_tables_that_reach_the_statistic():
    test = likelihood_ratio_test(two_groups(2), 1, covariance_type="tied", n_bootstrap=29, random_state=1)
    assert test.replicates.shape == (29,)
    assert test.p_value == (1 + np.count_nonzero(test.replicates >= test.statistic)) / 30


@pytest.mark.exhaustive
def test_replicates_follow_the_statistic_of_normal_tables():
    """The statistic of one component does not depend on place and scale, so that its bootstrap is exact."""
    settings = {"covariance_type": "tied", "tol": 1e-4}
    random = np.random.default_rng(5)
    replicates = likelihood_ratio_test(
        10 + 7 * random.normal(size=(40, 1)), 1, n_bootstrap=80, random_state=0, **settings
    ).replicates
    normal = [
        likelihood_ratio_test(random.normal(size=(40, 1)), 1, n_bootstrap=1, random_state=0, **settings).statistic
        for _ in range(40)
    ]
    assert ks_2samp(replicates, normal).pvalue > 0.05
    # From a model with two components they would be far larger.
    assert np.median(replicates) < 4


@pytest.mark.exhaustive
def test_level_under_two_groups():
    """Small p-values are rare when the smaller model is true."""
    p_values = [
        likelihood_ratio_test(
            two_groups(5, n_rows=50, seed=seed), 2, covariance_type="tied", n_bootstrap=9, tol=1e-4, random_state=seed
        ).p_value
        for seed in range(12)
    ]
    # Of twelve, 1.2 are expected at 0.1; five or more have a chance below one in a hundred.
    assert np.count_nonzero(np.array(p_values) <= 0.1) < 5
    assert np.mean(p_values) > 0.25


@pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("n_components", [1, 3])
def test_one_more_component_never_loses(shape, n_components):
    X = np.random.default_rng(3).normal(size=(40, 2))
    test = likelihood_ratio_test(X, n_components, covariance_type=shape, n_bootstrap=5, tol=1e-3, random_state=0)
    assert test.statistic >= 0
    assert (test.replicates >= 0).all()


def test_same_seed_same_test():
    first, again, other = (
        likelihood_ratio_test(two_groups(3), 1, n_bootstrap=5, random_state=seed) for seed in (0, 0, 1)
    )
    assert (first.statistic, first.p_value) == (again.statistic, again.p_value)
    np.testing.assert_array_equal(first.replicates, again.replicates)
    assert not np.array_equal(first.replicates, other.replicates)


def test_a_result_is_frozen():
    test = likelihood_ratio_test(two_groups(3), 1, n_bootstrap=2, random_state=0)
    with pytest.raises(ValueError, match="read-only"):
        test.replicates[0] = 0


def test_tells_how_far_it_is():
    told = []
    likelihood_ratio_test(two_groups(3), 1, n_bootstrap=3, random_state=0, on_progress=told.append)
    assert told == [Progress("drawing tables", done, 3, "tables") for done in (1, 2, 3)]


def test_a_file_is_tested_as_its_array(tmp_path):
    X = two_groups(3)
    path = tmp_path / "table.csv"
    path.write_text("a\n" + "\n".join(map(repr, X[:, 0].tolist())) + "\n")
    from_file, from_array = (
        likelihood_ratio_test(source, 1, n_bootstrap=3, random_state=0) for source in (str(path), X)
    )
    assert from_file.statistic == from_array.statistic
    np.testing.assert_array_equal(from_file.replicates, from_array.replicates)


def test_single_precision_agrees():
    X = two_groups(3)
    single, double = (likelihood_ratio_test(rows, 1, n_bootstrap=1, random_state=0) for rows in (np.float32(X), X))
    assert single.statistic == pytest.approx(double.statistic, abs=1e-2)
    assert single.replicates.dtype == np.float64


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"n_components": 0}, "'n_components' parameter of likelihood_ratio_test"),
        ({"n_components": 60}, "61 components need as many rows, and the table has 60: try fewer"),
        ({"n_bootstrap": 0}, "'n_bootstrap' parameter of likelihood_ratio_test"),
        ({"covariance_type": "round"}, "'covariance_type' parameter of likelihood_ratio_test"),
        ({"tol": -1.0}, "'tol' parameter of likelihood_ratio_test"),
    ],
)
def test_wrong_parameters_of_a_test(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        likelihood_ratio_test(two_groups(3), **{"n_components": 1} | settings)


def test_singular_table():
    X = two_groups(3)
    with pytest.raises(SingularCovarianceError):
        likelihood_ratio_test(np.column_stack([X, X]), 1, reg_covar=0)
