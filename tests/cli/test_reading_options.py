"""How files are to be read, said on the command line and in Python, and what is told of their reading."""

import gzip
import json
import sqlite3

import numpy as np
import pyarrow.csv as pa_csv
import pytest

import mixtura
from mixtura.errors import MixturaError, RequestError

VALUES = np.random.default_rng(0).normal(size=(60, 2)).round(3).tolist()
LINES = [f"{a},{b}" for a, b in VALUES]


@pytest.fixture
def parts(folder):
    """A folder with a table in two files, one of them compressed."""
    (folder / "parts").mkdir()
    (folder / "parts" / "a.csv").write_text("\n".join(["a,b", *LINES[:30], ""]))
    with gzip.open(folder / "parts" / "b.csv.gz", "wt") as stream:
        stream.write("\n".join(["a,b", *LINES[30:], ""]))
    return folder / "parts"


def test_the_file_of_each_row_is_a_column_that_is_not_used(run, parts, folder):
    ended = run(
        "detect", "parts", "--file-column", "from", "--model", "forest", "--json", "--save", "m", "--out", "t.csv"
    )
    summary = json.loads(ended.out)
    assert summary["table"]["columns"] == ["a", "b"]
    assert summary["notices"][0] == "2 files of parts are read."
    names = [str(parts.relative_to(folder) / name) for name in ("a.csv", "b.csv.gz")]
    assert pa_csv.read_csv("t.csv")["from"].to_pylist() == [names[0]] * 30 + [names[1]] * 30
    ended = run("score", "m", "parts", "--file-column", "from", "--json", "--out", "u.csv")
    assert json.loads(ended.out)["notices"][0] == "2 files of parts are read."
    assert pa_csv.read_csv("u.csv")["from"].to_pylist() == [names[0]] * 30 + [names[1]] * 30
    assert set(mixtura.detect("parts", file_column="from", model="forest").summary.table.columns) == {"a", "b"}
    checked = mixtura.check("parts", file_column="from")
    assert [column.name for column in checked.profile.columns] == ["a", "b", "from"]
    assert checked.summary.notes == ("2 files of parts are read.",)
    assert not any("from" in finding.columns for finding in checked.findings)


def test_check_tells_how_a_table_is_read(run, parts):
    assert "Note: 2 files of parts are read." in run("check", "parts").out
    assert json.loads(run("check", "parts", "--json").out)["notes"] == ["2 files of parts are read."]


@pytest.mark.parametrize(("options", "n_rows"), [(["--header"], 59), (["--no-header"], 60)])
def test_header(run, folder, options, n_rows):
    (folder / "t.csv").write_text("\n".join([*LINES, ""]))
    assert json.loads(run("check", "t.csv", *options, "--json").out)["profile"]["n_rows"] == n_rows
    assert mixtura.check("t.csv", header=options == ["--header"]).profile.n_rows == n_rows


def test_ragged(run, folder):
    (folder / "t.csv").write_text("\n".join(["a,b", *LINES, "1.5", "1,2,3", ""]))
    assert run("check", "t.csv").code == 2
    with pytest.raises(MixturaError, match="ragged"):
        mixtura.check("t.csv")
    assert run("check", "t.csv", "--ragged").code == 0
    assert mixtura.check("t.csv", ragged=True).profile.n_rows == 62


def test_a_table_in_a_database_is_checked_by_its_name(run, folder):
    with sqlite3.connect(folder / "s.db") as database:
        database.execute("create table t (a real, b real)")
        database.executemany("insert into t values (?, ?)", VALUES)
    profile = json.loads(run("check", "s.db::t", "--json").out)["profile"]
    assert (profile["n_rows"], [column["name"] for column in profile["columns"]]) == (60, ["a", "b"])


@pytest.mark.parametrize("options", [{"header": True}, {"ragged": True}, {"file_column": "x"}])
def test_what_is_said_of_files_does_not_go_with_arrays(options):
    model = mixtura.detect(VALUES, model="forest", rate=0.1).model
    for call in (
        mixtura.check,
        mixtura.detect,
        mixtura.groups,
        mixtura.compare,
        lambda *a, **k: mixtura.score(model, *a, **k),
    ):
        with pytest.raises(RequestError, match="leave them out"):
            call(VALUES, **options)
