"""How finely the values of a column were rounded: no component of a search is narrower than that warrants."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..distributions.matrices import Floats
from .initialize import Sample

# Two values that are to be equal, or two gaps, differ by so many roundings of their type at most.
_ROUNDINGS = 2

# Steps below this part of the range of a column are those of its type, or as good as none.
_FINEST = 1e-6

# A gap that occurs once says nothing.
_RECURRING = 2

# Some rows may be rounded more coarsely than others. Values that hold more than twice the rows of their neighbours, and
# three standard errors, tell how, when together they hold so many of all rows. Two or three of them may be groups: their
# gap recurs three times.
_TIMES, _ERRORS = 2.0, 3.0
_FREQUENT_SHARE = 0.1
_EVENLY_SPACED = 3


def least_variances(sample: Sample) -> Floats:
    """Return the least variance of a component in each column: half a step of its rounding, squared.

    Rows that were rounded lie on a grid, and a normal density that is narrow beside its step gains without bound from
    any point of it. The probabilities that a normal density of a standard deviation of half a step gives to the points
    of the grid, times the step, add up to one within 1.5 %, wherever its mean lies: from there on its density at a
    point is the probability of the interval that was rounded to it.

    Parameters
    ----------
    sample : Sample
        The rows, or some of them.

    Returns
    -------
    ndarray of shape (n_features,)
        Variances, zero where no gap between values recurs.
    """
    return np.array([(_step(column, sample.weights) / 2) ** 2 for column in sample.observed.T])


def _step(column: NDArray[Any], weights: Floats) -> float:
    """Return the step of a column: the smallest gap between neighbouring values that recurs."""
    known = ~np.isnan(column)
    if not known.any():
        return 0.0
    column, weights = column[known], weights[known]
    finest = _FINEST * float(np.ptp(column))
    rounding = _ROUNDINGS * float(np.spacing(np.abs(column).max()))
    values, inverse, n_rows = np.unique(column.astype(np.float64), return_inverse=True, return_counts=True)
    # A row of weight two counts as two rows, a row of a small weight as one.
    counts = np.maximum(n_rows, np.bincount(inverse, weights))
    starts = np.flatnonzero(np.append(True, np.diff(values) > min(rounding, finest)))
    values, counts = values[starts], np.add.reduceat(counts, starts)
    if len(values) < 2:
        return 0.0
    step = _recurring(np.diff(values), np.minimum(counts[1:], counts[:-1]), _RECURRING, rounding)
    beside = np.append(counts[1], counts[:-1]) + np.append(counts[1:], counts[-2])
    frequent = counts > _TIMES * beside / 2 + _ERRORS * np.sqrt(beside / 2)
    if counts[frequent].sum() >= _FREQUENT_SHARE * counts.sum():
        gaps = np.diff(values[frequent])
        step = max(step, _recurring(gaps, np.ones(len(gaps)), _EVENLY_SPACED, rounding))
    return step if step > finest else 0.0


def _recurring(gaps: Floats, times: Floats, least: float, rounding: float) -> float:
    """Return the smallest gap that occurs at least so many times, zero if none does."""
    order = np.argsort(gaps)
    gaps, times = gaps[order], times[order]
    upto = np.searchsorted(gaps, gaps + 2 * rounding, side="right")
    total = np.append(0.0, np.cumsum(times))
    recurs = np.flatnonzero(total[upto] - total[:-1] >= least)
    if not len(recurs):
        return 0.0
    equal = slice(recurs[0], upto[recurs[0]])
    return float(np.average(gaps[equal], weights=times[equal]))
