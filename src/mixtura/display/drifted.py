"""What is new in a table since a model was fitted, and what moved, as text."""

from collections.abc import Iterable, Sequence

from .. import words
from ..columns.looked.known import News
from ..tables.moved.drift import ColumnDrift, Drift
from ..tables.moved.score_drift import ScoreDrift
from .layout import Cells, Column, Part, Span, Stack, paragraph

# What is shown; the rest is in the JSON.
_NEWS_SHOWN = 6
_COLUMNS_SHOWN = 12

_LONGEST_NAME = 24


def since_the_fit(news: Sequence[News], drift: Drift | None, rest: str) -> Iterable[Part]:
    """Yield what is new in a table, and what moved.

    Parameters
    ----------
    news : sequence of News
        What is new.
    drift : Drift or None
        What moved; None where nothing is known of the fit.
    rest : str
        Where all that is not shown can be found.
    """
    if news:
        yield _news(news, rest)
    if drift is not None and (drift.columns or drift.scores is not None):
        yield _drift(drift, rest)


def _news(news: Sequence[News], rest: str) -> Part:
    surprising = [one for one in news if not one.is_expected]
    shown = [*surprising, *(one for one in news if one.is_expected)][:_NEWS_SHOWN]
    lines: list[Part] = [paragraph(_said(one), indent=2) for one in shown]
    if len(news) > len(shown):
        lines.append(paragraph(f"  … {words.count(len(news) - len(shown))} more {rest}"))
    return Stack([paragraph(Span("New since the fit", "bold"), ": what the columns hold now"), *lines])


def _said(news: News) -> str:
    expected = " (expected)" if news.is_expected else ""
    return f"{words.shortened(words.visible(str(news)))}{expected}."


def _drift(drift: Drift, rest: str) -> Part:
    names = {column.column for column in drift.columns}
    moved = drift.moved
    n_moved = len({column.column for column in moved})
    title = Span("Moved since the fit", "bold")
    if not n_moved:
        parts = [paragraph(title, f": none of {words.plural(len(names), 'column')}")]
    else:
        parts = [paragraph(title, f": {words.count(n_moved)} of {words.plural(len(names), 'column')}")]
        titles = (
            Column("column", right=False),
            Column("distance"),
            Column("by chance"),
            Column("then → now", right=False),
        )
        parts.append(Cells(titles, [_row(column) for column in moved[:_COLUMNS_SHOWN]]))
    if len(moved) > _COLUMNS_SHOWN:
        parts.append(paragraph(f"  … {words.count(len(moved) - _COLUMNS_SHOWN)} more {rest}"))
    for column in drift.columns:
        if column.goes_on:
            parts.append(paragraph(f"{_name(column)} continues: {words.visible(column.said)}.", indent=2))
    if drift.scores is not None:
        parts.append(paragraph(_moved_scores(drift.scores), indent=2))
    return Stack(parts)


def _row(column: ColumnDrift) -> list[Span]:
    return [
        Span(_name(column), "bold"),
        Span(f"{column.distance:.2f}"),
        Span(f"{column.by_chance:.2f}"),
        Span(words.visible(column.said)),
    ]


def _name(column: ColumnDrift) -> str:
    name = words.visible(column.column)
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _moved_scores(scores: ScoreDrift) -> str:
    """Return how the scores of the rows moved, in a sentence."""
    told = f"median {words.number(scores.median_before)} → {words.number(scores.median_now)}"
    if scores.share_before is not None and scores.share_now is not None:
        told += f", {words.percent(scores.share_before)} → {words.percent(scores.share_now)} above the threshold"
    verb = "moved" if scores.has_moved else "did not move"
    return f"The scores of the rows {verb}: {told}."
