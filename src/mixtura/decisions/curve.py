"""What every threshold finds and costs: precision and recall of labelled rows, with the thresholds for a target."""

from dataclasses import dataclass
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from ..statistics.checks import row_numbers
from ..statistics.shares import between
from ..statistics.sketch import QuantileSketch
from ..typing import Floats
from .thresholds import check_level, check_scores


@dataclass(frozen=True)
class Detections:
    """What one threshold finds among labelled rows, as counts of rows or sums of their weights.

    Attributes
    ----------
    threshold : float
        A row is flagged when its score is strictly below.
    true_positives, false_positives : float
        Anomalies and normal rows that are flagged.
    false_negatives, true_negatives : float
        Anomalies and normal rows that are not.
    """

    threshold: float
    true_positives: float
    false_positives: float
    false_negatives: float
    true_negatives: float

    @property
    def precision(self) -> float:
        """Share of anomalies among the flagged rows; 1 where no row is flagged, because no flag is false."""
        flagged = self.true_positives + self.false_positives
        return self.true_positives / flagged if flagged else 1.0

    @property
    def recall(self) -> float:
        """Share of the anomalies that are flagged."""
        return self.true_positives / (self.true_positives + self.false_negatives)

    @property
    def false_positive_rate(self) -> float:
        """Share of the normal rows that are flagged; 0 where there are none."""
        normal = self.false_positives + self.true_negatives
        return self.false_positives / normal if normal else 0.0

    def f_beta(self, beta: float = 1.0) -> float:
        """Return the weighted harmonic mean of precision and recall, recall `beta` times as important."""
        return float(_f_beta(self.true_positives, self.false_positives, self.false_negatives, check_beta(beta)))


@dataclass(frozen=True, eq=False)
class PrecisionRecallBand:
    """Where the precision and the recall of each threshold lie, with a given probability.

    Attributes
    ----------
    precision : tuple of two ndarrays of shape (n_thresholds,)
        Lower and upper limits.
    recall : tuple of two ndarrays of shape (n_thresholds,)
        Lower and upper limits.
    """

    precision: tuple[Floats, Floats]
    recall: tuple[Floats, Floats]


@dataclass(frozen=True, eq=False)
class PrecisionRecallCurve:
    """Precision and recall of every threshold of labelled scores; moving the threshold refits nothing.

    Scores are as `score_samples` returns them: the lower, the less a row belongs, and a row is flagged when its score
    is strictly below a threshold. Rows that tie are flagged together or not at all. `from_scores` and `from_sketches`
    make one.

    Attributes
    ----------
    scores : ndarray of shape (n_thresholds,)
        The different scores, in ascending order.
    true_positives, false_positives : ndarray of shape (n_thresholds,)
        Anomalies and normal rows of each score or a lower one: counts, or sums of weights.
    n_anomalies, n_normal : float
        All anomalies and all normal rows: counts, or sums of weights.

    Examples
    --------
    >>> scores = [-9.0, -7.0, -6.0, -3.0, -2.0, -1.0]
    >>> curve = PrecisionRecallCurve.from_scores(scores, labels=[1, 1, 0, 1, 0, 0])
    >>> curve.threshold_for(precision=0.9), curve.threshold_for(recall=0.95), curve.threshold_for(f_beta=1)
    (-6.5, -2.5, -2.5)
    >>> found = curve.at(-2.5)
    >>> found.precision, found.recall
    (0.75, 1.0)
    >>> round(curve.average_precision, 4)
    0.9167
    """

    scores: Floats
    true_positives: Floats
    false_positives: Floats
    n_anomalies: float
    n_normal: float

    @classmethod
    def from_scores(
        cls, scores: ArrayLike, labels: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "PrecisionRecallCurve":
        """Return the curve of labelled rows.

        Parameters
        ----------
        scores : array_like of shape (n_rows,)
            Scores of the rows, the lower, the less a row belongs.
        labels : array_like of shape (n_rows,)
            1 or True for anomalies, 0 or False for normal rows.
        sample_weight : array_like of shape (n_rows,), optional
            How many rows each row counts for, at least 0.

        Raises
        ------
        ValueError
            The lengths differ, scores, labels or weights are not one number for each row, a label is neither 0 nor 1,
            a weight is negative or not finite, or no row is an anomaly.
        """
        values = check_scores(scores)
        anomalous = _check_labels(labels, len(values))
        weights = _check_weights(sample_weight, len(values))
        places, which = np.unique(values, return_inverse=True)
        true, false = (
            np.cumsum(np.bincount(which, np.where(counted, weights, 0.0), len(places)), dtype=np.float64)
            for counted in (anomalous, ~anomalous)
        )
        return cls._of(places, true, false)

    @classmethod
    def from_sketches(cls, anomalous: QuantileSketch, normal: QuantileSketch) -> "PrecisionRecallCurve":
        """Return the curve of rows that passed once, from a sketch of each label's scores.

        Counts are off by the `rank_error` of the sketches at most, and exact among the lowest numbers of both.

        Parameters
        ----------
        anomalous, normal : QuantileSketch
            Of the scores of the anomalies, and of the normal rows.

        Raises
        ------
        ValueError
            There are no anomalies.
        """
        places = np.union1d(anomalous.support, normal.support)
        true, false = (sketch.rank(places, "right").astype(np.float64) for sketch in (anomalous, normal))
        return cls._of(places, true, false)

    @classmethod
    def _of(cls, places: Floats, true: Floats, false: Floats) -> "PrecisionRecallCurve":
        if not len(true) or true[-1] == 0:
            raise ValueError("no row is labelled an anomaly, so recall is undefined: give some labels of 1")
        return cls(places, true, false, float(true[-1]), float(false[-1]))

    @property
    def thresholds(self) -> Floats:
        """The threshold that flags each score and all lower ones, half-way to the next score."""
        return between(self.scores, np.append(self.scores[1:], np.nextafter(self.scores[-1], np.inf)))

    @property
    def precision(self) -> Floats:
        """Share of anomalies among the flagged rows at each threshold; 1 where only rows without weight are flagged."""
        flagged = self.true_positives + self.false_positives
        return np.divide(self.true_positives, flagged, out=np.ones_like(flagged), where=flagged > 0)

    @property
    def recall(self) -> Floats:
        """Share of the anomalies that are flagged at each threshold."""
        return self.true_positives / self.n_anomalies

    @property
    def average_precision(self) -> float:
        """Mean of the precision over the anomalies, each at the threshold that first flags it, without interpolation.

        It is what `sklearn.metrics.average_precision_score` gives for the scores with the sign turned.
        """
        return float(np.diff(self.recall, prepend=0.0) @ self.precision)

    def f_beta(self, beta: float = 1.0) -> Floats:
        """Return the weighted harmonic mean of precision and recall at each threshold.

        Recall is `beta` times as important as precision (van Rijsbergen 1979, "Information retrieval", chapter 7).
        """
        missed = self.n_anomalies - self.true_positives
        return _f_beta(self.true_positives, self.false_positives, missed, check_beta(beta))

    def at(self, threshold: float) -> Detections:
        """Return what any `threshold` finds, in the logarithm of the number of scores of time.

        Raises
        ------
        ValueError
            The threshold is NaN.
        """
        if not threshold <= np.inf:
            raise ValueError(f"the threshold must be a number, not {threshold!r}")
        place = int(np.searchsorted(self.scores, threshold)) - 1
        true, false = (
            (0.0, 0.0) if place < 0 else (float(self.true_positives[place]), float(self.false_positives[place]))
        )
        return Detections(float(threshold), true, false, self.n_anomalies - true, self.n_normal - false)

    def threshold_for(
        self, *, precision: float | None = None, recall: float | None = None, f_beta: float | None = None
    ) -> float:
        """Return the best threshold for one target.

        The target holds on these rows; `band` tells how far it may be off on others, and its simultaneous form is the
        one that holds for a threshold that was chosen on the same rows.

        Parameters
        ----------
        precision : float, optional
            The least precision: of the thresholds that have it, the one that finds the most anomalies.
        recall : float, optional
            The least recall: of the thresholds that have it, the one of highest precision.
        f_beta : float, optional
            How many times as important recall is as precision: the threshold where their weighted harmonic mean is
            highest. 1 weighs them alike.

        Returns
        -------
        float
            The lower of thresholds that tie.

        Raises
        ------
        ValueError
            Not exactly one target was given, it is outside its range, or no threshold reaches it.
        """
        targets = {"precision": precision, "recall": recall, "f_beta": f_beta}
        given = [name for name, target in targets.items() if target is not None]
        if len(given) != 1:
            raise ValueError(f"give one of precision, recall and f_beta as the target, not {len(given)} of them")
        if f_beta is not None:
            return self._best(np.ones(len(self.scores), dtype=bool), self.f_beta(f_beta))
        if precision is not None:
            return self._best(self._reaching("precision", self.precision, precision), self.recall)
        assert recall is not None  # one of the three was given
        return self._best(self._reaching("recall", self.recall, recall), self.precision)

    def band(self, level: float = 0.95, *, simultaneous: bool = False) -> PrecisionRecallBand:
        """Return how far precision and recall may be from those of all rows that these are a sample of.

        Pointwise, each limit pair covers with probability `level` at a threshold that was fixed without these rows: the
        exact binomial interval [1]_ of the anomalies among the flagged rows, and of the flagged rows among the
        anomalies. Simultaneously, all pairs cover together with that probability, so also at a threshold chosen from
        the curve: the flagged shares of anomalies and of normal rows lie within the bound of Dvoretzky, Kiefer and
        Wolfowitz [2]_, the share of anomalies in its binomial interval, with a third of the error each.

        Weights count as so many independent rows.

        Parameters
        ----------
        level : float, default=0.95
            Above 0 and below 1.
        simultaneous : bool, default=False
            Whether the band covers at all thresholds together.

        References
        ----------
        .. [1] Clopper and Pearson (1934), "The use of confidence or fiducial limits illustrated in the case of the
           binomial", Biometrika 26.
        .. [2] Massart (1990), "The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality", The Annals of
           Probability 18.
        """
        error = 1 - check_level(level)
        true, false = self.true_positives, self.false_positives
        if not simultaneous:
            counts, which = np.unique(true, return_inverse=True)  # of so many thresholds most find no more anomalies
            lower, upper = binomial_limits(counts, self.n_anomalies, error)
            return PrecisionRecallBand(binomial_limits(true, true + false, error), (lower[which], upper[which]))
        third = error / 3
        recall = _uniform(self.recall, self.n_anomalies, third)
        false_alarms = _uniform(false / max(self.n_normal, 1.0), self.n_normal, third)
        share = binomial_limits(self.n_anomalies, self.n_anomalies + self.n_normal, third)
        lower = _precision(share[0], recall[0], false_alarms[1])
        return PrecisionRecallBand((lower, _precision(share[1], recall[1], false_alarms[0])), recall)

    def _reaching(self, name: str, values: Floats, target: float) -> NDArray[np.bool_]:
        if isinstance(target, bool) or not isinstance(target, Real) or not 0 < target <= 1:
            raise ValueError(f"the {name} to reach must be above 0 and at most 1, such as 0.9, not {target!r}")
        reaching = values >= target
        if not reaching.any():
            found = self.at(float(self.thresholds[np.argmax(values)]))
            raise ValueError(
                f"no threshold has a {name} of {target!r}: the highest is {values.max():.4g}, at the threshold "
                f"{found.threshold:.6g} with precision {found.precision:.4g} and recall {found.recall:.4g}"
            )
        return reaching

    def _best(self, allowed: NDArray[np.bool_], values: Floats) -> float:
        return float(self.thresholds[np.argmax(np.where(allowed, values, -1.0))])


def check_beta(beta: float) -> float:
    """Return the weight of recall as a float, raising `ValueError` unless it is positive and finite."""
    if isinstance(beta, bool) or not isinstance(beta, Real) or not 0 < beta < np.inf:
        raise ValueError(f"beta, the weight of recall beside precision, must be a positive number, not {beta!r}")
    return float(beta)


def _f_beta(true: ArrayLike, false: ArrayLike, missed: ArrayLike, beta: float) -> Floats:
    weighted = (1 + beta**2) * np.asarray(true)
    return np.asarray(weighted / (weighted + beta**2 * np.asarray(missed) + np.asarray(false)))


def _precision(share: Floats, recall: Floats, false_alarms: Floats) -> Floats:
    """Return the precision that follows from the share of anomalies, recall and the rate of false alarms (Bayes)."""
    true, false = share * recall, (1 - share) * false_alarms
    return np.asarray(np.divide(true, true + false, out=np.ones_like(recall), where=true + false > 0))


def binomial_limits(successes: ArrayLike, trials: ArrayLike, error: float) -> tuple[Floats, Floats]:
    """Return the limits of a probability of Clopper and Pearson (1934), Biometrika 26; 0 and 1 without trials."""
    k, n = np.broadcast_arrays(np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64))
    lower = np.where(k > 0, betaincinv(np.where(k > 0, k, 1.0), n - k + 1, error / 2), 0.0)
    upper = np.where(k < n, betaincinv(k + 1, np.where(k < n, n - k, 1.0), 1 - error / 2), 1.0)
    return lower, upper


def _uniform(shares: Floats, count: float, error: float) -> tuple[Floats, Floats]:
    width = np.sqrt(np.log(2 / error) / (2 * count)) if count > 0 else 1.0
    return np.clip(shares - width, 0.0, 1.0), np.clip(shares + width, 0.0, 1.0)


def _check_labels(labels: ArrayLike, n_rows: int) -> NDArray[np.bool_]:
    values = row_numbers(labels, "labels", truths=True)
    if len(values) != n_rows:
        raise ValueError(
            f"there are {n_rows} scores, and the labels have the shape {values.shape}: give one label for each row"
        )
    if not np.isin(values, (0, 1)).all():
        raise ValueError("labels must be 1 or True for anomalies and 0 or False for normal rows")
    return values.astype(bool)


def _check_weights(sample_weight: ArrayLike | None, n_rows: int) -> Floats:
    if sample_weight is None:
        return np.ones(n_rows)
    weights = row_numbers(sample_weight, "weights", truths=True)
    if len(weights) != n_rows:
        raise ValueError(
            f"there are {n_rows} scores, and the weights have the shape {weights.shape}: give one weight for each row"
        )
    if not ((weights >= 0) & (weights < np.inf)).all():
        raise ValueError("weights must be finite numbers of at least 0")
    return weights
