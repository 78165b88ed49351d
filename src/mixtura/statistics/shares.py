"""Where the lowest share of some scores ends, and what becomes of scores that tie there.

A row is flagged when its score is strictly below a threshold, so that rows that tie are flagged together or not at all.
The threshold for a share is the quantile of the scores. Rows that tie with it are not flagged, so that the share holds.
But where they alone are more than the share they are flagged, if the number of rows then comes nearer to it, as a
ratio: always where no row scores lower, for none would be flagged otherwise. From half of all rows on, those that tie
are what is usual, and are never flagged.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from ..typing import Floats
from .quantiles import Place, interpolate, places_at
from .sketch import QuantileSketch

# Returns, for the ranks wanted of so many numbers, how many numbers there are and those of these ranks.
Find = Callable[[Callable[[float], Sequence[int]]], tuple[float, Sequence[Place]]]


@dataclass(frozen=True)
class Cut:
    """A threshold that flags the lowest share of some rows.

    Attributes
    ----------
    threshold : float
        Rows whose score is strictly below are flagged.
    share : float
        What was asked for.
    n_rows, n_flagged : float
        All rows, and those that are flagged: counts, or sums of weights.
    n_below, n_tied : float
        Rows that score lower than those that tie where the share ends, and these; none tie where it ends between two
        scores.
    """

    threshold: float
    share: float
    n_rows: float
    n_flagged: float
    n_below: float
    n_tied: float

    def notice(self, what: str = "rows") -> str | None:
        """Return a sentence about ties that change how many rows are flagged; None where none do."""
        if self.n_tied <= 1:
            return None
        share = _percent(self.share)
        said = (
            f"{_count(self.n_tied)} {what} have the same score, on the edge of {share} of {_count(self.n_rows)} {what}"
        )
        if self.n_flagged > self.n_below:
            return f"{said}. They alone are more than {share}, and are flagged too: {_count(self.n_flagged)} in all"
        if 2 * self.n_tied >= self.n_rows:
            return f"{said}. They are half of all or more, and not flagged: {_count(self.n_below)} are"
        together = self.n_below + self.n_tied
        return (
            f"{said}. They are not flagged: {_count(self.n_below)} are without them, {_count(together)} with them. A "
            f"share of {_percent(1.005 * together / self.n_rows)} flags them too"
        )


def cut_at_share(scores: Callable[[], Iterable[ArrayLike]] | QuantileSketch, share: float) -> Cut:
    """Return the threshold that flags the lowest share of scores, which are read in chunks or passed once.

    Examples
    --------
    >>> cut_at_share(lambda: [[-9.0, -1.0, -2.0, -1.5]], 0.25).threshold
    -3.75
    >>> cut = cut_at_share(lambda: [[-9.0, -9.0, -1.0, -1.0, -1.0]], 0.1)
    >>> cut.threshold, cut.n_flagged
    (-5.0, 2)
    """
    find: Find = partial(_in_sketch, scores) if isinstance(scores, QuantileSketch) else partial(_in_chunks, scores)
    return _cut(find, share)


def cut_of(scores: ArrayLike, share: float) -> Cut:
    """Return the threshold that flags the lowest share of scores, one a row."""
    return cut_at_share(lambda: [scores], share)


def cut_of_weighted(scores: Floats, weights: Floats, share: float) -> Cut:
    """Return the threshold that flags the lowest share of weight: a row of weight two counts as two equal rows."""
    order = np.argsort(scores, kind="stable")
    return _cut(partial(_in_order, scores[order], np.cumsum(weights[order])), share)


def between(lower: ArrayLike, upper: ArrayLike) -> Floats:
    """Return thresholds that lower scores are strictly below and upper ones, each larger, are not.

    They lie half-way, so that a score that is rounded differently stays on its side; they are the upper score where
    the other is minus infinity or no number lies between.
    """
    lower, upper = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        middle = lower + (upper / 2 - lower / 2)
    return np.where((lower < middle) & (middle < upper), middle, upper)


def _cut(find: Find, share: float) -> Cut:
    def position(n: float) -> float:
        return max(n - 1, 0) * float(share)

    n_rows, (low, high) = find(lambda n: [math.floor(position(n)), math.ceil(position(n))])
    part = position(n_rows) - math.floor(position(n_rows))
    threshold = interpolate(low.value, high.value, part)
    upto = low.n_below + low.n_equal
    if low.value < high.value:
        above = threshold if threshold > low.value else float(between(low.value, high.value))
        return Cut(above, share, n_rows, upto, upto, 0)
    asked = share * n_rows
    nearer = asked < low.n_equal < n_rows / 2 and low.n_below * upto <= asked**2
    if not nearer:
        return Cut(threshold, share, n_rows, low.n_below, low.n_below, low.n_equal)
    _, (following,) = find(lambda n: [math.ceil(upto)])
    return Cut(float(between(low.value, following.value)), share, n_rows, upto, low.n_below, low.n_equal)


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"


def _count(n: float) -> str:
    return f"{n:,.10g}"


def _in_chunks(
    chunks: Callable[[], Iterable[ArrayLike]], ranks: Callable[[int], Sequence[int]]
) -> tuple[int, tuple[Place, ...]]:
    n_rows = 0

    def counted(n: int) -> Sequence[int]:
        nonlocal n_rows
        n_rows = n
        return ranks(n)

    places = places_at(chunks, counted)
    return n_rows, places


def _in_sketch(sketch: QuantileSketch, ranks: Callable[[int], Sequence[int]]) -> tuple[int, list[Place]]:
    return sketch.count, [sketch.place(rank) for rank in ranks(sketch.count)]


def _in_order(ordered: Floats, upto: Floats, ranks: Callable[[float], Sequence[int]]) -> tuple[float, list[Place]]:
    """Return places among ordered scores, up to each of which there is so much weight."""
    places = []
    for rank in ranks(float(upto[-1])):
        value = ordered[min(int(np.searchsorted(upto, rank, side="right")), len(upto) - 1)]
        first, end = np.searchsorted(ordered, value), np.searchsorted(ordered, value, side="right")
        below = float(upto[first - 1]) if first else 0.0
        places.append(Place(float(value), below, float(upto[end - 1]) - below))
    return float(upto[-1]), places
