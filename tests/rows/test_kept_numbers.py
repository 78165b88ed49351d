"""What the look at a table keeps is what reading it again gives, and only where all cells are plain numbers."""

import numpy as np
import pyarrow as pa
import pytest

from mixtura import rows
from mixtura.columns.number import Number
from mixtura.columns.writing import writing_of
from mixtura.rows.kept_numbers import KeptNumbers


def kept_of(columns, parts=3):
    table = pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})
    kept = KeptNumbers(table.column_names)
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
    found = np.concatenate(list(kept.blocks(["b", "a"], 300, np.float64)))
    expected = np.column_stack([np.arange(1000.0), Number().decode(table.column("a")).values])
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("late", ["12.x", "inf"])
def test_a_cell_that_does_not_fit_ends_it(late):
    kept, _ = kept_of({"a": ["1"] * 100 + [late], "b": ["2"] * 101})
    assert kept.holds(["b"], {"b": Number()})
    assert not kept.holds(["a"], {"a": Number()})


def test_other_ways_to_read_numbers_are_not_those_that_are_kept():
    kept, _ = kept_of({"a": [str(k) for k in range(50)]})
    assert not kept.holds(["a"], {"a": Number(missing=("7",))})
    assert not kept.holds(["a"], {"a": Number(writing_of({f"{k} kg": 1 for k in range(50)}))})


def test_the_first_reading_and_the_second_are_the_same(tmp_path):
    numbers = np.random.default_rng(1).normal(size=(70_000, 3))
    path = tmp_path / "t.csv"
    np.savetxt(path, numbers, delimiter=",", header="a,b,c", comments="", fmt="%.17g")
    table = rows.open(path)
    readings = [np.concatenate([block.values for block in table.blocks()]) for _ in range(2)]
    np.testing.assert_array_equal(readings[0], numbers)
    np.testing.assert_array_equal(readings[1], numbers)
