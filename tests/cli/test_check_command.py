"""What `mixtura check` prints and how it ends; what other commands tell of its findings."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

import mixtura
from mixtura.display.as_json import as_json
from requirements import SHARED, needs_shared

GOLDEN = Path(__file__).parent.parent / "golden"


def assert_golden(name, text):
    text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("Took "))
    file = GOLDEN / name
    if os.environ.get("MIXTURA_UPDATE_GOLDEN") == "1":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.fixture
def air(write):
    """A table with marks of missing values, a slip, a cell that does not fit, a row that is there twice."""
    rng = np.random.default_rng(0)
    n = 300
    station = rng.choice(["Oslo", "Bergen", "Narvik"], n).astype(object)
    station[7] = "Olso"
    co = np.round(2 + rng.gamma(2, 1, n), 1).astype(object)
    co[rng.choice(n, 40, replace=False)] = -200
    warmth = np.round(rng.normal(8, 6, n), 1).astype(object)
    warmth[11] = "12.x"
    day = [f"{1 + k % 28:02}.{1 + k // 28:02}.2023" for k in range(n)]
    fahrenheit = [value if isinstance(value, str) else round(32 + 1.8 * value, 2) for value in warmth]
    rows = list(zip(range(1, n + 1), day, station, co, warmth, fahrenheit, np.full(n, "hourly"), strict=True))
    return write("air.csv", ["id", "day", "station", "CO", "warmth", "fahrenheit", "rate"], [*rows, rows[4]])


@pytest.mark.parametrize("width", [80, 120])
def test_check(run, air, width):
    ended = run("check", air, width=width)
    assert (ended.code, ended.err) == (0, "")
    assert_golden(f"check_{width}.txt", ended.out)


def test_a_wide_table_is_abridged(run, wide, write):
    values = np.random.default_rng(0).normal(size=(50, 120)).round(3)
    table = write("wider.csv", [f"a_rather_long_name_{place}" for place in range(120)], values.tolist())
    ended = run("check", table)
    assert "… and 80 more columns" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80
    assert len(json.loads(run("check", table, "--json", "--quiet").out)["profile"]["columns"]) == 120


def test_json_is_what_python_finds(run, air):
    ended = run("check", air, "--json")
    printed = json.loads(ended.out)
    found = json.loads(as_json(mixtura.check(air).summary))
    assert {**printed, "seconds": 0} == {**found, "seconds": 0}
    assert (printed["command"], printed["profile"]["n_rows"]) == ("check", 301)


def test_how_a_run_ends(run, air, write):
    assert run("check", air).code == 0
    ended = run("check", air, "--fail", "--quiet")
    assert (ended.code, ended.out, ended.err) == (3, "", "")
    clean = write("clean.csv", ["a", "b"], np.random.default_rng(0).normal(size=(200, 2)).round(3).tolist())
    ended = run("check", clean, "--fail")
    assert (ended.code, ended.err) == (0, "")
    assert "Nothing deserves attention." in ended.out
    ended = run("check", "nothing.csv", "--fail")
    assert (ended.code, ended.out) == (2, "")


def test_what_is_said_of_columns_is_heeded(run, air):
    before = json.loads(run("check", air, "--json", "-q").out)
    after = json.loads(run("check", air, "--json", "-q", "--missing", "-200", "--as", "id=number").out)
    kinds = [{column["name"]: column for column in found["profile"]["columns"]} for found in (before, after)]
    assert (kinds[0]["CO"]["n_missing"], kinds[1]["CO"]["n_missing"]) == (0, 41)
    assert kinds[1]["id"]["kind"] == "number"
    assert "mark of missing values" in {finding["name"] for finding in before["findings"]}
    assert "mark of missing values" not in {finding["name"] for finding in after["findings"]}
    assert mixtura.check(air, missing=-200, kinds={"id": "number"}).profile.columns[0].kind == "number"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--as", "CO=magic"], "--as CO=magic is not a kind of column: the kinds are number, flag"),
        (["--as", "CO"], "--as is 'CO': write a column and a kind, such as zip=category"),
        (["--as", "stations=text"], "has no column 'stations': did you mean 'station'?"),
        (["--as", "station=date"], "column 'station' cannot be read as a date"),
    ],
)
@pytest.mark.parametrize("command", ["check", "detect", "groups", "compare"])
def test_what_cannot_be_meant(run, air, command, options, sentence):
    ended = run(command, air, *options)
    assert (ended.code, ended.out) == (2, "")
    assert sentence in ended.err


@pytest.mark.parametrize(
    "command",
    [pytest.param(["detect", "--rate", "0.02"], marks=pytest.mark.exhaustive), ["groups", "--components", "1"]],
)
def test_other_commands_tell_what_changes_their_answer(run, air, command):
    ended = run(command[0], air, *command[1:], width=1000)
    assert "Note: CO: 13.6% of the cells are exactly -200, far below all others" in ended.out
    assert "use --missing -200." in ended.out
    assert "12.x" in ended.out
    ended = run(command[0], air, *command[1:], "--missing", "-200", "--force", width=1000)
    assert "-200" not in ended.out
    ended = run(command[0], air, *command[1:], "--drop", "CO,fahrenheit", "--force", width=1000)
    assert "-200" not in ended.out


def test_what_was_found_has_the_profile(air):
    profile = mixtura.detect(air, rate=0.02).profile
    assert profile == mixtura.check(air).profile
    assert mixtura.detect(np.random.default_rng(0).normal(size=(100, 2)), rate=0.02).profile is None


@needs_shared("real")
def test_air_quality_has_marks_of_missing_values():
    first = mixtura.check(SHARED / "real" / "AirQualityUCI.csv").findings[0]
    assert (first.advice.values, len(first.columns), first.changes_answer) == (("-200",), 13, True)


@needs_shared("real")
def test_a_clean_table_has_nothing_that_changes_the_answer():
    assert not mixtura.check(SHARED / "real" / "taxis.csv").summary.changes_answer


@needs_shared("mixed")
@pytest.mark.parametrize("name", ["bank.parquet", "cmc.csv", "heart.csv", "solar_flare.csv", "titanic.csv"])
def test_clean_tables_of_several_kinds(name):
    checked = mixtura.check(SHARED / "mixed" / name)
    assert [finding.what for finding in checked.findings if finding.changes_answer] == []
