"""Probabilities of tails: exact quantiles, errors that change nothing, and ranks by counting."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import genpareto

from mixtura import discoveries
from mixtura.statistics.rarity import NEVER, Rarity, Tail, beyond, n_discoveries, tail_of

# What the shape of a thousand values is taken too heavy.
MARGIN = 2 / math.sqrt(1001)

distances = st.floats(1e-100, 1e100) | st.integers(1, 5).map(float)
numbers = distances | distances.map(lambda distance: -distance) | st.integers(-3, 3).map(float)


def some(elements, most=300):
    return arrays(np.float64, st.integers(1, most), elements=elements)


def quantiles_of(shape, scale=1.0, count=1001):
    """Values that have the quantiles of a generalised Pareto distribution exactly, one more than some thousands."""
    return genpareto(shape, scale=scale).ppf(np.minimum(np.arange(count) / (count - 1), 0.9999))


@pytest.mark.parametrize("scale", [1.0, 1e-9, 3e12])
@pytest.mark.parametrize("shape", [0.0, 0.1, 0.25, 0.4])
def test_the_tail_of_exact_quantiles(shape, scale):
    tail = tail_of(quantiles_of(shape, scale), n_rows=2002)
    # What exceeds a quantile of a generalised Pareto distribution has the same shape, and a scale that grew with it.
    assert tail.start == pytest.approx(genpareto(shape, scale=scale).ppf(0.98))
    assert tail.scale == pytest.approx(scale * 50**shape)
    assert tail.shape == pytest.approx(shape + MARGIN)
    assert tail.nats == pytest.approx(math.log(100), abs=0.05)


def test_shapes_are_no_lighter_than_exponential_and_heavy_ones_are_alike():
    assert tail_of(quantiles_of(-1.0), 1001).shape == pytest.approx(MARGIN)
    heaviest = tail_of(quantiles_of(2.0), 1001).shape
    assert tail_of(quantiles_of(5.0), 1001).shape == heaviest
    assert 0.4 <= heaviest - MARGIN <= 1


@pytest.mark.parametrize("count", [1001, 4001, 50_001])
def test_the_shape_of_fewer_values_is_taken_heavier(count):
    assert tail_of(quantiles_of(0.2, count=count), count).shape == pytest.approx(0.2 + 2 / math.sqrt(count))


@given(some(distances), st.data())
@example(np.linspace(0.1, 1, 51), None)
@example(np.linspace(0.1, 1, 251), None)
def test_one_in_fifty_errors_change_nothing_however_far(values, data):
    n_errors = max(int(0.02 * (len(values) - 1)), 3 if len(values) >= 8 else 0)
    largest = np.sort(values)
    errors = largest.copy()
    errors[len(values) - n_errors :] = 1e300
    if data is not None:
        grown = data.draw(arrays(np.float64, n_errors, elements=st.floats(1, 1e200)))
        errors[len(values) - n_errors :] = largest[len(values) - n_errors :] * grown
        errors = data.draw(st.permutations(errors))
    assert tail_of(errors, 2 * len(values)) == tail_of(values, 2 * len(values))


def test_errors_put_anywhere_leave_the_tail_between_neighbouring_quantiles():
    values = quantiles_of(0.0)
    wrong = values.copy()
    wrong[np.random.default_rng(0).choice(1001, 10, replace=False)] = 1e300
    tail = tail_of(wrong, 2002)
    low, high = genpareto(0.0).ppf([0.98, 0.991])
    assert low <= tail.start <= high
    assert 0.8 < tail.scale < 2
    assert tail.shape < 0.4


@given(some(distances), st.integers(-100, 100), st.floats(0, 10))
def test_units_do_not_matter(values, power, least):
    size = 2.0**power
    tail, other = tail_of(values, 1000, least), tail_of(size * values, 1000, size * least)
    assert other == Tail(size * tail.start, size * tail.scale, tail.shape, tail.nats)


@given(some(st.floats(1e-3, 1e3)), st.floats(1e-6, 1e6))
def test_units_that_round_change_little(values, size):
    tail, other = tail_of(values, 1000), tail_of(size * values, 1000)
    assert other.start == pytest.approx(size * tail.start)
    # Of values that differ in their last digits only, rounding decides which are equal.
    if np.diff(np.unique(values)).min(initial=1.0) > 1e-9:
        assert other.shape == pytest.approx(tail.shape, abs=1e-3)


@given(some(distances), st.floats(0, 1e100))
def test_a_tail_is_no_narrower_than_it_is_told_and_half_as_wide_as_its_start_warrants(values, least):
    tail = tail_of(values, len(values), least)
    last = max(0.02, min(4 / len(values), 0.5))
    assert tail.scale >= least
    assert tail.scale >= 0.5 * tail.start / -math.log(last)
    assert values.min() <= tail.start <= values.max()
    assert 2 / math.sqrt(len(values)) <= tail.shape <= 1 + 2 / math.sqrt(len(values))
    assert 0 <= tail.nats <= math.log(len(values))


def test_a_side_without_values_is_never_reached():
    tail = tail_of([], 100)
    assert tail.start == NEVER
    assert beyond(np.array([1e200]), *tail[:3]) == 0
    assert Rarity.of([3.0, 3.0, 3.0]).nats([-1e200, 3.0, 4.0, 1e200]).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("count", [1, 2, 8])
def test_a_side_of_a_few_values_starts_in_its_middle(count):
    tail = tail_of(np.full(count, 5.0), 40)
    assert tail.start == 5
    assert tail.scale == pytest.approx(0.5 * 5 / math.log(2))
    assert tail.shape == pytest.approx(2 / math.sqrt(count))
    assert tail.nats == pytest.approx(math.log(40 / count))


@pytest.mark.parametrize("shape", [0.05, 0.5, 3.0])
def test_beyond_its_start_a_tail_is_a_generalised_pareto_distribution(shape):
    far = np.array([-1.0, 2.0, 2.5, 10.0, 1e6])
    expected = -genpareto(shape, loc=2.0, scale=0.7).logsf(far)
    np.testing.assert_allclose(beyond(far, 2.0, 0.7, shape), expected, atol=1e-12)


@given(some(numbers), some(numbers, 30))
def test_farther_is_rarer_and_nothing_jumps(values, others):
    rarity = Rarity.of(values)
    start = rarity.center + rarity.tail.start
    places = np.sort(np.concatenate([values, others, [start, 1e150]]))
    nats = rarity.nats(places)
    assert np.isfinite(nats).all()
    assert nats[0] >= 0
    assert (np.diff(nats) >= -1e-12).all()
    if start < NEVER:
        around = start + np.array([-1, 0, 1]) * 1e-12 * rarity.tail.scale
        assert rarity.nats(around) == pytest.approx(rarity.tail.nats, abs=1e-6 + _steepest(rarity))


def _steepest(rarity):
    """Most that ranks rise over a gap too narrow to be seen beside the scale of the tail."""
    narrow = np.diff(rarity.places) < 1e-9 * rarity.tail.scale
    return float(np.diff(rarity.ranks)[narrow].sum())


@given(arrays(np.float64, st.integers(1, 500), elements=st.integers(-20, 20).map(float)))
def test_inside_nats_are_counted(values):
    rarity = Rarity.of(values)
    inside = np.unique(values[values < rarity.center + rarity.tail.start])
    shares = [np.mean(values >= place) for place in inside]
    np.testing.assert_allclose(rarity.nats(inside), -np.log(shares), atol=1e-12)
    assert np.all(rarity.nats(values.min() - np.arange(3.0)) == 0)


def test_of_values_that_tie_none_is_rarer_than_all_of_them():
    rarity = Rarity.of(np.repeat([0.0, 1.0, 2.0], [900, 60, 40]))
    np.testing.assert_allclose(rarity.nats([0.0, 1.0]), [0, math.log(10)])
    # The side has a hundred values: the tail starts where four of them are left, and all forty tie.
    np.testing.assert_allclose(rarity.nats(2.0), math.log(25))
    np.testing.assert_allclose(rarity.nats(0.5), math.log(10) / 2)


def test_many_values_have_ranks_at_some_places_and_lines_between():
    values = np.random.default_rng(0).exponential(size=100_000)
    rarity = Rarity.of(values)
    assert len(rarity.places) <= 512
    at = np.linspace(0.01, 12, 50)
    np.testing.assert_allclose(rarity.nats(at), at, rtol=0.03, atol=0.01)


@given(some(numbers))
def test_arrays_hold_all_there_is(values):
    rarity = Rarity.of(values)
    again = Rarity.from_arrays(rarity.arrays("votes"), "votes")
    at = np.concatenate([values, [-1e200, 0.1, 1e120]])
    np.testing.assert_array_equal(again.nats(at), rarity.nats(at))
    assert (again.center, again.tail) == (rarity.center, rarity.tail)


@pytest.mark.parametrize(
    ("place", "value", "match"),
    [
        (("places", (0, 3)), np.nan, "finite and ascend"),
        (("places", (1, -1)), np.inf, "finite and ascend"),
        (("places", (0, 0)), 1e9, "finite and ascend"),
        (("places", (1, 2)), 0.0, "finite and ascend"),
        (("places", (1, 0)), -0.5, "finite and ascend"),
        (("tail", 0), np.inf, "no such tail"),
        (("tail", 1), 0.0, "no such tail"),
        (("tail", 1), np.nan, "no such tail"),
        (("tail", 2), 0.0, "no such tail"),
        (("tail", 2), np.inf, "no such tail"),
        (("tail", 3), -1.0, "no such tail"),
        (("tail", 3), 0.0, "no such tail"),
        (("tail", 4), -0.1, "no such tail"),
        (("tail", 4), np.nan, "no such tail"),
    ],
)
def test_damaged_arrays_are_refused(place, value, match):
    held = Rarity.of(np.random.default_rng(0).normal(size=100)).arrays("votes")
    name, at = place
    held[f"votes_{name}"][at] = value
    with pytest.raises(ValueError, match=match):
        Rarity.from_arrays(held, "votes")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("votes_places", lambda a: a[0]),
        ("votes_places", lambda a: a[:1]),
        ("votes_places", lambda a: a[:, :0]),
        ("votes_places", lambda a: a[None]),
        ("votes_tail", lambda a: a[:4]),
        ("votes_tail", lambda a: a[None]),
    ],
)
def test_arrays_of_another_shape_are_refused(name, change):
    held = Rarity.of(np.arange(10.0)).arrays("votes")
    with pytest.raises(ValueError, match="votes has the wrong shape"):
        Rarity.from_arrays(held | {name: change(held[name])}, "votes")


rates = st.sampled_from([0.01, 0.05, 0.1, 0.3, 0.9])


@given(arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 30) | st.integers(0, 8).map(float)), rates)
def test_discoveries_are_counted(nats, rate):
    count = n_discoveries(nats, rate)
    assert count == discoveries(np.exp(-nats), rate).sum()
    steps = [k for k in range(1, len(nats) + 1) if np.sort(nats)[-k] >= math.log(len(nats) / (rate * k))]
    assert count == max(steps, default=0)


def test_discoveries_of_known_tables():
    assert n_discoveries([], 0.1) == 0
    assert n_discoveries([2.0], 0.1) == 0
    assert n_discoveries([2.4], 0.1) == 1
    # Two of a hundred rows that could not be called outliers alone are together: log 500 is 6.21, and log 1000 is 6.91.
    assert n_discoveries([6.3, 6.3, *[0.1] * 98], 0.1) == 2
    assert n_discoveries([6.3, *[0.1] * 99], 0.1) == 0


@pytest.mark.parametrize("seed", [0, 1])
def test_a_value_has_the_nats_it_is_asked_for(seed):
    rarity = Rarity.of(np.random.default_rng(seed).exponential(size=3000))
    for nats in (0.1, 1.0, 4.0, 8.0, 30.0):
        assert rarity.nats([rarity.value_at(nats)])[0] == pytest.approx(nats, rel=1e-9)
