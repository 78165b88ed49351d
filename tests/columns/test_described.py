"""What a table holds: figures against known answers, the same however the table is cut, and through JSON."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtura.columns.looked.described import MOST_COLUMNS, Level, Profile, Stray, profile_of
from mixtura.rows.looked.looking import look


def looked(columns, *, cut=None, **reading):
    table = pa.table(columns)
    size = cut or max(1, table.num_rows)
    pieces = [table.slice(start, size) for start in range(0, table.num_rows, size)]
    return look(lambda: pieces, **reading)


def profiled(columns, **options):
    return profile_of(looked(columns, **options))


def column(columns, name, **options):
    return next(one for one in profiled(columns, **options).columns if one.name == name)


def through_json(profile):
    return Profile.from_json(json.loads(json.dumps(profile.to_json(), allow_nan=False)))


def test_numbers_in_text():
    cells = ["1", "2", "2", None, "NA", "-", "12.x", *["3"] * 13]
    found = column({"price": cells}, "price")
    assert (found.kind, found.is_used) == ("number", True)
    assert (found.n_missing, found.n_strays, found.n_distinct, found.is_counted) == (3, 1, 3, True)
    assert found.levels == (Level("3", 13), Level("2", 2), Level("1", 1))
    assert found.strays == (Stray(7, "12.x"),)
    assert found.extent.numbers == (1, 1, 3, 3, 3, 3, 3)
    assert (found.extent.is_exact, found.extent.error) == (True, 0)


def test_marks_of_the_user_are_missing_values():
    cells = [-200.0, -200.0, *np.arange(1.0, 31.0)]
    found = column({"x": cells}, "x", missing_marks=["-200"])
    assert (found.n_missing, found.extent.numbers[0], found.extent.numbers[-1]) == (2, 1, 30)
    assert column({"x": cells}, "x").extent.numbers[0] == -200
    found = column({"word": ["a", "b", "unknown"] * 20}, "word", missing_marks=["unknown"])
    assert (found.n_missing, found.n_distinct) == (20, 2)


def test_a_column_is_read_as_what_it_is_said_to_be():
    codes = [1, 2, 3] * 20
    assert column({"code": codes}, "code", kinds={"code": "category"}).kind == "category"


def test_levels_with_counts():
    found = column({"town": ["Oslo"] * 30 + ["Bergen"] * 20 + [None] * 10}, "town")
    assert found.kind == "category"
    assert found.levels == (Level("Oslo", 30), Level("Bergen", 20))
    assert (found.n_missing, found.shapes) == (10, (("Aaaa", 30), ("Aaaaaa", 20)))


def test_dates_are_told_as_they_are_written():
    found = column({"day": [f"{day:02}.03.2024" for day in range(1, 29)] * 2}, "day")
    assert (found.kind, found.extent.smallest, found.extent.largest) == ("date", "01.03.2024", "28.03.2024")
    assert found.extent.numbers == ()


def test_quantiles_of_a_sample_are_as_right_as_they_say():
    values = np.random.default_rng(0).permutation(200_000).astype(float) + 0.5
    found = column({"x": values}, "x")
    assert not found.is_counted
    assert 0 < found.extent.error < 0.02
    for share, value in zip((0.05, 0.25, 0.5, 0.75, 0.95), found.extent.numbers[1:-1], strict=True):
        assert abs(value / 200_000 - share) <= found.extent.error
    assert (found.extent.numbers[0], found.extent.numbers[-1], found.extent.is_exact) == (0.5, 199_999.5, True)


def test_a_wide_table_is_abridged():
    columns = {f"x{place}": [1.5, 2.5, 4.0] for place in range(MOST_COLUMNS + 7)}
    profile = profiled(columns)
    assert (profile.n_columns, len(profile.columns), profile.others) == (MOST_COLUMNS + 7, MOST_COLUMNS, {"number": 7})
    assert through_json(profile) == profile


def test_long_texts_are_cut():
    texts = ["word " * 10_000 + str(number) for number in range(30)]
    assert len(json.dumps(profiled({"text": texts}).to_json())) < 3000


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([1, 2, None] * 10, pa.int64()),
        pa.array([1.5, float("nan"), float("inf")] * 10),
        pa.array([True, False, None] * 10),
        pa.array([[1], [2], None] * 10),
        pa.array([b"a", b"b", None] * 10),
        pa.array([1, 2, None] * 10, pa.timestamp("ns")),
        pa.array([1, 2, None] * 10, pa.date32()),
        pa.array(["a", "b", None] * 10).dictionary_encode(),
        pa.array([None] * 30, pa.null()),
        pa.array([1, 2, None] * 10, pa.decimal128(5, 2)),
    ],
    ids=lambda cells: str(cells.type),
)
def test_every_type_is_told(cells):
    profile = profiled({"x": cells})
    assert through_json(profile) == profile
    assert profile.columns[0].n_missing >= 0


CELLS = st.one_of(st.none(), st.sampled_from(["", "NA", "-", "x", "7", "1.5", "$3", "2024-01-05", "Straße", " 4 "]))


@settings(max_examples=60, deadline=None)
@given(
    cells=st.lists(st.tuples(CELLS, st.one_of(st.none(), st.integers(-5, 5))), min_size=1, max_size=60),
    cut=st.integers(1, 20),
)
def test_a_profile_does_not_depend_on_where_the_table_is_cut(cells, cut):
    texts, numbers = zip(*cells, strict=True)
    columns = {"text": pa.array(texts, pa.string()), "number": pa.array(numbers, pa.int64())}
    profile = profiled(columns)
    assert profiled(columns, cut=cut) == profile
    assert through_json(profile) == profile
    for one in profile.columns:
        assert 0 <= one.n_missing + one.n_strays <= len(cells)
        assert sum(level.n for level in one.levels) <= len(cells) - one.n_missing
