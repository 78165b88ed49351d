"""Boxes and the distribution function, against integration, published tables and SciPy."""

import numpy as np
import pytest
from scipy.integrate import dblquad, quad, tplquad
from scipy.stats import norm

from mixtura.distributions.mixture import Mixture
from mixtura.distributions.noise import Noise
from mixtura.distributions.probabilities import cdf, interval_probability
from mixtura.distributions.shapes import SHAPES, Diagonal, Full, Spherical
from problems import one_factor

INF = np.inf


def mixture_of(shape, n_features):
    random = np.random.default_rng(n_features)
    root = random.normal(size=(2, n_features, n_features))
    matrices = root @ root.transpose(0, 2, 1) + np.eye(n_features)
    values = {"full": matrices, "tied": matrices[0], "diag": random.uniform(0.5, 2, (2, n_features))}
    values["factor"] = one_factor(matrices)
    covariance = SHAPES[shape](values.get(shape, np.array([0.7, 1.6])), 2, n_features)
    return Mixture([0.3, 0.7], random.normal(size=(2, n_features)), covariance)


def density(mixture):
    """The density as a function of numbers, written out."""
    inverses = np.linalg.inv(mixture.covariance.dense)
    heights = mixture.weights / np.sqrt(np.linalg.det(2 * np.pi * mixture.covariance.dense))

    def at(*point):
        offsets = np.array(point) - mixture.means
        return heights @ np.exp(-np.einsum("ki,kij,kj->k", offsets, inverses, offsets) / 2)

    return at


def line(*means, weights=None, variances=None):
    k = len(means)
    weights = np.full(k, 1 / k) if weights is None else weights
    return Mixture(weights, np.array(means)[:, None], Spherical(variances or [1.0] * k, k, 1))


@pytest.mark.parametrize("shape", SHAPES)
def test_an_interval_is_the_integral_of_the_density(shape):
    mixture = mixture_of(shape, 1)
    expected, _ = quad(density(mixture), -0.7, 1.9, epsabs=1e-14)
    assert interval_probability(mixture, -0.7, 1.9) == pytest.approx(expected, rel=1e-13, abs=0)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_rectangle_is_the_integral_of_the_density(shape):
    mixture = mixture_of(shape, 2)
    at = density(mixture)
    expected, _ = dblquad(lambda y, x: at(x, y), -1, 2, -0.5, 1.5, epsabs=1e-11, epsrel=1e-11)
    assert interval_probability(mixture, [-1, -0.5], [2, 1.5]) == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize("shape", ["full", "diag"])
def test_a_box_is_the_integral_of_the_density(shape):
    mixture = mixture_of(shape, 3)
    nodes, weights = np.polynomial.legendre.leggauss(30)
    lower, upper = np.array([-1.0, -0.5, 0.0]), np.array([2.0, 1.5, 1.0])
    axes = [(low + high) / 2 + (high - low) / 2 * nodes for low, high in zip(lower, upper, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    volume = np.prod((upper - lower) / 2)
    expected = volume * np.einsum(
        "ijk,i,j,k->", np.exp(mixture.log_density(grid)).reshape(30, 30, 30), weights, weights, weights
    )
    tolerance = 1e-7 if shape == "full" else 1e-12
    assert interval_probability(mixture, lower, upper) == pytest.approx(expected, abs=tolerance)


def test_the_quadrature_of_the_box_above_is_that_of_scipy():
    at = density(mixture_of("diag", 3))
    expected, _ = tplquad(lambda z, y, x: at(x, y, z), -1, 0, -0.5, 0.5, 0, 0.5, epsabs=1e-8)
    found = interval_probability(mixture_of("diag", 3), [-1, -0.5, 0], [0, 0.5, 0.5])
    assert found == pytest.approx(expected, abs=1e-8)


def test_the_positive_orthant_has_its_known_probability():
    """Stieltjes: 1/4 + arcsin(r)/(2 pi) for two columns, 1/8 + the sum of three arcsines/(4 pi) for three."""
    r = np.array([[1.0, 0.6, -0.3], [0.6, 1.0, 0.2], [-0.3, 0.2, 1.0]])
    two = Mixture([1.0], [[0.0, 0.0]], Full(r[None, :2, :2], 1, 2))
    assert interval_probability(two, [0, 0], [INF, INF]) == pytest.approx(
        1 / 4 + np.arcsin(0.6) / (2 * np.pi), abs=1e-14
    )
    three = Mixture([1.0], [[0.0, 0.0, 0.0]], Full(r[None], 1, 3))
    expected = 1 / 8 + np.arcsin([0.6, -0.3, 0.2]).sum() / (4 * np.pi)
    assert interval_probability(three, [0, 0, 0], [INF, INF, INF]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("r", [-0.99, -0.5, 0.3, 0.9])
def test_two_columns_are_the_integral_over_the_first(r):
    pair = Mixture([1.0], [[0.0, 0.0]], Full([[[1.0, r], [r, 1.0]]], 1, 2))
    for h, k in [(0.0, 0.0), (-1.2, 0.4), (0.0, -2.0), (3.0, 2.5), (-7.0, -6.0)]:
        edges = np.linspace(-9, h, 4001)
        x = (edges[1:] + edges[:-1]) / 2
        expected = (np.diff(edges) * norm.pdf(x) * norm.cdf((k - r * x) / np.sqrt(1 - r * r))).sum()
        assert cdf(pair, [[h, k]])[0] == pytest.approx(expected, abs=2e-6)


def test_of_two_columns_that_are_almost_one_the_lower_limit_decides():
    r = 1 - 1e-14
    pair = Mixture([1.0], [[0.0, 0.0]], Full([[[1.0, r], [r, 1.0]]], 1, 2))
    X = np.array([[0.0, 1.0], [-2.0, -1.0], [3.0, 0.5], [-6.0, 0.0]])
    np.testing.assert_allclose(cdf(pair, X), norm.cdf(X.min(axis=1)), atol=1e-15)


@pytest.mark.parametrize("n_columns", [3, 4])
@pytest.mark.parametrize("r", [0.2, 0.9, 0.9999])
def test_equally_correlated_columns_are_an_integral_over_what_they_share(n_columns, r):
    """With x = sqrt(r) t + sqrt(1 - r) e the columns are independent given t (Dunnett and Sobel 1955)."""
    matrix = np.full((n_columns, n_columns), r) + (1 - r) * np.eye(n_columns)
    mixture = Mixture([1.0], np.zeros((1, n_columns)), Full(matrix[None], 1, n_columns))
    X = np.random.default_rng(0).normal(size=(3, n_columns))
    t = np.linspace(-9, 9, 400_001)
    given = np.array([norm.cdf((x[:, None] - np.sqrt(r) * t) / np.sqrt(1 - r)).prod(axis=0) for x in X])
    expected = (given * norm.pdf(t)).sum(axis=1) * (t[1] - t[0])
    np.testing.assert_allclose(cdf(mixture, X), expected, atol=3e-6)
    np.testing.assert_allclose(mixture.cdf(X, tolerance=1e-4), expected, atol=3e-4)


def test_columns_without_limits_leave_the_others_exact():
    mixture = mixture_of("full", 3)
    X = np.array([[0.3, INF, -0.2], [INF, INF, 0.1], [0.2, 0.3, 0.4], [-INF, 1.0, 1.0]])
    pair = mixture.marginal([0, 2])
    np.testing.assert_allclose(cdf(mixture, X)[0], cdf(pair, X[:1, [0, 2]])[0], atol=1e-15)
    np.testing.assert_allclose(cdf(mixture, X)[1], cdf(mixture.marginal([2]), X[1:2, [2]])[0], atol=1e-15)
    assert cdf(mixture, X)[3] == 0


def test_a_tolerance_is_an_error_of_a_probability():
    with pytest.raises(ValueError, match="tolerance must be an error of a probability"):
        mixture_of("full", 3).cdf(np.zeros((1, 3)), tolerance=0)


@pytest.mark.parametrize(("z", "tail"), [(1.6448536269514722, 0.05), (6, 9.865876450376946e-10)])
def test_both_tails_are_those_of_the_tables(z, tail):
    single = line(0.0)
    assert interval_probability(single, z, INF) == pytest.approx(tail, rel=1e-13, abs=0)
    assert interval_probability(single, -INF, -z) == pytest.approx(tail, rel=1e-13, abs=0)


@pytest.mark.parametrize("z", [12.0, 20.0, 37.0])
def test_far_tails_keep_their_digits(z):
    """The continued fraction of Mills' ratio (Abramowitz and Stegun 26.2.14)."""
    fraction = z
    for n in range(200, 0, -1):
        fraction = z + n / fraction
    tail = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) / fraction
    assert interval_probability(line(0.0), z, INF) == pytest.approx(tail, rel=1e-12, abs=0)
    assert interval_probability(line(0.0), z, z + 1) == pytest.approx(tail, rel=np.exp(-z) + 1e-12, abs=0)
    diagonal = Mixture([1.0], [[0.0, 5.0]], Diagonal([[1.0, 4.0]], 1, 2))
    assert interval_probability(diagonal, [z, -INF], [INF, 5.0]) == pytest.approx(tail / 2, rel=1e-12, abs=0)


@pytest.mark.parametrize("place", [0.0, 1.0, -3.0, 25.0])
@pytest.mark.parametrize("width", [1e-12, 1e-6, 1e-3])
def test_short_intervals_keep_their_digits(place, width):
    upper = place + width
    middle, half = (place + upper) / 2, (upper - place) / 2
    expected = 2 * half * norm.pdf(middle) * (1 + (middle**2 - 1) * half**2 / 6)
    assert interval_probability(line(0.0), place, upper) == pytest.approx(
        expected, rel=1e-8 if width > 1e-4 else 1e-11, abs=0
    )


def test_short_and_long_intervals_meet():
    widths = np.geomspace(0.01, 3, 60)
    found = [interval_probability(line(0.0), 0.5, 0.5 + width) for width in widths]
    np.testing.assert_allclose(
        found, [quad(norm.pdf, 0.5, 0.5 + width, epsabs=1e-15)[0] for width in widths], rtol=1e-13
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_features", [1, 2, 3])
def test_the_whole_space_has_probability_one(shape, n_features):
    mixture = mixture_of(shape, n_features)
    whole = interval_probability(mixture, np.full(n_features, -INF), np.full(n_features, INF))
    assert whole == pytest.approx(1, abs=1e-15)
    assert interval_probability(mixture, np.zeros(n_features), np.zeros(n_features)) == 0


@pytest.mark.parametrize("shape", SHAPES)
def test_columns_without_limits_do_not_count(shape):
    mixture = mixture_of(shape, 3)
    box = interval_probability(mixture, [-INF, 9.0, -INF], [INF, INF, INF])
    assert box == pytest.approx(interval_probability(mixture.marginal([1]), 9.0, INF), rel=1e-13, abs=0)
    assert box < 1e-4


@pytest.mark.parametrize("shape", SHAPES)
def test_boxes_add_up(shape):
    mixture = mixture_of(shape, 2)
    parts = [
        interval_probability(mixture, [low, bottom], [high, top])
        for low, high in [(-INF, 0.3), (0.3, INF)]
        for bottom, top in [(-INF, -0.2), (-0.2, 1.0), (1.0, INF)]
    ]
    assert sum(parts) == pytest.approx(1, abs=1e-14)
    assert min(parts) > 0.01


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_features", [1, 2, 3])
def test_distribution_function_is_the_box_below(shape, n_features):
    mixture = mixture_of(shape, n_features)
    X = np.random.default_rng(0).normal(0, 2, (6, n_features))
    expected = [interval_probability(mixture, np.full(n_features, -INF), row) for row in X]
    np.testing.assert_array_equal(cdf(mixture, X), expected)
    assert cdf(mixture, np.full((1, n_features), INF)) == pytest.approx(1, abs=1e-15)
    assert cdf(mixture, np.full((1, n_features), -INF)) == 0
    assert cdf(mixture, np.empty((0, n_features))).shape == (0,)


@pytest.mark.parametrize("shape", SHAPES)
def test_distribution_function_is_the_share_of_samples(shape):
    mixture = mixture_of(shape, 3)
    X, _ = mixture.sample(20_000, np.random.RandomState(0))
    for row in X[:5]:
        share = (row >= X).all(axis=1).mean()
        assert cdf(mixture, row[None])[0] == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / 20_000))


def test_boxes_of_many_columns_are_the_same_every_time():
    mixture = mixture_of("full", 3)
    rows = np.random.default_rng(0).normal(size=(4, 3))
    np.testing.assert_array_equal(cdf(mixture, rows)[2:], cdf(mixture, rows[2:]))


def test_empty_components_do_not_count():
    with_empty = line(0.0, 5.0, weights=[1.0, 0.0])
    assert interval_probability(with_empty, -1, 7) == interval_probability(line(0.0), -1, 7)


def test_noise_adds_its_share_of_the_box():
    noise = Noise(0.2, [-1.0, 0.0], [3.0, 2.0])
    mixture = Mixture([0.8], [[0.0, 0.0]], Full(np.eye(2)[None], 1, 2), noise=noise)
    normal = Mixture([1.0], [[0.0, 0.0]], Full(np.eye(2)[None], 1, 2))
    found = interval_probability(mixture, [0.0, 1.0], [1.0, INF])
    assert found == pytest.approx(0.8 * interval_probability(normal, [0, 1], [1, INF]) + 0.2 * 1 / 8, rel=1e-13, abs=0)
    assert cdf(mixture, [[INF, INF]])[0] == pytest.approx(1, abs=1e-15)
    outside = interval_probability(mixture, [4, -INF], [INF, INF])
    assert outside == pytest.approx(0.8 * norm.sf(4), rel=1e-12, abs=0)


def test_student_components_are_refused():
    student = Mixture([1.0], [[0.0]], Spherical([1.0], 1, 1), [4.0])
    with pytest.raises(ValueError, match="cannot give the probability of a box of Student-t components"):
        interval_probability(student, 0, 1)
    with pytest.raises(ValueError, match="cannot give the distribution function of Student-t components"):
        cdf(student, [[0.0]])


@pytest.mark.parametrize(
    ("lower", "upper", "message"),
    [
        ([0, 0], [1, -1], "column 1 has 0 and -1"),
        ([0, np.nan], [1, 1], "column 1 has nan and 1"),
        ([0], [1], r"must have shape \(2,\), not \(1,\) and \(1,\)"),
        ([[0, 0]], [[1, 1]], "must have shape"),
    ],
)
def test_wrong_limits_are_named(lower, upper, message):
    with pytest.raises(ValueError, match=message):
        interval_probability(mixture_of("full", 2), lower, upper)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([0.0, 0.0], "not"),
        ([[0.0]], r"must have shape \(n_rows, 2\), not \(1, 1\)"),
        ([[0, 0], [0, np.nan]], "row 1, column 1"),
    ],
)
def test_wrong_rows_are_named(X, message):
    with pytest.raises(ValueError, match=message):
        cdf(mixture_of("full", 2), X)
