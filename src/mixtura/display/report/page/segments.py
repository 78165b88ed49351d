"""The segments of a table, and the columns that moved since the fit, as tables of a page."""

from ....tables.drift import Drift
from ....words import count, percent, plural
from ...drifted import moved_scores
from ...segments import differences, unseen
from ..budget import PAGE
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
    text = "<p>Each row is judged within its segment, and not by the columns that say which it is.</p>"
    if known:
        text += tabulated(
            "Segments", (by, "rows", "flagged", "share", "median (of all rows)"), rows, numeric=range(1, 4)
        )
    if report.omitted.segments:
        text += f"<p>Not shown: {plural(report.omitted.segments, 'segment')} with smaller shares of flagged rows.</p>"
    return text + "".join(f"<p>{unseen(one)}</p>" for one in report.summary.segments if not one.levels)


def moved(drift: Drift) -> str:
    """Return the columns that moved since the fit, those farthest first."""
    found = drift.moved[: PAGE.moved]
    rows = "".join(
        f'<tr><th scope="row">{isolated(one.column)}</th><td class="number">{one.distance:.2f}</td>'
        f'<td class="number">{one.by_chance:.2f}</td><td>{isolated(one.said, _LONGEST)}</td></tr>'
        for one in found
    )
    n_columns = len({one.column for one in drift.columns})
    text = f"<p>{count(len({one.column for one in drift.moved}))} of {plural(n_columns, 'column')} moved.</p>"
    if found:
        text += tabulated(
            "Columns that moved", ("column", "distance", "by chance", "then → now"), rows, numeric=range(1, 3)
        )
    return text + ("" if drift.scores is None else f"<p>{isolated(moved_scores(drift.scores), _LONGEST)}</p>")
