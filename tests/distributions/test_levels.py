"""Categories of a mixture: against densities written out, and laws of probability."""

import pickle

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from mixtura import Diagonal, Full, Levels, Mixture, Noise
from mixtura.distributions.shapes import SHAPES

UNSEEN = 0.001


def example(shape="full", **more):
    """Return a mixture of two categories, in columns 0 and 2, and two numbers."""
    random = np.random.default_rng(0)
    values = {
        "full": np.eye(2) + 0.3 * np.arange(1, 4)[:, None, None],
        "tied": np.eye(2) + 0.4,
        "diag": random.uniform(0.5, 2, (3, 2)),
        "spherical": random.uniform(0.5, 2, 3),
        "factor": np.concatenate([random.uniform(0.5, 2, (3, 2, 1)), random.normal(size=(3, 2, 1))], axis=2),
    }
    tables = [random.dirichlet(np.ones(size), 3) * (1 - UNSEEN) for size in (3, 2)]
    levels = Levels([0, 2], tables, np.full((3, 2), UNSEEN))
    weights = np.array([0.5, 0.3, 0.2]) * (1 - (more["noise"].weight if "noise" in more else 0))
    return Mixture(weights, random.normal(size=(3, 2)), SHAPES[shape](values[shape], 3, 2), levels=levels, **more)


def written_out(mixture, row):
    """Return the log density of what a row has, from the definition."""
    logs = np.log(mixture.weights)
    numbers = row[[1, 3]]
    known = ~np.isnan(numbers)
    for k in range(3):
        if known.any():
            matrix = mixture.covariance.dense[k][np.ix_(known, known)]
            logs[k] += multivariate_normal.logpdf(numbers[known], mixture.means[k][known], matrix)
        for table, code in zip(mixture.levels.probabilities, row[[0, 2]], strict=True):
            if not np.isnan(code):
                logs[k] += np.log(table[k][int(code)] if code in range(table.shape[1]) else UNSEEN)
    return logsumexp(logs)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", SHAPES)
def test_density_is_that_written_out(shape, dtype):
    mixture = example(shape)
    rows = mixture.sample(60, 0)[0]
    rows[np.random.default_rng(1).random(rows.shape) < 0.3] = np.nan
    rows[0], rows[1, :2], rows[2, [1, 3]] = np.nan, np.nan, np.nan
    rows[3, [0, 2]] = 7, 0.5  # levels never seen
    expected = [
        0 if np.isnan(row).all() else written_out(mixture, row.astype(np.float64)) for row in rows.astype(dtype)
    ]
    np.testing.assert_allclose(
        mixture.log_density(rows.astype(dtype)), expected, atol=1e-12 if dtype == np.float64 else 3e-6
    )


def test_densities_sum_to_one_over_the_levels():
    mixture = example()
    levels = [[first, np.nan, second, np.nan] for first in (0, 1, 2, 9) for second in (0, 1, 9)]
    assert np.exp(mixture.log_density(levels)).sum() == pytest.approx(1, abs=1e-12)


def test_conditional_times_marginal_is_joint():
    mixture, row = example(), np.array([[1.0, 0.3, 1.0, -0.2]])
    marginal, conditional = mixture.marginal([0, 1]), mixture.conditional([0, 1], [1.0, 0.3])
    together = marginal.log_density(row[:, :2]) + conditional.log_density(row[:, 2:])
    np.testing.assert_allclose(mixture.log_density(row), together)
    assert conditional.levels.columns == (0,)


def test_marginal_has_its_columns_in_the_order_asked_for():
    mixture, row = example(), np.array([[1.0, 0.3, 0.0, -0.2]])
    swapped = mixture.marginal([3, 2, 1, 0])
    np.testing.assert_allclose(swapped.log_density(row[:, ::-1]), mixture.log_density(row))


def test_samples_have_the_shares_of_the_levels():
    mixture = example()
    rows, labels = mixture.sample(20_000, 0)
    for table, column in zip(mixture.levels.probabilities, (0, 2), strict=True):
        for k in range(3):
            codes = rows[labels == k, column].astype(int)
            shares = np.bincount(codes, minlength=table.shape[1]) / len(codes)
            np.testing.assert_allclose(shares, table[k] / table[k].sum(), atol=0.03)


def test_noise_is_spread_over_levels_and_ranges():
    noise = Noise(0.25, [-0.5, -4.0, -0.5, -4.0], [2.5, 4.0, 1.5, 4.0])
    mixture, plain = example(noise=noise), example()
    rows = np.array([[1.0, 0.3, 1.0, -0.2], [1.0, 0.3, np.nan, -0.2], [9.0, 0.3, 1.0, -0.2]])
    density = 0.75 * np.exp(plain.log_density(rows))
    density += 0.25 * np.array([1 / (3 * 2 * 8**2), 1 / (3 * 8**2), 0])
    np.testing.assert_allclose(np.exp(mixture.log_density(rows)), density)
    drawn, labels = mixture.sample(1000, 0)
    assert set(drawn[labels == -1, 0]) == {0, 1, 2}


def test_missing_levels_are_filled_with_the_most_probable_one():
    mixture = example()
    row = np.array([[np.nan, 0.3, 1.0, -0.2]])
    candidates = np.repeat(row, 3, axis=0)
    candidates[:, 0] = range(3)
    assert mixture.impute(row)[0, 0] == mixture.log_density(candidates).argmax()
    drawn = mixture.impute(np.repeat(row, 5000, axis=0), method="draw", random_state=0)[:, 0].astype(int)
    chances = np.exp(mixture.log_density(candidates))
    np.testing.assert_allclose(np.bincount(drawn) / 5000, chances / chances.sum(), atol=0.03)


def test_a_level_whose_value_is_no_whole_number_is_one_never_seen():
    mixture = example().marginal([0])
    np.testing.assert_allclose(mixture.log_density([[-1.0], [0.5], [3.0], [1e300]]), np.log(UNSEEN))


def test_without_numbers_a_mixture_has_no_covariances():
    levels = Levels([0, 1], [[[0.9, 0.1], [0.2, 0.8]], [[1.0, 0.0], [0.5, 0.5]]])
    mixture = Mixture([0.5, 0.5], np.empty((2, 0)), Diagonal(np.empty((2, 0)), 2, 0), levels=levels)
    assert mixture.n_parameters == 1 + 2 + 2
    np.testing.assert_allclose(np.exp(mixture.log_density([[0.0, 0.0], [0.0, 1.0]])), [0.5, 0.05])
    with pytest.raises(ValueError, match="the mean of categories: the mixture has no numbers"):
        mixture.mean()


def test_distances_of_categories_are_estimated():
    near = Levels([0], [[[0.5, 0.5]]])
    far = Levels([0], [[[0.9, 0.1]]])
    p, q = (Mixture([1.0], np.empty((1, 0)), Full(np.empty((1, 0, 0)), 1, 0), levels=levels) for levels in (near, far))
    divergence = 0.5 * np.log(0.5 / 0.9) + 0.5 * np.log(0.5 / 0.1)
    assert p.kullback_leibler(q).value == pytest.approx(divergence, abs=0.05)


@pytest.mark.parametrize(
    ("what", "ask"),
    [
        ("the mean", lambda mixture: mixture.mean()),
        ("the covariance", lambda mixture: mixture.covariance_matrix()),
        ("the modes", lambda mixture: mixture.modes()),
        ("the distribution function", lambda mixture: mixture.cdf([[0.0, 0.0, 0.0, 0.0]])),
        ("the regression", lambda mixture: mixture.regress([1], [[0.0]])),
    ],
)
def test_what_categories_do_not_have_says_so(what, ask):
    with pytest.raises(
        ValueError, match=rf"cannot give {what} of categories: ask the marginal of the columns \[1, 3\]"
    ):
        ask(example())


def test_levels_are_a_value():
    mixture = example()
    assert pickle.loads(pickle.dumps(mixture)) == mixture
    assert mixture.levels != example().marginal([0, 2]).levels
    with pytest.raises(AttributeError, match="levels are a value"):
        mixture.levels.layout = None
    with pytest.raises(ValueError, match="read-only"):
        mixture.levels.probabilities[0][0] = 1


@pytest.mark.parametrize(
    ("columns", "tables", "message"),
    [
        ([1, 0], [[[1.0]], [[1.0]]], "rising order"),
        ([0], [[[0.5, 0.4]]], "sum to one"),
        ([0], [[[1.5, -0.5]]], "sum to one"),
        ([0], [], "probabilities for 0"),
        ([0, 1], [[[1.0]], [[1.0], [1.0]]], "a row for each component"),
        ([0], [[1.0]], "a row for each component"),
    ],
)
def test_what_are_no_levels_is_refused(columns, tables, message):
    with pytest.raises(ValueError, match=message):
        Levels(columns, tables)
