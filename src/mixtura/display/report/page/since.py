"""What is new in a table since its model was fitted, and what moved."""

from ....tables.moved.drift import ColumnDrift
from ....tables.moved.score_drift import ScoreDrift
from ....words import percent, plural
from ..facts.data import Report
from .sections import tabulated
from .text import isolated, number


def since(report: Report) -> str:
    """Return how a table differs from the one that its model was fitted to; nothing where that is not known."""
    news, drift = report.summary.news, report.summary.drift
    if drift is None:
        return ""
    text = "" if drift.scores is None else _rates(drift.scores)
    if news:
        lines = "".join(
            f'<tr><th scope="row">{isolated(one.column)}</th><td>{isolated(one.what, 480)}</td>'
            f"<td>{'expected' if one.is_expected else 'new'}</td></tr>"
            for one in news
        )
        text += "<h3>New</h3>" + tabulated("What is new", ("column", "what is new", "verdict"), lines)
        text += _left(report.omitted.news)
    moved = drift.moved
    if moved:
        titles = ("column", "then → now", "distance", "by chance")
        lines = "".join(map(_line, moved))
        text += "<h3>Moved</h3>" + tabulated("Columns that moved", titles, lines, numeric=range(2, 4))
        text += _left(report.omitted.moved)
        text += f'<p class="aside">{_DISTANCE}</p>'
    else:
        text += "<p>No column moved.</p>"
    going = "".join(
        f"<li>{isolated(one.column)} continues: {isolated(one.said, 480)}</li>" for one in drift.columns if one.goes_on
    )
    return text + (f"<ul>{going}</ul>" if going else "")


_DISTANCE = (
    "Distance: the share of the cells that lie elsewhere than in the fitted table, from 0 to 1. "
    "By chance: the distance between two samples of the same source."
)


def _rates(scores: ScoreDrift) -> str:
    """Return how the share of flagged rows and the scores moved, in sentences."""
    told = ""
    if scores.share_before is not None and scores.share_now is not None:
        told = (
            f"<strong>{percent(scores.share_now)}</strong> of the rows have a score above the threshold, compared with "
            f"<strong>{percent(scores.share_before)}</strong> in the fitted table. "
        )
    verb = "moved" if scores.has_moved else "did not move"
    return (
        f"<p>{told}The scores {verb}: their median was {number(scores.median_before)} and is "
        f"{number(scores.median_now)}.</p>"
    )


def _line(column: ColumnDrift) -> str:
    return (
        f'<tr><th scope="row">{isolated(column.column)}</th><td>{isolated(column.said, 480)}</td>'
        f'<td class="number">{column.distance:.2f}</td><td class="number">{column.by_chance:.2f}</td></tr>'
    )


def _left(count: int) -> str:
    return f"<p>Not shown: {plural(count, 'more column')}.</p>" if count else ""
