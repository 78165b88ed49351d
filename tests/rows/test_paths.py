import os
import sys

import pytest

from mixtura import rows
from mixtura.errors import SourceError


def values(source):
    return [block.values.tolist() for block in rows.open(source).blocks()]


def test_missing_files_suggest_a_close_name(write):
    path = write("measurements.csv", "a\n1\n")
    with pytest.raises(SourceError, match=r"no file .*mesurements\.csv: did you mean .*measurements\.csv\?"):
        rows.open(path.with_name("mesurements.csv"))
    with pytest.raises(SourceError, match=r"no file .*other\.parquet: check the path"):
        rows.open(path.with_name("other.parquet"))
    with pytest.raises(SourceError, match="nor a folder"):
        rows.open(path.parent / "no" / "t.csv")


def test_folders_patterns_and_endings(write):
    folder = write("t.xyz", "a\n1\n").parent
    with pytest.raises(
        SourceError, match=r"is a folder without a table: name a file, or a pattern such as .*\*\.parquet"
    ):
        rows.open(folder)
    with pytest.raises(SourceError, match=r"no file matches .*\*\.csv"):
        rows.open(folder / "*.csv")
    with pytest.raises(SourceError, match=r"cannot tell the format of .*t\.xyz .*\.csv, \.tsv, .*\.ipc"):
        rows.open(folder / "t.xyz")
    write("t.parquet.gz", "x")
    with pytest.raises(SourceError, match="cannot tell the format"):
        rows.open(folder / "t.parquet.gz")
    write("t.csv", "a\n1\n")
    write("t.json", "[]")
    with pytest.raises(SourceError, match=r"several formats \(\.csv, \.json\)"):
        rows.open(folder / "t.[cj]s*")


def test_patterns_reach_below_and_go_by_name(write):
    folder = write("2.csv", "a\n2\n").parent
    (folder / "deep").mkdir()
    write("1.csv", "a\n1\n")
    write("deep/3.csv", "a\n3\n")
    assert values(folder / "*.csv") == [[[1], [2]]]
    assert values(folder / "**" / "*.csv") == [[[1], [2], [3]]]


@pytest.mark.parametrize(
    "name",
    [
        *("t[1].csv", "t*.csv", "t?.csv", "it's.csv", 't".csv', "a{1,2}.csv", "t;drop.CSV", "tä t.csv", "-t.csv"),
        *("--out.csv", "**.csv", "[!a].csv", "a]b[.csv", "a\\b.csv", "a\nb.csv", "s3:t.csv", "year=1.csv", " .csv"),
    ],
)
def test_any_file_name_means_that_file(write, name):
    write("t1.csv", "a\n9\n")
    assert values(str(write(name, "a\n1\n"))) == [[[1]]]


def test_folders_named_like_partitions_add_no_column(write):
    folder = write("x", "").parent / "year=2020"
    folder.mkdir()
    for name, content in (("t.csv", "a\n1\n"), ("t.json", '[{"a": 1}]')):
        (folder / name).write_text(content)
        assert rows.open(folder / name).columns == ("a",)


def test_the_home_folder(write, monkeypatch):
    monkeypatch.setenv("HOME", str(write("t.csv", "a\n1\n").parent))
    assert values("~/t.csv") == [[[1]]]
    monkeypatch.chdir(os.environ["HOME"])
    write("~t.csv", "a\n2\n")
    assert values("~t.csv") == [[[2]]]


@pytest.mark.parametrize(
    "name",
    [
        "from read_csv('secret.txt') --.csv",
        "from\t'secret.txt' --.csv",
        "select 77 as a --.csv",
        "VALUES (77) --.csv",
        "with a as (select 77 as a) from a --.csv",
        "select * from 'secret.txt'",
    ],
)
def test_the_name_of_a_file_is_no_query(write, monkeypatch, name):
    path = write("secret.txt", "a\n77\n").with_name(name)
    monkeypatch.chdir(path.parent)
    path.write_text("a\n1\n")
    if path.suffix == ".csv":
        assert values(name) == values(path) == [[[1]]]
    else:
        with pytest.raises(SourceError, match="cannot tell the format"):
            rows.open(name)
    path.unlink()
    path.symlink_to("nowhere")
    with pytest.raises(SourceError, match=r"no file |cannot tell the format"):
        rows.open(name)
    path.unlink()
    path.mkdir()
    with pytest.raises(SourceError, match="is a folder without a table"):
        rows.open(name)


def test_what_is_typed_as_a_query_reads_files(write, monkeypatch):
    monkeypatch.chdir(write("t.csv", "a\n5\n").parent)
    assert values("select a + 1 as a from 't.csv'") == [[[6]]]
    write("select * from t.csv", "a\n1\n")
    assert values(" select * from 't.csv'") == [[[5]]]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are Unicode there")
@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl", "arrow"])
def test_a_name_that_is_no_text(write, ending):
    path = write(os.fsdecode(b"\xff." + ending.encode()), "a\n1\n")
    with pytest.raises(SourceError, match="is not UTF-8 text, which readers need: rename it"):
        rows.open(path)
