"""The segments of a table as text."""

from collections.abc import Iterable, Sequence

from .. import words
from ..tables.told.segment_facts import SegmentFacts, SegmentValue
from .layout import Cells, Column, Part, Span, Stack, paragraph

# What is shown; the rest is in the JSON.
_SHOWN = 6

_LONGEST_NAME = 32


def segments_part(segments: Sequence[SegmentFacts], rest: str) -> Iterable[Part]:
    """Yield the segments of a table, those with the largest share of flagged rows first.

    Parameters
    ----------
    segments : sequence of SegmentFacts
        The segments; none where all rows were judged together.
    rest : str
        Where all that is not shown can be found.
    """
    known = [one for one in segments if one.levels]
    if not segments:
        return
    rows = [
        [
            Span(shortened(one.called), "bold"),
            *map(Span, (words.count(one.n_rows), words.count(one.n_flagged), words.percent(one.share))),
            Span(differences(one.differs)),
        ]
        for one in known[:_SHOWN]
    ]
    by = words.joined([words.visible(name) for name in (known[0].levels if known else ())])
    titles = (
        Column(by, right=False),
        *map(Column, ("rows", "flagged", "share")),
        Column("median (of all rows)", right=False),
    )
    parts: list[Part] = [paragraph(Span("Segments", "bold"), f": each row is judged within its {by}" if known else "")]
    if known:
        parts.append(Cells(titles, rows))
    if len(known) > _SHOWN:
        parts.append(paragraph(f"  … {words.plural(len(known) - _SHOWN, 'more segment')} {rest}"))
    parts += [paragraph(unseen(one), indent=2) for one in segments if not one.levels]
    yield Stack(parts)


def unseen(segment: SegmentFacts) -> str:
    """Return what is said of rows of no known segment."""
    is_one = segment.n_rows == 1
    return (
        f"{words.plural(segment.n_rows, 'row')} {'is' if is_one else 'are'} in no segment that the model knows, and "
        f"{'is' if is_one else 'are'} judged by the whole table."
    )


def differences(values: Sequence[SegmentValue]) -> str:
    """Return the medians that differ most, with those of all rows: "amount 101 (110), weight 12 (12.6)"."""
    return ", ".join(f"{words.visible(one.column)} {_told(one.median)} ({_told(one.of_all)})" for one in values)


def shortened(name: str) -> str:
    """Return what a segment is called, cut where that is long."""
    name = words.visible(name)
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _told(value: float | str) -> str:
    return words.visible(value) if isinstance(value, str) else words.number(value)
