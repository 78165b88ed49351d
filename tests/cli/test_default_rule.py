"""`mixtura detect` without options: the table itself says how many of its rows are too rare for chance."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest

import mixtura
from mixtura.tables import kinds

KINDS = [kind.name for kind in kinds.KINDS]
# The default, which has severities of its own, and one of those that all have theirs in the same way.
FEW_KINDS = [pytest.param(name, marks=[pytest.mark.exhaustive] * (name not in ("auto", "elliptic"))) for name in KINDS]

N_PLANTED = 5

# A model that needs no other to explain its rows.
QUICK = ("--model", "elliptic")


def table(n_rows, planted=0, seed=0):
    """Return correlated normal columns; the first rows, if any, are off by far in one column each."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n_rows, 3))
    values[:, 1] += 0.8 * values[:, 0]
    for row in range(planted):
        values[row, row % 3] += (25 + 5 * row) * (-1) ** row
    return values.round(4)


@pytest.fixture
def detect(run, write, need):
    """Run a command line over a table, and return the summary with the scored columns; it keeps what is said."""
    parquet = need("pyarrow.parquet")

    def detect(values, *options):
        write("t.csv", ["a", "b", "c"], values.tolist())
        ended = run("detect", "t.csv", *options, "--json", "--save", "m", "--out", "scored.parquet")
        assert ended.code == 0, ended.err
        detect.said = ended.err
        scored = parquet.read_table("scored.parquet")
        return json.loads(ended.out), {name: scored[name].to_numpy() for name in scored.column_names}

    return detect


def few_candidates(model):
    return ("--components", "2") if model == "mixture" else ()


def discoveries(nats, rate):
    """Return the rows that are discoveries of p-values exp(-nats), by the definition of Benjamini and Hochberg."""
    ordered = sorted(nats, reverse=True)
    held = [i for i, most in enumerate(ordered, 1) if math.exp(-most) * len(nats) / i <= rate]
    return np.array([bool(held) and one >= ordered[held[-1] - 1] for one in nats])


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.exhaustive) for seed in (1, 2))])
def test_in_a_clean_table_nothing_is_flagged(detect, run, seed):
    summary, scored = detect(table(2000, seed=seed))
    # No score of the table reaches the threshold, that of a row which alone would have been too rare.
    threshold = summary["decision"].pop("threshold")
    assert threshold > scored["anomaly_score"].max()
    assert math.isclose(mixtura.load("m").tail_nats(np.array([threshold]))[0], math.log(2000 / 0.1), rel_tol=1e-6)
    assert summary["decision"] == {
        "rule": "fdr",
        "target": 0.1,
        "trained_on": "table",
        "n_anomalies": 0,
        "share": 0.0,
        "on_labels": None,
        "saved": False,
        "n_by_strays": 0,
        "n_like_fine": 0,
    }
    assert summary["notices"] == []
    assert not scored["is_anomaly"].any()
    assert set(scored["reason"]) == {None}
    ended = run("detect", "t.csv")
    assert (ended.code, ended.err) == (0, "")
    said = " ".join(ended.out.split())
    assert "Anomalies: no row is flagged, because no row is too rare to be due to chance; here are the 10 most" in said
    assert "on average at most 10% of the flagged rows may be false alarms; --rate flags a share" in said
    # A share is flagged where one is asked for.
    assert detect(table(2000, seed=seed), "--rate", "0.04")[1]["is_anomaly"].sum() == 80


@pytest.mark.parametrize("model", ["auto", "elliptic", "forest"])
def test_the_model_of_a_clean_table_flags_what_is_far_in_another(detect, run, write, model):
    detect(table(2000), "--model", model, "-q")
    write("new.csv", ["a", "b", "c"], [[0.1, 0.2, 0.3], [1000.0, -1000.0, 1000.0]])
    again = json.loads(run("score", "m", "new.csv", "-q", "--json").out)
    flagged = 0 if model == "forest" else 1  # it isolates the far row hardly sooner than the farthest clean one
    assert again["decision"]["n_anomalies"] == flagged
    assert again["anomalies"][0]["row"] == 2


@pytest.mark.parametrize(
    "model", ["auto", "elliptic", *(pytest.param(model, marks=pytest.mark.exhaustive) for model in ("mixture", "lof"))]
)
def test_planted_errors_are_flagged(detect, run, model):
    summary, scored = detect(table(2000, N_PLANTED), "--model", model, "-q")
    decision, flags = summary["decision"], scored["is_anomaly"]
    assert flags[:N_PLANTED].all()
    assert decision["n_anomalies"] == flags.sum() <= N_PLANTED + 2
    assert (decision["rule"], decision["target"]) == ("fdr", 0.1)
    assert scored["anomaly_score"][flags].min() > decision["threshold"] > scored["anomaly_score"][~flags].max()
    assert {anomaly["row"] for anomaly in summary["anomalies"][:N_PLANTED]} == set(range(1, N_PLANTED + 1))
    assert all(scored["severity"][:N_PLANTED] > 99.9)
    ended = run("detect", "t.csv", "--model", model)
    n_flagged = f"{decision['n_anomalies']} rows ({decision['n_anomalies'] / 20:.2g}%)"
    assert f"Anomalies: {n_flagged} above the threshold " in ended.out
    assert "\n  chosen so that on average at most 10% of the flagged rows are false alarms\n" in ended.out
    # By the saved model, the same rows.
    again = run("score", "m", "t.csv", "-q", "--json", "--force")
    assert json.loads(again.out)["decision"] == decision | {"saved": True}


@pytest.mark.each_value
@pytest.mark.parametrize("rate", [None, 0.01, 0.3, 0.9])
@pytest.mark.parametrize("model", KINDS)
def test_the_flagged_rows_are_the_discoveries(detect, model, rate):
    values = table(600, N_PLANTED, seed=3)
    values[N_PLANTED:40] *= 2.5
    asked = [] if rate is None else ["--fdr", rate]
    summary, scored = detect(values, "--model", model, *few_candidates(model), "-q", *asked)
    held = mixtura.load("m")
    assert summary["decision"]["target"] == (0.1 if rate is None else rate)
    nats = held.tail_nats(scored["anomaly_score"])
    np.testing.assert_array_equal(scored["is_anomaly"], discoveries(nats, rate or 0.1))
    # Of these two, one sees little of what is far, and the other gives it components of its own.
    if rate == 0.9 and model not in ("svm", "bayesian"):
        assert scored["is_anomaly"].any()
    assert [reason is not None for reason in scored["reason"]] == scored["is_anomaly"].tolist()


@pytest.mark.parametrize("model", FEW_KINDS)
def test_severities_of_every_kind_of_model(detect, run, write, need, model):
    values = table(1000, N_PLANTED, seed=1)
    summary, scored = detect(values, "--model", model, "--rate", "0.02", "-q")
    scores, severities = scored["anomaly_score"], scored["severity"]
    names = list(scored)
    assert names[3:6] == summary["new_columns"][:3] == ["anomaly_score", "severity", "is_anomaly"]
    held = mixtura.load("m")
    assert held.has_severities
    np.testing.assert_array_equal(severities, held.severities(scores))
    assert ((severities >= 0) & (severities <= 100)).all()
    assert (np.diff(severities[np.argsort(scores)]) >= 0).all()
    # They are the share of the rows that score lower, but for the highest.
    below = np.searchsorted(np.sort(scores), scores) / len(scores)
    np.testing.assert_allclose(severities[below < 0.97], 100 * below[below < 0.97], atol=3 if model == "auto" else 0.3)
    for anomaly in summary["anomalies"]:
        assert anomaly["severity"] == severities[anomaly["row"] - 1]
    # `score` writes the same, and of other rows what the model says.
    assert run("score", "m", "t.csv", "--out", "again.parquet", "-q").code == 0
    read = need("pyarrow.parquet").read_table
    assert read("again.parquet") == read("scored.parquet")
    write("few.csv", ["a", "b", "c"], values[:3].tolist())
    assert (
        json.loads(run("score", "m", "few.csv", "--json", "--format", "parquet").out)["new_columns"]
        == summary["new_columns"]
    )
    assert read("few.scored.parquet")["severity"].to_pylist() == severities[:3].tolist()


def test_a_model_of_groups_has_no_severities(run, write, need):
    write("t.csv", ["a", "b", "c"], table(300).tolist())
    assert run("groups", "t.csv", "--components", "2", "--save", "m", "-q").code == 0
    ended = run("score", "m", "t.csv", "--json", "--format", "parquet")
    summary = json.loads(ended.out)
    assert summary["new_columns"] == ["anomaly_score", "component"]
    assert {anomaly["severity"] for anomaly in summary["anomalies"]} == {None}
    assert "severity" not in need("pyarrow.parquet").read_table("t.scored.parquet").column_names
    assert "severity" not in run("score", "m", "t.csv").out


@pytest.mark.parametrize("model", FEW_KINDS)
def test_severities_beside_clean_rows(detect, write, model):
    write("clean.csv", ["a", "b", "c"], table(1000, seed=7).tolist())
    options = ("--model", model, "--reference", "clean.csv", "--rate", "0.01", "-q")
    _, scored = detect(table(400, N_PLANTED, seed=8), *options)
    held = mixtura.load("m")
    severities, p_values = scored["severity"], scored["p_value"]
    assert (np.diff(severities[np.argsort(scored["anomaly_score"])]) >= 0).all()
    ordinary = p_values > 0.05
    # The default detector knows from the rows that it was fitted to what the others are told by rows it was not.
    assert (held.rarity is None) == (model == "auto")
    allowed = 12 if model == "auto" else 0.5
    np.testing.assert_allclose(severities[ordinary], 100 * (1 - p_values[ordinary]), atol=allowed)


def test_severities_of_more_rows_than_are_held(detect, run, need):
    """Ranks come from a sketch, thinned: they are those of the table to a few hundredths of a percent."""
    query = "select hash(i) % 99991 / 1e4 as a, hash(i + 7) % 99991 / 1e4 as b from range(150000) t(i)"
    assert run("detect", query, "--model", "forest", "--out", "s.parquet", "-q").code == 0
    scored = need("pyarrow.parquet").read_table("s.parquet")
    scores, severities = scored["anomaly_score"].to_numpy(), scored["severity"].to_numpy()
    below = np.searchsorted(np.sort(scores), scores) / len(scores)
    np.testing.assert_allclose(severities[below < 0.98], 100 * below[below < 0.98], atol=0.3)
    assert not scored["is_anomaly"].to_numpy().any()


NOTHING = (
    "no row is flagged: {} rows are too few to tell how rare a row is. Use at least 30 rows, or flag a share "
    "(--rate 0.04)."
)
LITTLE = (
    "{} rows say little about how rare a row is: only rows far from all others are flagged, and some may be by chance "
    "(--rate flags a share)."
)


@pytest.mark.each_value
@pytest.mark.parametrize(
    ("n_rows", "notices"),
    [
        pytest.param(20, [NOTHING.format(20)], marks=pytest.mark.exhaustive),
        (29, [NOTHING.format(29)]),
        (30, [LITTLE.format(30)]),
        pytest.param(100, [LITTLE.format(100)], marks=pytest.mark.exhaustive),
        (199, [LITTLE.format(199)]),
        (200, []),
    ],
)
@pytest.mark.parametrize("model", ["auto", "forest"])
def test_few_rows_are_a_notice(detect, n_rows, notices, model):
    summary, scored = detect(table(n_rows, planted=1), "--model", model)
    assert summary["notices"] == notices
    assert detect.said == "".join(f"mixtura: note: {notice}\n" for notice in notices)
    if n_rows < 30:
        assert not scored["is_anomaly"].any()
        assert summary["decision"]["threshold"] is None
    assert scored["anomaly_score"].argmax() == 0


def test_few_rows_are_as_good_as_any_for_a_share(detect):
    assert detect(table(29, planted=1), "--model", "forest", "--rate", "0.04")[0]["notices"] == []


def test_few_rows_beside_a_reference_are_no_notice(detect, write):
    write("clean.csv", ["a", "b", "c"], table(2000, seed=7).tolist())
    summary, scored = detect(table(20, planted=1), "--reference", "clean.csv")
    assert (summary["decision"]["rule"], summary["decision"]["trained_on"]) == ("fdr", "reference")
    assert scored["is_anomaly"].tolist() == [True, *[False] * 19]
    assert summary["notices"] == []


def test_a_false_discovery_rate_alone(detect):
    summary, scored = detect(table(600, N_PLANTED), *QUICK, "--fdr", "0.05")
    assert (summary["decision"]["rule"], summary["decision"]["target"]) == ("fdr", 0.05)
    assert scored["is_anomaly"][:N_PLANTED].all()
    assert "p_value" not in scored
    flagged = [
        set(np.flatnonzero(detect(table(600, N_PLANTED), *QUICK, "--fdr", rate)[1]["is_anomaly"]))
        for rate in ("1e-6", "0.5", "0.99")
    ]
    assert all(one <= other for one, other in pairwise(flagged))
    assert flagged[0] <= set(np.flatnonzero(scored["is_anomaly"])) <= flagged[1]
