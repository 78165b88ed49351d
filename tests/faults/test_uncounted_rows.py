"""Any table with any weights: rows that count for nothing are as good as absent, in fits, answers and batches."""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning

from mixtura import (
    AnomalyDetector,
    BayesianGaussianMixture,
    GaussianMixture,
    IsolationForest,
    MixtureDetector,
    MixtureSearch,
)
from mixtura.intake import sample

MODELS = {
    "likelihood": lambda: GaussianMixture(2, reg_covar=1e-3, random_state=0),
    "single rows": lambda: GaussianMixture(2, reg_covar=1e-3, init_params="random_from_data", random_state=0),
    "t": lambda: GaussianMixture(2, reg_covar=1e-3, family="t", random_state=0),
    "trimmed": lambda: GaussianMixture(2, reg_covar=1e-3, trim=0.2, random_state=0),
    "relative": lambda: GaussianMixture(2, reg_covar=1e-3, regularization="relative", random_state=0),
    "variational": lambda: BayesianGaussianMixture(n_components=3, reg_covar=1e-3, random_state=0),
    "search": lambda: MixtureSearch((1, 2), reg_covar=1e-3, random_state=0),
    "detector": lambda: MixtureDetector(GaussianMixture(2, reg_covar=1e-3), random_state=0),
    "forest": lambda: IsolationForest(n_estimators=5, random_state=0),
}


@st.composite
def weighted_tables(draw):
    """A table, rounded or not, with gaps and constant columns, its weights, and which of its rows count."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_rows, n_columns = draw(st.integers(8, 300)), draw(st.integers(1, 3))
    X = random.normal(size=(n_rows, n_columns)) + 5 * random.integers(2, size=(n_rows, 1))
    X = np.round(X, draw(st.sampled_from([0, 1, 15])))
    if draw(st.booleans()):
        X[random.random(X.shape) < draw(st.sampled_from([0.1, 0.5]))] = np.nan
    if draw(st.booleans()):
        X[:, 0] = 0.1
    weights = random.integers(1, 4, size=n_rows).astype(float) if draw(st.booleans()) else np.ones(n_rows)
    weights[random.random(n_rows) < draw(st.sampled_from([0.0, 0.3, 0.9, 0.98]))] = 0
    X[(weights == 0) & (random.random(n_rows) < 0.5)] = draw(st.sampled_from([1e100, -7.0, np.nan]))
    X = X.astype(draw(st.sampled_from([np.float32, np.float64]))) if np.nanmax(np.abs(X)) < 1e9 else X
    return X, weights, (weights > 0) & ~np.isnan(X).all(axis=1)


def answers(make, X, weights, others):
    """Fit and answer: numbers, or the kind of error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", UserWarning)
        try:
            return make().fit(X, sample_weight=weights).score_samples(others)
        except ValueError as error:
            return type(error)


@pytest.mark.each_value
@pytest.mark.parametrize("sampled", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_rows_that_count_for_nothing_are_absent(name, sampled, monkeypatch, pytestconfig):
    if sampled:  # as of a table of more rows than a start takes
        monkeypatch.setattr(sample.take_sample, "__defaults__", (20,))

    n_tables = 25 if pytestconfig.option.exhaustive else 5

    @settings(max_examples=n_tables, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(weighted_tables())
    def run(drawn):
        X, weights, counted = drawn
        if counted.sum() < 2:
            return
        whole = answers(MODELS[name], X, weights, X[counted])
        part = answers(MODELS[name], X[counted], weights[counted], X[counted])
        if isinstance(part, type) or isinstance(whole, type):
            assert isinstance(part, type) == isinstance(whole, type)
            return
        scale = 1e-6 if X.dtype == np.float64 else 1e-2
        np.testing.assert_allclose(whole, part, rtol=scale, atol=scale)

    run()


@pytest.mark.parametrize("kind", [AnomalyDetector, IsolationForest])
def test_a_share_of_the_rows_is_of_those_with_values(kind):
    rows = np.random.default_rng(0).normal(size=(200, 3))
    empty = np.full((300, 3), np.nan)
    alone = kind(contamination=0.1, random_state=0).fit(rows)
    among = kind(contamination=0.1, random_state=0).fit(np.vstack([rows, empty]))
    assert (alone.predict(rows) == -1).sum() == (among.predict(rows) == -1).sum() == 20
