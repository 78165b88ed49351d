"""Where normal rows end: a threshold of the scores, which are the lower the less a row belongs."""

from collections.abc import Callable, Iterable
from numbers import Real

from numpy.typing import ArrayLike

from ..statistics.checks import row_numbers
from ..statistics.shares import cut_at_share
from ..statistics.sketch import QuantileSketch
from ..typing import Floats


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
    return row_numbers(scores, "scores")


def threshold_by_rate(scores: ArrayLike | Callable[[], Iterable[ArrayLike]] | QuantileSketch, rate: float) -> float:
    """Return the score below which a row is an anomaly, so that a given share of the rows are.

    Scores are as `score_samples` returns them, log densities for one: the lower, the less a row belongs. The threshold
    is the `rate`-quantile of the scores, interpolated linearly between two rows. A row is an anomaly when its score is
    strictly below.

    Rows that tie at the threshold are kept as normal, so that at most ceil(rate · n) of n rows are flagged, and fewer
    where there are ties. But where the rows that tie alone are more than the rate, they are flagged if the number of
    rows then comes nearer to it, as a ratio; always where none scores lower, and never where they are half of the rows
    or more, and so what is usual. The threshold then lies half-way to the next score. A sketch is exact where the
    threshold lies among its lowest numbers, as it does for rare anomalies; elsewhere the number of rows flagged is off
    by its `rank_error` at most.

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
        The rate is outside its range, there are no rows, or scores are not one number for each row.

    Examples
    --------
    >>> threshold_by_rate([-9.0, -1.0, -2.0, -1.5], rate=0.25)
    -3.75
    >>> threshold_by_rate([-9.0, -9.0, -1.0, -2.0, -1.5], rate=0.25)  # flags both
    -5.5
    >>> threshold_by_rate(QuantileSketch.zero().including([-9.0, -1.0]).including([-2.0, -1.5]), rate=0.25)
    -3.75
    """
    share = check_rate(rate)
    readable = scores if isinstance(scores, QuantileSketch) or callable(scores) else lambda: [scores]
    return cut_at_share(readable, share).threshold
