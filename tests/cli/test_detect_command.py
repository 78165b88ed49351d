import csv
import io
import json
import sys

import numpy as np
import pytest

import mixtura

KEYS = {
    "command": None,
    "table": {"source", "n_rows", "columns", "left_out"},
    "model": {
        "kind",
        "description",
        "n_components",
        "covariance_type",
        "n_parameters",
        "candidates",
        "trained_on",
        "bic",
        "aic",
        "log_likelihood",
        "lower_bound",
        "seed",
        "versions",
    },
    "groups": {"component", "n_rows", "share", "center", "contrast", "cluster", "levels"},
    "decision": {
        "rule",
        "target",
        "trained_on",
        "threshold",
        "n_anomalies",
        "share",
        "on_labels",
        "saved",
        "n_by_strays",
        "n_like_fine",
    },
    "anomalies": {
        "row",
        "anomaly_score",
        "severity",
        "component",
        "column",
        "value",
        "expected",
        "reason",
        "cells",
        "score_after",
        "strays",
    },
    "notices": None,
    "out": None,
    "new_columns": None,
    "saved": None,
    "seconds": None,
    "report": None,
    "repaired": None,
    "merging": None,
    "reasons": {"reason", "columns", "directions", "n_rows", "example"},
    "good": None,
    "bad": None,
    "only_flagged": None,
    "news": None,
    "drift": None,
    "segments": None,
}
FAST = ("--components", "2", "--shape", "full")


def refuse_constant(name):
    raise AssertionError(f"{name} is not JSON")


def summary_of(ended):
    assert ended.code == 0, ended.err
    return json.loads(ended.out, parse_constant=refuse_constant)


@pytest.fixture
def read(need):
    """Read a parquet file as a dict of lists."""
    parquet = need("pyarrow.parquet")
    return lambda path: parquet.read_table(path).to_pydict()


def test_the_scored_table(run, iris, read):
    summary = summary_of(run("detect", iris, *FAST, "--rate", "0.1", "--json", "--out", "scored.parquet"))
    scored = read("scored.parquet")
    names = list(scored)
    assert names[:6] == ["sepal_length", "sepal_width", "petal_length", "petal_width", "species", "year"]
    assert names[6:] == [
        "anomaly_score",
        "severity",
        "is_anomaly",
        "component",
        "flagged_columns",
        "expected",
        "reason",
    ]
    scores, flags = np.array(scored["anomaly_score"]), np.array(scored["is_anomaly"])
    assert flags.sum() == 15 == summary["decision"]["n_anomalies"]
    assert scores[flags].min() > summary["decision"]["threshold"] > scores[~flags].max()
    assert [reason is not None for reason in scored["reason"]] == flags.tolist()
    assert np.bincount(scored["component"]).tolist() == [group["n_rows"] for group in summary["groups"]] == [100, 50]
    best = np.argsort(-scores, kind="stable")[:10]
    assert [anomaly["row"] for anomaly in summary["anomalies"]] == (best + 1).tolist()
    for anomaly, row in zip(summary["anomalies"], best, strict=True):
        assert anomaly["value"] == scored[anomaly["column"]][row]
        assert anomaly["anomaly_score"] == scores[row]
        assert anomaly["severity"] == scored["severity"][row]
        assert scored["reason"][row] == anomaly["reason"]
        assert f"{anomaly['column']} = " in anomaly["reason"]


def test_json_keys(run, iris):
    ended = run("detect", iris, "--components", "1,2", "--json", "--save", "m")
    summary = summary_of(ended)
    assert list(summary) == list(KEYS)
    for key, keys in KEYS.items():
        for value in summary[key] if isinstance(summary[key], list) and keys else [summary[key]]:
            assert keys is None or set(value) == keys
    assert summary["table"]["left_out"] == [
        {"name": "species", "reason": "category"},
        {"name": "year", "reason": "constant"},
    ]
    assert len(summary["model"]["candidates"]) == 8
    assert summary["saved"] == "m"
    assert "mixtura: note: 2 components, the most tried, have the lowest BIC" in ended.err
    model = mixtura.load("m")
    assert model.columns == tuple(summary["table"]["columns"])
    np.testing.assert_array_equal(model.means, [list(group["center"].values()) for group in summary["groups"]])


def test_two_runs_agree(run, iris, read):
    for name in ("a.parquet", "b.parquet"):
        assert run("detect", iris, "--components", "1,2", "--rate", "0.04", "--out", name).code == 0
    assert read("a.parquet") == read("b.parquet")


def test_quiet_says_nothing(run, iris, folder):
    ended = run("detect", iris, *FAST, "--quiet")
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert (folder / "iris.scored.csv").exists()
    ended = run("detect", iris, "--components", "1,2", "--quiet", "--json")
    assert ended.err == ""
    assert summary_of(ended)["notices"]


@pytest.mark.parametrize("ending", ["csv", "json", "jsonl", "arrow", "parquet"])
def test_endings(run, iris, folder, ending):
    (folder / f"out.{ending}").write_text("what was there before")
    assert run("detect", iris, *FAST, "--out", f"out.{ending}", "--force").code == 0
    assert sorted(file.name for file in folder.iterdir()) == ["iris.csv", f"out.{ending}"]


def test_columns_and_drop(run, iris):
    used = ["sepal_width", "petal_length"]
    summary = summary_of(run("detect", iris, *FAST, "--json", "--columns", "sepal_width, petal_length"))
    assert summary["table"]["columns"] == used
    summary = summary_of(run("detect", iris, *FAST, "--json", "--columns", used[0], "--columns", used[1]))
    assert summary["table"]["columns"] == used
    drop = ["--drop", "sepal_length,petal_width", "--drop", "year"]
    summary = summary_of(run("detect", iris, *FAST, "--json", *drop))
    assert summary["table"]["columns"] == used
    assert summary["table"]["left_out"] == [{"name": "species", "reason": "category"}]


def test_score_gives_the_same_bits(run, iris, read, folder):
    options = ("--components", "1,2", "--rate", "0.04", "--json")
    first = summary_of(run("detect", iris, *options, "--save", "m", "--out", "a.parquet"))
    second = summary_of(run("score", "m", iris, "--json", "--out", "b.parquet"))
    assert read("a.parquet") == read("b.parquet")
    assert first["decision"] | {"saved": True} == second["decision"]
    assert first["anomalies"] == second["anomalies"]
    assert first["groups"] == second["groups"]
    # Columns are found by name, and one row at a time scores as it did among others.
    with (folder / "iris.csv").open() as stream:
        names, *rows = csv.reader(stream)
    turned = ["\n".join(",".join(reversed(row)) for row in (names, rows[k])) + "\n" for k in (0, 118)]
    expected = read("a.parquet")["anomaly_score"]
    for text, k in zip(turned, (0, 118), strict=True):
        (folder / "one.csv").write_text(text)
        assert run("score", "m", "one.csv", "--format", "parquet").code == 0
        assert read("one.scored.parquet")["anomaly_score"] == [expected[k]]


def test_score_by_a_model_of_groups(run, iris, read):
    run("groups", iris, *FAST, "--save", "m")
    ended = run("score", "m", iris, "--format", "parquet")
    assert ended.code == 0
    assert "Most anomalous rows: the 10 rows with the highest scores" in ended.out
    assert list(read("iris.scored.parquet"))[6:] == ["anomaly_score", "component"]


def test_groups(run, iris, read):
    summary = summary_of(run("groups", iris, *FAST, "--json", "--format", "parquet"))
    scored = read("iris.grouped.parquet")
    assert list(scored)[6:] == ["component", "probability"]
    assert all(0.5 <= probability <= 1 for probability in scored["probability"])
    assert summary["decision"] is None
    assert summary["model"]["description"] == "2 components, full covariances"
    assert summary["anomalies"] == []


def test_standard_input(run, iris, read, monkeypatch):
    class Stdin:
        buffer = io.BytesIO(iris.read_bytes())

    run("detect", iris, *FAST, "--rate", "0.04", "--format", "parquet")
    monkeypatch.setattr(sys, "stdin", Stdin)
    ended = run("detect", "-", *FAST, "--rate", "0.04")
    assert ended.code == 0
    assert ended.out.startswith("standard input: 150 rows")
    assert read("stdin.scored.parquet") == read("iris.scored.parquet")


def test_a_query(run, iris, read):
    ended = run("detect", "select petal_length, petal_width from 'iris.csv' where species <> 'setosa'", *FAST)
    assert ended.code == 0, ended.err
    assert ended.out.startswith("the query: 100 rows")
    assert len(read("query.scored.parquet")["component"]) == 100


def test_a_pattern(run, iris, folder, read):
    (folder / "irises.csv").write_bytes(iris.read_bytes())
    ended = run("detect", "iris*.csv", *FAST, "--format", "parquet")
    assert ended.out.startswith("iris*.csv: 300 rows")
    assert len(read("iris.scored.parquet")["component"]) == 300


def test_rows_of_equal_score_come_in_the_order_of_the_table(run, folder):
    lines = ["a,b", *["1,2", "2,1", "3,5", "9,9"] * 20]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    summary = summary_of(run("detect", "t.csv", "--components", "1", "--shape", "full", "--rate", "0.04", "--json"))
    assert [anomaly["row"] for anomaly in summary["anomalies"]] == list(range(4, 44, 4))
    assert summary["decision"]["n_anomalies"] == 20  # they tie, and none lies farther


def test_few_rows_get_few_components(run, folder):
    (folder / "t.csv").write_text("a\n" + "\n".join(map(str, range(0, 50, 2))) + "\n")
    summary = summary_of(run("detect", "t.csv", "--json", "--shape", "full"))
    assert [candidate["n_components"] for candidate in summary["model"]["candidates"]] == [1, 2]


def test_columns_of_extreme_size(run, folder):
    rng = np.random.default_rng(0)
    rows = [f"{a!r},{b!r}" for a, b in (rng.normal(size=(60, 2)) * [1e-200, 1e200]).tolist()]
    (folder / "t.csv").write_text("\n".join(["tiny,huge", *rows]) + "\n")
    for options, n_anomalies in (((), 0), (("--rate", "0.04"), 3)):
        summary = summary_of(run("detect", "t.csv", "--components", "1-2", *options, "--json"))
        assert summary["decision"]["n_anomalies"] == n_anomalies
        assert all(80 < anomaly["severity"] < 100 for anomaly in summary["anomalies"])
