"""Tables of many columns: which pairs of columns are looked at, beside all of them by brute force."""

from itertools import product

import numpy as np
import pytest

from mixtura.detectors.explaining import power_laws
from mixtura.detectors.explaining.power_laws import PowerLaw
from mixtura.detectors.levels import dependencies, likely_views
from mixtura.detectors.levels.coding import Coding
from mixtura.detectors.levels.dependencies import Dependencies
from mixtura.detectors.levels.given import NumbersGivenLevels

N_ROWS = 600


def mixed(n_numbers, n_levels):
    """Return a table in which number `j` is larger in a level of column `j`, and how many levels columns have."""
    rng = np.random.default_rng(3)
    levels = rng.integers(0, 4, (N_ROWS, n_levels)).astype(float)
    numbers = rng.normal(size=(N_ROWS, n_numbers))
    for column in range(min(n_numbers, n_levels)):
        numbers[:, column] += 2.0 * (levels[:, column] == 1)
    return np.hstack([numbers, levels]), [None] * n_numbers + [4] * n_levels


def given(pool, sizes):
    coding = Coding.of(sizes)
    return NumbersGivenLevels.of(pool, coding.codes(pool), coding, len(pool))


def test_few_columns_are_all_looked_at():
    pool, sizes = mixed(25, 25)
    coding = Coding.of(sizes)
    numbers = np.arange(25)
    found = [*likely_views.likely_views(pool, numbers, coding.codes(pool), coding, 8, 256)]
    assert found == [(column, [*range(25)]) for column in range(25)]


def test_columns_that_differ_are_found_among_many():
    pool, sizes = mixed(60, 60)
    pairs = {(view.column, view.level) for view in given(pool, sizes).views}
    assert pairs >= {(column, column) for column in range(60)}


def test_spreads_that_differ_are_found_among_many():
    pool, sizes = mixed(60, 60)
    pool[:, :60] = np.random.default_rng(4).normal(size=(N_ROWS, 60))
    pool[:, 7] *= np.where(pool[:, 60 + 9] == 2, 0.05, 1.0)
    pool[::50, 7] = np.nan
    assert (7, 9) in {(view.column, view.level) for view in given(pool, sizes).views}


def test_a_screen_keeps_what_is_farthest_apart(monkeypatch):
    pool, sizes = mixed(12, 12)
    every = given(pool, sizes)
    monkeypatch.setattr(likely_views, "_MOST_VIEWED", 40)
    for at_once in (1, 2**22):
        monkeypatch.setattr(likely_views, "_AT_ONCE", at_once)
        kept = {(view.column, view.level): view for view in given(pool, sizes).views}
        for view in every.views[:12]:
            assert np.array_equal(kept[view.column, view.level].centers, view.centers)


def test_pairs_that_tell_each_other_are_those_of_brute_force(monkeypatch):
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 3, (N_ROWS, 8))
    codes[:, 3] = codes[:, 0]
    codes[:, 6] = (codes[:, 1] + 1) % 3
    coding = Coding.of([3] * 8)
    pairs = {(pair.given, pair.told) for pair in Dependencies.of(codes, coding).pairs}

    def tells(one, other):
        right = sum(np.bincount(codes[codes[:, one] == level, other]).max() for level in range(3))
        return right == N_ROWS

    assert pairs == {(one, other) for one, other in product(range(8), repeat=2) if one != other and tells(one, other)}
    monkeypatch.setattr(dependencies, "_MOST_LIKELY", 2)
    assert len(Dependencies.of(codes, coding).pairs) == 2


@pytest.mark.parametrize("most", [2, 64])
def test_arguments_of_laws_are_found_among_many_columns(monkeypatch, most):
    monkeypatch.setattr(power_laws, "_MOST_TRIED", most)
    rng = np.random.default_rng(6)
    rows = np.exp(rng.normal(size=(200, 20)))
    rows[:, 0] = 3 * rows[:, 4] ** 2 * rows[:, 11]
    rows[5, 13] = np.nan
    law = PowerLaw.of(rows, 0)
    assert set(law.arguments) == {4, 11}
    np.testing.assert_allclose(law.expected(rows), rows[:, 0], rtol=1e-6)
