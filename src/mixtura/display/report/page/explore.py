"""The parts of a page that move with the slider, as they are before any script has run."""

import math
from collections.abc import Sequence

from ....decisions.reasons import written
from ....tables.told.decision import Decision
from ....words import percent, plural, severity
from ..facts.data import Report, ReportRow
from .payload import Stop
from .sections import n_columns_of, n_groups_of
from .text import isolated, number, plain

# Rows that are in the page as text; the scripts list all of them.
_STATIC_ROWS = 25


def figures(report: Report, found: Sequence[Stop], chosen: int) -> str:
    """Return the key figures; those of the threshold move with the slider."""
    table = report.summary.table
    listed = [_figure(table.n_rows, "row"), _figure(n_columns_of(report), "column", " in use")]
    if report.summary.groups:
        listed.append(_figure(n_groups_of(report), "group"))
    if found:
        stop = found[chosen]
        listed += [
            ("flagged", f"{stop.flagged:,}", "flagged"),
            ("of all rows", percent(stop.flagged / table.n_rows) if table.n_rows else "–", "share"),
            ("threshold", "none" if stop.threshold is None else number(stop.threshold), "threshold"),
        ]
        if stop.labelled is not None:
            precision, recall = quality(report, stop)
            listed += [("precision", precision, "precision"), ("recall", recall, "recall")]
    items = "".join(
        f"<div><dt>{name}</dt><dd{f' data-live={live}' if live else ''}>{value}</dd></div>"
        for name, value, live in listed
    )
    return f'<dl class="figures">{items}</dl>'


def _figure(count: int, noun: str, rest: str = "") -> tuple[str, str, str]:
    return f"{noun}{'' if count == 1 else 's'}{rest}", f"{count:,}", ""


def quality(report: Report, stop: Stop) -> tuple[str, str]:
    """Return precision and recall of the labelled rows as text."""
    total = report.scores.n_anomalies
    if stop.anomalies is None:
        return "–", "–"
    precision = percent(stop.anomalies / stop.labelled) if stop.labelled else "–"
    return precision, percent(stop.anomalies / total) if total else "–"


def views(report: Report, n_views: int) -> str:
    """Return the picture of two columns with what chooses them."""
    if not report.points:
        return "<p>There are no rows to show.</p>"
    names = [plain(name, 60) for name in report.view_columns[:n_views]]
    wrong = {column.name for column in report.columns if column.n_flagged}
    options = {axis: _options(names, [name in wrong for name in report.view_columns], start) for axis, start in _AXES}
    n_rows, n_points = report.summary.table.n_rows, len(report.points)
    sample = (
        "All rows are shown."
        if report.points_are_all
        else f"A sample of {n_points:,} of {plural(n_rows, 'row')} is shown."
    )
    if report.omitted.flagged_points:
        sample += f" {plural(report.omitted.flagged_points, 'flagged row')} with lower scores left out."
    left = _left_out(n_columns_of(report), n_views, len(wrong))
    return f"""<div class="needs-script">
<div class="tools">
<label>Across <select id="view-x">{options["x"]}</select></label>
<label>Up <select id="view-y">{options["y"]}</select></label>
<label class="check"><input type="checkbox" id="view-bulk"> without the extremes</label>
</div>
<figure>
<div id="view" class="chart" role="img" aria-label="Rows over two columns"></div>
<figcaption><p id="view-key" class="key"></p><p>{sample}{left} <span id="view-note"></span></p></figcaption>
</figure>
</div>"""


def _left_out(n_columns: int, n_views: int, n_wrong: int) -> str:
    """Return how many columns the picture cannot show, in a sentence with a space before it."""
    if n_wrong > n_views:
        return f" Choose from the {n_views} columns with the most flagged cells, of {n_wrong:,} that have some."
    return f" Choose from {n_views} of {plural(n_columns, 'column')}." if n_views < n_columns else ""


# The axes of the picture, and the columns that they show first.
_AXES = (("x", 0), ("y", 1))


def _options(names: Sequence[str], is_wrong: Sequence[bool], start: int) -> str:
    """Return what an axis may show: columns with flagged cells, the others, and the score."""
    parts: dict[str, list[str]] = {"columns with flagged cells": [], "other columns": []}
    for k, name in enumerate(names):
        part = "columns with flagged cells" if is_wrong[k] else "other columns"
        parts[part].append(f'<option value="{k}"{" selected" if k == start else ""}>{name}</option>')
    listed = "".join(f'<optgroup label="{title}">{"".join(part)}</optgroup>' for title, part in parts.items() if part)
    selected = " selected" if start == len(names) else ""
    return f'{listed}<option value="score"{selected}>anomaly score</option>'


def scores(report: Report, found: Sequence[Stop]) -> str:
    """Return the histogram of the scores, and what the threshold achieves on labelled rows."""
    if not found:
        return "<p>There are no scores to choose a threshold from.</p>"
    labelled = found[0].labelled is not None
    lines = (
        """<figure>
<div id="quality" class="chart" role="img" aria-label="Precision and recall over the threshold"></div>
<figcaption id="quality-key" class="key"></figcaption></figure>"""
        if labelled
        else ""
    )
    note = ""
    if labelled:
        note = (
            f"<p>Precision and recall are those of the {plural(report.scores.n_labelled or 0, 'labelled row')}, "
            f"{report.scores.n_anomalies or 0:,} of them anomalies.{_limits(report.summary.decision)}</p>"
        )
    return f"""<div class="needs-script">
<figure>
<div id="histogram" class="chart" role="img" aria-label="Histogram of anomaly scores"></div>
<figcaption>Rows to the right of the line are flagged. A click moves the threshold there.</figcaption>
</figure>
{lines}
</div>{note}"""


def _limits(decision: Decision | None) -> str:
    found = None if decision is None else decision.on_labels
    if found is None:
        return ""
    shares = (
        f"{name} {percent(share)} ({percent(low)} to {percent(high)})"
        for name, share, (low, high) in (
            ("precision", found.precision, found.precision_interval),
            ("recall", found.recall, found.recall_interval),
        )
    )
    return (
        f" At the chosen threshold, with 95% limits: {', '.join(shares)}. "
        f"Average precision over all thresholds: {found.average_precision:.3f}."
    )


def rows(report: Report, found: Sequence[Stop], chosen: int, longest: int) -> str:
    """Return the list of rows: the most anomalous as text, all once scripts run, cells cut to `longest`."""
    flagged = found[chosen].flagged if found else 0
    shown = report.rows[: min(_STATIC_ROWS, flagged or _STATIC_ROWS)]
    if not report.rows:
        return "<p>No rows are listed.</p>"
    rated = not any(math.isnan(row.severity) for row in report.rows)
    grouped = any(row.component is not None for row in report.rows)
    labelled = any(row.label is not None for row in report.rows)
    titles = ["row", "score", "why", *(["group"] if grouped else []), *(["label"] if labelled else [])]
    if rated:
        titles.insert(2, "severity")
    heads = "".join(f'<th scope="col">{title}</th>' for title in titles)
    heads += "".join(f'<th scope="col">{isolated(name, 60)}</th>' for name in report.cell_columns)
    body = "".join(_row(row, rated, grouped, labelled, report.cell_columns) for row in shown)
    notes = [_ROWS, *([_SEVERITY] if rated else [])]
    if any(row.score_after is not None for row in report.rows):
        notes.insert(0, _FLAGGED)
    if any(deviation.other for row in report.rows for deviation in row.deviations):
        notes.insert(1, _OTHER)
    if any(len(cell) > longest for row in report.rows for cell in row.cells):
        notes.append(f"Long cells are cut to {longest} characters.")
    note = f"<p>{' '.join(notes)}</p>" if notes else ""
    hidden = "" if found else " hidden"
    return f"""{_MAP}<h3 class="needs-script">Row by row</h3>
<div class="tools needs-script">
<label for="filter">Search</label>
<input type="search" id="filter" placeholder="any text in a row" autocomplete="off" spellcheck="false">
<label class="check"{hidden}><input type="checkbox" id="unflagged"> also rows below the threshold</label>
<label class="check"><input type="checkbox" id="repaired"> show repaired rows</label>
</div>
{_MARKS if found else ""}<p id="only" class="moved" hidden>Rows of one reason: <span id="only-text"></span>.
<button type="button" id="all-rows">Show all reasons</button></p>
<p id="repaired-note" class="moved" role="status" hidden></p>
<p id="listed" role="status">The {plural(len(shown), "most anomalous row")}.</p>
{note}<div class="scroll rows" tabindex="0" role="region" aria-label="Rows listed">
<table id="rows"><caption class="unseen">The most anomalous rows</caption>
<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>
</div>
<nav class="pages needs-script" aria-label="Pages of rows">
<button type="button" id="previous">Previous</button> <span id="page"></span>
<button type="button" id="next">Next</button>
</nav>
<p id="copied" class="unseen" role="status"></p>"""


_ROWS = "Row 1 is the first row below the column names."

_MARKS = """<div class="tools needs-script">
<button type="button" id="save-marks">Download the marks</button>
<button type="button" id="save-flagged">Download the flagged rows</button>
<span id="marks-note" class="aside" role="status"></span>
</div>
<p class="aside needs-script on-screen">Mark rows as error, fine or unsure. This browser keeps the marks. Download them
and run <code>mixtura detect … --labels FILE</code>: rows like those marked fine are no longer flagged. With ten errors
and ten fine rows, the marks also set the threshold.</p>
"""

# Said where a heading cannot be pointed at, too: on paper, and under a finger.
_SEVERITY = "Severity is the percentage of rows like these that score lower."


_FLAGGED = "Coloured cells do not fit the rest of their row. The small number is what the other cells predict."

_OTHER = "A cell with a dashed edge explains its row just as well as the coloured one."

_MAP = """<div id="map-part" class="needs-script" hidden><h3>Which cells are flagged</h3>
<figure class="map"><p id="map-key" class="key"></p>
<div class="scroll" tabindex="0" role="region" aria-label="Map of flagged cells"><div id="map"></div></div>
<figcaption id="map-note"></figcaption></figure></div>
"""


def _row(row: ReportRow, rated: bool, grouped: bool, labelled: bool, columns: Sequence[str]) -> str:
    cells = [
        f'<td class="number">{number(row.anomaly_score)}</td>',
        *([f'<td class="number">{plain(severity(row.severity))}</td>'] if rated else []),
        f'<td class="why">{isolated(row.reason, 480)}</td>',
    ]
    if grouped:
        cells.append(f"<td>{'–' if row.component is None else row.component}</td>")
    if labelled:
        cells.append(f"<td>{label(row.label)}</td>")
    predicted = {deviation.column: deviation.repaired for deviation in row.deviations if deviation.flagged}
    others = {deviation.column for deviation in row.deviations if deviation.other}
    cells += [_cell(cell, predicted.get(name), name in others) for cell, name in zip(row.cells, columns, strict=True)]
    return f'<tr><th scope="row">{row.row}</th>{"".join(cells)}</tr>'


def _cell(text: str, predicted: float | str | None, other: bool) -> str:
    if other:
        return f'<td class="either">{isolated(text)}<small>or this</small></td>'
    if predicted is None:
        return f"<td>{isolated(text)}</td>"
    told = isolated(predicted) if isinstance(predicted, str) else written(predicted)
    below = f'<small><span class="unseen">predicted: </span>≈ {told}</small>'
    return f'<td class="wrong">{isolated(text)}{below}</td>'


def label(known: bool | None) -> str:
    """Return a label as a word."""
    return "–" if known is None else "anomaly" if known else "normal"
