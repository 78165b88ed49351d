"""What holds for a sketch of any numbers, however they are split and added."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mixtura.statistics.lowest import LowestValues
from mixtura.statistics.sketch import QuantileSketch

laws = settings(max_examples=150)
numbers = (
    st.floats(-1e9, 1e9) | st.integers(-3, 3).map(float) | st.sampled_from([-math.inf, math.inf, 0.0, -0.0, 5e-324])
)
parts = st.lists(arrays(np.float64, st.integers(0, 40), elements=numbers), min_size=1, max_size=12)


def whole_of(parts):
    return np.sort(np.concatenate(parts))


@st.composite
def sums(draw):
    """Parts, and their sketches added in a tree of any form, with the empty sketch among them."""
    some = draw(parts)
    zero = QuantileSketch.zero(draw(st.sampled_from([2, 4, 16])), n_lowest=draw(st.sampled_from([1, 5, 30])))
    forest = [zero, *(zero.including(part) for part in some)]
    while len(forest) > 1:
        first = forest.pop(draw(st.integers(0, len(forest) - 1)))
        second = forest.pop(draw(st.integers(0, len(forest) - 1)))
        forest.append(first + second)
    return some, forest[0]


@laws
@given(sums())
def test_sums_of_any_form(problem):
    some, sketch = problem
    values = whole_of(some)
    assert sketch.count == len(values)
    np.testing.assert_array_equal(sketch.lowest.values, values[: sketch.lowest.capacity])
    assert len(sketch.lowest.values) + sum(len(level) << h for h, level in enumerate(sketch.levels)) == len(values)
    assert all(len(level) < sketch.size for level in sketch.levels)
    if len(values):
        assert sketch.quantile(0) == values[0]
        assert sketch.quantile(1) == values[-1]
    for side in ("left", "right"):
        exact = np.searchsorted(values, values, side)
        assert (np.abs(sketch.rank(values, side) - exact) <= sketch.rank_error).all()
        low, high = sketch.rank_bounds(values, side)
        assert (low <= exact).all()
        assert (exact <= high).all()
    beyond = len(values) / sketch.size
    assert sketch.rank_error <= (beyond * (1 + math.log2(beyond)) if beyond >= 1 else 0)


@laws
@given(sums(), st.floats(0, 1))
def test_few_beyond_the_lowest_are_exact(problem, q):
    some, sketch = problem
    values = whole_of(some)
    if 0 < len(values) < sketch.size + sketch.lowest.capacity:
        assert sketch.rank_error == 0
        low, high = np.quantile(values, q, method="lower"), np.quantile(values, q, method="higher")
        assert low <= sketch.quantile(q) <= high


@laws
@given(parts, st.integers(1, 60))
def test_lowest_values_are_a_monoid(some, capacity):
    zero = LowestValues.zero(capacity)
    values = whole_of(some) + 0.0
    left, right, at_once = zero, zero, zero.including(np.concatenate(some))
    for part in some:
        left = left + zero.including(part)
    for part in reversed(some):
        right = (zero.including(part) + right) + zero
    for total in (left, right, at_once):
        assert total.count == len(values)
        assert total.complete == (len(values) <= capacity)
        np.testing.assert_array_equal(total.values, values[:capacity])
