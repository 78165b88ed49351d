"""What a report keeps of the rows that pass by while a table is scored: sketches, and a bounded choice of rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...decisions.reasons import Peers
from ...rows import Block
from ...rows.labels import labels_of
from ...rows.looked.cells import cells_of
from ...rows.reviewed import Reviewed
from ...statistics.hashed import hashes
from ...statistics.sketch import QuantileSketch
from ...typing import Floats, Integers
from ..anomaly_scores import turned
from ..models.table_model import TableModel
from ..told.rows import StrayCell
from .fine_rows import FineRows
from .kept import Kept, RowFacts
from .stray_cells import stray_cells
from .telling import sketched_columns

# Rows that are listed, rows of the sample, and flagged rows that pictures show beside it.
MOST_LISTED = 1000
MOST_SAMPLED = 5000
MOST_FLAGGED = 5000

# Values of these, in tables of very many columns.
_MOST_VALUES = 2_000_000

# Listed rows with cells that do not fit their columns: the first of the table, whatever their scores.
MOST_STRAY = 200

# Columns that rows are listed with: some of those in use, and others of the table.
MOST_USED_CELLS = 12
_OTHER_CELLS = 6
_LETTERS_OF_CELL = 60

# Exact up to so many values of a column, and within 0.3 % of the ranks in a million of them.
_COLUMN_SKETCH = 4096


@dataclass(frozen=True)
class Plan:
    """What to keep, settled before the first row.

    Attributes
    ----------
    model : TableModel
        The model that scores the rows.
    labels : str, Reviewed or None
        The column of labels, or what was marked by hand.
    sketched : tuple of int
        Positions of the columns of the model whose values are sketched.
    fine : FineRows or None
        Rows that somebody marked as fine.
    """

    model: TableModel
    labels: str | Reviewed | None
    sketched: tuple[int, ...]
    fine: FineRows | None = None

    @classmethod
    def of(cls, model: TableModel, labels: str | Reviewed | None, fine: FineRows | None = None) -> "Plan":
        """Return the plan for a model."""
        return cls(model, labels, sketched_columns(model), fine)

    def cell_columns(self, names: list[str]) -> tuple[str, ...]:
        """Return the columns of a table that rows may be listed with, in its order."""
        used = [self.model.columns[position] for position in self.sketched]
        known = {*self.model.columns, self.labels}
        others = [name for name in names if name not in known][:_OTHER_CELLS]
        return tuple(name for name in names if name in {*used, *others})


@dataclass(frozen=True)
class Flagged:
    """What the threshold of the model flags: rows, rows with a label, anomalies among these."""

    n_rows: int = 0
    n_labelled: int = 0
    n_anomalies: int = 0

    def __add__(self, other: "Flagged") -> "Flagged":
        return Flagged(
            self.n_rows + other.n_rows, self.n_labelled + other.n_labelled, self.n_anomalies + other.n_anomalies
        )


@dataclass(frozen=True, eq=False)
class Gathered:
    """What was kept of the rows so far; none of it depends on the number of threads.

    Attributes
    ----------
    plan : Plan
        What is kept.
    n_rows : int
        Rows seen.
    cell_columns : tuple of str
        Columns of the table that cells are kept of.
    columns : tuple of QuantileSketch
        The values of each sketched column.
    scores : QuantileSketch
        The scores, turned so that anomalies are low: it holds the lowest exactly.
    classes : tuple of QuantileSketch
        The same for rows labelled as anomalies, and for those labelled as belonging.
    flagged : Flagged
        How many rows the model flags.
    listed, shown, sample : Kept
        The rows of highest score, with their cells; flagged rows and a sample of all, without.
    with_strays : Kept
        The first rows with cells that do not fit their columns, as `listed`; none where no row is flagged.
    stray_scores : QuantileSketch
        The scores of all such rows, turned as `scores`.
    strays : mapping of int to tuple of StrayCell
        Such cells of the rows in `listed`, `with_strays` and `shown`, by positions in the table.
    peers : Peers or None
        Rows that others are compared with; None before the last row.
    """

    plan: Plan
    n_rows: int
    cell_columns: tuple[str, ...]
    columns: tuple[QuantileSketch, ...]
    scores: QuantileSketch
    classes: tuple[QuantileSketch, QuantileSketch]
    flagged: Flagged
    listed: Kept
    shown: Kept
    sample: Kept
    with_strays: Kept
    stray_scores: QuantileSketch
    strays: Mapping[int, tuple[StrayCell, ...]] = field(default_factory=dict)
    peers: Peers | None = None

    @classmethod
    def zero(cls, plan: Plan) -> "Gathered":
        """Return what is kept of no rows."""
        nothing = QuantileSketch.zero()
        room = max(1, _MOST_VALUES // len(plan.model.columns))
        return cls(
            plan,
            0,
            (),
            (QuantileSketch.zero(_COLUMN_SKETCH, n_lowest=1),) * len(plan.sketched),
            nothing,
            (nothing, nothing),
            Flagged(),
            Kept.zero(MOST_LISTED, float),
            Kept.zero(min(MOST_FLAGGED, room), float),
            Kept.zero(min(MOST_SAMPLED, room), np.uint64),
            Kept.zero(MOST_STRAY, np.int64),
            nothing,
        )

    def including(self, table: Any, block: Block, scores: Floats, components: NDArray[Any] | None) -> "Gathered":
        """Return what is kept of these and the next rows.

        Parameters
        ----------
        table : pyarrow.Table
            All columns of the rows.
        block : Block
            The columns of the model.
        scores : ndarray of shape (n_rows,)
            Anomaly scores.
        components : ndarray of shape (n_rows,), or None
            The components that rows are assigned to, where the model is a mixture.
        """
        plan, n_rows = self.plan, len(scores)
        low = turned(scores)
        cell_columns = self.cell_columns if self.n_rows else plan.cell_columns(table.column_names)
        unknown = np.full(n_rows, np.nan)
        labels = unknown if plan.labels is None else labels_of(table, plan.labels, block.first_row)
        no_groups = np.full(n_rows, -1)
        rows = _Rows(table, block, scores, no_groups if components is None else components, labels)
        sketched = np.asarray(block.values[:, list(plan.sketched)], dtype=np.float64)
        flags = np.zeros(n_rows, bool) if plan.model.threshold is None else plan.model.above_threshold(scores)
        positions = np.flatnonzero(flags)
        found = {} if plan.model.threshold is None else stray_cells(table, block.strays, plan.model.columns)
        with_strays = np.array(list(found), dtype=np.int64)
        listed = rows.kept_in(self.listed, low, np.arange(n_rows), block.values, cell_columns)
        first = rows.kept_in(self.with_strays, rows.numbers[with_strays], with_strays, block.values, cell_columns)
        either = np.union1d(positions, with_strays)
        shown = rows.kept_in(self.shown, low[either], either, block.values, ())
        return replace(
            self,
            n_rows=self.n_rows + n_rows,
            cell_columns=cell_columns,
            columns=tuple(
                sketch.including(column[~np.isnan(column)])
                for sketch, column in zip(self.columns, sketched.T, strict=True)
            ),
            scores=self.scores.including(low),
            classes=(
                self.classes[0].including(low[labels == 1]),
                self.classes[1].including(low[labels == 0]),
            ),
            flagged=self.flagged
            + Flagged(len(positions), int((~np.isnan(labels[flags])).sum()), int((labels[flags] == 1).sum())),
            listed=listed,
            shown=shown,
            sample=rows.kept_in(self.sample, hashes(rows.numbers), np.arange(n_rows), block.values, ()),
            with_strays=first,
            stray_scores=self.stray_scores.including(low[with_strays]),
            strays=_of_kept(
                {**self.strays, **{block.first_row + row: cells for row, cells in found.items()}}, listed, first, shown
            ),
        )

    @property
    def n_strays(self) -> int:
        """How many rows have cells that do not fit their columns."""
        return self.stray_scores.count

    @property
    def n_flagged(self) -> int:
        """How many rows the model flags, or such cells do."""
        threshold = self.plan.model.threshold
        if threshold is None:
            return 0
        above = int(self.stray_scores.rank(np.array([turned(threshold)]))[0])
        return self.flagged.n_rows + self.n_strays - above


def _of_kept(strays: Mapping[int, tuple[StrayCell, ...]], *kept: Kept) -> Mapping[int, tuple[StrayCell, ...]]:
    known = {row for part in kept if part.facts is not None for row in part.facts.rows.tolist()}
    return {row: cells for row, cells in strays.items() if row in known}


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows of a block."""

    table: Any
    block: Block
    scores: Floats
    components: NDArray[Any]
    labels: Floats

    @property
    def numbers(self) -> Integers:
        """Their positions in the table."""
        return self.block.first_row + np.arange(len(self.scores))

    def kept_in(
        self, kept: Kept, keys: NDArray[Any], positions: Integers, values: NDArray[Any], cell_columns: tuple[str, ...]
    ) -> Kept:
        """Return what is kept when rows at some positions of the block, with those keys, come to others."""
        admitted = kept.admitted(keys)
        at = positions[admitted]
        cells = np.empty((len(at), len(cell_columns)), object)
        if cells.size:
            cells[:] = cells_of(self.table, at.tolist(), cell_columns, most=_LETTERS_OF_CELL)
        facts = RowFacts(
            self.numbers[at],
            self.scores[at],
            np.asarray(self.components[at], dtype=np.int64),
            self.labels[at],
            values[at],
            cells,
        )
        return kept.including(keys[admitted], facts)
