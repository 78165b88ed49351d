"""Copies of rows: counted, estimated in tables of very many, and the same however the table is cut."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtura.rows.looked import repeated
from mixtura.rows.looked.repeated import RowsCounted, repeated_in


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 2)), min_size=1, max_size=40),
    cut=st.integers(1, 40),
)
def test_copies_are_counted(rows, cut):
    table = pa.table({"A": pa.array([a for a, _ in rows], pa.string()), "a": [b for _, b in rows]})
    pieces = [table.slice(start, cut) for start in range(0, len(rows), cut)]
    found = repeated_in(pieces, ["A", "a"], ["a"])
    assert (found.n_copies, found.is_exact) == (len(rows) - len(set(rows)), True)
    assert found.n_nearly == len(rows) - len({a for a, _ in rows})
    if found.n_copies:
        first, second = found.rows
        assert rows[first] == rows[second]
        assert first < second
        assert first == min(rows.index(row) for row in rows if rows.count(row) > 1)
        assert second == first + 1 + rows[first + 1 :].index(rows[first])


def test_copies_of_wide_rows():
    values = np.random.default_rng(0).normal(size=(20, 600))
    values[11] = values[4]
    table = pa.table({f"x{place}": values[:, place] for place in range(600)})
    found = repeated_in([table], table.column_names, ["x0"])
    assert (found.n_copies, found.n_nearly, found.rows) == (1, 1, (4, 11))


@pytest.mark.parametrize("n_parts", [1, 7])
def test_copies_of_very_many_rows_are_estimated(monkeypatch, n_parts):
    monkeypatch.setattr(repeated, "_MOST", 2048)
    monkeypatch.setattr(repeated, "_WAITING", 8192)
    hashes = np.random.default_rng(0).integers(0, 2**64, 50_000, dtype=np.uint64)
    rows = np.append(hashes, hashes[:5000])
    counted, first = RowsCounted(), 0
    for part in np.array_split(rows, n_parts):
        counted, first = counted + RowsCounted.of(part, first), first + len(part)
    counted = counted.added_up()
    assert len(counted.hashes) <= 2048
    assert counted.halvings == 5
    assert counted.n_copies == pytest.approx(5000, rel=0.25)
    assert RowsCounted.of(rows, 0).added_up().n_copies == counted.n_copies
