"""The minimum covariance determinant of one column, which is exact: the h neighbours of least variance."""

import numpy as np

from .mcd import Subset
from .tiles import TiledTable


def univariate_mcd(table: TiledTable, h: int) -> Subset:
    """Return the `h` consecutive values of least variance; of equal ones, the lowest.

    References
    ----------
    Rousseeuw and Leroy (1987), "Robust Regression and Outlier Detection", section 4.2.
    """
    values = table.column(0)
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    n = len(ordered)
    if 2 * h > n:
        # Each window holds the median, which is zero, and the best one is no wider than the window of the h smallest
        # sizes allows; values beyond that would only take digits from the sums.
        reach = np.partition(np.abs(ordered), h - 1)[h - 1]
        limit = reach * (1 + np.sqrt(2 * h))
        ordered = np.clip(ordered, -limit, limit)
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    squares = np.concatenate([[0.0], np.cumsum(ordered**2)])
    spread = squares[h:] - squares[:-h] - (sums[h:] - sums[:-h]) ** 2 / h
    # The sum of squares of equal values is zero, which the sums round.
    spread[ordered[h - 1 :] == ordered[: n - h + 1]] = -np.inf
    first = int(spread.argmin())
    support = np.zeros(n, dtype=bool)
    support[order[first : first + h]] = True
    chosen = values[support]
    variance = float(chosen.var(ddof=1)) if h > 1 else 0.0
    flat = bool(chosen.min() == chosen.max())
    location = float(chosen[0]) if flat else float(chosen.mean())
    return Subset(
        np.array([location]),
        np.array([[0.0 if flat else variance]]),
        support,
        -np.inf if flat else float(np.log(variance)),
        int(flat),
    )
