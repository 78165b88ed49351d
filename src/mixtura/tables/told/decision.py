"""How a threshold was chosen and what it achieves, as plain data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OnLabels:
    """What the threshold achieves on the rows whose label is known.

    Attributes
    ----------
    n_rows, n_anomalies : int
        Rows with a label, and how many of them are anomalies.
    precision, recall : float
        Share of the flagged rows that are anomalies; share of the anomalies that are flagged.
    precision_interval, recall_interval : tuple of float
        Where they lie with a probability of 95 %.
    average_precision : float
        Of the scores, whatever the threshold.
    """

    n_rows: int
    n_anomalies: int
    precision: float
    recall: float
    precision_interval: tuple[float, float]
    recall_interval: tuple[float, float]
    average_precision: float


@dataclass(frozen=True)
class Decision:
    """Which rows count as anomalies.

    Attributes
    ----------
    rule : str or None
        Name of the rule that chose the threshold, such as "rate".
    target : float or None
        The number that goes with it.
    trained_on : str
        "table", which may hold anomalies, or "reference", which holds none.
    threshold : float or None
        Rows with an anomaly score above it are anomalies; None where no score is high enough.
    n_anomalies : int
        How many rows are flagged in this table: these, and others with cells that do not fit their columns.
    share : float
        The same as a fraction of all rows.
    on_labels : OnLabels or None
        What it achieves where rows are labelled.
    saved : bool
        Whether it was saved with the model, and not chosen for this table.
    n_by_strays : int
        How many rows are flagged only because cells do not hold what their columns hold.
    n_like_fine : int
        How many rows would be flagged, and are not, because they were marked as fine or are like one that was.
    """

    rule: str | None
    target: float | None
    trained_on: str
    threshold: float | None
    n_anomalies: int
    share: float
    on_labels: OnLabels | None = None
    saved: bool = False
    n_by_strays: int = 0
    n_like_fine: int = 0
