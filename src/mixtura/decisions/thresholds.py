"""Where normal rows end: a threshold of the scores, which are the lower the less a row belongs."""

from collections.abc import Callable, Iterable
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..statistics.quantiles import quantile
from ..statistics.sketch import QuantileSketch

Floats = NDArray[np.float64]


def check_rate(rate: float) -> float:
    """Return the share of rows to flag as a float, raising `ValueError` unless it lies between 0 and 1."""
    if isinstance(rate, bool) or not isinstance(rate, Real) or not 0 < rate < 1:
        raise ValueError(f"the rate of anomalies must be a number above 0 and below 1, such as 0.04, not {rate!r}")
    return float(rate)


def check_level(level: float) -> float:
    """Return the probability of an interval as a float, raising `ValueError` unless it lies between 0 and 1."""
    if isinstance(level, bool) or not isinstance(level, Real) or not 0 < level < 1:
        raise ValueError(f"level must be above 0 and below 1, such as 0.95, not {level!r}")
    return float(level)


def check_scores(scores: ArrayLike) -> Floats:
    """Return scores as doubles, raising `ValueError` unless they are one for each row and none is NaN."""
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError(f"scores must be one for each row, and their shape is {values.shape}")
    strange = np.flatnonzero(np.isnan(values))
    if len(strange):
        raise ValueError(f"the score of row {strange[0]} (counted from 0) is NaN, and ranks nothing: leave the row out")
    return values


def between(lower: ArrayLike, upper: ArrayLike) -> Floats:
    """Return thresholds that lower scores are strictly below and upper ones, each larger, are not.

    They lie half-way, so that a score that is rounded differently stays on its side; they are the upper score where
    the other is minus infinity or no number lies between.
    """
    lower, upper = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        middle = lower + (upper / 2 - lower / 2)
    return np.where((lower < middle) & (middle < upper), middle, upper)


def threshold_by_rate(scores: ArrayLike | Callable[[], Iterable[ArrayLike]] | QuantileSketch, rate: float) -> float:
    """Return the score below which a row is an anomaly, so that a given share of the rows are.

    Scores are as `score_samples` returns them, log densities for one: the lower, the less a row belongs. The threshold
    is the `rate`-quantile of the scores, interpolated linearly between two rows. A row is an anomaly when its score is
    strictly below.

    Rows that tie at the threshold are kept as normal. So at most ceil(rate · n) of n rows are flagged, fewer where
    there are ties, and none where all rows tie. A sketch is exact where the threshold lies among its lowest numbers,
    as it does for rare anomalies; elsewhere the number of rows flagged is off by its `rank_error` at most.

    Parameters
    ----------
    scores : array_like of shape (n_rows,), callable returning an iterable of array_like, or QuantileSketch
        Scores of the rows; minus infinity is allowed. A callable reads the same ones at every call, in chunks, and
        they are never held together. A sketch is of scores that pass once.
    rate : float
        Share of the rows to flag, above 0 and below 1.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        The rate is outside its range, there are no rows, or a score is NaN.

    Examples
    --------
    >>> threshold_by_rate([-9.0, -1.0, -2.0, -1.5], rate=0.25)
    -3.75
    >>> threshold_by_rate([-1.0, -1.0, -1.0], rate=0.25)  # no row is strictly below
    -1.0
    >>> threshold_by_rate(QuantileSketch.zero().including([-9.0, -1.0]).including([-2.0, -1.5]), rate=0.25)
    -3.75
    """
    share = check_rate(rate)
    if isinstance(scores, QuantileSketch):
        return scores.quantile(share)
    if callable(scores):
        return quantile(scores, share)
    return quantile(lambda: [scores], share)
