"""The last pass over a table: score every row, write it, and keep what the summary shows."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ..decisions.reasons import Peers, SharedReasons, expected_values
from ..detectors.explanation import Explanation
from ..engines import Engine
from ..rows import Block, TableRows
from ..rows.added import Lists
from ..rows.columns import positions_of
from ..rows.judged import JudgedTable
from ..rows.replacing import Cells
from .foremost import N_FOREMOST, Found, anomalies_of, no_sample, reason_groups, sampled
from .gathering import Gathered
from .kept_scores import KeptScores
from .summary import Anomaly, Cluster, Group, Merging, ReasonGroup
from .table_model import TableModel

Result = Literal["scores", "decisions", "groups"]

# The columns that each result adds to the table.
_NEW_COLUMNS: Mapping[Result, tuple[str, ...]] = {
    "decisions": (
        *("anomaly_score", "severity", "is_anomaly", "p_value", "component", "cluster"),
        *("flagged_columns", "expected", "reason"),
    ),
    "scores": ("anomaly_score", "severity", "component", "cluster"),
    "groups": ("component", "cluster", "probability"),
}


class RowWriter(Protocol):
    """Where rows go as they are scored, such as an `Outlet`."""

    def begin(self, rows: TableRows) -> None:
        """Learn of which table the rows are going to be."""

    def write(self, judged: JudgedTable) -> None:
        """Take the next rows."""


def columns_of(model: TableModel, result: Result, *, rarity: bool = False) -> tuple[str, ...]:
    """Return the columns that a result of a model adds to a table; `rarity` is going to be known even if it is not."""
    return new_columns(
        result,
        components=model.has_components,
        clusters=model.clusters is not None,
        p_values=model.calibration is not None,
        severities=rarity or model.has_severities,
    )


def new_columns(
    result: Result, *, components: bool, clusters: bool, p_values: bool, severities: bool
) -> tuple[str, ...]:
    """Return the columns that a result adds to a table, by whether the model has what they say."""
    has = {"component": components, "cluster": clusters, "p_value": p_values, "severity": severities}
    absent = {name for name, there in has.items() if not there}
    return tuple(name for name in _NEW_COLUMNS[result] if name not in absent)


@dataclass(frozen=True)
class _Judged(Block):
    """Rows in the columns of a model, with the table of all their columns, and their scores where these are known."""

    table: Any = None
    scores: NDArray[np.float64] | None = None


_NO_GROUPS = np.zeros(0, np.int64)
_NO_CELLS = Cells(_NO_GROUPS, _NO_GROUPS, np.zeros(0))


@dataclass(frozen=True)
class ScoredBlock:
    """What the pass returns for a block: the new columns, and what the summary needs."""

    new: dict[str, Any]
    n_rows: int
    counts: NDArray[np.int64]
    cluster_counts: NDArray[np.int64]
    n_anomalies: int
    highest: tuple[Found, ...]
    reasons: SharedReasons = field(default_factory=SharedReasons)
    repairs: Cells = _NO_CELLS


@dataclass(frozen=True)
class Scorer:
    """The pass: new columns for a block of rows, in the units of the table."""

    model: TableModel
    result: Result

    def __call__(self, block: Block) -> tuple[_Judged, ScoredBlock]:
        """Return a block with its new columns and its highest scores."""
        assert isinstance(block, _Judged), "the rows are those of a table"
        return block, self._scored(block)

    def _scored(self, block: _Judged) -> ScoredBlock:
        model, values, n_rows = self.model, block.values, len(block.values)
        labels = model.labels(values) if model.has_components else None
        counts = np.bincount(labels, minlength=model.mixture.n_components) if labels is not None else _NO_GROUPS
        new: dict[str, Any] = {} if labels is None else {"component": labels}
        cluster_counts = _NO_GROUPS
        if model.clusters is not None:
            new["cluster"] = model.cluster_labels(values)
            cluster_counts = np.bincount(new["cluster"], minlength=model.clusters.max() + 1)
        if self.result == "groups":
            merged = model.clusters is not None
            shares = model.cluster_probabilities(values) if merged else model.responsibilities(values)
            new["probability"] = shares.max(axis=1)
            return ScoredBlock(new, n_rows, counts, cluster_counts, 0, ())
        scores = model.scores(values) if block.scores is None else block.scores
        new["anomaly_score"] = scores
        if model.has_severities:
            new["severity"] = model.severities(scores)
        flags = np.zeros(n_rows, bool) if model.threshold is None else model.above_threshold(scores)
        flagged = np.flatnonzero(flags)
        first = np.argsort(-scores, kind="stable")[:N_FOREMOST]
        highest = tuple(
            Found(
                float(scores[k]),
                block.first_row + int(k),
                None if labels is None else int(labels[k]),
                np.array(values[k]),
            )
            for k in first
        )
        if self.result == "scores":
            return ScoredBlock(new, n_rows, counts, cluster_counts, len(flagged), highest)
        reasons: list[str | None] = [None] * n_rows
        new |= {name: Lists([None] * n_rows, [None] * n_rows) for name in ("flagged_columns", "expected")}
        shared, repairs = SharedReasons(), _NO_CELLS
        if len(flagged):
            explanation = model.explain(values[flagged])
            shared = SharedReasons.of(values[flagged], explanation, block.first_row + flagged)
            repairs = Cells.of(explanation.flagged_cells, explanation.repaired, flagged)
            told = model.in_words(values[flagged], explanation, model.columns)
            for position, reason in zip(flagged, told, strict=True):
                reasons[position] = reason
            new |= _of_cells(model, explanation, flagged, n_rows)
        new |= {"is_anomaly": flags, "reason": reasons}
        if model.calibration is not None:
            new["p_value"] = model.p_values(scores)
        return ScoredBlock(new, n_rows, counts, cluster_counts, len(flagged), highest, shared, repairs)


def _of_cells(model: TableModel, explanation: Explanation, flagged: NDArray[np.int64], n_rows: int) -> dict[str, Lists]:
    """Return which cells of the flagged ones among some rows are wrong, and what was expected of each."""
    names: list[list[str] | None] = [None] * n_rows
    values: list[list[str] | None] = [None] * n_rows
    wanted: list[str | None] = [None] * n_rows
    expected = expected_values(explanation, model.habits)
    for position, cells, texts in zip(flagged.tolist(), explanation.flagged_cells, expected, strict=True):
        named = [model.columns[column] for column in np.flatnonzero(cells).tolist()]
        names[position], values[position] = named, texts
        wanted[position] = ", ".join(f"{name} = {text}" for name, text in zip(named, texts, strict=True))
    joined = [None if named is None else ", ".join(named) for named in names]
    return {"flagged_columns": Lists(names, joined), "expected": Lists(values, wanted)}


@dataclass(frozen=True)
class Scored:
    """What the pass found in the whole table."""

    n_rows: int
    groups: tuple[Group, ...]
    merging: Merging | None
    n_anomalies: int
    anomalies: tuple[Anomaly, ...]
    gathered: Gathered | None
    reasons: tuple[ReasonGroup, ...]
    n_repaired_rows: int = 0
    n_repaired_cells: int = 0


class _JudgedRows:
    """The rows of a table in the columns of a model; a block brings its table along."""

    def __init__(self, table: TableRows, model: TableModel, scores: KeptScores | None) -> None:
        assert table.columns is not None, "tables from files and queries have column names"
        self._table = table
        self._scores = scores
        self._positions = positions_of(model.columns, table.columns)
        self.columns = model.columns
        self.n_columns = len(self._positions)
        self.n_rows = table.n_rows
        self.dtype = table.dtype
        self.has_missing = table.has_missing

    def blocks(self) -> Iterator[Block]:
        """Yield the rows in order."""
        for table, block in self._table.tables():
            scores = None if self._scores is None else self._scores.known(block.first_row, len(block.values))
            used = block.select(self._positions)
            yield _Judged(used.values, used.weights, used.first_row, used.strays, table, scores)


def score_table(
    table: TableRows,
    model: TableModel,
    result: Result,
    writers: Sequence[RowWriter],
    *,
    engine: Engine,
    on_rows: Callable[[int], None],
    gathered: Gathered | None = None,
    scores: KeptScores | None = None,
) -> Scored:
    """Score every row of a table and write it with its new columns, never holding more than a few blocks.

    Parameters
    ----------
    table : TableRows
        The table; it has the columns of the model.
    model : TableModel
        The model.
    result : {"decisions", "scores", "groups"}
        Which columns to add.
    writers : sequence of RowWriter
        Where the rows go.
    engine : Engine
        Where the pass runs.
    on_rows : callable
        Told the number of rows done.
    gathered : Gathered, optional
        What a report keeps, of no rows yet.
    scores : KeptScores, optional
        The scores of the table by the model, where the threshold was chosen by them.
    """
    rows = _JudgedRows(table, model, scores)
    columns = columns_of(model, result)
    counts = np.zeros(model.mixture.n_components, np.int64) if model.has_components else _NO_GROUPS
    cluster_counts = _NO_GROUPS if model.clusters is None else np.zeros(model.clusters.max() + 1, np.int64)
    n_rows = n_anomalies = n_repaired_rows = n_repaired_cells = 0
    highest: list[Found] = []
    shared = SharedReasons()
    sample = no_sample(len(model.columns))
    for writer in writers:
        writer.begin(table)
    for block, scored in engine.map(rows, Scorer(model, result)):
        if writers:
            judged = _judged(block, scored, columns, model)
            for writer in writers:
                writer.write(judged)
        if gathered is not None:
            gathered = gathered.including(block.table, block, scored.new["anomaly_score"], scored.new.get("component"))
        counts += scored.counts
        cluster_counts += scored.cluster_counts
        n_rows += scored.n_rows
        n_anomalies += scored.n_anomalies
        shared += scored.reasons
        n_repaired_rows += len(np.unique(scored.repairs.rows))
        n_repaired_cells += len(scored.repairs.rows)
        if result != "groups":
            sample = sampled(sample, block, scored.new["anomaly_score"])
        highest = heapq.nlargest(N_FOREMOST, (*highest, *scored.highest))
        on_rows(n_rows)
    groups, merging = _groups(model, counts, n_rows), _merging(model, cluster_counts, n_rows)
    peers = None if sample.facts is None else Peers(sample.facts.values)
    anomalies = anomalies_of(model, highest, peers)
    if gathered is not None:
        gathered = replace(gathered, peers=peers)
    reasons = reason_groups(model, shared)
    counted = n_repaired_rows, n_repaired_cells
    return Scored(n_rows, groups, merging, n_anomalies, anomalies, gathered, reasons, *counted)


def _judged(block: _Judged, scored: ScoredBlock, columns: Sequence[str], model: TableModel) -> JudgedTable:
    return JudgedTable(
        block.table,
        {name: scored.new[name] for name in columns},
        block.first_row + np.arange(scored.n_rows),
        scored.new.get("is_anomaly", np.zeros(scored.n_rows, bool)),
        scored.repairs,
        model.columns,
    )


def _groups(model: TableModel, counts: NDArray[np.int64], n_rows: int) -> tuple[Group, ...]:
    if not model.has_components:
        return ()
    names = model.columns
    clusters = [-1] * len(counts) if model.clusters is None else model.clusters.tolist()
    return tuple(
        Group(
            component,
            int(n),
            int(n) / n_rows,
            dict(zip(names, center.tolist(), strict=True)),
            dict(zip(names, contrast.tolist(), strict=True)),
            clusters[component] if clusters[component] >= 0 else None,
        )
        for component, (n, center, contrast) in enumerate(zip(counts, model.means, model.mixture.means, strict=True))
    )


def _merging(model: TableModel, counts: NDArray[np.int64], n_rows: int) -> Merging | None:
    merging = model.provenance.merging
    if merging is None:
        return None
    members = [tuple(np.flatnonzero(np.equal(merging.clusters, cluster)).tolist()) for cluster in range(len(counts))]
    clusters = tuple(Cluster(k, members[k], int(n), int(n) / n_rows) for k, n in enumerate(counts))
    return Merging(clusters, merging.asked)
