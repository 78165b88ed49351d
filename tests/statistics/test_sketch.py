import math
import pickle
import tracemalloc

import numpy as np
import pytest

from mixtura.statistics.lowest import LowestValues
from mixtura.statistics.quantiles import quantile
from mixtura.statistics.sketch import QuantileSketch


def sketch_of(values, size=64, n_lowest=50, chunk=1000):
    sketch = QuantileSketch.zero(size, n_lowest=n_lowest)
    for first in range(0, len(values), chunk):
        sketch = sketch.including(values[first : first + chunk])
    return sketch


def farthest(sketch, values):
    """Return the largest error of any rank, at the numbers themselves and between them."""
    places, ordered = np.unique(values), np.sort(values)
    return max(
        np.abs(sketch.rank(places, side) - np.searchsorted(ordered, places, side)).max() for side in ("left", "right")
    )


orders = {
    "shuffled": lambda values: values,
    "ascending": np.sort,
    "descending": lambda values: np.sort(values)[::-1],
    "zigzag": lambda values: np.sort(values).reshape(-1, 64).T.ravel(),
    "tied": np.round,
}


@pytest.mark.parametrize("chunk", [1, 37, 4096])
@pytest.mark.parametrize("order", orders)
def test_ranks_within_the_bound(order, chunk):
    values = orders[order](np.random.default_rng(0).normal(size=64 * 200))
    sketch = sketch_of(values, chunk=chunk)
    error = farthest(sketch, values)
    levels = math.log2(len(values) / sketch.size)
    assert error <= sketch.rank_error <= len(values) / sketch.size * (levels / 2 + 2)
    # Turns cancel: what is seen stays below what is certain, which grows with the number of levels.
    assert error <= 3 * len(values) / sketch.size
    low, high = sketch.rank_bounds(values)
    exact = np.searchsorted(np.sort(values), values)
    assert (low <= exact).all()
    assert (exact <= high).all()


@pytest.mark.parametrize("size", [256, 1024, 4096])
def test_error_falls_with_the_size(size):
    values = np.random.default_rng(1).standard_t(2, size=400_000)
    sketch = sketch_of(values, size=size, chunk=10_000)
    assert farthest(sketch, values) <= 3 * len(values) / size


def test_sums_of_many_do_not_drift():
    """A thousand sketches of two hundred numbers: the halvings do not all err the same way."""
    parts = np.random.default_rng(2).normal(size=(1000, 200))
    total = QuantileSketch.zero(64, n_lowest=10)
    for part in parts:
        total += QuantileSketch.zero(64, n_lowest=10).including(part)
    assert total.count == parts.size
    assert farthest(total, parts.ravel()) <= 3 * parts.size / 64


def test_the_lowest_are_exact():
    values = np.random.default_rng(3).normal(size=300_000)
    sketch = sketch_of(values, n_lowest=1000, chunk=7000)
    ordered = np.sort(values)
    np.testing.assert_array_equal(sketch.lowest.values, ordered[:1000])
    np.testing.assert_array_equal(sketch.rank(ordered[:1000]), np.arange(1000))
    np.testing.assert_array_equal(sketch.rank_bounds(ordered[:1000])[1], np.arange(1000))
    for q in (0.0, 1e-4, 1e-3, 3e-3):
        assert sketch.quantile(q) == np.quantile(values, q)
    assert sketch.quantile(1) == ordered[-1]
    for value, side in ((ordered[-1], "right"), (ordered[-1] + 1, "left")):
        assert sketch.rank_bounds(value, side) == (300_000, 300_000)


def test_quantiles_hold_the_rank():
    values = np.random.default_rng(4).gamma(0.5, size=100_000)
    sketch = sketch_of(values, size=1024)
    ordered = np.sort(values)
    for q in np.linspace(0, 1, 101):
        rank = np.searchsorted(ordered, sketch.quantile(q))
        assert abs(rank - q * (len(values) - 1)) <= sketch.rank_error + 1


def test_few_numbers_are_exact():
    values = np.random.default_rng(5).normal(size=113)
    sketch = sketch_of(values, chunk=9)
    assert sketch.rank_error == 0
    for q in np.linspace(0, 1, 57):
        assert sketch.quantile(q) == quantile(lambda: [values], q)
    np.testing.assert_array_equal(sketch.support, np.sort(values))


def test_memory_is_bounded():
    tracemalloc.start()
    sketch = QuantileSketch.zero()
    for seed in range(100):
        sketch = sketch.including(np.random.default_rng(seed).normal(size=50_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sketch.count == 5_000_000
    assert len(sketch.support) < 65_536 + 8192 * (len(sketch.levels) + 1)
    assert len(pickle.dumps(sketch)) < 1.5e6
    assert peak < 12e6
    assert sketch.rank_error < 0.001 * sketch.count


def test_infinities_are_numbers():
    values = np.repeat([-np.inf, -1.0, 0.0, np.inf], 100)
    sketch = sketch_of(np.random.default_rng(6).permutation(values), n_lowest=10)
    assert sketch.quantile(0) == -np.inf
    assert sketch.quantile(1) == np.inf
    assert sketch.quantile(0.1) == -np.inf
    assert not np.isnan([sketch.quantile(q) for q in np.linspace(0, 1, 41)]).any()
    assert sketch.rank(np.inf, "right") == 400
    assert sketch.rank(-np.inf) == 0


def test_ranks_keep_the_shape_and_signs_of_zero():
    sketch = sketch_of(np.array([-1.0, -0.0, 0.0, 1.0]))
    assert sketch.rank([[0.0, -0.0], [2.0, -2.0]]).tolist() == [[1, 1], [4, 0]]
    assert sketch.rank(0.0, "right") == 3


def test_same_readings_same_sketch():
    values = np.random.default_rng(7).normal(size=50_000)
    first, second = sketch_of(values), pickle.loads(pickle.dumps(sketch_of(values)))
    assert first.halvings == second.halvings
    for mine, theirs in zip(first.levels, second.levels, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_what_has_no_rank():
    empty = QuantileSketch.zero()
    with pytest.raises(ValueError, match="NaN"):
        empty.including([1.0, math.nan])
    with pytest.raises(ValueError, match="NaN"):
        empty.rank(math.nan)
    with pytest.raises(ValueError, match="no numbers"):
        empty.quantile(0.5)
    with pytest.raises(ValueError, match="between 0 and 1, and q is 2"):
        empty.including([1.0]).quantile(2)
    assert empty.rank([0.0]).tolist() == [0]
    assert len(empty.support) == 0


@pytest.mark.parametrize("size", [0, 7, 64.0, True])
def test_sizes_that_are_none(size):
    with pytest.raises(ValueError, match="even integer of at least 2"):
        QuantileSketch.zero(size)


@pytest.mark.parametrize("capacity", [0, 1.5, True])
def test_capacities_that_are_none(capacity):
    with pytest.raises(ValueError, match="integer of at least 1"):
        LowestValues.zero(capacity)


def test_different_sizes_do_not_add():
    with pytest.raises(ValueError, match="sizes 64 and 128 do not add"):
        QuantileSketch.zero(64) + QuantileSketch.zero(128)
    with pytest.raises(ValueError, match="lowest 3 and the lowest 4 values do not add"):
        LowestValues.zero(3) + LowestValues.zero(4)


@pytest.mark.parametrize("n_lowest", [1, 300, 5000])
def test_spaced_numbers_and_exact_quantiles(n_lowest):
    values = np.random.default_rng(3).normal(size=4000)
    sketch = QuantileSketch.zero(64, n_lowest=n_lowest).including(values[:2500]) + QuantileSketch.zero(
        64, n_lowest=n_lowest
    ).including(values[2500:])
    ordered = np.sort(values)
    for most in (1, 7, 500, 4000, 10_000):
        ranks = np.linspace(0, 3999, min(most, 4000)).round().astype(int)
        spaced = sketch.spaced(most)
        assert (np.abs(np.searchsorted(ordered, spaced) - ranks) <= sketch.rank_error + 1).all()
        exact = ranks < n_lowest
        np.testing.assert_array_equal(spaced[exact], ordered[ranks[exact]])
    for q in (0.0, 0.01, 0.07, 0.5, 1.0):
        if sketch.is_exact(q):
            assert sketch.quantile(q) == np.quantile(values, q)
    assert [sketch.is_exact(q) for q in (0.01, 0.5)] == [n_lowest > 1, n_lowest > 300]
    assert len(QuantileSketch.zero().spaced(5)) == 0
