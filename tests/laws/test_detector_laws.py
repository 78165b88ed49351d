"""What holds for every detector: threads, company and units do not matter, and explanations name the planted column."""

import os
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtura import (
    AnomalyDetector,
    EllipticEnvelope,
    IsolationForest,
    LocalOutlierFactor,
    MixtureDetector,
    OneClassSVM,
)
from mixtura.engines import ThreadEngine
from mixtura.rows import rows_per_block

DETECTORS = {
    "ensemble": lambda **more: AnomalyDetector(random_state=0, **more),
    "elliptic": lambda **more: EllipticEnvelope(random_state=0, **more),
    "forest": lambda **more: IsolationForest(random_state=0, **more),
    "hyperplanes": lambda **more: IsolationForest(hyperplane_features=3, random_state=0, **more),
    "lof": lambda **more: LocalOutlierFactor(novelty=True, **more),
    "svm": lambda **more: OneClassSVM(nu=0.1, **more),
    "landmarks": lambda **more: OneClassSVM(nu=0.1, approximate=True, n_landmarks=100, random_state=0, **more),
    "mixture": lambda **more: MixtureDetector(random_state=0, **more),
}
# How each is told its number of threads; the others take the processors there are.
THREADS = {name: lambda n: {"engine": ThreadEngine(n)} for name in ("ensemble", "svm", "landmarks", "mixture")}
THREADS |= {name: lambda n: {"n_jobs": n} for name in ("forest", "hyperplanes", "lof")}

detectors = pytest.mark.parametrize("name", DETECTORS)
# The default mixture takes longest.
most_detectors = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.exhaustive] * (name == "mixture")) for name in DETECTORS]
)


def correlated(n_rows, n_columns=5, seed=0):
    """Rows of one Gaussian, every two columns of which are correlated."""
    random = np.random.default_rng(seed)
    matrix = 0.5 + 0.5 * np.eye(n_columns)
    return random.normal(size=(n_rows, n_columns)) @ np.linalg.cholesky(matrix).T


def fields(explanation):
    return [getattr(explanation, name) for name in ("expected", "deviation", "distance", "share")]


@pytest.mark.each_value
@most_detectors
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_number_of_threads_gives_the_same_bits(name, dtype, monkeypatch):
    # Passes over rows have several blocks, but for the solver that takes all pairs of rows.
    monkeypatch.setattr("mixtura.rows.blocks.block._VALUES_PER_BLOCK", 2**14)
    n_rows = 500 if name == "svm" else rows_per_block(5) + 1000
    table, X = correlated(n_rows).astype(dtype), correlated(rows_per_block(5) + 100, seed=1).astype(dtype)
    answers = []
    for n_threads in (1, 3):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, n=n_threads: set(range(n)))
        detector = DETECTORS[name](**THREADS.get(name, lambda n: {})(n_threads)).fit(table)
        answers.append([detector.score_samples(X), detector.offset_, *fields(detector.explain(X[:200]))])
    for one, other in zip(*answers, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.each_value
@most_detectors
@pytest.mark.parametrize("n_columns", [2, 20])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_row_alone_scores_as_among_others(name, n_columns, dtype):
    table = correlated(300, n_columns).astype(dtype)
    X = np.concatenate([table[:9], correlated(9, n_columns, seed=1), 10 * correlated(5, n_columns, seed=2)])
    X = X.astype(dtype)
    if name == "hyperplanes" and n_columns == 2:
        detector = IsolationForest(hyperplane_features="all", random_state=0).fit(table)
    else:
        detector = DETECTORS[name]().fit(table)
    scores = detector.score_samples(X)
    np.testing.assert_array_equal([detector.score_samples(row[None])[0] for row in X], scores)
    np.testing.assert_array_equal(
        np.concatenate([detector.score_samples(X[first::7]) for first in range(7)]),
        np.concatenate([scores[first::7] for first in range(7)]),
    )
    together, alone = detector.explain(X), [detector.explain(row[None]) for row in X]
    np.testing.assert_allclose(np.concatenate([one.expected for one in alone]), together.expected, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(np.concatenate([one.column for one in alone]), together.column)


@detectors
def test_the_planted_column_comes_first(name):
    """One correlated table of which every fiftieth row has one column shifted by eight standard deviations."""
    random = np.random.default_rng(0)
    X = correlated(1000, 6)
    planted = np.arange(0, 1000, 50)
    columns = random.integers(6, size=len(planted))
    X[planted, columns] += 8 * random.choice([-1, 1], len(planted))
    detector = DETECTORS[name]().fit(X)
    explanation = detector.explain(X)
    assert (explanation.column[planted] == columns).mean() >= 0.95
    assert (explanation.ranking[:, 0] == explanation.column).all()
    assert (explanation.share >= 0).all()
    np.testing.assert_allclose(explanation.share.sum(axis=1), 1, rtol=1e-12)
    assert np.isfinite(explanation.expected).all()
    assert (explanation.deviation > 0).all()
    np.testing.assert_allclose((X - explanation.expected) / explanation.deviation, explanation.distance, rtol=1e-9)
    # Those rows score below the others, too.
    scores = detector.score_samples(X)
    others = np.setdiff1d(np.arange(1000), planted)
    assert (scores[planted][:, None] < scores[others]).mean() > 0.9


POWERS = 2.0 ** np.array([-40, 3, 0, 17, -2])


@most_detectors
def test_units_do_not_matter(name):
    """Powers of two change no digits: of columns each scaled by its own, or by one for what measures distances."""
    X = correlated(400)
    common = name in ("lof", "svm", "landmarks")
    units = np.full(5, 2.0**-30) if common else POWERS
    scores, scaled = (DETECTORS[name]().fit(table).score_samples(table) for table in (X, X * units))
    np.testing.assert_array_equal(scaled, scores)


def test_robust_distances_are_those_of_any_affine_map():
    X = correlated(400)
    X[:80] += [6, 0, 0, 0, -6]
    matrix = np.random.default_rng(1).normal(size=(5, 5))
    scores, mapped = (DETECTORS["elliptic"]().fit(table).score_samples(table) for table in (X, X @ matrix + 100))
    np.testing.assert_allclose(mapped, scores, rtol=1e-8)
    turned = DETECTORS["elliptic"]().fit(X[:, ::-1]).score_samples(X[:, ::-1])
    np.testing.assert_allclose(turned, scores, rtol=1e-8)


@pytest.mark.parametrize("name", ["lof", "svm"])
def test_distances_are_those_of_any_turn_and_shift(name):
    X = correlated(400)
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(5, 5)))
    more = {} if name == "lof" else {"tol": 1e-12, "gamma": 0.1}
    scores, turned = (DETECTORS[name](**more).fit(table).score_samples(table) for table in (X, X @ rotation + 3))
    np.testing.assert_allclose(turned, scores, rtol=1e-6)


def test_neighbours_do_not_depend_on_the_order_of_the_rows():
    X, order = correlated(400), np.random.default_rng(1).permutation(400)
    factors = DETECTORS["lof"]().fit(X).negative_outlier_factor_
    np.testing.assert_array_equal(DETECTORS["lof"]().fit(X[order]).negative_outlier_factor_, factors[order])


@settings(max_examples=40)
@given(
    seed=st.integers(0, 1000),
    n_copies=st.integers(30, 400),
    n_odd=st.integers(1, 20),
    n_columns=st.integers(1, 3),
    exponent=st.integers(-60, 60),
    metric=st.sampled_from(["euclidean", "manhattan", "chebyshev"]),
    equal=st.booleans(),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_copies_decide_what_is_usual(seed, n_copies, n_odd, n_columns, exponent, metric, equal, dtype):
    """Of k neighbours of an odd row all but its fellows are copies, with the least r there times the share of these."""
    random = np.random.default_rng(seed)
    odd = random.normal(size=(1 if equal else n_odd, n_columns)) + 3
    rows = np.concatenate([np.zeros((n_copies, n_columns)), np.broadcast_to(odd, (n_odd, n_columns))])
    order = random.permutation(len(rows))
    X = np.ldexp(rows, exponent)[order].astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        factors = -LocalOutlierFactor(20, metric=metric).fit(X).negative_outlier_factor_
    is_odd = order >= n_copies
    np.testing.assert_array_equal(factors[~is_odd], 1.0)
    assert factors[is_odd].min() >= (21 - n_odd) / 20 * (n_copies + n_odd) / n_odd * (1 - 1e-5)
