"""Probabilities of boxes and the distribution function of a mixture."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr
from scipy.stats import multivariate_normal

from ..typing import Floats
from .matrices import known_values
from .normal_only import require_normal

if TYPE_CHECKING:
    from .mixture import Mixture

# Quasi-Monte Carlo for three and more correlated columns stops at this error: three standard errors of its batches.
TOLERANCE = 1e-7
MAX_POINTS = 1_000_000  # for each component, so that no box takes longer than about a second
# Gauss-Legendre quadrature of ten points is exact to rounding over an interval on which the density changes by less
# than a factor of e, where the difference of two distribution functions would cancel.
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(10)


def cdf(mixture: "Mixture", X: ArrayLike) -> Floats:
    """Return the probability that every column is at most as large as in each row: see `Mixture.cdf`."""
    require_normal(mixture, "the distribution function", noise=True)
    upper = known_values(X, "X").astype(np.float64)
    if upper.ndim != 2 or upper.shape[1] != mixture.n_features:
        raise ValueError(f"X must have shape (n_rows, {mixture.n_features}), not {upper.shape}")
    if np.isnan(upper).any():
        row, column = np.argwhere(np.isnan(upper))[0]
        raise ValueError(f"X has a NaN in row {row}, column {column}: leave the row out or fill it in")
    return _box_probabilities(mixture, np.full_like(upper, -np.inf), upper)


def interval_probability(mixture: "Mixture", lower: ArrayLike, upper: ArrayLike) -> float:
    """Return the probability of a box: see `Mixture.interval_probability`.

    Columns that a component does not correlate are exact to rounding relative to the probability, in the tails and over
    short intervals too. Two correlated columns are exact to about 1e-15 of absolute error, more of them to about 1e-7,
    by SciPy's multivariate normal (Genz and Bretz 2009, Computation of Multivariate Normal and t Probabilities).
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
    return float(_box_probabilities(mixture, low[None], high[None])[0])


def _box_probabilities(mixture: "Mixture", lower: Floats, upper: Floats) -> Floats:
    """Return the probability of each box, whose limits are the rows of `lower` and `upper`."""
    total = np.zeros(len(lower))
    for weight, mean, matrix in zip(mixture.weights, mixture.means, mixture.covariance.dense, strict=True):
        if weight > 0:
            total += weight * _component_probabilities(mean, matrix, lower, upper)
    noise = mixture.noise
    if noise is not None:
        overlap = np.minimum(upper, noise.upper) - np.maximum(lower, noise.lower)
        total += noise.weight * (np.maximum(overlap, 0) / (noise.upper - noise.lower)).prod(axis=1)
    return np.minimum(total, 1.0)  # weights sum to one up to rounding only


def _component_probabilities(mean: Floats, matrix: Floats, lower: Floats, upper: Floats) -> Floats:
    scale = np.sqrt(np.diagonal(matrix))
    correlation = matrix / np.outer(scale, scale)
    with np.errstate(invalid="ignore"):  # the width from one infinity to the same is not needed
        width = (upper - lower) / scale
    low, high = (lower - mean) / scale, (upper - mean) / scale
    if _uncorrelated(correlation):
        return np.asarray(_interval(low, high, width).prod(axis=1))
    return np.array([_correlated_box(*box, correlation) for box in zip(low, high, width, strict=True)])


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


def _correlated_box(low: Floats, high: Floats, width: Floats, correlation: Floats) -> float:
    if (low == high).any():
        return 0.0
    limited = np.isfinite(low) | np.isfinite(high)
    low, high, width = low[limited], high[limited], width[limited]
    correlation = correlation[np.ix_(limited, limited)]
    if _uncorrelated(correlation):
        return float(_interval(low, high, width).prod())
    probability = multivariate_normal.cdf(
        high,
        np.zeros(len(low)),
        correlation,
        allow_singular=True,  # nearly singular ones are no difficulty here
        maxpts=MAX_POINTS,
        abseps=TOLERANCE,
        lower_limit=low,
        rng=np.random.default_rng(0),
    )
    return float(np.clip(probability, 0, 1))


def _uncorrelated(correlation: Floats) -> bool:
    return not correlation[~np.eye(len(correlation), dtype=bool)].any()
