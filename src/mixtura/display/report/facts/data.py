"""All that a report shows, as plain data; `html` turns it into a page, `as_json` into JSON."""

from dataclasses import dataclass

from ....tables.told.rows import StrayCell
from ....tables.told.summary import Summary


@dataclass(frozen=True)
class ColumnFacts:
    """One column in use.

    Attributes
    ----------
    name : str
        Its name.
    n_missing : int
        Rows without a value there.
    minimum, maximum : float
        Its range; NaN where there are no values.
    median : float
        Its middle value, to the accuracy of a sketch in a large table.
    edges : tuple of float
        Edges of the bars of its histogram, ascending; one more than there are bars. Where there are no values,
        one bar is empty.
    counts : tuple of int
        Rows of the table in each bar, to the accuracy of a sketch in a large table; their sum is exact. A value on an
        edge is counted in the bar above it, the largest in the last.
    told : tuple of str
        The lowest, the middle and the highest value in words, where the column holds no numbers: the first is its most
        frequent level, where it has levels.
    n_flagged : int
        Its flagged cells in the listed rows.
    """

    name: str
    n_missing: int
    minimum: float
    maximum: float
    median: float
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    told: tuple[str, ...] = ()
    n_flagged: int = 0


@dataclass(frozen=True)
class GroupProfile:
    """What the rows of one component have in common, in the units of the table.

    Attributes
    ----------
    component : int
        Its number, from 0.
    weight : float
        Its weight in the mixture.
    mean : tuple of float
        Its mean in each column.
    covariance : tuple of tuple of float
        Its covariance matrix; empty where the matrices of all components together are too large for a page.
    standard_deviation : tuple of float
        Its standard deviation in each column.
    """

    component: int
    weight: float
    mean: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    standard_deviation: tuple[float, ...]


@dataclass(frozen=True)
class Deviation:
    """How one column of a row differs from what the model expects of it.

    Attributes
    ----------
    column : str
        Its name.
    value, expected : float or str
        What the row has there, and what its other cells predict; words where the column holds no numbers.
    share : float
        How much it adds to the surprise of the row, in nats.
    repaired : float, str or None
        What the value is replaced by where it is flagged; None where it is not.
    other : bool
        Whether the value is of other cells that explain the row as well as the flagged ones.
    """

    column: str
    value: float | str
    expected: float | str
    share: float
    repaired: float | str | None = None
    other: bool = False

    @property
    def flagged(self) -> bool:
        """Whether the value is among the fewest without which the rest of the row is ordinary."""
        return self.repaired is not None


@dataclass(frozen=True)
class ReportRow:
    """One row among the most anomalous, which are listed.

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
    label : bool or None
        Whether it is known to be an anomaly; None where nobody says.
    cells : tuple of str
        What the table has in `Report.cell_columns`, as text, long ones cut short.
    reason : str
        Why it is anomalous, in a sentence.
    deviations : tuple of Deviation
        The columns that tell most of it: those of its flagged cells, then those of the largest shares.
    surprise : float
        How much more surprising it is than an ordinary row, in nats: the sum of the shares of all columns.
    score_after : float or None
        Its anomaly score with its flagged cells replaced; None where none is flagged.
    strays : tuple of StrayCell
        Cells that do not fit their columns, for which it is flagged whatever its score.
    shared : str
        What it has in common with the rows of the same reason, in a few words.
    is_fine : bool
        Whether it is not flagged, whatever its score, because it was marked as fine or is like a row that was.
    """

    row: int
    anomaly_score: float
    severity: float
    component: int | None
    label: bool | None
    cells: tuple[str, ...]
    reason: str
    deviations: tuple[Deviation, ...]
    surprise: float
    score_after: float | None
    strays: tuple[StrayCell, ...] = ()
    shared: str = "unusual as a whole"
    is_fine: bool = False


@dataclass(frozen=True)
class Point:
    """One row of the sample that the pictures show; `values` are in `Report.view_columns`, NaN where missing.

    `severity` is that of `ReportRow`, with the digits that tell apart what it is written as.
    """

    row: int
    anomaly_score: float
    severity: float
    component: int | None
    values: tuple[float, ...]


@dataclass(frozen=True)
class Contours:
    """Log density of a mixture over a grid of two columns, the others integrated out.

    Attributes
    ----------
    x, y : str
        The columns.
    x_grid, y_grid : tuple of float
        Equidistant places along each.
    log_density : tuple of tuple of float
        One row for each place of `y_grid`, one number in it for each place of `x_grid`.
    """

    x: str
    y: str
    x_grid: tuple[float, ...]
    y_grid: tuple[float, ...]
    log_density: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class ScoreCurve:
    """How many rows each threshold flags, for the slider.

    Attributes
    ----------
    thresholds : tuple of float
        Anomaly scores in descending order; a row above one is flagged. That of the decision is among them. They have
        all their digits, as those of rows and points do: scores that differ in the last one are told apart.
    n_above : tuple of int
        Rows of the table with a higher score.
    n_labelled_above, n_anomalies_above : tuple of int or None
        Of the labelled rows: how many have a higher score, and how many of these are anomalies.
    n_labelled, n_anomalies : int or None
        How many rows are labelled, and how many of them are anomalies.
    n_exact : int
        So many leading entries are exact, and so is that of the decision; the later ones come from a sketch.
    edges, counts
        Histogram of the scores, as in `ColumnFacts`.
    bend : tuple of float or None
        A place and a width, where a few scores are far above all others: the bars are equally wide in
        asinh((score - place) / width).
    n_strays_above : tuple of int
        Of the rows with cells that do not fit their columns, how many have a higher score; empty where no row has any.
    n_strays : int
        How many rows have such cells: they are flagged whatever the threshold.
    """

    thresholds: tuple[float, ...]
    n_above: tuple[int, ...]
    n_labelled_above: tuple[int, ...] | None
    n_anomalies_above: tuple[int, ...] | None
    n_labelled: int | None
    n_anomalies: int | None
    n_exact: int
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    bend: tuple[float, float] | None = None
    n_strays_above: tuple[int, ...] = ()
    n_strays: int = 0

    @property
    def n_flagged(self) -> tuple[int, ...]:
        """How many rows each threshold flags, with those that are flagged whatever it is."""
        if not self.n_strays_above:
            return self.n_above
        pairs = zip(self.n_above, self.n_strays_above, strict=True)
        return tuple(above + self.n_strays - strays for above, strays in pairs)


@dataclass(frozen=True)
class Reproduction:
    """How to come to the same report again.

    Attributes
    ----------
    command : str
        What was typed, quoted for a POSIX shell.
    seed : int or None
        Seed of the random starts; None where nothing was fitted.
    versions : dict of str to str
        Versions of the programs that took part, by name.
    date : str
        The day, such as "2026-11-30"; empty where nobody says.
    """

    command: str
    seed: int | None
    versions: dict[str, str]
    date: str = ""


@dataclass(frozen=True)
class Omitted:
    """What a page has no room for; zero where everything is there.

    Attributes
    ----------
    columns : int
        Columns in use that are not described: they are neither in `Report.columns` nor in the table's facts.
    left_out : int
        Columns not in use that are not named.
    groups : int
        Components of low weight that are not described.
    candidates : int
        Candidates of the search, those of the highest BIC.
    reasons : int
        Reasons that flagged rows share, those of the fewest rows.
    segments : int
        Segments with the smallest shares of flagged rows.
    news, moved : int
        Columns with something new since the fit, and columns that moved.
    flagged_rows : int
        Rows flagged by the decision that are not in `Report.rows`.
    flagged_points : int
        Rows flagged by the decision that are not in `Report.points`.
    """

    columns: int = 0
    left_out: int = 0
    groups: int = 0
    candidates: int = 0
    reasons: int = 0
    segments: int = 0
    news: int = 0
    moved: int = 0
    flagged_rows: int = 0
    flagged_points: int = 0


@dataclass(frozen=True)
class Report:
    """All that a report shows.

    Names of columns, cells and sentences are cut to what a page has room for; different names stay different.

    Attributes
    ----------
    summary : Summary
        What was found, as the command says it.
    columns : tuple of ColumnFacts
        The columns in use; of very many those with flagged cells, then the most telling ones.
    profiles : tuple of GroupProfile
        One for each component, or for those of the largest weights; none where the model is no mixture.
    scores : ScoreCurve
        Rows flagged, by threshold.
    cell_columns : tuple of str
        Columns of the table that rows are listed with: of those in use the ones with most flagged cells, and others
        that tell who a row is.
    rows : tuple of ReportRow
        Rows that are flagged for cells that do not fit their columns, whatever their scores; then the most anomalous
        rows, the most anomalous first.
    view_columns : tuple of str
        Columns that the pictures choose from: those with most flagged cells first, then the most telling ones.
    points : tuple of Point
        Rows that the pictures show: all that are flagged, as far as there is room, and a sample of the others.
    points_are_all : bool
        Whether they are all rows of the table.
    contours : tuple of Contours
        Densities for pairs of `view_columns`; none where the model has no density.
    reproduction : Reproduction
        How to reproduce the report.
    omitted : Omitted
        What there was no room for.
    stray_points : tuple of int
        The rows among `points` that are flagged whatever their scores, for cells that do not fit their columns.
    """

    summary: Summary
    columns: tuple[ColumnFacts, ...]
    profiles: tuple[GroupProfile, ...]
    scores: ScoreCurve
    cell_columns: tuple[str, ...]
    rows: tuple[ReportRow, ...]
    view_columns: tuple[str, ...]
    points: tuple[Point, ...]
    points_are_all: bool
    contours: tuple[Contours, ...]
    reproduction: Reproduction
    omitted: Omitted = Omitted()
    stray_points: tuple[int, ...] = ()
