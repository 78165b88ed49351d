"""`mixtura compare`: what it says is what the detectors find."""

import io
import json
import sys

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from mixtura.tables import comparing, kinds

KINDS = [kind.name for kind in kinds.KINDS]


@pytest.fixture
def claims(write):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(300, 3))
    values[:9] *= 5
    labels = (np.arange(300) < 9).astype(int).astype(object)
    labels[::4] = ""
    return write(
        "claims.csv",
        ["a", "b", "c", "fraud"],
        [[*row, label] for row, label in zip(values.round(3).tolist(), labels, strict=True)],
    )


@pytest.fixture
def few_detectors(only):
    """Let three detectors be all there are, quickly fitted."""
    only("auto", "forest", "svm")


def summary_of(ended):
    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    assert (ended.code, ended.err) == (0, "")
    return json.loads(ended.out, parse_constant=refuse)


def test_every_detector_is_there(run, claims, folder):
    before = sorted(folder.iterdir())
    summary = summary_of(run("compare", claims, "--labels", "fraud", "--json"))
    assert [detector["name"] for detector in summary["detectors"]] == list(KINDS)
    assert list(summary) == [
        "command", "table", "n_compared", "n_labelled", "n_anomalies", "rate", "detectors", "failed", "correlations",
        "notices", "seconds",
    ]  # fmt: skip
    assert summary["table"]["columns"] == ["a", "b", "c"]
    assert (summary["n_compared"], summary["n_labelled"], summary["n_anomalies"]) == (300, 225, 6)
    correlations = np.array(summary["correlations"])
    np.testing.assert_array_equal(correlations, correlations.T)
    mean = (correlations.sum(axis=1) - 1) / (len(KINDS) - 1)
    np.testing.assert_allclose([detector["correlation"] for detector in summary["detectors"]], mean, rtol=1e-12)
    assert sorted(folder.iterdir()) == before


def test_a_detector_ranks_as_it_does_in_detect(run, claims, need, few_detectors):
    summary = summary_of(run("compare", claims, "--labels", "fraud", "--json"))
    for kind in ("auto", "forest", "svm"):
        out = f"{kind}.parquet"
        run("detect", claims, "--drop", "fraud", "--model", kind, "-q", "--out", out)
        scored = need("pyarrow.parquet").read_table(out)
        labels = scored["fraud"].to_numpy(zero_copy_only=False).astype(float)
        known, scores = ~np.isnan(labels), scored["anomaly_score"].to_numpy()
        found = next(detector for detector in summary["detectors"] if detector["name"] == kind)
        # Scaled columns round differently, which may turn near ties.
        assert found["auc"] == pytest.approx(roc_auc_score(labels[known], scores[known]), abs=0.01), kind
        average = average_precision_score(labels[known], scores[known])
        assert found["average_precision"] == pytest.approx(average, abs=0.05), kind


def test_a_sample_of_the_rows(run, claims, few_detectors):
    first, second = (
        summary_of(run("compare", claims, "--labels", "fraud", "--rows", "100", "--seed", seed, "--json"))
        for seed in (0, 0)
    )
    assert first["n_compared"] == 100
    assert first["table"]["n_rows"] == 300
    assert first["correlations"] == second["correlations"]
    third = summary_of(run("compare", claims, "--drop", "fraud", "--rows", "100", "--seed", "1", "--json"))
    assert third["n_labelled"] is None
    assert third["correlations"] != first["correlations"]


def test_a_sample_is_of_the_rows_and_their_labels():
    parts = [np.arange(k, min(k + 4, 11)) for k in range(0, 11, 4)]
    positions = np.array([0, 3, 4, 9, 10])
    np.testing.assert_array_equal(comparing._taken(iter(parts), positions), positions)


def test_labels_of_one_kind_judge_nothing(run, claims):
    claims.write_text(claims.read_text().replace(",1\n", ",\n"))
    ended = run("compare", claims, "--labels", "fraud")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "mixtura: none of the 300 rows compared is an anomaly by column 'fraud': label rows of both kinds, or compare "
        "more rows (--rows)\n"
    )


def test_a_detector_that_fails_is_named(run, claims, few_detectors, monkeypatch):
    class Failing:
        def __sklearn_clone__(self):
            return self

        def fit(self, X):
            raise ValueError("not to\nits liking")

    everything = comparing.modelling.detectors
    monkeypatch.setattr(comparing.modelling, "detectors", lambda *_: everything(*_) | {"svm": Failing()})
    ended = run("compare", claims, "--drop", "fraud")
    assert ended.code == 0
    assert "Note: svm was left out: not to its liking\n" in ended.out
    monkeypatch.setattr(comparing.modelling, "detectors", lambda *_: {"svm": Failing()})
    ended = run("compare", claims, "--drop", "fraud")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "mixtura: no detector could be fitted: svm: not to its liking\n"


def test_one_detector_agrees_with_none(run, claims, only):
    only("auto")
    (detector,) = summary_of(run("compare", claims, "--drop", "fraud", "--json"))["detectors"]
    assert detector["correlation"] is None
    assert detector["flagged_by_others"] is None
    assert "nan" not in run("compare", claims, "--drop", "fraud").out


def test_notices_name_the_columns(run, write, only):
    only("auto", "elliptic")
    rng = np.random.default_rng(0)
    a = rng.normal(size=60).round(3)
    write("t.csv", ["left", "right"], np.stack([a, 2 * a], axis=1).round(3).tolist())
    ended = run("compare", "t.csv", "--json")
    (notice,) = json.loads(ended.out)["notices"]
    assert notice.startswith("all 60 rows lie on a hyperplane, 'left' (scaled) - 'right' (scaled) = 0")
    assert ended.err == f"mixtura: note: {notice}\n"


def test_what_failed_names_the_columns(run, write, only):
    only("auto", "elliptic")
    write("t.csv", ["left", "right"], [[k % 7, 5 * (k == 9)] for k in range(60)])
    summary = summary_of(run("compare", "t.csv", "--json", "--quiet"))
    assert list(summary["failed"]) == ["elliptic"]
    assert summary["failed"]["elliptic"].startswith("59 of 60 rows lie on the hyperplane 'right' (scaled) = ")


@pytest.mark.parametrize("n_rows", [2, 3, 5])
def test_very_small_tables(run, write, n_rows):
    write("t.csv", ["a", "b"], [[1.5, 2.0], [2.5, -1.0], [0.5, 3.0], [4.0, 4.5], [-2.0, 0.25]][:n_rows])
    summary = summary_of(run("compare", "t.csv", "--json", "-q"))
    assert [detector["name"] for detector in summary["detectors"]] == list(KINDS)
    assert summary["failed"] == {}


def test_quiet_says_nothing(run, claims, few_detectors):
    ended = run("compare", claims, "--quiet", "--rows", "50")
    assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_standard_input(run, claims, few_detectors, monkeypatch):
    class Stdin:
        buffer = io.BytesIO(claims.read_bytes())

    expected = summary_of(run("compare", claims, "--labels", "fraud", "--json"))
    monkeypatch.setattr(sys, "stdin", Stdin)
    summary = summary_of(run("compare", "-", "--labels", "fraud", "--json"))
    assert summary["correlations"] == expected["correlations"]
    assert summary["table"]["source"] == "standard input"


def test_the_end_says_which_detector_ranks_best(run, claims, few_detectors):
    labelled, unlabelled = run("compare", claims, "--labels", "fraud").out, run("compare", claims).out
    assert "average precision" in labelled
    assert "Conclusion: on these labels" in labelled
    assert "6 labelled anomalies are few" in " ".join(labelled.split())
    assert "Agreement does not tell which detector is right; labels do." in " ".join(unlabelled.split())
