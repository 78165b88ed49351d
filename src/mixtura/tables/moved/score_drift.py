"""How the anomaly scores of the rows of a table lie beside those of the rows that a model was fitted to."""

from dataclasses import dataclass

import numpy as np

from ...columns.seen.cumulative import MOST_PLACES, Cumulative, difference
from ...statistics.sketch import QuantileSketch
from ...statistics.two_samples import compared_distributions, has_changed
from ..anomaly_scores import turned

# Scores moved where chance would move them so rarely, and a tenth of the rows lies elsewhere.
_P_VALUE, _LEAST_DISTANCE = 0.01, 0.1


@dataclass(frozen=True)
class ScoreDrift:
    """How far the anomaly scores of the rows moved.

    Attributes
    ----------
    distance : float
        The largest difference of their cumulative distributions.
    by_chance : float
        The mean distance of two such samples of one distribution.
    p_value : float
        How probable such a distance is for two samples of one distribution.
    has_moved : bool
        Whether the change is none of chance, and large enough to matter.
    median_before, median_now : float
        Medians of the scores.
    share_before, share_now : float or None
        Shares of the rows above the threshold of the model; None where that is not the threshold in use.
    """

    distance: float
    by_chance: float
    p_value: float
    has_moved: bool
    median_before: float
    median_now: float
    share_before: float | None
    share_now: float | None


def known_scores(sketch: QuantileSketch, threshold: float) -> Cumulative:
    """Return how the anomaly scores of a table are distributed: at evenly spaced ranks, and at a threshold.

    Parameters
    ----------
    sketch : QuantileSketch
        The scores in the sense of `score_samples`, at least one.
    threshold : float
        The anomaly score above which rows are flagged.
    """
    places = np.unique(np.append(sketch.spaced(MOST_PLACES), turned(threshold)))
    below, upto = (sketch.rank(places, side) for side in ("left", "right"))
    # What is below for scores is above for anomaly scores.
    return Cumulative(turned(places)[::-1], sketch.count - upto[::-1], sketch.count - below[::-1], sketch.count)


def score_drift(before: Cumulative, now: Cumulative, threshold: float | None) -> ScoreDrift:
    """Return how anomaly scores moved, from their distributions at the same places, neither of no rows."""
    found = compared_distributions(difference(before, now).distance, before.n, now.n)
    at = np.flatnonzero(before.places == threshold)
    has_moved = found.p_value <= _P_VALUE and found.distance - found.by_chance >= _LEAST_DISTANCE
    shares: tuple[float, float] | None = None
    if len(at):
        shares = float(1 - before.upto[at[0]] / before.n), float(1 - now.upto[at[0]] / now.n)
        has_moved = has_moved or has_changed(*shares, before.n, now.n)
    return ScoreDrift(
        *found,
        has_moved,
        before.quantile(0.5),
        now.quantile(0.5),
        *(shares or (None, None)),
    )
