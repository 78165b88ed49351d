import numpy as np
import pytest

from mixtura.detectors.explaining.given import MOST_GIVEN, Sharpening
from mixtura.distributions.mixture import Mixture
from mixtura.distributions.shapes import Diagonal, Full


def a_covariance(n_columns, seed):
    random = np.random.default_rng(seed)
    factors = random.normal(size=(n_columns, 3))
    return factors @ factors.T + np.diag(random.uniform(0.2, 1.0, n_columns))


def left_of(covariance, flagged, given):
    """Determinant of the covariance of the flagged cells given others: by Schur complement."""
    between = covariance[np.ix_(flagged, given)]
    own = covariance[np.ix_(flagged, flagged)]
    return np.linalg.det(own - between @ np.linalg.solve(covariance[np.ix_(given, given)], between.T))


def telling(covariance, flagged, others):
    """Columns that lower the generalised variance most, one by one, while each takes a tenth."""
    given = []
    while len(given) < MOST_GIVEN and len(given) < len(others):
        left = {column: left_of(covariance, flagged, [*given, column]) for column in others if column not in given}
        best = min(left, key=left.get)
        if left[best] > 0.9 * left_of(covariance, flagged, given):
            break
        given.append(best)
    return given + [-1] * (MOST_GIVEN - len(given))


@pytest.mark.parametrize("seed", range(5))
def test_columns_that_tell_most_agree_with_determinants(seed):
    covariance, random = a_covariance(6, seed), np.random.default_rng(seed)
    flagged = random.random((20, 6)) < 0.3
    missing = ~flagged & (random.random((20, 6)) < 0.2)
    found = Sharpening(covariance)(flagged, missing)
    for row in range(20):
        cells, others = np.flatnonzero(flagged[row]), np.flatnonzero(~flagged[row] & ~missing[row]).tolist()
        expected = telling(covariance, cells, others) if len(cells) else [-1] * MOST_GIVEN
        np.testing.assert_array_equal(found[row], expected)


def test_of_one_cell_the_highest_correlation_comes_first():
    covariance = np.array([[1.0, 0.3, -0.8, 0.5], [0.3, 1.0, 0.0, 0.0], [-0.8, 0.0, 1.0, 0.0], [0.5, 0.0, 0.0, 1.0]])
    found = Sharpening(covariance)(np.array([[True, False, False, False]]), np.zeros((1, 4), bool))
    np.testing.assert_array_equal(found, [[2, 3, 1]])


def test_independent_columns_tell_nothing():
    found = Sharpening(np.eye(3))(np.eye(3, dtype=bool), np.zeros((3, 3), bool))
    np.testing.assert_array_equal(found, -1)


def test_a_second_column_that_repeats_the_first_tells_nothing_more():
    """x1 and x2 are the same but for little; x3 tells of what they do not."""
    factors = np.array([[1.0, 1.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    covariance = factors @ factors.T + np.diag([0.01, 0.01, 0.0101, 0.02])
    found = Sharpening(covariance)(np.array([[True, False, False, False]]), np.zeros((1, 4), bool))
    np.testing.assert_array_equal(found[0, :2], [1, 3])


def test_groups_make_columns_tell_of_each_other():
    mixture = Mixture([0.5, 0.5], [[0.0, 0.0, 0.0], [9.0, 9.0, 0.0]], Diagonal(np.ones((2, 3)), 2, 3))
    sharpening = Sharpening.of(mixture)
    np.testing.assert_allclose(sharpening.covariance, [[21.25, 20.25, 0], [20.25, 21.25, 0], [0, 0, 1]])
    np.testing.assert_allclose(sharpening.deviations, np.sqrt([21.25, 21.25, 1.0]))
    found = sharpening(np.array([[True, False, False]]), np.zeros((1, 3), bool))
    np.testing.assert_array_equal(found, [[1, -1, -1]])


def test_the_covariance_of_all_is_that_of_draws():
    random = np.random.default_rng(0)
    covariance = Full(np.stack([a_covariance(3, 1), a_covariance(3, 2)]), 2, 3)
    mixture = Mixture([0.3, 0.7], random.normal(size=(2, 3)) * 3, covariance)
    drawn, _ = mixture.sample(200_000, 0)
    expected = Sharpening.of(mixture).covariance
    np.testing.assert_allclose(np.cov(drawn.T), expected, atol=0.02 * np.diagonal(expected).max())


def test_one_column_has_no_others():
    found = Sharpening(np.eye(1))(np.array([[True], [False]]), np.zeros((2, 1), bool))
    np.testing.assert_array_equal(found, np.full((2, MOST_GIVEN), -1))
