"""How many rows each threshold flags, from sketches of the scores."""

import math

import numpy as np

from ....statistics.sketch import QuantileSketch, Ranks
from ....tables.anomaly_scores import turned
from ....tables.scored.gathering import Flagged
from ....typing import Floats
from .data import ScoreCurve
from .numbers import bars, significant

# A step of the slider for every one of so many rows of highest score; past them, so many in all, ever farther apart.
_SINGLE = 200
_FARTHER = 400

# Where nine tenths of the scores lie in less of their range than this, bars of one width would show nothing of them.
_CROWDED = 0.15
_BENT_BARS = 36

Bend = tuple[float, float]


def score_curve(
    scores: QuantileSketch,
    classes: tuple[QuantileSketch, QuantileSketch] | None,
    threshold: float | None,
    flagged: Flagged,
    strays: QuantileSketch,
) -> ScoreCurve:
    """Return the rows above thresholds that are close together at the top, and farther apart below.

    Parameters
    ----------
    scores : QuantileSketch
        Of the scores, turned so that the lowest, which it holds exactly, are those of the most anomalous rows.
    classes : tuple of QuantileSketch or None
        The same for the rows labelled as anomalies, and for those labelled as belonging; None without labels.
    threshold : float or None
        The anomaly score that the model's decision rests on, which is among the thresholds.
    flagged : Flagged
        What lies above it.
    strays : QuantileSketch
        The scores, turned as well, of the rows that are flagged whatever the threshold.
    """
    support = scores.support
    at = _thinned(scores.rank(support))
    places = support[at]
    own = None
    if threshold is not None:
        cut = turned(threshold)
        places = np.unique(np.append(places, cut))
        own = int(np.searchsorted(places, cut))
    n_above = _held(scores.rank(places), own, flagged.n_rows)
    labelled = anomalies = None
    if classes is not None:
        of_anomalies, of_normal = (sketch.rank(places) for sketch in classes)
        anomalies = _held(of_anomalies, own, flagged.n_anomalies)
        normal = _held(of_normal, own, flagged.n_labelled - flagged.n_anomalies)
        labelled = anomalies + normal
    bend = _bend(scores)
    edges, counts = _histogram(scores, bend)
    exact = scores.rank_error == 0
    return ScoreCurve(
        thresholds=tuple(turned(places).tolist()),
        n_above=tuple(n_above.tolist()),
        n_labelled_above=None if labelled is None else tuple(labelled.tolist()),
        n_anomalies_above=None if anomalies is None else tuple(anomalies.tolist()),
        n_labelled=None if classes is None else sum(sketch.count for sketch in classes),
        n_anomalies=None if classes is None else classes[0].count,
        n_exact=len(places) if exact else int((n_above < len(scores.lowest.values)).sum()),
        edges=edges,
        counts=counts,
        bend=bend,
        n_strays_above=tuple(strays.rank(places).tolist()) if strays.count else (),
        n_strays=strays.count,
    )


def _thinned(ranks: Ranks) -> Ranks:
    """Return the positions of numbers to keep, of which so many rows lie above each."""
    n_rows = int(ranks[-1]) + 1
    single = np.arange(min(n_rows, _SINGLE))
    farther = np.geomspace(_SINGLE, n_rows, _FARTHER).astype(np.int64) if n_rows > _SINGLE else single[:0]
    wanted = np.concatenate([single, farther])
    return np.unique(np.searchsorted(ranks, wanted, side="right") - 1)


def _held(ranks: Ranks, own: int | None, known: int) -> Ranks:
    """Return ranks of which one is known exactly, the others where that one lets them be."""
    if own is None:
        return ranks
    return np.concatenate([np.minimum(ranks[:own], known), [known], np.maximum(ranks[own + 1 :], known)])


def _histogram(scores: QuantileSketch, bend: Bend | None) -> tuple[tuple[float, ...], tuple[int, ...]]:
    low, high = turned(scores.largest), turned(float(scores.lowest.values[0]))
    edges = bars(low, high) if bend is None else _bent_bars(low, high, *bend)
    # Numbers below an edge are those whose opposite is above the opposite edge.
    below = scores.count - scores.rank(turned(edges), "right")
    below[-1] = scores.count
    return tuple(edges.tolist()), tuple(np.diff(below).tolist())


def _bend(scores: QuantileSketch) -> Bend | None:
    """Return the median and how far the upper quartile is from it, where a few scores are far above all others."""
    low, high = turned(scores.largest), turned(float(scores.lowest.values[0]))
    median, upper, most = (turned(scores.quantile(share)) for share in (0.5, 0.25, 0.1))
    if upper <= median or not math.isfinite(high - low) or most - low > _CROWDED * (high - low):
        return None
    return significant(median), significant(upper - median)


def _bent_bars(low: float, high: float, place: float, width: float) -> Floats:
    """Return the edges of bars that are equally wide in asinh((score - place) / width)."""
    start, end = np.arcsinh((np.array([low, high]) - place) / width)
    inner = place + width * np.sinh(np.linspace(start, end, _BENT_BARS + 1)[1:-1])
    edges = np.array([low, *map(significant, inner.tolist()), high])
    return edges if (np.diff(edges) > 0).all() else bars(low, high)
