import os

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
    folder = write("t.dat", "a\n1\n").parent
    with pytest.raises(SourceError, match=r"is a folder: name a file, or a pattern such as .*\*\.parquet"):
        rows.open(folder)
    with pytest.raises(SourceError, match=r"no file matches .*\*\.csv"):
        rows.open(folder / "*.csv")
    with pytest.raises(SourceError, match=r"cannot tell the format of .*t\.dat .*\.csv, \.tsv, .*\.ipc"):
        rows.open(folder / "t.dat")
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
    "name", ["t[1].csv", "t*.csv", "t?.csv", "it's.csv", 't".csv', "a{1,2}.csv", "t;drop.CSV", "tä t.csv"]
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
