"""Detectors side by side on one table: time, agreement, and with labels how well each ranks."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata
from sklearn.base import clone
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.utils.validation import _num_samples

from ..engines.progress import OnProgress, Progress
from ..errors import MixturaError
from ..statistics.checks import row_numbers
from ..statistics.shares import cut_of
from ..typing import Floats
from .thresholds import check_rate


@dataclass(frozen=True)
class Compared:
    """What one detector did.

    Attributes
    ----------
    name : str
        Its name.
    fit_seconds, score_seconds : float
        How long it took to fit the table, and to score its rows.
    flagged_by_others : float
        Of the rows that it flags, the mean share of the other detectors that flag them too.
    correlation : float
        Mean rank correlation (Spearman) of its scores with those of the other detectors.
    auc : float or None
        Area under the ROC curve, where labels are known: 0.5 is chance, 1 is perfect.
    average_precision : float or None
        Mean precision over the recalls, where labels are known; the share of anomalies is chance.
    """

    name: str
    fit_seconds: float
    score_seconds: float
    flagged_by_others: float
    correlation: float
    auc: float | None
    average_precision: float | None


@dataclass(frozen=True, kw_only=True)
class ComparisonProgress(Progress):
    """How many detectors have been compared.

    Attributes
    ----------
    detector : str or None
        Name of the one that is fitted next, None when all are done.
    """

    detector: str | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """Detectors side by side.

    Attributes
    ----------
    detectors : tuple of Compared
        Those that could be fitted, in the order given.
    failed : dict of str to str
        The others, and why they could not.
    correlations : ndarray of shape (n_detectors, n_detectors)
        Rank correlations of the scores.
    ties : dict of str to str
        Detectors whose scores tie where the rate ends, and what that means for the rows that they flag.
    """

    detectors: tuple[Compared, ...]
    failed: dict[str, str]
    correlations: Floats
    ties: dict[str, str]


def compare(
    X: Any,
    detectors: Mapping[str, Any],
    labels: ArrayLike | None = None,
    *,
    rate: float = 0.04,
    on_progress: OnProgress | None = None,
) -> Comparison:
    """Fit each detector to a table, score its rows, and compare the scores.

    Parameters
    ----------
    X : array-like of shape (n_rows, n_columns)
        The table. Every detector gets it as it is.
    detectors : mapping of str to estimator
        Unfitted detectors with `fit` and `score_samples`, or `fit` and `negative_outlier_factor_`; they are cloned.
    labels : array_like of shape (n_rows,), optional
        1 for anomalies, 0 for rows that belong, NaN where that is unknown. The detectors never see them.
    rate : float, default=0.04
        Share of the rows, those of lowest score, that count as flagged when detectors are compared; rows that tie are
        flagged together or not at all, as by `threshold_by_rate`.
    on_progress : callable, optional
        Told a `Progress` before each detector is fitted, with its name as `detector`, and after the last. In between it
        is told what the detectors tell that take an `on_progress` themselves, `what` with the name in front.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        There are no detectors or none can be fitted, the rate is not between 0 and 1, there is not one label for each
        row, or the labels known are not both 0 and 1.

    Examples
    --------
    >>> from mixtura import GaussianMixture
    >>> X = np.vstack([np.random.default_rng(0).normal(size=(200, 2)), np.full((2, 2), 9.0)])
    >>> detectors = {"full": GaussianMixture(1), "spherical": GaussianMixture(1, covariance_type="spherical")}
    >>> comparison = compare(X, detectors, labels=np.arange(202) >= 200)
    >>> [detector.auc for detector in comparison.detectors]
    [1.0, 1.0]
    """
    check_rate(rate)
    known, anomalous = _known(labels, _num_samples(X))
    scores: dict[str, Floats] = {}
    seconds: dict[str, tuple[float, float]] = {}
    failed: dict[str, str] = {}
    for number, (name, detector) in enumerate(detectors.items()):
        unfitted, telling = clone(detector), None
        if on_progress is not None:
            on_progress(ComparisonProgress("comparing", number, len(detectors), "detectors", detector=name))
            if getattr(unfitted, "on_progress", "takes none") is None:
                telling = _Telling(name, on_progress)
                unfitted.on_progress = telling
        try:
            scores[name], seconds[name] = _scores(unfitted, X)
        except (MixturaError, ValueError) as error:
            if telling is not None and telling.raised is error:
                raise
            failed[name] = str(error)
    if on_progress is not None:
        on_progress(ComparisonProgress("comparing", len(detectors), len(detectors), "detectors", detector=None))
    if not scores:
        raise ValueError(f"no detector could be fitted: {'; '.join(f'{name}: {why}' for name, why in failed.items())}")
    ranks = np.stack([rankdata(values) for values in scores.values()])
    correlations = _correlations(ranks)
    cuts = {name: cut_of(values, rate) for name, values in scores.items()}
    flags = np.stack([values < cuts[name].threshold for name, values in scores.items()])
    compared = []
    for position, (name, values) in enumerate(scores.items()):
        others = np.arange(len(scores)) != position
        agreeing = flags[np.ix_(others, flags[position])]
        rated = None if known is None else -ranks[position][known]
        compared.append(
            Compared(
                name,
                *seconds[name],
                flagged_by_others=float(agreeing.mean()) if agreeing.size else np.nan,
                correlation=float(correlations[position, others].mean()) if len(values) and others.any() else np.nan,
                auc=None if rated is None else float(roc_auc_score(anomalous, rated)),
                average_precision=None if rated is None else float(average_precision_score(anomalous, rated)),
            )
        )
    notices = {name: cut.notice() for name, cut in cuts.items()}
    ties = {name: notice for name, notice in notices.items() if notice is not None}
    return Comparison(tuple(compared), failed, correlations, ties)


class _Telling:
    """Tells what a detector tells, with its name in front, and keeps what the callback raises: no detector failed."""

    def __init__(self, name: str, on_progress: OnProgress) -> None:
        self._name = name
        self._on_progress = on_progress
        self.raised: Exception | None = None

    def __call__(self, progress: Progress) -> None:
        try:
            self._on_progress(replace(progress, what=f"{self._name}: {progress.what}"))
        except Exception as error:
            self.raised = error
            raise


def _known(labels: ArrayLike | None, n_rows: int) -> tuple[NDArray[np.bool_] | None, NDArray[np.bool_]]:
    if labels is None:
        return None, np.empty(0, bool)
    values = row_numbers(labels, "labels", truths=True, missing=True)
    if len(values) != n_rows:
        raise ValueError(
            f"there are {n_rows} rows and {len(values)} labels: give one label for each row, NaN where unknown"
        )
    known = ~np.isnan(values)
    if set(np.unique(values[known])) != {0.0, 1.0}:
        raise ValueError("labels must be 1 for some rows (anomalies) and 0 for others (normal rows)")
    return known, values[known] == 1


def _scores(detector: Any, X: Any) -> tuple[Floats, tuple[float, float]]:
    started = time.perf_counter()
    detector.fit(X)
    fitted = time.perf_counter()
    scores = getattr(detector, "negative_outlier_factor_", None)
    if scores is None:
        scores = detector.score_samples(X)
    values = row_numbers(scores, f"the scores of {type(detector).__name__}")
    return values, (fitted - started, time.perf_counter() - fitted)


def _correlations(ranks: Floats) -> Floats:
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(centred, axis=1)
    norms[norms == 0] = np.inf  # scores that are all equal agree with nothing
    result: Floats = np.clip((centred @ centred.T) / np.outer(norms, norms), -1, 1)
    np.fill_diagonal(result, 1)
    return result
