"""What people read, held in files; `MIXTURA_UPDATE_GOLDEN=1 pytest tests/cli` writes them anew."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from mixtura.display.text import render
from mixtura.tables.told.decision import Decision
from mixtura.tables.told.groups import Group
from mixtura.tables.told.model import CandidateFacts, ModelFacts
from mixtura.tables.told.rows import Anomaly, ReasonGroup
from mixtura.tables.told.summary import Summary
from mixtura.tables.told.table import LeftOutColumn, TableFacts

GOLDEN = Path(__file__).parent.parent / "golden"

# How wide terminals are filled is seen of a table whose fit is quick.
WIDTHS = [80, pytest.param(140, marks=pytest.mark.exhaustive)]


def assert_golden(name, text):
    file = GOLDEN / name
    if os.environ.get("MIXTURA_UPDATE_GOLDEN") == "1":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def masked(text):
    return "".join("Took TIME\n" if line.startswith("Took ") else line for line in text.splitlines(keepends=True))


@pytest.mark.parametrize("width", [80, 100, 140])
def test_detect(run, iris, width):
    # Two components are reached alike by every kernel; where three end depends on the last bits of the processor.
    ended = run("detect", iris, "--components", "1,2", "--rate", "0.04", "--save", "iris.model", width=width)
    assert (ended.code, ended.err) == (0, "")
    assert_golden(f"detect_iris_{width}.txt", masked(ended.out))


def test_score(run, iris):
    run("detect", iris, "--components", "2", "--shape", "full", "--rate", "0.04", "--save", "iris.model", "-q")
    ended = run("score", "iris.model", iris, "--out", "again.csv")
    assert_golden("score_iris.txt", masked(ended.out))


def test_groups_of_a_wide_table(run, wide):
    ended = run("groups", wide, "--components", "1-3", "--shape", "diag,spherical")
    assert_golden("groups_wide.txt", masked(ended.out))


@pytest.fixture
def claims(write):
    """A round cloud with eight rows far outside of it, of which five are labelled, and three that are not numbered.

    They are so far apart that what is shown of their scores does not hang on the last bits of the processor.
    """
    rng = np.random.default_rng(0)
    values = rng.normal(size=(400, 3)).round(2)
    values[[20 * k for k in range(1, 9)], 1] = [9.0, 12.0, 16.0, 21.0, -8.0, -13.0, -17.0, -30.0]
    labels = np.where(np.isin(np.arange(400), [20, 40, 60, 80, 100]), "yes", "no").astype(object)
    labels[120:] = ""
    regions = np.array(["north", "south"])[np.arange(400) % 2]
    rows = [[*row, *rest] for row, *rest in zip((values * [2, 10, 1]).tolist(), regions, labels, strict=True)]
    return write("claims.csv", ["age", "amount", "weight", "region", "fraud"], rows)


@pytest.fixture
def clean(write):
    values = np.random.default_rng(1).normal(size=(2000, 3)).round(2)
    return write("clean.csv", ["age", "amount", "weight"], (values * [2, 10, 1]).tolist())


@pytest.mark.parametrize("width", WIDTHS)
def test_detect_without_options(run, claims, width):
    ended = run("detect", claims, "--rate", "0.02", width=width)
    assert (ended.code, ended.err) == (0, "")
    assert_golden(f"detect_auto_{width}.txt", masked(ended.out))


@pytest.mark.parametrize("width", WIDTHS)
def test_detect_with_labels(run, claims, width):
    ended = run("detect", claims, "--labels", "fraud", "--precision", "0.9", width=width)
    assert (ended.code, ended.err) == (0, "")
    assert_golden(f"detect_labels_{width}.txt", masked(ended.out))


@pytest.mark.parametrize("width", WIDTHS)
def test_detect_with_a_reference(run, claims, clean, width):
    ended = run("detect", claims, "--reference", clean, "--fdr", "0.1", "--save", "claims.model", width=width)
    assert (ended.code, ended.err) == (0, "")
    assert_golden(f"detect_reference_{width}.txt", masked(ended.out))
    if width == 80:
        ended = run("score", "claims.model", claims, "--force", width=width)
        assert_golden("score_reference_80.txt", masked(ended.out))


@pytest.mark.parametrize("width", WIDTHS)
def test_compare(run, claims, width):
    ended = run("compare", claims, "--labels", "fraud", "--rate", "0.02", width=width)
    assert (ended.code, ended.err) == (0, "")
    timed = re.sub(r" +[\d.]+ m?s +[\d.]+ m?s$", "  FIT  SCORE", masked(ended.out), flags=re.MULTILINE)
    assert_golden(f"compare_{width}.txt", timed)


@pytest.mark.parametrize("width", [80, 140])
def test_everything_there_is_to_say(width):
    """Many candidates, one of them singular; many groups; long notices."""
    counts = range(1, 31)
    candidates = tuple(
        CandidateFacts(count, shape, float("inf") if (count, shape) == (3, "full") else bic, bic, -bic / 2, 5, True)
        for count in counts
        for shape, bic in (("full", 5000.0 - 90 * count), ("diag", 7000.5 + 10 * count))
    )
    names = ("a", "b")
    groups = tuple(
        Group(k, 1000 - k, (1000 - k) / 29565, dict.fromkeys(names, k * 1e6), dict.fromkeys(names, k / 10))
        for k in range(30)
    )
    summary = Summary(
        command="detect",
        table=TableFacts("t.csv", 29565, names, tuple(LeftOutColumn(f"c{k}", "text") for k in range(20))),
        model=ModelFacts("mixture", "30 components, full covariances", 30, "full", 179, candidates),
        groups=groups,
        decision=Decision("rate", 0.01, "table", 12345.678, 296, 296 / 29565),
        anomalies=(Anomaly(20000, 15000.0, 99.99999, 29, "a", 1.0, 2.0, "a = 1, expected 2"),),
        notices=("a notice that is long enough to need more than one line on a terminal of ordinary width.",),
        out="t.scored.parquet",
        new_columns=("anomaly_score",),
        saved=None,
        seconds=150.0,
        reasons=tuple(ReasonGroup(f"a too low for b{k}", ("a",), ("low",), 80 - 11 * k, 1000 + k) for k in range(8)),
    )
    assert_golden(f"everything_{width}.txt", render(summary, width=width, rest="with --json"))


def test_colours_are_for_terminals_only():
    model = ModelFacts("mixture", "1 component, full covariances", 1, "full", 2)
    summary = Summary("score", TableFacts("t", 1, ("a",), ()), model, (), None, (), (), "o", ("component",), None, 0.1)
    assert "\x1b[1m" in render(summary, width=80, colours=True)
    assert "\x1b" not in render(summary, width=80, colours=False)


def test_names_are_neither_markup_nor_commands_to_the_terminal(run, write):
    names = ["weight [kg]", "[red]a", "x[/]", ":warning:", "gnp.\u202eexe", "\x1b[2Jwiped"]
    values = np.random.default_rng(0).normal(size=(60, len(names)))
    values[7] = 40
    write("t.csv", names, values.tolist())
    shown = run("detect", "t.csv", "--rate", "0.05", "--model", "mixture", "--components", "1", width=200)
    assert (shown.code, shown.err) == (0, "")
    line = "weight [kg], [red]a, x[/], :warning:, gnp.⟨U+202E⟩exe, ⟨U+001B⟩[2Jwiped"
    assert f"  used  6 columns: {line}\n" in shown.out
    assert "\x1b" not in shown.out
    compared = run("compare", "t.csv", width=200)
    assert line in compared.out
    missing = run("detect", "t.csv", "--columns", "\x1b[31mred")
    assert missing.code == 2
    assert "\x1b" not in missing.err
