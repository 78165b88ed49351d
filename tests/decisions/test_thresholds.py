import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mixtura.decisions.thresholds import between, threshold_by_rate
from mixtura.statistics.sketch import QuantileSketch

log_densities = arrays(
    np.float64,
    st.integers(1, 60),
    elements=st.floats(-1e9, 1e3) | st.integers(-3, 3).map(float) | st.just(-math.inf),
)


@given(log_densities, st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_never_more_rows_than_the_rate(log_density, rate):
    threshold = threshold_by_rate(log_density, rate)
    assert np.sum(log_density < threshold) <= math.ceil(rate * len(log_density))


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


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_a_threshold_between_two_scores(one, other):
    lower, upper = sorted([one, other])
    if lower < upper:
        assert lower < between(lower, upper) <= upper


def test_all_tied_flags_none():
    log_density = np.full(10, -2.5)
    assert not (log_density < threshold_by_rate(log_density, 0.5)).any()


@pytest.mark.parametrize("rate", [0, 1, 0.0, 1.0, -0.1, 4, math.nan, "0.04", True, None])
def test_a_rate_that_is_none(rate):
    with pytest.raises(ValueError, match="above 0 and below 1, such as"):
        threshold_by_rate([1.0], rate)
