"""Every rule of `mixtura detect`, end to end: what is written is what the library says of the written scores."""

import io
import json
import sys

import numpy as np
import pytest

import mixtura
from mixtura.decisions.conformal import conformal_p_values, discoveries
from mixtura.decisions.curve import PrecisionRecallCurve
from mixtura.decisions.tail import fit_tail
from mixtura.decisions.thresholds import threshold_by_rate
from mixtura.tables.thresholds import table_scores

N_ROWS, N_ANOMALIES = 600, 30

# Models that need no other to explain their rows; a rule asks no more of a model than its scores.
MIXTURE = ("--components", "2", "--shape", "full")
QUICK = ("--model", "elliptic")


@pytest.fixture
def claims(write):
    """Rows of which the first 30 are anomalies, half of them hard to tell; every fifth label is missing."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(N_ROWS, 3))
    values[:, 1] += 0.8 * values[:, 0]
    values[:15] += [6, -5, 4]
    values[15:N_ANOMALIES] *= 2
    labels = np.where(np.arange(N_ROWS) < N_ANOMALIES, "True", "FALSE").astype(object)
    labels[::5] = ""
    rows = [[*row, label] for row, label in zip(values.round(4).tolist(), labels, strict=True)]
    return write("claims.csv", ["x", "y", "z", "fraud"], rows)


@pytest.fixture
def clean(write):
    """Rows like those of the claims that are no anomalies."""
    return clean_table(write, 4000, 1)


def clean_table(write, n_rows, seed):
    values = np.random.default_rng(seed).normal(size=(n_rows, 3))
    values[:, 1] += 0.8 * values[:, 0]
    return write("clean.csv", ["x", "y", "z"], values.round(4).tolist())


@pytest.fixture
def detect(run, need):
    """Detect, and return the summary with the scored columns as arrays."""
    parquet = need("pyarrow.parquet")

    def detect(*arguments):
        ended = run("detect", *arguments, "--json", "--out", "scored.parquet", "--force")
        assert (ended.code, ended.err) == (0, "")
        scored = parquet.read_table("scored.parquet")
        return json.loads(ended.out), {name: scored[name].to_numpy() for name in scored.column_names}

    return detect


def labelled(scored):
    """Return the scores and labels of the rows that have one."""
    words = np.array([str(label).lower() for label in scored["fraud"]])
    known = np.isin(words, ["true", "false"])
    return -scored["anomaly_score"][known], words[known] == "true"


@pytest.mark.parametrize(
    ("options", "target"),
    [
        (["--precision", "0.9"], {"precision": 0.9}),
        (["--recall", "0.8"], {"recall": 0.8}),
        (["--f-beta", "2"], {"f_beta": 2.0}),
        ([], {"f_beta": 1.0}),
    ],
)
@pytest.mark.parametrize("model", [("--model", "auto"), MIXTURE])
def test_a_target_on_labels(detect, claims, options, target, model):
    summary, scored = detect(claims, "--labels", "fraud", *model, *options, "--quiet")
    curve = PrecisionRecallCurve.from_scores(*labelled(scored))
    threshold = curve.threshold_for(**target)
    decision = summary["decision"]
    assert decision["threshold"] == -threshold
    assert {decision["rule"]: decision["target"]} == target
    np.testing.assert_array_equal(scored["is_anomaly"], scored["anomaly_score"] > -threshold)
    found, on_labels = curve.at(threshold), decision["on_labels"]
    assert (on_labels["precision"], on_labels["recall"]) == (found.precision, found.recall)
    assert (on_labels["n_rows"], on_labels["n_anomalies"]) == (480, 24)
    assert on_labels["average_precision"] == curve.average_precision
    for name in ("precision", "recall"):
        low, high = on_labels[f"{name}_interval"]
        assert 0 <= low <= on_labels[name] <= high <= 1
    if "precision" in target or "recall" in target:
        assert on_labels[decision["rule"]] >= decision["target"]


def test_labels_are_no_column_of_the_model(detect, claims):
    # As numbers they would be; the others score as if there were no labels.
    text = claims.read_text().replace("True", "1").replace("FALSE", "0")
    claims.write_text(text)
    _, dropped = detect(claims, *QUICK, "--drop", "fraud")
    summary, scored = detect(claims, *QUICK, "--labels", "fraud")
    assert summary["table"]["columns"] == ["x", "y", "z"]
    assert summary["table"]["left_out"] == []
    np.testing.assert_array_equal(scored["anomaly_score"], dropped["anomaly_score"])
    np.testing.assert_array_equal(np.isnan(scored["fraud"].astype(float)), np.arange(N_ROWS) % 5 == 0)


@pytest.mark.parametrize(
    "words", [("True", "FALSE", ""), ("1", "0", ""), ("1.0", "0.0", "nan"), ("yes", "No", ""), ("1", "0", "NULL")]
)
def test_labels_as_people_write_them(detect, claims, words):
    first, _ = detect(claims, *QUICK, "--labels", "fraud")
    lines = [line.split(",") for line in claims.read_text().splitlines()]
    meaning = dict(zip(("True", "FALSE", ""), words, strict=True))
    claims.write_text("\n".join(",".join([*fields[:3], meaning.get(fields[3], fields[3])]) for fields in lines) + "\n")
    second, _ = detect(claims, *QUICK, "--labels", "fraud")
    assert first["decision"] == second["decision"]


def test_labels_that_judge_nothing_are_refused(run, claims):
    claims.write_text(claims.read_text().replace("True", ""))
    ended = run("detect", claims, "--labels", "fraud")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == ("mixtura: no row is labelled an anomaly, so recall is undefined: give some labels of 1\n")


@pytest.mark.parametrize("model", [("--model", "auto"), MIXTURE])
def test_a_tail(detect, claims, model):
    summary, scored = detect(claims, "--tail", "0.002", *model, "--quiet")
    tail = fit_tail(-scored["anomaly_score"])
    threshold = tail.threshold_for(0.002)
    assert summary["decision"]["threshold"] == -threshold
    # The anomalies in the table are no tail, and a notice says so where the fit shows it.
    noticed = any("do not follow the tail" in notice for notice in summary["notices"])
    assert noticed == (tail.pareto.anderson_darling > tail.pareto.critical_distance)
    np.testing.assert_array_equal(scored["is_anomaly"], scored["anomaly_score"] > -threshold)


def test_a_tail_of_clean_rows(detect, claims, clean):
    summary, scored = detect(claims, *QUICK, "--drop", "fraud", "--tail", "1e-4", "--reference", clean, "--save", "m")
    calibration = mixtura.load("m").calibration
    assert summary["decision"]["threshold"] == -fit_tail(-calibration).threshold_for(1e-4)
    assert scored["is_anomaly"][:15].all()
    assert scored["is_anomaly"][N_ANOMALIES:].sum() <= 1


def test_a_rate_of_clean_rows(detect, claims, clean):
    summary, scored = detect(claims, "--drop", "fraud", "--rate", "0.01", "--reference", clean, "--save", "m")
    calibration = mixtura.load("m").calibration
    assert summary["decision"] | {"share": 0, "n_anomalies": 0} == {
        "rule": "rate",
        "target": 0.01,
        "trained_on": "reference",
        "threshold": -threshold_by_rate(-calibration, 0.01),
        "n_anomalies": 0,
        "share": 0,
        "on_labels": None,
        "saved": False,
        "n_by_strays": 0,
        "n_like_fine": 0,
    }
    assert summary["model"]["trained_on"] == "clean.csv"
    # One row in two, drawn one by one.
    assert abs(len(calibration) - 2000) < 5 * np.sqrt(4000 / 4)
    np.testing.assert_array_equal(scored["p_value"], conformal_p_values(-scored["anomaly_score"], -calibration))


@pytest.mark.parametrize("model", ["auto", "mixture", "bayesian", "elliptic", "forest", "lof", "svm"])
def test_a_false_discovery_rate(detect, run, need, claims, clean, model):
    options = MIXTURE if model == "mixture" else ("--model", model)
    summary, scored = detect(claims, "--drop", "fraud", "--fdr", "0.3", "--reference", clean, *options, "--save", "m")
    flags = discoveries(scored["p_value"], 0.3)
    np.testing.assert_array_equal(scored["is_anomaly"], flags)
    assert flags[:15].all()
    assert flags[N_ANOMALIES:].mean() < 0.05
    names = ["x", "y", "z", "fraud", "anomaly_score", "severity", "is_anomaly", "p_value"]
    components = ["component"] if model in ("mixture", "bayesian") else []
    assert list(scored) == [*names, *components, "flagged_columns", "expected", "reason"]
    assert summary["new_columns"] == list(scored)[4:]
    # The saved model knows all of it.
    assert run("score", "m", claims, "--out", "again.parquet", "-q").code == 0
    assert need("pyarrow.parquet").read_table("again.parquet") == need("pyarrow.parquet").read_table("scored.parquet")


def test_a_reference_too_small_for_a_false_discovery_rate(run, claims, write):
    ended = run("detect", claims, "--drop", "fraud", "--fdr", "0.05", *QUICK, "--reference", clean_table(write, 200, 1))
    assert ended.code == 0
    assert "Anomalies: no row is flagged, because no score is high enough" in ended.out
    assert "use about 24,000 clean rows, or flag a share of the rows." in " ".join(ended.out.split())
    ended = run("detect", claims, "--drop", "fraud", "--fdr", "0.05", *QUICK, "--reference", "clean.csv", "--json")
    summary = json.loads(ended.out)
    assert summary["decision"]["threshold"] is None
    assert summary["decision"]["n_anomalies"] == 0
    assert ended.err == f"mixtura: note: {summary['notices'][0]}\n"


def test_the_table_as_its_own_reference(detect, claims):
    _, scored = detect(claims, *QUICK, "--drop", "fraud", "--reference", claims, "--rate", "0.05")
    assert abs(scored["is_anomaly"].mean() - 0.05) < 0.04
    assert (scored["p_value"] > 0).all()
    assert (scored["p_value"] <= 1).all()


def test_labels_choose_the_threshold_of_a_model_of_clean_rows(detect, claims, clean):
    summary, scored = detect(claims, *QUICK, "--labels", "fraud", "--precision", "0.9", "--reference", clean)
    curve = PrecisionRecallCurve.from_scores(*labelled(scored))
    assert summary["decision"]["threshold"] == -curve.threshold_for(precision=0.9)
    assert "p_value" in scored


def test_a_reference_with_other_columns_beside(detect, claims, clean):
    lines = clean.read_text().splitlines()
    turned = [",".join([*reversed(line.split(",")), "more"]) for line in lines]
    _, first = detect(claims, *QUICK, "--drop", "fraud", "--reference", clean)
    clean.write_text("\n".join(turned) + "\n")
    _, second = detect(claims, *QUICK, "--drop", "fraud", "--reference", clean)
    np.testing.assert_array_equal(first["anomaly_score"], second["anomaly_score"])


def test_what_never_changed_in_the_reference_is_an_anomaly_when_it_does(detect, write):
    rng = np.random.default_rng(2)
    reference = [[*row, 7] for row in rng.normal(size=(400, 2)).round(3).tolist()]
    new = [[*row, 7] for row in rng.normal(size=(50, 2)).round(3).tolist()]
    new[3][2] = 8
    write("clean.csv", ["a", "b", "c"], reference)
    write("new.csv", ["a", "b", "c"], new)
    summary, scored = detect("new.csv", "--reference", "clean.csv", "--rate", "0.01")
    assert summary["table"] == {"source": "new.csv", "n_rows": 50, "columns": ["a", "b", "c"], "left_out": []}
    assert scored["anomaly_score"].argmax() == 3
    assert scored["is_anomaly"][3]
    assert scored["reason"][3].startswith("c = 8, which 1 of 50 rows has; every row fitted has 7. With this")
    # The other models cannot use such a column.
    summary, scored = detect("new.csv", "--reference", "clean.csv", "--rate", "0.01", "--model", "forest")
    assert summary["table"]["left_out"] == [{"name": "c", "reason": "constant"}]


class Stdin:
    def __init__(self, content):
        self.buffer = io.BytesIO(content)


def test_standard_input_with_labels(detect, claims, monkeypatch):
    _, first = detect(claims, *QUICK, "--labels", "fraud")
    monkeypatch.setattr(sys, "stdin", Stdin(claims.read_bytes()))
    summary, second = detect("-", *QUICK, "--labels", "fraud")
    np.testing.assert_array_equal(first["is_anomaly"], second["is_anomaly"])
    assert summary["decision"]["on_labels"]["n_rows"] == 480


def test_standard_input_with_a_reference_and_as_one(detect, claims, clean, monkeypatch):
    options = (*QUICK, "--drop", "fraud", "--rate", "0.01", "--reference")
    _, first = detect(claims, *options, clean)
    monkeypatch.setattr(sys, "stdin", Stdin(claims.read_bytes()))
    _, second = detect("-", *options, clean)
    monkeypatch.setattr(sys, "stdin", Stdin(clean.read_bytes()))
    _, third = detect(claims, *options, "-")
    for other in (second, third):
        np.testing.assert_array_equal(first["p_value"], other["p_value"])


def test_labels_in_a_query_and_of_more_rows_than_a_block(detect, small_blocks):
    query = (
        "select (hash(i) % 1000) / 1000.0 + if(i % 100 = 7, 3, 0) as a, (hash(i + 1000000) % 1000) / 1000.0 as b, "
        "i % 100 = 7 as odd from range(5000) t(i)"
    )
    summary, scored = detect(query, "--labels", "odd", "--precision", "0.9", "--model", "forest")
    assert summary["decision"]["on_labels"]["n_anomalies"] == 50
    assert scored["is_anomaly"][scored["odd"]].mean() == summary["decision"]["on_labels"]["recall"] > 0.99
    assert scored["odd"][scored["is_anomaly"]].mean() == summary["decision"]["on_labels"]["precision"] >= 0.9


def test_more_labels_than_are_held_are_sketched(detect, monkeypatch):
    query = "select hash(i) % 100000 as a, hash(i + 7) % 1000 as b, i % 200 = 3 as odd from range(20000) t(i)"
    options = (query, "--labels", "odd", "--f-beta", "1", "--model", "forest")
    exact, _ = detect(*options)
    for most in (10, 9_000):
        monkeypatch.setattr(table_scores, "_MOST_LABELLED", most)
        sketched, scored = detect(*options)
        on_labels = sketched["decision"]["on_labels"]
        assert (on_labels["n_rows"], on_labels["n_anomalies"]) == (20_000, 100)
        assert on_labels["average_precision"] == pytest.approx(
            exact["decision"]["on_labels"]["average_precision"], rel=0.01
        )
        flagged = scored["odd"][scored["is_anomaly"]]
        assert on_labels["recall"] == pytest.approx(flagged.sum() / 100, abs=0.01)


@pytest.fixture
def tied(write):
    """A table of which sixty rows are one, thirteen deviations off, beside what lies farther off."""

    def tied(farther):
        rows = np.random.default_rng(0).normal(size=(2940, 3)).round(6)
        rows[: len(farther)] = np.reshape(farther, (-1, 3))
        return write("tied.csv", ["x", "y", "z"], np.vstack([rows, np.full((60, 3), 13.0)]).tolist())

    return tied


FARTHER = [[30.0, -30.0, 30.0], [-40.0, 0.0, 40.0]]


@pytest.mark.parametrize(
    ("model", "farther"),
    [
        ("elliptic", FARTHER),
        *(
            pytest.param(*other, marks=pytest.mark.exhaustive)
            for other in (("auto", []), ("elliptic", []), ("forest", []), ("svm", []), ("auto", FARTHER))
        ),
    ],
)
def test_rows_that_tie_at_a_rate_are_flagged_and_told(detect, run, tied, model, farther):
    table = tied(farther)
    ended = run("detect", table, "--rate", "0.01", "--model", model, "--report", "page.html")
    assert ended.code == 0
    n_flagged = 60 + len(farther)
    said = f"are flagged too: {n_flagged} in all"
    assert f"Anomalies: {n_flagged} rows" in ended.out
    assert said in " ".join(ended.out.split())
    with open("page.html") as page:
        assert said in page.read()
    summary, scored = detect(table, "--rate", "0.01", "--model", model, "--quiet")
    assert summary["notices"] == [
        f"60 rows have the same score, on the edge of 1% of 3,000 rows. They alone are more than 1%, and {said}."
    ]
    assert scored["is_anomaly"][-60:].all()
    assert summary["decision"]["n_anomalies"] == scored["is_anomaly"].sum() == n_flagged


def test_rows_that_tie_with_many_others_below_are_told(detect, tied):
    farther = np.random.default_rng(1).choice([-1.0, 1.0], (20, 3)) * np.linspace(20, 40, 20)[:, None]
    summary, _ = detect(tied(farther), "--rate", "0.01", "--model", "elliptic", "--quiet")
    assert summary["decision"]["n_anomalies"] == 20
    assert "60 rows have the same score" in summary["notices"][0]
    assert "A share of 2.68% flags them too" in summary["notices"][0]


def test_a_comparison_tells_ties(run, tied, only):
    only("auto", "forest")
    ended = run("compare", tied([]), "--rate", "0.01", "--json", "--quiet")
    notices = json.loads(ended.out)["notices"]
    assert any(notice.startswith("forest: 60 rows have the same score, on the edge of 1%") for notice in notices)
