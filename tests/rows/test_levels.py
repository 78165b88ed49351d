import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mixtura import rows
from mixtura.errors import ColumnError
from mixtura.rows import ScaledRows, SelectedRows, spool
from mixtura.rows.blocks.block import levels_of
from mixtura.rows.blocks.replacing import Cells
from mixtura.rows.blocks.split import SplitRows
from problems import open_dask

TEXT = """city,when,amount,ok,code,note
Oslo,2024-01-01,3.5,true,AB-12,x
Bergen,2024-01-02,4.5,true,AB-13,
Oslo,2024-01-03,1.5,false,AB-14,x
Oslo,2024-01-04,2.5,true,12-AB,x
Bergen,2024-01-05,5.5,true,AB-15,x
"""


@pytest.fixture
def path(tmp_path):
    header, *lines = TEXT.splitlines()
    file = tmp_path / "t.csv"
    many = [line.replace("AB-1", f"AB-{k}") for k in range(6) for line in lines]
    file.write_text("\n".join([header, *many]))
    return file


def opened(source, **options):
    return rows.open(source, non_numeric="drop", missing="allow", **{"takes": "all", **options})


def test_numbers_alone_unless_all_is_asked_for(path):
    table = opened(path, takes="numbers")
    assert table.columns == ("amount",)
    assert levels_of(table) == (None,)


def test_every_column_has_numbers(path):
    table = opened(path)
    assert table.columns == ("city", "when", "amount", "ok", "code")
    assert table.levels == (("Oslo", "Bergen"), None, None, ("true", "false"), ("AA-99", "99-AA"))
    assert [column.name for column in table.left_out] == ["note"]
    (block,) = table.blocks()
    assert block.values[:4].tolist() == [
        [0, 19723, 3.5, 0, 0],
        [1, 19724, 4.5, 0, 0],
        [0, 19725, 1.5, 1, 0],
        [0, 19726, 2.5, 0, 1],
    ]
    assert block.strays is None


@pytest.mark.parametrize("make", ["frame", "categories", "arrow", "dask"])
def test_frames_have_the_same_codes(path, make, need):
    frame = pd.read_csv(path)
    if make == "categories":
        frame["city"] = frame["city"].astype("category")
    if make == "dask":
        source = need("dask.dataframe").from_pandas(frame, npartitions=3)
        table = open_dask(source, non_numeric="drop", missing="allow", takes="all")
    else:
        table = opened(pa.Table.from_pandas(frame) if make == "arrow" else frame)
    expected = opened(path)
    assert (table.columns, table.levels) == (expected.columns, expected.levels)
    values = [np.concatenate([block.values for block in one.blocks()]) for one in (table, expected)]
    np.testing.assert_array_equal(*values)


def test_levels_follow_their_columns(path):
    table = opened(path)
    some = SelectedRows(table, [4, 2])
    assert some.levels == (("AA-99", "99-AA"), None)
    assert ScaledRows(some, np.zeros(2), np.ones(2)).levels == some.levels
    assert SplitRows(some, 0.5, 0).levels == some.levels
    with spool(some) as kept:
        assert kept.levels == some.levels
    assert levels_of(rows.ArrayRows([[1.0, 2.0]])) == (None, None)


def test_another_table_is_read_by_the_same_codes(path, tmp_path):
    table = opened(path)
    other = tmp_path / "other.csv"
    other.write_text("when,city,amount,code,ok\n2024-02-01,Bergen,1,ZZ-99,false\n2024-02-01,Olso,1,ZZ-999,maybe\n")
    again = opened(other, columns=table.columns, kinds={name: table.kinds[name] for name in table.columns})
    assert again.levels == table.levels
    (block,) = again.blocks()
    assert block.values.tolist() == [[1, 19754, 1, 1, 0], [2, 19754, 1, 2, 2]]


def test_weights_are_numbers(path):
    assert opened(path, sample_weight="amount").columns == ("city", "when", "ok", "code")
    with pytest.raises(ColumnError, match=r"column 'city' of .* does not hold numbers"):
        opened(path, sample_weight="city")


def test_repairs_have_the_types_of_their_columns():
    moments = {
        "day": pa.array([19000, 19001], pa.int32()).cast(pa.date32()),
        "at": pa.array([0, 86_400_000], pa.int64()).cast(pa.timestamp("ms")),
        "clock": pa.array([0, 60], pa.int32()).cast(pa.time32("s")),
        "took": pa.array([0, 60], pa.int64()).cast(pa.duration("s")),
    }
    table = pa.table({"ok": [True, False], "city": pa.array(["a", "b"]).dictionary_encode(), **moments})
    opened_table = opened(table)
    cells = Cells(np.zeros(6, int), np.arange(6), np.array([0.0, 1.0, 19002.0, 1.5, 90.0, 30.0]))
    repaired = cells.put_in(table, table.column_names, opened_table.kinds)
    changed = [name for name in table.column_names if repaired.field(name).type != table.field(name).type]
    assert [name for name in changed if name != "city"] == []
    first = {name: str(cells[0]) for name, cells in repaired.to_pydict().items()}
    assert first == {
        "ok": "False",
        "city": "b",
        "day": "2022-01-10",
        "at": "1970-01-02 12:00:00",
        "clock": "00:01:30",
        "took": "0:00:30",
    }


def test_numbers_that_are_said_to_be_a_category_have_levels():
    frame = pd.DataFrame({"year": [2019, 2020, 2020, 2021], "value": [1.0, 2.0, 3.0, 4.0]})
    table = rows.open(frame, takes="all", kinds={"year": "category"}, non_numeric="drop")
    assert levels_of(table) == (("2020", "2019", "2021"), None)
    np.testing.assert_array_equal(next(table.blocks()).values[:, 0], [1, 0, 0, 2])
