"""Where normal rows end: a threshold of the scores, which are the lower the less a row belongs."""

from collections.abc import Callable, Iterable
from numbers import Real

from numpy.typing import ArrayLike

from ..statistics.quantiles import quantile
from ..statistics.sketch import QuantileSketch


def check_rate(rate: float) -> float:
    """Return the share of rows to flag as a float, raising `ValueError` unless it lies between 0 and 1."""
    if isinstance(rate, bool) or not isinstance(rate, Real) or not 0 < rate < 1:
        raise ValueError(f"the rate of anomalies must be a number above 0 and below 1, such as 0.04, not {rate!r}")
    return float(rate)


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
