"""The segments of a table, as a table of a page."""

from ....words import count, percent, plural
from ...segments import differences, unseen
from ..facts.data import Report
from .sections import tabulated
from .text import isolated

# Letters of what is said of a segment.
_LONGEST = 400


def segments(report: Report) -> str:
    """Return the segments, those with the largest share of flagged rows first."""
    known = [one for one in report.summary.segments if one.levels]
    by = ", ".join(isolated(name) for name in (known[0].levels if known else ()))
    rows = "".join(
        f'<tr><th scope="row">{isolated(one.called)}</th><td class="number">{count(one.n_rows)}</td>'
        f'<td class="number">{count(one.n_flagged)}</td><td class="number">{percent(one.share)}</td>'
        f"<td>{isolated(differences(one.differs), _LONGEST)}</td></tr>"
        for one in known
    )
    text = "<p>Each row is judged within its segment. The columns that define the segments are not judged.</p>"
    if known:
        text += tabulated(
            "Segments", (by, "rows", "flagged", "share", "median (of all rows)"), rows, numeric=range(1, 4)
        )
    if report.omitted.segments:
        text += f"<p>Not shown: {plural(report.omitted.segments, 'segment')} with smaller shares of flagged rows.</p>"
    return text + "".join(f"<p>{unseen(one)}</p>" for one in report.summary.segments if not one.levels)
