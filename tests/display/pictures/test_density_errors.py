"""What `DensityDisplay` cannot draw, and says so."""

import sys

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import StandardScaler

from mixtura import DensityDisplay, EllipticEnvelope, GaussianMixture, IsolationForest, Mixture, Noise, Spherical
from mixtura.errors import ColumnError, EmptyTableError, InfiniteValuesError, MissingDependencyError

X = np.random.default_rng(0).normal(size=(600, 2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scores": [1.0]}, "scores must be one for each of the 600 rows"),
        ({"labels": [0.5] * 600}, "labels must be whole numbers"),
        ({"rate": 0.1}, "a rate or threshold needs scores"),
        ({"scores": X[:, 0], "rate": 0.1, "threshold": 1.0}, "give one of them"),
        ({"max_points": 0}, "max_points must be at least 1"),
    ],
)
def test_predictions_that_do_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        DensityDisplay.from_predictions(X, **arguments)


@pytest.mark.parametrize(
    ("estimator", "rows", "arguments", "error", "message"),
    [
        (GaussianMixture(), X, {}, NotFittedError, "not fitted"),
        ("model", X, {}, TypeError, "not of an object of type str"),
        (StandardScaler().fit(X), X, {}, TypeError, "neither score_samples nor decision_function"),
        (IsolationForest(n_estimators=2).fit(X), None, {}, ValueError, "needs rows for this picture"),
        (GaussianMixture().fit(X), np.ones((5, 3)), {}, ColumnError, "have 3 columns, and GaussianMixture 2"),
        (GaussianMixture().fit(X[:, :1]), X[:, :1], {}, ColumnError, "the table has one"),
        (GaussianMixture().fit(X), X, {"columns": (0, 2)}, ColumnError, "there is no column 2"),
        (GaussianMixture().fit(X), X, {"columns": ("x0", "y")}, ColumnError, "there is no column 'y' among x0, x1"),
        (GaussianMixture().fit(X), X, {"columns": (1, 1)}, ColumnError, "two different ones"),
        (GaussianMixture().fit(X), X, {"columns": "first"}, ColumnError, "'leading', or"),
        (GaussianMixture().fit(X), X, {"shares": [1.0]}, ValueError, "above 0 and below 1"),
        (GaussianMixture().fit(X), X, {"grid_resolution": 1}, ValueError, "grid_resolution must be at least 4"),
        (GaussianMixture().fit(X), X, {"rate": 2.0}, ValueError, "the rate of anomalies"),
        (GaussianMixture().fit(X), [[1.0, np.inf]], {}, InfiniteValuesError, "infinite"),
        (
            Mixture([0.0], [[0, 0]], Spherical([1], 1, 2), noise=Noise(1, [0, 0], [1, 1])),
            X,
            {},
            ValueError,
            "only noise",
        ),
        (EllipticEnvelope().fit(X), np.full((2, 2), np.nan), {}, EmptyTableError, "every row has a missing value"),
    ],
)
def test_what_cannot_be_drawn(estimator, rows, arguments, error, message):
    with pytest.raises(error, match=message):
        DensityDisplay.from_estimator(estimator, rows, **arguments)


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(MissingDependencyError, match=r"DensityDisplay\.plot needs matplotlib"):
        DensityDisplay.from_predictions(X)
