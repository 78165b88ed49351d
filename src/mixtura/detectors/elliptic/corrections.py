"""Factors that make the minimum covariance determinant estimate the covariance of a normal distribution."""

import numpy as np
from scipy.special import gammainc
from scipy.stats import chi2

# Pison, Van Aelst and Willems (2002): for half of the rows, and for seven eighths of them, the mean estimate from n
# normal rows is 1 - exp(a) / n^b of the variance. (a, b) by simulation, for one and two columns.
_Pair = tuple[float, float]
_RAW: dict[int, tuple[_Pair, _Pair]] = {
    1: ((0.262024211897096, 0.604756680630497), (-0.351584646688712, 1.01646567502486)),
    2: ((0.673292623522027, 0.691365864961895), (0.446537815635445, 1.06690782995919)),
}
_REWEIGHTED: dict[int, tuple[_Pair, _Pair]] = {
    1: ((1.11098143415027, 1.5182890270453), (-0.66046776772861, 0.88939595831888)),
    2: ((3.11101712909049, 1.91401056721863), (0.79473550581058, 1.10081930350091)),
}
# For more columns p the curve in n goes through two points that are 1 + a / p^b: at n = 2 p^2 and at n = 3 p^2.
_RAW_ABOVE: tuple[tuple[_Pair, _Pair], tuple[_Pair, _Pair]] = (
    ((-1.42764571687802, 1.26263336932151), (-1.06141115981725, 1.28907991440387)),
    ((-0.455179464070565, 1.11192541278794), (-0.294241208320834, 1.09649329149811)),
)
_REWEIGHTED_ABOVE: tuple[tuple[_Pair, _Pair], tuple[_Pair, _Pair]] = (
    ((-1.02842572724793, 1.67659883081926), (-0.26800273450853, 1.35968562893582)),
    ((-0.544482443573914, 1.25994483222292), (-0.343791072183285, 1.25159004257133)),
)
_HALF, _SEVEN_EIGHTHS = 0.5, 0.875

# Share of normal rows that the reweighted estimate keeps.
KEPT = 0.975


def cutoff(n_columns: int) -> float:
    """Return the squared distance within which 97.5 % of normal rows lie."""
    return float(chi2.ppf(KEPT, n_columns))


def consistency_factor(n_columns: int, share: float) -> float:
    """Return the variance of a normal distribution over that of the given share of it nearest to its centre.

    Parameters
    ----------
    n_columns : int
        Dimension.
    share : float
        Share of the probability, above 0 and at most 1.

    References
    ----------
    Croux and Haesbroeck (1999), "Influence function and efficiency of the minimum covariance determinant scatter matrix
    estimator", Journal of Multivariate Analysis 71.

    Examples
    --------
    >>> round(consistency_factor(3, 0.5), 4), consistency_factor(3, 1.0)
    (2.4574, 1.0)
    """
    return float(share / gammainc(n_columns / 2 + 1, chi2.ppf(share, n_columns) / 2)) if share < 1 else 1.0


def raw_factor(n_rows: int, n_columns: int, h: int) -> float:
    """Return what the covariance of the `h` rows of least determinant is multiplied by."""
    small = _small_sample(_RAW, _RAW_ABOVE, n_rows, n_columns, _alpha(n_rows, n_columns, h))
    return consistency_factor(n_columns, h / n_rows) * small


def reweighted_factor(n_rows: int, n_columns: int, h: int, n_kept: int) -> float:
    """Return what the covariance of the rows kept is multiplied by: nothing where all rows are."""
    if n_kept == n_rows:
        return 1.0
    small = _small_sample(_REWEIGHTED, _REWEIGHTED_ABOVE, n_rows, n_columns, _alpha(n_rows, n_columns, h))
    return consistency_factor(n_columns, KEPT) * small


def _alpha(n_rows: int, n_columns: int, h: int) -> float:
    """Return where h lies between (n + p + 1) / 2, which is one half, and all rows, which is one."""
    least = min((n_rows + n_columns + 1) // 2, n_rows)
    return 1.0 if h >= n_rows else max(_HALF, _HALF + (h - least) / (2 * (n_rows - least)))


def _small_sample(
    few: dict[int, tuple[_Pair, _Pair]],
    more: tuple[tuple[_Pair, _Pair], tuple[_Pair, _Pair]],
    n_rows: int,
    n_columns: int,
    alpha: float,
) -> float:
    pairs = few[n_columns] if n_columns in few else tuple(_through(n_columns, points) for points in more)
    half, seven_eighths = (1 - np.exp(a) / n_rows**b for a, b in pairs)
    part = np.interp(alpha, [_HALF, _SEVEN_EIGHTHS, 1.0], [half, seven_eighths, 1.0])
    # The curves were fitted to tables of more rows than twice the columns, and cross zero below.
    return float(1 / part) if part > 0.1 else 10.0


def _through(n_columns: int, points: tuple[_Pair, _Pair]) -> _Pair:
    (at_two, at_three) = (np.log(-a / n_columns**b) for a, b in points)
    slope = (at_two - at_three) / np.log(1.5)
    return float(at_two + slope * np.log(2 * n_columns**2)), float(slope)
