"""The rows of highest score as a report lists them: who they are, why, and which of their cells are wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ....decisions.reasons import given_of, reasons_shared, shared_reason
from ....detectors.explanation import Explanation
from ....tables.models.table_model import TableModel
from ....tables.scored.foremost import with_strays
from ....tables.scored.gathering import MOST_USED_CELLS, Gathered
from ....tables.scored.kept import RowFacts
from ....tables.scored.stray_cells import no_number_in
from ....tables.told.rows import StrayCell
from ....typing import Floats, Integers
from ..budget import PAGE
from .data import Deviation, ReportRow
from .fitting import fitting
from .names import shortened
from .numbers import significant

# Rows that are explained together: an explanation has several numbers for every value.
_EXPLAINED = 128


@dataclass(frozen=True, eq=False)
class Listing:
    """The listed rows.

    Attributes
    ----------
    rows : tuple of ReportRow
        Those that there is room for: rows that are flagged for cells that do not fit their columns, whatever their
        scores; then the rows of highest score, the highest first.
    cell_columns : tuple of str
        Columns that they are listed with.
    blame : ndarray of shape (n_columns,)
        Mean share of each column of the model in their scores.
    n_flagged : ndarray of int64, shape (n_columns,)
        Flagged cells of each column of the model in the flagged rows; in all listed rows where there is no threshold.
    """

    rows: tuple[ReportRow, ...]
    cell_columns: tuple[str, ...]
    blame: Floats
    n_flagged: Integers


def listing(gathered: Gathered, names: Mapping[str, str]) -> Listing:
    """Return the rows of highest score that there is room for; columns are called by their `names`."""
    model, facts = gathered.plan.model, _facts(gathered)
    called = [names[name] for name in model.columns]
    blame, n_flagged = np.zeros(len(called)), np.zeros(len(called), np.int64)
    rows: list[ReportRow] = []
    of_reason: dict[Any, str] = {}
    for start in range(0, len(facts), _EXPLAINED):
        part = facts.take(np.arange(start, min(start + _EXPLAINED, len(facts))))
        explanation = model.explain(part.values)
        texts = _level_texts(gathered, part)
        reasons = model.in_words(part.values, explanation, called, gathered.peers, texts)
        severities = severities_of(model, part.scores)
        order = explanation.most_telling
        shared = reasons_shared(np.asarray(part.values), explanation, model.kinds or ())
        fine = gathered.plan.fine
        is_fine = (
            np.zeros(len(part), bool) if fine is None else fine.like(part.values, explanation, part.scores, part.rows)
        )
        for k, row in enumerate(part.rows.tolist()):
            strays = tuple(replace(cell, column=names[cell.column]) for cell in gathered.strays.get(row, ()))
            reason = with_strays(strays, float(part.scores[k]), reasons[k], model.threshold)
            if fine is not None and strays and fine.like_strays(row, gathered.strays[row]):
                is_fine[k], strays = is_fine[k] or part.scores[k] <= (model.threshold or -np.inf), ()
            made = _row(part, k, severities[k], explanation, order[k], reason, strays, called, model, texts[k])
            # The row of highest score comes first, and tells all rows of its reason what columns are given.
            words = of_reason.setdefault(shared[k], shared_reason(called, shared[k], given_of(explanation, k)))
            words = no_number_in([cell.column for cell in strays]) if strays else shortened(words, PAGE.reason)
            rows.append(replace(made, is_fine=bool(is_fine[k]), shared=words))
        blame += explanation.share.sum(axis=0)
        limit = -np.inf if model.threshold is None else model.threshold
        n_flagged += explanation.flagged_cells[part.scores > limit].sum(axis=0)
    positions = _cell_positions(gathered, n_flagged, blame)
    listed, _ = fitting(
        (replace(row, cells=tuple(row.cells[position] for position in positions)) for row in rows), PAGE.row_bytes
    )
    cell_columns = tuple(names[gathered.cell_columns[position]] for position in positions)
    return Listing(tuple(listed), cell_columns, blame / len(rows), n_flagged)


def _facts(gathered: Gathered) -> RowFacts:
    """Return rows of low score with cells that do not fit their columns, then the rows of highest score."""
    highest, others = gathered.listed.facts, gathered.with_strays.facts
    assert highest is not None, "a table has rows"
    assert others is not None, "of which none may have such cells"
    room = max(1, PAGE.explained // len(gathered.plan.model.columns))
    others = others.take(np.flatnonzero(~np.isin(others.rows, highest.rows)))
    others = others.take(np.arange(min(len(others), room // 2)))
    return others + highest.take(np.arange(min(len(highest), room - len(others))))


def severities_of(model: TableModel, scores: Floats) -> list[float]:
    """Return how rare scores are, in percent; NaN where the model does not say."""
    found: list[float] = (model.severities(scores) if model.has_severities else np.full(len(scores), np.nan)).tolist()
    return found


def _cell_positions(gathered: Gathered, n_flagged: Integers, blame: Floats) -> list[int]:
    """Return which cells rows are listed with: first those of columns with flagged cells, most of them first.

    The other columns follow in the order of the table; of very many in use, those with the largest part in the scores.
    """
    columns, known = gathered.plan.model.columns, gathered.cell_columns
    order = np.lexsort((-blame, -n_flagged)).tolist()
    used = [position for position in order if columns[position] in known][:MOST_USED_CELLS]
    flagged = [known.index(columns[position]) for position in used if n_flagged[position]]
    shown = {*(columns[position] for position in used), *(name for name in known if name not in columns)}
    return [*flagged, *(place for place, name in enumerate(known) if name in shown and place not in flagged)]


def _row(
    facts: RowFacts,
    k: int,
    severity: float,
    explanation: Explanation,
    order: Integers,
    reason: str,
    strays: tuple[StrayCell, ...],
    called: Sequence[str],
    model: TableModel,
    texts: Mapping[int, str],
) -> ReportRow:
    label, component = float(facts.labels[k]), int(facts.components[k])
    return ReportRow(
        row=int(facts.rows[k]) + 1,
        anomaly_score=float(facts.scores[k]),
        severity=severity,
        component=None if component < 0 else component,
        label=None if np.isnan(label) else label == 1,
        cells=tuple(shortened(cell) for cell in facts.cells[k]),
        reason=shortened(reason, PAGE.reason),
        deviations=_deviations(explanation, k, order, facts.values[k], called, model, texts),
        surprise=significant(float(explanation.shares[k].sum())),
        score_after=significant(float(explanation.score_after[k])) if explanation.flagged_cells[k].any() else None,
        strays=strays,
    )


def _deviations(
    explanation: Explanation,
    k: int,
    order: Integers,
    values: Floats,
    called: Sequence[str],
    model: TableModel,
    texts: Mapping[int, str],
) -> tuple[Deviation, ...]:
    """Return the columns that tell most of row `k`, those of its flagged cells first, then others that do as well."""
    flagged, shares = explanation.flagged_cells[k], explanation.shares[k]
    other = explanation.other_cells[k] & ~flagged  # two sets may share a cell
    named = flagged | other
    foremost = [int(column) for column in order if named[column] or shares[column] != 0]
    foremost.sort(key=lambda column: (not flagged[column], not other[column]))
    return tuple(
        Deviation(
            called[column],
            _told(model.told(column, values[column], texts.get(column)), 9),
            _told(model.told(column, explanation.expected[k, column])),
            significant(float(shares[column])),
            _told(model.told(column, explanation.repaired[k, column]), 9) if flagged[column] else None,
            bool(other[column]),
        )
        for column in foremost[: max(PAGE.deviations, int(named.sum()))]
    )


def _told(value: float | str, digits: int = 6) -> float | str:
    return shortened(value) if isinstance(value, str) else significant(value, digits)


def _level_texts(gathered: Gathered, part: RowFacts) -> list[dict[int, str]]:
    """Return the cells of rows in the columns of levels, as far as cells are kept."""
    model, known = gathered.plan.model, gathered.cell_columns
    places = {column: known.index(model.columns[column]) for column in model.coded if model.columns[column] in known}
    rows = ({column: str(cells[place]) for column, place in places.items()} for cells in part.cells)
    return [{column: text for column, text in row.items() if text} for row in rows]
