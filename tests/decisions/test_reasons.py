import re

import numpy as np
import pytest
from scipy.stats import binomtest

from mixtura.columns.kinds.category import Category
from mixtura.columns.kinds.level_codes import LevelCodes
from mixtura.decisions.reasons import Habits, Peers, SharedReasons, format_number, reasons, shared_reason
from mixtura.decisions.reasons.habits import LEVELS
from mixtura.decisions.reasons.numbers import about, percentage, seen, told_apart
from mixtura.detectors.explanation import Explanation


def explanation(
    row, expected, deviation, flagged=(), other=(), given=(), before=4.0, after=1.0, shares=None, told=False
):
    """Return that of one row, of which the columns in `flagged` are wrong."""
    row, expected, deviation = (np.array([part], dtype=float) for part in (row, expected, deviation))
    columns = np.arange(row.shape[1])[None]
    cells = np.isin(columns, flagged)
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = np.nan_to_num((row - expected) / deviation, posinf=1e9, neginf=-1e9)
    return Explanation(
        expected,
        deviation,
        distance,
        distance**2 / 2 if shares is None else np.array([shares], dtype=float),
        np.full(row.shape, told),
        cells,
        np.isin(columns, other),
        np.where(cells, expected, row),
        np.array([before]),
        np.array([after]),
        np.array([[*given, *[-1] * (3 - len(given))]]),
    )


def said(columns, row, expected, deviation, *, threshold=2.0, habits=None, peers=None, nearest=None, **found):
    whole = explanation(row, expected, deviation, **found)
    values = np.array([row], dtype=float)
    known = Habits.unknown(len(row)) if habits is None else habits
    for column in np.flatnonzero(whole.flagged_cells[0]).tolist():
        repairs = known.told(column, row[column], expected[column], deviation[column])
        whole.repaired[0, column] = repairs[0]
    told = reasons(columns, values, whole, threshold=threshold, habits=habits, peers=peers, nearest=nearest)
    assert len(told) == 1
    return told[0]


def habits(step=0.0, usual=0.0, share=0.0, lowest=-1e9, highest=1e9):
    parts = [np.atleast_1d(np.asarray(part, dtype=float)) for part in (step, usual, share, lowest, highest)]
    return Habits(*parts[:3], np.linspace(*parts[3:], len(LEVELS), axis=1))


class TestCells:
    def test_one(self):
        assert said(["depth"], [9.25], [3.0], [2.0], flagged=[0]) == (
            "depth = 9.25; the usual value is about 3. With this value, the score falls from 4 to 1 (threshold 2)."
        )

    def test_one_given_others(self):
        assert said(["a", "b"], [9.25, 18034.0], [3.0, 0.0], [2.0, 1.0], flagged=[0], given=[1]).startswith(
            "a = 9.25; a row with b 18,034 has about 3. "
        )

    def test_that_the_other_values_together_tell_of(self):
        assert said(["a"], [9.25], [3.0], [2.0], flagged=[0], told=True).startswith(
            "a = 9.25; its other values suggest about 3. "
        )

    def test_of_one_value_together(self):
        sentence = said(
            ["carat", "price", "x", "y", "z"],
            [2.25, 18034.0, 0.0, 0.0, 0.0],
            [2.25, 18034.0, 8.52, 8.43, 5.21],
            [0.1, 900.0, 0.12, 0.11, 0.13],
            flagged=[2, 3, 4],
            given=[0, 1],
            before=3.99,
            after=0.4,
            threshold=2.05,
        )
        assert sentence == (
            "x, y and z are 0; a row with carat 2.25 and price 18,034 has about 8.5, 8.4 and 5.2. "
            "With these values, the score falls from 3.99 to 0.4 (threshold 2.05)."
        )

    def test_of_two_values(self):
        assert said(["x", "y"], [0.0, 58.9], [8.5, 8.4], [0.1, 0.1], flagged=[0, 1]).startswith(
            "x = 0 and y = 58.9; the usual values are about 8.5 and 8.4. With these "
        )

    def test_some_of_one_value(self):
        assert said(["x", "y", "z"], [0.0, 0.0, 31.8], [8.5, 8.4, 5.2], [0.1] * 3, flagged=[0, 1, 2]).startswith(
            "x and y are 0, z = 31.8; the usual values are about 8.5, 8.4 and 5.2. "
        )

    def test_that_do_not_suffice(self):
        assert said(["a"], [9.0], [3.0], [2.0], flagged=[0], after=2.4, threshold=2.05).endswith(
            "With this value, the score falls from 4 to 2.4, still above the threshold 2.05."
        )

    def test_of_a_model_without_a_threshold(self):
        assert said(["a"], [9.0], [3.0], [2.0], flagged=[0], threshold=None).endswith("falls from 4 to 1.")

    def test_whose_score_rises(self):
        assert said(["a"], [9.0], [3.0], [2.0], flagged=[0], after=5.0).endswith(
            "With this value, the score does not fall from 4: it is 5, still above the threshold 2."
        )

    def test_or_others(self):
        names = ["price", "area", "rooms"]
        one = said(names, [9.0, 9.0, 1.0], [3.0, 3.0, 1.0], [1.0] * 3, flagged=[0], other=[1])
        assert one.startswith("price or area: either explains the row. price = 9; the usual value is about 3. ")
        two = said(names, [9.0, 9.0, 1.0], [3.0, 3.0, 1.0], [1.0] * 3, flagged=[0, 2], other=[1, 2])
        assert two.startswith("price and rooms, or area and rooms: either explains the row. ")


class TestRowsWithoutWrongCells:
    def test_as_a_whole(self):
        sentence = said(["a", "b"], [9.0, 2.0], [3.0, 2.0], [1.0, 1.0])
        assert sentence == "Unusual as a whole: no few values explain it. Most unusual: a = 9 (expected about 3)."

    def test_as_a_whole_among_groups(self):
        def nearest(X):
            assert X.tolist() == [[9.0]]
            return np.array([2]), np.array([5.31])

        assert "The nearest group, component 2, is 5.31 sd away." in said(["a"], [9.0], [3.0], [1.0], nearest=nearest)

    def test_rare_values_that_are_as_expected(self):
        known = Habits.of(np.column_stack([np.arange(100.0), np.ones(100)]))
        sentence = said(["a", "b"], [98.0, 1.0], [97.5, 1.0], [1.0, 1.0], shares=[3.0, 1.0], habits=known)
        assert sentence.endswith("Most unusual: a = 98 (at least 98% of rows have less).")

    def test_low_values(self):
        known = Habits.of(np.arange(100.0)[:, None])
        assert said(["a"], [0.0], [1.2], [1.0], habits=known).endswith(
            "Most unusual: a = 0 (at least 98% of rows have more)."
        )

    @pytest.mark.parametrize(
        ("of", "cell", "told"),
        [("values", "9-AA", "1 of 100 rows has it"), ("shapes", "7-XY", "a form that 1 of 100 rows has")],
    )
    def test_ordinary_levels_and_forms(self, of, cell, told):
        kinds = [Category(coding=LevelCodes(("AA-9", "9-AA"), of, counts=(99, 1, 0)))]
        found = explanation([1.0], [0.0], [0.5], before=1.0)
        assert reasons(["code"], np.array([[1.0]]), found, threshold=2.0, kinds=kinds, texts=[{0: cell}]) == [
            f"Ordinary; the most unusual value is code = '{cell}' ({told})."
        ]

    @pytest.mark.parametrize(
        ("levels", "told"),
        [
            pytest.param(("1", "8"), "8", id="a-number-among-numbers"),
            pytest.param(("none", "8"), "'8'", id="a-number-among-words"),
            pytest.param(("01", "08"), "'08'", id="a-code-with-zeros"),
        ],
    )
    def test_levels_that_are_numbers(self, levels, told):
        kinds = [Category(coding=LevelCodes(levels, "values", counts=(99, 1, 0)))]
        found = explanation([1.0], [0.0], [0.5], before=1.0)
        assert reasons(["code"], np.array([[1.0]]), found, threshold=2.0, kinds=kinds) == [
            f"Ordinary; the most unusual value is code = {told} (1 of 100 rows has it)."
        ]

    def test_ordinary(self):
        assert said(["a", "b"], [11.0, 2.0], [8.0, 2.0], [1.0, 1.0], before=1.0) == (
            "Ordinary; the most unusual value is a = 11 (expected about 8)."
        )
        assert said(["a", "b"], [9.0, 2.0], [8.0, 2.0], [1.0, 1.0], before=1.0) == "Ordinary; no value stands out."

    def test_of_a_model_without_a_threshold(self):
        assert said(["a"], [9.0], [8.0], [1.0], threshold=None) == (
            "No few values stand out; the most unusual is a = 9 (expected about 8)."
        )

    @pytest.mark.parametrize("before", [1.0, 4.0])
    def test_without_values(self, before):
        nothing = said(["a", "b"], [np.nan] * 2, [0.0] * 2, [1.0] * 2, shares=[0.0] * 2, before=before)
        assert nothing == "The row has no values."

    def test_some_values_missing(self):
        assert said(["a", "b"], [np.nan, 7.0], [0.0, 4.0], [1.0, 1.0], shares=[0.0, 0.0], before=0.0) == (
            "Ordinary; the most unusual value is b = 7 (expected about 4)."
        )

    def test_no_rows(self):
        nothing = np.empty((0, 2))
        none = np.empty((0, 2), bool)
        scores, given = np.empty(0), np.empty((0, 3), int)
        found = Explanation(nothing, nothing, nothing, nothing, none, none, none, nothing, scores, scores, given)
        assert reasons(["a", "b"], nothing, found) == []


class TestHabits:
    def test_values_that_are_mostly_one(self):
        assert said(["tolls"], [24.02], [0.03], [0.2], flagged=[0], habits=habits(0.01, 0.0, 0.953)).startswith(
            "tolls = 24.02; 95.3% of rows have 0. With this "
        )

    def test_that_never_change(self):
        assert said(["depth"], [9.25], [3.0], [0.0], flagged=[0], habits=habits(0.0, 3.0, 1.0)).startswith(
            "depth = 9.25; every row fitted has 3. "
        )

    def test_not_where_the_others_predict_another(self):
        assert said(["tolls"], [24.02], [6.12], [0.2], flagged=[0], habits=habits(0.01, 0.0, 0.953)).startswith(
            "tolls = 24.02; the usual value is about 6.1. "
        )

    def test_not_of_the_usual_value_itself(self):
        assert said(["tolls"], [0.0], [0.6], [0.9], flagged=[0], habits=habits(0.01, 0.0, 0.953)).startswith(
            "tolls = 0; the usual value is about 0.6. "
        )

    def test_beside_other_cells(self):
        both = habits([0.01, 0.5], [0.0, 7.0], [0.953, 0.1], [0.0, 0.0], [30.0, 200.0])
        assert said(["tolls", "fare"], [24.02, 150.0], [0.0, 80.2], [0.2, 9.0], flagged=[0, 1], habits=both).startswith(
            "tolls = 24.02 and fare = 150; 95.3% of rows have tolls 0, and nine in ten rows have fare 90.9 to 109.1. "
            "With tolls 0 and fare 80 instead, the score falls from 4 to 1 (threshold 2)."
        )

    def test_where_most_values_lie_says_more_than_a_value_that_no_other_column_tells(self):
        many = habits(1.0, 4.0, 0.1, 0.0, 110.0)
        assert said(["hits"], [500.0], [4.2], [30.0], flagged=[0], habits=many) == (
            "hits = 500; nine in ten rows have 50 to 60. With 4 instead, the score falls from 4 to 1 (threshold 2)."
        )
        within = said(["hits"], [55.0], [4.2], [30.0], flagged=[0], habits=many)
        assert within.startswith("hits = 55; the usual value is about 4. ")
        given = said(["hits"], [500.0], [4.2], [30.0], flagged=[0], habits=many, told=True)
        assert given.startswith("hits = 500; its other values suggest about 4. ")

    def test_expectations_stay_on_the_grid_and_in_the_range(self):
        assert "the usual value is about 4. " in said(["n"], [9.0], [3.7], [0.2], flagged=[0], habits=habits(1.0))
        told = said(["n"], [9.0], [-3.7], [0.2], flagged=[0], habits=habits(1.0, lowest=0.0))
        assert "With 0 instead, the score " in told

    def test_few_digits_do_not_leave_the_range_of_most_rows(self):
        most = habits(0.0, 4.0, 0.1, 0.0, 14.0)
        assert most.most(0)[0] == pytest.approx(70 / 11)
        assert most.told(0, 0.1, 6.4, 6.0)[0] == 6.4
        assert most.told(0, 0.1, 6.3, 6.0)[0] == 6.0

    def test_of_rows(self):
        found = Habits.of(np.array([[0, 0.25, np.nan], [0, 1.0, np.nan], [7, 0.5, np.nan], [0, 0.75, np.nan]]))
        assert found.usual[0] == 0
        assert found.share.tolist() == [0.75, 0.25, 0]
        assert found.quantiles[:, [0, -1]].tolist() == [[0, 7], [0.25, 1], [0, 0]]
        assert found.step[1] == 0.25

    def test_shares_are_never_told_too_large(self):
        rng = np.random.default_rng(2)
        column = np.round(rng.normal(size=997), 1)
        known = Habits.of(column[:, None])
        for value in np.linspace(-4, 4, 161):
            share, low = known.less_extreme(0, value)
            assert share in {0, *LEVELS[1:-1], *(1 - LEVELS[1:-1])}
            assert share <= np.mean(column > value if low else column < value)

    def test_of_whole_numbers_and_cents(self):
        rng = np.random.default_rng(0)
        whole, cents = rng.poisson(30, 500).astype(float), rng.integers(0, 2000, 500) / 100
        assert Habits.of(np.column_stack([whole, cents, rng.normal(size=500)])).step == pytest.approx([1, 0.01, 0])

    def test_of_single_precision_are_written_as_the_values_are(self):
        assert Habits.of(np.array([[0.1], [0.1], [0.3]], np.float32)).usual.tolist() == [0.1]

    @pytest.mark.parametrize(
        "change", [{"share": 1.5}, {"step": -1.0}, {"lowest": 3.0, "highest": 2.0}, {"usual": np.nan}, {"step": [1, 2]}]
    )
    def test_that_are_not_sound(self, change):
        with pytest.raises(ValueError, match="habits"):
            habits(**change)

    def test_come_back_from_arrays(self):
        found = habits([1.0, 0.0], [2.0, 3.0], [0.5, 0.1], [0.0, 0.0], [9.0, 9.0])
        back = Habits.from_arrays(found.arrays())
        assert all(np.array_equal(array, back.arrays()[name]) for name, array in found.arrays().items())


class TestPeers:
    @pytest.fixture
    def rows(self):
        rng = np.random.default_rng(1)
        size = rng.normal(size=3000)
        return np.column_stack([size, 2 * size + 0.1 * rng.normal(size=3000)])

    def test_are_counted_as_by_hand(self, rows):
        row = np.array([0.5, -0.1])
        low, high = np.quantile(rows[:, 0], [0.16, 0.84])
        like = rows[np.abs(rows[:, 0] - 0.5) <= (high - low) / 4]
        counted = Peers(rows).counted(row, 1, np.array([0]), low=True)
        n_more = int((like[:, 1] > -0.1).sum())
        limits = binomtest(n_more, len(like)).proportion_ci(0.95, "exact")
        assert counted.n_rows == len(like)
        assert counted.share == n_more / len(like)
        assert (counted.low, counted.high) == pytest.approx((limits.low, limits.high))

    def test_are_told(self, rows):
        row, expected = [0.5, 0.0], [0.5, 1.0]
        sentence = said(["a", "b"], row, expected, [0.1, 0.1], flagged=[1], given=[0], peers=Peers(rows))
        found = re.fullmatch(
            r"b = 0; a row with a 0\.5 has about 1, and (.*) of ([\d,]+) rows like it have more "
            r"\(95% limits: (.*)% to (.*)%\)\. With this value, .*",
            sentence,
        )
        assert found is not None, sentence
        assert 95 < float(found[3]) < float(found[4]) <= 100

    def test_are_widened_to_a_hundred(self, rows):
        few = rows[np.argsort(np.abs(rows[:, 0] - 0.5))[::20]]
        assert Peers(few).counted(np.array([0.5, -1.2]), 1, np.array([0]), low=True).n_rows == 100

    def test_are_not_told_far_away_or_among_few(self, rows):
        assert Peers(rows).counted(np.array([50.0, 0.0]), 1, np.array([0]), low=True) is None
        assert Peers(rows[:99]).counted(np.array([0.5, -0.5]), 1, np.array([0]), low=True) is None

    def test_are_not_told_where_they_are_no_proof(self, rows):
        assert Peers(rows).counted(np.array([0.5, 1.0]), 1, np.array([0]), low=True) is None

    def test_are_not_told_where_no_row_at_all_has_such_a_value(self, rows):
        assert Peers(rows).counted(np.array([0.5, -99.0]), 1, np.array([0]), low=True) is None

    def test_leave_copies_of_the_row_out(self, rows):
        row, any_row = np.array([0.5, -4.0]), np.array([], int)
        copied = Peers(np.vstack([rows, np.tile(row, (500, 1))]))
        assert copied.counted(row, 1, any_row, low=True) == Peers(rows).counted(row, 1, any_row, low=True)

    def test_leave_missing_values_out(self, rows):
        row = np.array([0.5, -0.5])
        holes = np.vstack([rows, np.full((900, 2), np.nan)])
        assert Peers(holes).counted(row, 1, np.array([0]), low=True) == Peers(rows).counted(
            row, 1, np.array([0]), low=True
        )

    def test_tell_which_two_levels_hardly_go_together(self):
        codes = np.repeat([[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]], [500, 488, 12], axis=0)
        peers = Peers(codes, coded=(0, 1, 2))
        assert peers.together(codes[-1]) == ((0, 1), 12, 1000)
        assert peers.together(codes[0]) is None
        sentence = said(["a", "b", "c"], codes[-1], codes[-1], [0.5] * 3, threshold=9.0, peers=peers)
        assert sentence == "Ordinary; no value stands out: 12 of 1,000 rows have a 0 and b 1."

    def test_count_all_levels_where_no_two_are_odd_together(self):
        codes = np.indices((3, 3, 3)).reshape(3, -1).T.astype(float)
        assert Peers(codes, coded=(0, 1, 2)).together(codes[0]) is None  # all are as rare
        peers = Peers(np.vstack([codes[:1], np.repeat(codes[1:], 4, axis=0)]), coded=(0, 1, 2))
        assert peers.together(codes[0]) == ((0, 1, 2), 1, 105)
        assert Peers(codes, coded=(0,)).together(codes[0]) is None
        sentence = said(["a", "b", "c"], codes[0], codes[0], [0.5] * 3, threshold=9.0, peers=peers)
        assert sentence == "Ordinary; no value stands out: 1 of 105 rows has the same values in a, b and c."

    def test_list_some_of_many_levels(self):
        codes = np.indices((2,) * 7).reshape(7, -1).T.astype(float)
        peers = Peers(np.vstack([codes[:1], np.repeat(codes[1:], 4, axis=0)]), coded=tuple(range(7)))
        sentence = said(list("abcdefg"), codes[0], codes[0], [0.5] * 7, threshold=9.0, peers=peers)
        assert sentence.endswith(": 1 of 509 rows has the same values in a, b, c, d and 3 more columns.")


class TestShared:
    def found(self, values, rows, flagged=(0,), before=4.0):
        parts = [explanation(v, [0.0, 0.0], [1.0, 1.0], flagged, given=[1], before=before + v[1]) for v in values]
        return SharedReasons.of(np.array(values), Explanation.concatenate(parts), np.array(rows))

    def test_are_the_columns_and_their_directions(self):
        found = self.found([[9.0, 0.0], [7.0, 3.0], [-9.0, 0.0]], [4, 5, 6])
        assert [(reason, sharing.n_rows, sharing.row, sharing.given) for reason, sharing in found.ranking] == [
            (((0, 1),), 2, 5, (1,)),
            (((0, -1),), 1, 6, (1,)),
        ]

    def test_add_up(self):
        values, rows = [[9.0, 0.0], [7.0, 3.0], [-9.0, 0.0], [8.0, 3.0]], [4, 5, 6, 7]
        whole = self.found(values, rows)
        for cut in range(5):
            parts = [self.found(values[part], rows[part]) for part in (slice(cut), slice(cut, None)) if rows[part]]
            assert sum(parts, SharedReasons()).found == whole.found
        assert (SharedReasons() + SharedReasons()).ranking == []

    def test_name_the_columns_that_tell_of_all(self):
        one, other = (
            explanation([9.0, 1.0, 2.0], [0.0, 1.0, 2.0], [1.0] * 3, [0], given=given, before=before)
            for given, before in (([1, 2], 4.0), ([2], 5.0))
        )
        values = np.array([[9.0, 1.0, 2.0]])
        first, second = (SharedReasons.of(values, each, np.array([row])) for row, each in enumerate((one, other)))
        for both in (first + second, second + first):
            (sharing,) = both.found.values()
            assert (sharing.n_rows, sharing.row, sharing.given) == (2, 1, (2,))

    def test_in_words(self):
        names = ["weight", "x", "y", "size"]
        assert shared_reason(names, ((0, -1),), (3,)) == "weight too low for size"
        assert shared_reason(names, ((0, 1), (1, -1), (2, -1)), ()) == "x and y too low, weight too high"
        assert shared_reason(names, (), ()) == "unusual as a whole"


class TestNumbers:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (0.0, "0"),
            (-0.0, "0"),
            (-3.0, "-3"),
            (55000.0, "55000"),
            (55000.4, "55000"),
            (123456789.0, "123456789"),
            (1234.56, "1235"),
            (0.30000001192092896, "0.3"),  # 0.3 in single precision
            (0.012345, "0.01235"),
            (-99.994, "-99.99"),
            (9.99996, "10"),
            (0.00012, "0.00012"),
            (1.25e-9, "1.25e-09"),
            (1e15, "1e+15"),
            (float("inf"), "inf"),
        ],
    )
    def test_plain(self, value, text):
        assert format_number(value) == text

    @pytest.mark.parametrize(
        ("value", "step", "text"),
        [
            (18034.0, 1.0, "18,034"),
            (1984.0, 1.0, "1984"),
            (18034.25, 0.01, "18,034.25"),
            (-1234567.0, 1.0, "-1,234,567"),
            (2.25, 0.01, "2.25"),
            (24.02, 0.01, "24.02"),
            (9.52380952, 1e-8, "9.52381"),
            (0.30000001192092896, 0.1, "0.3"),
            (1.25e-9, 0.0, "1.25e-09"),
        ],
    )
    def test_seen(self, value, step, text):
        assert seen(value, step) == text

    @pytest.mark.parametrize(
        ("expected", "deviation", "step", "on_grid", "text"),
        [
            (17345.0, 2100.0, 1.0, 0.0, "about 17,000"),
            (61.83, 1.4, 0.1, 0.0, "about 62"),
            (61.83, 0.04, 0.1, 0.0, "about 61.8"),
            (3.7, 0.2, 1.0, 0.0, "about 4"),
            (3.7, 0.2, 1.0, 0.5, "about 3.5"),
            (6.3, 0.2, 0.25, 0.0, "about 6.25"),
            (1.3, 25.0, 0.0, 0.0, "about 1"),
            (0.13, 25.0, 0.0, 0.0, "about 0.1"),
            (0.4, 3.0, 1.0, 0.0, "about 0"),
            (-0.2, 0.5, 1.0, 0.0, "about 0"),
            (0.0, 1.0, 0.0, 0.0, "about 0"),
            (1e20, 1.0, 0.0, 0.0, "about 1e+20"),
            (-2e203, 1e203, 0.0, 0.0, "about -2e+203"),
            (-1.952e-203, 1e-203, 0.0, 0.0, "about -2e-203"),
            (1e-9, 1.0, 0.0, 0.0, "about 0"),
            (-120.0, 90.0, 1.0, 0.0, "about -120"),
            (2.5, 0.0, 0.0, 0.0, "about 2.5"),
            (2.5e-7, 1e-9, 0.0, 0.0, "about 2.5e-07"),
        ],
    )
    def test_about(self, expected, deviation, step, on_grid, text):
        assert about(expected, deviation, step, on_grid) == text

    @pytest.mark.parametrize(
        ("value", "expected", "deviation", "step", "text"),
        [
            (8.5, 8.53, 0.3, 0.01, "about 8.53"),
            (8.5, 8.502, 0.3, 0.01, "about 8.502"),
            (8.5, 8.498, 0.3, 0.01, "about 8.498"),
            (17000.0, 17345.0, 2100.0, 1.0, "about 17,300"),
            (4.0, 3.7, 0.2, 1.0, "about 3.7"),
            (4.0, 4.0 + 1e-15, 0.2, 0.0, "about 4.000000000000001"),
            (2.5, 2.5222164, 1e-9, 0.0, "about 2.522"),
            (2e20, 2.04e20, 1.0, 0.0, "about 2.04e+20"),
        ],
    )
    def test_value_and_expectation_are_never_the_same(self, value, expected, deviation, step, text):
        assert about(expected, deviation, step, unlike=seen(value, step)) == text

    def test_scores_are_told_apart(self):
        assert told_apart(10.0262, 5.92212, 10.0258) == ["10.0262", "5.92", "10.0258"]
        assert told_apart(2.0, 2.0) == ["2", "2"]

    def test_percentages(self):
        shares = (0.5, 0.953, 0.995, 0.9999, 1.0)
        assert [percentage(share) for share in shares] == ["50%", "95.3%", "99.5%", "99.99%", "100%"]
