"""Rows are judged within their segment: what is odd there is found, and what is usual there is not."""

import re

import numpy as np
import pandas as pd
import pytest

import mixtura
from mixtura.errors import ColumnError, DataError, RequestError

PLACES = {"North": 100, "South": 150, "East": 220, "West": 60}
SPREADS = {"North": 5, "South": 8, "East": 10, "West": 3}
GOODS = {"North": [0.9, 0.1, 0], "South": [0, 0.1, 0.9], "East": [0.1, 0.9, 0], "West": [0.5, 0, 0.5]}


def orders(seed=0, n_rows=1200):
    """Orders of four regions, which differ in amount, and in what is sold."""
    rng = np.random.default_rng(seed)
    region = rng.choice(list(PLACES), n_rows, p=[0.4, 0.3, 0.2, 0.1])
    amount = np.array([rng.normal(PLACES[one], SPREADS[one]) for one in region])
    goods = [rng.choice(["tea", "cocoa", "rum"], p=GOODS[one]) for one in region]
    kg = rng.gamma(3, 2, n_rows)
    return pd.DataFrame({"region": region, "amount": amount.round(2), "goods": goods, "kg": kg.round(2)})


def planted():
    """Row 8 has an amount of another region, row 12 is sold elsewhere; three rows are of a small, far region."""
    table = orders()
    table.loc[7, ["region", "amount", "goods", "kg"]] = ["North", 150.0, "tea", 5.0]
    table.loc[11, ["region", "amount", "goods", "kg"]] = ["North", 101.0, "rum", 5.0]
    far = pd.DataFrame({"region": "Isle", "amount": [880.0, 905.0, 894.0], "goods": "fish", "kg": [4.0, 6.0, 9.0]})
    return pd.concat([table, far], ignore_index=True)


@pytest.fixture(scope="module")
def found():
    return mixtura.detect(planted(), by="region", rate=0.02)


def test_what_is_odd_in_its_segment_comes_first(found):
    first = found.summary.anomalies[0]
    second = next(row for row in found.summary.anomalies[:4] if row.row == 12)
    assert (first.row, first.column, second.column) == (8, "amount", "goods")
    assert first.reason.startswith("amount = 150; a row with region 'North' has about 99, and all of ")
    assert second.reason.startswith("goods = 'rum'; a row with region 'North' has 'tea'.")
    assert float(first.cells[0].expected) == pytest.approx(100, abs=3)


def test_it_does_not_without_segments():
    assert {8, 12}.isdisjoint(row.row for row in mixtura.detect(planted(), drop=["region"]).summary.anomalies[:2])


def test_a_small_segment_is_not_flagged_whole(found):
    isle = next(one for one in found.summary.segments if one.levels["region"] == "Isle")
    assert (isle.n_rows, isle.n_flagged) == (3, 0)


def test_flagged_rows_are_spread_over_segments(found):
    segments = {one.levels["region"]: one for one in found.summary.segments}
    assert sum(one.n_flagged for one in segments.values()) == found.summary.decision.n_anomalies
    for region in PLACES:
        n = segments[region].n_rows
        # Within four standard errors of the share that is asked for.
        assert abs(segments[region].n_flagged - 0.02 * n) < 4 * np.sqrt(0.02 * n)


def test_segments_are_told_as_a_frame(found):
    frame = found.segments
    assert frame.columns.tolist() == ["region", "rows", "flagged", "share", "differs"]
    assert frame["rows"].sum() == 1203
    assert frame["share"].is_monotonic_decreasing
    assert frame.set_index("region").loc["East", "differs"].startswith("amount 2")
    assert "Segments: each row is judged within its region" in repr(found)


def test_without_segments_there_is_no_such_frame():
    assert mixtura.detect(orders(n_rows=60)[["amount", "kg"]]).segments is None


def test_a_model_of_segments_is_saved_and_judges_other_tables(found, tmp_path):
    found.model.save(tmp_path / "orders.model")
    model = mixtura.load(tmp_path / "orders.model")
    assert model == found.model
    assert model.by == ("region",)
    new = orders(1, 300)
    new.loc[3, "region"], new.loc[4, "region"], new.loc[5, ["region", "amount"]] = "Centre", None, ["West", 100.0]
    judged = model.detect(new)
    assert judged.summary.anomalies[0].row == 6
    # Neither a level nor a missing cell that the fit did not see is a segment.
    unknown = next(one for one in judged.summary.segments if not one.levels)
    assert unknown.n_rows == 2
    assert unknown.called == "(not seen in the fit)"
    assert "2 rows are in no segment that the model knows, and are judged by the whole table." in repr(judged)


def test_a_table_without_the_column_is_judged_by_the_whole_and_told_so(found):
    judged = found.model.detect(orders(1, 300).drop(columns="region"))
    assert judged.summary.notices[0] == "the DataFrame has no column 'region': the rows are scored without it."
    assert [(one.levels, one.n_rows) for one in judged.summary.segments] == [({}, 300)]
    assert judged.summary.decision.n_anomalies < 30


def test_explanations_are_in_the_units_of_the_table(found):
    model, table = found.model, planted()
    X = np.column_stack(
        [
            table["region"].map({r: model.kinds[0].coding.levels.index(r) for r in table["region"].unique()}),
            table["amount"],
            table["goods"].map({g: model.kinds[2].coding.levels.index(g) for g in table["goods"].unique()}),
            table["kg"],
        ]
    )
    rows = X[[7, 11, 20, 1201]].astype(float)
    explanation = model.explain(rows)
    assert explanation.flagged_cells[:, 0].tolist() == [False] * 4
    np.testing.assert_array_equal(explanation.repaired[~explanation.flagged_cells], rows[~explanation.flagged_cells])
    np.testing.assert_allclose(model.scores(explanation.repaired), explanation.score_after)
    np.testing.assert_array_equal(model.scores(rows), explanation.score_before)


def test_one_segment_changes_no_bit():
    table = orders(n_rows=200)[["amount", "goods", "kg"]]
    alone, within = mixtura.detect(table), mixtura.detect(table.assign(land="Norway"), by="land")
    assert [row.anomaly_score for row in within.summary.anomalies] == [
        row.anomaly_score for row in alone.summary.anomalies
    ]
    assert "land has the same value in every row: by makes no difference." in within.summary.notices
    assert within.summary.segments == ()


def test_missing_cells_make_a_segment_of_their_own_and_numbers_are_levels():
    rng = np.random.default_rng(0)
    year = rng.choice([2019, 2020, 2021], 600).astype(float)
    value = rng.normal(10 * (year - 2018), 1)
    year[rng.random(600) < 0.2] = np.nan
    value[np.isnan(year)] = rng.normal(200, 1, np.isnan(year).sum())
    table = pd.DataFrame({"year": year, "value": value, "other": rng.normal(size=600)})
    table.loc[0, ["year", "value"]] = [2019, 20.0]
    found = mixtura.detect(table, by="year")
    assert found.summary.anomalies[0].row == 1
    assert {one.called for one in found.summary.segments} == {"2019", "2020", "2021", "(missing)"}


def test_segments_by_two_columns():
    rng = np.random.default_rng(0)
    a, b = rng.choice(["p", "q"], 800), rng.choice(["r", "s"], 800)
    value = rng.normal(np.where(a == "p", 0, 50) + np.where(b == "r", 0, 20) * np.where(a == "p", 1, -1), 1)
    table = pd.DataFrame({"a": a, "b": b, "value": value, "other": rng.normal(size=800)})
    table.loc[0, ["a", "b", "value"]] = ["p", "r", 20.0]
    found = mixtura.detect(table, by=["a", "b"])
    assert found.summary.anomalies[0].row == 1
    assert found.summary.anomalies[0].reason.startswith("value = 20; a row with a 'p' and b 'r' has about ")
    assert {one.called for one in found.summary.segments} == {"p, r", "p, s", "q, r", "q, s"}


def test_a_file_has_the_bits_of_its_frame_on_any_number_of_threads(tmp_path, monkeypatch):
    table = orders(n_rows=500)
    table.to_csv(tmp_path / "orders.csv", index=False)
    frame = mixtura.detect(table, by="region", rate=0.05).flagged["anomaly_score"]
    monkeypatch.setenv("MIXTURA_THREADS", "1")
    file = mixtura.detect(tmp_path / "orders.csv", by="region", rate=0.05).flagged["anomaly_score"]
    np.testing.assert_array_equal(frame, file)


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        (
            {"by": "amount"},
            DataError,
            "by='amount' makes 294 segments of 300 rows: name a column with at most 1,000 diff",
        ),
        ({"by": "code"}, DataError, "by='code' makes 150 segments of 300 rows: name a column with at most 1,000"),
        ({"by": "regoin"}, ColumnError, "no column 'regoin'"),
        ({"by": "region", "model": "forest"}, RequestError, "by needs model='auto', not forest"),
        ({"by": "region", "drop": ["region"]}, RequestError, "by='region' and drop contradict each other"),
        ({"by": "region", "kinds": {"region": "text"}}, RequestError, "leave out kinds={'region': 'text'}"),
        ({"by": "region", "columns": ["region"]}, DataError, "by='region' leaves no column to judge rows by"),
    ],
)
def test_what_makes_no_segments_is_refused_in_one_sentence(asked, error, said):
    table = orders(n_rows=300).assign(code=[f"A{k // 2}" for k in range(300)])
    with pytest.raises(error, match=re.escape(said)):
        mixtura.detect(table, **asked)


def test_an_array_has_no_segments():
    with pytest.raises(RequestError, match="by needs a table whose columns have names, not the array: give a datafr"):
        mixtura.detect(np.zeros((20, 2)), by="x0")


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("segment_keys", lambda a: a[::-1], "ascending"),
        ("segment_centers", lambda a: a * np.inf, "finite"),
        ("segment_factors", lambda a: a * 0, "positive"),
        ("segment_counts", lambda a: a[1:], "wrong sizes"),
        ("segment_levels", lambda a: a[:, 1:], "two numbers"),
    ],
)
def test_what_no_fit_finds_is_refused(found, name, change, said):
    model = found.model.model
    arrays = model.arrays()
    with np.errstate(invalid="ignore"):
        arrays[name] = change(arrays[name])
    with pytest.raises(ValueError, match=said):
        type(model).from_arrays(arrays, model.settings())


def test_a_page_and_its_data_tell_the_segments(found):
    assert '<h2 id="segments-title">The segments</h2>' in found.page
    assert [one.called for one in found.report_data.summary.segments] == [one.called for one in found.summary.segments]
