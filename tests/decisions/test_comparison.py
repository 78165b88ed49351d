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
    assert np.isnan(comparison.detectors[1].flagged_by_others)  # it flags none
    assert comparison.ties.keys() == {"flat"}
    assert "not flagged: 0 are" in comparison.ties["flat"]
    np.testing.assert_array_equal(comparison.correlations, np.eye(2))


@pytest.mark.parametrize("labels", [np.zeros(400), np.ones(400), np.full(400, np.nan), np.arange(400)])
def test_labels_of_one_kind_are_refused(X, labels):
    with pytest.raises(ValueError, match=r"labels must be 1 for some rows \(anomalies\) and 0 for others"):
        compare(X, {"a": Column(0)}, labels)


@pytest.mark.parametrize("labels", [[0, 1], np.zeros((400, 1)), ["0"] * 400])
def test_labels_that_are_not_one_a_row(X, labels):
    with pytest.raises(ValueError, match="labels"):
        compare(X, {"a": Column(0)}, labels)


def test_rows_that_tie_are_flagged_together(X):
    X = X.copy()
    X[:40, :2] = -9
    comparison = compare(X, {"a": Column(0), "b": Column(1)})
    assert [detector.flagged_by_others for detector in comparison.detectors] == [1, 1]
    assert comparison.ties == dict.fromkeys(
        "ab",
        "40 rows have the same score, on the edge of 4% of 400 rows. They alone are more than 4%, and are flagged too: "
        "40 in all",
    )


def test_a_rate_outside_its_range(X):
    with pytest.raises(ValueError, match="rate of anomalies"):
        compare(X, {"a": Column(0)}, rate=1.0)


def test_tells_which_detector_is_next_and_what_it_does(X):
    told = []
    detectors = {"first": Column(0), "mixture": GaussianMixture(2, random_state=0), "third": Column(1)}
    with_callback = compare(X, detectors, on_progress=told.append)
    of_all = [step for step in told if step.unit == "detectors"]
    assert [(step.what, step.detector, step.done, step.total) for step in of_all] == [
        ("comparing", "first", 0, 3),
        ("comparing", "mixture", 1, 3),
        ("comparing", "third", 2, 3),
        ("comparing", None, 3, 3),
    ]
    between = told[told.index(of_all[1]) + 1 : told.index(of_all[2])]
    assert len(told) == len(of_all) + len(between)
    assert [step.what for step in between[-3:]] == ["mixture: fitting", "mixture: scoring", "mixture: scoring"]
    np.testing.assert_array_equal(with_callback.correlations, compare(X, detectors).correlations)
    assert detectors["mixture"].on_progress is None


def test_a_detector_keeps_its_own_callback(X):
    own, told = [], []
    compare(X, {"mixture": GaussianMixture(1, on_progress=own.append)}, on_progress=told.append)
    assert {step.unit for step in own} == {"iterations", "rows"}
    assert {step.unit for step in told} == {"detectors"}


def test_a_callback_that_raises_is_no_failed_detector(X):
    def stop(progress):
        if progress.unit == "iterations":
            raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        compare(X, {"a": Column(0), "mixture": GaussianMixture(1)}, on_progress=stop)
