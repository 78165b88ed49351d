"""What columns of a Dask frame hold is found by one pass over its partitions, as it is for a dataframe."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import mixtura
from mixtura import rows
from mixtura.columns.kinds.number import Number
from mixtura.errors import ColumnError
from problems import open_dask

N_ROWS = 90
FRAME = pd.DataFrame(
    {
        "n": np.random.default_rng(0).normal(size=N_ROWS),
        "price": [f"${row % 50}.50" for row in range(N_ROWS)],
        "word": [("red", "green", "blue")[row % 3] for row in range(N_ROWS)],
        "level": pd.Categorical([("low", "high", "top")[row // 30] for row in range(N_ROWS)]),
        "mixed": pd.Series(["bad" if row == 40 else row % 9 for row in range(N_ROWS)], dtype=object),
        "holes": pd.Series([None] * 45 + [2.5, 3.5, 4.5] * 15, dtype=object),
        "exact": pd.Series([Decimal("1.25"), Decimal("2.50")] * 45, dtype=object),
        "day": pd.date_range("2020-01-01", periods=N_ROWS),
    }
)


@pytest.fixture
def split(need):
    """Split a frame into partitions, the second of which is empty; Dask leaves objects as they are."""
    delayed, from_delayed = need("dask").delayed, need("dask.dataframe").from_delayed
    config = need("dask").config

    def split(frame):
        parts = [frame[:30], frame[:0], frame[30:45], frame[45:]]
        with config.set({"dataframe.convert-string": False}):
            return from_delayed([delayed(part) for part in parts], meta=frame[:0], verify_meta=False)

    return split


def opened(split, **choice):
    return open_dask(split(FRAME), non_numeric="drop", missing="allow", **choice)


def test_the_kinds_are_those_of_the_dataframe(split):
    found = opened(split)
    expected = rows.open(FRAME, non_numeric="drop", missing="allow")
    assert found.kinds == expected.kinds
    assert found.columns == expected.columns == ("n", "price", "mixed", "holes", "exact")
    assert found.left_out == expected.left_out


def test_what_was_seen_adds_up_over_the_partitions(split):
    found, expected = opened(split).seen, rows.open(FRAME, non_numeric="drop").seen
    assert found.n_rows == expected.n_rows == N_ROWS
    assert found.sample.equals(expected.sample.cast(found.sample.schema))
    for name, column in expected.columns.items():
        assert found.columns[name].n_missing == column.n_missing
        assert found.columns[name].n_numbers == column.n_numbers
        assert found.columns[name].others == column.others


def test_the_numbers_and_cells_that_do_not_fit_are_those_of_the_dataframe(split):
    found, expected = opened(split), rows.open(FRAME, non_numeric="drop", missing="allow")
    np.testing.assert_array_equal(
        np.concatenate([block.values for block in found.blocks()]),
        np.concatenate([block.values for block in expected.blocks()]),
    )
    strays = [(block.first_row, block.strays) for block in found.blocks() if block.strays is not None]
    ((first_row, stray),) = strays
    assert (first_row + stray.rows[0], stray.columns.tolist()) == (40, [2])


def test_tables_hold_what_the_partitions_hold(split):
    tables = [table for table, _ in opened(split).tables()]
    (expected,) = [table for table, _ in rows.open(FRAME, non_numeric="drop", missing="allow").tables()]
    for name in FRAME:
        cells = [cell for table in tables for cell in table.column(name).to_pylist()]
        assert cells == expected.column(name).to_pylist()
        assert len({table.schema.field(name).type for table in tables}) == 1


def test_numbers_alone_are_told_by_their_types(split, monkeypatch):
    looked = []
    monkeypatch.setattr("mixtura.engines.dask_rows.seen_in_partition", lambda *_: looked.append(1))
    table = open_dask(split(pd.DataFrame({"id": range(N_ROWS), "n": FRAME["n"]})))
    assert table.columns == ("id", "n")
    assert table.kinds == {"id": Number(), "n": Number()}
    assert table.seen is None
    assert not looked


def test_known_kinds_are_not_looked_for(split):
    known = opened(split).kinds
    table = opened(split, columns=["price", "mixed"], kinds=known)
    assert table.seen is None
    assert table.kinds["price"] == known["price"]
    assert opened(split, columns=["price"]).columns == ("price",)


def test_a_kind_may_be_asked_for(split):
    table = opened(split, kinds={"mixed": "category"})
    assert table.kinds["mixed"].name == "category"


def test_marks_of_missing_values(split):
    frame = FRAME[["n"]].assign(m=["gone" if row % 2 else str(row) for row in range(N_ROWS)])
    table = open_dask(split(frame), missing="allow", non_numeric="drop", missing_marks=("gone",))
    assert table.columns == ("n", "m")
    assert np.isnan(np.concatenate([block.values for block in table.blocks()])[1::2, 1]).all()


def test_columns_without_numbers_may_be_an_error(split):
    with pytest.raises(ColumnError, match=r"columns 'word', 'level' and 'day' of .* do not hold numbers"):
        open_dask(split(FRAME), missing="allow")


def test_text_as_dask_reads_it_is_text(need):
    table = open_dask(need("dask.dataframe").from_pandas(FRAME, npartitions=2), non_numeric="drop", missing="allow")
    assert table.columns == ("n", "price", "mixed", "holes", "exact")
    assert table.kinds["word"].name == "category"


def test_detect_takes_a_frame_of_any_types(split):
    found = mixtura.detect(split(FRAME), rate=0.05)
    assert {"word", "level", "day"} <= set(found.summary.table.columns)
    assert {"row", *FRAME} <= set(found.flagged.columns)
