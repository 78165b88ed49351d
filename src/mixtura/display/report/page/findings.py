"""What is wrong, first: the slider, and what the rows share that it flags."""

from collections.abc import Sequence

from ....words import plural
from ..facts.data import Report
from .payload import Stop
from .sections import tabulated
from .text import isolated


def findings(report: Report, found: Sequence[Stop]) -> str:
    """Return the slider, and the reasons of the rows that it flags."""
    return _slider(report, found) + _reasons(report)


def _slider(report: Report, found: Sequence[Stop]) -> str:
    decision = report.summary.decision
    chosen = decision is not None and decision.threshold is not None
    live = (
        """<div><dt>precision</dt><dd data-live="precision"></dd></div>
<div><dt>recall</dt><dd data-live="recall"></dd></div>"""
        if found[0].labelled is not None
        else ""
    )
    return f"""<div class="needs-script">
<div class="slider">
<label for="threshold">Threshold</label>
<input type="range" id="threshold" min="0" max="{len(found) - 1}" step="1" autocomplete="off">
<div class="ends" aria-hidden="true"><span>more rows flagged</span><span>fewer</span></div>
</div>
<div class="beside"><dl class="reading"><div><dt>threshold</dt><dd data-live="threshold"></dd></div>
<div><dt>rows flagged</dt><dd><span data-live="flagged"></span> (<span data-live="share"></span>)</dd></div>{live}</dl>
<button type="button" id="back">Back to {"the chosen" if chosen else "no"} threshold</button></div>
<p id="approximate" class="aside"></p>
</div>"""


def _reasons(report: Report) -> str:
    """Return the reasons of flagged rows as a table; the scripts fill it anew as the threshold moves."""
    examples = {row.row: row.reason for row in report.rows}
    lines = "".join(
        f'<tr><th scope="row">{isolated(group.reason, 480)}</th><td class="number">{group.n_rows:,}</td>'
        f"<td>row {group.example} {isolated(examples.get(group.example, ''), 480)}</td><td></td></tr>"
        for group in report.summary.reasons
    )
    table = tabulated(
        "Flagged rows by reason",
        ("what is wrong", "rows", "such as", "mark"),
        lines,
        numeric=range(1, 2),
        name="reasons-table",
    )
    hidden = "" if lines else " hidden"
    omitted = report.omitted.reasons
    left = f"<p class='static'>Not shown: {plural(omitted, 'reason')} of fewer rows.</p>" if omitted else ""
    return f"""<div id="reasons-part"{hidden}>{table}{left}</div>
<p><button type="button" id="more-reasons" class="needs-script" hidden></button></p>
<p id="reasons-note" class="aside" role="status"></p>"""
