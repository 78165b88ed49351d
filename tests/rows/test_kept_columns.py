"""What the look at a table keeps is what reading it again gives, and only where all cells fit their columns."""

import numpy as np
import pyarrow as pa
import pytest

from mixtura import rows
from mixtura.columns.kinds.category import Category
from mixtura.columns.kinds.level_codes import LevelCodes
from mixtura.columns.kinds.number import Number
from mixtura.columns.written.writing import writing_of
from mixtura.rows.looked.kept_columns import KeptColumns


def kept_of(columns, parts=3):
    table = pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})
    kept = KeptColumns(table.column_names)
    size = -(-table.num_rows // parts)
    for start in range(0, table.num_rows, size):
        kept.including(table.slice(start, size))
    return kept, table


def test_numbers_come_back_bit_for_bit():
    numbers = np.random.default_rng(0).normal(size=1000)
    cells = ["NA" if k % 7 == 0 else repr(value) for k, value in enumerate(numbers.tolist())]
    kept, table = kept_of({"a": cells, "word": ["x"] * 1000, "b": [str(k) for k in range(1000)]})
    kinds = {"a": Number(), "b": Number(), "word": Number()}
    assert kept.holds(["b", "a"], kinds)
    assert not kept.holds(["a", "word"], kinds)
    found = np.concatenate(list(kept.blocks(["b", "a"], kinds, 300, np.float64)))
    expected = np.column_stack([np.arange(1000.0), Number().decode(table.column("a")).values])
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("late", ["12.x", "inf"])
def test_a_cell_that_does_not_fit_ends_it(late):
    kept, _ = kept_of({"a": ["1"] * 100 + [late], "b": ["2"] * 101})
    assert kept.holds(["b"], {"b": Number()})
    assert not kept.holds(["a"], {"a": Number()})


def test_numbers_that_are_written_otherwise_come_back_where_they_recur():
    kept, table = kept_of({"a": [str(k % 50) for k in range(1000)], "b": [f"{k % 50} kg" for k in range(1000)]})
    kinds = {"a": Number(missing=("7",)), "b": Number(writing_of({f"{k} kg": 1 for k in range(50)}))}
    assert kept.holds(["a", "b"], kinds)
    found = np.concatenate(list(kept.blocks(["a", "b"], kinds, 300, np.float64)))
    for position, name in enumerate(kinds):
        np.testing.assert_array_equal(found[:, position], kinds[name].decode(table.column(name)).values)


def test_levels_come_back_as_codes_and_missing_ones_too():
    cells = [None if k % 7 == 0 else f"level {k % 11}" for k in range(1000)]
    kept, _ = kept_of({"a": cells, "b": [str(k) for k in range(1000)]})
    kinds = {"a": Category(coding=LevelCodes(tuple(f"level {k}" for k in range(10)))), "b": Number()}
    assert kept.holds(["a", "b"], kinds)
    found = np.concatenate(list(kept.blocks(["a", "b"], kinds, 300, np.float64)))
    expected = [np.nan if k % 7 == 0 else float(k % 11) for k in range(1000)]
    np.testing.assert_array_equal(found, np.column_stack([expected, np.arange(1000.0)]))


def test_texts_that_hardly_recur_are_not_kept():
    kept, _ = kept_of({"a": [f"x{k}" for k in range(20_000)]})
    assert not kept.holds(["a"], {"a": Category(coding=LevelCodes(("x0",)))})


def test_the_first_reading_and_the_second_are_the_same(tmp_path):
    numbers = np.random.default_rng(1).normal(size=(70_000, 3))
    path = tmp_path / "t.csv"
    np.savetxt(path, numbers, delimiter=",", header="a,b,c", comments="", fmt="%.17g")
    table = rows.open(path)
    readings = [np.concatenate([block.values for block in table.blocks()]) for _ in range(2)]
    np.testing.assert_array_equal(readings[0], numbers)
    np.testing.assert_array_equal(readings[1], numbers)
