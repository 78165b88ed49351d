import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binom, chisquare, false_discovery_control

from mixtura import GaussianMixture
from mixtura.decisions.conformal import (
    adjusted_p_values,
    conformal_p_values,
    discoveries,
    threshold_by_false_discovery_rate,
)
from mixtura.statistics.sketch import QuantileSketch

scores = arrays(
    np.float64,
    st.integers(1, 40),
    elements=st.floats(-1e9, 1e9) | st.integers(-3, 3).map(float) | st.sampled_from([-math.inf, math.inf]),
)
shares = arrays(np.float64, st.integers(1, 40), elements=st.floats(0, 1) | st.sampled_from([0.0, 0.01, 0.05, 1.0]))
rates = st.floats(0.001, 0.999)
laws = settings(deadline=None)


def sketch_of(values, size=64, n_lowest=100):
    sketch = QuantileSketch.zero(size, n_lowest=n_lowest)
    for part in np.array_split(values, 5):
        sketch = sketch.including(part)
    return sketch


@laws
@given(scores, scores)
def test_p_values_count_the_reference(tested, reference):
    expected = [(1 + sum(r <= s for r in reference)) / (len(reference) + 1) for s in tested]
    np.testing.assert_array_equal(conformal_p_values(tested, reference), expected)


@pytest.mark.parametrize("ties", [False, True])
def test_p_values_of_clean_rows(ties):
    """Each of ten places among nine reference scores is as likely as the others; with ties p-values are larger."""
    random = np.random.default_rng(0)
    drawn = random.normal(size=(20_000, 10))
    if ties:
        drawn = drawn.round()
    p_values = np.concatenate([conformal_p_values(row[:1], row[1:]) for row in drawn])
    counts = np.bincount(np.rint(p_values * 10).astype(int), minlength=11)[1:]
    if ties:
        at_most = np.cumsum(counts)
        assert (at_most <= binom.ppf(0.9999, 20_000, np.arange(1, 11) / 10)).all()
        assert at_most[0] < 1000
    else:
        assert chisquare(counts).pvalue > 1e-3


@laws
@given(shares)
def test_adjusted_as_in_scipy(p_values):
    # Of the least numbers of all, the last place is more than that.
    np.testing.assert_allclose(adjusted_p_values(p_values), false_discovery_control(p_values), rtol=1e-15, atol=1e-322)


@laws
@given(shares, rates)
def test_discoveries_step_up(p_values, rate):
    """The definition: all i lowest, for the largest i whose p-value is at most i · rate / m."""
    m, ordered = len(p_values), np.sort(p_values)
    held = [i for i in range(1, m + 1) if ordered[i - 1] * m / i <= rate]
    expected = p_values <= ordered[held[-1] - 1] if held else np.zeros(m, dtype=bool)
    np.testing.assert_array_equal(discoveries(p_values, rate), expected)


def test_published_example():
    """Benjamini and Hochberg (1995), section 3.2: of fifteen p-values four are discoveries at 0.05."""
    p_values = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590,
        1.0,
    ]  # fmt: skip
    assert discoveries(p_values, 0.05).tolist() == [True] * 4 + [False] * 11


@pytest.mark.parametrize("rate", [0.1, pytest.param(0.2, marks=pytest.mark.exhaustive)])
def test_false_discovery_rate_over_200_tables(rate):
    """A mixture fitted to clean rows, a reference of others, and 500 rows of which 50 do not belong."""
    random = np.random.default_rng(1)
    proportions, found = [], []
    anomalous = np.arange(500) < 50
    for _ in range(200):
        X = random.normal(size=(1800, 2)) @ [[1.0, 0.6], [0.0, 0.8]]
        tested = X[1300:]
        tested[anomalous] += random.choice([-3.5, 3.5], size=(50, 1)) * [1.0, -1.0]
        model = GaussianMixture().fit(X[:300])
        p_values = conformal_p_values(model.score_samples(tested), model.score_samples(X[300:1300]))
        called = discoveries(p_values, rate)
        proportions.append(np.mean(~anomalous[called]) if called.any() else 0.0)
        found.append(called[anomalous].mean())
    error = np.std(proportions) / math.sqrt(200)
    assert np.mean(proportions) <= rate + 2 * error
    # The rate that the procedure holds is 0.9 of the one asked for, the share of normal rows; and it finds things.
    assert np.mean(proportions) == pytest.approx(0.9 * rate, abs=3 * error)
    assert np.mean(found) > 0.8


def test_nothing_to_discover_over_200_tables():
    """Where all rows are clean every discovery is false, and there is any in no more than the rate of the tables."""
    random = np.random.default_rng(2)
    any_called = [
        discoveries(conformal_p_values(random.normal(size=100), random.normal(size=1000)), 0.2).any()
        for _ in range(200)
    ]
    assert np.mean(any_called) <= 0.2 + 2 * math.sqrt(0.16 / 200)
    assert np.mean(any_called) > 0.05


@settings(max_examples=300)
@given(scores, scores, rates)
def test_threshold_flags_the_discoveries(tested, reference, rate):
    threshold = threshold_by_false_discovery_rate(tested, reference, rate)
    expected = discoveries(conformal_p_values(tested, reference), rate)
    np.testing.assert_array_equal(tested < threshold, expected)


@settings(max_examples=100)
@given(scores, scores, rates)
def test_small_sketches_are_exact(tested, reference, rate):
    np.testing.assert_array_equal(
        conformal_p_values(tested, sketch_of(reference)), conformal_p_values(tested, reference)
    )
    threshold = threshold_by_false_discovery_rate(sketch_of(tested), sketch_of(reference), rate)
    np.testing.assert_array_equal(tested < threshold, discoveries(conformal_p_values(tested, reference), rate))


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.6])
@pytest.mark.parametrize("n_lowest", [1, 500])
def test_sketches_err_on_the_safe_side(rate, n_lowest):
    random = np.random.default_rng(3)
    reference = random.normal(size=20_000)
    tested = np.concatenate([random.normal(-3, 1, size=5000), random.normal(size=5000)])
    exact = conformal_p_values(tested, reference)
    sketch = sketch_of(reference, n_lowest=n_lowest)
    p_values = conformal_p_values(tested, sketch)
    assert (p_values >= exact).all()
    assert (p_values <= exact + 2 * sketch.rank_error / 20_001).all()
    called = discoveries(exact, rate)
    assert called.any()
    for rows in (tested, sketch_of(tested, size=256, n_lowest=n_lowest)):
        for clean in (reference, sketch):
            threshold = threshold_by_false_discovery_rate(rows, clean, rate)
            assert called[tested < threshold].all()
            assert np.mean(tested < threshold) > 0.5 * called.mean()


@laws
@given(st.integers(0, 10_000), st.sampled_from([2, 4, 16]), rates)
def test_coarse_sketches_add_no_discovery(seed, size, rate):
    random = np.random.default_rng(seed)
    reference = random.normal(size=300)
    tested = random.normal(size=300) - 3 * (random.random(300) < 0.5)
    called = discoveries(conformal_p_values(tested, reference), rate)
    coarse = sketch_of(tested, size, n_lowest=1)
    for clean in (reference, sketch_of(reference, size, n_lowest=1)):
        assert called[tested < threshold_by_false_discovery_rate(coarse, clean, rate)].all()


def exponential(scores):
    """Return the nats of scores below 0 whose opposites have an exponential distribution."""
    return -np.asarray(scores)


def descending(scores):
    """Return nats of any scores, from none to infinitely many."""
    return np.maximum(0.5 - np.asarray(scores, dtype=float), 0.0) * 0.9


def in_steps(scores):
    """Return nats that many scores have in common."""
    return np.maximum(np.floor(-np.asarray(scores, dtype=float)), 0.0)


def threshold_by_nats(tested, tail_nats, rate):
    """Return the threshold for p-values that follow from the scores alone."""
    return threshold_by_false_discovery_rate(tested, lambda found: np.exp(-tail_nats(found)), rate)


def brute_force(tested, tail_nats, rate):
    """Return the rows whose p-value is at most i · rate / m, for the largest i for which that holds of i rows."""
    p_values = [math.exp(-nats) for nats in tail_nats(tested)]
    m, ordered = len(p_values), sorted(p_values)
    held = [i for i in range(1, m + 1) if ordered[i - 1] * m / i <= rate]
    return [p <= ordered[held[-1] - 1] if held else False for p in p_values]


@settings(max_examples=300)
@given(scores, st.sampled_from([descending, in_steps]), rates)
def test_the_threshold_of_a_tail_flags_the_discoveries(tested, tail_nats, rate):
    threshold = threshold_by_nats(tested, tail_nats, rate)
    expected = brute_force(tested, tail_nats, rate)
    np.testing.assert_array_equal(tested < threshold, expected)
    np.testing.assert_array_equal(discoveries(np.exp(-tail_nats(tested)), rate), expected)
    # A small sketch knows all of the scores.
    np.testing.assert_array_equal(tested < threshold_by_nats(sketch_of(tested), tail_nats, rate), expected)


@pytest.mark.parametrize("rate", [0.05, 0.3])
@pytest.mark.parametrize("n_lowest", [1, 500])
@pytest.mark.parametrize("n_found", [0, 40, 3000])
def test_discoveries_of_a_tail_in_a_sketch(rate, n_lowest, n_found):
    """Scores of rows that belong are exponential, and their p-values known; the others lie lower."""
    random = np.random.default_rng(4)
    tested = -random.exponential(size=20_000)
    tested[:n_found] -= 12
    called = np.array(brute_force(tested, exponential, rate))
    exact = threshold_by_nats(tested, exponential, rate)
    np.testing.assert_array_equal(tested < exact, called)
    threshold = threshold_by_nats(sketch_of(tested, 256, n_lowest=n_lowest), exponential, rate)
    assert called[tested < threshold].all()
    if n_found in (0, 40) and n_lowest == 500:
        np.testing.assert_array_equal(tested < threshold, called)
    if n_found == 3000:
        assert np.mean(tested < threshold) > 0.5 * called.mean() > 0.07
        assert np.mean(~called[:n_found]) < 0.01


@laws
@given(st.integers(0, 10_000), st.sampled_from([2, 4, 16]), rates)
def test_coarse_sketches_add_no_discovery_of_a_tail(seed, size, rate):
    random = np.random.default_rng(seed)
    tested = -random.exponential(size=300) - 9 * (random.random(300) < 0.3)
    called = np.array(brute_force(tested, exponential, rate))
    coarse = sketch_of(tested, size, n_lowest=1)
    assert called[tested < threshold_by_nats(coarse, exponential, rate)].all()


def test_false_discoveries_of_a_tail_over_200_tables():
    """Where p-values are exact, the rate is held; where all rows belong, few tables have any discovery."""
    random = np.random.default_rng(5)
    anomalous = np.arange(500) < 50
    proportions, any_called = [], []
    for _ in range(200):
        tested = -random.exponential(size=500)
        any_called.append((tested < threshold_by_nats(tested, exponential, 0.1)).any())
        tested[anomalous] -= 7
        called = tested < threshold_by_nats(tested, exponential, 0.1)
        proportions.append(np.mean(~anomalous[called]) if called.any() else 0.0)
    assert np.mean(proportions) == pytest.approx(0.09, abs=3 * np.std(proportions) / math.sqrt(200))
    assert np.mean(any_called) == pytest.approx(0.1, abs=3 * math.sqrt(0.09 / 200))


@pytest.mark.parametrize(
    ("tested", "rate", "sentence"),
    [
        ([1.0], 0.0, "false discovery rate must be above 0 and below 1"),
        ([1.0], 1.0, "false discovery rate must be above 0 and below 1"),
        ([1.0, math.nan], 0.1, r"row 1 \(counted from 0\) is NaN"),
        ([[1.0]], 0.1, r"one for each row, and their shape is \(1, 1\)"),
        ([], 0.1, "the scores of no rows says nothing"),
        (QuantileSketch.zero(), 0.1, "the scores of no rows says nothing"),
    ],
)
def test_what_has_no_threshold_by_a_tail(tested, rate, sentence):
    with pytest.raises(ValueError, match=sentence):
        threshold_by_nats(tested, descending, rate)


@pytest.mark.parametrize("rate", [0, 1, 1.5, math.nan, "0.1", True])
def test_rates_that_are_none(rate):
    with pytest.raises(ValueError, match="false discovery rate must be above 0 and below 1"):
        discoveries([0.5], rate)


@pytest.mark.parametrize(
    ("p_values", "sentence"),
    [
        ([0.5, 1.1], r"from 0 to 1, and that of row 1 \(counted from 0\) is 1.1"),
        ([-0.1], "from 0 to 1"),
        ([math.nan], "NaN or missing"),
        ([[0.5]], r"one for each row, and their shape is \(1, 1\)"),
        (0.5, r"one for each row, and their shape is \(\)"),
    ],
)
def test_p_values_that_are_none(p_values, sentence):
    with pytest.raises(ValueError, match=sentence):
        adjusted_p_values(p_values)


def test_no_rows_no_discoveries():
    assert len(discoveries([], 0.1)) == 0
    assert len(conformal_p_values([], [1.0])) == 0


@pytest.mark.parametrize(
    ("tested", "reference", "sentence"),
    [
        ([1.0, math.nan], [1.0], r"row 1 \(counted from 0\) is NaN"),
        ([1.0], [math.nan], r"row 0 \(counted from 0\) is NaN"),
        ([[1.0]], [1.0], r"one for each row, and their shape is \(1, 1\)"),
        ([1.0], [], "the reference of no rows says nothing"),
        ([1.0], QuantileSketch.zero(), "the reference of no rows says nothing"),
    ],
)
def test_what_has_no_p_value(tested, reference, sentence):
    with pytest.raises(ValueError, match=sentence):
        conformal_p_values(tested, reference)
    with pytest.raises(ValueError, match=sentence):
        threshold_by_false_discovery_rate(tested, reference, 0.1)


def test_no_scores_no_threshold():
    with pytest.raises(ValueError, match="the scores of no rows says nothing"):
        threshold_by_false_discovery_rate([], [1.0], 0.1)
