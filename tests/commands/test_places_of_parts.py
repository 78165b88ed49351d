"""Where results go of tables in files of several, in folders and on the network."""

import json
import os

import pytest

from mixtura.cli.default_out import default_out
from mixtura.commands.origin import Origin
from mixtura.errors import SourceError
from mixtura.rows.disk.whole import WholeFile


@pytest.mark.parametrize(
    ("source", "file"),
    [("t.json::x", "t.json"), ("data", "data/a.csv"), ("data/", "data/k=1/b.csv"), ("t.*", "t.json")],
)
def test_what_is_read_is_not_replaced(tmp_path, monkeypatch, source, file):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "k=1").mkdir(parents=True)
    for name in ("t.json", "data/a.csv", "data/k=1/b.csv", "other.csv"):
        (tmp_path / name).write_text("[]")
    with pytest.raises(SourceError, match="is the input table, and the result would replace it"):
        Origin("detect", source).check(WholeFile(tmp_path / file))
    Origin("detect", source).check(WholeFile(tmp_path / "other.csv"))


def test_what_a_file_is_made_of_is_told_by_its_name_within(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    out = WholeFile(tmp_path / "out" / "t.csv")
    assert json.loads(Origin("detect", "b.xlsx::S 1").mark(out))["table"] == "../b.xlsx::S 1"
    assert json.loads(Origin("detect", "s3://b/t.csv").mark(out))["table"] == "s3://b/t.csv"


def test_results_by_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.data").mkdir()
    ending = ".scored.parquet"
    assert default_out("shop.db::a/b", ending) == "shop-a_b.scored.parquet"
    assert default_out("my.data", ending) == default_out("my.data" + os.sep, ending) == "my.data.scored.parquet"
    assert default_out("https://x.org/a/t.csv?b=*", ending) == "t.scored.parquet"
    assert default_out("https://x.org/a/t.xlsx::S", ending) == "t-S.scored.parquet"
