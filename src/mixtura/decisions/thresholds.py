"""Where normal rows end: a threshold of the log density."""

from collections.abc import Callable, Iterable
from numbers import Real

from numpy.typing import ArrayLike

from ..statistics.quantiles import quantile


def check_rate(rate: float) -> float:
    """Return the share of rows to flag as a float, raising `ValueError` unless it lies between 0 and 1."""
    if isinstance(rate, bool) or not isinstance(rate, Real) or not 0 < rate < 1:
        raise ValueError(f"the rate of anomalies must be a number above 0 and below 1, such as 0.04, not {rate!r}")
    return float(rate)


def threshold_by_rate(log_density: ArrayLike | Callable[[], Iterable[ArrayLike]], rate: float) -> float:
    """Return the log density below which a row is an anomaly, so that a given share of the rows are.

    It is the `rate`-quantile of the log densities, interpolated linearly between two rows. A row is an anomaly when its
    log density is strictly below; the anomaly score of a row is its log density with the sign turned, so higher is more
    anomalous.

    Rows that tie at the threshold are kept as normal. So at most ceil(rate · n) of n rows are flagged, fewer where
    there are ties, and none where all rows tie.

    Parameters
    ----------
    log_density : array_like of shape (n_rows,), or callable returning an iterable of array_like
        Log densities of the rows; minus infinity is allowed. A callable reads the same ones at every call, in chunks,
        and they are never held together.
    rate : float
        Share of the rows to flag, above 0 and below 1.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        The rate is outside its range, there are no rows, or a log density is NaN.

    Examples
    --------
    >>> threshold_by_rate([-9.0, -1.0, -2.0, -1.5], rate=0.25)
    -3.75
    >>> threshold_by_rate([-1.0, -1.0, -1.0], rate=0.25)  # no row is strictly below
    -1.0
    """
    share = check_rate(rate)
    if callable(log_density):
        return quantile(log_density, share)
    return quantile(lambda: [log_density], share)
