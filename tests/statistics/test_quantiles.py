import math
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mixtura.statistics import quantiles
from mixtura.statistics.quantiles import DigitCounts, order_statistics, quantile

finite = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, -0.0, 1.0, 5e-324])
numbers = finite | st.sampled_from([-math.inf, math.inf])
shares = st.floats(0, 1) | st.sampled_from([0.0, 0.04, 0.25, 0.5, 1.0])


def some(elements, smallest=1):
    return arrays(np.float64, st.integers(smallest, 40), elements=elements)


def read(values, size=7):
    return lambda: [values[first : first + size] for first in range(0, len(values), size)]


few = st.sampled_from([0, 5, quantiles._HELD])


@given(some(st.floats(-1e300, 1e300) | st.integers(-3, 3).map(float)), shares, st.integers(1, 50), few)
def test_the_bits_of_numpy(values, q, size, held):
    with patch.object(quantiles, "_HELD", held):
        found = quantile(read(values, size), q)
    assert np.float64(found).tobytes() == (np.quantile(values, q) + 0.0).tobytes()


@given(some(numbers), few, st.data())
def test_order_statistics_are_the_sorted_numbers(values, held, data):
    ranks = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=3))
    with patch.object(quantiles, "_HELD", held):
        assert order_statistics(read(values), lambda n: ranks) == tuple(np.sort(values)[ranks])


@pytest.mark.parametrize(("held", "readings"), [(1000, 1), (999, 2), (40, 3), (0, 4)])
def test_numbers_are_read_anew_while_too_many_are_in_question(held, readings, monkeypatch):
    monkeypatch.setattr(quantiles, "_HELD", held)
    # Of these, 500 begin with the sixteen bits of 1.5, and 38 with thirty-two.
    values = np.concatenate([np.linspace(-9, -8, 500), 1.5 + np.arange(463) / 2**16, np.full(37, 1.5)])
    done = []
    assert order_statistics(lambda: done.append(1) or [values], lambda n: [500]) == (1.5,)
    assert len(done) == readings


@given(some(numbers), shares)
def test_infinities_never_make_nan(values, q):
    low, high = np.quantile(values, q, method="lower"), np.quantile(values, q, method="higher")
    assert low <= quantile(read(values), q) <= high


def test_infinite_neighbours():
    assert quantile(lambda: [[-math.inf, 1.0]], 0.9) == -math.inf
    assert quantile(lambda: [[1.0, math.inf]], 0.1) == math.inf
    assert quantile(lambda: [[-math.inf, -math.inf, 3.0]], 0.25) == -math.inf


@given(st.lists(some(numbers, 0), min_size=3, max_size=3), st.sampled_from([(0, (0,)), (1, (0x3FF0, 0xBFF0))]))
def test_counts_are_a_monoid(parts, place):
    a, b, c = (DigitCounts.zero(*place).including(part) for part in parts)
    whole = DigitCounts.zero(*place).including(np.concatenate(parts))
    for total in ((a + b) + c, a + (b + c), (c + a) + b + DigitCounts.zero(*place)):
        np.testing.assert_array_equal(total.counts, whole.counts)


def test_many_numbers_of_single_precision_in_several_dimensions():
    values = np.random.default_rng(0).normal(size=(300, 100)).astype(np.float32)
    assert quantile(lambda: iter(values), 0.37) == np.quantile(values.astype(np.float64), 0.37)


@pytest.mark.parametrize(
    ("chunks", "q", "sentence"),
    [
        ([[1.0, math.nan]], 0.5, "NaN"),
        ([], 0.5, "no numbers"),
        ([[]], 0.5, "no numbers"),
        ([[1.0]], 1.5, "between 0 and 1, and q is 1.5"),
        ([[1.0]], math.nan, "between 0 and 1"),
    ],
)
def test_what_has_no_quantile(chunks, q, sentence):
    with pytest.raises(ValueError, match=sentence):
        quantile(lambda: chunks, q)


def test_readings_that_differ(monkeypatch):
    readings = iter([[[1.0, 2.0]], [[-1.0]]])
    monkeypatch.setattr(quantiles, "_HELD", 1)
    with pytest.raises(ValueError, match="changed from one reading"):
        quantile(lambda: next(readings), 0.5)


def test_ranks_outside():
    with pytest.raises(ValueError, match=r"from 0 to 1, and \[2\]"):
        order_statistics(lambda: [[1.0, 2.0]], lambda n: [n])


def test_counts_of_different_digits():
    with pytest.raises(ValueError, match="do not add"):
        DigitCounts.zero(0, (0,)) + DigitCounts.zero(1, (0,))
