import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mixtura.statistics.quantiles import DigitCounts, order_statistics, quantile

finite = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, -0.0, 1.0, 5e-324])
numbers = finite | st.sampled_from([-math.inf, math.inf])
shares = st.floats(0, 1) | st.sampled_from([0.0, 0.04, 0.25, 0.5, 1.0])


def some(elements, smallest=1):
    return arrays(np.float64, st.integers(smallest, 40), elements=elements)


def read(values, size=7):
    return lambda: [values[first : first + size] for first in range(0, len(values), size)]


@given(some(st.floats(-1e300, 1e300) | st.integers(-3, 3).map(float)), shares, st.integers(1, 50))
def test_the_bits_of_numpy(values, q, size):
    found = quantile(read(values, size), q)
    assert np.float64(found).tobytes() == (np.quantile(values, q) + 0.0).tobytes()


@given(some(numbers), st.data())
def test_order_statistics_are_the_sorted_numbers(values, data):
    ranks = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=3))
    assert order_statistics(read(values), lambda n: ranks) == tuple(np.sort(values)[ranks])


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


def test_readings_that_differ():
    readings = iter([[[1.0, 2.0]], [[-1.0]]])
    with pytest.raises(ValueError, match="changed from one reading"):
        quantile(lambda: next(readings), 0.5)


def test_ranks_outside():
    with pytest.raises(ValueError, match=r"from 0 to 1, and \[2\]"):
        order_statistics(lambda: [[1.0, 2.0]], lambda n: [n])


def test_counts_of_different_digits():
    with pytest.raises(ValueError, match="do not add"):
        DigitCounts.zero(0, (0,)) + DigitCounts.zero(1, (0,))
