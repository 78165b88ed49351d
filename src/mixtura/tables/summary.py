"""What was found in a table, as plain data."""

import math
from dataclasses import dataclass, field

from ..columns.known import News
from .drift import Drift
from .segment_facts import SegmentFacts

# What is told of the fit of a mixture, and saved with it: attributes of `ModelFacts`.
FIT_FIGURES = ("bic", "aic", "log_likelihood", "lower_bound")


@dataclass(frozen=True)
class LeftOutColumn:
    """A column that was not used.

    Attributes
    ----------
    name : str
        Its name.
    reason : str
        Why: what it holds instead of numbers, or "constant".
    """

    name: str
    reason: str


@dataclass(frozen=True)
class TableFacts:
    """The table.

    Attributes
    ----------
    source : str
        As the user named it.
    n_rows : int
        Number of rows.
    columns : tuple of str
        Columns in use.
    left_out : tuple of LeftOutColumn
        Columns not in use that nobody asked to drop.
    """

    source: str
    n_rows: int
    columns: tuple[str, ...]
    left_out: tuple[LeftOutColumn, ...]


@dataclass(frozen=True)
class CandidateFacts:
    """One combination that the search fitted; infinite criteria mean that it could not be fitted.

    Criteria and log likelihood are of the rows fitted, in the units of the table; of a large table, those of candidates
    that a sample ruled out are estimates.
    """

    n_components: int
    covariance_type: str
    bic: float
    aic: float
    log_likelihood: float
    n_parameters: int
    converged: bool
    is_estimated: bool = False


@dataclass(frozen=True)
class ModelFacts:
    """The model.

    Attributes
    ----------
    kind : str
        Name of its kind, such as "auto".
    description : str
        What it is, in words.
    n_components : int or None
        Number of components of a mixture.
    covariance_type : str or None
        Shape of their covariances.
    n_parameters : int or None
        Free parameters of a mixture.
    candidates : tuple of CandidateFacts
        All that was tried, empty where there was nothing to try, and for a model from a file.
    trained_on : str or None
        The reference table that the model was trained on, None where it was the table itself.
    bic, aic, log_likelihood : float or None
        Of a mixture of maximum likelihood and the rows that it was fitted to, in the units of the table.
    lower_bound : float or None
        Lower bound of the log evidence of these rows under a Bayesian mixture, in the units of the table.
    seed : int or None
        Seed of the random starts that it was fitted with, where that is known.
    versions : dict of str to str
        Versions of the libraries and kernels that made it, by name; none of a model that does not say.
    """

    kind: str
    description: str
    n_components: int | None = None
    covariance_type: str | None = None
    n_parameters: int | None = None
    candidates: tuple[CandidateFacts, ...] = ()
    trained_on: str | None = None
    bic: float | None = None
    aic: float | None = None
    log_likelihood: float | None = None
    lower_bound: float | None = None
    seed: int | None = None
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def ranking(self) -> list[CandidateFacts]:
        """The candidates that could be fitted, the lowest BIC first."""
        return sorted((c for c in self.candidates if math.isfinite(c.bic)), key=lambda c: c.bic)


@dataclass(frozen=True)
class LevelShare:
    """A level of a column among the rows of a group.

    Attributes
    ----------
    level : str
        The level, as it stands in the table.
    share : float
        Its probability in the group, as a fraction of the rows that have a level.
    overall : float
        The same in the whole mixture.
    """

    level: str
    share: float
    overall: float

    @property
    def nats(self) -> float:
        """What it adds to the divergence of the group from the whole."""
        return self.share * math.log(self.share / self.overall) if self.share > 0 else 0.0


@dataclass(frozen=True)
class Group:
    """The rows of one component.

    Attributes
    ----------
    component : int
        Its number, from 0, as in the result and in the saved model; component 0 has the largest weight.
    cluster : int or None
        The cluster that it was merged into; None where components were not merged, and for one of weight zero.
    levels : dict of str to tuple of LevelShare
        The levels of every column of levels, the most probable one first.
    n_rows : int
        Rows for which it is the most probable component.
    share : float
        The same as a fraction of all rows.
    center : dict of str to float
        Its mean in every column of numbers, in the units of the table.
    contrast : dict of str to float
        How many standard deviations of the column that mean lies above its middle, both as its quartiles say. Of a
        column of levels the root of twice the Kullback-Leibler divergence from the whole mixture, which says the same
        of two normal groups as wide as one another.
    """

    component: int
    n_rows: int
    share: float
    center: dict[str, float]
    contrast: dict[str, float]
    cluster: int | None = None
    levels: dict[str, tuple[LevelShare, ...]] = field(default_factory=dict)

    def telling(self, column: str) -> LevelShare:
        """Return the level of a column of levels that tells most of the group."""
        return max(self.levels[column], key=lambda level: level.nats)


@dataclass(frozen=True)
class Cluster:
    """The rows of components that were merged.

    Attributes
    ----------
    cluster : int
        Its number, from 0, as in the result; cluster 0 has the largest weight.
    components : tuple of int
        The components that it was merged from.
    n_rows : int
        Rows for which it is the most probable cluster.
    share : float
        The same as a fraction of all rows.
    """

    cluster: int
    components: tuple[int, ...]
    n_rows: int
    share: float


@dataclass(frozen=True)
class Merging:
    """Components merged into clusters.

    Attributes
    ----------
    clusters : tuple of Cluster
        The clusters.
    asked : bool
        Whether their number was asked for, and not found.
    """

    clusters: tuple[Cluster, ...]
    asked: bool


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


@dataclass(frozen=True)
class FlaggedCell:
    """A value that is wrong.

    Attributes
    ----------
    column : str
        Its column.
    value : float or str
        The value; words where the column holds no numbers.
    expected : float or str
        What the other values of the row predict, without those that are wrong too.
    """

    column: str
    value: float | str
    expected: float | str

    @property
    def direction(self) -> str:
        """Whether the value is "low" or "high", or "unexpected" where it is no number."""
        if isinstance(self.value, str) or isinstance(self.expected, str):
            return "unexpected"
        return "low" if self.value < self.expected else "high"


@dataclass(frozen=True)
class StrayCell:
    """A cell that does not hold what its column holds.

    Attributes
    ----------
    column : str
        Its column.
    text : str
        What it holds, cut where it is long.
    """

    column: str
    text: str


@dataclass(frozen=True)
class Anomaly:
    """One of the most anomalous rows.

    Attributes
    ----------
    row : int
        Data row of the table, from 1.
    anomaly_score : float
        Higher is more anomalous.
    severity : float
        Share of rows like these, in percent, that it is rarer than; NaN where the model does not say.
    component : int or None
        The component it is assigned to, where the model is a mixture.
    column : str
        The column that does most to make it anomalous.
    value : float or str
        What the row has there, in words where the column holds no numbers; NaN where it has no values at all.
    expected : float or str
        What the model expected there.
    reason : str
        The same in a sentence or two.
    cells : tuple of FlaggedCell
        The smallest set of values without which it is ordinary; none where no few values explain it.
    score_after : float
        Its anomaly score with these replaced by what was expected; NaN where there are none.
    strays : tuple of StrayCell
        Cells that do not hold what their columns hold, for which it is flagged whatever its score.
    """

    row: int
    anomaly_score: float
    severity: float
    component: int | None
    column: str
    value: float | str
    expected: float | str
    reason: str
    cells: tuple[FlaggedCell, ...] = ()
    score_after: float = math.nan
    strays: tuple[StrayCell, ...] = ()


@dataclass(frozen=True)
class ReasonGroup:
    """Flagged rows that share a reason: the same values are wrong, in the same direction.

    Attributes
    ----------
    reason : str
        What they have in common, in a few words.
    columns : tuple of str
        The columns of the wrong values; none of rows that are unusual as a whole.
    directions : tuple of str
        "low" or "high" for each of these; none where they do not hold what their columns hold.
    n_rows : int
        How many rows they are.
    example : int
        Data row of the table, from 1, of the most anomalous one.
    """

    reason: str
    columns: tuple[str, ...]
    directions: tuple[str, ...]
    n_rows: int
    example: int


@dataclass(frozen=True)
class RepairedTable:
    """A table that was written with the flagged cells of flagged rows replaced by what the other cells predict.

    Attributes
    ----------
    path : str
        Where it was written.
    n_rows, n_cells : int
        Rows with a cell that was replaced, and how many cells were.
    """

    path: str
    n_rows: int
    n_cells: int


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
