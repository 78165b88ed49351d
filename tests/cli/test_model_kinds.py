"""Every kind of model that `mixtura detect` fits: saved and scored again, on tables of any size, with its notices."""

import json
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

import mixtura
from mixtura.tables import kinds
from mixtura.tables.kinds import forest, lof, modelling, svm
from mixtura.tables.models.provenance import Provenance, ThresholdChoice

KINDS = [kind.name for kind in kinds.KINDS]

TABLE = "select hash(i) % 997 / 99.0 as a, sqrt(hash(7 * i + 1) % 9973) as b, i % 7 as c from range({}) t(i)"


def refuse_constant(name):
    raise AssertionError(f"{name} is not JSON")


def summary_of(ended):
    assert (ended.code, ended.err) == (0, "")
    return json.loads(ended.out, parse_constant=refuse_constant)


def few_candidates(kind):
    """Options by which a mixture is fitted without a search."""
    return ("--components", "2", "--shape", "diag") if kind in ("mixture", "bayesian") else ()


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_model_scores_to_the_same_bits(run, folder, need, kind, small_blocks):
    read = need("pyarrow.parquet").read_table
    query = TABLE.format(2000)
    options = ["--model", kind, *few_candidates(kind), "--rate", "0.02", "--json", "-q"]
    first = summary_of(run("detect", query, *options, "--save", "m", "--out", "a.parquet"))
    second = summary_of(run("score", "m", query, "--json", "--out", "b.parquet"))
    assert read("a.parquet") == read("b.parquet")
    assert first["model"]["kind"] == second["model"]["kind"] == kind
    assert first["model"]["description"] == second["model"]["description"]
    for part in ("table", "anomalies", "groups", "new_columns"):
        assert first[part] == second[part]
    assert first["decision"] | {"saved": True} == second["decision"]
    has_components = kind in ("mixture", "bayesian")
    assert ("component" in first["new_columns"]) == has_components == bool(first["groups"])
    assert all((anomaly["component"] is not None) == has_components for anomaly in first["anomalies"])
    scored = read("a.parquet")
    scores, flags = scored["anomaly_score"].to_numpy(), scored["is_anomaly"].to_numpy()
    assert np.isfinite(scores).all()
    assert flags.sum() == first["decision"]["n_anomalies"] <= np.ceil(0.02 * len(flags))
    assert [reason is not None for reason in scored["reason"].to_pylist()] == flags.tolist()
    # In Python it is the same model.
    model = mixtura.load("m")
    values = np.stack([scored[name].to_numpy() for name in model.columns], axis=1).astype(float)
    np.testing.assert_array_equal(model.scores(values), scores)


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_model_of_more_columns_than_rows(run, write, need, kind):
    read = need("pyarrow.parquet").read_table
    values = np.random.default_rng(0).normal(size=(12, 25)).round(4)
    write("t.csv", [f"c{k}" for k in range(25)], values.tolist())
    options = ("--model", kind, "--rate", "0.04", "-q")
    assert run("detect", "t.csv", *options, "--save", "m", "--out", "a.parquet").code == 0
    assert run("score", "m", "t.csv", "--out", "b.parquet", "-q").code == 0
    assert read("a.parquet") == read("b.parquet")


@pytest.mark.parametrize("kind", KINDS)
def test_one_seed_gives_one_result(run, iris, need, kind):
    read = need("pyarrow.parquet").read_table
    options = ("--model", kind, *few_candidates(kind), "--drop", "sepal_length,sepal_width", "--seed", "3", "-q")
    for out in ("a.parquet", "b.parquet"):
        assert run("detect", iris, *options, "--out", out).code == 0
    assert read("a.parquet") == read("b.parquet")


@pytest.mark.parametrize("n_rows", [2, 3, 5])
@pytest.mark.parametrize("kind", KINDS)
def test_very_small_tables(run, write, kind, n_rows):
    rows = [[1.5, 2.0], [2.5, -1.0], [0.5, 3.0], [4.0, 4.5], [-2.0, 0.25]][:n_rows]
    write("t.csv", ["a", "b"], rows)
    ended = run("detect", "t.csv", "--model", kind, "--rate", "0.04", "--json", "-q")
    summary = summary_of(ended)
    assert len(summary["anomalies"]) == summary["table"]["n_rows"] == n_rows
    assert summary["decision"]["n_anomalies"] <= 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "elliptic"])
def test_rows_that_are_nearly_all_equal(run, write, kind):
    write("t.csv", ["a", "b"], [*[[1, 2]] * 99, [50, -50]])
    summary = summary_of(run("detect", "t.csv", "--model", kind, "--json", "-q", "--rate", "0.01"))
    assert summary["anomalies"][0]["row"] == 100
    assert summary["decision"]["n_anomalies"] == 1


def test_what_a_model_cannot_fit_is_bad_input(run, write):
    write("t.csv", ["a", "b"], [*[[1, 2]] * 99, [50, -50]])
    ended = run("detect", "t.csv", "--model", "elliptic")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("mixtura: The covariance matrix of the support data is equal to 0")
    assert ended.err.endswith("99 of 100 rows are equal, 'a' = 1, and the support has 51 (or choose another --model)\n")


def test_a_warning_of_a_fit_is_a_notice(run, write):
    rng = np.random.default_rng(0)
    a = rng.normal(size=50).round(3)
    write("t.csv", ["a", "b"], np.stack([a, 2 * a], axis=1).round(3).tolist())
    ended = run("detect", "t.csv", "--model", "elliptic", "--rate", "0.04", "--json")
    notices = json.loads(ended.out)["notices"]
    assert len(notices) == 1
    assert notices[0].startswith("all 50 rows lie on a hyperplane, 'a' - 0.5 'b' = 0")
    assert ended.err == f"mixtura: note: {notices[0]}\n"
    assert f"Note: {notices[0][:40]}" in run("detect", "t.csv", "--model", "elliptic").out


def test_only_warnings_for_users_become_notices():
    with modelling.notices_of_warnings() as notices:
        warnings.warn("one thing,\n  said twice", UserWarning, stacklevel=1)
        warnings.warn("one thing, said twice.", UserWarning, stacklevel=1)
        warnings.warn("more iterations, please", ConvergenceWarning, stacklevel=1)
    assert notices == ["one thing, said twice."]
    with pytest.raises(RuntimeWarning), modelling.notices_of_warnings():
        warnings.warn("not for users", RuntimeWarning, stacklevel=1)


def test_a_fit_that_fails_is_bad_input(run, iris, monkeypatch):
    class Failing:
        def fit(self, rows):
            raise ValueError("the table is\nnot to its liking")

    monkeypatch.setattr(forest.Forest, "estimator", lambda *_: Failing())
    ended = run("detect", iris, "--model", "forest")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "mixtura: the table is not to its liking (or choose another --model)\n"


def test_many_rows_for_the_one_class_svm(run, write, monkeypatch):
    monkeypatch.setattr(svm, "_MOST_EXACT", 100)
    ended = run("detect", TABLE.format(300), "--model", "svm", "--json")
    summary = json.loads(ended.out)
    assert "landmarks" in summary["model"]["description"]
    assert summary["notices"] == ["more than 100 rows: the one-class SVM is approximated by landmarks (Nyström)."]


def test_many_rows_for_neighbours_are_a_notice(run, monkeypatch):
    def few(kind, seed, _):
        return mixtura.LocalOutlierFactor(5, novelty=True, max_reference_rows=100, random_state=seed)

    monkeypatch.setattr(lof.Lof, "estimator", few)
    notices = json.loads(run("detect", TABLE.format(300), "--model", "lof", "--json").out)["notices"]
    assert [notice.partition(",")[0] for notice in notices] == ["the table has 300 rows"]


def test_a_bayesian_mixture_with_all_components_in_use(run, iris):
    summary = json.loads(
        run("detect", iris, "--model", "bayesian", "--components", "2", "--rate", "0.04", "--json").out
    )
    assert summary["model"]["n_components"] == 2
    assert summary["notices"] == ["all of the 2 components are in use: more may fit better (--components 4)."]


@pytest.mark.parametrize("shape", ["full", "tied"])
def test_a_bayesian_mixture_shows_the_groups_that_rows_belong_to(run, folder, shape):
    random = np.random.default_rng(0)
    X = np.r_[random.normal(0, 1, (200, 2)), random.normal(8, 1, (100, 2))]
    np.savetxt(folder / "two.csv", X, delimiter=",", header="a,b", comments="")
    summary = json.loads(run("groups", "two.csv", "--model", "bayesian", "--shape", shape, "--json").out)
    assert summary["model"]["n_components"] == 2
    assert [group["n_rows"] for group in summary["groups"]] == [200, 100]


@pytest.mark.parametrize("answers", [(1, 6), (0, 11), (0, 51)])
@pytest.mark.parametrize("shape", ["full", "diag"])
def test_answers_without_groups_are_one_group_to_a_bayesian_mixture(run, folder, answers, shape):
    X = np.random.default_rng(0).integers(*answers, (500, 4))
    np.savetxt(folder / "answers.csv", X, delimiter=",", header="a,b,c,d", comments="", fmt="%d")
    summary = json.loads(run("groups", "answers.csv", "--model", "bayesian", "--shape", shape, "--json").out)
    assert summary["model"]["n_components"] == 1


def test_mixture_is_meant_where_only_components_are_given(run, iris):
    assert summary_of(run("detect", iris, "--components", "2", "--json", "-q"))["model"]["kind"] == "mixture"
    assert summary_of(run("detect", iris, "--json", "-q"))["model"]["kind"] == "auto"


def test_a_model_saved_in_python_without_facts(run, iris, folder):
    run("detect", iris, "--columns", "petal_length,petal_width", "--save", "m", "-q")
    saved = mixtura.load("m")
    for made, rule, target in (
        (Provenance(threshold=ThresholdChoice("rate", 0.1)), "rate", 0.1),
        (Provenance(), None, None),
        (Provenance(threshold=ThresholdChoice("mine", 3.0)), None, None),
    ):
        model = mixtura.TableModel(
            saved.model, saved.columns, saved.center, saved.scale, threshold=1.0, provenance=made
        )
        mixtura.save(model, "n")
        ended = run("score", "n", iris, "--force")
        assert (ended.code, ended.err) == (0, "")
        assert "Model: a model of kind ensemble" in ended.out
        decision = summary_of(run("score", "n", iris, "--json"))["decision"]
        assert (decision["rule"], decision["target"]) == (rule, target)


def test_numbers_that_are_not_finite_are_null(run, write):
    # The standard deviation of the column is so small that the distance of one value is beyond all doubles.
    write("clean.csv", ["a", "b"], [[k % 10, 7] for k in range(100)])
    write("new.csv", ["a", "b"], [[3, 7], [4, 8]])
    summary = summary_of(run("detect", "new.csv", "--reference", "clean.csv", "--fdr", "0.001", "--json", "-q"))
    assert summary["decision"]["threshold"] is None
    assert summary["anomalies"][0]["reason"] == (
        "b = 8; every row fitted has 7. With this value, the score falls from 14.1 to 0.35."
    )
