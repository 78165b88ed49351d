from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from mixtura.rows.looked.cells import cells_of


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([1, None], ["1", ""]),
        ([1.0, 0.1], ["1", "0.1"]),
        ([-0.5, 1e300], ["-0.5", "1e+300"]),
        ([float("nan"), float("inf")], ["", "inf"]),
        ([True, False], ["true", "false"]),
        ([date(2020, 2, 29), None], ["2020-02-29", ""]),
        ([datetime(2020, 2, 29, 12, 30, tzinfo=UTC)] * 2, ["2020-02-29 12:30:00+00:00"] * 2),
        ([Decimal("12.30"), None], ["12.30", ""]),
        ([b"\x00\xff", b""], ["00ff", ""]),
        ([[1, 2], []], ["[1, 2]", "[]"]),
        ([{"a": "é"}, {"a": None}], ['{"a": "é"}', '{"a": null}']),
        (["x" * 30, "x" * 31], ["x" * 30, "x" * 29 + "…"]),
    ],
)
def test_cells_read_as_people_write_them(need, values, texts):
    table = need("pyarrow").table({"column": values})
    assert cells_of(table, [0, 1], ["column"], most=30) == [(text,) for text in texts]


def test_rows_and_columns_come_in_the_order_asked_for(need):
    table = need("pyarrow").table({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    assert cells_of(table, [2, 0], ["b", "a"], most=9) == [("z", "3"), ("x", "1")]
    assert cells_of(table, [], ["b"], most=9) == []
    assert cells_of(table, [1, 2], [], most=9) == [(), ()]


def test_what_python_does_not_have_is_written_by_arrow(need):
    pa = need("pyarrow")
    table = pa.table(
        {
            "far": pa.array([2**62, None], pa.timestamp("s")),
            "zone": pa.array([0, 0], pa.timestamp("s", "Mars/Olympus")),
            "bytes": pa.Array.from_buffers(
                pa.string(), 2, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")]
            ),
            "fine": pa.array([1, None], pa.timestamp("us")),
        }
    )
    (far, zone, broken, fine), (nothing, *_) = cells_of(table, [0, 1], table.column_names, most=60)
    assert "4611686018427387904" in far
    assert nothing == ""
    assert zone == broken == "…"
    assert fine == "1970-01-01 00:00:00.000001"
