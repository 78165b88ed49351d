"""Which scores a `ThresholdDisplay` shows: the edges of its bars, and the thresholds of its curves."""

from __future__ import annotations

import numpy as np

from ...decisions.curve import PrecisionRecallCurve
from ...typing import Floats

# Precision and recall are drawn at this many thresholds at most: a picture has fewer columns of pixels.
_MOST_POINTS = 2000

# Scores are taken as no farther out than this, so that their distances are doubles.
_FARTHEST = 1e300


def edges_about(low: Floats, cut: float, bins: int) -> Floats:
    """Return the edges of bars of equal width, one of them the threshold, where most rows lie.

    A tail is followed for as far as the body of the rows, 1 to 99 %, and the threshold are wide: a few rows further
    out would make all others one bar.
    """
    finite = np.clip(low[np.isfinite(low)], -_FARTHEST, _FARTHEST)
    if not len(finite):
        finite = np.array([cut])
    start, end = np.quantile(finite, [0.01, 0.99])
    start, end = min(start, cut), max(end, cut)
    width = end - start
    first, last = min(max(start - width, finite.min()), cut), max(min(end + width, finite.max()), cut)
    # All alike, and the threshold too: any width will do that a double at that place can tell apart.
    step = (last - first) / bins or max(1.0, abs(cut)) / bins
    step = max(step, 4 * float(np.spacing(max(abs(first), abs(last)))))
    below, above = int(np.floor((first - cut) / step)), int(np.ceil((last - cut) / step))
    # The last bar is open at its end: the highest row is to be in it, and there is to be one on each side.
    steps = np.arange(min(below, -1), max(above, 0) + 2)
    return np.asarray(cut + step * steps, dtype=np.float64)


def thinned(curve: PrecisionRecallCurve, first: float, last: float) -> PrecisionRecallCurve:
    """Return the part of a curve that is drawn, at thresholds that a picture can tell apart."""
    inside = np.flatnonzero((curve.scores >= first) & (curve.scores <= last))
    before = np.flatnonzero(curve.scores < first)[-1:]
    kept = np.append(before, inside)
    if len(kept) > _MOST_POINTS:
        places = np.searchsorted(curve.scores, np.linspace(first, last, _MOST_POINTS), "right") - 1
        kept = np.unique(np.clip(places, kept[0], kept[-1]))
    scores = np.maximum(curve.scores[kept], first)
    if len(kept):  # what the last threshold finds goes on up to the edge
        scores, kept = np.append(scores, last), np.append(kept, kept[-1])
    true, false = curve.true_positives[kept], curve.false_positives[kept]
    return PrecisionRecallCurve(scores, true, false, curve.n_anomalies, curve.n_normal)
