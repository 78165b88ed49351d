"""What a threshold achieves on rows whose label is known."""

import numpy as np

from ...decisions.curve import PrecisionRecallCurve
from ...statistics.sketch import QuantileSketch
from ..anomaly_scores import turned
from ..models.table_model import TableModel
from ..told.decision import OnLabels


def on_labels_of(model: TableModel, classes: tuple[QuantileSketch, QuantileSketch]) -> OnLabels | None:
    """Return what the threshold of a saved model achieves on rows with labels.

    Parameters
    ----------
    model : TableModel
        The model.
    classes : tuple of QuantileSketch
        Its scores, low for anomalies, of the anomalies and of the rows that belong.

    Returns
    -------
    OnLabels or None
        None where the model has no threshold, no row is known to be an anomaly, or nothing is flagged.
    """
    if model.threshold is None or not classes[0].count:
        return None
    curve, threshold = PrecisionRecallCurve.from_sketches(*classes), turned(model.threshold)
    return None if curve.scores[0] >= threshold else achieved(curve, threshold, chosen_on_them=False)


def achieved(curve: PrecisionRecallCurve, threshold: float, *, chosen_on_them: bool) -> OnLabels:
    """Return what a threshold of a curve achieves; whether it was chosen from the curve says how sure that is."""
    found = curve.at(threshold)
    # For a threshold that was chosen from this curve, the limits have to hold for all thresholds together.
    band = curve.band(simultaneous=chosen_on_them)
    place = int(np.searchsorted(curve.scores, threshold)) - 1
    (low, high), (least, most) = (
        tuple(float(limit[place]) for limit in pair) for pair in (band.precision, band.recall)
    )
    return OnLabels(
        round(curve.n_anomalies + curve.n_normal),
        round(curve.n_anomalies),
        found.precision,
        found.recall,
        (low, high),
        (least, most),
        curve.average_precision,
    )
