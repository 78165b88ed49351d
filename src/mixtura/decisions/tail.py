"""Thresholds rarer than the rows that were seen: peaks over threshold, the tail of the scores as a distribution."""

import math
from dataclasses import dataclass
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq, minimize_scalar
from scipy.special import ndtri

from ..statistics.checks import row_numbers
from ..statistics.lowest import LowestValues
from ..typing import Floats
from .pareto import GeneralizedPareto, fit_generalized_pareto, growth, log_likelihood
from .thresholds import check_level, check_rate

# Shares of the rows that may be the tail, the largest that fits is taken: a large tail varies less from one table to
# the next, a small one is nearer to the limit in which tails are generalised Pareto. With 10 % of 20,000 rows of
# Student's t the intervals for a rate of 1e-4 cover 83 % of the time, and not 95 %.
_FRACTIONS = (0.05, 0.035, 0.025, 0.02)
# A tail chosen here has so many rows, or a quarter of a table too small for that.
_FEWEST = 50
# Below this the shape is a guess.
_LEAST = 10
# And no more than these, so that a fit takes no longer than a second and the lowest values hold them by default.
_MOST = 50_000
# Shapes searched for the interval: from the lowest of the fit to twice its shape, at least 3.
_N_SHAPES = 41


@dataclass(frozen=True, eq=False)
class TailModel:
    """The tail of normal rows' scores, for "one false alarm in N rows" with N beyond the rows that were seen.

    Scores are as `score_samples` returns them: the lower, the less a row belongs. Below a boundary, the depth of a
    score beneath it follows a generalised Pareto distribution, whatever the scores do elsewhere [1]_ [2]_ [3]_.
    `fit_tail` fits one.

    Parameters
    ----------
    boundary : float
        Score where the tail begins.
    n_rows : int
        How many rows it was fitted to.
    pareto : GeneralizedPareto
        How far below the boundary the scores of the tail lie.
    excesses : ndarray of shape (n_excesses,)
        Boundary less score, of the rows strictly below it.

    Raises
    ------
    ValueError
        The boundary is not finite, or there are no excesses, or more than rows.

    References
    ----------
    .. [1] Pickands (1975), "Statistical inference using extreme order statistics", The Annals of Statistics 3.
    .. [2] Coles (2001), "An introduction to statistical modeling of extreme values", chapter 4.
    .. [3] Siffer, Fouque, Termier and Largouet (2017), "Anomaly detection in streams with extreme value theory", KDD.

    Examples
    --------
    >>> import numpy as np
    >>> scores = -np.random.default_rng(0).exponential(size=20_000)
    >>> tail = fit_tail(scores)
    >>> round(tail.threshold_for(1e-5), 1)  # of all such rows it is log(1e-5), -11.5
    -11.8
    >>> [round(end, 1) for end in tail.threshold_interval(1e-5)]
    [-14.4, -10.2]
    """

    boundary: float
    n_rows: int
    pareto: GeneralizedPareto
    excesses: Floats

    def __post_init__(self) -> None:
        if not (math.isfinite(self.boundary) and 0 < len(self.excesses) <= self.n_rows):
            raise ValueError(
                f"a tail has a finite boundary and no more rows than the table, not the boundary {self.boundary} and "
                f"{len(self.excesses)} of {self.n_rows} rows"
            )

    @property
    def fraction(self) -> float:
        """Share of the rows that are in the tail."""
        return len(self.excesses) / self.n_rows

    def threshold_for(self, rate: float) -> float:
        """Return the score that a normal row is below with a given probability: one in N for a rate of 1 / N.

        Parameters
        ----------
        rate : float
            Above 0 and no more than `fraction`. A row is an anomaly when its score is strictly below the threshold.

        Raises
        ------
        ValueError
            The rate is outside this range, or so small that the threshold leaves the range of doubles.
        """
        return self.boundary - self._depth(rate)

    def threshold_interval(self, rate: float, level: float = 0.95) -> tuple[float, float]:
        """Return an interval that covers the threshold for a rate with a given probability.

        It holds the thresholds that the excesses do not speak against by the profile likelihood [1]_, which lets it
        reach further down than up; minus infinity where nothing bounds it. It takes the tail to be generalised Pareto
        from its boundary on: intervals of normal scores, whose tails near that form slowly, cover about 90 % of the
        time at the level 0.95.

        Parameters
        ----------
        rate : float
            As for `threshold_for`, but below `fraction`.
        level : float, default=0.95
            Above 0 and below 1.

        Returns
        -------
        deepest, shallowest : float

        Raises
        ------
        ValueError
            The rate or the level is outside its range.

        References
        ----------
        .. [1] Coles (2001), "An introduction to statistical modeling of extreme values", section 4.3.3.
        """
        log_odds = -math.log(self._share_of_tail(rate))
        if log_odds == 0:
            raise ValueError(
                f"the rate {rate!r} is the whole tail, and the threshold is its boundary: ask for a lower rate"
            )
        # In units of the threshold's own depth, so that a search of factors of two serves any units.
        depth = self._depth(rate)
        ratios = self.excesses / depth
        shapes = np.linspace(-1.0, max(3.0, 2 * self.pareto.shape), _N_SHAPES)
        lowest = _profile(ratios, 1.0, log_odds, shapes) - float(ndtri((1 + check_level(level)) / 2)) ** 2 / 2

        def above(log_factor: float) -> float:
            # Far away the likelihood is zero, and its logarithm is held finite for the search.
            return max(_profile(ratios, math.exp(log_factor), log_odds, shapes) - lowest, -1e300)

        ends = []
        for sign in (1, -1):
            far = next((sign * step for step in (0.5, 1, 2, 4, 8, 16, 32, 64) if above(sign * step) < 0), None)
            ends.append(math.inf * sign if far is None else float(brentq(above, 0.0, far, xtol=1e-6)))
        deepest, shallowest = (self.boundary - depth * math.exp(end) for end in ends)
        return deepest, shallowest

    def p_value(self, scores: ArrayLike) -> Floats:
        """Return the probability that a normal row has as low a score, for each of `scores`, shape (n_rows,).

        Rows of the boundary or above have the p-value 1: the tail says nothing about them. A row below the threshold
        for a rate has a p-value below that rate.

        Raises
        ------
        ValueError
            Scores are not one number for each row.
        """
        values = row_numbers(np.atleast_1d(scores), "scores").reshape(np.shape(scores))
        below = values < self.boundary
        with np.errstate(over="ignore"):
            depths = np.where(below, self.boundary - values, 0.0)
        return np.where(below, self.fraction * np.exp(self.pareto.log_survival(depths)), 1.0)

    def _depth(self, rate: float) -> float:
        depth = self.pareto.excess(self._share_of_tail(rate))
        if math.isinf(depth):
            raise ValueError(
                f"the threshold for the rate {rate!r} is beyond the range of doubles, because the tail is heavy "
                f"(shape {self.pareto.shape:.3g}): take a larger rate, or leave out rows that are anomalies"
            )
        return depth

    def _share_of_tail(self, rate: float) -> float:
        share = check_rate(rate) / self.fraction
        if share > 1:
            raise ValueError(
                f"the tail holds {self.fraction:.4g} of the rows and says nothing about a rate of {rate!r}: "
                "set the threshold by rate from the scores themselves"
            )
        return share


def fit_tail(scores: ArrayLike | LowestValues, fraction: float | None = None) -> TailModel:
    """Fit the tail of the scores of normal rows.

    The rows should be normal, or anomalies among them far fewer than the tail: `clean` drops them first. Rows that the
    scores' own model was not fitted to give an honest rate; on those it was fitted to, flexible models score higher.

    Parameters
    ----------
    scores : array_like of shape (n_rows,), or LowestValues
        Scores of the rows, the lower, the less a row belongs. `LowestValues` are those of scores that pass once, as a
        `QuantileSketch` holds them too, and give the same fit as the array.
    fraction : float, optional
        Share of the rows in the tail. None takes the largest of 5, 3.5, 2.5 and 2 % of the rows that has at least 50
        and at most 50,000 and whose excesses the distribution fits, with an Anderson-Darling distance that one fit in
        ten exceeds; the smallest of them where none fits. In a table too small for 50, the tail is a quarter of the
        rows.

    Returns
    -------
    TailModel

    Raises
    ------
    ValueError
        There are fewer than 10 rows in the tail, or fewer than 40 in all, or they tie; a score of the tail is minus
        infinity, or they are not one number for each row; the fraction is outside its range or beyond the lowest
        values held.

    Examples
    --------
    >>> import numpy as np
    >>> scores = -np.random.default_rng(0).exponential(size=10_000)
    >>> tail = fit_tail(scores)
    >>> tail.fraction, tail.pareto.anderson_darling < tail.pareto.critical_distance
    (0.05, True)
    >>> lowest = LowestValues.zero().including(scores[:5000]) + LowestValues.zero().including(scores[5000:])
    >>> fit_tail(lowest).threshold_for(1e-4) == tail.threshold_for(1e-4)
    True
    """
    if not isinstance(scores, LowestValues):
        values = row_numbers(scores, "scores")
        scores = LowestValues.zero(max(1, len(values))).including(values)
    tails = [_tail(scores, count) for count in _counts(scores, fraction)]
    fitting = (tail for tail in tails if tail.pareto.anderson_darling <= tail.pareto.critical_distance)
    return next(fitting, tails[-1])


def _counts(lowest: LowestValues, fraction: float | None) -> list[int]:
    """Return how many rows the tail may have, the largest first."""
    n_rows, held = lowest.count, len(lowest.values) - 1  # the boundary is held too
    if fraction is not None:
        if isinstance(fraction, bool) or not isinstance(fraction, Real) or not 0 < fraction < 1:
            raise ValueError(f"the fraction of rows in the tail must be above 0 and below 1, not {fraction!r}")
        count = round(n_rows * float(fraction))
        if count < _LEAST:
            raise ValueError(f"{fraction!r} of {n_rows} rows are {count}, and a tail needs at least {_LEAST}")
        if count > held:
            raise ValueError(
                f"{fraction!r} of {n_rows} rows are {count}, and {max(held, 0)} lowest values below a boundary are "
                "held: hold more, or take a smaller fraction"
            )
        return [count]
    if n_rows < 4 * _LEAST:
        raise ValueError(f"a tail needs at least {4 * _LEAST} rows, and there are {n_rows}")
    most = min(_MOST, held)
    counts = [min(round(n_rows * share), most) for share in _FRACTIONS if n_rows * share >= _FEWEST]
    counts = counts or [min(_FEWEST, n_rows // 4, most)]
    if counts[-1] < _LEAST:
        raise ValueError(f"{held} lowest values below a boundary are held, and a tail needs at least {_LEAST}")
    return sorted(set(counts), reverse=True)


def _tail(lowest: LowestValues, count: int) -> TailModel:
    boundary = float(lowest.values[count])
    below = lowest.values[:count]
    below = below[below < boundary]
    if len(below) and below[0] == -np.inf:
        raise ValueError("a score is minus infinity, so the tail has no scale: leave such rows out, they are anomalies")
    if len(below) < _LEAST or below[0] == below[-1]:
        raise ValueError(
            f"of the {count} lowest scores only {len(below)} are below the next, {boundary:g}, or all of them tie: a "
            "tail needs scores that differ"
        )
    if not math.isfinite(boundary - float(below[0])):
        raise ValueError(f"the lowest score, {below[0]:g}, is too far below the others for the range of doubles")
    excesses = boundary - below
    excesses.setflags(write=False)
    return TailModel(boundary, lowest.count, fit_generalized_pareto(excesses), excesses)


def _profile(ratios: Floats, depth: float, log_odds: float, shapes: Floats) -> float:
    """Return the highest log-likelihood over a range of shapes, where P(Y > depth) = e^-log_odds."""

    def value(shape: float) -> float:
        return log_likelihood(ratios, depth / growth(log_odds, shape), shape)

    values = np.array([value(float(shape)) for shape in shapes])
    best = int(np.argmax(values))
    low, high = (float(shapes[min(max(place, 0), len(shapes) - 1)]) for place in (best - 1, best + 1))
    with np.errstate(invalid="ignore"):
        result = minimize_scalar(lambda shape: -value(float(shape)), bounds=(low, high), method="bounded")
    return max(float(values[best]), -float(result.fun))
