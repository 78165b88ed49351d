"""The last pass over a table: score every row, write it, and keep what the summary shows."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...columns.looked.known import News
from ...decisions.reasons import Peers, SharedReasons
from ...engines import Engine
from ...rows import Block, TableRows
from ...rows.blocks.columns import positions_of
from ...rows.blocks.replacing import Cells
from ...rows.writing.judged import JudgedTable
from ..models.segments import SegmentCounts, facts_of_segments
from ..models.table_model import TableModel
from ..moved.drift import Drift
from ..opened.new_columns import Result, columns_of
from ..thresholds.kept_scores import KeptScores
from ..told.groups import Cluster, Group, Merging
from ..told.rows import Anomaly, ReasonGroup
from ..told.segment_facts import SegmentFacts
from .fine_rows import FineRows
from .flagged_cells import cell_columns, named_cells
from .foremost import N_FOREMOST, N_STRAY, Found, anomalies_of, no_sample, reason_groups, sampled
from .gathering import Gathered
from .groups import groups_of
from .level_texts import level_texts
from .stray_cells import StrayCounts, stray_cells, stray_reason


class RowWriter(Protocol):
    """Where rows go as they are scored, such as an `Outlet`."""

    def begin(self, rows: TableRows) -> None:
        """Learn of which table the rows are going to be."""

    def write(self, judged: JudgedTable) -> None:
        """Take the next rows."""


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
    strays: tuple[Found, ...] = ()
    stray_counts: StrayCounts = field(default_factory=StrayCounts)
    n_by_strays: int = 0
    n_like_fine: int = 0
    segments: SegmentCounts | None = None


@dataclass(frozen=True)
class Scorer:
    """The pass: new columns for a block of rows, in the units of the table."""

    model: TableModel
    result: Result
    fine: FineRows | None = None

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
        strays = {} if self.result == "scores" else stray_cells(block.table, block.strays, model.columns)
        explanation = model.explain(values[flagged]) if len(flagged) and self.result == "decisions" else None
        order, n_like_fine = np.argsort(-scores, kind="stable"), 0
        if self.fine is not None and self.result == "decisions":
            n_suspect = len({*flagged.tolist(), *strays})
            strays = {k: c for k, c in strays.items() if not self.fine.like_strays(block.first_row + k, c)}
            if explanation is not None:
                fine = self.fine.like(values[flagged], explanation, scores[flagged], block.first_row + flagged)
                flags[flagged[fine]] = False
                order = order[~np.isin(order, flagged[fine])]
                explanation, flagged = explanation.take(~fine), flagged[~fine]
            n_like_fine = n_suspect - len({*flagged.tolist(), *strays})
        first = order[:N_FOREMOST].tolist()
        highest, with_strays = (
            tuple(
                Found(
                    float(scores[k]),
                    block.first_row + k,
                    None if labels is None else int(labels[k]),
                    np.array(values[k]),
                    strays.get(k, ()),
                    *level_texts(model, block.table, [k]),
                )
                for k in rows
            )
            for rows in (first, list(strays)[:N_STRAY])
        )
        if self.result == "scores":
            segments = SegmentCounts.of(model, values, flags)
            return ScoredBlock(new, n_rows, counts, cluster_counts, len(flagged), highest, segments=segments)
        reasons: list[str | None] = [None] * n_rows
        shared, repairs, wrong = SharedReasons(), _NO_CELLS, dict[int, dict[str, str]]()
        if explanation is not None and len(flagged):
            shared = SharedReasons.of(values[flagged], explanation, block.first_row + flagged, model.kinds or ())
            repairs = Cells.of(explanation.flagged_cells & model.repairable, explanation.repaired, flagged)
            texts = level_texts(model, block.table, flagged)
            told = model.in_words(values[flagged], explanation, model.columns, texts=texts)
            for position, reason in zip(flagged, told, strict=True):
                reasons[position] = reason
            wrong = named_cells(explanation, model.columns, flagged, model.kinds or ())
        for row, cells in strays.items():
            reasons[row] = " ".join(filter(None, [stray_reason(cells), reasons[row]]))
        flags[list(strays)] = True
        n_flagged = int(flags.sum())
        new |= {"is_anomaly": flags, "reason": reasons, **cell_columns(wrong, strays, model.columns, n_rows)}
        if model.calibration is not None:
            new["p_value"] = model.p_values(scores)
        counted = StrayCounts.of(strays, block.first_row)
        return ScoredBlock(
            new,
            n_rows,
            counts,
            cluster_counts,
            n_flagged,
            highest,
            shared,
            repairs,
            with_strays,
            counted,
            n_flagged - len(flagged),
            n_like_fine,
            SegmentCounts.of(model, values, flags),
        )


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
    n_by_strays: int = 0
    n_like_fine: int = 0
    news: tuple[News, ...] = ()
    drift: Drift | None = None
    segments: tuple[SegmentFacts, ...] = ()


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
            own = block.select(self._positions)
            yield _Judged(own.values, own.weights, own.first_row, own.strays, table, scores)


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
    fine: FineRows | None = None,
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
    fine : FineRows, optional
        Rows that were marked as fine: those like them are not flagged.
    """
    rows = _JudgedRows(table, model, scores)
    columns = columns_of(model, result)
    counts = np.zeros(model.mixture.n_components, np.int64) if model.has_components else _NO_GROUPS
    cluster_counts = _NO_GROUPS if model.clusters is None else np.zeros(model.clusters.max() + 1, np.int64)
    n_rows = n_anomalies = n_by_strays = n_like_fine = n_repaired_rows = n_repaired_cells = 0
    highest: list[Found] = []
    strays: list[Found] = []
    shared, stray_counts = SharedReasons(), StrayCounts()
    segments = SegmentCounts.zero(model)
    sample = no_sample(len(model.columns))
    for writer in writers:
        writer.begin(table)
    for block, scored in engine.map(rows, Scorer(model, result, fine)):
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
        n_by_strays += scored.n_by_strays
        n_like_fine += scored.n_like_fine
        shared += scored.reasons
        stray_counts += scored.stray_counts
        segments = segments if scored.segments is None else segments + scored.segments
        strays = [*strays, *scored.strays][:N_STRAY]
        n_repaired_rows += len(np.unique(scored.repairs.rows))
        n_repaired_cells += len(scored.repairs.rows)
        if result != "groups":
            sample = sampled(sample, block, scored.new["anomaly_score"])
        highest = heapq.nlargest(N_FOREMOST, (*highest, *scored.highest))
        on_rows(n_rows)
    groups, merging = groups_of(model, counts, n_rows), _merging(model, cluster_counts, n_rows)
    peers = None if sample.facts is None else Peers(sample.facts.values, model.coded)
    told = {row.row for row in strays}
    foremost = [*strays, *(row for row in highest if row.row not in told)][:N_FOREMOST]
    anomalies = anomalies_of(model, foremost, peers)
    if gathered is not None:
        gathered = replace(gathered, peers=peers)
    reasons = (*stray_counts.groups, *reason_groups(model, shared))
    counted = n_repaired_rows, n_repaired_cells, n_by_strays, n_like_fine
    told_of = facts_of_segments(model, segments)
    return Scored(n_rows, groups, merging, n_anomalies, anomalies, gathered, reasons, *counted, segments=told_of)


def _judged(block: _Judged, scored: ScoredBlock, columns: Sequence[str], model: TableModel) -> JudgedTable:
    strays = _NO_CELLS
    if block.strays is not None and "is_anomaly" in scored.new:
        strays = Cells(block.strays.rows, block.strays.columns, np.full(len(block.strays.rows), np.nan))
    return JudgedTable(
        block.table,
        {name: scored.new[name] for name in columns},
        block.first_row + np.arange(scored.n_rows),
        scored.new.get("is_anomaly", np.zeros(scored.n_rows, bool)),
        scored.repairs,
        strays,
        model.columns,
    )


def _merging(model: TableModel, counts: NDArray[np.int64], n_rows: int) -> Merging | None:
    merging = model.provenance.merging
    if merging is None:
        return None
    members = [tuple(np.flatnonzero(np.equal(merging.clusters, cluster)).tolist()) for cluster in range(len(counts))]
    clusters = tuple(Cluster(k, members[k], int(n), int(n) / n_rows) for k, n in enumerate(counts))
    return Merging(clusters, merging.asked)
