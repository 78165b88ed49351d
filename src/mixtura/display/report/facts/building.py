"""From what was gathered in the pass that scores a table to a report that has room on a page."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from ....detectors.explanation import Explanation
from ....tables.gathering import Gathered
from ....tables.kept import RowFacts
from ....tables.summary import Summary
from ....tables.table_model import TableModel
from ....typing import Floats
from ...as_json import as_json
from ..budget import PAGE
from .abridge import abridged, n_groups_fitting
from .columns import column_facts, most_telling
from .curve import score_curve
from .data import Deviation, Point, Report, ReportRow, Reproduction
from .groups import contours, profiles
from .names import display_names, shortened, size_in_page
from .numbers import rounded, significant

T = TypeVar("T", ReportRow, Point)

# Of the severity of a point; what is less than a ten-thousandth below a hundred is written as one.
_DECIMALS = 6

# Rows that are explained together: an explanation has four numbers for every value.
_EXPLAINED = 128


def build_report(gathered: Gathered, summary: Summary, reproduction: Reproduction) -> Report:
    """Return the report of a table that was scored.

    Parameters
    ----------
    gathered : Gathered
        What was kept of its rows.
    summary : Summary
        What the command found.
    reproduction : Reproduction
        How to come to the same report again.
    """
    plan = gathered.plan
    model, described = plan.model, plan.described
    names = display_names(dict.fromkeys([*model.columns, *gathered.cell_columns]))
    listed, blame = _listed(gathered, names)
    order = most_telling(model, described, blame)
    called = [names[model.columns[position]] for position in described]
    columns = tuple(
        column_facts(name, sketch, gathered.n_rows) for name, sketch in zip(called, gathered.columns, strict=True)
    )
    viewed = order[: PAGE.viewed]
    points = _points(gathered, viewed)
    groups = profiles(model, described, n_groups_fitting(called))
    threshold = None if model.threshold is None or summary.decision is None else summary.decision.threshold
    short, omitted = abridged(summary, model, names, described, groups, listed)
    ranges = {
        position: (float(sketch.lowest.values[0]), sketch.largest)
        for position, sketch in zip(described, gathered.columns, strict=True)
        if sketch.count
    }
    n_flagged = gathered.flagged.n_rows
    labelled = plan.labels is not None
    return Report(
        summary=short,
        columns=columns,
        profiles=groups,
        scores=score_curve(gathered.scores, gathered.classes if labelled else None, threshold, gathered.flagged),
        cell_columns=tuple(names[name] for name in gathered.cell_columns),
        rows=listed,
        view_columns=tuple(names[model.columns[position]] for position in viewed),
        points=points,
        points_are_all=len(points) == gathered.n_rows,
        contours=contours(model, viewed, names, ranges),
        reproduction=replace(reproduction, command=shortened(reproduction.command, PAGE.command)),
        omitted=replace(
            omitted,
            flagged_rows=max(0, n_flagged - len(listed)),
            flagged_points=n_flagged - _n_above(points, threshold),
        ),
    )


def _n_above(points: Sequence[Point], threshold: float | None) -> int:
    return 0 if threshold is None else sum(point.anomaly_score > threshold for point in points)


def _listed(gathered: Gathered, names: Mapping[str, str]) -> tuple[tuple[ReportRow, ...], Floats]:
    """Return the rows of highest score that there is room for, and the mean share of each column in their scores."""
    model, facts = gathered.plan.model, gathered.listed.facts
    assert facts is not None, "a table has rows"
    blame = np.zeros(len(model.columns))
    called = [names[name] for name in model.columns]
    rows: list[ReportRow] = []
    room = PAGE.row_bytes
    for start in range(0, len(facts), _EXPLAINED):
        part = facts.take(np.arange(start, min(start + _EXPLAINED, len(facts))))
        explanation = model.explain(part.values)
        reasons = model.in_words(part.values, explanation, called, gathered.peers)
        severities = _severities(model, part.scores)
        foremost = explanation.ranking[:, : PAGE.deviations].tolist()
        made = [_row(part, k, severities[k], explanation, foremost[k], reasons[k], called) for k in range(len(part))]
        fitting, room = _fitting(made, room)
        blame += explanation.share[: len(fitting)].sum(axis=0)
        rows += fitting
        if len(fitting) < len(made):
            break
    return tuple(rows), blame / max(1, len(rows))


def _severities(model: TableModel, scores: Floats) -> list[float]:
    found: list[float] = (model.severities(scores) if model.has_severities else np.full(len(scores), np.nan)).tolist()
    return found


def _row(
    facts: RowFacts,
    k: int,
    severity: float,
    explanation: Explanation,
    foremost: Sequence[int],
    reason: str,
    called: Sequence[str],
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
        deviations=tuple(
            Deviation(
                called[column],
                significant(float(facts.values[k, column]), 9),
                significant(float(explanation.expected[k, column])),
                significant(float(explanation.share[k, column]), 4),
            )
            for column in foremost
            if explanation.share[k, column] > 0
        ),
    )


def _points(gathered: Gathered, viewed: Sequence[int]) -> tuple[Point, ...]:
    """Return flagged rows and a sample of all that there is room for, in the order of the table."""
    sample, flagged = gathered.sample.facts, gathered.shown.facts
    assert sample is not None, "a table has rows"
    assert flagged is not None, "of which none may be flagged"
    places = [gathered.plan.described.index(position) for position in viewed]
    is_known = np.isin(sample.rows, flagged.rows)
    both = flagged + sample.take(np.flatnonzero(~is_known))
    columns = [rounded(both.values[:, place], _span(sample.values[:, place])) for place in places]
    made = [
        Point(row + 1, score, round(severity, _DECIMALS), None if component < 0 else component, values)
        for row, score, severity, component, values in zip(
            both.rows.tolist(),
            both.scores.tolist(),
            _severities(gathered.plan.model, both.scores),
            both.components.tolist(),
            zip(*columns, strict=True),
            strict=True,
        )
    ]
    foremost, _ = _fitting(made[: len(flagged)], round(PAGE.flagged_points * PAGE.point_bytes))
    room = PAGE.point_bytes - sum(map(_size, foremost))
    others, _ = _fitting(made[len(flagged) :], room)
    return tuple(sorted((*foremost, *others), key=lambda point: point.row))


def _span(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.max() - known.min()) if len(known) else 0.0


def _fitting(items: Sequence[T], room: int) -> tuple[list[T], int]:
    """Return the leading items that there is room for, and the room that is left."""
    fitting: list[T] = []
    for item in items:
        size = _size(item)
        if size > room:
            return fitting, 0
        fitting.append(item)
        room -= size
    return fitting, room


def _size(item: ReportRow | Point) -> int:
    return size_in_page(as_json(item, indent=None)) + 1
