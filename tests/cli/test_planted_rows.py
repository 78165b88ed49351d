"""Wrong rows planted in tables of groups: mixtures leave them out, and say so."""

import json

import numpy as np
import pytest
from sklearn.datasets import load_iris

from mixtura import MixtureSearch
from mixtura.engines import ThreadEngine
from mixtura.intake.sample import Sample
from mixtura.intake.scaling import scaling_of
from mixtura.intake.table import Table
from mixtura.mixtures.choice.defaults import MAX_ITER, N_INIT, REG_COVAR, TOL
from mixtura.rows import ArrayRows
from requirements import SHARED, listed_in


def three_groups(random, n_rows, n_columns):
    centers = np.zeros((3, n_columns))
    centers[1, 0] = centers[2, 1] = 7
    labels = random.choice(3, n_rows, p=[0.5, 0.3, 0.2])
    mixes = np.eye(n_columns) + 0.3 * random.normal(size=(3, n_columns, n_columns))
    return centers[labels] + np.einsum("ij,ijk->ik", random.normal(size=(n_rows, n_columns)), mixes[labels])


def away(random, n_rows, n_columns, distance, spread):
    """Return rows close together, so far from the middle of three groups."""
    direction = random.normal(size=n_columns)
    middle = np.where(np.arange(n_columns) < 2, 3, 0)
    place = middle + distance * direction / np.linalg.norm(direction)
    return place + spread * random.normal(size=(n_rows, n_columns))


# More than the groups there are: rows left in would be a component.
FEW = ("--components", "1-5", "--shape", "full,diag")

RESULTS = {"detect": "t.scored.parquet", "groups": "t.grouped.parquet"}


@pytest.fixture
def fit(run, write, need):
    """Run a command on a table, and return its summary with the scored columns."""
    parquet = need("pyarrow.parquet")

    def fit(command, X, *options):
        rows = X.astype(object)
        rows[np.isnan(X)] = ""
        table = write("t.csv", [f"x{k}" for k in range(X.shape[1])], rows.tolist())
        ended = run(command, table, *options, "--json", "-q", "--format", "parquet")
        assert ended.code == 0, ended.err
        return json.loads(ended.out), parquet.read_table(RESULTS[command]).to_pydict()

    return fit


def again(value):
    """Return a value that says again what another does by default."""
    return pytest.param(value, marks=pytest.mark.exhaustive)


def sizes(summary):
    return [group["n_rows"] for group in summary["groups"]]


@pytest.mark.parametrize("seed", [1, again(2)])
def test_two_clumps_are_flagged_and_named(fit, seed):
    random = np.random.default_rng(seed)
    X = three_groups(random, 2000, 4)
    X[:15], X[15:25] = away(random, 15, 4, 14, 0.2), away(random, 10, 4, 14, 0.2)
    summary, scored = fit("detect", X, *FEW, "--rate", "0.04")
    assert all(scored["is_anomaly"][:25])
    assert len(sizes(summary)) == 3
    (notice,) = summary["notices"]
    assert notice.startswith("25 rows (1.2%) lie far from every group and were left out of the fit: 15 lie together, ")
    assert ", 10 lie together, " in notice
    grouped, _ = fit("groups", X, *FEW)
    assert grouped["notices"] == [notice]
    assert sizes(grouped) == sizes(summary)
    assert sum(sizes(grouped)) == 2000


def test_many_clumps_and_scattered_rows_are_found_together(fit):
    random = np.random.default_rng(1)
    X = three_groups(random, 2000, 4)
    for first in range(0, 60, 10):
        X[first : first + 10] = away(random, 10, 4, 20, 0.3)
    X[60:75] = random.uniform(-30, 30, (15, 4))
    summary, scored = fit("detect", X, *FEW, "--rate", "0.05")
    assert len(sizes(summary)) == 3
    assert np.mean(scored["is_anomaly"][:75]) >= 0.97
    assert "and 1 more. Each is still assigned to the nearest group" in summary["notices"][0]


@pytest.mark.parametrize("n_columns", [4, again(5)])
def test_copies_of_a_wrong_row_come_first(fit, n_columns):
    random = np.random.default_rng(n_columns)
    X = three_groups(random, 3000, n_columns)
    X[:5] = 20 + 10 * random.normal(size=n_columns)
    summary, _ = fit("detect", X, *FEW)
    assert {anomaly["row"] for anomaly in summary["anomalies"][:5]} == {1, 2, 3, 4, 5}
    assert (
        "5 rows (0.17%) lie far from every group and were left out of the fit: all lie together, "
        in (summary["notices"][0])
    )


@pytest.mark.parametrize("size", [again(1e6), 1e300])
def test_one_absurd_value_comes_first(fit, size):
    X = np.random.default_rng(0).normal(size=(3000, 4))
    X[7, 1] = size
    summary, _ = fit("detect", X, *FEW)
    assert sizes(summary) == [3000]
    assert (summary["anomalies"][0]["row"], summary["anomalies"][0]["column"]) == (8, "x1")
    assert summary["notices"][0].startswith("1 row (0.033%) lies far from every group and was left out of the fit. It ")
    grouped, _ = fit("groups", X, *FEW)
    assert sizes(grouped) == [3000]


@pytest.mark.each_value
@pytest.mark.parametrize(
    ("n_rows", "n_columns"), [(300, 2), pytest.param(600, 7, marks=pytest.mark.exhaustive), (1500, 4)]
)
@pytest.mark.parametrize("seed", [1, 2])
def test_of_clean_groups_nothing_is_told(fit, n_rows, n_columns, seed):
    summary, _ = fit("groups", three_groups(np.random.default_rng(seed), n_rows, n_columns))
    assert (len(sizes(summary)), summary["notices"]) == (3, [])


def test_a_small_group_far_away_is_a_group_and_told(fit):
    random = np.random.default_rng(1)
    X = three_groups(random, 2000, 4)
    X[:60] = away(random, 60, 4, 20, 1.0)
    summary, scored = fit("groups", X, *FEW)
    assert sizes(summary)[3] == 60
    assert scored["component"][:60] == [3] * 60
    (notice,) = summary["notices"]
    assert notice.startswith("group 3 is small and far away: 60 rows (3%), ")
    bayesian, _ = fit("groups", X, "--model", "bayesian")
    assert any("group 3 is small and far away: 6" in notice for notice in bayesian["notices"])


def test_far_rows_with_missing_values_and_of_a_given_number_of_components(fit):
    random = np.random.default_rng(1)
    X = three_groups(random, 1000, 3)
    X[:8] = away(random, 8, 3, 25, 0.2)
    X[np.arange(0, 1000, 7), np.arange(0, 1000, 7) % 3] = np.nan
    summary, scored = fit("detect", X, "--components", "3", "--shape", "full", "--rate", "0.02")
    assert all(scored["is_anomaly"][:8])
    assert "8 rows (0.8%) lie far from every group" in summary["notices"][1]


def test_a_reference_is_fitted_as_it_is(fit, write):
    random = np.random.default_rng(2)
    clean = three_groups(random, 2000, 3)
    clean[:20] = away(random, 20, 3, 25, 0.2)
    write("clean.csv", ["x0", "x1", "x2"], clean.tolist())
    summary, _ = fit("detect", three_groups(random, 200, 3), *FEW, "--reference", "clean.csv")
    assert summary["model"]["n_components"] == 4
    assert summary["notices"] == []


def test_bic_is_that_of_all_rows_where_none_lies_far(run, iris):
    ended = run("groups", iris, "--drop", "species", "--components", "1-4", "--json")
    summary = json.loads(ended.out)
    X = load_iris().data
    sample = Sample(X, np.ones(len(X)))
    scaling = scaling_of(Table(ArrayRows(X), ThreadEngine()), sample, summary["table"]["columns"])
    settings = {"tol": TOL, "max_iter": MAX_ITER, "reg_covar": REG_COVAR, "n_init": N_INIT}
    search = MixtureSearch(range(1, 5), random_state=0, **settings).fit((X - scaling.center) / scaling.scale)
    found = [np.inf if c["bic"] is None else c["bic"] for c in summary["model"]["candidates"]]  # where left out
    in_units = 2 * len(X) * np.log(scaling.scale).sum()
    np.testing.assert_allclose(found, [candidate.bic + in_units for candidate in search.candidates_], rtol=1e-6)
    assert sizes(summary) == [100, 50]
    assert not any("far from" in notice for notice in summary["notices"])


def test_answers_without_groups_are_one_component_and_told(fit):
    X = np.random.default_rng(0).integers(1, 6, (500, 4)).astype(float)
    summary, _ = fit("groups", X, "--components", "1-5")
    assert sizes(summary) == [500]
    (notice,) = summary["notices"]
    assert "would have the lowest BIC, but are left out: independent columns" in notice


def published_tables(folder):
    return [path.stem for path in sorted(folder.glob("*.csv")) if path.stem != "expected_bic"]


@pytest.mark.parametrize("name", listed_in("mixture", published_tables))
def test_no_row_of_a_published_table_lies_far(run, name):
    ended = run("groups", str(SHARED / "mixture" / f"{name}.csv"), *FEW, "--json", "-q", "--out", "grouped.csv")
    assert ended.code == 0, ended.err
    assert not [notice for notice in json.loads(ended.out)["notices"] if "far from every group" in notice]
