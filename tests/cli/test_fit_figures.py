"""BIC, AIC, log likelihood and bound are those of the table, not of columns scaled for the fit."""

import json
import math
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import multivariate_normal

import mixtura
from mixtura.engines.progress import Progress
from mixtura.mixtures.em.loop import FitProgress
from mixtura.tables.kinds.bayesian_fit import _in_units

NAMES = ["x0", "x1", "x2"]
# Columns in units far apart.
UNITS = np.array([0.03, 1.0, 400.0])


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(0)
    groups = [random.standard_normal((150, 3)) + center for center in (0, 6)]
    return np.concatenate(groups) * UNITS


def log_likelihood(model, X):
    """Return the log likelihood of rows in the units of the table, by SciPy, each row by the values that it has."""
    mixture, scale = model.mixture, model.scale
    covariances = mixture.covariance.dense * np.outer(scale, scale)
    total = 0.0
    for x in X:
        there = np.flatnonzero(~np.isnan(x))
        if len(there):
            parts = [
                math.log(weight) + multivariate_normal.logpdf(x[there], mean[there], spread[np.ix_(there, there)])
                for weight, mean, spread in zip(mixture.weights, model.means, covariances, strict=True)
                if weight > 0
            ]
            total += np.logaddexp.reduce(parts)
    return total


def groups(run, write, X, *options):
    table = write("t.csv", NAMES, X.tolist())
    ended = run("groups", table, "--save", "t.model", "--json", "-q", *options)
    assert ended.code == 0, ended.err
    return json.loads(ended.out)["model"], mixtura.load("t.model")


@pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
def test_figures_are_those_of_the_table(run, write, rows, shape):
    facts, model = groups(run, write, rows, "--components", "2", "--shape", shape)
    expected = log_likelihood(model, rows)
    n_parameters = {"full": 19, "tied": 13, "diag": 13, "spherical": 9}[shape]
    # The log likelihood is of the mixture before the last update of a fit that has converged to 1e-3 of a nat a row.
    assert facts["log_likelihood"] == pytest.approx(expected, abs=0.05)
    assert facts["bic"] == pytest.approx(-2 * facts["log_likelihood"] + n_parameters * math.log(300))
    assert facts["aic"] == pytest.approx(-2 * facts["log_likelihood"] + 2 * n_parameters)
    (candidate,) = facts["candidates"]
    assert (candidate["bic"], candidate["aic"], candidate["log_likelihood"]) == (
        facts["bic"],
        facts["aic"],
        facts["log_likelihood"],
    )


def test_missing_values_have_no_units(run, write, rows):
    X = rows.copy()
    X[::3, 0] = X[1::4, 2] = np.nan
    X[5] = np.nan
    facts, model = groups(run, write, X, "--components", "2", "--shape", "full")
    assert facts["log_likelihood"] == pytest.approx(log_likelihood(model, X), abs=0.1)


def test_rows_left_out_of_the_fit_have_no_likelihood(run, write, rows):
    random = np.random.default_rng(1)
    far = np.array([100.0, -200.0, 300.0]) * UNITS * random.uniform(1, 9, (5, 1))
    facts, model = groups(run, write, np.vstack([rows, far]), "--components", "2", "--shape", "full")
    assert facts["log_likelihood"] == pytest.approx(log_likelihood(model, rows), abs=0.05)
    assert facts["bic"] == pytest.approx(-2 * facts["log_likelihood"] + 19 * math.log(300))


def test_units_shift_every_criterion_alike(run, write, rows):
    one, _ = groups(run, write, rows, "--components", "1-3")
    other, _ = groups(run, write, rows * [1e4, 2.0, 1e-2], "--components", "1-3")
    shift = 2 * 300 * math.log(2e4 * 1e-2)
    for name, factor in (("bic", 1), ("aic", 1), ("log_likelihood", -0.5)):
        before = [candidate[name] for candidate in one["candidates"]]
        after = [candidate[name] for candidate in other["candidates"]]
        assert [value is None for value in after] == [value is None for value in before]  # where one is left out
        kept = [(new, old) for new, old in zip(after, before, strict=True) if old is not None]
        assert len(kept) > 4
        np.testing.assert_allclose(np.subtract(*np.transpose(kept)), shift * factor, atol=1e-3)


def test_the_bound_of_a_bayesian_mixture_is_that_of_the_table(run, write, rows):
    given = ("--model", "bayesian", "--components", "3")
    one, model = groups(run, write, rows, *given)
    other, _ = groups(run, write, rows * [1e4, 2.0, 1e-2], *given)
    assert other["lower_bound"] - one["lower_bound"] == pytest.approx(-300 * math.log(2e4 * 1e-2), abs=1e-3)
    # The evidence lies below the highest likelihood, by about half a logarithm of the rows for each parameter.
    gap = log_likelihood(model, rows) - one["lower_bound"]
    assert 0 < gap < 19 * math.log(300)
    assert one["bic"] is None


def test_a_saved_model_and_every_output_say_the_same(run, write, rows):
    two = ("--components", "2", "--shape", "full")
    facts, model = groups(run, write, rows, *two)
    fit = asdict(model.provenance.fit)
    assert fit == {name: facts[name] for name in ("bic", "aic", "log_likelihood", "lower_bound")}
    scored = json.loads(run("score", "t.model", "t.csv", "--json", "-q").out)["model"]
    assert {name: scored[name] for name in fit} == fit
    said = f"BIC {facts['bic']:,.1f}, AIC {facts['aic']:,.1f}, log likelihood {facts['log_likelihood']:,.1f}"
    for command in (("score", "t.model", "t.csv"), ("groups", "t.csv", *two)):
        assert said in " ".join(run(*command, width=140).out.split())
    assert said in run("report", "t.model", "t.csv", "--out", "-").out
    detected = json.loads(run("detect", "t.csv", *two, "--json", "-q", "--force").out)["model"]
    assert [detected[name] for name in ("bic", "aic")] == [facts[name] for name in ("bic", "aic")]


def test_the_page_has_the_figures_of_all_candidates(run, write, rows):
    write("t.csv", NAMES, rows.tolist())
    ended = run("detect", "t.csv", "--components", "1-3", "--report", "t.html", "--json", "-q")
    candidates = json.loads(ended.out)["model"]["candidates"]
    page = Path("t.html").read_text(encoding="utf-8")
    for candidate in candidates[:3]:
        assert f"{candidate['aic']:.7g}" in page.replace(",", "")


def test_a_model_saved_otherwise_has_no_figures(run, write, rows, tmp_path):
    write("t.csv", NAMES, rows.tolist())
    mixture = mixtura.GaussianMixture(2, random_state=0).fit(rows / UNITS).mixture_
    mixtura.save(mixtura.TableModel(mixture, NAMES, np.zeros(3), UNITS), "t.model")
    facts = json.loads(run("score", "t.model", "t.csv", "--json", "-q").out)["model"]
    assert [facts[name] for name in ("bic", "aic", "log_likelihood", "lower_bound")] == [None] * 4


def test_bounds_told_on_the_way_are_those_of_the_table():
    told = []
    tell = _in_units(told.append, 12.5)
    fit = FitProgress("fitting", 3, None, "iterations", start=0, n_starts=1, iteration=3, lower_bound=-3.0, change=0.1)
    tell(fit)
    tell(Progress("scoring", 1, 2))
    assert told == [replace(fit, lower_bound=-15.5), Progress("scoring", 1, 2)]
