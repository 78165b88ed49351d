import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mixtura.decisions.thresholds import threshold_by_rate
from mixtura.statistics.shares import cut_at_share
from mixtura.statistics.sketch import QuantileSketch

log_densities = arrays(
    np.float64,
    st.integers(1, 60),
    elements=st.floats(-1e9, 1e3) | st.integers(-3, 3).map(float) | st.just(-math.inf),
)


def flagged(scores, rate):
    """Return how many rows are flagged, and what is said of ties."""
    threshold = threshold_by_rate(scores, rate)
    cut = cut_at_share(lambda: [scores], rate)
    n_flagged = int(np.sum(np.asarray(scores) < threshold))
    assert (cut.threshold, cut.n_flagged) == (threshold, n_flagged)
    return n_flagged, cut.notice() or ""


@given(log_densities, st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_more_rows_than_the_rate_only_where_ties_alone_are_more(log_density, rate):
    count, said = flagged(log_density, rate)
    n, asked = len(log_density), rate * len(log_density)
    if count > math.ceil(asked):
        highest = np.sort(log_density)[count - 1]
        ties, below = np.sum(log_density == highest), np.sum(log_density < highest)
        assert asked < ties < n / 2
        assert count == ties + below
        assert below * count <= asked**2
        assert "and are flagged too" in said
    if count == 0 and n > 1:
        assert np.sum(log_density == log_density.min()) >= n / 2
        assert "not flagged: 0 are" in said


@given(st.integers(2, 200), st.floats(0.01, 0.99))
def test_the_share_of_rows_that_differ(n_rows, rate):
    log_density = np.random.default_rng(n_rows).permutation(n_rows).astype(float)
    flagged = np.sum(log_density < threshold_by_rate(log_density, rate))
    assert math.floor(rate * (n_rows - 1)) <= flagged <= math.ceil(rate * n_rows)


def test_chunks_and_an_array_agree():
    log_density = np.random.default_rng(0).normal(size=1000)
    assert threshold_by_rate(lambda: np.split(log_density, 8), 0.04) == threshold_by_rate(log_density, 0.04)


def test_a_sketch_agrees_where_it_is_exact():
    scores = np.random.default_rng(0).normal(size=100_000)
    sketch = QuantileSketch.zero(64, n_lowest=2000)
    for part in np.split(scores, 8):
        sketch += QuantileSketch.zero(64, n_lowest=2000).including(part)
    for rate in (1e-4, 0.001, 0.0199):
        assert threshold_by_rate(sketch, rate) == threshold_by_rate(scores, rate)
    flagged = np.sum(scores < threshold_by_rate(sketch, 0.3))
    assert 0 < abs(flagged - 30_000) <= sketch.rank_error


def test_rows_that_tie_lowest_are_flagged_together():
    scores = np.append(np.random.default_rng(0).normal(size=2940), np.full(60, -13.0))
    said = (
        "60 rows have the same score, on the edge of 1% of 3,000 rows. They alone are more than 1%, and are flagged "
        "too: {} in all"
    )
    assert flagged(scores, 0.01) == (60, said.format(60))
    assert flagged(scores.astype(np.float32), 0.01)[0] == 60
    scores[:10] = np.linspace(-20, -14, 10)
    assert flagged(scores, 0.01) == (70, said.format(70))


def test_rows_that_tie_above_others_are_told():
    scores = np.concatenate([np.linspace(-20, -14, 15), np.full(60, -13.0), np.random.default_rng(0).normal(size=2925)])
    assert flagged(scores, 0.01) == (
        15,
        "60 rows have the same score, on the edge of 1% of 3,000 rows. They are not flagged: 15 are without them, 75 "
        "with them. A share of 2.51% flags them too",
    )
    assert flagged(scores, 0.0251)[0] == 76
    # Fewer than the share, they are kept, so that it holds.
    scores = np.append(np.linspace(-20, -14, 25), np.full(20, -13.0))
    assert flagged(np.append(scores, np.arange(2955.0)), 0.01)[0] == 25


@pytest.mark.parametrize("n_tied", [5, 10])
def test_what_is_usual_is_not_flagged(n_tied):
    scores = np.append(np.full(n_tied, -2.5), np.arange(10.0 - n_tied))
    count, said = flagged(scores, 0.3)
    assert count == 0
    assert "half of all or more" in said


def test_a_row_of_no_density_is_flagged():
    assert flagged([-math.inf, -3.0, -2.0, -1.0], 0.25) == (1, "")
    assert flagged([-math.inf, -math.inf, -3.0, -2.0, -1.0], 0.1)[0] == 2


@given(arrays(np.float64, st.integers(2, 60), elements=st.integers(-3, 3).map(float)), st.floats(0.01, 0.9))
def test_ties_in_chunks_and_in_a_sketch(scores, rate):
    count, said = flagged(scores, rate)
    for other in (lambda: [scores[:1], scores[1:]], QuantileSketch.zero().including(scores[:1]).including(scores[1:])):
        assert np.sum(scores < threshold_by_rate(other, rate)) == count
        assert (cut_at_share(other, rate).notice() or "") == said


def test_more_ties_than_a_sketch_holds_exactly():
    scores = np.append(np.full(5000, -7.0), np.arange(100_000.0))
    sketch = QuantileSketch.zero(64, n_lowest=100)
    for part in np.array_split(np.random.default_rng(0).permutation(scores), 20):
        sketch = sketch.including(part)
    cut = cut_at_share(sketch, 0.001)
    assert "and are flagged too" in cut.notice()
    assert abs(np.sum(scores < cut.threshold) - 5000) <= sketch.rank_error


@pytest.mark.parametrize("rate", [0, 1, 0.0, 1.0, -0.1, 4, math.nan, "0.04", True, None])
def test_a_rate_that_is_none(rate):
    with pytest.raises(ValueError, match="above 0 and below 1, such as"):
        threshold_by_rate([1.0], rate)
