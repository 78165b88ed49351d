"""Votes of levels: known answers, chance, and what a file may hold."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from mixtura.detectors.levels.absent import Absent
from mixtura.detectors.levels.coding import Coding, nats_of_new, shares_reached
from mixtura.detectors.levels.given import NumbersGivenLevels
from mixtura.detectors.levels.near import near_levels
from mixtura.detectors.levels.profiles import Profiles
from mixtura.detectors.levels.slips import slips
from mixtura.detectors.levels.votes import LevelVotes
from mixtura.detectors.levels.walk import walked
from mixtura.statistics.rarity import NEW_VALUE, n_discoveries

SHAPES = [
    ("red", "round", "big"),
    ("red", "round", "big"),
    ("red", "round", "small"),
    ("blue", "round", "big"),
    ("red", "square", "big"),
    ("green", "square", "small"),
    ("red", "round", "big"),
    ("blue", "round", "small"),
]

# What coupled-biased-random-walks 2.1.1 says of these rows.
BY_THE_PACKAGE = [
    0.04392802376502233,
    0.04392802376502233,
    0.08978574429686813,
    0.06323133583635074,
    0.11050746895171475,
    0.26609429941010976,
    0.04392802376502233,
    0.10908905636819655,
]


def coded(frame):
    """Return codes of a frame, the most frequent level first, how many levels there are, and their texts."""
    counts = [frame[name].value_counts() for name in frame]
    codes = [
        frame[name].map({value: code for code, value in enumerate(c.index)})
        for name, c in zip(frame, counts, strict=True)
    ]
    texts = [tuple(map(str, c.index)) for c in counts]
    return np.stack(codes, axis=1).astype(float), tuple(map(len, counts)), texts


def walk_by_hand(rows):
    """Return what the formulas of the paper say of rows, level by level."""
    n = len(rows)
    levels = sorted({(j, value) for row in rows for j, value in enumerate(row)})
    share = {(j, v): sum(row[j] == v for row in rows) / n for j, v in levels}
    mode = {j: max(p for (i, _), p in share.items() if i == j) for j, _ in levels}
    delta = {v: ((1 - mode[v[0]]) + (mode[v[0]] - p) / mode[v[0]]) / 2 for v, p in share.items()}
    steps = np.zeros((len(levels), len(levels)))
    for (a, u), (b, v) in permutations(enumerate(levels), 2):
        if u[0] != v[0]:
            together = sum(row[u[0]] == u[1] and row[v[0]] == v[1] for row in rows) / n
            steps[a, b] = delta[v] * together / share[v]
    steps /= steps.sum(axis=1, keepdims=True)
    probability = np.full(len(levels), 1 / len(levels))
    for _ in range(100):
        following = 0.05 / len(levels) + 0.95 * probability @ steps
        change, probability = np.abs(following - probability).max(), following
        if change <= 1e-3:
            break
    probability /= probability.sum()
    of = dict(zip(levels, probability, strict=True))
    relevance = {j: sum(p for (i, _), p in of.items() if i == j) for j, _ in levels}
    return [sum(relevance[j] * of[j, v] for j, v in enumerate(row)) for row in rows]


def test_the_walk_is_that_of_the_paper_and_of_the_package():
    codes, levels, _ = coded(pd.DataFrame(SHAPES))
    coding = Coding.of(levels)
    walk = walked(coding.codes(codes), coding)
    found = walk[coding.places(coding.codes(codes))].sum(axis=1)
    np.testing.assert_allclose(found, BY_THE_PACKAGE, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found, walk_by_hand(SHAPES), rtol=0, atol=1e-12)


def test_a_level_is_as_rare_as_all_that_are_as_rare():
    np.testing.assert_allclose(shares_reached(np.array([90, 5, 5, 0]), 100), [1, 0.1, 0.1, 1 / 101])
    np.testing.assert_allclose(shares_reached(np.array([6, 1, 1, 0]), 8), [1, 0.25, 0.25, 3 / 9])
    assert (shares_reached(np.ones(50, int), 50) == 1).all()


def test_a_new_level_counts_in_full_where_all_levels_are_known_and_as_good_says_where_they_are_not():
    none = np.zeros(1000)
    assert nats_of_new(np.array([600, 400]), none[:2], 1000) == pytest.approx(np.log(1001) + NEW_VALUE)
    assert nats_of_new(np.append(900, np.ones(100, int)), none[:101], 1000) == pytest.approx(np.log(10), abs=0.1)
    assert nats_of_new(np.ones(1000, int), none, 1000) < 0.02
    # A misspelling says nothing of levels that are still to come.
    likely = np.append(0.0, np.full(20, 9.0))
    assert nats_of_new(np.append(980, np.ones(20, int)), likely, 1000) == pytest.approx(np.log(1001) + 10, abs=0.1)


def test_a_level_never_seen_counts_by_the_levels_of_its_column():
    three, many = np.arange(300.0) % 3, np.arange(300.0)
    votes = LevelVotes.of(np.column_stack([three, many]), (3, 300))
    usual, new_of_three, new_of_many = votes.parts(np.array([[0.0, 5.0], [9.0, 5.0], [0.0, 999.0]]))[1]
    assert usual == 0
    assert new_of_three == pytest.approx(np.log(301) + NEW_VALUE - np.log(2))
    assert new_of_many == 0


def test_codes_that_are_none_are_never_seen():
    coding = Coding.of([None, 3])
    rows = np.array([[9.0, 0.0], [9.0, 2.0], [9.0, 3.0], [9.0, -1.0], [9.0, 0.5], [9.0, np.inf], [9.0, np.nan]])
    assert coding.codes(rows)[:, 0].tolist() == [0, 2, 3, 3, 3, 3, 4]
    assert (coding.codes(rows.astype(np.float32)) == coding.codes(rows)).all()


@pytest.mark.parametrize(
    ("text", "meant", "n_slips"),
    [
        ("olso", "oslo", 1),
        ("govermnent", "government", 1),
        ("comercial", "commercial", 1),
        ("birmingghan", "birmingham", 2),
        ("ca", "abc", 10),
        ("mother", "other", 10),
        ("iran", "iraq", 10),
        ("austria", "australia", 10),
        ("nigeria", "niger", 10),
        ("female", "male", 10),
        ("185/75", "185/70", 10),
        ("kcnd3", "kctd3", 10),
        ("aaaaaa", "aaaaa", 10),
    ],
)
def test_slips_of_texts(text, meant, n_slips):
    assert slips(text, meant, 9) == n_slips
    assert slips(text, meant, n_slips - 1) == n_slips
    assert slips(meant, meant, 0) == 0


def test_a_level_that_recurs_is_meant_and_one_of_many_rare_ones_too():
    texts = ["Iceland", "Norway", "Sweden", "Estonia", "Ireland"]
    assert near_levels(texts, np.array([60, 50, 40, 30, 1]))[0].tolist() == [-1, -1, -1, -1, 0]
    assert near_levels(texts, np.array([60, 50, 40, 30, 3]))[0].tolist() == [-1] * 5
    others = ["Chad", "Peru", "Cuba", "Togo", "Laos", "Oman"]
    assert near_levels([*texts, *others], np.array([60, 50, 40, 30, *[1] * 7]))[0].tolist() == [-1] * 11
    # Other ways to write a level recur.
    assert near_levels([*texts[:4], "ICELAND"], np.array([60, 50, 40, 30, 5]))[0][4] == 0


def test_codes_are_near_one_another_and_names_are_not():
    counts = np.array([40, 40, 40, 40, 1])
    assert near_levels(["A1", "A2", "A3", "A4", "A5"], counts)[1].max() == 0
    near, nats = near_levels(["Oslo", "Paris", "Berlin", "Madrid", "BERLIN "], counts)
    assert near.tolist() == [-1, -1, -1, -1, 2]
    assert nats[4] == pytest.approx(np.log(6))


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"city": ["Paris", *["Berlin"] * 49, *["Paris"] * 50], "land": [*["DE"] * 50, *["FR"] * 50]}),
        pd.DataFrame({"flag": ["false", *["true"] * 99], "other": ["a", "b"] * 50}),
        pd.DataFrame({"shape": ["99-AA", *["AA-99"] * 99]}),
        pd.DataFrame({"city": ["Olso", *["Oslo", "Rome", "Paris"] * 33], "n": ["u", "v", "w", "x"] * 25}),
        pd.DataFrame({"city": [None, *["Oslo", "Rome", "Paris"] * 33], "n": ["u", "v", "w", "x"] * 25}),
    ],
)
def test_a_row_that_does_not_belong_is_first(frame):
    codes, levels, texts = coded(frame)
    assert LevelVotes.of(codes, levels, texts).nats(codes).argmax() == 0


def test_the_level_and_what_others_tell_are_named():
    frame = pd.DataFrame({"city": ["Olso", *["Oslo", "Rome", "Paris"] * 33], "land": ["NO", *["NO", "IT", "FR"] * 33]})
    codes, levels, texts = coded(frame)
    votes = LevelVotes.of(codes, levels, texts)
    olso = texts[0].index("Olso")
    assert texts[0][votes.nearest(0, olso)] == "Oslo"
    assert votes.nearest(1, 0) is None
    assert votes.each(codes[:1]).argmax() == 0


def test_a_number_is_seen_given_its_level():
    rng = np.random.default_rng(0)
    level = (np.arange(600) < 40).astype(float)
    age = np.where(level == 1, rng.normal(31, 5, 600), rng.normal(55, 15, 600))
    age[0] = 75.0
    X = np.column_stack([level, age])
    votes = LevelVotes.of(X, (2, None))
    assert votes.parts(X)[2].argmax() == 0
    assert votes.each(X)[0].argmax() == 1
    assert (votes.parts(X)[2][1:] == 0).all()
    farthest = votes.farthest(X)
    np.testing.assert_array_equal(farthest.nats, votes.parts(X)[2])
    assert (farthest.column[0], farthest.level[0]) == (1, 0)
    assert farthest.expected[0] == np.median(age[level == 1])
    assert (farthest.column[1:] == -1).all()


@pytest.mark.parametrize("seed", range(4))
def test_chance_flags_no_row(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 200, 6)
    codes = np.column_stack([np.minimum(rng.zipf(1.7, 500) - 1, size - 1) for size in sizes]).astype(float)
    X = np.column_stack([codes, rng.permutation(500), rng.normal(size=(500, 2))])
    levels = (*map(int, sizes), 500, None, None)
    texts = [[f"A{code}" for code in range(size)] if size else None for size in levels]
    assert n_discoveries(LevelVotes.of(X, levels, texts).nats(X), 0.1) == 0


def test_levels_as_many_as_rows_say_nothing():
    rng = np.random.default_rng(1)
    plain = rng.integers(3, size=(300, 2)).astype(float)
    votes = LevelVotes.of(np.column_stack([np.arange(300.0), plain]), (300, 3, 3))
    assert (votes.each(np.column_stack([np.arange(300.0), plain]))[:, 0] == 0).all()


@pytest.fixture
def fitted():
    rng = np.random.default_rng(2)
    city = rng.integers(5, size=200).astype(float)
    X = np.column_stack([city, city // 2, rng.integers(30, size=200), rng.normal(5 * city, 1)])
    X[3, :2], X[4, 2] = (0, 2), np.nan
    return X, LevelVotes.of(X, (5, 3, 30, None), [None, tuple("abc"), None, None])


def test_files_hold_all_that_is_known(fitted):
    X, votes = fitted
    again = LevelVotes.from_arrays(votes.arrays(), 4)
    for of in ("nats", "each"):
        np.testing.assert_array_equal(getattr(again, of)(X), getattr(votes, of)(X))
    assert all(np.isfinite(array).all() for array in votes.arrays().values())


def test_rows_never_seen_have_finite_nats(fitted):
    X, votes = fitted
    rows = np.array([[5, 3, 30, 1e300], [np.nan] * 4, [0, 2, 7, -1e300]], np.float64)
    assert np.isfinite(votes.nats(rows)).all()
    assert votes.nats(rows[:1])[0] >= votes.nats(X[np.isfinite(X).all(axis=1)]).min()


@pytest.mark.parametrize("name", sorted(LevelVotes.of(np.zeros((40, 1)), (1,)).arrays()))
def test_files_that_are_wrong_are_refused(fitted, name):
    _, votes = fitted
    array = votes.arrays()[name]
    wrong = [array[:-1] if len(array) else np.zeros(1), -array - 5 if array.ndim == 1 else array[:, :-1]]
    refused = 0
    for one in wrong:
        try:
            LevelVotes.from_arrays(votes.arrays() | {name: one}, 4)
        except ValueError:
            refused += 1
    assert refused


@pytest.mark.parametrize(
    "X",
    [
        np.full((5, 2), np.nan),
        np.zeros((1, 2)),
        np.column_stack([np.full(20, np.nan), np.arange(20.0)]),
        np.column_stack([np.arange(20.0) % 2, np.full(20, np.nan)]),
        np.column_stack([np.arange(20.0) % 2, np.full(20, 7.0)]),
    ],
)
@pytest.mark.parametrize("levels", [(2, None), (2, 20)])
def test_tables_with_little_in_them_have_finite_nats(X, levels):
    votes = LevelVotes.of(X, levels)
    assert (votes.nats(X) >= 0).all()
    assert np.isfinite(votes.nats(X)).all()
    assert (LevelVotes.from_arrays(votes.arrays(), 2).nats(X) == votes.nats(X)).all()


def test_a_table_without_levels_is_refused():
    with pytest.raises(ValueError, match="no column has levels"):
        LevelVotes.of(np.zeros((3, 1)), (None,))


def test_single_precision_gives_the_same(fitted):
    X, _ = fitted
    X = X.astype(np.float32)
    wide = X.astype(np.float64)
    narrow, whole = (LevelVotes.of(rows, (5, 3, 30, None)).nats(rows) for rows in (X, wide))
    np.testing.assert_allclose(narrow, whole, rtol=1e-5)


def test_the_first_row_off_a_law_comes_later():
    X = np.column_stack([np.arange(100.0) % 4, np.arange(100.0) % 4])
    votes = LevelVotes.of(X, (4, 4))
    assert votes.nats(np.array([[0.0, 1.0]])) > votes.nats(X).max()


def test_missing_cells_that_nearly_all_rows_have_say_how_few_lack_them():
    pool = np.ones((400, 3))
    pool[0, :2], pool[1, 0], pool[:100, 2] = np.nan, np.nan, np.nan
    absent = Absent.of(pool)
    np.testing.assert_allclose(absent.each, [np.log(200), np.log(400), 0])
    # The first row lacks more than any other, the second as much as two do; what many lack says nothing.
    np.testing.assert_allclose(absent.nats(pool), [np.log(400), np.log(200), *[0] * 398])
    assert not absent.without([0, 1]).nats(pool).any()
    again = Absent.from_arrays(absent.arrays(), 3)
    np.testing.assert_array_equal(again.nats(pool), absent.nats(pool))
    assert not Absent.of(np.ones((400, 3))).arrays()


def test_a_block_of_missing_cells_is_nothing_to_tell():
    pool = np.ones((400, 5))
    pool[:8] = np.nan
    assert not Absent.of(pool).nats(pool).any()


def test_a_number_that_only_one_row_lacks_counts():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.integers(3, size=500), rng.normal(size=500), rng.normal(size=500)])
    votes = LevelVotes.of(X, (3, None, None))
    lacking = X.copy()
    lacking[7, 1] = np.nan
    parts = LevelVotes.of(lacking, (3, None, None))
    assert parts.votes(lacking)[7] == pytest.approx(votes.votes(X)[7] + np.log(500) / 2, abs=1)
    assert parts.each(lacking)[7, 1] == pytest.approx(np.log(500))
    assert not parts.without([1]).each(lacking)[7, 1]


def test_small_numbers_are_far_out_only_beside_a_level_that_hardly_spreads():
    rng = np.random.default_rng(0)
    coding = Coding.of([2, None])

    def of_last(many, few):
        X = np.column_stack([np.repeat([0.0, 1.0], [len(many), len(few)]), np.append(many, few)])
        given = NumbersGivenLevels.of(X, coding.codes(X), coding, len(X))
        return given.farthest(X, coding.codes(X), coding).nats[-1]

    # Of an app of millions of reviews there are copies; that others of its version have few is common.
    reviews, copies = np.exp(rng.normal(0, 2, 2000)), np.full(9, 4000.0) + np.arange(9)
    assert of_last(np.append(np.zeros(40), reviews), np.append(copies, [2.0, 5.0, 60.0, 90.0])) < 1
    # All rides from an airport are of one length, but for one.
    assert (
        of_last(np.append(np.zeros(40), np.square(rng.normal(3, 2, 2000))), np.append(rng.normal(60, 2, 60), 0.5)) > 5
    )


class TestRowsOfTheSameLevels:
    coding = Coding.of((3, 3))
    codes = np.array([[0, 0]] * 50 + [[0, 1]] * 30 + [[1, 0]] * 17 + [[1, 1], [2, 2], [2, 2]])

    def test_are_as_rare_as_all_that_are_as_rare(self):
        found = Profiles.of(self.codes, self.coding).nats(self.codes[[0, 50, 80, 97, 98]])
        np.testing.assert_allclose(found, -np.log([1.0, 0.5, 0.2, 0.01, 0.03]), atol=1e-15)

    def test_that_no_row_has_together_count_as_one_more_seen_once(self):
        assert Profiles.of(self.codes, self.coding).nats(np.array([[0, 2]])) == pytest.approx(np.log(101 / 2))

    def test_say_nothing_where_rows_hardly_repeat(self):
        codes = np.stack(np.divmod(np.arange(100), 10), axis=1)
        assert not Profiles.of(codes, Coding.of((10, 10))).nats(codes).any()

    def test_come_first_only_where_they_are_few(self):
        votes = LevelVotes.of(self.codes.astype(float), (3, 3))
        nats = votes.nats(self.codes.astype(float))
        assert nats[97] > nats[80] > nats[0]

    def test_come_back_from_arrays_and_are_refused_where_wrong(self):
        found = Profiles.of(self.codes, self.coding)
        assert (Profiles.from_arrays(found.arrays()).nats(self.codes) == found.nats(self.codes)).all()
        for wrong in ({"profile_keys": found.keys[::-1]}, {"profile_nats": -found.arrays()["profile_nats"] - 1}):
            with pytest.raises(ValueError, match="profile_"):
                Profiles.from_arrays(found.arrays() | wrong)


class TestNumbersOfALevel:
    @pytest.fixture
    def pool(self):
        rng = np.random.default_rng(3)
        level = (np.arange(1000) % 20 == 0).astype(float)
        return np.column_stack(
            [level, rng.normal(size=1000) + 6 * level, rng.normal(size=1000), np.exp(rng.normal(size=1000) + 3 * level)]
        )

    def test_that_the_level_moves_are_moved_back(self, pool):
        votes = LevelVotes.of(pool, (2, None, None, None))
        center = np.median(pool, axis=0)
        rows, moved = votes.given.moved(pool, votes.coding.codes(pool), center, np.ones(4))
        np.testing.assert_array_equal(rows, np.flatnonzero(pool[:, 0] == 1))
        np.testing.assert_allclose(np.median(moved, axis=0)[[1, 3]], center[[1, 3]], rtol=0.02)
        np.testing.assert_array_equal(moved[:, 2], pool[rows, 2])
        np.testing.assert_allclose(moved[:, 3], pool[rows, 3] * center[3] / np.median(pool[rows, 3]), rtol=0.02)

    def test_are_not_moved_where_levels_are_alike(self, pool):
        pool[:, [1, 3]] = pool[:, [2, 2]] ** 3
        votes = LevelVotes.of(pool, (2, None, None, None))
        assert not votes.given.views
        assert not len(votes.given.moved(pool, votes.coding.codes(pool), np.zeros(4), np.ones(4))[0])
