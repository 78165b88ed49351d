"""What is seen of parts of a table, added up, is what is seen of the whole."""

from collections import Counter
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtura.columns.deciding.deciding import as_json, kind_of
from mixtura.columns.seen import profile
from mixtura.columns.seen.levels import Levels
from mixtura.columns.seen.profile import TableSeen

_NUMBERS = st.one_of(st.integers(-30, 30), st.sampled_from([0.5, 0.25, 12.01, -3.125, 1e-9, 1e300, 2**53, 1e18]))
_CELLS = st.one_of(
    st.none(),
    _NUMBERS.map(str),
    st.sampled_from(
        ["007", "+5", " 12 ", "1e3", "inf", "-inf", "NA", "nan", "?", "-", "unknown", "", "1.50", ".5", "5."]
    ),
    st.sampled_from(["red", "blue ", "12 kg", "$5", "2024-01-28", "é", "a longer text, of some words"]),
)
_COLUMNS = st.lists(_CELLS, min_size=1, max_size=60)


def _seen(table, cuts=()):
    """What is seen of a table that is looked at piece by piece, and of its pieces added up."""
    edges = [0, *sorted(cuts), table.num_rows]
    pieces = [(table.slice(start, stop - start), start) for start, stop in pairwise(edges)]
    one_after_the_other, added_up = TableSeen.zero(table.schema), TableSeen.zero(table.schema)
    for piece, first_row in pieces:
        one_after_the_other = one_after_the_other.including(piece, first_row)
        added_up = added_up + TableSeen.zero(table.schema).including(piece, first_row)
    return one_after_the_other, added_up


def _facts(seen):
    """What is known of the columns, comparable."""
    return {
        name: (
            *(column.n_cells, column.n_missing, column.n_marks, column.n_numbers, column.n_infinite),
            *(column.texts, column.others, Counter(column.levels.counts), Counter(column.words.counts)),
            *(column.levels.share_distinct, column.words.share_distinct, column.words.n_distinct),
            *_facts_of(column.numbers),
            as_json(kind_of(name, column)),
        )
        for name, column in seen.columns.items()
    }


def _facts_of(numbers):
    order = (numbers.is_ascending, numbers.by_one, str(numbers.first), str(numbers.last))
    return (numbers.count, numbers.smallest, numbers.largest, numbers.decimals, numbers.divisor, *order)


def _check_the_same(table, cuts):
    whole, _ = _seen(table)
    for parts in _seen(table, cuts):
        assert _facts(parts) == _facts(whole)
        assert parts.n_rows == whole.n_rows == table.num_rows
        assert parts.sample.equals(whole.sample)
        np.testing.assert_array_equal(parts.rows, whole.rows)
        for one, other in zip(parts.columns.values(), whole.columns.values(), strict=True):
            np.testing.assert_allclose(one.numbers.total, other.numbers.total, rtol=1e-9, atol=1e-6)
            np.testing.assert_allclose(one.numbers.squares, other.numbers.squares, rtol=1e-9, atol=1e-6)


@given(_COLUMNS, st.lists(st.integers(0, 60), max_size=4))
def test_texts_in_any_cut(cells, cuts):
    table = pa.table({"a": pa.array(cells, pa.string())})
    _check_the_same(table, [min(cut, len(cells)) for cut in cuts])


@given(st.lists(st.one_of(st.none(), _NUMBERS), min_size=1, max_size=60), st.lists(st.integers(0, 60), max_size=4))
def test_numbers_in_any_cut(cells, cuts):
    whole = [None if cell is None or abs(cell) > 2**60 else int(cell) for cell in cells]
    days = pa.array([None if cell is None else cell % 10_000 for cell in whole], pa.int32())
    table = pa.table(
        {
            "double": pa.array([None if cell is None else float(cell) for cell in cells], pa.float64()),
            "integer": pa.array(whole, pa.int64()),
            "date": days.cast(pa.date32()),
            "flag": pa.array([None if cell is None else cell > 0 for cell in whole], pa.bool_()),
            "category": pa.array([None if cell is None else str(cell % 3) for cell in whole]).dictionary_encode(),
        }
    )
    _check_the_same(table, [min(cut, len(cells)) for cut in cuts])


def test_the_sample_is_the_same_in_any_cut_of_more_rows_than_it_has(monkeypatch):
    monkeypatch.setattr(profile, "_MOST_ROWS", 100)
    table = pa.table({"a": np.arange(1500), "b": [f"row {row}" for row in range(1500)]})
    whole, _ = _seen(table)
    assert whole.sample.num_rows == 100
    assert whole.sample.column("a").to_pylist() == whole.rows.tolist()
    for cuts in ([1, 2, 3], [1499], [50, 100, 150, 700], range(7, 1500, 7)):
        for parts in _seen(table, cuts):
            np.testing.assert_array_equal(parts.rows, whole.rows)
            assert parts.sample.equals(whole.sample)


def test_the_number_of_threads_changes_nothing(monkeypatch):
    rng = np.random.default_rng(3)
    table = pa.table({f"x{i}": [str(value) for value in rng.integers(0, 50, 5000)] for i in range(8)})
    alone, _ = _seen(table)
    monkeypatch.setattr(profile, "_FEWEST_CELLS_FOR_THREADS", 0)
    for n_threads in (1, 2, 5):
        monkeypatch.setattr(pa, "cpu_count", lambda n_threads=n_threads: n_threads)
        assert _facts(_seen(table)[0]) == _facts(alone)


@pytest.mark.parametrize("texts", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_counts_are_too_small_by_the_stated_error_at_most(seed, texts):
    rng = np.random.default_rng(seed)
    values = (rng.zipf(1.3, 6000) % 3000).tolist()
    if texts:
        values = [f"v{value}" for value in values]
    levels = Levels(most=256)
    edges = [0, *sorted(rng.integers(0, 6000, 12)), 6000]
    for start, stop in pairwise(edges):
        part = pa.array(values[start:stop])
        # Some parts are looked at by themselves, and added.
        levels = levels + Levels(most=256).including(part) if rng.random() < 0.5 else levels.including(part)
    true, error = Counter(values), levels.added_up().error
    assert not levels.is_exact
    assert 0 < error < 6000
    assert len(levels.counts) <= 256
    for value, n in levels.counts.items():
        assert true[value] - error <= n <= true[value]
    assert all(n <= error for value, n in true.items() if value not in levels.counts)
    value, n = max(levels.counts.items(), key=lambda level: level[1])
    assert true[value] >= max(true.values()) - error


@pytest.mark.parametrize("most", [300, 1000])
def test_levels_are_exact_up_to_the_most_that_are_kept(most):
    values = [str(value) for value in range(most)]
    levels = Levels(most=most).including(pa.array(values)).including(pa.array(values[::-1]))
    assert levels.is_exact
    assert levels.n_distinct == most
    assert levels.share_distinct == 0.5
    assert not levels.including(pa.array(["one more"])).is_exact


def test_some_levels_stand_for_all():
    counts = {"often": 4000, **{f"once {i}": 1 for i in range(6000)}}
    levels = Levels().including(pa.array([text for text, n in counts.items() for _ in range(n)]))
    some = levels.some(100)
    assert len(some) == 100
    assert some["often"] == 4000
    assert abs(sum(some.values()) - 10_000) <= 100


def test_long_texts_take_bounded_memory():
    levels = Levels()
    for block in range(40):
        levels = levels.including(pa.array([f"{block} {row} " + "x" * 50_000 for row in range(100)]))
    assert not levels.is_exact
    assert sum(part.nbytes for part in levels.added_up().parts) <= 2**26


_VALUES = [3, 1, None, 7, 7, 3, 12, 40, 5, 2, 9, 100] * 3


def _of_type(arrow_type):
    if pa.types.is_decimal(arrow_type):
        return pa.array([None if value is None else Decimal(value) for value in _VALUES], arrow_type)
    return pa.array(_VALUES, pa.int64()).cast(pa.float64()).cast(arrow_type)


@pytest.mark.parametrize(
    "arrow_type",
    [
        *(pa.int8(), pa.int64(), pa.uint16(), pa.float32(), pa.float16(), pa.float64(), pa.decimal128(9, 2)),
        *(pa.string(), pa.large_string(), pa.string_view()),
    ],
    ids=str,
)
def test_numbers_of_any_type_are_whole_numbers(arrow_type):
    cells = _of_type(arrow_type)
    seen, _ = _seen(pa.table({"a": cells}), [5, 20])
    column = seen.columns["a"]
    assert column.n_missing == 3
    assert column.numbers.count == 33
    assert (column.numbers.smallest, column.numbers.largest, column.numbers.decimals) == (1, 100, 0)
    assert column.levels.counts[7] == 6
    kind = kind_of("a", column)
    assert kind.told == "whole number"
    decoded = kind.decode(cells)
    np.testing.assert_array_equal(decoded.values[:5], [3, 1, np.nan, 7, 7])
    assert not len(decoded.strays)


def test_levels_that_are_stored_once_are_a_category_whatever_they_are():
    seen, _ = _seen(pa.table({"a": pa.array(_VALUES).dictionary_encode()}), [5, 20])
    assert seen.columns["a"].levels.counts[7] == 6
    assert kind_of("a", seen.columns["a"]).told == "category"


def test_short_floats_are_on_the_grid_that_they_were_written_on():
    cells = pa.array([0.1, 0.2, 12.3, 1000.7, 99.9, 5.5, 8.0, 7.1, 6.6, 2.5], pa.float32())
    seen, _ = _seen(pa.table({"a": cells}))
    assert kind_of("a", seen.columns["a"]).step == 0.1


def test_large_numbers_with_halves_are_not_whole():
    cells = pa.array(["1234567890.5", "1234567891", "99999999999.5"])
    seen, _ = _seen(pa.table({"a": cells}))
    assert seen.columns["a"].numbers.decimals == 1
