"""The likelihood of one parameter, against closed forms, published answers, brute grids and integrals."""

import math
import re
import runpy
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad, trapezoid
from scipy.special import gammaln

from mixtura import errors
from mixtura.inference.likelihood import fit_parameter, likelihood_profile
from mixtura.inference.maximum import Maximum, curvature

EXAMPLE = Path(__file__).parents[2] / "examples" / "plot_04_density_and_likelihood.py"
NORMAL = np.random.default_rng(0).normal(3.0, 2.0, size=50)


def two_components(x, theta):
    """Return log of (1/3)·N(−4, theta) + (2/3)·N(1, theta), theta a standard deviation."""
    return np.logaddexp(
        math.log(1 / 3) + stats.norm.logpdf(x, -4, theta), math.log(2 / 3) + stats.norm.logpdf(x, 1, theta)
    )


def normal_mean(x, mean):
    return stats.norm.logpdf(x, mean, 2.0)


def normal_scale(x, scale):
    return stats.norm.logpdf(x, 0.0, scale)


def cauchy(x, location):
    return stats.cauchy.logpdf(x, location)


def bernoulli(x, p):
    return x * np.log(p) + (1 - x) * np.log1p(-p)


def bernoulli_data(successes, trials):
    return np.repeat([1.0, 0.0], [successes, trials - successes])


# The book's example


def test_two_components_have_their_maximum_at_one_and_a_half():
    fit = fit_parameter(two_components, 2.5, bounds=(0, inf))
    assert fit.theta == pytest.approx(1.5, abs=1e-2)
    grid = np.linspace(1.4, 1.6, 200_001)
    assert fit.theta == pytest.approx(grid[np.argmax(two_components(2.5, grid))], abs=2e-6)
    assert fit.converged


def test_theta_of_the_example_is_no_variance():
    fit = fit_parameter(lambda x, variance: two_components(x, math.sqrt(variance)), 2.5, bounds=(0, inf))
    assert fit.theta == pytest.approx(1.5**2, abs=1e-2)


def test_density_integrates_to_one_over_x():
    area, _ = quad(lambda x: math.exp(two_components(x, 1.3)), -inf, inf)
    assert area == pytest.approx(1.0, abs=1e-8)


def test_profile_does_not_integrate_to_one_over_theta():
    grid = np.geomspace(0.05, 100, 4001)
    profile = likelihood_profile(two_components, grid, 2.5)
    area, _ = quad(lambda theta: math.exp(two_components(2.5, theta)), 0.05, 100, points=[1.5, 10], limit=200)
    assert trapezoid(profile.likelihood, grid) == pytest.approx(area, rel=1e-5)
    assert area > 1.3


def test_example_prints_what_it_says(capsys, need):
    need("matplotlib").use("agg")
    runpy.run_path(str(EXAMPLE))
    printed = capsys.readouterr().out
    number = r"(-?\d+\.\d+)"

    def after(words):
        return float(re.search(re.escape(words) + number, printed).group(1))

    cdf = (stats.norm.cdf([-2, 2], mean, 1.3) for mean in (-4, 1))
    probability = sum(weight * (high - low) for weight, (low, high) in zip((1 / 3, 2 / 3), cdf, strict=True))
    area, _ = quad(lambda theta: math.exp(two_components(2.5, theta)), 0.1, 100, points=[1.5, 10], limit=200)
    grid = np.linspace(0.5, 2.5, 200_001)
    assert after("integral over x at theta = 1.3: ") == 1.0
    assert after("P(-2 < x < 2 | theta = 1.3) = ") == pytest.approx(probability, abs=5e-7)
    assert after("at x = 2.5: ") == pytest.approx(area, abs=6e-4)
    assert after("maximum likelihood: theta = ") == pytest.approx(1.5, abs=1e-2)
    assert after("maximum a posteriori: theta = ") == pytest.approx(
        grid[np.argmax(two_components(2.5, grid) - 2 * grid)], abs=6e-5
    )


# The profile


def test_profile_is_the_sum_of_log_densities():
    profile = likelihood_profile(normal_mean, [4, 2, 3], NORMAL)
    expected = [stats.norm(mean, 2.0).logpdf(NORMAL).sum() for mean in (4, 2, 3)]
    np.testing.assert_allclose(profile.log_likelihood, expected, rtol=1e-14)
    np.testing.assert_allclose(profile.likelihood, np.exp(expected), rtol=1e-12)
    np.testing.assert_array_equal(profile.theta, [4.0, 2.0, 3.0])
    assert profile.maximum == 3.0
    assert profile.relative_likelihood[2] == 1.0


def test_many_observations_leave_the_range_of_doubles():
    x = np.full(5000, 0.25)
    profile = likelihood_profile(normal_mean, [0.25, 0.3], x)
    assert (profile.likelihood == 0).all()
    np.testing.assert_allclose(profile.relative_likelihood, [1, math.exp(-5000 * 0.05**2 / 8)], rtol=1e-9)
    narrow = likelihood_profile(lambda x, mean: stats.norm.logpdf(x, mean, 1e-3), [0.25], x)
    assert narrow.likelihood[0] == inf
    assert narrow.relative_likelihood[0] == 1


def test_impossible_theta_has_likelihood_zero():
    profile = likelihood_profile(lambda x, end: stats.uniform.logpdf(x, 0, end), [1.0, 2.0, 4.0], [0.5, 1.5])
    np.testing.assert_array_equal(profile.log_likelihood[0], -inf)
    np.testing.assert_allclose(profile.likelihood, [0, 1 / 4, 1 / 16])
    np.testing.assert_allclose(profile.relative_likelihood, [0, 1, 1 / 4])


def test_density_is_called_once_for_each_theta():
    seen = []

    def spy(x, theta):
        seen.append(theta)
        return normal_mean(x, theta)

    likelihood_profile(spy, [1.0, 2.0, 3.0], NORMAL)
    assert seen == [1.0, 2.0, 3.0]
    assert all(type(theta) is float for theta in seen)


def test_density_cannot_change_the_observations():
    def greedy(x, theta):
        x -= theta
        return x

    with pytest.raises(ValueError, match="read-only"):
        likelihood_profile(greedy, [1.0], [1.0, 2.0])


def test_profile_cannot_be_written_to():
    profile = likelihood_profile(normal_mean, [1.0, 2.0], NORMAL)
    with pytest.raises(ValueError, match="read-only"):
        profile.log_likelihood[0] = 0.0


# Closed forms


def test_normal_mean():
    fit = fit_parameter(normal_mean, NORMAL)
    error = 2.0 / math.sqrt(50)
    assert fit.theta == pytest.approx(NORMAL.mean(), abs=1e-6 * error)
    assert fit.standard_error == pytest.approx(error, rel=1e-8)
    half = 1.959963984540054 * error
    assert fit.interval == pytest.approx((NORMAL.mean() - half, NORMAL.mean() + half), rel=1e-7)
    assert fit.log_likelihood == pytest.approx(normal_mean(NORMAL, NORMAL.mean()).sum(), rel=1e-14)
    assert (fit.log_posterior, fit.cut, fit.at_bound, fit.level) == (None, (False, False), None, 0.95)


def test_level_sets_the_width():
    narrow, wide = (fit_parameter(normal_mean, NORMAL, level=level) for level in (0.5, 0.99))
    width = [fit.interval[1] - fit.interval[0] for fit in (narrow, wide)]
    np.testing.assert_allclose(width, 2 * stats.norm.ppf([0.75, 0.995]) * 2 / math.sqrt(50), rtol=1e-8)


def test_normal_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(1)
    fits = [fit_parameter(lambda x, mean: -((x - mean) ** 2) / 2, rng.normal(size=5), level=0.8) for _ in range(100)]
    covered = sum(fit.interval[0] < 0 < fit.interval[1] for fit in fits)
    assert stats.binomtest(covered, 100, 0.8).pvalue > 0.01


def test_exponential_rate():
    x = np.random.default_rng(0).exponential(0.2, size=40)
    fit = fit_parameter(lambda x, rate: np.log(rate) - rate * x, x, bounds=(0, inf))
    assert fit.theta == pytest.approx(1 / x.mean(), rel=1e-6)
    assert fit.standard_error == pytest.approx(1 / x.mean() / math.sqrt(40), rel=1e-6)


@pytest.mark.parametrize("unit", [1e-19, 1e-6, 1.0, 1e12])
def test_scale_in_any_unit(unit):
    fit = fit_parameter(normal_scale, NORMAL * unit, bounds=(0, inf))
    expected = unit * math.sqrt((NORMAL**2).mean())
    assert fit.theta == pytest.approx(expected, rel=1e-6)
    assert fit.standard_error == pytest.approx(expected / math.sqrt(100), rel=1e-5)


def test_scale_of_one_observation():
    fit = fit_parameter(normal_scale, -3.0, bounds=(0, inf))
    assert fit.theta == pytest.approx(3.0, rel=1e-6)
    assert fit.standard_error == pytest.approx(3 / math.sqrt(2), rel=1e-5)
    assert fit.cut == (True, False)
    assert fit.interval[0] == 0.0


def test_range_open_below():
    fit = fit_parameter(lambda x, minus: normal_scale(x, -minus), NORMAL, bounds=(-inf, 0))
    assert fit.theta == pytest.approx(-math.sqrt((NORMAL**2).mean()), rel=1e-6)


@settings(max_examples=20)
@given(st.floats(-1e6, 1e6), st.floats(-9, 9))
@example(0.0, 9.0)
def test_estimate_follows_origin_and_unit(shift, exponent):
    unit = 10**exponent
    x = (NORMAL + shift) * unit
    fit = fit_parameter(lambda x, mean: -(((x - mean) / unit) ** 2) / 2, x)
    assert fit.theta == pytest.approx(x.mean(), abs=1e-6 * unit)
    assert fit.standard_error == pytest.approx(unit / math.sqrt(50), rel=1e-5)


@pytest.mark.parametrize("sd", [2e-3, 7e-4, 3.1e-5, 1.7e-5, 2e-6])
def test_seconds_since_1970_with_small_errors(sd):
    x = 1.7e9 + NORMAL * sd  # neighbouring doubles are 2.4e-7 apart
    fit = fit_parameter(lambda x, mean: stats.norm.logpdf(x, mean, sd), x)
    assert fit.theta == pytest.approx(1.7e9 + (x - 1.7e9).mean(), abs=3e-7)
    assert fit.standard_error == pytest.approx(sd / math.sqrt(50), rel=1e-6)


def test_step_of_the_curvature_is_exact_beside_a_large_theta():
    theta, error = 1.7e9, 1e-4
    top = Maximum(theta, 0.0, None, 1.3e-5, True)
    information = curvature(lambda place: -(((place - theta) / error) ** 2) / 2, top, -inf, inf)
    assert information == pytest.approx(error**-2, rel=1e-6)


def test_range_that_begins_far_out():
    fit = fit_parameter(lambda x, mean: stats.norm.logpdf(x, mean, 1e20), NORMAL * 1e21, bounds=(1e20, inf))
    assert fit.theta == pytest.approx(NORMAL.mean() * 1e21, rel=1e-6)


def test_large_log_likelihood_keeps_its_curvature():
    fit = fit_parameter(lambda x, mean: normal_mean(x, mean) - 1e9, NORMAL)
    assert fit.standard_error == pytest.approx(2 / math.sqrt(50), rel=1e-3)


@pytest.mark.parametrize(("a", "b"), [(2.0, 3.0), (5.0, 1.5), (1.0, 4.0)])
def test_binomial_with_a_beta_prior(a, b):
    fit = fit_parameter(bernoulli, bernoulli_data(3, 12), stats.beta(a, b).logpdf, bounds=(0, 1))
    successes, failures = 3 + a - 1, 9 + b - 1
    mode = successes / (successes + failures)
    assert fit.theta == pytest.approx(mode, rel=1e-6)
    assert fit.standard_error == pytest.approx((successes / mode**2 + failures / (1 - mode) ** 2) ** -0.5, rel=1e-5)
    assert fit.log_posterior == pytest.approx(fit.log_likelihood + stats.beta(a, b).logpdf(fit.theta), rel=1e-12)
    assert fit.log_likelihood == pytest.approx(3 * math.log(mode) + 9 * math.log(1 - mode), rel=1e-6)


def test_uniform_prior_changes_nothing():
    x = bernoulli_data(3, 12)
    with_prior = fit_parameter(bernoulli, x, stats.beta(1, 1).logpdf, bounds=(0, 1))
    without = fit_parameter(bernoulli, x, bounds=(0, 1))
    assert with_prior.theta == pytest.approx(without.theta, abs=1e-12)
    assert without.theta == pytest.approx(0.25, rel=1e-6)
    assert with_prior.log_posterior == pytest.approx(without.log_likelihood, rel=1e-12)


def test_rare_event():
    fit = fit_parameter(bernoulli, bernoulli_data(1, 20_000), bounds=(0, 1))
    assert fit.theta == pytest.approx(1 / 20_000, rel=1e-5)


def test_normal_prior_pulls_the_mean():
    prior = stats.norm(10.0, 0.5)
    fit = fit_parameter(normal_mean, NORMAL, prior.logpdf)
    precision = 50 / 4 + 1 / 0.25
    assert fit.theta == pytest.approx((NORMAL.sum() / 4 + 10 / 0.25) / precision, rel=1e-7)
    assert fit.standard_error == pytest.approx(precision**-0.5, rel=1e-7)


def test_density_is_not_called_where_the_prior_is_zero():
    fit = fit_parameter(normal_scale, NORMAL, stats.gamma(2).logpdf)  # undefined at a negative scale, without bounds
    grid = np.linspace(1, 8, 70_001)
    posterior = [stats.norm.logpdf(NORMAL, 0, theta).sum() + math.log(theta) - theta for theta in grid[::100]]
    assert fit.theta == pytest.approx(grid[::100][np.argmax(posterior)], abs=0.006)
    assert fit.log_posterior >= max(posterior)


def test_correlation_of_two_columns():
    x = np.random.default_rng(3).multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], size=80)

    def log_density(x, r):
        return stats.multivariate_normal.logpdf(x, [0, 0], [[1, r], [r, 1]])

    fit = fit_parameter(log_density, x, bounds=(-1, 1))
    # The score equation of the correlation with known variances: a cubic with these coefficients.
    cross, squares = (x[:, 0] * x[:, 1]).mean(), (x**2).sum(axis=1).mean()
    roots = np.roots([1, -cross, squares - 1, -cross])
    assert np.abs(roots - fit.theta).min() < 1e-6


# Several modes


CAUCHY_DATA = [
    [-8.0, -3.0, 2.0, 2.5, 9.0, 40.0],
    [-30.0, 30.0, 31.0],
    [-50.0, -20.0, 10.0, 40.0, 40.5],
    [-5.0, 5.0, 100.0],
]


@pytest.mark.parametrize("x", CAUCHY_DATA)
@pytest.mark.parametrize("bounds", [None, (-1000, 1000)])
def test_highest_of_several_cauchy_modes(x, bounds):
    grid = np.linspace(-120, 120, 240_001)
    brute = cauchy(np.array(x)[:, None], grid).sum(axis=0)
    inner = brute[1:-1]
    assert np.sum((inner > brute[:-2]) & (inner > brute[2:])) >= 2  # there are several to choose from
    fit = fit_parameter(cauchy, x, bounds=bounds)
    assert fit.log_likelihood >= brute.max()
    assert fit.theta == pytest.approx(grid[np.argmax(brute)], abs=1e-3)


def test_nearly_equal_modes_far_apart():
    rng = np.random.default_rng(0)
    for low, high in zip(rng.uniform(5, 45, 12), rng.uniform(55, 95, 12), strict=True):

        def log_density(x, theta, low=low, high=high):
            return np.logaddexp(-((theta - low) ** 2), 0.0002 - (theta - high) ** 2) + 0 * x

        assert fit_parameter(log_density, 0.0, bounds=(0, 100)).theta == pytest.approx(high, abs=1e-6)


def test_frequency_of_a_wave():
    rng = np.random.default_rng(5)
    times = np.sort(rng.uniform(0, 10, 40))
    x = np.column_stack([times, np.sin(2 * np.pi * 1.7 * times) + rng.normal(0, 1.5, 40)])

    def log_density(x, frequency):
        return stats.norm.logpdf(x[:, 1], np.sin(2 * np.pi * frequency * x[:, 0]), 1.5)

    grid = np.linspace(0, 8, 80_001)
    brute = stats.norm.logpdf(x[:, 1], np.sin(2 * np.pi * grid[:, None] * times), 1.5).sum(axis=1)
    fit = fit_parameter(log_density, x, bounds=(0, 8))
    assert fit.theta == pytest.approx(grid[np.argmax(brute)], abs=1e-4)
    assert fit.log_likelihood >= brute.max()


def test_degrees_of_freedom_of_nearly_normal_data():
    x = np.random.default_rng(30).standard_t(30, size=200)

    def log_density(x, df):  # at a df of 1e16 and more this formula is all rounding
        constant = gammaln((df + 1) / 2) - gammaln(df / 2) - np.log(df * np.pi) / 2
        return constant - (df + 1) / 2 * np.log1p(x**2 / df)

    grid = np.geomspace(0.5, 5000, 2000)
    brute = stats.t.logpdf(x, grid[:, None]).sum(axis=1)
    assert 0.02 < brute.max() - stats.norm.logpdf(x).sum() < 0.04  # hardly above the limit of infinite df
    fit = fit_parameter(log_density, x, bounds=(0, inf))
    assert fit.theta == pytest.approx(grid[np.argmax(brute)], rel=0.01)


def test_cauchy_curvature():
    fit = fit_parameter(cauchy, CAUCHY_DATA[0])
    u = np.array(CAUCHY_DATA[0]) - fit.theta
    information = np.sum(2 * (1 - u**2) / (1 + u**2) ** 2)
    assert fit.standard_error == pytest.approx(information**-0.5, rel=1e-6)


# Bounds


@pytest.mark.parametrize(
    ("bounds", "bound", "side"), [((5, 10), 5, "lower"), ((-inf, 0), 0, "upper"), ((-3, 1.5), 1.5, "upper")]
)
def test_maximum_on_the_boundary(bounds, bound, side):
    fit = fit_parameter(normal_mean, NORMAL, bounds=bounds)
    assert (fit.theta, fit.at_bound, fit.standard_error, fit.interval) == (bound, side, None, None)
    assert fit.log_likelihood == pytest.approx(normal_mean(NORMAL, bound).sum(), rel=1e-12)


@pytest.mark.parametrize(("successes", "bound", "side"), [(0, 0.0, "lower"), (9, 1.0, "upper")])
def test_maximum_where_the_density_is_undefined(successes, bound, side):
    fit = fit_parameter(bernoulli, bernoulli_data(successes, 9), bounds=(0, 1))
    assert (fit.theta, fit.at_bound) == (bound, side)
    assert fit.log_likelihood == pytest.approx(0.0, abs=1e-12)


def test_both_ends_of_the_interval_cut():
    fit = fit_parameter(bernoulli, bernoulli_data(1, 2), bounds=(0, 1))
    assert fit.theta == pytest.approx(0.5, abs=1e-7)
    assert (fit.interval, fit.cut) == ((0.0, 1.0), (True, True))


def test_interval_cut_above():
    fit = fit_parameter(normal_mean, NORMAL, bounds=(-100, NORMAL.mean() + 0.1))
    assert fit.cut == (False, True)
    assert fit.interval[1] == NORMAL.mean() + 0.1


def test_bounds_are_never_left():
    seen = []

    def spy(x, theta):
        seen.append(theta)
        return normal_mean(x, theta)

    mean = NORMAL.mean()
    beside = [(mean - distance, inf) for distance in (1e-3, 1e-6, 1e-9, 4e-15, 1.8e-15, 9e-16, 4e-16)]
    for bounds in [(3, 4), (4, 5), (-inf, mean + 1e-7), (0, mean + 1e-12), *beside]:
        seen.clear()
        fit_parameter(spy, NORMAL, bounds=bounds)
        assert bounds[0] < min(seen)
        assert max(seen) < bounds[1]


# No curvature


def test_kink_has_no_curvature():
    fit = fit_parameter(stats.laplace.logpdf, [1.0, 2.0, 5.0])
    assert fit.theta == pytest.approx(2.0, abs=1e-7)
    assert (fit.standard_error, fit.interval) == (None, None)


@pytest.mark.parametrize("largest", [65.0, 66.1, 67.3, 68.6, 69.2, 70.0])
def test_jump_has_no_curvature(largest):
    fit = fit_parameter(lambda x, end: stats.uniform.logpdf(x, 0, end), [1.0, 2.0, largest], bounds=(0, inf))
    assert fit.theta == pytest.approx(largest, rel=1e-8)
    assert (fit.standard_error, fit.at_bound) == (None, None)


def test_jump_at_a_point_of_the_scan_is_met():
    fit = fit_parameter(lambda x, end: stats.uniform.logpdf(x, 0, end), [1.0, 2.0, 65.0], bounds=(0, inf))
    assert fit.theta == 65.0


def test_plateau_has_no_curvature():
    fit = fit_parameter(lambda x, t: stats.uniform.logpdf(x, t - 1, 2), [100.0, 100.5], bounds=(90, 110))
    assert 99.5 <= fit.theta <= 101.0
    assert fit.standard_error is None


def test_fourth_power_has_no_curvature():
    fit = fit_parameter(lambda x, t: -((x - t) ** 4), [1.0])
    assert fit.theta == pytest.approx(1.0, abs=1e-3)
    assert fit.standard_error is None


# What cannot be fitted


@pytest.mark.parametrize("bounds", [(0, inf), (0, 5)])
def test_likelihood_that_grows_without_limit_at_a_bound(bounds):
    with pytest.raises(ValueError, match="grows without limit as theta nears 0: pass bounds"):
        fit_parameter(normal_scale, 0.0, bounds=bounds)


def test_likelihood_that_grows_without_limit_inside():
    with pytest.raises(ValueError, match=r"grows without limit as theta nears 1\.3: pass bounds"):
        fit_parameter(lambda x, start: stats.gamma.logpdf(x, 0.5, start), [1.3, 2.0, 3.0], bounds=(-10, 10))


@pytest.mark.parametrize("bounds", [None, (0, inf)])
def test_likelihood_that_rises_for_ever(bounds):
    with pytest.raises(
        ValueError, match=r"no maximum .* on the way to inf; pass bounds around the maximum, or a prior"
    ):
        fit_parameter(lambda x, t: x * t - np.logaddexp(0, t), [1.0, 1.0], bounds=bounds)


def test_prior_gives_it_a_maximum():
    fit = fit_parameter(lambda x, t: x * t - np.logaddexp(0, t), [1.0, 1.0], stats.norm.logpdf)
    assert fit.theta == pytest.approx(2 / (1 + math.exp(fit.theta)), rel=1e-6)  # the score equation


def test_flat_likelihood():
    with pytest.raises(ValueError, match="does not tell one theta from another"):
        fit_parameter(lambda x, theta: -(x**2), NORMAL)


def test_likelihood_zero_everywhere():
    with pytest.raises(ValueError, match=r"the likelihood is zero at every theta tried from 2.* to 3"):
        fit_parameter(lambda x, t: stats.uniform.logpdf(x, t, 1), [10.0], bounds=(2, 3))
    with pytest.raises(ValueError, match="the likelihood is zero at all 2 points of the grid from 1 to 2"):
        likelihood_profile(lambda x, t: stats.uniform.logpdf(x, t, 1), [1.0, 2.0], [10.0])


def test_scale_without_bounds_asks_for_them():
    with pytest.raises(ValueError, match=r"log_density is NaN at theta=0 for observation 0, .*with bounds"):
        fit_parameter(normal_scale, NORMAL)


# Bad input


def both(log_density, x):
    """Yield the two functions, ready to be called."""
    yield lambda: likelihood_profile(log_density, [1.0, 2.0], x)
    yield lambda: fit_parameter(log_density, x, bounds=(0, 9))


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        ([], errors.EmptyTableError, "holds no observation"),
        (np.empty((0, 2)), errors.EmptyTableError, "holds no observation"),
        ([1.0, nan, 2.0], errors.MissingValuesError, "NaN at observation 1:"),
        ([[1.0, 2.0], [1.0, inf]], errors.InfiniteValuesError, "infinite at observation 1:"),
        (["a"], errors.DataError, "x must be numbers in one or two dimensions"),
        ([1j], errors.DataError, "not complex128 of shape"),
        (np.zeros((2, 2, 2)), errors.DataError, "one or two dimensions"),
    ],
)
def test_observations_that_are_none(x, error, message):
    for call in both(normal_mean, x):
        with pytest.raises(error, match=message):
            call()


@pytest.mark.parametrize(
    "returned", [0.0, [0.0], [[0.0], [0.0]], [0.0, 0.0, 0.0], ["a", "b"], [1j, 2j], None, [True, False]]
)
def test_log_density_of_the_wrong_shape_or_type(returned):
    for call in both(lambda x, theta: returned, [1.0, 2.0]):
        with pytest.raises(ValueError, match=r"one real number for each observation, shape \(2,\), and returned"):
            call()


@pytest.mark.parametrize(("bad", "name"), [(nan, "NaN"), (inf, "plus infinity")])
def test_log_density_that_is_no_number(bad, name):
    for call in both(lambda x, theta: np.array([0.0, bad]), [1.0, 7.0]):
        with pytest.raises(ValueError, match=rf"log_density is {name} at theta=\S+ for observation 1, 7\.0: keep"):
            call()


@pytest.mark.parametrize("value", [nan, inf, [0.0], "0", None])
def test_prior_that_is_no_number(value):
    with pytest.raises(ValueError, match="prior must return a finite number or minus infinity"):
        fit_parameter(normal_mean, NORMAL, lambda theta: value)


@pytest.mark.parametrize("bounds", [(2, 1), (1, 1), (nan, 1), (0, nan), (0,), (0, 1, 2), ("a", "b"), (inf, inf)])
def test_bounds_out_of_order(bounds):
    with pytest.raises(ValueError, match="bounds must be two numbers, the lower before the upper"):
        fit_parameter(normal_mean, NORMAL, bounds=bounds)


@pytest.mark.parametrize("level", [0, 1, -0.1, 95, nan, "0.95"])
def test_level_outside_its_range(level):
    with pytest.raises(ValueError, match=r"level must be above 0 and below 1, such as 0\.95"):
        fit_parameter(normal_mean, NORMAL, level=level)


@pytest.mark.parametrize(
    ("theta", "message"),
    [
        ([], "one-dimensional grid"),
        (1.0, "one-dimensional grid"),
        ([[1.0]], "one-dimensional grid"),
        (["a"], "one-dimensional grid"),
        ([0.0, nan], "point 1 of the grid is nan"),
        ([inf, 0.0], "point 0 of the grid is inf"),
    ],
)
def test_grid_that_is_none(theta, message):
    with pytest.raises(ValueError, match=message):
        likelihood_profile(normal_mean, theta, NORMAL)


def test_masked_values_are_refused():
    masked = np.ma.masked_array([1.0, 2.0, 3.0], [False, True, False])
    with pytest.raises(errors.DataError, match="x has masked values: leave them out"):
        fit_parameter(stats.norm.logpdf, masked)
    with pytest.raises(ValueError, match="points of the grid are masked"):
        likelihood_profile(stats.norm.logpdf, masked, [1.0])
