import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.base import BaseEstimator
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.neighbors import LocalOutlierFactor

from mixtura import GaussianMixture
from mixtura.decisions.comparison import compare


class Column(BaseEstimator):
    """Scores rows by one of their columns."""

    def __init__(self, position=0):
        self.position = position

    def fit(self, X):
        if self.position >= X.shape[1]:
            raise ValueError("there is no such column")
        return self

    def score_samples(self, X):
        return X[:, self.position]


@pytest.fixture(name="X")
def table():
    random = np.random.default_rng(0)
    X = random.normal(size=(400, 4))
    X[:, 1] += X[:, 0]
    X[:20] -= 2
    return X


def test_figures_of_known_scores(X):
    labels = (np.arange(400) < 20).astype(float)
    labels[[5, 100, 101]] = np.nan
    comparison = compare(X, {"a": Column(0), "b": Column(1), "c": Column(2)}, labels, rate=0.1)
    np.testing.assert_allclose(comparison.correlations, spearmanr(X[:, :3]).statistic, atol=1e-12)
    flags = np.array([X[:, k] <= np.sort(X[:, k])[39] for k in range(3)])
    known = ~np.isnan(labels)
    for k, detector in enumerate(comparison.detectors):
        others = [j for j in range(3) if j != k]
        assert detector.correlation == pytest.approx(spearmanr(X[:, :3]).statistic[k, others].mean())
        assert detector.flagged_by_others == pytest.approx(flags[others][:, flags[k]].mean())
        assert detector.auc == pytest.approx(roc_auc_score(labels[known], -X[known, k]))
        assert detector.average_precision == pytest.approx(average_precision_score(labels[known], -X[known, k]))
        assert detector.fit_seconds >= 0
        assert detector.score_seconds >= 0


def test_estimators_of_either_library(X):
    detectors = {
        "mixture": GaussianMixture(1),
        "forest": IsolationForest(random_state=0),
        "lof": LocalOutlierFactor(),
    }
    comparison = compare(X, detectors)
    assert [detector.name for detector in comparison.detectors] == list(detectors)
    assert all(detector.auc is None and detector.average_precision is None for detector in comparison.detectors)
    assert (comparison.correlations > 0.5).all()
    assert not hasattr(detectors["mixture"], "mixture_")


def test_a_detector_that_fails_is_named(X):
    comparison = compare(X, {"a": Column(0), "z": Column(9)})
    assert [detector.name for detector in comparison.detectors] == ["a"]
    assert comparison.failed == {"z": "there is no such column"}
    with pytest.raises(ValueError, match="no detector could be fitted: z: there is no such column"):
        compare(X, {"z": Column(9)})


def test_equal_scores_agree_with_nothing(X):
    comparison = compare(np.hstack([X, np.ones((400, 1))]), {"a": Column(0), "flat": Column(4)})
    np.testing.assert_array_equal(comparison.correlations, np.eye(2))


@pytest.mark.parametrize("labels", [np.zeros(400), np.ones(400), np.full(400, np.nan), np.arange(400)])
def test_labels_of_one_kind_are_refused(X, labels):
    with pytest.raises(ValueError, match="labels must be 1 for some rows, anomalies, and 0 for others"):
        compare(X, {"a": Column(0)}, labels)


def test_a_rate_outside_its_range(X):
    with pytest.raises(ValueError, match="rate of anomalies"):
        compare(X, {"a": Column(0)}, rate=1.0)
