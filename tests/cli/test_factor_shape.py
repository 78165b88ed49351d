"""Factor-analytic covariances on the command line."""

import json

import numpy as np
import pytest

import mixtura
from mixtura import Factor, Mixture
from mixtura.distributions import shapes
from mixtura.tables.kinds import request

D, K, Q = 8, 2, 2


@pytest.fixture
def table(write):
    random = np.random.default_rng(0)
    covariance = Factor.of_loadings(random.normal(size=(K, D, Q)), random.uniform(0.3, 1.0, (K, D)))
    X, _ = Mixture([0.4, 0.6], [[0.0] * D, [4.0] * D], covariance).sample(800, 1)
    write("t.csv", [f"x{j}" for j in range(D)], X.round(6).tolist())
    return X.round(6)


def test_groups_with_factors_are_found_saved_and_scored(run, folder, table):
    asked = ["t.csv", "--shape", "factor", "--factors", "2", "--components", "1-3", "--json", "-q"]
    ended = run("groups", *asked, "--save", "m")
    assert (ended.code, ended.err) == (0, "")
    model = json.loads(ended.out)["model"]
    assert model["n_components"] == K
    assert model["description"] == "2 components, 2-factor covariances"
    assert model["n_parameters"] == K - 1 + K * D + K * (D * Q - Q * (Q - 1) // 2 + D)
    saved = mixtura.load("m")
    assert type(saved.mixture.covariance) is Factor.with_factors(Q)
    assert np.isfinite(saved.scores(table)).all()


def test_a_row_that_breaks_the_factors_is_an_anomaly(run, folder, table, write):
    odd = table[0].copy()
    odd[::2] *= -1
    write("t.csv", [f"x{j}" for j in range(D)], np.vstack([table, odd + 2]).tolist())
    ended = run("detect", "t.csv", "--shape", "factor", "--factors", "2", "--rate", "0.002", "--json", "-q")
    assert [anomaly["row"] for anomaly in json.loads(ended.out)["anomalies"]][:1] == [len(table) + 1]


def test_the_names_written_out_are_those_of_the_shapes():
    assert tuple(shapes.SHAPES) == request.SHAPES
    assert shapes.SEARCHED == request.SEARCHED
