import tracemalloc

import numpy as np
import pytest
from scipy.integrate import quad

from mixtura.decisions.explain import Explanation, explain
from mixtura.decisions.table_model import TableModel
from mixtura.distributions.mixture import Mixture
from mixtura.distributions.noise import Noise
from mixtura.distributions.shapes import SHAPES, Diagonal, Full, Spherical
from mixtura.errors import SingularCovarianceError


def a_mixture(shape_name, n_components, n_columns, seed=0):
    random = np.random.default_rng(seed)
    factors = random.normal(size=(n_components, n_columns, n_columns))
    matrices = factors @ factors.transpose(0, 2, 1) / n_columns + 0.1 * np.eye(n_columns)
    variances = np.diagonal(matrices, axis1=1, axis2=2)
    values = {"full": matrices, "tied": matrices[0], "diag": variances, "spherical": variances[:, 0]}[shape_name]
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
    explanation = explain(mixture, X)
    for i, row in enumerate(X):
        for j in range(n_columns):
            mean, deviation, surprise = by_conditioning(mixture, row, j)
            rounding = 1e-9 - 1e-14 * mixture.log_density([row])[0]
            tolerance = 1e-9 if np.abs(row).max() < 1e4 else 1e-5
            np.testing.assert_allclose(explanation.expected[i, j], mean, rtol=tolerance, atol=1e-9)
            np.testing.assert_allclose(explanation.deviation[i, j], deviation, rtol=tolerance)
            np.testing.assert_allclose(explanation.surprise[i, j], surprise, rtol=tolerance, atol=rounding)
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
    parts = np.array([[1.0, -1.5]]), np.array([[9.0, 1.0]])
    assert Explanation(np.zeros((1, 2)), np.ones((1, 2)), *parts).column == [1]


def test_a_normal_distribution_is_as_surprised_as_far():
    explanation = explain(a_mixture("full", 1, 4), rows_near_and_far(4))
    np.testing.assert_allclose(explanation.surprise, explanation.distance**2 / 2, rtol=1e-9, atol=1e-12)


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


def test_only_normal_components_are_explained():
    plain = Mixture([1.0], [[0.0, 0.0]], Full([np.eye(2)], 1, 2))
    student = Mixture(plain.weights, plain.means, plain.covariance, [4.0])
    noisy = Mixture([0.9], plain.means, plain.covariance, None, Noise(0.1, [-1, -1], [1, 1]))
    for mixture, words in ((student, "Student-t"), (noisy, "noise")):
        with pytest.raises(ValueError, match=f"cannot give the reasons of .*{words}"):
            explain(mixture, [[0.0, 1.0]])
        with pytest.raises(ValueError, match=f"cannot give a table model of .*{words}"):
            TableModel(mixture, ("a", "b"), [0, 0], [1, 1])
