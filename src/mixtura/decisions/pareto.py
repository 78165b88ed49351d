"""The generalised Pareto distribution: what the excesses over a high threshold follow, whatever the scores do."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from ..statistics.checks import row_numbers
from ..typing import Floats

# Below a shape of -1 the likelihood grows without limit as the end of the distribution nears the largest excess
# (Smith 1985): a maximum is looked for above.
_LOWEST_SHAPE = -1.0
# Step of the first look at the likelihood, which has one maximum inside as a rule and seldom two, in the logarithm of
# 1 + largest excess · shape / scale.
_STEP = 0.3
# How near the end of the distribution comes to the largest excess on the first look: e^-15 = 3e-7 of it.
_NEAREST = -15.0
# The exponential of a double overflows from 709.8 on.
_FARTHEST = 700.0
# The shape is 40 where the median is about 2^40 times scale / shape; no mean exists from 1 on.
_HEAVIEST = 2.0**40
# Anderson-Darling distances that one fit in ten exceeds, at a few shapes: from 20,000 samples of 400 excesses at each.
# Choulakian and Stephens (2001), "Goodness-of-fit tests for the generalized Pareto distribution", have tables of them.
_SHAPES = (-0.9, -0.5, -0.2, 0.0, 0.2, 0.5, 1.0, 2.0)
_CRITICAL = (1.116, 0.971, 0.852, 0.788, 0.741, 0.686, 0.635, 0.600)


@dataclass(frozen=True)
class GeneralizedPareto:
    """Excesses y > 0 with P(Y > y) = (1 + shape · y / scale)^(-1 / shape), or exp(-y / scale) at shape zero.

    Attributes
    ----------
    scale : float
        Positive, in the units of the excesses.
    shape : float
        Above zero for heavy tails, zero for exponential ones; below zero the excesses end at -scale / shape.
    n_excesses : int
        How many excesses it was fitted to.
    anderson_darling : float
        Distance A² between the excesses and the distribution, with weight on both tails (Anderson and Darling 1954).
        Of excesses that follow it, one fit in ten exceeds `critical_distance`.
    method : {"maximum likelihood", "probability-weighted moments"}
        How it was fitted.
    """

    scale: float
    shape: float
    n_excesses: int
    anderson_darling: float
    method: Literal["maximum likelihood", "probability-weighted moments"]

    @property
    def critical_distance(self) -> float:
        """What one fit in ten exceeds in `anderson_darling` where the distribution is right."""
        return float(np.interp(self.shape, _SHAPES, _CRITICAL))

    def log_survival(self, excesses: ArrayLike) -> Floats:
        """Return log P(Y > y); minus infinity beyond the end."""
        with np.errstate(over="ignore"):
            ratios = np.asarray(excesses, dtype=np.float64) / self.scale
        return log_survival(ratios, self.shape)

    def excess(self, survival: float) -> float:
        """Return the excess that is exceeded with a given probability, above 0 and at most 1."""
        return self.scale * growth(-math.log(survival), self.shape)


def log_survival(ratios: Floats, shape: float) -> Floats:
    """Return log P(Y > y) of y / scale; minus infinity beyond the end."""
    if shape == 0:
        return -ratios
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log1p(np.maximum(shape * ratios, -1.0)) / shape)


def growth(log_odds: float, shape: float) -> float:
    """Return (e^(shape · log_odds) - 1) / shape, and its limit at shape zero: y / scale where P(Y > y) = e^-log_odds.

    Infinite where it leaves the range of doubles.
    """
    if shape == 0:
        return log_odds
    try:
        return math.expm1(shape * log_odds) / shape
    except OverflowError:
        return math.inf


def log_likelihood(excesses: Floats, scale: float, shape: float) -> float:
    """Return the sum of the log densities of the excesses; minus infinity where one is beyond the end."""
    if scale == 0:
        return -np.inf
    with np.errstate(over="ignore"):
        survival = log_survival(excesses / scale, shape)
    if survival[np.argmax(excesses)] == -np.inf:
        return -np.inf
    return float((1 + shape) * survival.sum() - len(excesses) * math.log(scale))


def fit_generalized_pareto(excesses: ArrayLike) -> GeneralizedPareto:
    """Return the generalised Pareto distribution that is likeliest for some excesses.

    The likelihood is maximised along its profile in shape / scale, where the shape has a formula [1]_. Where it has no
    maximum above a shape of -1, the probability-weighted moments [2]_ take its place, with an end no lower than the
    largest excess [3]_.

    Parameters
    ----------
    excesses : array_like of shape (n_excesses,)
        Positive and finite, at least two of them different.

    Returns
    -------
    GeneralizedPareto

    Raises
    ------
    ValueError
        The excesses are not so.

    References
    ----------
    .. [1] Grimshaw (1993), "Computing maximum likelihood estimates for the generalized Pareto distribution",
       Technometrics 35.
    .. [2] Hosking and Wallis (1987), "Parameter and quantile estimation for the generalized Pareto distribution",
       Technometrics 29.
    .. [3] Dupuis and Tsao (1998), "A hybrid estimator for generalized Pareto and extreme-value distributions",
       Communications in Statistics: Theory and Methods 27.

    Examples
    --------
    >>> fit = fit_generalized_pareto([0.1, 0.3, 0.4, 0.8, 1.1, 1.9, 3.4])
    >>> round(fit.scale, 2), round(fit.shape, 2)
    (1.29, -0.13)
    """
    y = np.sort(row_numbers(excesses, "excesses", missing=True))
    if not (len(y) and 0 < y[0] < y[-1] < np.inf):
        raise ValueError("excesses must be positive and finite, and at least two of them different")
    unit = float(np.median(y))
    ratios = y / unit  # so that squares neither overflow nor vanish
    found = _likeliest(ratios)
    if found is None:
        scale, shape = _from_moments(ratios)
        return GeneralizedPareto(
            scale * unit, shape, len(y), _distance(ratios / scale, shape), "probability-weighted moments"
        )
    scale, shape = found
    return GeneralizedPareto(scale * unit, shape, len(y), _distance(ratios / scale, shape), "maximum likelihood")


def _likeliest(y: Floats) -> tuple[float, float] | None:
    """Return scale and shape at the highest maximum of the likelihood, or None without one."""
    mean, largest = float(y.mean()), float(y[-1])

    def parameters(end: float) -> tuple[float, float]:
        # e^end = 1 + largest · shape / scale goes from 0, where the distribution ends at the largest excess, through 1
        # for exponential tails, to infinity.
        slope = math.expm1(end) / largest
        if slope == 0:
            return mean, 0.0
        shape = float(np.log1p(slope * y).mean())
        return shape / slope, shape

    def minus_profile(end: float) -> float:
        scale, shape = parameters(end)
        return math.log(scale) + shape if shape > _LOWEST_SHAPE else math.inf

    heaviest = math.log(largest) + math.log(_HEAVIEST / np.median(y))
    ends = np.arange(_NEAREST, min(heaviest, _FARTHEST), _STEP)
    values = np.array([minus_profile(float(end)) for end in ends])
    inner = values[1:-1]
    # Where the left neighbour is infinite the shape is -1, and no maximum.
    valleys = 1 + np.flatnonzero((inner <= values[:-2]) & (inner < values[2:]) & (values[:-2] < np.inf))
    if not len(valleys):
        return None
    # The likelihood can have a second maximum; it may also rise towards the end without one.
    best = valleys[np.argmin(values[valleys])]
    low, high = float(ends[best - 1]), float(ends[best + 1])
    with np.errstate(invalid="ignore"):
        result = minimize_scalar(minus_profile, bounds=(low, high), method="bounded", options={"xatol": 1e-9})
    return parameters(float(result.x))


def _from_moments(y: Floats) -> tuple[float, float]:
    n = len(y)
    mean = float(y.mean())
    weighted = float((n - 1 - np.arange(n)) @ y / (n * (n - 1)))  # the mean of y · P(Y > y), without bias
    ratio = mean / (mean - 2 * weighted)
    shape, scale = 2 - ratio, 2 * weighted * ratio
    if shape < 0 and -scale / shape < y[-1]:
        shape = -scale / float(y[-1])
    return scale, shape


def _distance(ratios: Floats, shape: float) -> float:
    """Return the Anderson-Darling distance of sorted excesses over the scale."""
    n = len(ratios)
    # Beyond -745 the exponential of a double is zero, and its logarithm would be infinite.
    survival = np.maximum(log_survival(ratios, shape), -745.0)
    below = np.log(np.maximum(-np.expm1(survival), 5e-324))
    return float(-n - (2 * np.arange(n) + 1) @ (below + survival[::-1]) / n)
