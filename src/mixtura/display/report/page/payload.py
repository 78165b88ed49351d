"""What the scripts of a page work with: plain lists, columns by number, no longer than a page can be."""

import hashlib
import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

import numpy as np

from ....tables.told.decision import Decision
from ....words import severity
from ...palette import GROUPS
from ..budget import PAGE
from ..facts.data import Contours, Report, ReportRow, ScoreCurve
from .contours import MASSES, levels_of, lines_of
from .text import LONGEST, island, stem, visible

# A place on a line in steps of the grid: so fine that the eye sees no corner.
_FINE = 20

# A third of the largest number.
_HUGE = 6e307


def payload(report: Report) -> dict[str, Any]:
    """Return the data of a page, ready for `island`."""
    views = _views(report)
    found, chosen = stops_of(report)
    names = named(report.rows, report.summary.table.columns)
    reasons = {words: number for number, words in enumerate(dict.fromkeys(row.shared for row in report.rows))}
    rows, longest = listed_rows(report.rows, found, names, reasons)
    counts = {group.reason: group.n_rows for group in report.summary.reasons}
    return {
        "n_rows": report.summary.table.n_rows,
        "name": stem(report.summary.table.source),
        "key": _key(report),
        "n_components": len(report.profiles),
        "views": [visible(name) for name in views],
        "points": _points(report, len(views), found),
        "points_are_all": report.points_are_all,
        "contours": [_contours(one, views) for one in report.contours if one.x in views and one.y in views],
        "masses": MASSES,
        "stops": [list(astuple(stop)) for stop in found],
        "chosen": chosen,
        "bars": {"edges": report.scores.edges, "counts": report.scores.counts, "bend": report.scores.bend},
        "n_anomalies": report.scores.n_anomalies,
        "cell_columns": [visible(name) for name in report.cell_columns],
        "names": [visible(name) for name in names],
        "cell_names": [names.get(name) for name in report.cell_columns],
        "n_columns": len(report.summary.table.columns) + report.omitted.columns,
        "rows": rows,
        "longest_cell": longest,
        "reasons": [[visible(words), counts.get(words, 0)] for words in reasons],
        "tried": _tried(report),
        "colors": len(GROUPS),
    }


def _key(report: Report) -> str:
    """Return what the marks of a report are kept under: other rows or scores are another report."""
    known = (report.summary.table.source, report.summary.table.n_rows, report.summary.table.columns, report.rows)
    return hashlib.sha256(repr(known).encode("utf-8", "surrogatepass")).hexdigest()[:24]


@dataclass(frozen=True)
class Stop:
    """A place where the slider can stop.

    Attributes
    ----------
    threshold : float or None
        Rows with a higher score are flagged; None where none is.
    exact : bool
        Whether the counts are, or from a sketch.
    flagged, labelled, anomalies : int or None
        Rows flagged; how many rows of a higher score have a label, and how many of these are known to be anomalies.
    above : int
        Rows of a higher score, flagged or not.
    """

    threshold: float | None
    exact: bool
    flagged: int
    labelled: int | None
    anomalies: int | None
    above: int = 0


def stops(scores: ScoreCurve, decision: Decision | None, fine: Sequence[float] = ()) -> tuple[list[Stop], int]:
    """Return where the slider can stop, the highest threshold first, and the position of the chosen one.

    Rows that are fine, of such scores, are never flagged.

    The chosen threshold is put in where it is not among those of the curve. Where there is none, a stop of no threshold
    comes first, and is the one to start from.
    """
    ascending = sorted(fine)
    found = [
        Stop(
            threshold,
            position < scores.n_exact,
            scores.n_flagged[position] - len(fine) + bisect_right(ascending, threshold),
            *_labelled(scores, position),
            scores.n_above[position],
        )
        for position, threshold in enumerate(scores.thresholds)
    ]
    if decision is None or decision.threshold is None:
        nothing = (None, None) if scores.n_labelled_above is None else (0, 0)
        return [Stop(None, True, scores.n_strays, *nothing), *found] if found else [], 0
    # Strictly higher thresholds come before it.
    position = bisect_left(found, -decision.threshold, key=lambda stop: -float(stop.threshold or 0))
    if position == len(found) or found[position].threshold != decision.threshold:
        # No score lies between it and the next lower stop, as far as the curve is exact: they flag the same rows.
        beside = found[min(position, len(found) - 1)] if found else Stop(None, True, 0, None, None)
        found.insert(
            position,
            replace(beside, threshold=decision.threshold, exact=True, flagged=decision.n_anomalies),
        )
    return found, position


def stops_of(report: Report) -> tuple[list[Stop], int]:
    """Return where the slider of a report can stop, and the position of the chosen threshold.

    A report of groups has no slider.
    """
    if report.summary.command == "groups":
        return [], -1
    fine = [row.anomaly_score for row in report.rows if row.is_fine]
    found, chosen = stops(report.scores, report.summary.decision, fine)
    decision = report.summary.decision
    if decision is not None and decision.threshold is not None:
        found[chosen] = replace(found[chosen], flagged=decision.n_anomalies)
    return found, chosen


def _labelled(scores: ScoreCurve, position: int) -> tuple[int | None, int | None]:
    if scores.n_labelled_above is None or scores.n_anomalies_above is None:
        return None, None
    return scores.n_labelled_above[position], scores.n_anomalies_above[position]


def first_flagging(found: Sequence[Stop], score: float) -> int:
    """Return the position of the first stop that flags a row of this score; their number where none does."""
    return bisect_right(found, -score, key=lambda stop: -math.inf if stop.threshold is None else -stop.threshold)


def named(rows: Sequence[ReportRow], columns: Sequence[str]) -> dict[str, int]:
    """Return a number for each column that rows name, in the order of the table where `columns` are known."""
    deviating = (deviation.column for row in rows for deviation in row.deviations)
    found = dict.fromkeys((*deviating, *(cell.column for row in rows for cell in row.strays)))
    ordered = (*(name for name in columns if name in found), *(name for name in found if name not in columns))
    return {name: number for number, name in enumerate(dict.fromkeys(ordered))}


def listed_rows(
    rows: Sequence[ReportRow], found: Sequence[Stop], names: Mapping[str, int], reasons: Mapping[str, int]
) -> tuple[list[list[Any]], int]:
    """Return the rows to list, and the length that cells are cut to, so that a page has room for them.

    Cells are cut shorter first; then the least anomalous rows are left out.
    """
    listed: list[list[Any]] = []
    for longest in PAGE.cells:
        listed = [_row(row, longest, found, names, reasons) for row in rows]
        if len(island(listed).encode()) <= PAGE.row_page_bytes:
            return listed, longest
    while len(island(listed).encode()) > PAGE.row_page_bytes:
        listed = listed[: 9 * len(listed) // 10]
    return listed, PAGE.cells[-1]


def _row(
    row: ReportRow, longest: int, found: Sequence[Stop], names: Mapping[str, int], reasons: Mapping[str, int]
) -> list[Any]:
    cells = [cell if len(cell) <= longest else cell[:longest] + "…" for cell in row.cells]
    deviations = [
        [names[d.column], _told(d.value, 9), _told(d.expected), _short(d.share), _told(d.repaired, 9), *([1] * d.other)]
        for d in row.deviations
    ]
    flagging = _flagging(row, found)
    score = _short(row.anomaly_score, 6)
    reason = visible(row.reason, 4 * LONGEST)
    return [
        row.row,
        score,
        _severity(row.severity),
        flagging,
        row.component,
        row.label,
        reason,
        cells,
        deviations,
        _short(row.surprise, 6),
        _shortened(row.score_after),
        [[names[cell.column], visible(cell.text)] for cell in row.strays],
        reasons[row.shared],
    ]


def _flagging(row: ReportRow, found: Sequence[Stop]) -> int:
    """Return the first stop that flags a row; their number where none does."""
    if row.is_fine:
        return len(found)
    return 0 if row.strays else first_flagging(found, row.anomaly_score)


def _severity(value: float) -> str | None:
    """Return what a page shows; whatever sorts by it sorts by the score, with which it rises."""
    return None if math.isnan(value) else severity(value)


def _views(report: Report) -> tuple[str, ...]:
    """Return the columns that there is room to show; a value takes seven characters or so."""
    return report.view_columns[: max(2, PAGE.point_page_bytes // (7 * max(1, len(report.points))))]


def _points(report: Report, n_views: int, found: Sequence[Stop]) -> dict[str, Any]:
    strays, fine = set(report.stray_points), {row.row for row in report.rows if row.is_fine}
    never = len(found)
    return {
        "row": [point.row for point in report.points],
        "score": [_short(point.anomaly_score) for point in report.points],
        "severity": [_severity(point.severity) for point in report.points],
        "flagging": [
            never if point.row in fine else 0 if point.row in strays else first_flagging(found, point.anomaly_score)
            for point in report.points
        ],
        "component": [point.component for point in report.points],
        "values": [[_short(point.values[k]) for point in report.points] for k in range(n_views)],
    }


def _contours(contours: Contours, views: Sequence[str]) -> dict[str, Any]:
    """Return the lines of one pair of columns: numbers of the columns, the grid, and lines in fine steps of it."""
    log_density = np.array(contours.log_density)
    levels = levels_of(log_density)
    lines = [
        [position, [round(_FINE * step) for place in line for step in place]]
        for position, level in enumerate(levels)
        for line in lines_of(log_density, level)
    ]
    grids = (contours.x_grid, contours.y_grid)
    return {
        "x": views.index(contours.x),
        "y": views.index(contours.y),
        "start": [grid[0] for grid in grids],
        "step": [(grid[-1] - grid[0]) / (len(grid) - 1) / _FINE for grid in grids],
        "lines": lines,
    }


def _tried(report: Report) -> list[list[Any]]:
    return [[c.n_components, c.covariance_type, c.bic, c.aic] for c in report.summary.model.ranking]


def _told(value: float | str | None, digits: int = 5) -> float | str | None:
    """Return a value as a page has it: words as they are."""
    if value is None:
        return None
    return visible(value) if isinstance(value, str) else _short(value, digits)


def _shortened(value: float | None) -> float | None:
    return None if value is None else _short(value, 6)


def _short(value: float, digits: int = 5) -> float:
    """Round to as many digits as an eye can tell apart in a picture; differences of such numbers are finite."""
    if not math.isfinite(value):
        return math.nan
    return float(f"{max(-_HUGE, min(_HUGE, value)):.{digits}g}")
