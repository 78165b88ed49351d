"""`mixtura score --rate`: a threshold for the table that is scored, whatever the model brings."""

import json

import numpy as np
import pytest

import mixtura
from mixtura.decisions.thresholds import threshold_by_rate

NAMES = ["x", "y", "z"]

# A model that is fitted at once and needs no other to explain its rows.
QUICK = ("--components", "1", "--shape", "full")


@pytest.fixture
def tables(write):
    """A table to fit, and another whose rows spread more."""
    random = np.random.default_rng(0)
    return (
        write("january.csv", NAMES, random.normal(size=(800, 3)).tolist()),
        write("february.csv", NAMES, (2 * random.normal(size=(1000, 3))).tolist()),
    )


@pytest.fixture
def score(run, need):
    """Score, and return the summary with the columns of the result."""
    parquet = need("pyarrow.parquet")

    def score(*arguments):
        ended = run("score", *arguments, "--json", "-q", "--out", "scored.parquet")
        assert (ended.code, ended.err) == (0, "")
        table = parquet.read_table("scored.parquet")
        return json.loads(ended.out), {name: table[name].to_numpy() for name in table.column_names}

    return score


@pytest.mark.parametrize("options", [("--model", "auto"), QUICK, ("--model", "forest"), ("--model", "lof")])
def test_the_share_of_the_scored_rows_is_flagged(run, tables, score, options):
    january, february = tables
    assert run("detect", january, *options, "--save", "m.model", "-q").code == 0
    summary, scored = score("m.model", february, "--rate", "0.03")
    assert scored["is_anomaly"].sum() == 30 == summary["decision"]["n_anomalies"]
    threshold = threshold_by_rate(-scored["anomaly_score"], 0.03)
    assert summary["decision"]["threshold"] == pytest.approx(-threshold)
    assert (summary["decision"]["rule"], summary["decision"]["target"]) == ("rate", 0.03)
    assert summary["decision"]["saved"] is False
    # Scores are those of the model, whatever the threshold.
    _, before = score("m.model", february)
    for name in ("anomaly_score", "severity"):
        np.testing.assert_array_equal(scored[name], before[name])


def test_a_model_of_groups_gets_a_threshold_too(run, tables, score):
    january, february = tables
    run("groups", january, *QUICK, "--save", "g.model", "-q")
    assert "is_anomaly" not in score("g.model", february)[1]
    summary, scored = score("g.model", february, "--rate", "0.02")
    assert summary["new_columns"] == [
        "anomaly_score",
        "severity",
        "is_anomaly",
        "component",
        "flagged_columns",
        "expected",
        "reason",
    ]
    assert scored["is_anomaly"].sum() == 20
    assert [reason is not None for reason in scored["reason"]] == scored["is_anomaly"].tolist()
    # Of how rare a row is only the table that is scored can tell.
    highest = scored["severity"][np.argsort(-scored["anomaly_score"])]
    assert (np.diff(highest) <= 0).all()
    assert highest[0] > 99.8


def test_with_a_reference_the_share_is_that_of_clean_rows(run, tables, score):
    january, february = tables
    run("detect", february, *QUICK, "--reference", january, "--save", "r.model", "-q")
    summary, scored = score("r.model", february, "--rate", "0.05")
    model = mixtura.load("r.model")
    threshold = threshold_by_rate(-model.calibration, 0.05)
    np.testing.assert_array_equal(scored["is_anomaly"], -scored["anomaly_score"] < threshold)
    assert summary["decision"]["n_anomalies"] > 200
    assert "chosen to flag 5% of clean rows" in run("score", "r.model", february, "--rate", "0.05", "--force").out


def test_what_is_said_is_of_this_table(run, tables):
    january, february = tables
    run("detect", january, *QUICK, "--tail", "1e-3", "--save", "m.model", "-q")
    assert "saved with the model" in run("score", "m.model", february).out
    out = run("score", "m.model", february, "--rate", "0.01").out
    assert "10 rows (1%) above the threshold" in out
    assert "saved with the model" not in out


def test_the_model_file_stays_as_it_is(run, tables):
    january, february = tables
    run("detect", january, *QUICK, "--save", "m.model", "-q")
    before = mixtura.load("m.model")
    run("score", "m.model", february, "--rate", "0.5", "-q")
    assert mixtura.load("m.model") == before


@pytest.mark.parametrize("rate", ["0", "1", "-1", "2", "nan"])
def test_rates_that_cannot_be(run, tables, rate):
    ended = run("score", "m.model", tables[1], "--rate", rate)
    assert ended.code == 2
    assert f"--rate is {rate}: write a number between 0 and 1" in ended.err


def test_rows_that_tie_are_told(run, write, tables):
    january, _ = tables
    assert run("detect", january, *QUICK, "--save", "m.model", "-q").code == 0
    rows = np.random.default_rng(1).normal(size=(2940, 3)).tolist() + [[40.0, 40.0, 40.0]] * 60
    ended = run("score", "m.model", write("ties.csv", NAMES, rows), "--rate", "0.01", "--json", "--out", "ties.parquet")
    summary = json.loads(ended.out)
    assert summary["decision"]["n_anomalies"] == 60
    assert any("60 rows have the same score" in notice for notice in summary["notices"])
