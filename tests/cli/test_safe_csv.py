"""Results that a spreadsheet opens, and models of earlier versions, as the command line writes and reads them."""

import csv
import json

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load as arrays_of
from safetensors.numpy import save as to_bytes


@pytest.fixture
def table(folder):
    random = np.random.default_rng(0)
    values = random.normal(size=(200, 2))
    values[7] = 60
    lines = ['"=cmd()",-b,name', *(f"{a},{b},=1+{row}" for row, (a, b) in enumerate(values))]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    return "t.csv"


def read(file):
    with file.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_reasons_are_no_formulas(folder, run, table):
    assert run("detect", table, "--rate", "0.01", "--out", "out.csv").code == 0
    records = read(folder / "out.csv")
    assert list(records[0])[:3] == ["=cmd()", "-b", "name"]
    assert records[7]["name"] == "=1+7"
    assert records[7]["reason"].startswith(("'=cmd() = 60", "'-b = 60"))


def test_text_of_the_table_too_where_that_is_asked_for(folder, run, table):
    for out in (["--out", "out.csv"], []):
        ended = run("detect", table, "--rate", "0.01", "--safe-csv", *out, "--json")
        assert ended.code == 0
        records = read(folder / json.loads(ended.out)["out"])
        assert list(records[0])[:3] == ["'=cmd()", "'-b", "name"]
        assert records[7]["name"] == "'=1+7"
        assert float(records[7]["'-b"]) == 60
    ended = run("groups", table, "--components", "1", "--safe-csv", "--out", "-")
    assert ended.out.startswith("'=cmd(),")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--format", "parquet"], "--safe-csv needs --format csv, not parquet"),
        (["--out", "out.parquet"], "out.parquet has the ending of another format than safe-csv: name a file"),
    ],
)
def test_other_formats_are_refused(run, table, options, message):
    ended = run("detect", table, "--safe-csv", *options)
    assert ended.code == 2
    assert message in ended.err


def test_a_model_without_checksum_is_told(folder, run, table):
    assert run("detect", table, "--rate", "0.01", "--save", "m", "--out", "out.csv").code == 0
    assert "checksum" not in run("score", "m", table, "--out", "scored.csv").out
    with safe_open("m", framework="numpy") as opened:
        manifest = opened.metadata()["mixtura"]
    (folder / "m").write_bytes(to_bytes(arrays_of((folder / "m").read_bytes()), metadata={"mixtura": manifest}))
    ended = run("score", "m", table, "--out", "old.csv", width=200)
    assert ended.code == 0
    assert "m is from an earlier version and has no checksum" in ended.out
    assert (folder / "old.csv").read_text() == (folder / "scored.csv").read_text()
