"""What the default detector promises of any table, on simulated ones: one unit, no clipping, no column that decides."""

import numpy as np
import pytest

from mixtura import AnomalyDetector
from mixtura.storage import load, save
from pairwise import exhaustive


def seeds(test):
    """Try one value of the parameters by a table, and each of them only under `--exhaustive`."""
    return pytest.mark.one_case(pytest.mark.parametrize("seed", [0, *exhaustive(1)])(test))


def fitted(X, seed=0, **more):
    return AnomalyDetector(random_state=seed, **more).fit(X)


def surprise(X, seed=0):
    """Nats of each row of the table fitted."""
    return -fitted(X, seed).score_samples(X)


def normal(seed, n_rows=2000, d=5):
    return np.random.default_rng([seed, n_rows, d]).normal(size=(n_rows, d))


def ranks(nats, rows):
    """Ranks of rows, the most surprising one first; a row stands behind all others that are as surprising."""
    return len(nats) - np.searchsorted(np.sort(nats), nats[rows])


def with_share(X, value, share, seed=0):
    """The table and one more column: zeros, and so large a share of the value; and which rows have it."""
    held = np.zeros(len(X), bool)
    held[np.random.default_rng([7, seed]).permutation(len(X))[: max(1, round(share * len(X)))]] = True
    return np.column_stack([X, np.where(held, value, 0.0)]), held


def mixed(seed, n_rows=1500):
    """Columns of many kinds: correlated, heavy-tailed, rounded, mostly zero, two values."""
    random = np.random.default_rng(seed)
    x = random.normal(size=n_rows)
    return np.column_stack(
        [
            x,
            x + 0.3 * random.normal(size=n_rows),
            random.standard_t(3, size=n_rows),
            random.lognormal(size=n_rows),
            random.integers(1, 6, size=n_rows),
            np.where(random.random(n_rows) < 0.97, 0.0, 5 + random.normal(size=n_rows)),
            random.random(n_rows) < 0.1,
        ]
    )


# One unit: nats of a probability.


@seeds
@pytest.mark.parametrize("d", [1, 2, 10])
def test_one_row_in_so_many_is_so_surprising(seed, d):
    X, others = normal(seed, 4000, d), normal(seed + 100, 20_000, d)
    detector = fitted(X, seed)
    for nats, share in ((1, np.exp(-1)), (2, np.exp(-2)), (4, np.exp(-4))):
        for rows in (X, others):
            found = np.mean(-detector.score_samples(rows) >= nats)
            # What the table fitted makes of it varies by its own number of rows.
            assert abs(found - share) <= 4 * np.sqrt(share / 4000) + 0.1 * share


@seeds
@pytest.mark.parametrize("share", [0.01, 0.05, 0.2])
def test_what_some_rows_have_is_never_as_surprising_as_what_none_comes_near(seed, share):
    X, _ = with_share(normal(seed, 3000, 3), 1.0, share, seed)
    detector = fitted(X, seed)
    held, far = np.zeros((2, 4))
    held[3], far[0] = 1.0, 12.0
    usual, held, far = -detector.score_samples([[0, 0, 0, 0], held, far])
    assert usual < held < far - 5
    assert held <= -np.log(share) + 1


# No width is smaller than what values say.


@seeds
def test_no_value_of_a_rounded_column_is_extreme(seed):
    X = normal(seed, 3000, 4)
    X[:, 3] = np.clip(np.round(3 + X[:, 3]), 1, 5)
    detector = fitted(X, seed)
    assert (detector.model_.extreme_nats(X) == 0).all()
    assert (detector.predict(X) == 1).all()
    assert (detector.explain(X).deviation[:, 3] >= 0.5 - 1e-12).all()


@seeds
@pytest.mark.parametrize("share", [0.005, 0.03, 0.2])
def test_rare_values_of_a_column_that_mostly_has_one_are_not_extreme(seed, share):
    X, held = with_share(normal(seed, 3000, 3), 5.0, share, seed)
    X[held, 3] += 0.3 * np.random.default_rng(seed).normal(size=held.sum())
    detector = fitted(X, seed)
    assert (detector.model_.extreme_nats(X)[held] == 0).all()
    if share >= 0.03:
        assert (detector.predict(X) == 1).all()


def test_the_smallest_step_that_recurs_is_a_width():
    X = normal(0, 2000, 3)
    X[:, 1] = np.round(X[:, 1], 1)
    X[:, 2] = 100 * np.round(X[:, 2])
    deviations = fitted(X).explain(X).deviation
    assert (deviations[:, 1] >= 0.05 - 1e-12).all()
    assert (deviations[:, 2] >= 50 - 1e-9).all()


# Nothing is clipped before it is counted.


@seeds
@pytest.mark.parametrize("d", [1, 5, 30])
def test_farther_is_always_more_surprising(seed, d):
    X = normal(seed, 2000, d)
    sizes = [8, 12, 50, 500, 5000, 1e6, 1e12]
    detector = fitted(X, seed)
    rows = np.zeros((7, d))
    rows[:, 0] = sizes
    assert (np.diff(-detector.score_samples(rows)) > 1).all()
    assert (np.diff(-detector.score_samples(-rows)) > 1).all()


@seeds
def test_a_planted_cell_is_the_more_surprising_the_farther_it_lies(seed):
    X = normal(seed, 2000, 5)
    found = []
    for size in (10, 500, 1e9):
        X[7, 2] = size
        nats = surprise(X, seed)
        assert ranks(nats, [7]) == 1
        found.append(nats[7])
    assert (np.diff(found) > 1).all()


@seeds
def test_what_contradicts_the_other_columns_is_the_more_surprising_the_farther_it_lies(seed):
    X = normal(seed, 3000, 5)
    X[:, 1] = X[:, 0] + 0.02 * X[:, 1]
    found = []
    for size in (0.6, 2.4):
        X[7] = [size, -size, 0, 0, 0]  # none of it unusual by itself
        nats = surprise(X, seed)
        found.append(nats[7])
    assert ranks(nats, [7]) == 1
    assert (np.diff(found) > 0).all()


# No column decides alone for a group.


@seeds
@pytest.mark.parametrize("share", [0.01, 0.02, 0.04, 0.08, 0.15])
def test_beside_a_flag_gross_errors_come_first_and_its_rows_do_not_fill_the_top(seed, share):
    random = np.random.default_rng([seed, round(100 * share)])
    order = random.permutation(2500)
    held, wrong = np.split(order[: round(share * 2500) + 4], [-4])
    X = np.column_stack([random.normal(size=(2500, 4)), np.zeros(2500)])
    X[held, 4] = 1
    X[wrong, random.integers(4, size=4)] = 25 * random.choice([-1, 1], 4)
    detector = fitted(X, seed)
    nats = -detector.score_samples(X)
    assert ranks(nats, wrong).max() <= 12
    assert (ranks(nats, held) <= 100).mean() <= 0.5
    assert (detector.predict(X[wrong]) == -1).all()
    assert (detector.predict(X[held]) == 1).all()


# Units and order do not matter.


@pytest.mark.exhaustive
def test_powers_of_two_leave_every_bit():
    X = mixed(0)
    sizes = 2.0 ** np.array([-300, 40, 0, 3, -1, 300, -20])
    detector, other = fitted(X), fitted(X * sizes)
    np.testing.assert_array_equal(other.score_samples(X * sizes), detector.score_samples(X))
    assert other.offset_ == detector.offset_
    explanation, of_other = detector.explain(X), other.explain(X * sizes)
    np.testing.assert_array_equal(of_other.share, explanation.share)
    np.testing.assert_array_equal(of_other.expected, explanation.expected * sizes)


def test_other_units_change_the_last_digits_only():
    X = mixed(1)
    sizes, origins = np.array([1e-9, 3.0, 7e5, 0.1, 1 / 3, 1e30, 10.0]), np.array([0, 17.0, 0, 0, -3, 0, 5])
    detector, other = fitted(X), fitted(X * sizes + origins)
    np.testing.assert_allclose(other.score_samples(X * sizes + origins), detector.score_samples(X), atol=1e-5)
    np.testing.assert_array_equal(other.predict(X * sizes + origins), detector.predict(X))


def test_the_order_of_columns_changes_no_extreme():
    X = mixed(2)
    X[:40, :4] += 10 * np.random.default_rng(2).normal(size=(40, 4))
    order = np.random.default_rng(0).permutation(7)
    expected = fitted(X).model_.extreme_nats(X)
    assert (expected > 0).sum() > 5
    np.testing.assert_allclose(fitted(X[:, order]).model_.extreme_nats(X[:, order]), expected, atol=1e-6)


def test_the_order_of_rows_changes_no_extreme():
    X = mixed(3)
    order = np.random.default_rng(0).permutation(len(X))
    expected = fitted(X).model_.extreme_nats(X)
    np.testing.assert_allclose(fitted(X[order]).model_.extreme_nats(X[order]), expected[order], atol=1e-6)


def test_mirrored_columns_have_the_same_extremes():
    X = mixed(4)
    signs = np.array([-1, 1, -1, -1, 1, -1, 1])
    expected = fitted(X).model_.extreme_nats(X)
    np.testing.assert_allclose(fitted(X * signs).model_.extreme_nats(X * signs), expected, atol=1e-6)


# Flags.


@seeds
@pytest.mark.parametrize("count", [15, 30, 300, 1500])
def test_flags_of_any_share(seed, count):
    X, held = with_share(normal(seed, 3000, 3), 1.0, count / 3000, seed)
    detector = fitted(X, seed)
    nats = -detector.score_samples(X)
    assert np.isfinite(nats).all()
    assert (detector.predict(X) == 1).all()
    # The same row is the more surprising with the rarer value, and by no more than that is worth.
    rows = X[:200].copy()
    rows[:, 3] = 0
    without = -detector.score_samples(rows)
    rows[:, 3] = 1
    added = -detector.score_samples(rows) - without
    assert (added >= -1e-9).all()
    assert (added <= np.log(3000 / count) + 1).all()
    if count < 1500:
        assert nats[held].mean() > nats[~held].mean()
        assert (added > 0).any()


@seeds
@pytest.mark.parametrize("third", [7.0, -6.0, 100.0])
@pytest.mark.parametrize("count", [1, 3, 30, 300, 1500])
def test_a_third_value_far_from_both_of_a_flag_ranks_first(seed, count, third):
    X, held = with_share(normal(seed, 3000, 3), 1.0, count / 3000, seed)
    at = np.flatnonzero(~held)[0]
    X[at] = [0, 0, 0, third]
    assert ranks(surprise(X, seed), [at]) == 1


@seeds
@pytest.mark.parametrize("count", [30, 300, 1500])
def test_a_value_that_no_row_of_a_flag_had_is_more_surprising_than_the_rarer_one(seed, count):
    X, _ = with_share(normal(seed, 3000, 3), 1.0, count / 3000, seed)
    rows = np.array([[0, 0, 0, 0.0], [0, 0, 0, 1], [0, 0, 0, 7], [0, 0, 0, 0.5]])
    zero, one, far, between = -fitted(X, seed).score_samples(rows)
    assert min(far, between) > max(zero, one) + 3


@seeds
@pytest.mark.parametrize("count", [30, 300])
def test_one_wrong_cell_does_not_make_a_flag_decide(seed, count):
    X, held = with_share(normal(seed, 3000, 3), 1.0, count / 3000, seed)
    X[np.flatnonzero(held)[0], 3] = 2
    assert (ranks(surprise(X, seed), np.flatnonzero(held)) <= 120).mean() <= 0.5


def test_missing_flags_say_nothing_against_a_row():
    X, _ = with_share(normal(0, 3000, 3), 1.0, 0.01)
    detector = fitted(X)
    rows = X[:500].copy()
    rows[:, 3] = 0
    usual = detector.score_samples(rows)
    rows[:, 3] = np.nan
    assert (detector.score_samples(rows) >= usual).all()
    # Where nothing says anything against a row, all columns do so equally.
    unusual = -detector.score_samples(rows) > 1
    assert unusual.any()
    assert (detector.explain(rows[unusual]).share[:, 3] == 0).all()


# How many rows.


@pytest.mark.parametrize(("n_rows", "d"), [(200, 10), *exhaustive((1200, 3))])
def test_clean_tables_have_no_outliers_as_a_rule(n_rows, d):
    tables = [normal(seed, n_rows, d) for seed in range(10)]
    assert sum((fitted(X).predict(X) == -1).any() for X in tables) <= 1


@pytest.mark.parametrize(("n_rows", "d"), [(500, 3), *exhaustive((1200, 10))])
def test_planted_cells_are_outliers(n_rows, d):
    found = false = 0
    for seed in range(10):
        X = normal(seed, n_rows, d)
        X[[0, 1], [1, 2]] = [10, -10]
        outliers = fitted(X).predict(X) == -1
        found += outliers[:2].sum()
        false += outliers[2:].sum()
    assert found >= 19
    assert false <= 3


@seeds
@pytest.mark.parametrize("d", [3, 10])
def test_in_a_small_table_planted_cells_come_first(seed, d):
    X = normal(seed, 200, d)
    X[[0, 1], [1, 2]] = [10, -10]
    assert ranks(surprise(X, seed), [0, 1]).max() <= 2


# Reasons.


@seeds
@pytest.mark.parametrize("d", [1, 5, 20])
def test_the_column_of_an_extreme_is_named_with_its_distance_and_what_is_usual(seed, d):
    X = normal(seed, 3000, d) * 10.0 ** (np.arange(d) % 7 - 3) + np.arange(d)
    spreads, medians = X.std(axis=0), np.median(X, axis=0)
    at = np.arange(20)
    column = at % d
    X[at, column] += spreads[column] * np.where(at % 2, 14.0, -14.0)
    detector = fitted(X, seed)
    assert (detector.model_.extreme_nats(X[at]) > 0).all()
    explanation = detector.explain(X[at])
    np.testing.assert_array_equal(explanation.column, column)
    assert (np.abs(explanation.distance[at, column]) >= 5).all()
    assert (np.sign(explanation.distance[at, column]) == np.where(at % 2, 1, -1)).all()
    assert (np.abs(explanation.expected[at, column] - medians[column]) <= spreads[column]).all()
    assert (explanation.share[at, column] > 0.5).all() or d == 1
    np.testing.assert_allclose(explanation.share.sum(axis=1), 1)


@seeds
def test_what_other_columns_predict_is_expected_of_a_value_that_contradicts_them(seed):
    random = np.random.default_rng(seed)
    X = random.normal(size=(3000, 6))
    X[:, :3] = X[:, :1] + 0.05 * X[:, :3]
    X[0, :3] = [2, 2, -2]
    explanation = fitted(X, seed).explain(X[:1])
    assert explanation.column[0] == 2
    assert explanation.expected[0, 2] == pytest.approx(2, abs=0.5)
    assert explanation.distance[0, 2] <= -5


# The same answers anywhere.


def test_files_and_dask_give_the_same_answers(need, tmp_path):
    X = mixed(5, 2500)
    X[:5, 2] *= 50
    one = fitted(X)
    expected = one.score_samples(X)

    save(one.model_, tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.score_samples(X), expected)
    for name in ("expected", "deviation", "distance", "share"):
        np.testing.assert_array_equal(getattr(again.explain(X[:50]), name), getattr(one.explain(X[:50]), name))
    assert again.rarity == one.model_.rarity

    chunked = need("dask.array").from_array(X, chunks=(1000, 7))
    far = fitted(chunked)
    np.testing.assert_allclose(far.score_samples(X), expected, atol=1e-9)
    assert far.offset_ == pytest.approx(one.offset_)
