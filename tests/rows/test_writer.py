import datetime
import json
import os
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixtura import rows
from mixtura.errors import ColumnError, SourceError
from mixtura.rows import open_writer

TABLES = [
    pa.table({"x": [1.5, 2.5], "t": ["a", 'say "b", c\nd']}),
    pa.table({"x": [np.nan, np.inf], "t": [None, "ü"]}),
]
NEW = [
    {
        "anomaly_score": np.array([0.25, np.nan]),
        "is_anomaly": np.array([False, True]),
        "component": np.array([3, 4]),
        "reason": [None, "x is high"],
    },
    {
        "anomaly_score": np.array([1.0, -np.inf]),
        "is_anomaly": np.array([True, True]),
        "component": np.array([5, 6]),
        "reason": [None, None],
    },
]
NAMES = ["x", "t", "anomaly_score", "is_anomaly", "component", "reason"]


def write_both(path):
    with open_writer(path) as writer:
        for table, new in zip(TABLES, NEW, strict=True):
            writer.write(table, new)
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".feather", ".ipc"])
def test_binary_formats_hold_every_value(tmp_path, suffix):
    path = tmp_path / f"scored{suffix}"
    write_both(path)
    table = pq.read_table(path) if suffix == ".parquet" else pa.ipc.open_file(path.read_bytes()).read_all()
    assert table.column_names == NAMES
    assert [str(table.schema.field(name).type) for name in NAMES[2:]] == ["double", "bool", "int64", "string"]
    assert table["t"].to_pylist() == ["a", 'say "b", c\nd', None, "ü"]
    assert table["reason"].to_pylist() == [None, "x is high", None, None]
    np.testing.assert_array_equal(table["anomaly_score"].to_numpy(), [0.25, np.nan, 1, -np.inf])
    np.testing.assert_array_equal(table["x"].to_numpy(), [1.5, 2.5, np.nan, np.inf])


def test_csv(tmp_path):
    write_both(tmp_path / "scored.csv")
    assert (tmp_path / "scored.csv").read_text() == (
        "x,t,anomaly_score,is_anomaly,component,reason\n"
        "1.5,a,0.25,false,3,\n"
        '2.5,"say ""b"", c\nd",nan,true,4,x is high\n'
        "nan,,1,true,5,\n"
        "inf,ü,-inf,true,6,\n"
    )


RECORDS = [
    {"x": 1.5, "t": "a", "anomaly_score": 0.25, "is_anomaly": False, "component": 3, "reason": None},
    {
        "x": 2.5,
        "t": 'say "b", c\nd',
        "anomaly_score": None,
        "is_anomaly": True,
        "component": 4,
        "reason": "x is high",
    },
    {"x": None, "t": None, "anomaly_score": 1.0, "is_anomaly": True, "component": 5, "reason": None},
    {"x": None, "t": "ü", "anomaly_score": None, "is_anomaly": True, "component": 6, "reason": None},
]


def test_json(tmp_path):
    write_both(tmp_path / "scored.json")
    assert json.loads((tmp_path / "scored.json").read_text()) == RECORDS


@pytest.mark.parametrize("suffix", [".jsonl", ".ndjson"])
def test_json_lines(tmp_path, suffix):
    path = tmp_path / f"scored{suffix}"
    write_both(path)
    content = path.read_text()
    assert content.endswith("}\n")
    assert [json.loads(line) for line in content.splitlines()] == RECORDS


def test_json_of_other_types(tmp_path):
    table = pa.table(
        {
            "d": [datetime.date(2020, 1, 2)],
            "m": [Decimal("1.50")],
            "n": [{"v": [1.0, float("nan")]}],
            "f": pa.array([1.5], pa.float32()),
        }
    )
    with open_writer(tmp_path / "t.jsonl") as writer:
        writer.write(table, {})
    assert json.loads((tmp_path / "t.jsonl").read_text()) == {
        "d": "2020-01-02",
        "m": 1.5,
        "n": {"v": [1.0, None]},
        "f": 1.5,
    }


def test_what_is_written_can_be_opened_again(tmp_path):
    for suffix in (".csv", ".parquet", ".json", ".jsonl", ".arrow"):
        with open_writer(tmp_path / f"t{suffix}") as writer:
            for block in rows.open(np.arange(12.0).reshape(6, 2)).tables():
                writer.write(block[0], {"score": np.arange(6) / 7})
        table = rows.open(tmp_path / f"t{suffix}")
        assert table.columns == ("x0", "x1", "score")
        np.testing.assert_array_equal(next(table.blocks()).values[:, 2], np.arange(6) / 7)


def test_parquet_has_row_groups_worth_having(tmp_path):
    with open_writer(tmp_path / "t.parquet") as writer:
        for _ in range(30):
            writer.write(pa.table({"x": np.zeros(4000)}), {"y": np.zeros(4000)})
    assert pq.ParquetFile(tmp_path / "t.parquet").metadata.num_row_groups == 2


def test_a_name_that_is_taken(tmp_path):
    with open_writer(tmp_path / "t.csv") as writer:
        writer.write(pa.table({"component": [1], "component_": [2]}), {"component": np.array([3])})
    assert (tmp_path / "t.csv").read_text() == "component,component_,component__\n1,2,3\n"


def interrupted(path):
    with open_writer(path) as writer:
        writer.write(TABLES[0], NEW[0])
        raise KeyboardInterrupt


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".json", ".jsonl", ".arrow"])
def test_a_failure_leaves_what_was_there(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    path.write_text("before")
    with pytest.raises(KeyboardInterrupt):
        interrupted(path)
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == [path.name]


def test_an_existing_file_is_replaced_with_the_usual_permissions(tmp_path):
    (tmp_path / "t.csv").write_text("before")
    write_both(tmp_path / "t.csv")
    (tmp_path / "plain").touch()
    assert (tmp_path / "t.csv").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_wrong_places_are_refused_before_any_work(tmp_path):
    with pytest.raises(SourceError, match=r"must end in \.parquet, .*\.tsv, .*\.ipc, \.xlsx"):
        open_writer(tmp_path / "t.doc")
    with pytest.raises(SourceError, match=r"there is no folder .*nowhere"):
        open_writer(tmp_path / "nowhere" / "t.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(SourceError, match="is a folder"):
        open_writer(tmp_path / "folder.csv")


def test_no_rows(tmp_path):
    with pytest.raises(SourceError, match="there are no rows to write"), open_writer(tmp_path / "t.csv"):
        pass
    assert not os.listdir(tmp_path)


def write_all(path, *tables):
    with open_writer(path) as writer:
        for table in tables:
            writer.write(table, {})


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".json", ".arrow"])
def test_tables_that_do_not_fit(tmp_path, suffix):
    with pytest.raises(ColumnError, match=r"cannot write these rows to .*t\."):
        write_all(tmp_path / f"t{suffix}", pa.table({"x": [1]}), pa.table({"x": ["a"]}))
    assert not os.listdir(tmp_path)


def test_nested_values_are_json_in_csv(tmp_path):
    with open_writer(tmp_path / "t.csv") as writer:
        writer.write(pa.table({"x": [[1, 2], None], "y": [{"a": "b"}, {"a": None}]}), {})
    assert (tmp_path / "t.csv").read_text() == 'x,y\n"[1, 2]","{""a"": ""b""}"\n,"{""a"": null}"\n'


FULL = """
import resource, signal, sys
import numpy as np, pyarrow as pa
from mixtura.rows import open_writer
from mixtura.errors import SourceError
table = pa.table({"x": np.random.default_rng(0).normal(size=20_000)})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    with open_writer(sys.argv[1]) as writer:
        for _ in range(5):
            writer.write(table, {})
except SourceError as error:
    print(error)
"""


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".json", ".arrow"])
def test_a_full_disk_is_one_clear_error_and_leaves_nothing(tmp_path, suffix):
    command = [sys.executable, "-c", FULL, str(tmp_path / f"t{suffix}")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "cannot write" in done.stdout
    assert "free some space" in done.stdout
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
    assert not os.listdir(tmp_path)
