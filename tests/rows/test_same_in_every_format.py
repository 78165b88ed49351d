"""Real tables in every format: the same kinds, the same rows, the same values."""

import sqlite3

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

import mixtura
from mixtura import rows
from requirements import SHARED, needs_shared


def write_arrow(frame, path):
    table = pa.Table.from_pandas(frame, preserve_index=False)
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table)


def write_sqlite(frame, path):
    connection = sqlite3.connect(path)
    frame.to_sql("t", connection, index=False)
    connection.close()


def write_duckdb(frame, path):
    connection = duckdb.connect(str(path))
    connection.register("given", pa.Table.from_pandas(frame, preserve_index=False))
    connection.execute("create table t as select * from given")
    connection.close()


WRITERS = {
    "t.csv.gz": lambda frame, path: frame.to_csv(path, index=False),
    "t.tsv": lambda frame, path: frame.to_csv(path, index=False, sep="\t"),
    "t.xlsx": lambda frame, path: frame.to_excel(path, index=False, engine="openpyxl"),
    "t.parquet": lambda frame, path: frame.to_parquet(path, index=False),
    "t.feather": pyarrow.feather.write_feather,
    "t.arrows": write_arrow,
    "t.jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True, double_precision=15),
    "t.sqlite": write_sqlite,
    "t.duckdb": write_duckdb,
}


def read(path):
    table = rows.open(path, takes="codes", non_numeric="drop", missing="allow")
    values = np.vstack([block.values for block in table.blocks()])
    return table.columns, table.left_out, table.levels, values


@needs_shared("real")
@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("source", ["taxis.csv", "spotify-2023.csv", "googleplaystore.csv"])
def test_kinds_rows_and_values(tmp_path, source, name):
    frame = pd.read_csv(SHARED / "real" / source).head(400)
    frame.to_csv(tmp_path / "t.csv", index=False)
    WRITERS[name](frame, tmp_path / name)
    expected, found = read(tmp_path / "t.csv"), read(tmp_path / name)
    assert found[:3] == expected[:3]
    np.testing.assert_array_equal(found[3], expected[3])


@needs_shared("mixed")
@pytest.mark.parametrize("name", ["t.tsv", "t.parquet", "t.xlsx"])
@pytest.mark.parametrize("source", ["carcinoma.csv", "hypothyroid.csv"])
def test_the_same_rows_are_flagged_for_the_same_reasons(tmp_path, source, name):
    frame = pd.read_csv(SHARED / "mixed" / source).head(120)
    floats = frame.select_dtypes("number").astype(float)
    frame[floats.columns] = floats
    frame.to_csv(tmp_path / "t.csv", index=False)
    WRITERS[name](frame, tmp_path / name)
    expected, found = (mixtura.detect(path, rate=0.1).flagged for path in (tmp_path / "t.csv", tmp_path / name))
    assert len(expected) > 3
    assert list(found["row"]) == list(expected["row"])
    assert list(found["reason"]) == list(expected["reason"])
