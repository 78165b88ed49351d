"""From what was gathered in the pass that scores a table to a report that has room on a page."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ....tables.scored.gathering import Gathered
from ....tables.scored.telling import described_columns
from ....tables.told.summary import Summary
from ....typing import Floats
from ..budget import PAGE
from .abridge import abridged, n_groups_fitting
from .columns import column_facts, most_telling
from .curve import score_curve
from .data import Point, Report, Reproduction
from .fitting import fitting, size_of
from .groups import contours, profiles
from .listing import listing, severities_of
from .names import display_names, shortened
from .numbers import rounded

# Of the severity of a point; what is less than a ten-thousandth below a hundred is written as one.
_DECIMALS = 6


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
    model = plan.model
    names = display_names(dict.fromkeys([*model.columns, *gathered.cell_columns]))
    listed = listing(gathered, names)
    threshold = None if model.threshold is None or summary.decision is None else summary.decision.threshold
    # Where no row is flagged, no column is to blame.
    n_flagged = np.zeros_like(listed.n_flagged) if threshold is None else listed.n_flagged
    described = described_columns(model, n_flagged)
    order = most_telling(model, listed.blame, n_flagged)
    called = [names[model.columns[position]] for position in described]
    sketches = dict(zip(plan.sketched, gathered.columns, strict=True))
    columns = tuple(
        column_facts(
            names[model.columns[position]],
            sketches[position],
            gathered.n_rows,
            model.kinds[position] if model.kinds else None,
            int(n_flagged[position]),
        )
        for position in described
    )
    viewed = order[: max(PAGE.viewed, min(PAGE.blamed, int((n_flagged > 0).sum())))]
    points = _points(gathered, viewed)
    groups = profiles(model, described, n_groups_fitting(called))
    short, omitted = abridged(summary, model, names, described, groups, listed.rows)
    ranges = {
        position: (float(sketch.lowest.values[0]), sketch.largest)
        for position, sketch in sketches.items()
        if sketch.count
    }
    n_like_fine = 0 if summary.decision is None else summary.decision.n_like_fine
    labelled = plan.labels is not None
    strays = tuple(point.row for point in points if point.row - 1 in gathered.strays)
    return Report(
        summary=short,
        columns=columns,
        profiles=groups,
        scores=score_curve(
            gathered.scores,
            gathered.classes if labelled else None,
            threshold,
            gathered.flagged,
            gathered.stray_scores,
        ),
        cell_columns=listed.cell_columns,
        rows=listed.rows,
        view_columns=tuple(names[model.columns[position]] for position in viewed),
        points=points,
        points_are_all=len(points) == gathered.n_rows,
        contours=contours(model, viewed, names, ranges),
        reproduction=replace(reproduction, command=shortened(reproduction.command, PAGE.command)),
        omitted=replace(
            omitted,
            flagged_rows=max(0, gathered.n_flagged - n_like_fine - len(listed.rows)),
            flagged_points=gathered.n_flagged - _n_flagged(points, strays, threshold),
        ),
        stray_points=strays,
    )


def _n_flagged(points: Sequence[Point], strays: Sequence[int], threshold: float | None) -> int:
    limit = np.inf if threshold is None else threshold
    return len(strays) + sum(point.anomaly_score > limit for point in points if point.row not in strays)


def _points(gathered: Gathered, viewed: Sequence[int]) -> tuple[Point, ...]:
    """Return flagged rows and a sample of all that there is room for, in the order of the table."""
    sample, flagged = gathered.sample.facts, gathered.shown.facts
    assert sample is not None, "a table has rows"
    assert flagged is not None, "of which none may be flagged"
    is_known = np.isin(sample.rows, flagged.rows)
    both = flagged + sample.take(np.flatnonzero(~is_known))
    columns = [rounded(both.values[:, position], _span(sample.values[:, position])) for position in viewed]
    made = [
        Point(row + 1, score, round(severity, _DECIMALS), None if component < 0 else component, values)
        for row, score, severity, component, values in zip(
            both.rows.tolist(),
            both.scores.tolist(),
            severities_of(gathered.plan.model, both.scores),
            both.components.tolist(),
            zip(*columns, strict=True),
            strict=True,
        )
    ]
    foremost, _ = fitting(made[: len(flagged)], round(PAGE.flagged_points * PAGE.point_bytes))
    room = PAGE.point_bytes - sum(map(size_of, foremost))
    others, _ = fitting(made[len(flagged) :], room)
    return tuple(sorted((*foremost, *others), key=lambda point: point.row))


def _span(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.max() - known.min()) if len(known) else 0.0
