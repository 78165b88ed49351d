"""The most anomalous rows, told beside a sample of the others, and what flagged rows share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...decisions.reasons import WAYS, Peers, SharedReasons, shared_reason
from ...rows import Block
from ...statistics.hashed import hashes
from ...typing import Floats
from ..models.table_model import TableModel
from ..told.rows import Anomaly, FlaggedCell, ReasonGroup, StrayCell
from .kept import Kept, RowFacts
from .stray_cells import stray_reason

# Rows that are told, and those among them with cells that do not fit their columns.
N_FOREMOST = 10
N_STRAY = 5

# Rows that they are compared with, and how many values these may be.
_MOST_PEERS, _MOST_VALUES = 2**14, 2**22


@dataclass(frozen=True)
class Found:
    """A row among the most anomalous ones; ordered by score, and by the order of the table where scores are equal."""

    score: float
    row: int
    component: int | None
    values: NDArray[Any]
    strays: tuple[StrayCell, ...] = ()
    texts: Mapping[int, str] = field(default_factory=dict)

    def __lt__(self, other: "Found") -> bool:
        return (self.score, -self.row) < (other.score, -other.row)


def no_sample(n_columns: int) -> Kept:
    """Return what is kept of no rows of so many columns."""
    return Kept.zero(min(_MOST_PEERS, max(1, _MOST_VALUES // n_columns)), np.uint64)


def sampled(sample: Kept, block: Block, scores: Floats) -> Kept:
    """Return a sample of the rows so far with those of a block that belong in it."""
    numbers = block.first_row + np.arange(len(scores))
    keys = hashes(numbers)
    at = sample.admitted(keys)
    nothing = np.full(len(at), np.nan)
    values = np.asarray(block.values[at], dtype=np.float64)
    facts = RowFacts(numbers[at], scores[at], np.full(len(at), -1), nothing, values, np.empty((len(at), 0), object))
    return sample.including(keys[at], facts)


def reason_groups(model: TableModel, shared: SharedReasons) -> tuple[ReasonGroup, ...]:
    """Return the reasons that rows share, those of most rows first."""
    return tuple(
        ReasonGroup(
            shared_reason(model.columns, reason, sharing.given),
            tuple(model.columns[column] for column, _ in reason),
            tuple(WAYS[way] for _, way in reason),
            sharing.n_rows,
            sharing.row + 1,
        )
        for reason, sharing in shared.ranking
    )


def anomalies_of(model: TableModel, highest: Iterable[Found], peers: Peers | None) -> tuple[Anomaly, ...]:
    """Return what is told of rows, in their order."""
    found = list(highest)
    if not found:
        return ()
    values = np.stack([row.values for row in found])
    explanation = model.explain(values)
    farthest = explanation.column.tolist()
    scores = np.array([row.score for row in found])
    severities = model.severities(scores) if model.has_severities else np.full(len(found), np.nan)
    told = model.in_words(values, explanation, model.columns, peers, [row.texts for row in found])
    return tuple(
        Anomaly(
            row=row.row + 1,
            anomaly_score=row.score,
            severity=float(severity),
            component=row.component,
            column=model.columns[column],
            value=model.told(column, values[position, column], row.texts.get(column)),
            expected=model.told(column, explanation.expected[position, column]),
            reason=with_strays(row.strays, row.score, reason, model.threshold),
            cells=tuple(
                FlaggedCell(
                    model.columns[cell],
                    model.told(cell, values[position, cell], row.texts.get(cell)),
                    model.told(cell, explanation.repaired[position, cell]),
                )
                for cell in np.flatnonzero(explanation.flagged_cells[position]).tolist()
            ),
            score_after=float(explanation.score_after[position])
            if explanation.flagged_cells[position].any()
            else np.nan,
            strays=row.strays,
        )
        for position, (row, column, severity, reason) in enumerate(
            zip(
                found,
                farthest,
                severities,
                told,
                strict=True,
            )
        )
    )


def with_strays(strays: Sequence[StrayCell], score: float, reason: str, threshold: float | None) -> str:
    """Return why a row is told, its stray cells first; they alone where its score would not flag it."""
    if not strays:
        return reason
    told = stray_reason(strays)
    return told if threshold is not None and score <= threshold else f"{told} {reason}"
