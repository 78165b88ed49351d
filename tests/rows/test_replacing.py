"""Cells of a table replaced by numbers: all else stays as it is, whatever the types."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtura.rows.blocks.replacing import Cells


def cells(*triples):
    rows, columns, values = zip(*triples, strict=True)
    return Cells(np.array(rows), np.array(columns), np.array(values, dtype=float))


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        (pa.float64(), 0.1, 0.1),
        (pa.float32(), 0.1, float(np.float32(0.1))),
        (pa.float16(), 1e9, np.inf),
        (pa.int64(), 7.6, 8),
        (pa.int64(), 1e300, 2**63 - 1),
        (pa.int8(), -1000.0, -128),
        (pa.uint16(), -3.0, 0),
        (pa.decimal128(6, 2), 1.005, Decimal("1.00")),
        (pa.decimal128(6, 2), 1e300, Decimal("9999.99")),
        (pa.decimal256(60, 20), -2.5, Decimal("-2.5")),
    ],
    ids=str,
)
def test_a_column_keeps_its_type(kind, value, written):
    column = pa.chunked_array([pa.array([1, None], kind), pa.array([3], kind)])
    table = pa.table({"other": ["a", "b", "c"], "x": column})
    after = cells((2, 0, value)).put_in(table, ["x"])
    assert after.schema == table.schema
    assert after.column("x").to_pylist() == [*table.column("x").to_pylist()[:2], written]
    assert after.column("other").equals(table.column("other"))


@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 2), st.floats(-1e6, 1e6)),
        min_size=1,
        unique_by=lambda one: one[:2],
    )
)
def test_each_cell_gets_its_number_and_no_other_changes(triples):
    values = np.arange(27.0).reshape(9, 3)
    table = pa.table({"c": values[:, 2], "text": list("abcdefghi"), "a": values[:, 0], "b": values[:, 1]})
    after = cells(*triples).put_in(table, ["a", "b", "c"])
    for row, column, value in triples:
        values[row, column] = value
    assert after.column_names == table.column_names
    np.testing.assert_array_equal(np.column_stack([after.column(name) for name in "abc"]), values)
    assert after.column("text").equals(table.column("text"))


def test_no_cells_leave_the_table_as_it_is():
    table = pa.table({"a": [1, 2]})
    nothing = np.zeros(0, np.int64)
    assert Cells(nothing, nothing, np.zeros(0)).put_in(table, ["a"]) is table
