"""What was found in a table, as plain data."""

from dataclasses import dataclass

from ...columns.looked.known import News
from ..moved.drift import Drift
from .decision import Decision
from .groups import Group, Merging
from .model import ModelFacts
from .rows import Anomaly, ReasonGroup, RepairedTable
from .segment_facts import SegmentFacts
from .table import TableFacts


@dataclass(frozen=True)
class Summary:
    """All that a command found.

    Attributes
    ----------
    command : str
        "detect", "score", "groups" or "report".
    table : TableFacts
        The table.
    model : ModelFacts
        The model.
    groups : tuple of Group
        One for each component; none where the model is no mixture.
    decision : Decision or None
        None where there is no threshold.
    anomalies : tuple of Anomaly
        The most anomalous rows, the most anomalous first; rows of equal score in the order of the table.
    notices : tuple of str
        Sentences about what deserves attention.
    out : str or None
        Where the result was written; None where only a report was.
    new_columns : tuple of str
        The columns it has beside those of the table.
    saved : str or None
        Where the model was saved.
    seconds : float
        How long it took.
    report : str or None
        Where the report was written.
    repaired : RepairedTable or None
        The table with flagged cells replaced.
    merging : Merging or None
        The clusters that components were merged into; None where they were not.
    reasons : tuple of ReasonGroup
        What the flagged rows share, the reasons of most rows first; none where no rows are flagged.
    good, bad : str or None
        Where the rows that are not flagged were written, and those that are.
    only_flagged : bool
        Whether the result has the flagged rows only.
    news : tuple of News
        What is new in the columns of a table that a saved model judged.
    drift : Drift or None
        How far its columns and the scores of its rows moved since the fit; None where that is not known.
    segments : tuple of SegmentFacts
        The segments within which rows were judged, those with the largest share of flagged rows first; none where all
        rows were judged together.
    """

    command: str
    table: TableFacts
    model: ModelFacts
    groups: tuple[Group, ...]
    decision: Decision | None
    anomalies: tuple[Anomaly, ...]
    notices: tuple[str, ...]
    out: str | None
    new_columns: tuple[str, ...]
    saved: str | None
    seconds: float
    report: str | None = None
    repaired: RepairedTable | None = None
    merging: Merging | None = None
    reasons: tuple[ReasonGroup, ...] = ()
    good: str | None = None
    bad: str | None = None
    only_flagged: bool = False
    news: tuple[News, ...] = ()
    drift: Drift | None = None
    segments: tuple[SegmentFacts, ...] = ()


@dataclass(frozen=True)
class DetectorFacts:
    """What one detector did; see `mixtura.decisions.comparison.Compared`."""

    name: str
    fit_seconds: float
    score_seconds: float
    flagged_by_others: float
    correlation: float
    auc: float | None
    average_precision: float | None


@dataclass(frozen=True)
class ComparisonSummary:
    """All that a comparison found.

    Attributes
    ----------
    command : str
        "compare".
    table : TableFacts
        The table.
    n_compared : int
        Rows that the detectors were fitted to.
    n_labelled, n_anomalies : int or None
        How many of them have a label, and how many of these are anomalies.
    rate : float
        Share of the rows that each detector flags.
    detectors : tuple of DetectorFacts
        Those that could be fitted.
    failed : dict of str to str
        The others, and why they could not.
    correlations : tuple of tuple of float
        Rank correlations of the scores.
    notices : tuple of str
        Sentences about what deserves attention.
    seconds : float
        How long it took.
    """

    command: str
    table: TableFacts
    n_compared: int
    n_labelled: int | None
    n_anomalies: int | None
    rate: float
    detectors: tuple[DetectorFacts, ...]
    failed: dict[str, str]
    correlations: tuple[tuple[float, ...], ...]
    notices: tuple[str, ...]
    seconds: float
