"""Results by which rows are flagged, columns that name cells, and formats that stay as they came in."""

import csv
import gzip
import json

import numpy as np
import openpyxl
import pytest

import mixtura
from mixtura.errors import RequestError
from mixtura.rows.sinks.text import CsvSink

NAMES = ["id", "note", "x", "y"]
ADDED = ["anomaly_score", "severity", "is_anomaly", "component", "flagged_columns", "expected", "reason"]
# What is written is the same for every model; this one is fitted at once.
FAST = ("--components", "1", "--shape", "full", "--rate", "0.02", "--drop", "id")


@pytest.fixture(scope="module")
def records():
    """Rows as people write them; y is twice x but in rows 1, 61, 121, 181, and no number in row 8."""
    rng = np.random.default_rng(0)
    x = rng.normal(100, 10, size=240)
    y = 2 * x + rng.normal(0, 0.3, size=240)
    y[::60] = 0
    rows = [[f"{k:05d}", f'say "{k}"', f"{x[k]:.3f}", f"{y[k]:.2f}"] for k in range(240)]
    rows[7][3] = "oops"
    return rows


@pytest.fixture
def table(folder, records):
    """Write the table with a delimiter between its fields."""

    def write(name="t.csv", delimiter=","):
        opener = gzip.open if name.endswith(".gz") else open
        with opener(folder / name, "wt", newline="") as stream:
            csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows([NAMES, *records])
        return name

    return write


def read(path, delimiter=","):
    opener = gzip.open if path.name.endswith(".gz") else open
    with opener(path, "rt", newline="") as stream:
        return list(csv.reader(stream, delimiter=delimiter))


def detect(run, *arguments):
    ended = run("detect", *arguments, *FAST, "--quiet")
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize(
    ("name", "delimiter", "out"),
    [
        ("t.csv", ",", "t.scored.csv"),
        ("t.csv", ";", "t.scored.csv"),
        ("t.tsv", "\t", "t.scored.tsv"),
        ("t.txt", "|", "t.scored.txt"),
        ("t.csv.gz", ";", "t.scored.csv.gz"),
    ],
)
def test_text_stays_as_it_is_written_in_the_format_that_came_in(run, folder, table, records, name, delimiter, out):
    detect(run, table(name, delimiter))
    header, *scored = read(folder / out, delimiter)
    assert header == [*NAMES, *ADDED]
    assert [row[:4] for row in scored] == records
    flagged = {k for k, row in enumerate(scored) if row[6] == "true"}
    assert flagged >= {0, 7, 60, 120, 180}
    assert scored[7][8:10] == ["y", "y = a number"]
    for k in (0, 60, 120, 180):
        assert scored[k][8] == "y"
        assert abs(float(scored[k][9].removeprefix("y = ")) - 2 * float(records[k][2])) < 2
    assert all(row[8:] == ["", "", ""] for k, row in enumerate(scored) if k not in flagged)


@pytest.mark.parametrize("ending", ["parquet", "arrow", "feather", "json", "jsonl", "ndjson"])
def test_other_formats_stay_too(run, folder, table, ending):
    detect(run, table(), "--out", f"a.{ending}")
    before = mixtura.rows.open(folder / f"a.{ending}", non_numeric="drop").schema
    detect(run, f"a.{ending}")
    assert mixtura.rows.open(folder / f"a.scored.{ending}", non_numeric="drop").schema.names == before.names


def test_structured_columns_are_lists_where_there_are_lists(run, folder, table, need):
    for out in ("s.parquet", "s.jsonl"):
        detect(run, table(), "--out", out)
    scored = need("pyarrow.parquet").read_table(folder / "s.parquet").to_pylist()
    lines = [json.loads(line) for line in (folder / "s.jsonl").read_text().splitlines()]
    for row, line in zip(scored, lines, strict=True):
        assert (row["flagged_columns"] is None) == (row["expected"] is None) == (not row["is_anomaly"])
        assert len(row["flagged_columns"] or []) == len(row["expected"] or [])
        assert {name: line[name] for name in ADDED} == {name: row[name] for name in ADDED}
    assert scored[0]["flagged_columns"] == ["y"]
    assert scored[7]["expected"] == ["a number"]


def test_only_flagged_rows_highest_score_first(run, folder, table, records):
    detect(run, table())
    detect(run, table(), "--only-flagged")
    _, *scored = read(folder / "t.scored.csv")
    header, *flagged = read(folder / "t.flagged.csv")
    assert header == [*NAMES, "row", *(name for name in ADDED if name != "is_anomaly")]
    scores = [float(row[5]) for row in flagged]
    assert scores == sorted(scores, reverse=True)
    assert {int(row[4]) for row in flagged} == {k for k, row in enumerate(scored, 1) if row[6] == "true"}
    for row in flagged:
        assert row[:4] == records[int(row[4]) - 1]
        assert [*row[5:7], "true", *row[7:]] == scored[int(row[4]) - 1][4:]


def test_flagged_rows_go_without_the_columns_of_the_run_that_flagged_them(run, folder, table):
    detect(run, table(), "--only-flagged")
    ended = run("detect", "t.flagged.csv", *FAST, "--json", "--out", "again.csv")
    assert {*json.loads(ended.out)["table"]["columns"]} <= {"x", "y"}
    assert read(folder / "again.csv")[0] == [*NAMES, *ADDED]


def test_good_and_bad_rows_go_apart_as_they_stand(run, folder, table, records):
    detect(run, table(), "--good", "good.csv", "--bad", "bad.tsv")
    _, *scored = read(folder / "t.scored.csv")
    flags = [row[6] == "true" for row in scored]
    assert read(folder / "good.csv") == [NAMES, *(row for row, flag in zip(records, flags, strict=True) if not flag)]
    assert read(folder / "bad.tsv", "\t") == [NAMES, *(row for row, flag in zip(records, flags, strict=True) if flag)]


def test_no_rows_are_a_file_too(run, folder, write):
    rng = np.random.default_rng(1)
    write("clean.csv", ["a", "b"], rng.normal(size=(300, 2)).round(3).tolist())
    for ending in ("csv", "json", "jsonl", "parquet", "arrow", "xlsx"):
        outputs = ("--only-flagged", "--out", f"f.{ending}", "--bad", f"b.{ending}")
        assert run("detect", "clean.csv", *FAST[:4], *outputs).code == 0
    assert (folder / "b.csv").read_text() == "a,b\n"
    assert json.loads((folder / "b.json").read_text()) == []
    assert (folder / "f.jsonl").read_text() == ""


def test_a_workbook_shows_flagged_cells(run, folder, table):
    detect(run, table(), "--out", "s.xlsx")
    sheet = openpyxl.load_workbook(folder / "s.xlsx").active
    assert [cell.value for cell in sheet[1]] == [*NAMES, *ADDED]
    assert sheet["A2"].value == "00000"
    assert sheet["D2"].fill.fill_type == "solid"
    assert sheet["D2"].comment.text == sheet["K2"].value
    assert sheet["C2"].fill.fill_type is None


@pytest.mark.parametrize(("share", "code"), [("1%", 3), ("0.01", 3), ("50%", 0), ("1", 0)])
def test_a_run_fails_above_a_share_after_all_is_written(run, folder, table, share, code):
    ended = run("detect", table(), *FAST, "--fail-above", share, "--save", "m")
    assert ended.code == code
    assert "Wrote t.scored.csv" in ended.out
    assert ("are flagged, more than the 1% of --fail-above" in ended.err) == (code == 3)
    assert run("score", "m", "t.csv", "--out", "again.csv", "--fail-above", share, "--quiet").code == code
    assert (folder / "again.csv").read_bytes() == (folder / "t.scored.csv").read_bytes()


def test_what_is_refused(run, folder, table):
    for share in ("2", "-1%", "many", "nan"):
        ended = run("detect", table(), "--fail-above", share)
        assert (ended.code, ended.err.split(":")[1]) == (2, f" --fail-above is '{share}'")
    assert run("groups", "t.csv", "--columns", "x", "--components", "1", "--save", "g", "--out", "g.csv").code == 0
    for option in (["--only-flagged"], ["--good", "a.csv"], ["--bad", "a.csv"], ["--fail-above", "1%"]):
        ended = run("score", "g", "t.csv", *option)
        assert ended.code == 2
        assert f"{option[0]} needs a threshold, and the model has none" in ended.err
    ended = run("detect", "t.csv", "--good", "t.csv", "--force")
    assert "t.csv is the input table" in ended.err
    ended = run("detect", "t.csv", "--good", "a.csv", "--bad", "a.csv")
    assert "cannot hold both the rows that are not flagged and the flagged rows" in ended.err
    assert not (folder / "a.csv").exists()


def test_all_files_appear_or_none(run, folder, table, monkeypatch):
    close = CsvSink.close

    def without_room(sink):
        close(sink)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(CsvSink, "close", without_room)
    outputs = ("--out", "s.parquet", "--good", "good.jsonl", "--bad", "bad.csv", "--save", "m")
    ended = run("detect", table(), *FAST, *outputs)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert [path.name for path in folder.iterdir()] == ["t.csv"]


def test_python_does_the_same(run, folder, table):
    detect(run, table(), "--only-flagged", "--good", "good.csv", "--bad", "bad.csv")
    found = mixtura.detect(
        folder / "t.csv", components=1, shape="full", rate=0.02, drop=["id"], out=folder / "o.csv", only_flagged=True,
        good=folder / "g.csv", bad=folder / "b.csv",
    )  # fmt: skip
    for one, other in (("o.csv", "t.flagged.csv"), ("g.csv", "good.csv"), ("b.csv", "bad.csv")):
        assert (folder / one).read_bytes() == (folder / other).read_bytes()
    found.write(folder / "w.csv", only_flagged=True)
    assert (folder / "w.csv").read_bytes() == (folder / "o.csv").read_bytes()
    assert (found.summary.good, found.summary.only_flagged) == (str(folder / "g.csv"), True)
    assert found.flagged["x"].dtype == float
    assert list(found.flagged["flagged_columns"][0]) == ["y"]
    groups = mixtura.groups(folder / "t.csv", columns=["x"], components=1)
    with pytest.raises(RequestError, match="no row is flagged"):
        groups.write(folder / "w.csv", only_flagged=True, force=True)
