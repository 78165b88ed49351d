"""Any two values that meet in the whole product meet in the cases that run by default."""

from collections import Counter
from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairwise import cover, left_out, left_out_of_all

pytest_plugins = ["pytester"]


def pairs(cases):
    return {pair for case in cases for pair in combinations(enumerate(case), 2)}


def whole(sizes):
    return list(product(*map(range, sizes)))


def chosen_of(cases):
    return [cases[position] for position in cover(cases, 2)]


@given(st.sets(st.tuples(*[st.integers(0, 3)] * 4), max_size=80).map(sorted))
def test_every_pair_that_occurs_is_chosen(cases):
    chosen = chosen_of(cases)
    assert pairs(chosen) == pairs(cases)
    assert set(chosen) <= set(cases)


@pytest.mark.parametrize(
    ("sizes", "n_chosen"),
    # No fewer are enough: one for each pair of values of the two largest parameters.
    [((25, 10, 4), 250), ((13, 10, 4), 130), ((18, 4, 4), 72), ((5, 3), 15), ((3, 1, 1, 1), 3)],
)
def test_as_few_as_there_can_be(sizes, n_chosen):
    assert len(cover(whole(sizes), 2)) == n_chosen


def test_many_parameters_need_few_cases():
    """Of 729 cases no fewer than nine are enough."""
    assert 9 <= len(cover(whole([3] * 6), 2)) <= 20


def test_no_value_is_preferred():
    uses = [sum(case[2] == value for case in chosen_of(whole((25, 10, 4)))) for value in range(4)]
    assert min(uses) >= 60


def test_the_same_cases_are_chosen_each_time():
    assert cover(whole((5, 4, 3, 2)), 2) == cover(whole((5, 4, 3, 2)), 2)


@pytest.mark.parametrize(("cases", "chosen"), [([], []), ([()], [0]), ([(1,), (2,)], [0, 1]), ([("a", 1)], [0])])
def test_one_parameter_or_none(cases, chosen):
    assert cover(cases, 2) == chosen


def test_each_value_occurs_about_as_often():
    chosen = [whole((53, 4))[position] for position in cover(whole((53, 4)), 1)]
    assert sorted(first for first, _ in chosen) == list(range(53))
    assert sorted(sum(second == value for _, second in chosen) for value in range(4)) == [13, 13, 13, 14]


TESTS = """
import pytest
from functools import partial

@pytest.mark.pairwise
@pytest.mark.parametrize("a", range(2))
@pytest.mark.parametrize(("b", "c"), [(0, 0), (0, 1), (1, 0)])
@pytest.mark.parametrize("d", range(2))
def test_pairs(a, b, c, d):
    pass

@pytest.mark.each_value
@pytest.mark.parametrize("estimator, check", [(e, partial(print, n)) for e in (1, 2, "one") for n in "xy"])
def test_checks(estimator, check):
    pass

@pytest.mark.one_case
@pytest.mark.parametrize("a", [pytest.param(1, marks=pytest.mark.exhaustive), 0])
@pytest.mark.parametrize("d", range(2))
def test_one_case(d, a):
    pass

@pytest.mark.exhaustive
def test_long():
    pass

@pytest.mark.each_value
@pytest.mark.parametrize("seed", [pytest.param(1, marks=pytest.mark.exhaustive), 0])
@pytest.mark.parametrize("d", range(4))
def test_seeds(d, seed):
    pass

@pytest.mark.parametrize("a", range(2))
@pytest.mark.parametrize("d", range(2))
def test_whole(a, d):
    pass

@pytest.mark.parametrize("a", range(3))
@pytest.mark.parametrize("d", range(3))
def test_two_lists(a, d):
    pass

@pytest.mark.parametrize("a", range(3))
@pytest.mark.parametrize("c", range(2))
@pytest.mark.parametrize("d", range(3))
def test_three_lists(a, c, d):
    pass

@pytest.mark.parametrize("a", range(20))
def test_one_list(a):
    pass

@pytest.mark.parametrize("seed", [3, 1, 4, 5])
def test_other_seeds(seed):
    pass
"""


def test_what_a_default_run_leaves_out(pytester):
    pytester.makeini("[pytest]\nmarkers =\n  pairwise\n  each_value\n  one_case\n  exhaustive")
    items = pytester.getitems(TESTS)
    without = left_out(items)
    kept = [item for item in items if item not in without]
    assert Counter(item.originalname for item in kept) == {
        "test_pairs": 6,  # b and c stand in one list, and are one
        "test_checks": 4,  # two classes, each with two checks
        "test_one_case": 1,  # the first that is not of a full run alone
        "test_seeds": 4,  # each value of d, with the seed that runs by default
        "test_whole": 4,
        "test_two_lists": 3,
        "test_three_lists": 3,
        "test_one_list": 20,
        "test_other_seeds": 1,
    }
    met = {(item.callspec.params["a"], item.callspec.params["b"], item.callspec.params["c"]) for item in kept[:6]}
    assert len(met) == 6
    assert {item.callspec.params["estimator"] for item in kept[6:10]} == {1, 2, "one"}


LARGE = """
import pytest

@pytest.mark.each_value
@pytest.mark.parametrize("a", range(7))
@pytest.mark.parametrize("b", range(5))
@pytest.mark.parametrize("c", range(3))
def test_three_lists(a, b, c):
    pass

@pytest.mark.parametrize("a", range(25))
@pytest.mark.parametrize("b", range(5))
def test_two_lists(a, b):
    pass

@pytest.mark.parametrize("a", range(125))
def test_one_list(a):
    pass

@pytest.mark.one_case
@pytest.mark.parametrize("a", range(5))
@pytest.mark.parametrize("b", range(3))
def test_one_case(a, b):
    pass
"""


def test_what_a_run_of_all_leaves_out(pytester):
    pytester.makeini("[pytest]\nmarkers =\n  each_value\n  one_case")
    items = pytester.getitems(LARGE)
    without = left_out_of_all(items)
    kept = [item for item in items if item not in without]
    assert Counter(item.originalname for item in kept) == {
        "test_three_lists": 35,
        "test_two_lists": 125,
        "test_one_list": 125,
        "test_one_case": 5,
    }


EXAMPLES = """
import pytest
from hypothesis import given, settings, strategies as st

drawn = {}

@pytest.mark.parametrize("n", [1, 2])
@settings(max_examples=100, database=None)
@given(st.integers())
def test_many(n, value):
    drawn[n] = drawn.get(n, 0) + 1

@settings(max_examples=5, database=None)
@given(st.integers())
def test_few(value):
    drawn["few"] = drawn.get("few", 0) + 1

def test_counts():
    assert drawn == {1: 10, 2: 10, "few": 5}
"""


def test_a_tenth_of_the_examples_is_drawn(pytester):
    pytester.makeconftest(f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pairwise import draw_few

def pytest_collection_modifyitems(items):
    draw_few(items)
""")
    pytester.makepyfile(EXAMPLES)
    pytester.runpytest("-p", "no:cacheprovider").assert_outcomes(passed=4)
