"""What moved is told by column with its size; what did not is left alone at the stated rate."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats

import mixtura
from mixtura.columns.deciding.deciding import kind_of
from mixtura.columns.looked.known import Known
from mixtura.columns.looked.looked import Looked
from mixtura.columns.seen.profile import TableSeen
from mixtura.tables.moved.drift import drift_of
from mixtura.words import percent

CITIES = ("Oslo", "Paris", "Rome")


def looked(columns):
    table = pa.table(columns)
    seen = TableSeen.zero(table.schema).including(table, 0)
    return Looked.of(seen, {name: kind_of(name, column) for name, column in seen.columns.items()})


def columns(seed, n_rows=1500, *, shift=0.0, oslo=0.12, gaps=0.05):
    rng = np.random.default_rng(seed)
    others = (1 - oslo) / 2
    return {
        "age": rng.normal(34 + shift, 12, n_rows).round(),
        "income": np.where(rng.random(n_rows) < gaps, np.nan, rng.lognormal(3, 1, n_rows)),
        "city": rng.choice(CITIES, n_rows, p=[oslo, others, others]),
        "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.uniform(0, 90, n_rows), unit="D"),
    }


def drift(before, now):
    return drift_of(Known.of(looked(before)), looked(now))


def moved(before, now):
    return [(column.column, column.what, column.said) for column in drift(before, now).moved]


def test_distances_and_rates_are_those_of_scipy():
    before, now = columns(0), columns(1, 900, shift=2)
    found = {(one.column, one.what): one for one in drift(before, now).columns}
    exact = stats.ks_2samp(before["age"], now["age"], method="asymp")
    assert found["age", "numbers"].distance == pytest.approx(exact.statistic)
    assert found["age", "numbers"].p_value == pytest.approx(exact.pvalue, rel=0.1)
    rates = stats.false_discovery_control([one.p_value for one in found.values()])
    assert [one.false_discovery_rate for one in found.values()] == pytest.approx(rates)


def test_columns_that_moved_are_told_with_how_far():
    now = columns(1, shift=7, oslo=0.31, gaps=0.2)
    shares = {name: [percent(np.mean(one["city"] == name)) for one in (columns(0), now)] for name in CITIES}
    gaps = [percent(np.isnan(one["income"]).mean()) for one in (columns(0), now)]
    told = {(column, what): sorted(said.split(", ")) for column, what, said in moved(columns(0), now)}
    assert told == {
        ("age", "numbers"): ["median 34 → 41"],
        ("income", "missing"): [f"{gaps[0]} → {gaps[1]} are missing"],
        ("city", "levels"): sorted(f"{then} → {later} are {name}" for name, (then, later) in shares.items()),
    }


def test_a_change_that_leaves_the_middle_is_told_where_it_is():
    rng = np.random.default_rng(0)
    before, now = ({"x": rng.normal(0, scale, 3000).round(2)} for scale in (1, 3))
    ((_, _, said),) = moved(before, now)
    assert said.split(" are ")[0].count("%") == 2


@pytest.mark.parametrize("n_rows", [40, 400, 4000])
def test_tables_of_one_distribution_have_not_moved(n_rows):
    alarms = [moved(columns(seed, n_rows), columns(1000 + seed, n_rows)) for seed in range(20)]
    assert sum(map(bool, alarms)) <= 1


def test_many_rows_make_a_small_change_significant_and_no_alarm():
    before, now = columns(0, 60_000), columns(1, 60_000, shift=0.6)
    found = drift(before, now)
    age = next(one for one in found.columns if one.column == "age")
    assert age.p_value < 1e-6
    assert not found.has_moved


def test_levels_as_many_as_rows_have_not_moved():
    rng = np.random.default_rng(0)
    before, now = ({"name": np.array("town") + rng.zipf(1.3, 300).astype(str)} for _ in range(2))
    assert not drift(before, now).has_moved


def test_many_levels_are_told_by_how_many_are_new():
    before, now = ({"state": np.repeat([f"state {n}" for n in range(first, first + 24)], 20)} for first in (0, 24))
    assert moved(before, now) == [("state", "levels", "100% are levels that the fit never saw")]


def test_one_value_in_each_table_goes_on():
    before, now = ({"month": np.full(200, month), "word": [str(month) + "nd"] * 200} for month in (1, 2))
    found = drift(before, now)
    assert {one.column for one in found.columns if one.goes_on} == {"month", "word"}
    assert not found.has_moved


def test_dates_that_follow_the_former_ones_go_on():
    later = columns(1)
    later["day"] = later["day"] + pd.Timedelta(days=91)
    found = drift(columns(0), later)
    assert [one.column for one in found.columns if one.goes_on] == ["day"]
    assert not found.has_moved
    # Within the former ones they are expected to be as they were.
    first = columns(1)
    first["day"] = first["day"].min() + (first["day"] - first["day"].min()) / 3
    assert [one.column for one in drift(columns(0), first).moved] == ["day"]


def test_a_saved_model_tells_the_same_of_frames_and_of_its_own_table(tmp_path):
    table = pd.DataFrame(columns(0))
    model = mixtura.detect(table, rate=0.02).model
    mixtura.save(model, tmp_path / "a.model")
    model = mixtura.load(tmp_path / "a.model")
    own = mixtura.score(model, table).drift
    assert not own.has_moved
    assert {one.distance for one in own.columns} == {0.0}
    assert own.scores.distance == 0.0
    assert own.scores.share_before == own.scores.share_now == pytest.approx(0.02)
    other = mixtura.score(model, pd.DataFrame(columns(1, shift=30)), rate=0.02).drift
    assert [one.column for one in other.moved] == ["age"]
    assert other.scores.has_moved
    assert other.scores.share_now is None


def test_a_reference_is_what_other_tables_are_compared_with():
    reference, table = pd.DataFrame(columns(0)), pd.DataFrame(columns(1, shift=30))
    model = mixtura.detect(table, reference=reference).model
    assert [one.column for one in mixtura.score(model, table).drift.moved] == ["age"]
    assert not mixtura.score(model, reference).drift.has_moved


def test_groups_have_columns_that_move_and_no_scores():
    model = mixtura.groups(pd.DataFrame(columns(0)), components=2).model
    found = mixtura.score(model, pd.DataFrame(columns(1, shift=30)))
    assert found.drift.scores is None
    assert "age" in [one.column for one in found.drift.moved]
    assert "age" in repr(found).split("Moved since the fit")[1]
