"""Two samples are compared as SciPy compares them, and as often by chance as is said."""

import numpy as np
import pytest
from scipy import stats

from mixtura.statistics.two_samples import compared_counts, compared_distributions, effect_of_shares, has_changed


@pytest.mark.parametrize(("n_first", "n_second", "shift"), [(40, 60, 0.3), (500, 300, 0.1), (5000, 5000, 0.03)])
def test_distributions_have_the_p_value_of_scipy(n_first, n_second, shift):
    rng = np.random.default_rng(n_first)
    first, second = rng.normal(size=n_first), rng.normal(shift, 1, n_second)
    known = stats.ks_2samp(first, second, method="exact")
    found = compared_distributions(known.statistic, n_first, n_second)
    assert found.p_value == pytest.approx(known.pvalue, rel=0.1)


def test_counts_have_the_p_value_and_the_distance_of_scipy():
    first, second = [120, 60, 20], [90, 80, 40]
    found = compared_counts(first, second)
    assert found.p_value == pytest.approx(stats.chi2_contingency([first, second], correction=False).pvalue)
    assert found.distance == pytest.approx(np.abs(np.array(first) / 200 - np.array(second) / 210).sum() / 2)


def test_nothing_is_known_of_no_cells():
    assert compared_counts([0, 0], [3, 4]).p_value == compared_distributions(1.0, 0, 9).p_value == 1.0


def test_rare_levels_are_tested_together():
    first, second = [500, *[1] * 50], [500, *[0] * 50]
    pooled = stats.chi2_contingency([[500, 50], [500, 1e-12]], correction=False).pvalue
    assert compared_counts(first, second).p_value == pytest.approx(pooled)


@pytest.mark.parametrize("n_levels", [2, 12, 400])
def test_the_distance_by_chance_is_the_mean_of_two_samples_of_one_distribution(n_levels):
    rng = np.random.default_rng(n_levels)
    shares = rng.dirichlet(np.ones(n_levels))
    found = [compared_counts(rng.multinomial(300, shares), rng.multinomial(500, shares)) for _ in range(300)]
    distance, said = (np.mean([getattr(one, name) for one in found]) for name in ("distance", "by_chance"))
    assert said == pytest.approx(distance, rel=0.1)
    # A test at 5 % is wrong in 5 % of the cases, or less.
    assert np.mean([one.p_value <= 0.05 for one in found]) <= 0.09


def test_effects_are_those_of_cohen():
    # Cohen (1988), table 6.2.2: the effect of .60 beside .50 is .20, and that of .25 beside .05 is .60.
    assert effect_of_shares(0.50, 0.60) == pytest.approx(0.20, abs=0.005)
    assert effect_of_shares(0.05, 0.25) == pytest.approx(0.60, abs=0.005)


def test_a_change_has_to_be_large_and_no_chance():
    assert has_changed(0.0, 0.02, 10_000, 10_000)
    assert not has_changed(0.0, 0.02, 50, 50)
    assert not has_changed(0.30, 0.31, 10**7, 10**7)
