"""What density pictures look like."""

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_moons

from mixtura import AnomalyDetector, BayesianGaussianMixture, DensityDisplay, GaussianMixture, IsolationForest


@pytest.fixture
def groups():
    rng = np.random.default_rng(0)
    tilted = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 300)
    upright = rng.multivariate_normal([5, 1], [[0.4, -0.2], [-0.2, 1.4]], 200)
    flat = rng.multivariate_normal([1, 6], [[1.5, 0], [0, 0.3]], 100)
    return np.concatenate([tilted, upright, flat])


def test_mixture_with_anomalies(picture, groups):
    gm = GaussianMixture(3, random_state=0).fit(groups)
    assert picture(DensityDisplay.from_estimator(gm, groups, rate=0.04).figure_, "density_mixture")


def test_detector_with_its_threshold(picture, groups):
    detector = AnomalyDetector(0.02, random_state=0).fit(groups)
    assert picture(DensityDisplay.from_estimator(detector, groups).figure_, "density_detector")


def test_leading_directions_of_four_columns(picture, need):
    need("pandas")
    iris = load_iris(as_frame=True).data
    gm = GaussianMixture(3, random_state=0).fit(iris)
    assert picture(DensityDisplay.from_estimator(gm, iris, rate=0.04).figure_, "density_leading")


def test_bayesian_mixture_of_moons(picture):
    moons, _ = make_moons(600, noise=0.05, random_state=42)
    bayesian = BayesianGaussianMixture(n_components=10, n_init=3, random_state=42).fit(moons)
    assert picture(DensityDisplay.from_estimator(bayesian, moons).figure_, "density_moons")


def test_two_panels(picture, need, groups):
    figure, (left, right) = need("matplotlib.pyplot").subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    gm = GaussianMixture(3, covariance_type="spherical", random_state=0).fit(groups)
    DensityDisplay.from_estimator(gm, groups, ax=left, legend=False)
    columns = load_iris().data
    forest = IsolationForest(random_state=0, contamination=0.04).fit(columns)
    DensityDisplay.from_estimator(forest, columns, columns=(2, 3), ax=right)
    assert picture(figure, "density_panels")
