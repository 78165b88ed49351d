import pickle

import numpy as np
import pytest

from mixtura import Full, Mixture
from mixtura.detectors.density.contours import Contours, Near
from mixtura.detectors.density.far_rows import clumps, far_rows, least_size
from mixtura.engines import ThreadEngine
from mixtura.intake.table import Table
from mixtura.rows import ArrayRows

TWO = Mixture([0.75, 0.25], [[0.0, 0, 0], [20.0, 0, 0]], Full([np.eye(3), 4 * np.eye(3)], 2, 3))


def contours_of(mixture, *, weight=1000):
    return Contours(mixture, 1e6, weight, np.dtype(np.float64), missing=False)


def far_of(X, contours, weights=None):
    return far_rows(Table(ArrayRows(X, sample_weight=weights), ThreadEngine(2)), Near([contours]))


def test_the_least_size_of_a_group():
    assert least_size(10_000, 4) == 100
    assert least_size(300, 4) == 5
    assert least_size(120, 100) == 12
    assert least_size(20, 1) == 3


def test_far_rows_add_up_and_their_clumps_are_found():
    random = np.random.default_rng(0)
    X = random.normal(size=(100_000, 3))
    X[::2000] = [0, 30, 0] + 0.1 * random.normal(size=(50, 3))
    X[1::20_000] = random.choice([-1, 1], (5, 3)) * random.uniform(40, 500, (5, 3))
    contours = contours_of(TWO, weight=len(X))
    passes = pickle.loads(pickle.dumps(Near([contours])))
    found = far_rows(Table(ArrayRows(X), ThreadEngine(2)), passes)
    assert found.weight == 55
    np.testing.assert_array_equal(found.values[:2], X[[0, 1]])
    (clump,) = clumps(found, contours)
    assert (clump.weight, clump.component) == (50, 1)
    np.testing.assert_allclose(clump.distance, np.hypot(20, 30) / 2, rtol=0.01)


def test_of_many_far_rows_some_are_held():
    X = np.full((5000, 3), 99.0) + np.random.default_rng(0).normal(size=(5000, 3))
    contours = contours_of(TWO)
    found = far_of(X, contours)
    assert (found.weight, len(found.values)) == (5000, 2048)
    assert sum(clump.weight for clump in clumps(found, contours)) == pytest.approx(5000, abs=200)


def test_weights_count_as_repeated_rows():
    random = np.random.default_rng(0)
    X = random.normal(size=(600, 3))
    X[:4] = [0, 30, 0] + 0.1 * random.normal(size=(4, 3))
    X[10], X[11] = [0, 0, 90], [0, -90, 0]
    weights = random.integers(1, 4, len(X))
    weights[10], weights[11], weights[4:9] = 5, 0, 0
    contours = contours_of(TWO)
    one, other = far_of(X, contours, weights), far_of(np.repeat(X, weights, axis=0), contours)
    assert one.weight == other.weight == weights[:4].sum() + 5
    for found, expected in zip(clumps(one, contours), clumps(other, contours), strict=True):
        assert (found.weight, found.component) == (expected.weight, expected.component)
        np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-12)
    assert [clump.weight for clump in clumps(one, contours)] == sorted([weights[:4].sum(), 5], reverse=True)


def test_one_heavy_row_is_a_clump_of_its_own():
    contours = contours_of(TWO)
    (clump,) = clumps(far_of(np.array([[0.0, 0, 0], [0, 0, 90]]), contours, [1, 4]), contours)
    assert clump.weight == 4
    np.testing.assert_array_equal(clump.mean, [0, 0, 90])
    assert clumps(far_of(np.array([[0.0, 0, 0], [0, 0, 90]]), contours, [1, 2]), contours) == []
