import tracemalloc

import numpy as np
import pytest
from mixtura.detectors.density.conditionals import Predictor, explain
from scipy.integrate import quad
from scipy.stats import norm, t

from mixtura.distributions.mixture import Mixture
from mixtura.distributions.noise import Noise
from mixtura.distributions.shapes import SHAPES, Diagonal, Full, Spherical
from mixtura.errors import SingularCovarianceError
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


def by_conditioning(mixture, row, column):
    """Return mean, deviation and surprise."""
    others = [other for other in range(mixture.n_features) if other != column]
    given = mixture.conditional(others, row[others]) if others else mixture
    mean = given.weights @ given.means[:, 0]
    variances = given.covariance.dense[:, 0, 0]
    deviation = np.sqrt(given.weights @ (variances + (given.means[:, 0] - mean) ** 2))
    # Not from `given`, where a weight below the smallest double is lost.
    log_others = mixture.marginal(others).log_density([row[others]])[0] if others else 0.0
    log_density = mixture.log_density([row])[0] - log_others
    return mean, deviation, -log_density - np.log(2 * np.pi) / 2 - np.log(deviation)


@pytest.mark.parametrize("shape_name", SHAPES)
@pytest.mark.parametrize(("n_components", "n_columns"), [(3, 4), (1, 2), (4, 1)])
def test_agrees_with_conditioning_on_the_other_columns(shape_name, n_components, n_columns):
    mixture, X = a_mixture(shape_name, n_components, n_columns), rows_near_and_far(n_columns)
    explanation, prediction = explain(mixture, X), Predictor(mixture)(X)
    for i, row in enumerate(X):
        for j in range(n_columns):
            mean, deviation, surprise = by_conditioning(mixture, row, j)
            rounding = 1e-9 - 1e-14 * mixture.log_density([row])[0]
            tolerance = 1e-9 if np.abs(row).max() < 1e4 else 1e-5
            np.testing.assert_allclose(explanation.expected[i, j], mean, rtol=tolerance, atol=1e-9)
            np.testing.assert_allclose(explanation.deviation[i, j], deviation, rtol=tolerance)
            np.testing.assert_allclose(prediction.surprise[i, j], surprise, rtol=tolerance, atol=rounding)
    distance = (X - explanation.expected) / explanation.deviation
    np.testing.assert_array_equal(explanation.distance, distance)


@pytest.mark.parametrize("shape_name", ["full", "diag"])
def test_agrees_with_integration(shape_name):
    mixture, row = a_mixture(shape_name, 3, 3), np.array([0.4, -0.2, 1.1])
    explanation = explain(mixture, row[None])
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
    explanation = explain(mixture, [[0.0], [1e6]])
    np.testing.assert_allclose(explanation.expected, 1.0)
    np.testing.assert_allclose(explanation.deviation, np.sqrt(2.5 + 9.0))


@pytest.mark.parametrize("shape_name", SHAPES)
@pytest.mark.parametrize("value", [1e20, 1e155, 1.7e308])
def test_rows_beyond_all_densities_are_no_nan(shape_name, value):
    X = np.array([[value, 0.0, 0.0], [value, -value, value], [-value, value, 0.0]])
    explanation = explain(a_mixture(shape_name, 3, 3), X)
    assert np.isfinite(explanation.expected).all()
    assert np.isfinite(explanation.deviation).all()
    assert not np.isnan(explanation.distance).any()
    assert explanation.column[0] == 0


def test_a_corrupt_value_leaves_its_own_expectation_alone():
    """The group is found from the other columns, however far the value is from all groups."""
    covariance = Full([[[1.0, 0.9], [0.9, 1.0]]] * 2, 2, 2)
    mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [10.0, 10.0]], covariance)
    for value in (1e3, -1e9, 1e14):
        explanation = explain(mixture, [[value, 10.5]])
        np.testing.assert_allclose(explanation.expected[0, 0], 10.45, rtol=1e-9)
        assert explanation.column == [0]


def test_the_column_without_which_the_row_is_least_unusual():
    """Given the typical second column the prediction spans two groups, so the far value is fewer deviations off."""
    covariance = Full([[[1.0, 0.8], [0.8, 1.0]], [[0.5, 0.0], [0.0, 2.0]]], 2, 2)
    explanation = explain(Mixture([0.7, 0.3], [[0.0, 0.0], [2.0, -1.0]], covariance), [[13.0, 0.0]])
    assert np.abs(explanation.distance).argmax() == 1
    assert explanation.column == [0]


def test_where_no_column_stands_out_the_farthest_is_named():
    """Between two groups a value can be less surprising than one nearer to what is expected."""
    covariance = Full([np.diag([0.01, 1.0])] * 2, 2, 2)
    mixture = Mixture([0.5, 0.5], [[-1.0, 0.0], [1.0, 0.0]], covariance)
    X = np.array([[0.9, 0.7]])
    explanation, prediction = explain(mixture, X), Predictor(mixture)(X)
    assert not explanation.stands_out.any()
    assert prediction.surprise.argmax() == np.abs(explanation.distance).argmin()
    assert explanation.column == np.abs(explanation.distance).argmax()


def by_the_rule(explanation, surprise):
    """Of the values that stand out the most surprising; where none does, the largest distance; ties to the first."""
    columns = []
    for distance, values in zip(np.abs(explanation.distance), surprise, strict=True):
        notable = np.flatnonzero(distance >= 2)
        columns.append(notable[values[notable].argmax()] if len(notable) else distance.argmax())
    return columns


@pytest.mark.parametrize("spread", [0.3, 2.0, 50.0])
@pytest.mark.parametrize("seed", range(5))
def test_the_first_column_is_the_most_surprising_of_those_that_stand_out(spread, seed):
    mixture = a_mixture("full", 4, 5, seed)
    X = spread * np.random.default_rng(seed).normal(size=(400, 5))
    explanation, surprise = explain(mixture, X), Predictor(mixture)(X).surprise
    np.testing.assert_array_equal(explanation.column, by_the_rule(explanation, surprise))
    np.testing.assert_array_equal(explanation.ranking[:, 0], explanation.column)
    np.testing.assert_allclose(explanation.share.sum(axis=1), 1)
    assert (explanation.share >= 0).all()
    notable = np.where(explanation.stands_out, explanation.share, np.inf).min(axis=1)
    others = np.where(explanation.stands_out, -np.inf, explanation.share).max(axis=1)
    assert (notable > others).all()


def test_a_value_of_a_small_group_stands_out_and_surprises_little():
    """Its density is high, but far from what is expected; it still comes before one that does not stand out."""
    covariance = Diagonal([[1.0, 1.0], [1e-6, 1.0]], 2, 2)
    mixture = Mixture([0.95, 0.05], [[0.0, 0.0], [6.0, 0.0]], covariance)
    X = np.array([[6.0, 1.9]])
    explanation, prediction = explain(mixture, X), Predictor(mixture)(X)
    assert explanation.stands_out.tolist() == [[True, False]]
    assert prediction.surprise[0, 0] < 0 < prediction.surprise[0, 1]
    assert explanation.column == [0]


def test_ties_go_to_the_first():
    mixture = Mixture([1.0], [[0.0, 0.0]], Spherical([1.0], 1, 2))
    assert explain(mixture, [[3.0, -3.0], [-0.5, 0.5], [0.0, 0.0]]).column.tolist() == [0, 0, 0]


def test_a_normal_distribution_is_as_surprised_as_far():
    mixture, X = a_mixture("full", 1, 4), rows_near_and_far(4)
    explanation = explain(mixture, X)
    np.testing.assert_allclose(Predictor(mixture)(X).surprise, explanation.distance**2 / 2, rtol=1e-9, atol=1e-12)
    squares = explanation.distance**2
    np.testing.assert_allclose(explanation.share, squares / squares.sum(axis=1, keepdims=True), rtol=1e-9)


def test_an_empty_component_says_nothing():
    alone = Mixture([1.0], [[0.0, 0.0]], Diagonal([[1.0, 2.0]], 1, 2))
    joined = Mixture([1.0, 0.0], [[0.0, 0.0], [9.0, 9.0]], Diagonal([[1.0, 2.0], [1.0, 1.0]], 2, 2))
    X = np.array([[1.0, 2.0], [9.0, 9.0]])
    np.testing.assert_array_equal(explain(joined, X).distance, explain(alone, X).distance)


def test_any_number_of_rows_in_a_few_megabytes():
    mixture, X = a_mixture("full", 8, 4), np.random.default_rng(0).normal(size=(60_000, 4)).astype(np.float32)
    tracemalloc.start()
    whole = explain(mixture, X)
    answer = 4 * whole.expected.nbytes
    assert tracemalloc.get_traced_memory()[1] - answer < 32 * 2**20
    tracemalloc.stop()
    parts = [explain(mixture, part).expected for part in np.array_split(X, 7)]
    np.testing.assert_allclose(np.concatenate(parts), whole.expected, rtol=1e-12, atol=1e-12)
    assert explain(mixture, X[:0]).expected.shape == (0, 4)


def test_what_cannot_be_explained():
    with pytest.raises(ValueError, match=r"has 3 columns, and the rows an array of shape \(1, 2\)"):
        explain(a_mixture("full", 2, 3), [[1.0, 2.0]])
    with pytest.raises(SingularCovarianceError):
        explain(Mixture([1.0], [[0.0, 0.0]], Full(np.ones((1, 2, 2)), 1, 2)), [[0.0, 0.0]])


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
        deviation = prediction.deviation[0, j]
        surprise = -np.log(density(row[j]) / total * deviation * np.sqrt(2 * np.pi))
        np.testing.assert_allclose(prediction.surprise[0, j], surprise, rtol=1e-6)


def test_a_student_deviation_holds_as_much_as_a_normal_one():
    """Ding (2016): given one column, the other has one degree of freedom more, and a scale that grows with it."""
    mixture = Mixture([1.0], [[0.0, 0.0]], Full([[[1.0, 0.8], [0.8, 1.0]]], 1, 2), [1.5])
    for value in (0.0, 10.0):
        explanation = explain(mixture, [[value, 0.0]])
        scale = 0.6 * np.sqrt((1.5 + value**2) / 2.5)
        inside = t(2.5, explanation.expected[0, 1], scale).cdf(0.8 * value + explanation.deviation[0, 1])
        np.testing.assert_allclose(explanation.expected[0, 1], 0.8 * value, atol=1e-12)
        np.testing.assert_allclose(inside, norm.cdf(1))


def test_many_degrees_of_freedom_are_as_good_as_normal():
    normal, X = a_mixture("full", 3, 4), rows_near_and_far(4)[:15]
    student = Mixture(normal.weights, normal.means, normal.covariance, [1e9] * 3)
    mine, expected = Predictor(student)(X), Predictor(normal)(X)
    for name in ("expected", "deviation", "surprise"):
        np.testing.assert_allclose(getattr(mine, name), getattr(expected, name), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("value", [1e20, 1e155, 1.7e308])
def test_rows_beyond_all_student_densities_are_no_nan(value):
    explanation = explain(t_mixture(), np.array([[value, 0.0, 0.0], [value, -value, value]]))
    for part in (explanation.expected, explanation.deviation, explanation.distance, explanation.share):
        assert not np.isnan(part).any()
    assert explanation.column[0] == 0


def test_noise_predicts_nothing():
    normal = a_mixture("full", 2, 2)
    noisy = Mixture(0.9 * normal.weights, normal.means, normal.covariance, None, Noise(0.1, [-9, -9], [9, 9]))
    X = np.array([[8.0, -8.0], [0.0, 0.0], [100.0, 0.0]])
    for name in ("expected", "deviation", "distance", "share"):
        np.testing.assert_allclose(getattr(explain(noisy, X), name), getattr(explain(normal, X), name), rtol=1e-12)
    nothing_else = Mixture([0.0, 0.0], normal.means, normal.covariance, None, Noise(1.0, [-9, -9], [9, 9]))
    with pytest.raises(ValueError, match="nothing but noise"):
        explain(nothing_else, X)


@pytest.mark.parametrize("make", [lambda: a_mixture("full", 3, 3), t_mixture])
def test_missing_values_are_predicted_from_the_others(make):
    mixture, random = make(), np.random.default_rng(0)
    X = 2 * random.normal(size=(60, 3))
    complete = explain(mixture, X)
    X[np.arange(40), np.arange(40) % 3] = np.nan
    X[40] = [np.nan, 1.0, np.nan]
    X[41] = np.nan
    explanation, missing = explain(mixture, X), np.isnan(X)
    np.testing.assert_array_equal(explanation.distance[missing], 0)
    np.testing.assert_array_equal(explanation.share[:41][missing[:41]], 0)
    np.testing.assert_array_equal(explanation.share[41], 1 / 3)
    np.testing.assert_array_equal(explanation.share[42:], complete.share[42:])
    # A value that is missing is expected where one that is there would be: what it is does not matter.
    for i, j in zip(*np.nonzero(missing[:40]), strict=True):
        np.testing.assert_allclose(explanation.expected[i, j], complete.expected[i, j], rtol=1e-9)
        np.testing.assert_allclose(explanation.deviation[i, j], complete.deviation[i, j], rtol=1e-9)
        others = [column for column in range(3) if column != j]
        part = explain(mixture.marginal(others), X[i : i + 1, others])
        np.testing.assert_allclose(explanation.share[i, others], part.share[0], rtol=1e-9)
    np.testing.assert_allclose(explanation.expected[40, 1], explain(mixture.marginal([1]), [[1.0]]).expected[0, 0])
    np.testing.assert_allclose(explanation.expected[41], mixture.weights @ mixture.means)


def test_a_column_of_tiny_deviation_is_no_nan():
    """Its squared distances in its own units would overflow."""
    mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], Diagonal([[1e-120, 1.0], [1e-120, 1.0]], 2, 2))
    explanation = explain(mixture, [[1e300, 0.0], [0.5, -1e200]])
    for part in (explanation.expected, explanation.deviation, explanation.distance, explanation.share):
        assert not np.isnan(part).any()
    assert explanation.column.tolist() == [0, 1]
