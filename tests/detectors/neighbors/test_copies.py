"""Copies and the local outlier factor: they decide what is usual unless they lie in a larger group."""

import warnings

import numpy as np
import pytest
import sklearn.neighbors
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from mixtura import AnomalyDetector, LocalOutlierFactor
from mixtura.detectors.neighbors.copies import equal_but_for_rounding, rounding_of

METRICS = ["euclidean", "manhattan", "chebyshev", "cosine", "canberra", "braycurtis", "correlation", "hamming"]


def factors_of(X, k=20, **parameters):
    X = X[:, None] if X.ndim == 1 else X
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return -LocalOutlierFactor(k, **parameters).fit(X).negative_outlier_factor_


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_odd", [1, 2, 5, 15, 19, 20])
def test_equal_rows_beside_copies(n_odd, dtype):
    """By hand: a five has r = 5, as its fellows have; the zeros take 5 m / (1000 + m), m being the number of fives."""
    factors = factors_of(np.repeat([0, 5], [1000, n_odd]).astype(dtype))
    of_zeros = (1000 + n_odd) / n_odd
    np.testing.assert_array_equal(factors[:1000], 1.0)
    np.testing.assert_allclose(factors[1000:], (n_odd - 1 + (21 - n_odd) * of_zeros) / 20, rtol=1e-6)


def test_more_equal_rows_than_neighbors_are_copies_too():
    np.testing.assert_array_equal(factors_of(np.repeat([0.0, 5.0], [1000, 21])), 1.0)


@pytest.mark.parametrize("d", [1, 2, 20])
@pytest.mark.parametrize("seed", range(5))
def test_scattered_rows_beside_copies_are_all_outliers(d, seed):
    X = np.vstack([np.zeros((985, d)), np.random.default_rng(seed).normal(size=(15, d))])
    factors = factors_of(X)
    np.testing.assert_array_equal(factors[:985], 1.0)
    # Of the 20 neighbours of a scattered row 6 or more are copies, with 15 / 1000 of the least r at most.
    assert factors[985:].min() >= 6 / 20 * 1000 / 15
    assert factors[985:].max() < 1e6


@pytest.mark.parametrize("metric", METRICS)
def test_in_any_metric(metric):
    rows = np.random.default_rng(0).uniform(1, 10, size=(15, 4))
    X = np.vstack([np.tile([1.0, 2.0, 3.0, 4.0], (985, 1)), rows])
    factors = factors_of(X, metric=metric)
    np.testing.assert_allclose(factors[:985], 1.0)
    assert factors[985:].min() > 15


def test_where_distances_are_all_that_is_known():
    X = np.vstack([np.zeros((300, 2)), np.random.default_rng(0).normal(size=(8, 2))])
    expected = factors_of(X)
    np.testing.assert_allclose(factors_of(cdist(X, X), metric="precomputed"), expected, rtol=1e-9)
    np.testing.assert_allclose(factors_of(csr_array(X)), expected, rtol=1e-6)


def test_a_rare_value_of_a_flag():
    """By hand: a one has 14 others and 6 zeros for neighbours."""
    factors = factors_of(np.repeat([0.0, 1.0], [985, 15]))
    np.testing.assert_allclose(factors[985:], (14 + 6 * 1000 / 15) / 20)


def test_rare_combinations_of_flags():
    X = (np.random.default_rng(0).random((2000, 4)) < [0.5, 0.5, 0.003, 0.003]).astype(float)
    rare = X[:, 2:].any(axis=1)
    assert 5 < rare.sum() < 20
    factors = factors_of(X)
    assert factors[rare].min() > 15
    np.testing.assert_array_equal(factors[~rare], 1.0)


@pytest.mark.parametrize("n_odd", [2, 15])
def test_two_kinds_of_copies(n_odd):
    random = np.random.default_rng(n_odd)
    X = np.concatenate([np.zeros(500), np.full(485, 10.0), random.uniform(-20, 30, size=n_odd)])
    factors = factors_of(X)
    np.testing.assert_array_equal(factors[:985], 1.0)
    assert factors[985:].min() > 15


@pytest.mark.parametrize("between", [[], [500.0]])
def test_rows_beside_a_lump_of_copies_are_outliers_however_wide_another_group_is(between):
    """The figure with which the paper begins: a dense group, a wide one, and rows off the dense one."""
    wide = np.random.default_rng(0).normal(1000, 100, size=400)
    X = np.concatenate([np.zeros(100), wide, [5.0, 5.0], between])
    factors, theirs = factors_of(X), factors_of(wide)
    assert factors[500:].min() > 5
    inner = np.abs(wide - 1000) < 150
    np.testing.assert_allclose(factors[100:500][inner], theirs[inner], rtol=1e-9)


@pytest.mark.parametrize("copies", [12, 50, 200])
def test_rows_beside_copies_within_a_larger_group_are_not(copies):
    random = np.random.default_rng(copies)
    group, far = random.normal(size=(300, 2)), np.array([[9.0, 9.0]])
    X = np.vstack([np.zeros((copies, 2)), group, far])
    factors = factors_of(X, 10)
    without = factors_of(np.vstack([group, far]), 10)
    np.testing.assert_array_equal(factors[:copies], 1.0)
    assert factors[-1] > 5
    near = np.linalg.norm(group, axis=1) < 1
    assert (factors[copies:-1][near] > 1.5).sum() <= (without[:-1][near] > 1.5).sum() + 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_rounded", [1, 10, 400])
@pytest.mark.parametrize("value", [0.3, 0.0, -7e8])
def test_rounding_makes_no_odd_row(value, n_rounded, dtype):
    """A sum in another order, and what is left when it should be zero, are copies of what was meant."""
    scale = abs(value) or 1.0
    step = np.spacing(dtype(scale))
    scattered = scale * np.random.default_rng(0).uniform(-9, 9, size=15)
    X = np.concatenate([np.full(985 - n_rounded, value), np.full(n_rounded, value) + step, scattered]).astype(dtype)
    factors = factors_of(X)
    np.testing.assert_array_equal(factors[:985], 1.0)
    assert factors[985:].min() > 15
    lof = LocalOutlierFactor(novelty=True).fit(X[:, None])
    new = np.array([[value], [value + step], [value + scale / 2]], dtype)
    scores = -lof.score_samples(new)
    assert scores[0] == 1
    assert scores[1] <= 1
    assert scores[2] > 5


def test_proportional_rows_are_copies_by_their_angle():
    random = np.random.default_rng(0)
    rows = np.tile([1.0, 2.0, 3.0, 4.0], (985, 1)) * random.uniform(0.1, 9, size=(985, 1))
    factors = factors_of(np.vstack([rows, random.uniform(1, 10, size=(15, 4))]), metric="cosine")
    np.testing.assert_array_equal(factors[:985], 1.0)
    # Rounding makes several kinds of them, and fewer copies of each.
    assert factors[985:].min() > 5


def test_near_copies_stay_as_published():
    """Spacing of 1e-7 is no rounding: scikit-learn's factors hold, where its 1e-10 counts for little."""
    random = np.random.default_rng(0)
    X = np.concatenate([random.normal(scale=1e-3, size=985), random.uniform(-9, 9, size=15)])
    theirs = sklearn.neighbors.LocalOutlierFactor().fit(X[:, None])
    np.testing.assert_allclose(factors_of(X), -theirs.negative_outlier_factor_, rtol=1e-4)
    closer = np.concatenate([X[:985] * 1e-4, X[985:]])
    assert factors_of(closer)[985:].min() > 1e4


def test_new_rows_beside_copies():
    """By hand: the zeros take r = 5 * 2 / 1002; a new row at 5 is a neighbour of both fives."""
    lof = LocalOutlierFactor(novelty=True).fit(np.repeat([0.0, 5.0], [1000, 2])[:, None])
    scores = lof.score_samples([[0.0], [1.0], [5.0]])
    np.testing.assert_allclose(scores, [-1, -1002 / 10, -(2 + 18 * 501) / 20])


def test_new_rows_beside_copies_that_nobody_met():
    """By hand, k = 1: rows 2 apart have r = 2; three of six rows are no copies of others: zeros take 2 * 3 / 6."""
    lof = LocalOutlierFactor(1, novelty=True).fit([[0.0], [0.0], [0.0], [50.0], [52.0], [54.0]])
    np.testing.assert_allclose(lof.score_samples([[3.0], [53.0]]), [-3, -1])


def test_order_of_the_rows_does_not_matter():
    random = np.random.default_rng(0)
    X = np.round(random.normal(size=(1500, 2)), 1)
    order = random.permutation(1500)
    # Neighbours at equal distances may differ: the factors of a row's copies are not all alike, those in all nearly so.
    forth, back = factors_of(X), factors_of(X[order])
    np.testing.assert_allclose(np.sort(back)[-5:], np.sort(forth)[-5:], rtol=0.3)
    assert abs(int((forth > 1.5).sum()) - int((back > 1.5).sum())) <= 3


def test_rounding_is_measured_by_column():
    X = np.array([[1e9, 0.0], [1e9 + 2e-7, 1.0], [1e9, 1e-17], [-3e9, 1e-9], [1e9, 1e20]])
    rounding = rounding_of(X, np.float64)
    np.testing.assert_allclose(rounding, 4 * np.finfo(float).eps * np.array([1e9, 1.0]))
    same = equal_but_for_rounding(X, np.array([2, 0, 0, 0, 0]), rounding)
    assert same.tolist() == [True, False, True, False, False]


def test_neighbors_of_the_default_detector_rank_rows_off_copies_first():
    """Its samples leave the most unusual rows out, which so are no neighbours of one another."""
    random = np.random.default_rng(0)
    X = np.vstack([np.zeros((500, 2)), np.full((485, 2), 10.0), random.uniform(-20, 30, size=(15, 2))])
    scores = AnomalyDetector(random_state=0).fit(X).score_samples(X)
    assert scores[985:].max() < scores[:985].min()
