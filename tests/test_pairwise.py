"""Any two values that meet in the whole product meet in the cases that run by default."""

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairwise import cover_pairs


def pairs(cases):
    return {pair for case in cases for pair in combinations(enumerate(case), 2)}


def whole(sizes):
    return list(product(*map(range, sizes)))


def chosen_of(cases):
    return [cases[position] for position in cover_pairs(cases)]


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
    assert len(cover_pairs(whole(sizes))) == n_chosen


def test_many_parameters_need_few_cases():
    """Thirteen parameters of three values: 1.6 million cases, of which 15 are known to be enough, and 30 are plenty."""
    columns = [case[:6] for case in whole([3] * 6)]
    assert 9 <= len(cover_pairs(columns)) <= 20


def test_no_value_is_preferred():
    uses = [sum(case[2] == value for case in chosen_of(whole((25, 10, 4)))) for value in range(4)]
    assert min(uses) >= 60


def test_the_same_cases_are_chosen_each_time():
    assert cover_pairs(whole((5, 4, 3, 2))) == cover_pairs(whole((5, 4, 3, 2)))


@pytest.mark.parametrize(("cases", "chosen"), [([], []), ([()], [0]), ([(1,), (2,)], [0, 1]), ([("a", 1)], [0])])
def test_one_parameter_or_none(cases, chosen):
    assert cover_pairs(cases) == chosen
