"""Scores and where they are cut."""

import numpy as np
import pytest
from legends import legend_of
from sklearn.ensemble import IsolationForest as SklearnIsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.metrics import precision_recall_curve, precision_score, recall_score

from mixtura import AnomalyDetector, GaussianMixture, PrecisionRecallCurve, ThresholdDisplay


@pytest.fixture(scope="module")
def labelled():
    """Scores of 950 normal rows and 50 anomalies, low where they are anomalous, and the labels."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], [950, 50])
    scores = np.concatenate([rng.normal(-3, 1, 950), rng.normal(-7, 1.6, 50)])
    return scores, labels


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(1)
    return np.concatenate([rng.normal(0, 1, (480, 2)), rng.uniform(-9, 9, (20, 2))])


def counts(display, name):
    return display.bars_[name].get_data().values


def test_precision_and_recall_at_the_threshold_are_those_of_scikit_learn(labelled, picture):
    scores, labels = labelled
    display = ThresholdDisplay.from_predictions(scores, labels, threshold=-5.2)
    flagged = scores < -5.2
    for name, expected in (("precision", precision_score), ("recall", recall_score)):
        (at,) = display.chosen_[name].get_ydata()
        assert at == pytest.approx(expected(labels, flagged))
        assert display.chosen_[name].get_xdata()[0] == -5.2
        assert f"{name} {at:.2f}" in legend_of(display.axes_[1])
    assert display.n_flagged == flagged.sum()
    assert picture(display.figure_, "threshold_labels")


def test_the_curves_are_those_of_scikit_learn(labelled):
    scores, labels = labelled
    display = ThresholdDisplay.from_predictions(scores, labels, threshold=-5.2)
    precision, recall, _ = precision_recall_curve(labels, -scores)
    np.testing.assert_allclose(display.precision_.get_ydata()[:-1], precision[:-1][::-1])
    np.testing.assert_allclose(display.recall_.get_ydata()[:-1], recall[:-1][::-1])
    assert display.recall_.get_ydata()[-1] == 1


def test_every_row_is_in_a_bar_and_a_bar_ends_at_the_threshold(labelled):
    scores, labels = labelled
    split = ThresholdDisplay.from_predictions(scores, labels, threshold=-5.2)
    assert (counts(split, "normal").sum(), counts(split, "anomalies").sum()) == (950, 50)
    display = ThresholdDisplay.from_predictions(scores, threshold=-5.2)
    assert counts(display, "flagged").sum() == display.n_flagged == (scores < -5.2).sum()
    assert counts(display, "not flagged").sum() == (scores >= -5.2).sum()
    edges = display.bars_["flagged"].get_data().edges
    assert edges[1:][counts(display, "flagged") > 0].max() == -5.2
    assert edges[:-1][counts(display, "not flagged") > 0].min() == -5.2


def test_high_scores_are_the_mirror_image(labelled, picture):
    scores, labels = labelled
    low = ThresholdDisplay.from_predictions(scores, labels, threshold=-5.2)
    high = ThresholdDisplay.from_predictions(
        -scores, labels, threshold=5.2, anomalies="high", score_name="anomaly score"
    )
    np.testing.assert_array_equal(counts(low, "anomalies"), counts(high, "anomalies")[::-1])
    np.testing.assert_array_equal(low.recall_.get_xdata(), -high.recall_.get_xdata())
    assert high.found.precision == low.found.precision
    assert high.n_flagged == low.n_flagged
    assert high.axes_[1].get_xlabel() == "anomaly score (the higher, the more anomalous)"
    left, right = high.ax_.get_xlim()
    assert left < right
    assert picture(high.figure_, "threshold_high")


def test_a_row_at_the_threshold_is_not_flagged():
    for sign, anomalies in ((1.0, "low"), (-1.0, "high")):
        scores = sign * np.array([1.0, 2.0, 2.0, 3.0])
        display = ThresholdDisplay.from_predictions(scores, threshold=sign * 2.0, anomalies=anomalies)
        assert display.n_flagged == counts(display, "flagged").sum() == 1


def test_scores_of_a_detector_are_cut_at_its_offset(rows, picture):
    detector = AnomalyDetector(0.05, random_state=0).fit(rows)
    display = ThresholdDisplay.from_estimator(detector, rows)
    assert display.threshold == detector.offset_
    assert display.n_flagged == (detector.predict(rows) == -1).sum()
    assert display.ax_.get_xlabel() == "score of AnomalyDetector (the lower, the more anomalous)"
    assert picture(display.figure_, "threshold_detector")


def test_densities_of_a_mixture_are_cut_at_a_rate(rows, picture):
    mixture = GaussianMixture(1, random_state=0).fit(rows)
    display = ThresholdDisplay.from_estimator(mixture, rows, rate=0.04)
    assert display.threshold == np.percentile(mixture.score_samples(rows), 4)
    assert display.n_flagged == 20
    assert display.ax_.get_xlabel() == "log density (the lower, the more anomalous)"
    assert picture(display.figure_, "threshold_rate")


def test_detectors_of_scikit_learn_are_drawn_too(rows):
    forest = SklearnIsolationForest(n_estimators=20, random_state=0).fit(rows)
    display = ThresholdDisplay.from_estimator(forest, rows)
    assert display.n_flagged == (forest.predict(rows) == -1).sum()


def test_rows_beyond_the_picture_are_said_and_counted(labelled, picture):
    scores, labels = labelled
    far = np.concatenate([scores, [-1e12, -np.inf, 4e5]])
    display = ThresholdDisplay.from_predictions(far, np.append(labels, [1, 1, 0]), threshold=-5.2)
    assert counts(display, "anomalies").sum() == 52
    assert counts(display, "anomalies")[0] == 2
    assert display.ax_.get_title(loc="left") == "◂ 2 rows below, to −∞"
    assert display.ax_.get_title(loc="right") == "1 row above, to 4e+05 ▸"
    left, right = display.ax_.get_xlim()
    assert -30 < left < -10
    assert -3 < right < 10
    assert picture(display.figure_, "threshold_far")


def test_a_curve_of_many_rows_is_thinned_and_keeps_its_values():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=20_000), rng.random(20_000) < 0.1
    display = ThresholdDisplay.from_predictions(scores, labels, threshold=-1.0)
    places, recall = display.recall_.get_data()
    assert len(places) <= 2001
    curve = PrecisionRecallCurve.from_scores(scores, labels)
    np.testing.assert_allclose(recall, [curve.at(np.nextafter(place, np.inf)).recall for place in places])


def test_scores_that_are_all_alike_are_one_bar():
    for threshold in (3.0, 1e6):
        display = ThresholdDisplay.from_predictions([3.0, 3.0, 3.0], threshold=threshold)
        assert max(counts(display, "flagged").max(), counts(display, "not flagged").max()) == 3
        display.figure_.canvas.draw()


def test_scores_far_out_and_scores_close_together_are_drawn():
    for scores, threshold in (
        ([np.inf, -np.inf], 0.0),
        ([np.inf, np.inf], 0.0),
        ([-1.7e308, 1.7e308, 0.0], -1.0),
        ([1e6, 1e6 + 1e-9, 1e6 - 1e-9], 1e6),
        ([1e-320, 2e-320], 1e-320),
    ):
        display = ThresholdDisplay.from_predictions(scores, [0, 1, 0][: len(scores)], threshold=threshold)
        assert counts(display, "normal").sum() + counts(display, "anomalies").sum() == len(scores)
        display.figure_.canvas.draw()


def test_names_are_shown_as_they_are(labelled):
    display = ThresholdDisplay.from_predictions(labelled[0], threshold=-5.0, score_name="$s_1\n$")
    assert display.ax_.get_xlabel().startswith(r"\$s_1 \$ (")
    display.figure_.canvas.draw()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"scores": [], "threshold": 0.0}, "no scores"),
        ({"scores": [[1.0]], "threshold": 0.0}, "one for each row"),
        ({"scores": [1.0, np.nan], "threshold": 0.0}, "row 1 .* is NaN"),
        ({"scores": [1.0], "threshold": np.inf}, "threshold must be a finite number, not inf"),
        ({"scores": [1.0], "threshold": "0"}, "threshold must be a finite number"),
        ({"scores": [1.0, 2.0], "y": [1], "threshold": 0.0}, "2 scores"),
        ({"scores": [1.0, 2.0], "y": [1, -1], "threshold": 0.0}, "labels must be 1 or True"),
        ({"scores": [1.0, 2.0], "y": [0, 0], "threshold": 0.0}, "no row is labelled an anomaly"),
        ({"scores": [1.0], "threshold": 0.0, "anomalies": "left"}, "'low' or 'high'"),
        ({"scores": [1.0], "threshold": 0.0, "bins": 1}, "bins must be at least 2"),
    ],
)
def test_what_cannot_be_drawn_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        ThresholdDisplay.from_predictions(**given)


def test_estimators_must_be_fitted_and_say_where_to_cut(rows):
    with pytest.raises(NotFittedError):
        ThresholdDisplay.from_estimator(AnomalyDetector(), rows)
    mixture = GaussianMixture(1, random_state=0).fit(rows)
    with pytest.raises(ValueError, match="has no offset_: give a threshold, or a rate"):
        ThresholdDisplay.from_estimator(mixture, rows)
    with pytest.raises(ValueError, match="give one of them"):
        ThresholdDisplay.from_estimator(mixture, rows, threshold=-5.0, rate=0.04)
