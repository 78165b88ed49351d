"""Moments about other centres."""

import numpy as np
import pytest

from mixtura.distributions.shapes import CONJUGATE, SHAPES
from mixtura.mixtures.em.recentring import recentred
from mixtura.statistics.moments import Moments

K, D = 4, 3

random = np.random.default_rng(0)
X = random.normal(size=(60, D)) * [1.0, 10.0, 0.1] + 5
SHARES = random.dirichlet(np.ones(K), 60) * [1.0, 1.0, 1.0, 0.0]
CENTERS, OTHERS = X[:K], X[K : 2 * K]


def moments_of(shape, shares, centers, tails=None):
    first = np.stack([share @ (X - center) for share, center in zip(shares.T, centers, strict=True)])
    second = shape.scatter(X, shares, centers)
    return Moments(centers, 60.0, -7.0, shares.sum(axis=0), first, second, tails)


def assert_same(found, expected):
    assert (found.weight, found.log_likelihood) == (expected.weight, expected.log_likelihood)
    for name in ("centers", "counts", "first", "second"):
        mine, theirs = getattr(found, name), getattr(expected, name)
        np.testing.assert_allclose(mine, theirs, rtol=1e-11, atol=1e-12 * np.abs(theirs).max(), err_msg=name)


@pytest.fixture(params=CONJUGATE)
def shape(request):
    return SHAPES[request.param]


def test_recentred_moments_are_those_of_the_rows(shape):
    found = recentred(moments_of(shape, SHARES, CENTERS), OTHERS, shape)
    assert found.counts[3] == 0
    assert_same(found, moments_of(shape, SHARES, OTHERS))


def test_same_centers_change_no_bit(shape):
    before = moments_of(shape, SHARES, CENTERS)
    after = recentred(before, CENTERS, shape)
    np.testing.assert_array_equal(after.first, before.first)
    np.testing.assert_array_equal(after.second, before.second)


def test_inputs_are_left_as_they_are(shape):
    before, kept = moments_of(shape, SHARES, CENTERS), moments_of(shape, SHARES.copy(), CENTERS.copy())
    recentred(before, OTHERS, shape)
    for name in ("centers", "counts", "first", "second"):
        np.testing.assert_array_equal(getattr(before, name), getattr(kept, name))


def test_moments_of_student_components(shape):
    """First and second moments weigh the masses there, not the counts."""
    masses = SHARES.sum(axis=0)
    tails = np.stack([masses, random.normal(size=K)])
    before = moments_of(shape, SHARES, CENTERS, tails)
    before = Moments(CENTERS, 60.0, -7.0, 2 * masses, before.first, before.second, tails)
    found = recentred(before, OTHERS, shape)
    expected = moments_of(shape, SHARES, OTHERS)
    np.testing.assert_allclose(found.second, expected.second, rtol=1e-9)
