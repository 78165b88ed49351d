"""How finely the values of a column were rounded: no component of a search is narrower than that warrants."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.levels import LevelColumns
from ...intake.sample import Sample
from ...typing import Floats

# Two values that are to be equal, or two gaps, differ by so many roundings of their type at most.
_ROUNDINGS = 2

# Steps below this part of the range of a column are those of its type, or as good as none.
_FINEST = 1e-6

# Why several components are left out.
NO_GROUPS = "independent columns, each with its own shares of values, explain the rows better"

# A gap that occurs once says nothing.
_RECURRING = 2

# Some rows may be rounded more coarsely than others. Values that hold more than twice the rows of their neighbours, by
# three standard errors, tell how, when they hold so many of all rows together. Two or three of them may be groups:
# their gap recurs three times.
_TIMES, _ERRORS = 2.0, 3.0
_FREQUENT_SHARE = 0.1
_EVENLY_SPACED = 3

# A column is a scale when its range has at most so many steps, as answers from 0 to 10 have.
_SCALE_STEPS = 12

# Bins of a histogram: more tell apart what no group of rows would be told apart by.
_MOST_BINS = 64


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
    return np.array([(step_of(column, sample.weights) / 2) ** 2 for column in sample.observed.T])


@dataclass(frozen=True)
class Independence:
    """One group of rows whose columns are rounded, independent of one another, each with any shares of its values.

    Attributes
    ----------
    log_density : float
        Mean log density of a row, when the share of a value is spread over one step.
    n_parameters : int
        Number of shares that are free.
    n_seen : float
        Weight of the rows that the shares are those of.
    """

    log_density: float
    n_parameters: int
    n_seen: float

    def bic(self, n_rows: float) -> float:
        """Return the Bayesian information criterion, with so many rows.

        Shares of some rows fit these better than others: of more rows the log-likelihood is lower, by half a nat for
        each share and each further table as large as that seen.
        """
        others = self.n_parameters * (n_rows / self.n_seen - 1)
        return -2 * n_rows * self.log_density + others + self.n_parameters * float(np.log(n_rows))


def independence(sample: Sample, levels: LevelColumns | None = None) -> Independence | None:
    """Return what explains rounded rows without any groups; None where it cannot.

    Answers are uniform, skewed or pile up at the ends of a scale: it takes several normal components to follow a
    single column. They are groups only if they explain how columns depend on each other, better than independent
    columns do as they are: one class of latent class analysis (Goodman 1974, "Exploratory latent structure analysis
    using both identifiable and unidentifiable models", Biometrika 61). Of a single column nothing depends on it. A
    column of many steps has too many shares for that, and takes part where all its values are equally frequent: where a
    histogram of it needs one bin (Birgé and Rozenholc 2006, "How many bins should be put in a regular histogram",
    ESAIM: Probability and Statistics 10).

    Parameters
    ----------
    sample : Sample
        The rows, or some of them.
    levels : LevelColumns, optional
        The categorical columns: their shares are what they are, whatever their number.
    """
    columns = sample.observed.astype(np.float64).T
    if len(columns) < 2:
        return None
    n_seen = float(sample.weights.sum())
    log_likelihood, n_parameters = 0.0, 0
    categories = () if levels is None else levels.columns
    for number, (column, given) in enumerate(zip(columns, sample.observed.T, strict=True)):
        known = ~np.isnan(column)
        step = 1.0 if number in categories else step_of(given, sample.weights)
        if not step > 0:
            return None
        places = np.round((column[known] - column[known].min()) / step).astype(np.int64)
        counts = np.bincount(places, sample.weights[known]).astype(np.float64)
        is_scale = number in categories or len(counts) <= _SCALE_STEPS + 1
        shares = _scale(counts) if is_scale else _even(counts)
        if shares is None:
            return None
        log_likelihood += shares[0] - float(counts.sum()) * float(np.log(step))
        n_parameters += shares[1]
    return Independence(log_likelihood / n_seen, n_parameters, n_seen)


def _scale(counts: Floats) -> tuple[float, int]:
    """Return the log-likelihood of values that have a share each, in steps, and the number of free shares."""
    counts = counts[counts > 0]
    return float(counts @ np.log(counts / counts.sum())), len(counts) - 1


def _even(counts: Floats) -> tuple[float, int] | None:
    """Return the same of values that are equally frequent, whose ends are parameters; None where they are not.

    They are where a regular histogram has one bin, when the criterion chooses how many it has. Any other number is one
    of many that were tried, and has to make up for that.
    """
    upto, total = np.append(0.0, np.cumsum(counts)), float(counts.sum())
    n_bins = np.arange(1, min(len(counts), _MOST_BINS) + 1)
    losses = []
    for n in n_bins:
        edges = np.arange(n + 1) * len(counts) // n
        inside, widths = np.diff(upto[edges]), np.diff(edges)
        filled = inside > 0
        gained = inside[filled] @ np.log(inside[filled] / total / widths[filled])
        losses.append(-2 * float(gained) + (n - 1) * float(np.log(total)))
    tried = 2 * float(np.log(len(losses)))
    return (-total * float(np.log(len(counts))), 2) if losses[0] <= min(losses) + tried else None


def step_of(column: NDArray[Any], weights: Floats) -> float:
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
