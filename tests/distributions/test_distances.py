"""Divergence and distance of mixtures, against closed forms and integration."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize

from mixtura.distributions.distances import Estimate, hellinger, kullback_leibler
from mixtura.distributions.mixture import Mixture
from mixtura.distributions.noise import Noise
from mixtura.distributions.shapes import SHAPES, Full, Spherical
from mixtura.errors import SingularCovarianceError
from problems import one_factor


def mixture_of(shape, n_features, seed, n_components=3):
    random = np.random.default_rng(seed)
    k = n_components
    root = random.normal(size=(k, n_features, n_features))
    matrices = root @ root.transpose(0, 2, 1) + np.eye(n_features)
    values = {"full": matrices, "tied": matrices[0], "diag": random.uniform(0.5, 2, (k, n_features))}
    values["factor"] = one_factor(matrices)
    covariance = SHAPES[shape](values.get(shape, random.uniform(0.5, 2, k)), k, n_features)
    return Mixture(random.dirichlet(np.full(k, 5.0)), 2 * random.normal(size=(k, n_features)), covariance)


def single(mean, variance):
    return Mixture([1.0], [[mean]], Spherical([variance], 1, 1))


def integrated(p, q):
    """Divergence and distance by integration, for one or two columns."""
    n_features = p.n_features
    nodes, weights = np.polynomial.legendre.leggauss(400)
    axes = [20 * nodes] * n_features
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, n_features)
    volumes = 20 * weights if n_features == 1 else np.outer(20 * weights, 20 * weights).ravel()
    log_p, log_q = p.log_density(grid), q.log_density(grid)
    divergence = volumes @ (np.exp(log_p) * (log_p - log_q))
    return divergence, np.sqrt(volumes @ (np.exp(log_p / 2) - np.exp(log_q / 2)) ** 2 / 2)


def test_divergence_of_single_normals_is_the_formula():
    found = kullback_leibler(single(1.0, 4.0), single(-2.0, 9.0))
    assert found.kind == "exact"
    assert found.standard_error == 0
    assert found.value == pytest.approx(np.log(3 / 2) + (4 + 9) / 18 - 1 / 2, rel=1e-14)


def test_distance_of_single_normals_is_the_formula():
    found = hellinger(single(1.0, 4.0), single(-2.0, 9.0))
    assert found.kind == "exact"
    assert found.value == pytest.approx(np.sqrt(1 - np.sqrt(12 / 13) * np.exp(-9 / (4 * 13))), rel=1e-14)


def test_single_normals_agree_with_scipys_integration():
    p, q = single(0.3, 1.0), single(-0.5, 2.0)

    def integral(function):
        return quad(lambda x: function(p.log_density([[x]])[0], q.log_density([[x]])[0]), -25, 25, epsabs=1e-12)[0]

    divergence = integral(lambda a, b: np.exp(a) * (a - b))
    squared = integral(lambda a, b: (np.exp(a / 2) - np.exp(b / 2)) ** 2 / 2)
    assert kullback_leibler(p, q).value == pytest.approx(divergence, abs=1e-10)
    assert hellinger(p, q).value == pytest.approx(np.sqrt(squared), abs=1e-10)
    np.testing.assert_allclose(integrated(p, q), [divergence, np.sqrt(squared)], rtol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_single_normals_of_two_columns_are_exact(shape):
    p, q = mixture_of(shape, 2, 0, 1), mixture_of(shape, 2, 1, 1)
    divergence, distance = integrated(p, q)
    assert kullback_leibler(p, q) == Estimate(pytest.approx(divergence, rel=1e-9), 0.0, "exact")
    assert hellinger(p, q) == Estimate(pytest.approx(distance, rel=1e-9), 0.0, "exact")


@pytest.mark.one_case
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_features", [1, 2])
@pytest.mark.parametrize("seed", [0, pytest.param(5, marks=pytest.mark.exhaustive)])
def test_bounds_are_above_the_integrals(shape, n_features, seed):
    p, q = mixture_of(shape, n_features, seed), mixture_of(shape, n_features, seed + 1, 4)
    divergence, distance = integrated(p, q)
    above, distance_above = kullback_leibler(p, q, method="bound"), hellinger(p, q, method="bound")
    assert above.kind == distance_above.kind == "upper bound"
    assert divergence < above.value < divergence + 2.5
    assert distance < distance_above.value < min(1, distance + 0.5)


@pytest.mark.one_case
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_features", [1, 2])
def test_samples_agree_with_the_integrals(shape, n_features):
    p, q = mixture_of(shape, n_features, 0), mixture_of(shape, n_features, 1)
    for function, expected in zip((kullback_leibler, hellinger), integrated(p, q), strict=True):
        found = function(p, q, method="monte carlo", n_samples=20_001, random_state=0)
        assert found.kind == "monte carlo"
        assert 0 < found.standard_error < 0.05
        assert abs(found.value - expected) < 4 * found.standard_error


@pytest.mark.parametrize("function", [kullback_leibler, hellinger])
def test_standard_errors_are_the_spread_of_estimates(function):
    p, q = mixture_of("full", 2, 0), mixture_of("full", 2, 1)
    found = [function(p, q, method="monte carlo", n_samples=400, random_state=seed) for seed in range(200)]
    spread = np.std([estimate.value for estimate in found], ddof=1)
    # The standard error of a spread of 200 is 5 %.
    assert np.mean([estimate.standard_error for estimate in found]) == pytest.approx(spread, rel=0.25)


def test_the_same_seed_gives_the_same_estimate():
    p, q = mixture_of("full", 2, 0), mixture_of("full", 2, 1)
    for function in (kullback_leibler, hellinger):
        first, again, other = (function(p, q, method="monte carlo", random_state=seed) for seed in (3, 3, 4))
        assert first == again
        assert first != other


@pytest.mark.one_case
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_features", [1, 2])
@pytest.mark.parametrize("seed", [0, 5])
def test_without_a_choice_the_answer_is_the_integral_and_always_the_same(shape, n_features, seed):
    p, q = mixture_of(shape, n_features, seed), mixture_of(shape, n_features, seed + 1, 4)
    for function, expected in zip((kullback_leibler, hellinger), integrated(p, q), strict=True):
        found = function(p, q)
        assert (found.kind, found) == ("monte carlo", function(p, q))
        assert abs(found.value - expected) < 4 * found.standard_error
        assert found.standard_error < 0.05 * expected


def test_a_divergence_is_not_negative():
    """Of mixtures that are next to equal an average can be."""
    p = mixture_of("diag", 2, 0)
    q = Mixture(p.weights, p.means + 1e-3, p.covariance)
    found = [kullback_leibler(p, q, n_samples=50, random_state=seed) for seed in range(40)]
    assert min(estimate.value for estimate in found) == 0
    assert all(estimate.standard_error > 0 for estimate in found)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_components", [1, 3])
def test_a_mixture_is_no_distance_from_itself(shape, n_components):
    p = mixture_of(shape, 3, 0, n_components)
    kind = "exact" if n_components == 1 else "monte carlo"
    for function, tolerance in ((kullback_leibler, 1e-9), (hellinger, 2e-7)):
        assert function(p, p, method="bound").value == pytest.approx(0, abs=tolerance)
        assert function(p, p) == Estimate(pytest.approx(0, abs=tolerance), 0.0, kind)


@pytest.mark.parametrize("n_features", [1, 2, 3])
def test_components_in_another_order_or_split_are_the_same_mixture(n_features):
    p = mixture_of("full", n_features, 0)
    order = np.array([2, 0, 1, 1])
    weights = p.weights[order] * [1, 1, 0.25, 0.75]
    q = Mixture(weights, p.means[order], p.covariance.repeat(order))
    for one, other in ((p, q), (q, p)):
        for method in ("bound", "monte carlo"):
            assert kullback_leibler(one, other, method=method).value == pytest.approx(0, abs=1e-9)
            assert hellinger(one, other, method=method).value == pytest.approx(0, abs=2e-7)


def test_the_variational_bound_is_the_least_of_its_plans():
    """The same bound, minimised by a general method over the plans themselves."""
    p, q = mixture_of("diag", 2, 0), mixture_of("diag", 2, 1)
    pairs = [[kullback_leibler(one_of(p, i), one_of(q, j)).value for j in range(3)] for i in range(3)]

    def bound(flat):
        plan = flat.reshape(3, 3)
        return (plan * (np.array(pairs) + np.log(plan.sum(axis=0) / q.weights))).sum()

    leaving = {"type": "eq", "fun": lambda flat: flat.reshape(3, 3).sum(axis=1) - p.weights}
    start = np.outer(p.weights, q.weights).ravel()
    options = {"ftol": 1e-14, "maxiter": 500}
    least = minimize(bound, start, method="SLSQP", bounds=[(1e-12, 1)] * 9, constraints=leaving, options=options).fun
    assert kullback_leibler(p, q, method="bound").value == pytest.approx(least, abs=1e-7)


def one_of(mixture, component):
    return Mixture([1.0], mixture.means[[component]], mixture.covariance.repeat([component]))


def test_the_distance_bound_is_that_of_the_best_plan():
    """With two components on each side a plan has one free number, and the best is at one of its ends."""
    p = Mixture([0.3, 0.7], [[0.0], [4.0]], Spherical([1.0, 2.0], 2, 1))
    q = Mixture([0.6, 0.4], [[5.0], [1.0]], Spherical([1.5, 0.5], 2, 1))
    squares = np.array([[hellinger(one_of(p, i), one_of(q, j)).value ** 2 for j in range(2)] for i in range(2)])
    plans = [np.array([[moved, 0.3 - moved], [0.6 - moved, 0.1 + moved]]) for moved in (0.0, 0.3)]
    least = min((plan * squares).sum() for plan in plans)
    assert hellinger(p, q, method="bound").value == pytest.approx(np.sqrt(least), rel=1e-9)


def test_far_apart_mixtures_are_at_the_ends_of_the_scale():
    p = Mixture([0.5, 0.5], [[0.0], [1.0]], Spherical([1.0, 1.0], 2, 1))
    q = Mixture([0.5, 0.5], [[1e4], [1e4 + 1]], Spherical([1.0, 1.0], 2, 1))
    for method in ("bound", "monte carlo"):
        assert hellinger(p, q, method=method).value == pytest.approx(1, abs=1e-12)
        assert kullback_leibler(p, q, method=method).value == pytest.approx(1e8 / 2, rel=1e-3)


def test_the_distance_is_symmetric_and_the_divergence_is_not():
    p, q = mixture_of("full", 2, 0), mixture_of("full", 2, 1, 2)
    for method, tolerance in (("bound", 1e-9), ("monte carlo", 0.03)):
        there, back = (hellinger(*pair, method=method).value for pair in ((p, q), (q, p)))
        assert there == pytest.approx(back, rel=tolerance)
    narrow, wide = mixture_of("diag", 2, 0), mixture_of("full", 2, 1)
    assert abs(kullback_leibler(narrow, wide).value - kullback_leibler(wide, narrow).value) > 0.1


def test_empty_components_do_not_count():
    p, q = mixture_of("full", 2, 0, 2), mixture_of("full", 2, 1, 2)
    with_empty = Mixture([*p.weights, 0.0], [*p.means, [9.0, 9.0]], Full([*p.covariances, np.eye(2)], 3, 2))
    for function in (kullback_leibler, hellinger):
        for one, other in ((with_empty, q), (q, with_empty)):
            full = [p if mixture is with_empty else mixture for mixture in (one, other)]
            assert function(one, other, method="bound") == function(*full, method="bound")
            found, expected = function(one, other), function(*full)
            errors = np.hypot(found.standard_error, expected.standard_error)
            assert abs(found.value - expected.value) < 4 * errors
    one = Mixture([0.0, 1.0], [[0.0], [2.0]], Spherical([1.0, 1.0], 2, 1))
    assert kullback_leibler(one, single(0.0, 1.0)) == Estimate(2.0, 0.0, "exact")


def test_where_the_other_has_no_density_the_divergence_is_infinite():
    box = Noise(1.0, [0.0], [1.0])
    inside = Mixture([0.0], [[0.0]], Spherical([1.0], 1, 1), noise=box)
    normal = single(0.0, 1.0)
    assert kullback_leibler(normal, inside, method="monte carlo", random_state=0).value == np.inf
    # The other way round it is the integral over the box of (x^2 + log(2 pi)) / 2.
    found = kullback_leibler(inside, normal, method="monte carlo", random_state=0)
    assert found.value == pytest.approx((1 / 3 + np.log(2 * np.pi)) / 2, abs=4 * found.standard_error)


def test_student_components_are_compared_by_samples():
    student = Mixture([1.0], [[0.0]], Spherical([1.0], 1, 1), [5.0])
    normal = single(0.0, 2.0)
    expected = integrated(student, normal)[1]
    found = hellinger(student, normal, method="monte carlo", n_samples=40_000, random_state=0)
    assert abs(found.value - expected) < 4 * found.standard_error
    for function in (kullback_leibler, hellinger):
        with pytest.raises(ValueError, match="cannot give a bound of a distance of Student-t components"):
            function(normal, student, method="bound")


@pytest.mark.parametrize("function", [kullback_leibler, hellinger])
def test_wrong_arguments_are_named(function):
    p = single(0.0, 1.0)
    with pytest.raises(ValueError, match="same columns, and they have 1 and 2"):
        function(p, mixture_of("full", 2, 0))
    with pytest.raises(ValueError, match="method must be 'bound' or 'monte carlo', not 'exact'"):
        function(p, p, method="exact")
    with pytest.raises(ValueError, match=r"n_samples must be a whole number from \d, not 1"):
        function(p, p, method="monte carlo", n_samples=1)
    flat = Mixture([1.0], [[0.0, 0.0]], Full.unchecked(np.ones((1, 2, 2)), 1, 2))
    with pytest.raises(SingularCovarianceError):
        function(flat, flat)
