import itertools
import math

import numpy as np
import pytest
from scipy import stats

from mixtura.decisions.pareto import _from_moments, fit_generalized_pareto, growth, log_likelihood, log_survival
from mixtura.decisions.tail import TailModel, fit_tail
from mixtura.statistics.lowest import LowestValues
from mixtura.statistics.sketch import QuantileSketch

# Daily rainfall in south-west England, 1914 to 1962, in tenths of a millimetre and how often, of the 152 days of 17,531
# with more than 30 mm: Coles (2001), "An introduction to statistical modeling of extreme values", example 1.6.
RAIN = {
    302: 3, 305: 14, 307: 1, 310: 3, 312: 3, 317: 1, 318: 11, 320: 3, 323: 2, 325: 3, 328: 1, 330: 7, 333: 1, 335: 6,
    338: 2, 340: 3, 343: 5, 348: 2, 351: 1, 353: 5, 356: 6, 361: 1, 363: 2, 366: 2, 368: 2, 371: 1, 373: 1, 376: 2,
    378: 1, 381: 5, 384: 2, 391: 1, 394: 4, 399: 1, 401: 1, 406: 1, 409: 2, 419: 2, 424: 1, 427: 1, 429: 1, 432: 1,
    434: 1, 442: 1, 445: 2, 452: 1, 457: 3, 470: 3, 475: 1, 478: 2, 485: 2, 488: 1, 513: 2, 516: 1, 533: 1, 549: 1,
    554: 1, 559: 2, 592: 1, 594: 2, 673: 1, 724: 1, 767: 1, 833: 1, 853: 1, 866: 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def rain():
    excesses = np.repeat(list(RAIN), list(RAIN.values())) / 10 - 30
    return TailModel(-30.0, 17_531, fit_generalized_pareto(excesses), excesses)


def test_daily_rainfall(rain):
    """Coles (2001), section 4.4.1: the estimates, the highest log-likelihood and the level of a hundred years."""
    fit = rain.pareto
    assert len(rain.excesses) == fit.n_excesses == 152
    assert (round(fit.scale, 2), round(fit.shape, 3)) == (7.44, 0.184)
    assert round(log_likelihood(rain.excesses, fit.scale, fit.shape), 1) == -485.1
    assert round(rain.fraction, 5) == 0.00867
    hundred_years = 1 / (100 * 365)
    assert round(rain.threshold_for(hundred_years), 1) == -106.3
    # Its profile likelihood interval, read off a figure.
    assert rain.threshold_interval(hundred_years) == pytest.approx((-185.7, -81.6), abs=1)


def test_interval_is_where_the_profile_falls(rain):
    """Brute force: the best shape of a fine grid, at each end and a little inside and outside of it."""
    odds = rain.fraction * 36_500
    shapes = np.linspace(-0.5, 2, 2000)
    highest = log_likelihood(rain.excesses, rain.pareto.scale, rain.pareto.shape)

    def fall(threshold):
        scales = (rain.boundary - threshold) * shapes / np.expm1(shapes * math.log(odds))
        values = [
            stats.genpareto.logpdf(rain.excesses, *pair).sum()
            for pair in zip(shapes, np.zeros(2000), scales, strict=True)
        ]
        return 2 * (highest - max(values))

    for end, outwards in zip(rain.threshold_interval(1 / 36_500, level=0.9), (-1, 1), strict=True):
        assert fall(end) == pytest.approx(stats.chi2.ppf(0.9, 1), abs=2e-3)
        assert fall(end + outwards) > stats.chi2.ppf(0.9, 1) > fall(end - outwards)


@pytest.mark.parametrize("shape", [-0.8, -0.4, -0.1, -1e-9, 0.0, 1e-5, 0.3, 1.0, 3.0])
@pytest.mark.parametrize("unit", [1e-200, 1.0, 1e200])
def test_fits_are_those_of_scipy(shape, unit):
    y = stats.genpareto.rvs(shape, size=300, random_state=1)
    fit = fit_generalized_pareto(y * unit)
    peer, _, scale = stats.genpareto.fit(y, floc=0)
    assert fit.method == "maximum likelihood"
    assert fit.shape == pytest.approx(peer, abs=1e-4)
    assert fit.scale / unit == pytest.approx(scale, rel=1e-4)
    ours = stats.genpareto.logpdf(y, fit.shape, scale=fit.scale / unit).sum()
    assert ours >= stats.genpareto.logpdf(y, peer, scale=scale).sum() - 1e-9
    assert log_likelihood(y, fit.scale / unit, fit.shape) == pytest.approx(ours, rel=1e-12)


@pytest.mark.parametrize("shape", [-0.5, -1e-12, 0.0, 1e-12, 0.7])
def test_survival_and_excess_are_those_of_scipy(shape):
    ratios = np.array([0.0, 0.1, 1.0, 1.9, 3.0])
    np.testing.assert_allclose(log_survival(ratios, shape), stats.genpareto.logsf(ratios, shape), rtol=1e-9)
    assert growth(math.log(1e4), shape) == pytest.approx(stats.genpareto.isf(1e-4, shape), rel=1e-9)


def test_growth_beyond_the_doubles():
    assert growth(800.0, 1.0) == math.inf


def test_distance_is_the_integral_of_anderson_and_darling():
    """A² = n ∫ (F_n - F)² / (F (1 - F)) dF, by the sum of SciPy for a known distribution."""
    fit = fit_generalized_pareto(stats.expon.rvs(size=100, random_state=0))
    y = np.sort(stats.expon.rvs(size=100, random_state=0))
    at = stats.genpareto.cdf(y, fit.shape, scale=fit.scale)
    edges = np.concatenate([[0.0], at, [1.0]])
    u = (np.arange(4000) + 0.5) / 4000
    pieces = [
        np.mean((k / 100 - (a + (b - a) * u)) ** 2 / ((a + (b - a) * u) * (1 - a - (b - a) * u))) * (b - a)
        for k, (a, b) in enumerate(itertools.pairwise(edges))
    ]
    assert fit.anderson_darling == pytest.approx(100 * sum(pieces), rel=1e-3)


@pytest.mark.parametrize("shape", [-0.5, 0.0, 0.5])
def test_one_fit_in_ten_is_as_far(shape):
    fits = [fit_generalized_pareto(stats.genpareto.rvs(shape, size=200, random_state=seed)) for seed in range(500)]
    far = np.mean([fit.anderson_darling > fit.critical_distance for fit in fits])
    assert 0.1 - 3 * math.sqrt(0.09 / 500) < far < 0.1 + 3 * math.sqrt(0.09 / 500)


def test_moments_where_there_is_no_likeliest():
    """Excesses that crowd at their end: the likelihood rises without limit towards it."""
    y = stats.beta.rvs(3, 0.5, size=200, random_state=0)
    fit = fit_generalized_pareto(y)
    assert fit.method == "probability-weighted moments"
    assert -fit.scale / fit.shape >= y.max() * (1 - 1e-12)
    assert fit.anderson_darling > fit.critical_distance


def test_moments_are_those_of_hosking_and_wallis():
    """Of scale 1 and shape s the mean is 1 / (1 - s), and the mean of y · P(Y > y) is 1 / (2 (2 - s))."""
    y = np.sort(stats.genpareto.rvs(0.2, size=200_000, random_state=0))
    assert _from_moments(y) == pytest.approx((1, 0.2), abs=0.02)
    weighted = np.mean(y * (1 - (np.arange(1, 200_001) - 0.35) / 200_000))
    scale, shape = _from_moments(y)
    assert (scale / (1 - shape), scale / (2 * (2 - shape))) == pytest.approx((y.mean(), weighted), rel=1e-4)


DISTRIBUTIONS = {"normal": stats.norm(), "exponential": stats.expon(), "t": stats.t(3), "chi2": stats.chi2(5)}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_one_false_alarm_in_ten_thousand(name):
    """From 20,000 rows, where two lie beyond the threshold: right on average, and nearer than the two rows tell."""
    distribution = DISTRIBUTIONS[name]
    rates, counted, covered = [], [], []
    for seed in range(40):
        scores = -distribution.rvs(size=20_000, random_state=seed)
        tail = fit_tail(scores)
        rates.append(distribution.sf(-tail.threshold_for(1e-4)))
        counted.append(distribution.sf(-np.quantile(scores, 1e-4)))
        deepest, shallowest = tail.threshold_interval(1e-4)
        covered.append(deepest <= -distribution.isf(1e-4) <= shallowest)
    assert 0.8e-4 < np.mean(rates) < 1.45e-4
    assert np.min(rates) > 2e-5
    assert np.max(rates) < 4e-4
    assert np.std(rates) < 0.9 * np.std(counted)
    assert np.mean(covered) >= 0.8


def test_p_values_and_thresholds_agree():
    scores = -stats.expon.rvs(size=5000, random_state=3)
    tail = fit_tail(scores)
    for rate in (tail.fraction, 0.01, 1e-3, 1e-6, 1e-12):
        assert tail.p_value([tail.threshold_for(rate)]) == pytest.approx(rate if rate < tail.fraction else 1, rel=1e-9)
    thresholds = [tail.threshold_for(rate) for rate in (0.04, 0.01, 1e-3, 1e-6)]
    assert (np.diff(thresholds) < 0).all()
    values = tail.p_value(np.linspace(-30, 0, 100))
    assert (np.diff(values) >= 0).all()
    assert values[-1] == 1
    assert tail.p_value([-np.inf]) == 0
    assert tail.p_value(np.nextafter(tail.boundary, -np.inf)) == pytest.approx(tail.fraction)


def test_p_values_of_new_rows_are_uniform():
    tail = fit_tail(-stats.norm.rvs(size=50_000, random_state=4))
    p_values = tail.p_value(-stats.norm.rvs(size=200_000, random_state=5))
    for rate in (0.04, 0.01, 0.001):
        assert np.mean(p_values <= rate) == pytest.approx(rate, rel=0.15)


@pytest.mark.parametrize("n_rows", [60, 999, 5000, 70_000])
def test_rows_that_pass_once_give_the_same(n_rows):
    scores = np.random.default_rng(n_rows).standard_t(4, size=n_rows)
    whole = fit_tail(scores)
    lowest, sketch = LowestValues.zero(), QuantileSketch.zero()
    for part in np.array_split(scores, 7):
        lowest, sketch = lowest + LowestValues.zero().including(part), sketch.including(part)
    for tail in (fit_tail(lowest), fit_tail(sketch.lowest)):
        assert tail.pareto == whole.pareto
        assert (tail.boundary, tail.n_rows) == (whole.boundary, n_rows)
        np.testing.assert_array_equal(tail.excesses, whole.excesses)


def test_how_large_the_tail_is():
    scores = -stats.expon.rvs(size=1_100_000, random_state=0)
    assert len(fit_tail(scores[:100]).excesses) == 25
    assert len(fit_tail(scores[:600]).excesses) == 50
    assert len(fit_tail(scores[:10_000]).excesses) == 500
    assert len(fit_tail(scores).excesses) == 50_000
    assert len(fit_tail(scores[:10_000], fraction=0.123).excesses) == 1230
    assert len(fit_tail(LowestValues.zero(301).including(scores[:10_000])).excesses) == 300


def test_a_smaller_tail_where_the_large_one_does_not_fit():
    """A step of density at 3 %: the tail beyond it is exponential, the one across it is not."""
    random = np.random.default_rng(0)
    scores = np.concatenate([-10 - random.exponential(size=1200), random.uniform(-1, 0, size=38_800)])
    tail = fit_tail(scores)
    assert tail.fraction == 0.025
    assert tail.pareto.anderson_darling <= tail.pareto.critical_distance
    assert fit_tail(scores, fraction=0.05).pareto.anderson_darling > 10


def test_ties_at_the_boundary_are_not_in_the_tail():
    scores = np.concatenate([-(np.arange(1.0, 21.0) ** 1.5), np.zeros(80)])
    tail = fit_tail(scores)
    assert tail.boundary == 0
    assert len(tail.excesses) == 20
    assert tail.fraction == 0.2


@pytest.mark.parametrize(
    ("scores", "fraction", "sentence"),
    [
        (np.arange(39.0), None, "at least 40 rows, and there are 39"),
        ([], None, "at least 40 rows, and there are 0"),
        (np.arange(100.0), 0.05, "0.05 of 100 rows are 5, and a tail needs at least 10"),
        (np.arange(100.0), 1.0, "above 0 and below 1, not 1.0"),
        (np.arange(100.0), math.nan, "above 0 and below 1, not nan"),
        (np.append(np.arange(99.0), math.nan), None, "NaN"),
        (np.append(np.arange(99.0), -math.inf), None, "minus infinity"),
        (np.linspace(-1.7, 1.7, 100) * 1e308, 0.8, "too far below"),
        (np.zeros(100), None, "only 0 are below the next, 0"),
        (np.repeat([-1.0, 0.0], [25, 75]), None, "all of them tie"),
        (LowestValues.zero(20).including(np.arange(1000.0)), 0.05, "are 50, and 19 lowest values"),
        (LowestValues.zero(5).including(np.arange(1000.0)), None, "4 lowest values below a boundary are held"),
    ],
)
def test_what_has_no_tail(scores, fraction, sentence):
    with pytest.raises(ValueError, match=sentence):
        fit_tail(scores, fraction)


@pytest.mark.parametrize("excesses", [[], [1.0], [1.0, 1.0], [0.0, 1.0], [-1.0, 2.0], [1.0, math.inf], [1.0, math.nan]])
def test_what_are_no_excesses(excesses):
    with pytest.raises(ValueError, match="positive and finite, and at least two of them different"):
        fit_generalized_pareto(excesses)


def test_rates_outside_the_tail(rain):
    with pytest.raises(ValueError, match=r"the tail holds 0\.00867 of the rows and says nothing about a rate of 0\.01"):
        rain.threshold_for(0.01)
    with pytest.raises(ValueError, match="above 0 and below 1, such as"):
        rain.threshold_for(0)
    with pytest.raises(ValueError, match="level must be above 0 and below 1"):
        rain.threshold_interval(1e-4, level=95)
    with pytest.raises(ValueError, match="ask for a lower rate"):
        rain.threshold_interval(rain.fraction)
    with pytest.raises(ValueError, match="NaN or missing"):
        rain.p_value([math.nan])


@pytest.mark.parametrize(("boundary", "n_rows"), [(math.nan, 100), (-math.inf, 100), (0.0, 1)])
def test_tails_that_are_none(rain, boundary, n_rows):
    with pytest.raises(ValueError, match="a finite boundary and no more rows than the table"):
        TailModel(boundary, n_rows, rain.pareto, rain.excesses)


def test_a_tail_too_heavy_for_doubles():
    scores = np.concatenate([np.random.default_rng(0).normal(size=2000), [-1e300, -1e250, -1e200, -1e150]])
    tail = fit_tail(scores)
    assert tail.pareto.shape > 20
    assert tail.p_value([-1.7e308, -1e300]) == pytest.approx([0.0, 0.0], abs=1e-3)
    assert -math.inf < tail.threshold_interval(1e-3)[0] < tail.threshold_for(1e-3) < tail.boundary
    with pytest.raises(ValueError, match="is beyond the range of doubles, because the tail is heavy"):
        tail.threshold_for(1e-300)
