"""Modes, against published examples and brute force on grids."""

import numpy as np
import pytest
from scipy.ndimage import maximum_filter
from scipy.optimize import minimize

from mixtura.distributions.mixture import Mixture
from mixtura.distributions.modes import modes
from mixtura.distributions.noise import Noise
from mixtura.distributions.shapes import SHAPES, Diagonal, Full, Spherical
from mixtura.errors import SingularCovarianceError
from problems import one_factor


def peaks_of(mixture, lower, upper, n=401):
    """Where the points of a grid that are higher than all their neighbours lead to, by a search without derivatives."""
    axes = [np.linspace(low, high, n) for low, high in zip(lower, upper, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    height = mixture.log_density(grid.reshape(-1, len(axes))).reshape(grid.shape[:-1])
    inner = tuple([slice(1, -1)] * len(axes))
    starts = grid[inner][(height == maximum_filter(height, size=3))[inner]]
    peaks = []
    for start in starts:  # a slanting narrow ridge has several in a row
        options = {"xatol": 1e-8, "fatol": 1e-15, "maxfev": 2000, "initial_simplex": simplex(start, axes)}
        peak = minimize(lambda x: -mixture.log_density(x[None])[0], start, method="Nelder-Mead", options=options).x
        if all(np.abs(peak - other).max() > 1e-4 for other in peaks):
            peaks.append(peak)
    return np.array(peaks)


def simplex(start, axes):
    return np.vstack([start, start + np.diag([axis[1] - axis[0] for axis in axes])])


def assert_modes_are(points, peaks):
    assert len(points) == len(peaks)
    for peak in peaks:
        assert (np.abs(points - peak) < 1e-5).all(axis=1).sum() == 1


def by_first_column(points):
    return points[np.argsort(points[:, 0])]


def test_one_component_has_its_mean():
    mean = np.array([[3.0, -1.0, 1e6]])
    single = Mixture([1.0], mean, Full([[[2.0, 0.3, 0.0], [0.3, 1.0, 0.0], [0.0, 0.0, 4.0]]], 1, 3))
    points, log_densities = modes(single)
    np.testing.assert_allclose(points, mean, rtol=1e-15)
    np.testing.assert_allclose(log_densities, single.log_density(mean), rtol=1e-12)


def test_two_components_with_three_modes():
    """Ray and Lindsay (2005), section 4."""
    crossing = Mixture([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], Diagonal([[1.0, 0.05], [0.05, 1.0]], 2, 2))
    points, log_densities = modes(crossing)
    assert_modes_are(points, peaks_of(crossing, [-1, -1], [2, 2], 601))
    assert len(points) == 3
    # Between the means, where the long sides cross: the weighted mean at a share of one half.
    np.testing.assert_allclose(points[0], [1 / 1.05, 0.05 / 1.05], atol=1e-10)
    np.testing.assert_allclose(log_densities, crossing.log_density(points), rtol=1e-12)


@pytest.mark.parametrize("offset", [1e3, 1e6])
def test_far_from_zero_the_modes_are_the_same(offset):
    variances = Diagonal([[1.0, 0.05], [0.05, 1.0]], 2, 2)
    near, _ = modes(Mixture([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], variances))
    far, _ = modes(Mixture([0.5, 0.5], [[offset, 0.0], [offset + 1, 1.0]], variances))
    np.testing.assert_allclose(by_first_column(far) - [offset, 0], by_first_column(near), atol=1e-9)


def test_units_of_columns_do_not_matter():
    units = np.array([1e-8, 1e6])
    means, variances = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([[1.0, 0.05], [0.05, 1.0]])
    plain, _ = modes(Mixture([0.5, 0.5], means, Diagonal(variances, 2, 2)))
    scaled, _ = modes(Mixture([0.5, 0.5], means * units, Diagonal(variances * units**2, 2, 2)))
    np.testing.assert_allclose(by_first_column(scaled) / units, by_first_column(plain), atol=1e-10)


@pytest.mark.parametrize(("deviation", "n_modes"), [(0.69, 3), (0.715, 4), (0.8, 1)])
def test_three_equal_circles_can_have_four_modes(deviation, n_modes):
    """Carreira-Perpiñán and Williams (2003): three components at the corners of a triangle, a mode in the middle."""
    angles = np.pi / 2 + 2 * np.pi / 3 * np.arange(3)
    corners = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    triangle = Mixture(np.full(3, 1 / 3), corners, Spherical(np.full(3, deviation**2), 3, 2))
    points, _ = modes(triangle)
    assert len(points) == n_modes
    assert (np.linalg.norm(points, axis=1) < 1e-7).any() == (deviation**2 > 0.5)


def test_four_modes_of_the_triangle_are_on_the_grid():
    angles = np.pi / 2 + 2 * np.pi / 3 * np.arange(3)
    corners = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    triangle = Mixture(np.full(3, 1 / 3), corners, Spherical(np.full(3, 0.715**2), 3, 2))
    assert_modes_are(modes(triangle)[0], peaks_of(triangle, [-1.01, -1.02], [1.03, 1.04]))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(4))
def test_modes_of_many_components_are_the_peaks_of_the_grid(shape, seed):
    random = np.random.default_rng(seed)
    root = random.normal(size=(6, 2, 2))
    matrices = 0.3 * root @ root.transpose(0, 2, 1) + 0.05 * np.eye(2)
    values = {"full": matrices, "tied": matrices[0], "diag": random.uniform(0.05, 0.8, (6, 2))}
    values["factor"] = one_factor(matrices)
    covariance = SHAPES[shape](values.get(shape, random.uniform(0.1, 0.6, 6)), 6, 2)
    mixture = Mixture(random.dirichlet(np.full(6, 5.0)), random.uniform(-2, 2, (6, 2)), covariance)
    assert_modes_are(modes(mixture)[0], peaks_of(mixture, [-4, -4], [4, 4], 501))


@pytest.mark.parametrize("seed", range(5))
def test_modes_of_a_line_are_the_peaks_of_the_grid(seed):
    random = np.random.default_rng(seed)
    mixture = Mixture(
        random.dirichlet(np.full(8, 3.0)), random.uniform(-5, 5, (8, 1)), Spherical(random.uniform(0.02, 1, 8), 8, 1)
    )
    assert_modes_are(modes(mixture)[0], peaks_of(mixture, [-8], [8], 20_001))


def test_modes_of_three_columns_are_the_peaks_of_the_grid():
    random = np.random.default_rng(3)
    root = random.normal(size=(5, 3, 3))
    matrices = 0.3 * root @ root.transpose(0, 2, 1) + 0.1 * np.eye(3)
    mixture = Mixture(np.full(5, 0.2), random.uniform(-2, 2, (5, 3)), Full(matrices, 5, 3))
    points, _ = modes(mixture)
    assert len(points) > 1
    assert_modes_are(points, peaks_of(mixture, [-3, -3, -3], [3, 3, 3], 101))


@pytest.mark.parametrize(("gap", "n_modes"), [(1.99, 1), (2.0, 1), (2.01, 2)])
def test_two_equal_components_part_at_two_standard_deviations(gap, n_modes):
    pair = Mixture([0.5, 0.5], [[0.0], [gap]], Spherical([1.0, 1.0], 2, 1))
    points, _ = modes(pair)
    assert len(points) == n_modes
    assert points.mean() == pytest.approx(gap / 2, abs=1e-3)


def test_every_mode_is_higher_than_all_around_it():
    random = np.random.default_rng(0)
    root = random.normal(size=(12, 4, 4))
    matrices = 0.2 * root @ root.transpose(0, 2, 1) + 0.05 * np.eye(4)
    mixture = Mixture(np.full(12, 1 / 12), random.normal(size=(12, 4)), Full(matrices, 12, 4))
    points, log_densities = modes(mixture)
    assert len(points) > 3
    assert (np.diff(log_densities) <= 0).all()
    directions = random.normal(size=(500, 4))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    for point, log_density in zip(points, log_densities, strict=True):
        assert (mixture.log_density(point + 1e-3 * directions) < log_density).all()


def test_a_saddle_is_no_mode():
    """The middle between two hills is flat, and the mean of a wide third component."""
    wide = Mixture([0.01, 0.495, 0.495], [[0.0], [-3.0], [3.0]], Spherical([4.0, 1.0, 1.0], 3, 1))
    points, _ = modes(wide)
    np.testing.assert_allclose(by_first_column(points).ravel(), [-2.95, 2.95], atol=0.05)


@pytest.mark.parametrize("n_components", [6, 7, 8])
def test_a_ring_that_is_almost_level_has_as_many_modes_as_components(n_components):
    angles = 2 * np.pi / n_components * np.arange(n_components)
    corners = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    ring = Mixture(
        np.full(n_components, 1 / n_components), corners, Spherical(np.full(n_components, 0.36), n_components, 2)
    )
    points, _ = modes(ring)
    assert len(points) == n_components
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), np.linalg.norm(points[0]), rtol=1e-6)


def test_empty_components_have_no_mode():
    points, _ = modes(Mixture([1.0, 0.0], [[0.0], [9.0]], Spherical([1.0, 1.0], 2, 1)))
    np.testing.assert_allclose(points, [[0.0]], atol=1e-12)


def test_only_normal_components_are_climbed():
    with pytest.raises(ValueError, match="cannot give the modes of Student-t components"):
        modes(Mixture([1.0], [[0.0]], Spherical([1.0], 1, 1), [4.0]))
    with pytest.raises(ValueError, match="cannot give the modes of a mixture with a noise component"):
        modes(Mixture([0.9], [[0.0]], Spherical([1.0], 1, 1), noise=Noise(0.1, [0.0], [1.0])))
    with pytest.raises(SingularCovarianceError):
        modes(Mixture([1.0], [[0.0, 0.0]], Full([[[1.0, 1.0], [1.0, 1.0]]], 1, 2)))
