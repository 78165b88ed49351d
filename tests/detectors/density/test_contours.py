import numpy as np
import pytest

from mixtura import Full, Mixture
from mixtura.detectors.density.contours import Contours
from mixtura.detectors.density.far_rows import least_size
from mixtura.distributions.shapes import SEARCHED
from mixtura.mixtures.em.gaussian import GaussianMixture
from mixtura.rows import Block

ROUND = Full([np.eye(3), 4 * np.eye(3)], 2, 3)
TWO = Mixture([0.75, 0.25], [[0.0, 0, 0], [20.0, 0, 0]], ROUND)


def contours_of(mixture, *, n_fitted=1e6, weight=1000, missing=False):
    return Contours(mixture, n_fitted, weight, np.dtype(np.float64), missing)


def near(contours, X):
    return contours.near(Block(np.asarray(X, float), None, 0))


def test_distances_are_those_of_mahalanobis():
    points = np.random.default_rng(0).normal(size=(50, 3)) * 10
    expected = np.stack([np.linalg.norm(points, axis=1), np.linalg.norm(points - [20, 0, 0], axis=1) / 2], axis=1)
    np.testing.assert_allclose(contours_of(TWO).distances(points), expected, rtol=1e-6)
    holes = points.copy()
    holes[:, 1] = np.nan
    seen = points[:, [0, 2]]
    expected = np.stack([np.linalg.norm(seen, axis=1), np.linalg.norm(seen - [20, 0], axis=1) / 2], axis=1)
    np.testing.assert_allclose(contours_of(TWO, missing=True).distances(holes), expected, rtol=1e-6)


def test_one_pass_and_a_look_at_doubtful_rows_agree_with_distances():
    X = np.random.default_rng(1).normal(size=(20_000, 3)) * [8, 3, 3]
    contours = contours_of(TWO, weight=20_000)
    expected = (contours.distances(X) ** 2 <= contours.limits[-1]).any(axis=1)
    assert 0.01 < expected.mean() < 0.99
    np.testing.assert_array_equal(near(contours, X), expected)
    np.testing.assert_array_equal(near(contours_of(TWO, weight=20_000, missing=True), X), expected)
    assert near(contours_of(TWO, missing=True), [[np.nan] * 3]).all()


@pytest.mark.parametrize(
    "shape", [pytest.param(shape, marks=[pytest.mark.exhaustive] * (shape != "full")) for shape in SEARCHED]
)
def test_new_rows_lie_near_however_few_rows_were_fitted(shape):
    """At a share of false alarms that can be counted: one row in a hundred."""
    random = np.random.default_rng(0)
    far = []
    for _ in range(200):
        fitted = GaussianMixture(covariance_type=shape).fit(random.normal(size=(12, 3)))
        contours = contours_of(fitted.mixture_, n_fitted=12, weight=1e-2)
        far.append(1 - near(contours, random.normal(size=(100, 3))).mean())
    assert 0.003 < np.mean(far) < 0.03


def test_components_with_few_rows_that_lie_far_are_no_groups():
    mixture = Mixture([0.9, 0.095, 0.005], [[0.0], [1.0], [30.0]], Full(np.ones((3, 1, 1)), 3, 1))
    contours = contours_of(mixture, n_fitted=1000)
    kept = contours.without_small(least_size(1000, 1))
    np.testing.assert_allclose(kept.weights, [0.9 / 0.995, 0.095 / 0.995])
    assert contours.without_small(4) is mixture
    # Beside others it may be as small as it likes, and where all are small there is nothing to be far from.
    beside = Mixture(mixture.weights, [[0.0], [1.0], [3.0]], mixture.covariance)
    assert contours_of(beside, n_fitted=1000).without_small(10).n_components == 3
    assert contours.without_small(2000) is mixture
