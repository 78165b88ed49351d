"""What is new in a table is told by column, with numbers, and nothing of a table that is like the first."""

import numpy as np
import pyarrow as pa
import pytest

from mixtura.columns.deciding import kind_of
from mixtura.columns.known import Known
from mixtura.columns.looked import Looked
from mixtura.columns.profile import TableSeen


def looked(columns):
    table = pa.table(columns)
    seen = TableSeen.zero(table.schema).including(table, 0)
    return Looked(seen, {name: kind_of(name, column) for name, column in seen.columns.items()})


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


def test_levels_that_were_never_seen_are_counted():
    table = columns(1)
    table["town"] = np.where(np.arange(2000) < 7, "Oslo", table["town"])
    assert news(table) == ["town has 7 cells with 1 level that the fit never saw: 'Oslo' (7)"]


def test_ranges_that_are_left_are_told_with_how_far():
    table = columns(1)
    table["x"] = np.r_[-3.0, 5.0, 9.0, table["x"][3:]]
    assert news(table) == [
        "x has 1 cell below 0, the smallest of the fit: down to -3",
        "x has 2 cells above 1, the largest of the fit: up to 9",
    ]


def test_columns_that_are_gone_or_hold_something_else_come_first():
    table = columns(1)
    table["x"] = [f"{value:.3f} or so, as somebody wrote" for value in table["x"]]
    table["gaps"] = np.where(np.arange(2000) % 2, np.nan, table["gaps"])
    del table["town"]
    told = news(table)
    assert told[0] == "town is not there"
    assert told[1].startswith("x holds ")
    assert told[2].startswith("gaps lacks 5")


@pytest.mark.parametrize(("share", "is_told"), [(0.11, False), (0.3, True)])
def test_a_share_of_missing_values_has_to_differ_by_more_than_chance(share, is_told):
    table = columns(1)
    rng = np.random.default_rng(3)
    table["gaps"] = np.where(rng.random(2000) < share, np.nan, 7.0)
    assert any(line.startswith("gaps lacks") for line in news(table)) is is_told
