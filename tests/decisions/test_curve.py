import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import average_precision_score, fbeta_score, precision_recall_curve

from mixtura.decisions.curve import PrecisionRecallCurve
from mixtura.statistics.sketch import QuantileSketch

laws = settings(deadline=None)


@st.composite
def labelled(draw, infinite=False):
    """Scores with ties among them, and labels of both kinds."""
    n = draw(st.integers(2, 40))
    elements = st.floats(-1e6, 1e6) | st.integers(-3, 3).map(float)
    if infinite:
        elements |= st.just(-math.inf)
    scores = np.array(draw(st.lists(elements, min_size=n, max_size=n)))
    labels = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    labels[draw(st.integers(0, n - 1))] = 1
    return scores, labels


def problem(n=2000, seed=0, share=0.1):
    random = np.random.default_rng(seed)
    labels = random.random(n) < share
    return random.normal(size=n) - 2.0 * labels, labels


@laws
@given(labelled(infinite=True))
def test_every_threshold_counts_rows(rows):
    scores, labels = rows
    curve = PrecisionRecallCurve.from_scores(scores, labels)
    assert len(curve.thresholds) == len(np.unique(scores))
    for threshold, true, false, precision, recall in zip(
        curve.thresholds, curve.true_positives, curve.false_positives, curve.precision, curve.recall, strict=True
    ):
        flagged = scores < threshold
        assert flagged.any()
        assert (true, false) == (np.sum(flagged & (labels == 1)), np.sum(flagged & (labels == 0)))
        found = curve.at(threshold)
        assert (found.precision, found.recall) == (precision, recall)
    # The last flags all rows; and each flags more than the one before.
    assert curve.true_positives[-1] + curve.false_positives[-1] == len(scores)
    assert (np.diff(curve.thresholds) > 0).all()


@laws
@given(labelled(infinite=True), st.floats(-1e6, 1e6) | st.sampled_from([-math.inf, math.inf, 0.0]))
def test_any_threshold_counts_rows(rows, threshold):
    scores, labels = rows
    found = PrecisionRecallCurve.from_scores(scores, labels).at(threshold)
    flagged, anomalous = scores < threshold, labels == 1
    assert found.true_positives == np.sum(flagged & anomalous)
    assert found.false_positives == np.sum(flagged & ~anomalous)
    assert found.false_negatives == np.sum(~flagged & anomalous)
    assert found.true_negatives == np.sum(~flagged & ~anomalous)
    assert found.recall == np.mean(flagged[anomalous])
    assert found.precision == (np.mean(anomalous[flagged]) if flagged.any() else 1)
    assert found.false_positive_rate == (np.mean(flagged[~anomalous]) if not anomalous.all() else 0)
    assert found.f_beta(2) == pytest.approx(fbeta_score(labels, flagged, beta=2, zero_division=0))


@laws
@given(labelled(), st.booleans())
def test_the_curve_of_scikit_learn(rows, weighted):
    scores, labels = rows
    weight = np.random.default_rng(len(scores)).integers(1, 5, len(scores)) if weighted else None
    curve = PrecisionRecallCurve.from_scores(scores, labels, weight)
    precision, recall, thresholds = precision_recall_curve(labels, -scores, sample_weight=weight)
    np.testing.assert_allclose(curve.precision[::-1], precision[:-1], rtol=1e-12)
    np.testing.assert_allclose(curve.recall[::-1], recall[:-1], rtol=1e-12)
    np.testing.assert_array_equal(-curve.scores[::-1], thresholds)
    expected = average_precision_score(labels, -scores, sample_weight=weight)
    assert curve.average_precision == pytest.approx(expected, rel=1e-12)


def test_weights_are_repeated_rows():
    scores, labels = problem(300)
    weight = np.random.default_rng(1).integers(0, 4, 300)
    curve = PrecisionRecallCurve.from_scores(scores, labels, weight)
    repeated = PrecisionRecallCurve.from_scores(np.repeat(scores, weight), np.repeat(labels, weight))
    for threshold in (-4.0, -2.0, -1.0, 0.0, 9.0):
        assert curve.at(threshold) == repeated.at(threshold)
    for target in ({"precision": 0.8}, {"recall": 0.7}, {"f_beta": 0.5}):
        at, expected = (each.at(each.threshold_for(**target)) for each in (curve, repeated))
        assert (at.true_positives, at.false_positives) == (expected.true_positives, expected.false_positives)


@laws
@given(labelled(infinite=True), st.floats(0.01, 1), st.floats(0.1, 5))
def test_targets_are_the_best_of_all_thresholds(rows, target, beta):
    """Brute force over the thresholds that tell the rows apart."""
    scores, labels = rows
    curve = PrecisionRecallCurve.from_scores(scores, labels)
    found = [curve.at(threshold) for threshold in curve.thresholds]
    if max(each.precision for each in found) >= target:
        best = curve.at(curve.threshold_for(precision=target))
        assert best.precision >= target
        assert best.recall == max(each.recall for each in found if each.precision >= target)
    best = curve.at(curve.threshold_for(recall=target))
    assert best.recall >= target
    assert best.precision == max(each.precision for each in found if each.recall >= target)
    best = curve.at(curve.threshold_for(f_beta=beta))
    assert best.f_beta(beta) == max(each.f_beta(beta) for each in found)


def test_the_lower_threshold_of_a_tie():
    curve = PrecisionRecallCurve.from_scores([1.0, 2.0, 3.0, 4.0], [1, 0, 0, 0])
    assert curve.threshold_for(precision=0.3) == 1.5
    assert curve.threshold_for(recall=1) == 1.5


def test_neighbouring_doubles_and_all_rows():
    after = np.nextafter(1.0, 2.0)
    curve = PrecisionRecallCurve.from_scores([1.0, after, math.inf], [1, 0, 1])
    assert curve.thresholds.tolist() == [after, math.inf, math.inf]
    # A score of plus infinity is never strictly below.
    assert curve.at(math.inf).false_negatives == 1


def test_unreachable_precision():
    curve = PrecisionRecallCurve.from_scores([1.0, 2.0, 3.0, 4.0], [0, 1, 1, 0])
    sentence = "no threshold has a precision of 0.9: the highest is 0.6667, at the threshold 3.5 with precision 0.6667"
    with pytest.raises(ValueError, match=re.escape(sentence)):
        curve.threshold_for(precision=0.9)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_pointwise_band_covers(share):
    """At a fixed threshold each interval misses no more than one time in twenty, and is not far too wide."""
    threshold, misses = -1.5, np.zeros(2)
    recall = stats.norm.cdf(threshold + 2)
    alarms = stats.norm.cdf(threshold)
    truth = (share * recall / (share * recall + (1 - share) * alarms), recall)
    repeats = 400
    for seed in range(repeats):
        curve = PrecisionRecallCurve.from_scores(*problem(400, seed, share))
        band = curve.band()
        place = np.searchsorted(curve.scores, threshold) - 1
        for which, (lower, upper) in enumerate((band.precision, band.recall)):
            misses[which] += not lower[place] <= truth[which] <= upper[place]
    assert (misses / repeats < 0.05 + 3 * math.sqrt(0.0475 / repeats)).all()
    assert (misses / repeats > 0.005).all()


def test_simultaneous_band_covers_all_thresholds():
    misses, repeats = 0, 200
    for seed in range(repeats):
        curve = PrecisionRecallCurve.from_scores(*problem(2000, seed))
        band = curve.band(0.8, simultaneous=True)
        recall, alarms = stats.norm.cdf(curve.thresholds + 2), stats.norm.cdf(curve.thresholds)
        precision = 0.1 * recall / (0.1 * recall + 0.9 * alarms)
        inside = [
            (lower <= truth) & (truth <= upper)
            for (lower, upper), truth in ((band.precision, precision), (band.recall, recall))
        ]
        misses += not np.all(inside)
    assert misses / repeats < 0.2 + 3 * math.sqrt(0.16 / repeats)
    assert misses > 0


def test_simultaneous_limits_are_those_of_massart():
    """A third of the error for recall: 200 anomalies, 40 of them found."""
    scores = np.arange(1000.0)
    band = PrecisionRecallCurve.from_scores(scores, scores < 200).band(0.9, simultaneous=True)
    width = math.sqrt(math.log(2 / (0.1 / 3)) / 400)
    assert (band.recall[0][39], band.recall[1][39]) == pytest.approx((0.2 - width, 0.2 + width))
    # Precision is lowest with fewest anomalies in all, least recall and most false alarms.
    share = stats.binomtest(200, 1000).proportion_ci(1 - 0.1 / 3, "exact").low
    alarms = math.sqrt(math.log(2 / (0.1 / 3)) / 1600)
    expected = share * (0.2 - width) / (share * (0.2 - width) + (1 - share) * alarms)
    assert (band.precision[0][39], band.precision[1][39]) == pytest.approx((expected, 1))


def test_pointwise_limits_are_those_of_scipy():
    curve = PrecisionRecallCurve.from_scores(*problem(200))
    band = curve.band(0.9)
    for place in (0, 5, 50, len(curve.scores) - 1):
        true, flagged = int(curve.true_positives[place]), int((curve.true_positives + curve.false_positives)[place])
        for (lower, upper), trials in ((band.precision, flagged), (band.recall, int(curve.n_anomalies))):
            expected = stats.binomtest(true, trials).proportion_ci(0.9, "exact")
            assert (lower[place], upper[place]) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_simultaneous_is_wider():
    curve = PrecisionRecallCurve.from_scores(*problem())
    narrow, wide = curve.band(), curve.band(simultaneous=True)
    assert np.mean(wide.recall[1] - wide.recall[0]) > np.mean(narrow.recall[1] - narrow.recall[0])
    for lower, upper in (*[wide.precision, wide.recall], *[narrow.precision, narrow.recall]):
        assert ((lower >= 0) & (lower <= upper) & (upper <= 1)).all()


@pytest.mark.parametrize("simultaneous", [False, True])
def test_band_of_anomalies_alone(simultaneous):
    band = PrecisionRecallCurve.from_scores([1.0, 2.0], [1, 1]).band(simultaneous=simultaneous)
    assert np.isfinite([band.precision, band.recall]).all()
    assert (band.precision[1] == 1).all()


def sketches(scores, labels, **options):
    pair = []
    for label in (True, False):
        sketch = QuantileSketch.zero(**options)
        for part in np.array_split(scores[labels == label], 9):
            sketch = sketch.including(part)
        pair.append(sketch)
    return pair


def test_small_sketches_give_the_curve():
    scores, labels = problem(5000)
    exact = PrecisionRecallCurve.from_scores(scores, labels)
    curve = PrecisionRecallCurve.from_sketches(*sketches(scores, labels))
    np.testing.assert_array_equal(curve.thresholds, exact.thresholds)
    np.testing.assert_array_equal(curve.precision, exact.precision)
    assert curve.average_precision == exact.average_precision


def test_large_sketches_are_within_their_error():
    scores, labels = problem(300_000)
    exact = PrecisionRecallCurve.from_scores(scores, labels)
    pair = sketches(scores, labels, size=512, n_lowest=2000)
    curve = PrecisionRecallCurve.from_sketches(*pair)
    assert len(curve.scores) < 20_000
    for place in range(0, len(curve.scores), 50):
        found, expected = (each.at(curve.thresholds[place]) for each in (curve, exact))
        gap = np.abs(np.subtract(found.true_positives, expected.true_positives))
        assert gap <= 2 * pair[0].rank_error
        assert np.abs(found.false_positives - expected.false_positives) <= 2 * pair[1].rank_error
    assert curve.average_precision == pytest.approx(exact.average_precision, abs=0.002)
    assert (np.diff(curve.recall) >= 0).all()
    threshold = curve.threshold_for(precision=0.9)
    assert exact.at(threshold).precision == pytest.approx(0.9, abs=0.005)
    # Among the lowest of both all is exact.
    lowest = min(sketch.lowest.values[-1] for sketch in pair)
    assert curve.at(lowest) == exact.at(lowest)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([1.0, math.nan], [0, 1]), r"row 1 \(counted from 0\) is NaN"),
        (([[1.0]], [1]), r"one for each row, and their shape is \(1, 1\)"),
        (([1.0, 2.0], [1]), r"there are 2 scores, and the labels have the shape \(1,\)"),
        (([1.0, 2.0], [1, 2]), "1 or True for anomalies and 0 or False"),
        (([1.0, 2.0], [-1, 1]), "1 or True for anomalies and 0 or False"),
        (([1.0, 2.0], [1, math.nan]), "labels must be numbers, and that of row 1"),
        (([1.0, 2.0], ["a", "b"]), "labels must be numbers, and these are text"),
        (([1.0, 2.0], [0, 0]), "no row is labelled an anomaly"),
        (([], []), "no row is labelled an anomaly"),
        (([1.0, 2.0], [0, 1], [1, 0]), "no row is labelled an anomaly"),
        (([1.0, 2.0], [0, 1], [1]), r"the weights have the shape \(1,\)"),
        (([1.0, 2.0], [0, 1], [1, -1]), "finite numbers of at least 0"),
        (([1.0, 2.0], [0, 1], [1, math.inf]), "finite numbers of at least 0"),
    ],
)
def test_what_has_no_curve(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        PrecisionRecallCurve.from_scores(*arguments)


def test_sketches_without_anomalies():
    with pytest.raises(ValueError, match="no row is labelled an anomaly"):
        PrecisionRecallCurve.from_sketches(QuantileSketch.zero(), QuantileSketch.zero().including([1.0]))


@pytest.mark.parametrize(
    ("targets", "sentence"),
    [
        ({}, "give one of precision, recall and f_beta as the target, not 0"),
        ({"precision": 0.9, "recall": 0.9}, "not 2 of them"),
        ({"precision": 0}, "the precision to reach must be above 0 and at most 1"),
        ({"recall": 1.1}, "the recall to reach must be above 0 and at most 1"),
        ({"recall": True}, "the recall to reach"),
        ({"f_beta": 0}, "must be a positive number, not 0"),
        ({"f_beta": math.inf}, "must be a positive number, not inf"),
    ],
)
def test_targets_that_are_none(targets, sentence):
    with pytest.raises(ValueError, match=sentence):
        PrecisionRecallCurve.from_scores([1.0, 2.0], [1, 0]).threshold_for(**targets)


def test_thresholds_and_levels_that_are_none():
    curve = PrecisionRecallCurve.from_scores([1.0, 2.0], [1, 0])
    with pytest.raises(ValueError, match="the threshold must be a number, not nan"):
        curve.at(math.nan)
    with pytest.raises(ValueError, match="level must be above 0 and below 1"):
        curve.band(1)
