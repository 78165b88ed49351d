from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtura.columns.kinds.number import Number
from mixtura.rows.columnar.arrow import cut, kind_of


@given(st.lists(st.integers(0, 40), max_size=12), st.integers(1, 25))
def test_any_batches_are_cut_into_tables_of_one_size(sizes, n_rows):
    total = sum(sizes)
    values = np.arange(total)
    bounds = np.cumsum([0, *sizes])
    batches = [pa.record_batch({"a": values[start:stop]}) for start, stop in pairwise(bounds)]
    tables = list(cut(batches, n_rows))
    assert [table.num_rows for table in tables] == [n_rows] * (total // n_rows) + [total % n_rows] * (
        total % n_rows > 0
    )
    np.testing.assert_array_equal(np.concatenate([np.arange(0), *(table["a"].to_numpy() for table in tables)]), values)


def test_cutting_keeps_no_more_than_a_block_waiting():
    taken = []

    def batches():
        for position in range(10):
            taken.append(position)
            yield pa.record_batch({"a": np.arange(4)})

    next(cut(batches(), 8))
    assert taken == [0, 1]


@pytest.mark.parametrize(
    ("arrow_type", "kind"),
    [
        (pa.int8(), "number"),
        (pa.uint64(), "number"),
        (pa.float16(), "number"),
        (pa.float32(), "float32"),
        (pa.float64(), "number"),
        (pa.decimal128(10, 2), "number"),
        (pa.bool_(), "true/false"),
        (pa.string(), "text"),
        (pa.large_string(), "text"),
        (pa.date32(), "date or time"),
        (pa.timestamp("ns", "UTC"), "date or time"),
        (pa.duration("s"), "date or time"),
        (pa.dictionary(pa.int8(), pa.int64()), "category"),
        (pa.list_(pa.float64()), "nested values"),
        (pa.null(), "nothing but missing values"),
        (pa.binary(), "binary"),
    ],
)
def test_kinds(arrow_type, kind):
    assert kind_of(arrow_type) == kind


def test_values_of_every_number_type():
    table = pa.table(
        {
            "i": pa.array([1, None, 3], pa.int64()),
            "d": pa.array([None, 1, 2], pa.float64()).cast(pa.decimal128(5, 2)),
            "f": pa.array([0.1, 0.2, 0.3], pa.float32()),
        }
    )
    values = np.column_stack([Number().decode(table.column(name)).values for name in ("f", "i", "d")])
    expected = [[np.float32(0.1), 1, np.nan], [np.float32(0.2), np.nan, 1], [np.float32(0.3), 3, 2]]
    np.testing.assert_array_equal(values, np.array(expected, dtype=float))
