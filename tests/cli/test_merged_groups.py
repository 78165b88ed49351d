"""`mixtura groups --merge`: clusters in the result, on the terminal, in JSON, on the page and in the saved model."""

import json
from itertools import chain

import numpy as np
import pytest
from sklearn.datasets import make_moons
from sklearn.metrics import adjusted_rand_score

import mixtura

NAMES = ["x", "y"]
# Components enough to be merged, without a search for how many.
QUICK = ("--components", "8", "--shape", "full")


@pytest.fixture
def moons(write):
    """Two moons whose columns differ in their units, and to which each row belongs."""
    X, moon = make_moons(1500, noise=0.1, random_state=0)
    X = X * [1000, 0.01]
    return write("moons.csv", NAMES, X.tolist()), X, moon


@pytest.fixture
def groups(run, need):
    """Find groups, and return the summary with the columns of the result."""
    parquet = need("pyarrow.parquet")

    def groups(*arguments):
        ended = run("groups", *arguments, "--json", "-q", "--out", "found.parquet")
        assert (ended.code, ended.err) == (0, "")
        table = parquet.read_table("found.parquet")
        return json.loads(ended.out), {name: table[name].to_numpy() for name in table.column_names}

    return groups


def test_moons_are_two_clusters(groups, moons):
    table, _, moon = moons
    summary, found = groups(table, "--merge")
    assert summary["new_columns"] == ["component", "cluster", "probability"]
    assert adjusted_rand_score(moon, found["cluster"]) > 0.97
    merging = summary["merging"]
    assert merging["asked"] is False
    clusters = [cluster["components"] for cluster in merging["clusters"]]
    assert len(clusters) == 2
    assert sorted(chain(*clusters)) == list(range(summary["model"]["n_components"]))
    assert [group["cluster"] for group in summary["groups"]] == [
        next(k for k, members in enumerate(clusters) if group["component"] in members) for group in summary["groups"]
    ]
    assert [cluster["n_rows"] for cluster in merging["clusters"]] == np.bincount(found["cluster"]).tolist()
    assert sum(cluster["share"] for cluster in merging["clusters"]) == pytest.approx(1)


def test_probabilities_are_those_of_the_library(groups, moons):
    table, X, _ = moons
    _, found = groups(table, "--merge", *QUICK, "--save", "moons.model")
    model = mixtura.load("moons.model")
    Z = (X - model.center) / model.scale
    tree = mixtura.merge_components(model.mixture, Z)
    shares = tree.predict_proba(Z, 2)
    np.testing.assert_allclose(found["probability"], shares.max(axis=1))
    assert adjusted_rand_score(found["cluster"], tree.predict(Z)) == 1
    np.testing.assert_allclose(np.sort(model.cluster_probabilities(X)), np.sort(shares))


def test_the_largest_cluster_is_the_first(groups, write):
    """The largest component is not in the largest cluster."""
    random = np.random.default_rng(0)
    long = random.uniform(-1, 1, (1400, 2)) * [6, 0.5]
    X = np.vstack([long, random.normal((0, 8), 0.5, (600, 2))])
    table = write("t.csv", NAMES, X.tolist())
    summary, found = groups(table, "--merge", "--components", "6", "--shape", "full")
    sizes = [cluster["n_rows"] for cluster in summary["merging"]["clusters"]]
    assert sizes == sorted(sizes, reverse=True) == [1400, 600]
    assert summary["groups"][0]["cluster"] == 1
    assert set(found["cluster"][:1400]) == {0}


@pytest.mark.parametrize("n_clusters", [1, 3])
def test_so_many_clusters_as_are_asked_for(groups, moons, n_clusters):
    summary, found = groups(moons[0], "--clusters", n_clusters, *QUICK)
    assert summary["merging"]["asked"] is True
    assert len(summary["merging"]["clusters"]) == n_clusters == len(set(found["cluster"]))


def test_every_output_says_what_was_merged(run, groups, moons):
    summary, _ = groups(moons[0], "--merge", *QUICK, "--save", "moons.model")
    n_components = summary["model"]["n_components"]
    said = f"{n_components} components merged into 2, as many as the rows support"
    assert said in run("groups", moons[0], "--merge", *QUICK, width=120).out
    assert said in run("score", "moons.model", moons[0], width=120).out
    page = run("report", "moons.model", moons[0], "--out", "-").out
    assert said in page
    assert f"The table falls into <strong>2 clusters</strong>, merged from {n_components} groups." in page
    assert "Group 0, cluster" in page
    assert "as asked" in run("groups", moons[0], "--clusters", "3", *QUICK, width=120).out


def test_a_saved_model_brings_its_clusters(run, groups, moons):
    _, found = groups(moons[0], "--merge", *QUICK, "--save", "moons.model")
    ended = run("score", "moons.model", moons[0], "--out", "scored.csv", "--json", "-q")
    summary = json.loads(ended.out)
    assert summary["new_columns"] == ["anomaly_score", "component", "cluster"]
    scored = np.genfromtxt("scored.csv", delimiter=",", names=True)
    np.testing.assert_array_equal(scored["cluster"], found["cluster"])
    far = mixtura.load("moons.model").cluster_labels([[1e200, 1e200]])
    assert far[0] in (0, 1)


@pytest.mark.parametrize("kind", ["mixture", "bayesian"])
def test_missing_values_and_both_kinds_of_mixture(groups, write, kind):
    X, moon = make_moons(1500, noise=0.1, random_state=1)
    X[::10, 1] = np.nan
    summary, found = groups(write("t.csv", NAMES, X.tolist()), "--merge", "--model", kind, *QUICK)
    assert len(summary["merging"]["clusters"]) == 2
    complete = ~np.isnan(X).any(axis=1)
    assert adjusted_rand_score(moon[complete], found["cluster"][complete]) > 0.9


def test_components_without_weight_are_in_no_cluster(groups, write):
    random = np.random.default_rng(0)
    X = np.vstack([random.normal(0, 1, (200, 2)), random.normal(9, 1, (100, 2))])
    summary, _ = groups(write("t.csv", NAMES, X.tolist()), "--merge", "--model", "bayesian", "--components", "6")
    assert [cluster["n_rows"] for cluster in summary["merging"]["clusters"]] == [200, 100]
    in_use = [group["component"] for group in summary["groups"] if group["cluster"] is not None]
    assert sorted(chain(*(cluster["components"] for cluster in summary["merging"]["clusters"]))) == in_use


def test_without_merging_nothing_is_said_of_clusters(groups, moons):
    summary, found = groups(moons[0], *QUICK)
    assert summary["merging"] is None
    assert "cluster" not in found
    assert {group["cluster"] for group in summary["groups"]} == {None}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--clusters", "0"), "--clusters is 0: write a number from 1"),
        (("--clusters", "4", "--components", "3"), "--clusters asks for 4, but the model has 3 components to merge"),
    ],
)
def test_numbers_of_clusters_that_cannot_be(run, moons, given, said):
    ended = run("groups", moons[0], *given, "--quiet")
    assert ended.code == 2
    assert said in ended.err
