"""A distribution kept in a few places is that of all numbers, to one part in as many."""

import json

import numpy as np
import pytest
from scipy import stats

from mixtura.columns.seen.cumulative import Cumulative, difference


def counted(numbers):
    return np.unique(numbers, return_counts=True)


@pytest.mark.parametrize("digits", [0, 1, 12])
def test_the_distance_is_that_of_scipy_to_one_part_in_200(digits):
    rng = np.random.default_rng(digits)
    first, second = rng.normal(size=3000).round(digits), rng.normal(0.2, 1.3, 2000).round(digits)
    kept = Cumulative.of(*counted(first), most=201)
    found = difference(kept, Cumulative.at(kept.places, *counted(second)))
    exact = stats.ks_2samp(first, second).statistic
    assert found.distance <= exact + 1e-12
    assert found.distance == pytest.approx(exact, abs=1e-12 if digits < 2 else 1 / 200)


def test_an_atom_between_the_places_is_seen_before_it():
    first = np.r_[np.linspace(0, 1, 1000), np.full(1000, 2.0)]
    second = np.r_[np.linspace(0, 1, 1000), np.full(1000, 1.5)]
    kept = Cumulative.of(*counted(first), most=21)
    found = difference(kept, Cumulative.at(kept.places, *counted(second)))
    assert found.distance == pytest.approx(0.5, abs=1e-3)
    assert (found.place, found.is_below) == (2.0, True)


@pytest.mark.parametrize("n", [1, 7, 2862, 2863])
def test_quantiles_of_places_are_those_of_all_numbers(n):
    numbers = np.sort(np.random.default_rng(n).normal(size=n))
    kept = Cumulative.of(numbers, np.ones(n, int), most=201)
    assert kept.quantile(0.5) == numbers[(n - 1) // 2]
    assert len(kept.places) <= 201


def test_parts_add_up():
    numbers = np.random.default_rng(0).integers(0, 50, 900)
    places = np.arange(-1.0, 60.0, 7.5)
    whole = Cumulative.at(places, *counted(numbers))
    parts = [Cumulative.at(places, np.sort(part)) for part in np.array_split(numbers, 4)]
    total = sum(parts, Cumulative.at(places, []))
    assert total.to_json() == whole.to_json()


def test_json_keeps_all_of_it_and_nothing_else_is_taken():
    kept = Cumulative.of([0.1, 2.0, 5.0], [3, 1, 2], most=201)
    values = json.loads(json.dumps(kept.to_json()))
    assert Cumulative.from_json(values).to_json() == kept.to_json()
    for name, wrong in [("places", [1.0, 0.0, 2.0]), ("upto", [1, 2]), ("n", 5), ("below", [0, 4, 3]), ("places", [])]:
        with pytest.raises(ValueError, match="distribution of numbers"):
            Cumulative.from_json({**values, name: wrong})
