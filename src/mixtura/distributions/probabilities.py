"""Probabilities of boxes and the distribution function of a mixture."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, owens_t
from scipy.stats import multivariate_normal

from ..typing import Floats
from .matrices import known_values
from .normal_only import require_normal

if TYPE_CHECKING:
    from .mixture import Mixture

# Quasi-Monte Carlo for four and more correlated columns stops at this error: three standard errors of its batches.
TOLERANCE = 1e-6
MAX_POINTS = 1_000_000  # for each component, so that no box takes longer than about a second
# Beyond so many standard deviations there is no probability in double precision.
FARTHEST = 38.0
# The integral over the first of three columns has so many pieces between its limits, of ten points each, and half as
# many to tell its error by. It ends so many standard deviations away, beyond which there is less than 1e-18.
PIECES, REACH = 12, 9.0
# Rows of which the points of that integral are held at a time.
ROWS_AT_A_TIME = 1024
# Gauss-Legendre quadrature of ten points is exact to rounding over an interval on which the density changes by less
# than a factor of e, where the difference of two distribution functions would cancel.
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(10)


def cdf(mixture: "Mixture", X: ArrayLike, tolerance: float = TOLERANCE) -> Floats:
    """Return the probability that every column is at most as large as in each row: see `Mixture.cdf`."""
    require_normal(mixture, "the distribution function", noise=True)
    upper = known_values(X, "X").astype(np.float64)
    if upper.ndim != 2 or upper.shape[1] != mixture.n_features:
        raise ValueError(f"X must have shape (n_rows, {mixture.n_features}), not {upper.shape}")
    if np.isnan(upper).any():
        row, column = np.argwhere(np.isnan(upper))[0]
        raise ValueError(f"X has a NaN in row {row}, column {column}: leave the row out or fill it in")
    return _box_probabilities(mixture, np.full_like(upper, -np.inf), upper, tolerance)


def interval_probability(mixture: "Mixture", lower: ArrayLike, upper: ArrayLike, tolerance: float = TOLERANCE) -> float:
    """Return the probability of a box: see `Mixture.interval_probability`.

    Columns that a component does not correlate are exact to rounding relative to the probability, in the tails and over
    short intervals too. Two correlated columns are exact to about 1e-15 of absolute error, by Owen's function (Owen
    1956, "Tables for computing bivariate normal probabilities", Annals of Mathematical Statistics 27). Three are an
    integral over these, by quadrature; where that does not reach the tolerance, and of more columns, SciPy's
    quasi-Monte Carlo does (Genz and Bretz 2009, Computation of Multivariate Normal and t Probabilities).
    """
    require_normal(mixture, "the probability of a box", noise=True)
    low, high = (np.atleast_1d(known_values(limits, "limits").astype(np.float64)) for limits in (lower, upper))
    expected = (mixture.n_features,)
    if low.shape != expected or high.shape != expected:
        raise ValueError(f"the limits of a box must have shape {expected}, not {low.shape} and {high.shape}")
    wrong = ~(low <= high)  # true for NaN, too
    if wrong.any():
        column = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"lower must not be above upper, nor either NaN, and column {column} has {low[column]:g} and "
            f"{high[column]:g}"
        )
    return float(_box_probabilities(mixture, low[None], high[None], tolerance)[0])


def _box_probabilities(mixture: "Mixture", lower: Floats, upper: Floats, tolerance: float) -> Floats:
    """Return the probability of each box, whose limits are the rows of `lower` and `upper`."""
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance must be an error of a probability, above 0 and below 1, not {tolerance!r}")
    total = np.zeros(len(lower))
    for weight, mean, matrix in zip(mixture.weights, mixture.means, mixture.covariance.dense, strict=True):
        if weight > 0:
            total += weight * _component_probabilities(mean, matrix, lower, upper, tolerance)
    noise = mixture.noise
    if noise is not None:
        overlap = np.minimum(upper, noise.upper) - np.maximum(lower, noise.lower)
        total += noise.weight * (np.maximum(overlap, 0) / (noise.upper - noise.lower)).prod(axis=1)
    return np.minimum(total, 1.0)  # weights sum to one up to rounding only


def _component_probabilities(mean: Floats, matrix: Floats, lower: Floats, upper: Floats, tolerance: float) -> Floats:
    scale = np.sqrt(np.diagonal(matrix))
    correlation = matrix / np.outer(scale, scale)
    with np.errstate(invalid="ignore"):  # the width from one infinity to the same is not needed
        width = (upper - lower) / scale
    low, high = (lower - mean) / scale, (upper - mean) / scale
    if _uncorrelated(correlation):
        return np.asarray(_interval(low, high, width).prod(axis=1))
    out = np.zeros(len(low))
    limited = np.isfinite(low) | np.isfinite(high)
    for columns in np.unique(limited, axis=0):  # the others say nothing
        rows = (limited == columns).all(axis=1)
        below, above, between = (side[rows][:, columns] for side in (low, high, width))
        out[rows] = _limited_boxes(below, above, between, correlation[np.ix_(columns, columns)], tolerance)
    out[(low == high).any(axis=1)] = 0
    return np.clip(out, 0, 1)


def _interval(low: Floats, high: Floats, width: Floats) -> Floats:
    """Return the probabilities of intervals under the standard normal distribution.

    The width is high - low without its rounding.
    """
    # Both ends are taken from the nearer tail: one minus a small number would lose it.
    upper_side = low > 0
    probability = np.where(upper_side, ndtr(-low) - ndtr(-high), ndtr(high) - ndtr(low))
    short = width * (1 + np.maximum(np.abs(low), np.abs(high))) < 1
    half = width[short][:, None] / 2
    points = low[short][:, None] + half * (1 + NODES)
    probability[short] = (half * np.exp(-(points**2) / 2) / np.sqrt(2 * np.pi)) @ NODE_WEIGHTS
    return np.asarray(probability)


def _limited_boxes(low: Floats, high: Floats, width: Floats, correlation: Floats, tolerance: float) -> Floats:
    """Return the probabilities of boxes with a limit in every column."""
    if _uncorrelated(correlation):
        return np.asarray(_interval(low, high, width).prod(axis=1))
    if len(correlation) == 2:
        return _two(low, high, correlation[0, 1])
    out, error = np.zeros(len(low)), np.full(len(low), np.inf)
    if len(correlation) == 3:
        for first in range(0, len(low), ROWS_AT_A_TIME):
            part = slice(first, first + ROWS_AT_A_TIME)
            out[part], error[part] = _three(low[part], high[part], correlation)
    for row in np.flatnonzero(error > tolerance):
        out[row] = _by_points(low[row], high[row], correlation, tolerance)
    return out


def _two(low: Floats, high: Floats, correlation: Floats | float) -> Floats:
    """Return the probabilities of rectangles whose limits are in the last axis."""
    corners = [(low, low), (low, high), (high, low), (high, high)]
    below = [_below(first[..., 0], second[..., 1], correlation) for first, second in corners]
    return np.asarray(below[3] - below[2] - below[1] + below[0])


def _below(h: Floats, k: Floats, correlation: Floats | float) -> Floats:
    """Return the probability that two columns are at most h and k (Owen 1956, equation 2.1)."""
    # A zero has the sign of what is just above it: the function is continuous.
    h, k = (np.clip(np.where(x == 0, np.finfo(np.float64).tiny, x), -FARTHEST, FARTHEST) for x in (h, k))
    rest = np.maximum(np.sqrt((1 - correlation) * (1 + correlation)), np.finfo(np.float64).tiny)
    with np.errstate(over="ignore", divide="ignore"):
        slopes = [(k / h - correlation) / rest, (h / k - correlation) / rest]
    opposite = (h < 0) != (k < 0)
    return np.asarray(
        (ndtr(h) + ndtr(k)) / 2 - owens_t(h, slopes[0]) - owens_t(k, slopes[1]) - np.where(opposite, 0.5, 0)
    )


def _three(low: Floats, high: Floats, correlation: Floats) -> tuple[Floats, Floats]:
    """Return the probabilities of boxes in three columns, and how far two quadratures differ.

    The integral is over the column that says the least of the others, whose rectangle given it moves slowly then.
    """
    first = int(np.argmin(np.abs(correlation - np.eye(3)).max(axis=1)))
    others = [column for column in range(3) if column != first]
    slopes = correlation[first, others]
    rest = np.sqrt(1 - slopes**2)
    left = float((correlation[others[0], others[1]] - slopes.prod()) / rest.prod())
    if not abs(left) < 1:
        return np.zeros(len(low)), np.full(len(low), np.inf)
    start, end = (np.clip(side[:, first], -REACH, REACH) for side in (low, high))

    def integral(pieces: int) -> Floats:
        half = (end - start)[:, None, None] / (2 * pieces)
        x = start[:, None, None] + half * (1 + 2 * np.arange(pieces)[:, None] + NODES)
        below, above = ((side[:, None, None, others] - x[..., None] * slopes) / rest for side in (low, high))
        values = _two(below, above, left) * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
        return np.asarray((half[..., 0] * (values @ NODE_WEIGHTS)).sum(axis=1))

    fine = integral(PIECES)
    return fine, np.abs(fine - integral(PIECES // 2))


def _by_points(low: Floats, high: Floats, correlation: Floats, tolerance: float) -> float:
    probability = multivariate_normal.cdf(
        high,
        np.zeros(len(low)),
        correlation,
        allow_singular=True,  # nearly singular ones are no difficulty here
        maxpts=MAX_POINTS,
        abseps=tolerance,
        lower_limit=low,
        rng=np.random.default_rng(0),
    )
    return float(probability)


def _uncorrelated(correlation: Floats) -> bool:
    return not correlation[~np.eye(len(correlation), dtype=bool)].any()
