"""What is new in a table is told by column, with numbers, and nothing of a table that is like the first."""

import numpy as np
import pyarrow as pa
import pytest

from mixtura.columns.deciding.deciding import kind_of
from mixtura.columns.looked.known import Known
from mixtura.columns.looked.looked import Looked
from mixtura.columns.seen.profile import TableSeen


def looked(columns):
    table = pa.table(columns)
    seen = TableSeen.zero(table.schema).including(table, 0)
    return Looked.of(seen, {name: kind_of(name, column) for name, column in seen.columns.items()})


def columns(seed, n_rows=2000):
    rng = np.random.default_rng(seed)
    return {
        "x": rng.uniform(0, 1, n_rows).round(3),
        "town": rng.choice(["Berlin", "Paris", "Rome"], n_rows),
        "gaps": np.where(rng.random(n_rows) < 0.1, np.nan, rng.integers(0, 50, n_rows)),
    }


KNOWN = Known.of(looked({**columns(0), "x": np.r_[0.0, 1.0, columns(0)["x"][2:]]}))


def news(table):
    return list(map(str, KNOWN.news(looked(table))))


@pytest.mark.parametrize("seed", range(5))
def test_a_table_like_the_first_has_no_news(seed):
    assert news(columns(seed + 1)) == []


def test_json_keeps_all_of_it():
    again = Known.from_json(KNOWN.to_json())
    assert again == KNOWN
    assert again.levels == {"town": ("Berlin", "Paris", "Rome")}
    assert set(again.numbers) == {"x", "gaps"}
    assert sum(again.counts["town"]) == 2000


def test_counts_that_do_not_go_with_the_levels_are_refused():
    with pytest.raises(ValueError, match="do not go with the levels"):
        Known.from_json({**KNOWN.to_json(), "counts": {"town": [1, 2]}})


def test_levels_that_were_never_seen_are_counted():
    table = columns(1)
    table["town"] = np.where(np.arange(2000) < 7, "Oslo", table["town"])
    assert news(table) == ["town has 7 cells with 1 level that the fit never saw: 'Oslo' (7)"]


def test_ranges_that_are_left_are_told_with_how_far():
    table = columns(1)
    table["x"] = np.r_[-3.0, 5.0, 9.0, table["x"][3:]]
    assert news(table) == [
        "x has 1 cell below 0, the fitted minimum: down to -3",
        "x has 2 cells above 1, the fitted maximum: up to 9",
    ]


def test_columns_that_are_gone_or_hold_something_else_come_first():
    table = columns(1)
    table["x"] = [f"{value:.3f} or so, as somebody wrote" for value in table["x"]]
    del table["town"]
    told = news(table)
    assert told[0] == "town is not there"
    assert told[1].startswith("x holds ")
    first = KNOWN.news(looked(table), used=["x", "gaps"])[0]
    assert (first.what, first.is_expected) == ("is not there, and the model does not use it", True)


@pytest.mark.parametrize(("n_cells", "is_expected"), [(1, True), (30, False)])
def test_a_range_is_left_by_chance_by_few_cells_and_not_far(n_cells, is_expected):
    table = columns(1)
    table["x"] = np.r_[np.full(n_cells, 1.01), table["x"][n_cells:]]
    (found,) = KNOWN.news(looked(table))
    assert found.is_expected is is_expected
    table["x"][0] = 99.0
    (found,) = KNOWN.news(looked(table))
    assert not found.is_expected


def test_levels_never_seen_are_expected_where_many_were_seen_once():
    names = np.random.default_rng(0).zipf(1.5, 4000).astype(str)
    names = np.array("town") + names
    (found,) = Known.of(looked({"name": names[:2000]})).news(looked({"name": names[2000:]}))
    assert found.is_expected
    (found,) = KNOWN.news(looked({**columns(1), "town": np.where(np.arange(2000) < 1, "Oslo", "Rome")}))
    assert not found.is_expected


def test_one_value_in_each_table_tells_the_tables_apart():
    january, february = ({"month": np.full(100, month), "y": np.arange(100.0) % 7} for month in (1, 2))
    (found,) = Known.of(looked(january)).news(looked(february))
    assert found.is_expected
