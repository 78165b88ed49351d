"""The plane that pictures of more than two columns show."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from mixtura import DensityDisplay, Diagonal, Full, GaussianMixture, IsolationForest, Mixture, Noise, Spherical
from mixtura.display.pictures.drawing import plain
from mixtura.display.pictures.projection import in_units, plane_of
from mixtura.words import percent

IRIS = load_iris().data
NAMES = ["sepal length", "sepal width", "petal length", "petal width"]


def random_mixture(seed, n_columns=4, degrees_of_freedom=None):
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(3, n_columns, n_columns))
    covariances = roots @ roots.transpose(0, 2, 1) + 0.1 * np.eye(n_columns)
    weights = rng.dirichlet(np.ones(3))
    return Mixture(weights, 3 * rng.normal(size=(3, n_columns)), Full(covariances, 3, n_columns), degrees_of_freedom)


def test_leading_directions_are_the_principal_components_of_standardised_columns():
    plane = plane_of(None, NAMES, IRIS, None)
    theirs = PCA(2).fit(StandardScaler().fit_transform(IRIS))
    expected = theirs.transform(StandardScaler().fit_transform(IRIS))
    np.testing.assert_allclose(np.abs(plane.place(IRIS)), np.abs(expected), atol=1e-9)
    shares = [percent(share) for share in theirs.explained_variance_ratio_]
    assert [label.partition("\n")[0] for label in plane.labels] == [
        f"direction 1, {shares[0]} of variance",
        f"direction 2, {shares[1]} of variance",
    ]
    assert plane.labels[0].partition("\n")[2] == "0.58 petal length + 0.56 petal width …"


def test_units_do_not_turn_the_directions():
    scales = np.array([1000.0, 1.0, 0.01, 7.0])
    ours = plane_of("leading", NAMES, IRIS, None)
    scaled = plane_of("leading", NAMES, IRIS * scales, None)
    np.testing.assert_allclose(scaled.place(IRIS * scales), ours.place(IRIS), atol=1e-9)
    assert scaled.labels == ours.labels


@given(st.integers(0, 10_000))
def test_projected_components_are_normal_distributions_of_projected_moments(seed):
    mixture = random_mixture(seed)
    plane = plane_of(None, NAMES, None, mixture)
    X = np.random.default_rng(seed).normal(size=(5, 2))
    expected = sum(
        weight
        * stats.multivariate_normal(
            (mean - plane.center) @ plane.directions, plane.directions.T @ covariance @ plane.directions
        ).pdf(X)
        for weight, mean, covariance in zip(mixture.weights, mixture.means, mixture.covariances, strict=True)
    )
    np.testing.assert_allclose(plane.project(mixture).pdf(X), expected, rtol=1e-8)


def test_projected_t_components_are_t_distributions():
    mixture = Mixture([1.0], [[1, 2, 3]], Full([[[4, 1, 0], [1, 3, 1], [0, 1, 2]]], 1, 3), [4.0])
    plane = plane_of(None, NAMES[:3], None, mixture)
    shape = plane.directions.T @ mixture.covariances[0] @ plane.directions
    X = np.array([[0.0, 0.5], [3.0, -2.0]])
    expected = stats.multivariate_t(np.zeros(2), shape, df=4).pdf(X)
    np.testing.assert_allclose(plane.project(mixture).pdf(X), expected)


def test_rows_drawn_from_a_mixture_lie_as_its_projection_says():
    """Shares of rows that contours of the projection enclose, counted in rows drawn from the whole mixture."""
    mixture = random_mixture(1)
    display = DensityDisplay.from_estimator(mixture)
    drawn, _ = mixture.sample(10_000, np.random.RandomState(1))
    density = display.mixture.log_density(plane_of(None, NAMES, None, mixture).place(drawn))
    shares = [(density > level).mean() for level in display.surface.levels]
    np.testing.assert_allclose(shares, display.surface.shares, atol=0.03)


def test_a_pair_of_columns_shows_the_marginal_with_its_noise():
    mixture = Mixture([0.9], [[1, 2, 3]], Diagonal([[1, 4, 9]], 1, 3), noise=Noise(0.1, [-9, -8, -7], [9, 8, 7]))
    plane = plane_of((2, 0), ["a", "b", "c"], None, mixture)
    X = np.array([[3.0, 1.0], [6.0, -8.0]])
    np.testing.assert_allclose(plane.project(mixture).pdf(X), mixture.marginal([2, 0]).pdf(X))
    assert plane.labels == ("c", "a")
    np.testing.assert_array_equal(plane.place(np.array([[1.0, np.nan, 3.0]])), [[3, 1]])


def test_noise_is_left_out_of_directions(picture):
    mixture = Mixture([0.5, 0.3], np.eye(2, 3), Spherical([1, 1], 2, 3), noise=Noise(0.2, [-9] * 3, [9] * 3))
    display = DensityDisplay.from_estimator(mixture)
    np.testing.assert_allclose(display.mixture.weights, [0.625, 0.375])
    assert display.notes == ("density and boundaries of the components, without the noise",)


@given(st.integers(0, 10_000))
def test_change_of_units_is_that_of_the_density(seed):
    mixture = random_mixture(seed, degrees_of_freedom=[3, 4, 5])
    rng = np.random.default_rng(seed)
    center, scale, z = rng.normal(size=4), rng.uniform(0.1, 10, 4), rng.normal(size=(5, 4))
    np.testing.assert_allclose(
        in_units(mixture, center, scale).log_density(z * scale + center),
        mixture.log_density(z) - np.log(scale).sum(),
        rtol=1e-9,
    )


def test_directions_of_two_columns_can_be_drawn_everywhere(picture):
    X = IRIS[:, :2]
    detector = IsolationForest(n_estimators=10, random_state=0).fit(X)
    display = DensityDisplay.from_estimator(detector, X, columns="leading")
    plane = plane_of("leading", NAMES[:2], X, None)
    np.testing.assert_allclose(plane.rows_at(plane.place(X)), X)
    corner = plane.rows_at(np.array([[display.surface.x[0], display.surface.y[-1]]]))
    assert display.surface.response[-1, 0] == detector.score_samples(corner)[0]


def test_detectors_of_more_columns_have_points_and_no_contours(picture):
    detector = IsolationForest(n_estimators=10, random_state=0).fit(IRIS)
    display = DensityDisplay.from_estimator(detector, IRIS, columns=(2, 3))
    assert (display.contours_, display.threshold_) == (None, None)
    assert display.note_.get_text() == "no contours: the score of IsolationForest needs all 4 columns"
    np.testing.assert_array_equal(display.anomalies_.get_offsets(), IRIS[detector.predict(IRIS) == -1][:, 2:])


def test_anomalies_of_more_columns_are_those_of_whole_rows(picture, need):
    frame = need("pandas").DataFrame(IRIS, columns=NAMES)
    gm = GaussianMixture(3, random_state=0).fit(frame)
    display = DensityDisplay.from_estimator(gm, frame, columns=("petal width", "sepal length"), rate=0.04)
    lowest = np.sort(gm.score_samples(frame).argsort()[:6])
    np.testing.assert_array_equal(display.anomalies_.get_offsets(), IRIS[lowest][:, [3, 0]])
    assert display.threshold_ is None  # the threshold is one of the density of all four columns
    np.testing.assert_allclose(display.mixture.means, gm.means_[:, [3, 0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_constant_columns_and_single_rows_have_directions(dtype):
    flat = np.array([[1.0, 0.1, 5.0], [2.0, 0.1, 5.0], [4.0, 0.1, 5.0]], dtype)
    plane = plane_of(None, ["a", "b", "c"], flat, None)
    places = plane.place(flat)
    np.testing.assert_allclose(places[:, 0] * np.std([1, 2, 4]) + 7 / 3, [1, 2, 4], rtol=1e-6)
    np.testing.assert_allclose(places[:, 1], 0, atol=1e-6)
    assert plane.labels[0] == "direction 1, 100% of variance\n1.00 a"
    single = plane_of(None, ["a", "b", "c"], flat[:1], None)
    np.testing.assert_array_equal(single.place(flat[:1]), [[0, 0]])


def test_labels_of_directions_are_short():
    names = ["$" * 3_000, "new\nline_$x$", "z" * 500, "w"]
    first, second = plane_of(None, names, IRIS, None).labels
    assert max(len(line) for label in (first, second) for line in label.split("\n")) < 80
    assert first.count("\n") == second.count("\n") == 1


def test_text():
    assert plain("a\tb\u202ec") == "a b c"
    assert plain("x" * 100) == "x" * 59 + "…"
    assert [percent(share) for share in (0, 0.0004, 0.014, 0.9999)] == ["0%", "0.04%", "1.4%", "100%"]
