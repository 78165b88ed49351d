import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm, t

from mixtura.detectors.explaining.conditionals import Predictor
from mixtura.distributions.mixture import Mixture
from mixtura.distributions.noise import Noise
from mixtura.distributions.shapes import SHAPES, Diagonal, Full, Spherical
from problems import one_factor


def a_mixture(shape_name, n_components, n_columns, seed=0):
    random = np.random.default_rng(seed)
    factors = random.normal(size=(n_components, n_columns, n_columns))
    matrices = factors @ factors.transpose(0, 2, 1) / n_columns + 0.1 * np.eye(n_columns)
    variances = np.diagonal(matrices, axis1=1, axis2=2)
    values = {"full": matrices, "tied": matrices[0], "diag": variances, "spherical": variances[:, 0]}
    values = (values | {"factor": one_factor(matrices)})[shape_name]
    covariance = SHAPES[shape_name](values, n_components, n_columns)
    weights = random.dirichlet(np.ones(n_components))
    return Mixture(weights, 2 * random.normal(size=(n_components, n_columns)), covariance)


def rows_near_and_far(n_columns):
    random = np.random.default_rng(1)
    one_far = np.full((2, n_columns), 0.3)
    one_far[:, 0] = 1e9, -1e5
    return np.vstack([2 * random.normal(size=(15, n_columns)), 1e3 * random.normal(size=(3, n_columns)), one_far])


@pytest.mark.parametrize("shape_name", ["full", "diag"])
def test_agrees_with_integration(shape_name):
    mixture, row = a_mixture(shape_name, 3, 3), np.array([0.4, -0.2, 1.1])
    explanation = Predictor(mixture)(row[None])
    for j in range(3):

        def moment(power, j=j, center=0.0):
            def integrand(value):
                point = row.copy()
                point[j] = value
                return np.exp(mixture.log_density(point[None])[0]) * (value - center) ** power

            return quad(integrand, -25, 25, points=[-3, 0, 3], limit=200)[0]

        total = moment(0)
        mean = moment(1) / total
        np.testing.assert_allclose(explanation.expected[0, j], mean, rtol=1e-6)
        np.testing.assert_allclose(explanation.deviation[0, j], np.sqrt(moment(2, center=mean) / total), rtol=1e-6)


def test_one_column_is_described_by_the_mixture():
    mixture = Mixture([0.5, 0.5], [[-2.0], [4.0]], Spherical([1.0, 4.0], 2, 1))
    explanation = Predictor(mixture)(np.array([[0.0], [1e6]]))
    np.testing.assert_allclose(explanation.expected, 1.0)
    np.testing.assert_allclose(explanation.deviation, np.sqrt(2.5 + 9.0))


def t_mixture():
    return Mixture([0.6, 0.4], [[0.0, 1.0, 0.0], [3.0, -1.0, 2.0]], a_mixture("full", 2, 3).covariance, [3.0, 8.0])


def test_student_components_agree_with_integration():
    mixture, row = t_mixture(), np.array([0.4, -0.2, 1.1])
    prediction = Predictor(mixture)(row[None])
    for j in range(3):

        def density(value, j=j):
            point = row.copy()
            point[j] = value
            return np.exp(mixture.log_density(point[None])[0])

        total = quad(density, -np.inf, np.inf)[0]
        mean = quad(lambda value, density=density: value * density(value), -np.inf, np.inf)[0] / total
        np.testing.assert_allclose(prediction.expected[0, j], mean, rtol=1e-6)


def test_a_student_deviation_holds_as_much_as_a_normal_one():
    """Ding (2016): given one column, the other has one degree of freedom more, and a scale that grows with it."""
    mixture = Mixture([1.0], [[0.0, 0.0]], Full([[[1.0, 0.8], [0.8, 1.0]]], 1, 2), [1.5])
    for value in (0.0, 10.0):
        explanation = Predictor(mixture)(np.array([[value, 0.0]]))
        scale = 0.6 * np.sqrt((1.5 + value**2) / 2.5)
        inside = t(2.5, explanation.expected[0, 1], scale).cdf(0.8 * value + explanation.deviation[0, 1])
        np.testing.assert_allclose(explanation.expected[0, 1], 0.8 * value, atol=1e-12)
        np.testing.assert_allclose(inside, norm.cdf(1))


def test_many_degrees_of_freedom_are_as_good_as_normal():
    normal, X = a_mixture("full", 3, 4), rows_near_and_far(4)[:15]
    student = Mixture(normal.weights, normal.means, normal.covariance, [1e9] * 3)
    mine, expected = Predictor(student)(X), Predictor(normal)(X)
    for name in ("expected", "deviation"):
        np.testing.assert_allclose(getattr(mine, name), getattr(expected, name), rtol=1e-4, atol=1e-5)


def by_conditioning(mixture, row, given, column):
    """Return mean and deviation of a column given others."""
    left = [other for other in range(mixture.n_features) if other not in given]
    conditional = mixture.conditional(given, row[given]) if given else mixture
    place = left.index(column)
    mean = conditional.weights @ conditional.means[:, place]
    variances = conditional.covariance.dense[:, place, place]
    return mean, np.sqrt(conditional.weights @ (variances + (conditional.means[:, place] - mean) ** 2))


@pytest.mark.parametrize("shape_name", SHAPES)
@pytest.mark.parametrize(("n_components", "n_columns"), [(3, 5), (1, 2), (4, 1)])
def test_agrees_with_conditioning_on_the_cells_that_count(shape_name, n_components, n_columns):
    mixture, X = a_mixture(shape_name, n_components, n_columns), rows_near_and_far(n_columns)
    left_out = np.random.default_rng(2).random(X.shape) < 0.25
    prediction = Predictor(mixture)(X, left_out)
    for i, row in enumerate(X):
        for j in range(n_columns):
            given = [other for other in range(n_columns) if other != j and not left_out[i, other]]
            mean, deviation = by_conditioning(mixture, row, given, j)
            tolerance = 1e-9 if np.abs(row).max() < 1e4 else 1e-5
            np.testing.assert_allclose(prediction.expected[i, j], mean, rtol=tolerance, atol=1e-9)
            np.testing.assert_allclose(prediction.deviation[i, j], deviation, rtol=tolerance)


def with_and_without_degrees():
    return [
        a_mixture("full", 3, 4),
        Mixture([0.6, 0.4], a_mixture("full", 2, 4).means, a_mixture("full", 2, 4).covariance, [3.0, 8.0]),
    ]


@pytest.mark.parametrize("mixture", with_and_without_degrees(), ids=["normal", "student"])
def test_what_is_left_out_has_no_say_whatever_it_is(mixture):
    random = np.random.default_rng(3)
    X = 2 * random.normal(size=(60, 4))
    left_out = random.random(X.shape) < 0.3
    prediction = Predictor(mixture)(X, left_out)
    for absurd in (1e3, -1e9, 1e300):
        other = Predictor(mixture)(np.where(left_out, absurd, X), left_out)
        np.testing.assert_array_equal(other.expected, prediction.expected)
        np.testing.assert_array_equal(other.deviation, prediction.deviation)


@pytest.mark.parametrize("mixture", with_and_without_degrees(), ids=["normal", "student"])
def test_a_cell_left_out_is_as_good_as_missing(mixture):
    random = np.random.default_rng(4)
    X = 2 * random.normal(size=(60, 4))
    left_out = random.random(X.shape) < 0.4
    missing = Predictor(mixture)(np.where(left_out, np.nan, X))
    prediction = Predictor(mixture)(X, left_out)
    np.testing.assert_allclose(prediction.expected, missing.expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(prediction.deviation, missing.deviation, rtol=1e-9)
    assert not np.isnan(missing.expected).any()


@pytest.mark.parametrize("mixture", with_and_without_degrees(), ids=["normal", "student"])
def test_a_value_does_not_predict_itself(mixture):
    X = np.array([[0.3, -0.4, 0.5, 0.1]])
    expected = Predictor(mixture)(X).expected
    for column in range(4):
        for value in (1e3, -1e9, 1e14):
            changed = X.copy()
            changed[0, column] = value
            found = Predictor(mixture)(changed).expected[0, column]
            np.testing.assert_allclose(found, expected[0, column], rtol=1e-9)


@pytest.mark.parametrize("mixture", with_and_without_degrees(), ids=["normal", "student"])
@pytest.mark.parametrize("value", [1e20, 1e155, 1.7e308])
def test_rows_beyond_all_densities_are_no_nan(mixture, value):
    X = np.array([[value, 0.0, 0.0, 1.0], [value, -value, value, value], [-value, value, 0.0, 1.0]])
    for left_out in (None, np.array([[True, False, False, True]] * 3)):
        prediction = Predictor(mixture)(X, left_out)
        assert np.isfinite(prediction.expected).all()
        assert np.isfinite(prediction.deviation).all()


def test_an_empty_component_says_nothing():
    alone = Mixture([1.0], [[0.0, 0.0]], Diagonal([[1.0, 2.0]], 1, 2))
    joined = Mixture([1.0, 0.0], [[0.0, 0.0], [9.0, 9.0]], Diagonal([[1.0, 2.0], [1.0, 1.0]], 2, 2))
    X = np.array([[1.0, 2.0], [9.0, 9.0]])
    np.testing.assert_array_equal(Predictor(joined)(X).expected, Predictor(alone)(X).expected)


def test_noise_predicts_nothing():
    normal = a_mixture("full", 2, 2)
    noisy = Mixture(0.9 * normal.weights, normal.means, normal.covariance, None, Noise(0.1, [-9, -9], [9, 9]))
    X = np.array([[8.0, -8.0], [0.0, 0.0], [100.0, 0.0]])
    for mine, expected in zip(Predictor(noisy)(X), Predictor(normal)(X), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-12)
    nothing_else = Mixture([0.0, 0.0], normal.means, normal.covariance, None, Noise(1.0, [-9, -9], [9, 9]))
    with pytest.raises(ValueError, match="only noise"):
        Predictor(nothing_else)


def test_a_column_that_others_determine_is_predicted_by_them():
    """On x2 = x0 + x1, each column is told by the two others, and by none where one of them is left out."""
    spread = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    mixture = Mixture([1.0], [[0.0, 0.0, 0.0]], Full([spread.T @ spread + 1e-12 * np.eye(3)], 1, 3))
    X = np.array([[1.0, 2.0, 50.0], [1.0, 2.0, 3.0]])
    complete = Predictor(mixture)(X)
    np.testing.assert_allclose(complete.expected, [[48.0, 49.0, 3.0], [1.0, 2.0, 3.0]], rtol=1e-4)
    np.testing.assert_allclose(complete.deviation, np.sqrt(3e-12), rtol=1e-3)
    left_out = Predictor(mixture)(X, np.array([[False, False, True], [True, True, False]]))
    np.testing.assert_allclose(left_out.expected, [[0.0, 0.0, 3.0], [1.5, 1.5, 0.0]], rtol=1e-4, atol=1e-4)
    expected = [[1.0, 1.0, np.sqrt(3e-12)], [np.sqrt(0.5), np.sqrt(0.5), np.sqrt(2.0)]]
    np.testing.assert_allclose(left_out.deviation, expected, rtol=1e-3)


@pytest.mark.parametrize("seed", range(20))
def test_a_column_that_others_determine_to_rounding_has_a_deviation(seed):
    random = np.random.default_rng(seed)
    spread = random.normal(size=(5, 6))
    covariance = spread.T @ spread + 1e-14 * np.eye(6)
    mixture = Mixture([1.0], np.zeros((1, 6)), Full(covariance[None], 1, 6))
    prediction = Predictor(mixture)(random.normal(size=(6, 5)) @ spread, np.eye(6, dtype=bool))
    assert np.isfinite(prediction.expected).all()
    assert (np.diagonal(prediction.deviation) > 0).all()
