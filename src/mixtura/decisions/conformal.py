"""How surprising a score is beside those of clean rows, and which rows to call anomalies at a rate of false ones."""

import math
from collections.abc import Callable
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..statistics.checks import row_numbers
from ..statistics.shares import between
from ..statistics.sketch import QuantileSketch, Ranks
from ..typing import Floats
from .thresholds import check_scores


def conformal_p_values(scores: ArrayLike, reference: ArrayLike | QuantileSketch) -> Floats:
    """Return the p-value of each row: how rarely a clean row scores as low.

    Scores are as `score_samples` returns them: the lower, the less a row belongs. Beside n reference scores, a score s
    has the p-value (1 + #{reference ≤ s}) / (n + 1) [1]_. Where a row comes from the same distribution as the
    reference, its p-value is at most any u with a probability of at most u, whatever the distribution and the model;
    ties only make it larger. It is never below 1 / (n + 1): to call one of m rows an anomaly at a false discovery rate
    q needs more than m / q reference rows, where only one stands out.

    Parameters
    ----------
    scores : array_like of shape (n_rows,)
        Scores of the rows.
    reference : array_like of shape (n_reference,), or QuantileSketch
        Scores of clean rows by the same model. They must not be among the rows that the model was fitted to: it would
        score those higher than new ones, and the p-values of clean rows would be too small. A sketch gives p-values
        that are too large by its `rank_error` at most, and exact among its lowest numbers.

    Returns
    -------
    ndarray of shape (n_rows,)

    Raises
    ------
    ValueError
        Scores or the reference are not one number for each row, or there is no reference.

    References
    ----------
    .. [1] Bates, Candès, Lei, Romano and Sesia (2023), "Testing for outliers with conformal p-values", The Annals of
       Statistics 51; after Vovk, Gammerman and Shafer (2005), "Algorithmic learning in a random world".

    Examples
    --------
    >>> conformal_p_values([-7.0, -2.5, 0.0], reference=[-3.0, -2.0, -1.5, -1.0])
    array([0.2, 0.4, 1. ])
    """
    values = check_scores(scores)
    n_reference, (_, at_most) = _ranks(reference, values, "the reference")
    return np.asarray((1 + at_most) / (n_reference + 1))


def adjusted_p_values(p_values: ArrayLike) -> Floats:
    """Return the false discovery rate at which each row becomes a discovery, by Benjamini and Hochberg.

    Of m p-values, the one of rank i has min over j ≥ i of m · p_(j) / j, and at most 1 [1]_.

    Parameters
    ----------
    p_values : array_like of shape (n_rows,)
        Between 0 and 1, in any order.

    Returns
    -------
    ndarray of shape (n_rows,)

    Raises
    ------
    ValueError
        P-values are not one number for each row, or one is outside its range.

    References
    ----------
    .. [1] Benjamini and Hochberg (1995), "Controlling the false discovery rate: a practical and powerful approach to
       multiple testing", Journal of the Royal Statistical Society B 57.

    Examples
    --------
    >>> adjusted_p_values([0.01, 0.04, 0.03, 0.5])
    array([0.04      , 0.05333333, 0.05333333, 0.5       ])
    """
    values = row_numbers(p_values, "p-values")
    strange = np.flatnonzero((values < 0) | (values > 1))
    if len(strange):
        raise ValueError(
            f"p-values must be from 0 to 1, and that of row {strange[0]} (counted from 0) is {values[strange[0]]:g}"
        )
    order = np.argsort(values)
    scaled = values[order] * len(values) / np.arange(1, len(values) + 1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted


def discoveries(p_values: ArrayLike, false_discovery_rate: float) -> NDArray[np.bool_]:
    """Return which rows to call anomalies, so that the share of false ones among them is limited on average.

    The step-up procedure of Benjamini and Hochberg: the i rows of lowest p-value, for the largest i whose p-value is
    at most i · rate / n_rows; rows that tie go together. The mean share of false discoveries is at most the rate for
    conformal p-values, though they share one reference and so depend on one another [1]_.

    Parameters
    ----------
    p_values : array_like of shape (n_rows,)
        Between 0 and 1, in any order.
    false_discovery_rate : float
        Above 0 and below 1.

    Returns
    -------
    ndarray of bool, shape (n_rows,)

    Raises
    ------
    ValueError
        The rate or a p-value is outside its range, or p-values are not one number for each row.

    References
    ----------
    .. [1] Bates, Candès, Lei, Romano and Sesia (2023), "Testing for outliers with conformal p-values", The Annals of
       Statistics 51.

    Examples
    --------
    >>> discoveries([0.01, 0.04, 0.03, 0.5], false_discovery_rate=0.1)
    array([ True,  True,  True, False])
    """
    return np.asarray(adjusted_p_values(p_values) <= check_false_discovery_rate(false_discovery_rate))


def threshold_by_false_discovery_rate(
    scores: ArrayLike | QuantileSketch,
    reference: ArrayLike | QuantileSketch | Callable[[Floats], Floats],
    false_discovery_rate: float,
) -> float:
    """Return the score below which the rows are the discoveries of conformal p-values, or of others.

    Flagging the scores strictly below it is the same as `discoveries` of `conformal_p_values`; but the scores and the
    reference may each be a sketch of scores that pass once. Ranks that a sketch does not know are taken on the safe
    side, so that some discoveries may be lost and none added.

    Parameters
    ----------
    scores : array_like of shape (n_rows,), or QuantileSketch
        Scores of all rows that are tested, the lower, the less a row belongs.
    reference : array_like of shape (n_reference,), QuantileSketch, or callable
        Scores of clean rows that the model was not fitted to; or a function that returns the p-values of scores, the
        larger the higher the score.
    false_discovery_rate : float
        Above 0 and below 1.

    Returns
    -------
    float
        Minus infinity where there are no discoveries.

    Raises
    ------
    ValueError
        The rate is outside its range, scores or the reference are not one number for each row, or there are none.

    Examples
    --------
    >>> reference = [-3.0, -2.0, -1.9, -1.8, -1.7, -1.6, -1.5, -1.0, -0.5]
    >>> threshold_by_false_discovery_rate([-8.0, -7.0, -1.4, -0.9], reference, false_discovery_rate=0.2)
    -4.2
    >>> threshold_by_false_discovery_rate([-9.0, -8.0, -0.5, -0.2], np.exp, false_discovery_rate=0.2)
    -4.25
    """
    rate = check_false_discovery_rate(false_discovery_rate)
    places = scores.support if isinstance(scores, QuantileSketch) else np.unique(check_scores(scores))
    n_rows, (flagged, _) = _ranks(scores, places, "the scores")
    if callable(reference):
        p_values = reference(places)
    else:
        # The same operations in the same order as those of the p-values, so that rounding is the same.
        n_reference, (_, at_most) = _ranks(reference, places, "the reference")
        p_values = (1 + at_most) / (n_reference + 1)
    found = np.flatnonzero((p_values * n_rows / np.maximum(flagged, 1) <= rate) & (flagged > 0))
    if not len(found):
        return -math.inf
    last, following = places[found[-1]], np.nextafter(places[found[-1]], np.inf)
    # Between two places of a sketch there may be rows that are no discoveries, but not among its lowest.
    if found[-1] + 1 < len(places):
        after = places[found[-1] + 1]
        if not isinstance(scores, QuantileSketch) or after <= scores.lowest.values[-1]:
            following = after
    return float(between(last, following))


def check_false_discovery_rate(rate: float) -> float:
    """Return the rate as a float, raising `ValueError` unless it lies between 0 and 1."""
    if isinstance(rate, bool) or not isinstance(rate, Real) or not 0 < rate < 1:
        raise ValueError(f"the false discovery rate must be above 0 and below 1, such as 0.1, not {rate!r}")
    return float(rate)


def _ranks(scores: ArrayLike | QuantileSketch, values: Floats, what: str) -> tuple[int, tuple[Ranks, Ranks]]:
    """Return how many scores there are, and the fewest and the most that can be at most as large as each value."""
    if isinstance(scores, QuantileSketch):
        count, bounds = scores.count, scores.rank_bounds(values, "right")
    else:
        ordered = np.sort(check_scores(scores))
        at_most = np.searchsorted(ordered, values, "right")
        count, bounds = len(ordered), (at_most, at_most)
    if count == 0:
        raise ValueError(f"{what} of no rows says nothing: give at least one")
    return count, bounds
