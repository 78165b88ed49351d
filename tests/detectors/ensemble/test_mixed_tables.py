"""Tables whose columns hold more than numbers, from the cells to the sentence."""

import numpy as np
import pandas as pd
import pytest

import mixtura
from mixtura import AnomalyDetector, IsolationForest
from mixtura.detectors.explaining.mixed import MixedExplainer
from mixtura.detectors.levels.votes import LevelVotes
from requirements import SHARED, needs_shared


def amounts(n_rows=100):
    return np.random.default_rng(0).normal(10, 2, n_rows).round(2)


def pairs():
    places = [("Berlin", "DE"), ("Paris", "FR"), ("Rome", "IT"), ("Madrid", "ES"), ("Oslo", "NO")]
    rows = [places[k % 5] for k in range(100)]
    rows[57] = ("Berlin", "FR")
    return pd.DataFrame(rows, columns=["city", "country"])


def dates():
    days = pd.date_range("2024-01-01", periods=100).strftime("%Y-%m-%d").tolist()
    days[57] = "1900-01-01"
    return pd.DataFrame({"date": days, "amount": amounts()})


def flags():
    return pd.DataFrame({"ok": ["true"] * 57 + ["false"] + ["true"] * 42, "amount": amounts()})


def forms():
    random = np.random.default_rng(1)
    codes = [f"{a}{b}-{n:02d}" for a, b, n in random.integers([65, 65, 0], [91, 91, 99], (100, 3)).tolist()]
    codes = [f"{chr(int(code[:2]))}{chr(int(code[2:4]))}-{code[-2:]}" for code in codes]
    codes[57] = "12-AB"
    return pd.DataFrame({"code": codes, "amount": amounts()})


def given():
    random = np.random.default_rng(3)
    kinds = random.choice(["cup", "car"], 100)
    kinds[57] = "car"
    prices = np.where(kinds == "car", 20_000, 5) * random.normal(1, 0.02, 100)
    prices[57] = 5.03
    return pd.DataFrame({"kind": kinds, "price": prices.round(2)})


def misspelt():
    cities = [["Oslo", "Bergen", "Trondheim"][k] for k in np.random.default_rng(2).integers(0, 3, 100)]
    cities[57] = "Olso"
    return pd.DataFrame({"city": cities, "amount": amounts()})


PLANTED = {
    "pairs": (pairs, "city or country: either explains the row. city = 'Berlin'; a row with country 'FR' has 'Paris'."),
    "dates": (dates, "date = 1900-01-01; at least 98% of rows have 2024-01-01 or later."),
    "flags": (flags, None),
    "forms": (forms, "code = '12-AB', a form that 1 of 100 rows has; 99% of rows have the form 'AA-99'."),
    "given": (given, "price = 5.03; a row with kind 'car' has about 20,000."),
    "misspelt": (misspelt, "city = 'Olso', which 1 of 100 rows has; expected 'Oslo'."),
}


@pytest.mark.parametrize("name", PLANTED)
def test_the_planted_row_is_among_the_first_three_and_says_why(name):
    make, reason = PLANTED[name]
    found = mixtura.detect(make())
    first = [anomaly.row for anomaly in found.summary.anomalies[:3]]
    assert 58 in first
    if reason is not None:
        assert found.summary.anomalies[first.index(58)].reason.startswith(reason)


def test_frames_go_the_same_way_and_other_models_take_numbers_alone():
    frame = misspelt()
    detector = AnomalyDetector(random_state=0).fit(frame)
    assert detector.feature_names_in_.tolist() == ["city", "amount"]
    scores = detector.score_samples(frame)
    assert scores.argmin() == 57
    np.testing.assert_array_equal(detector.score_samples(frame.iloc[::-1]), scores[::-1])
    explanation = detector.explain(frame.iloc[[57]])
    assert explanation.flagged_cells.tolist() == [[True, False]]
    kind = detector._kinds["city"]
    assert kind.speak(explanation.repaired[0, 0]) == "Oslo"
    with pytest.warns(UserWarning, match="without columns 'city'"):
        assert IsolationForest(random_state=0).fit(frame).feature_names_in_.tolist() == ["amount"]


def test_a_level_never_seen_is_told_as_it_stands(tmp_path):
    frame = misspelt()
    found = mixtura.detect(frame, rate=0.02)
    mixtura.save(found.model, tmp_path / "m.model")
    model = mixtura.load(tmp_path / "m.model")
    assert model == found.model
    new = pd.DataFrame({"amount": [10.0, 10.0], "city": ["Bergen", "Atlantis"], "more": [1, 2]})
    scored = mixtura.score(model, new)
    first = scored.summary.anomalies[0]
    assert first.row == 2
    assert "city = 'Atlantis'" in first.reason
    assert "no row fitted has; expected" in first.reason
    assert first.anomaly_score > model.threshold
    assert "'Atlantis' (1)" in str(scored.summary.news[0])


@pytest.mark.filterwarnings("ignore:.*without columns")
@needs_shared("mixed")
def test_rows_that_another_program_names_are_among_the_first():
    # Rows that OutlierTree's README names, and the satellite IBEX, whose period is wrong.
    rows = {"hypothyroid": ([745, 1138, 2230], 0.01), "satellites": ([520], 5 / 1164)}
    for name, (expected, share) in rows.items():
        frame = pd.read_csv(SHARED / "mixed" / f"{name}.csv")
        scores = AnomalyDetector(random_state=0).fit(frame).score_samples(frame)
        first = scores.argsort()[: round(share * len(frame))] + 1
        assert set(expected) <= set(first.tolist())


@needs_shared("mixed")
def test_a_number_that_is_wrong_given_a_level_is_told_so():
    anomalies = mixtura.detect(SHARED / "mixed" / "hypothyroid.csv").summary.anomalies
    reason = next(anomaly for anomaly in anomalies if anomaly.row == 1138).reason
    assert reason.startswith("age = 75; a row with pregnant 'True' has about 32.")


@pytest.mark.parametrize(("n_rows", "is_reason"), [(80, False), (10, True)])
def test_a_common_level_that_no_other_column_tells_is_no_reason(n_rows, is_reason):
    codes = np.repeat([0.0, 1.0, 2.0], [500, 400, n_rows])[:, None]
    explainer = MixedExplainer(
        None, LevelVotes.of(codes, (3,)), lambda rows: -9.0 * (rows[:, 0] == 2), codes, np.array([0]), least=-1.0
    )
    found = explainer(np.array([[2.0]]))
    assert found.flagged_cells.tolist() == [[is_reason]]
    assert found.score_after == (0.0 if is_reason else -9.0)


def test_a_level_that_nearly_all_rows_have_tells_no_number():
    rng = np.random.default_rng(6)
    shown = rng.random(2000) < 0.05
    price = np.where(shown, rng.normal(4.4, 1.2, 2000), rng.normal(4.5, 0.3, 2000)).round(2)
    shown[7], price[7] = False, 12.0
    first = mixtura.detect(pd.DataFrame({"shown": shown, "price": price})).summary.anomalies[0]
    assert first.reason.startswith("price = 12; nine in ten rows have ")


def test_a_table_of_levels_alone_has_no_mixtures(tmp_path):
    model = mixtura.detect(pairs()).model
    assert model.model.numbers is None
    mixtura.save(model, tmp_path / "m.model")
    rows = np.array([[0.0, 0.0], [np.nan, 1.0], [9.0, 1.0]])
    np.testing.assert_array_equal(mixtura.load(tmp_path / "m.model").scores(rows), model.scores(rows))


def test_a_number_among_numbers_has_the_score_that_levels_leave_it():
    frame = pd.DataFrame({"x": amounts(), "kind": ["a", "b"] * 50})
    frame.loc[57, "x"] = 400
    found = mixtura.detect(frame)
    assert found.summary.anomalies[0].row == 58
    assert found.summary.anomalies[0].reason.startswith("x = 400; ")


def test_a_repaired_table_has_the_levels_expected_and_keeps_forms(tmp_path):
    frame = misspelt()
    frame["code"] = np.roll(forms()["code"], 9)
    mixtura.detect(frame, rate=0.02, repaired=tmp_path / "r.csv")
    repaired = pd.read_csv(tmp_path / "r.csv")
    assert repaired["city"][57] == "Oslo"
    assert repaired["code"].tolist() == frame["code"].tolist()


def test_columns_of_other_kinds_that_a_reference_lacks_are_left_out():
    frame = misspelt()
    found = mixtura.detect(frame, reference=frame[["amount"]], rate=0.05)
    assert found.model.columns == ("amount",)
    assert [(column.name, column.reason) for column in found.summary.table.left_out] == [
        ("city", "not in the reference")
    ]


def test_a_repair_may_be_off_what_is_told_of_a_column_where_no_row_fitted_is():
    places = pairs().drop(index=57).reset_index(drop=True)
    detector = AnomalyDetector(random_state=0).fit(places)
    other = pd.DataFrame({"city": ["Berlin", "Rome"], "country": ["FR", "IT"]})
    scores = detector.score_samples(other)
    assert scores[0] < scores[1]


def test_the_most_frequent_of_many_levels_is_called_so():
    states = [f"{first}{second}" for first in "ABCDEFG" for second in "abcdefg"] * 8
    states[57] = "Total"
    found = mixtura.detect(pd.DataFrame({"state": states}), rate=0.002)
    assert found.summary.anomalies[0].reason.startswith(
        "state = 'Total', which 1 of 392 rows has; the most frequent is 'Aa'."
    )


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("column", "reason"),
    [("age", "Ordinary; age is missing (99.8% of rows have it)."), ("city", "city is missing; expected '")],
)
def test_a_missing_cell_that_nearly_all_rows_have_is_told(column, reason):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "city": rng.choice(["Oslo", "Rome", "Paris"], 500),
            "age": rng.integers(30, 50, 500).astype(float),
            "income": np.where(np.arange(500) % 3 == 0, np.nan, rng.integers(20, 60, 500)),
        }
    )
    frame.loc[7, column] = np.nan
    first = mixtura.detect(frame).summary.anomalies[0]
    assert first.row == 8
    assert first.reason.startswith(reason)
