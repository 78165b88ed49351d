"""Cells that are not what the others of their column are."""

from collections.abc import Iterator
from itertools import count, takewhile

from ...words import joined, percent, plural
from ..kinds.category import Category, Text
from ..kinds.moments import Date, Duration, Time
from ..kinds.number import Number
from ..looked.looked import Looked
from ..looked.looked_column import LookedColumn
from ..seen.cells import is_text
from ..seen.marks import AMONG_NUMBERS
from .finding import Advice, Finding, cut, named

# Words among numbers that are repeated so often on average are marks.
_TIMES_REPEATED = 5
_MOST_WORDS = 3


def rows_without_numbers(looked: Looked) -> Iterator[Finding]:
    """Yield findings where the first row holds units or a second header, and where rows repeat the header."""
    told = _rows_told(looked)
    again = {row: cells for row, cells in told.items() if all(text.strip() == name for name, text in cells.items())}
    if again:
        row, cells = next(iter(again.items()))
        n = max(column.n_strays for column in looked.columns if column.name in cells)
        yield Finding(
            "header again",
            f"row {row + 1:,} repeats the header"
            if n == 1
            else f"{n:,} rows repeat the header, such as row {row + 1:,}",
            tuple(cells)[:100],
            tuple(row + 1 for row in again),
            n,
            Advice(f"remove the row{'' if n == 1 else 's'} from the table"),
            changes_answer=True,
        )
    units = [*takewhile(lambda row: row in told and row not in again, count())]
    if units:
        cells = told[0]
        texts = joined([repr(cut(text)) for text in [*dict.fromkeys(cells.values())][:_MOST_WORDS]])
        first = "row 1 holds" if len(units) == 1 else f"rows 1 to {len(units)} hold"
        yield Finding(
            "units below the header",
            f"{first} {texts}, which do not fit {named(list(cells))}: units, or a second header",
            tuple(cells)[:100],
            tuple(row + 1 for row in units),
            len(units),
            Advice(f"remove the row{'' if len(units) == 1 else 's'} from the table"),
            changes_answer=True,
        )


def _rows_told(looked: Looked) -> dict[int, dict[str, str]]:
    """Return the cells that do not fit, by row and column, of rows in which most numbers, dates and times do not."""
    measured = [column for column in looked.columns if isinstance(column.kind, (Number, Date, Time, Duration))]
    found: dict[int, dict[str, str]] = {}
    for column in measured:
        for row, text in column.strays if is_text(column.seen.arrow_type) else ():
            found.setdefault(row, {})[column.name] = text
    least = max(2, 0.5 * len(measured))
    return {row: cells for row, cells in sorted(found.items()) if len(cells) >= least}


def mixed_cells(looked: Looked) -> Iterator[Finding]:
    """Yield a finding for each column of numbers, dates or times with cells that are none."""
    told = [row for one in rows_without_numbers(looked) for row in one.rows]
    for column in looked.columns:
        n = column.n_strays
        if not n or not column.strays or all(row + 1 in told for row, _ in column.strays):
            continue
        (row, text), *_ = column.strays
        marks = _infinities(column) or _words_repeated(column)
        told_n = f"{plural(n, 'cell')} {'is' if n == 1 else 'are'} {_instead(column)}"
        yield Finding(
            "cells that do not fit",
            f"{cut(column.name)}: {told_n}, such as {cut(text)!r} in row {row + 1}",
            (column.name,),
            tuple(at + 1 for at, _ in column.strays),
            n,
            _advice(column, marks),
            changes_answer=True,
        )


def _infinities(column: LookedColumn) -> tuple[str, ...]:
    """Return how infinite numbers are written in a column, where nothing else does not fit."""
    if not isinstance(column.kind, Number) or column.seen.n_infinite < column.n_strays:
        return ()
    return tuple({text: None for _, text in column.strays})


def _instead(column: LookedColumn) -> str:
    """Tell what the cells are that do not fit."""
    if _infinities(column):
        return "infinite"
    what = column.kind.name if isinstance(column.kind, (Date, Time, Duration)) else "number"
    return f"no {what}{'' if column.n_strays == 1 else 's'}"


def _advice(column: LookedColumn, marks: tuple[str, ...]) -> Advice:
    if marks:
        return Advice("if it means a missing value, use {}; else correct the cells", "missing", marks)
    if len({text for _, text in column.strays}) > 1:
        return Advice("correct them, or set the kind of the column: {}", "as", (f"{column.name}=category",))
    return Advice("correct the cell" if column.n_strays == 1 else "correct the cells")


def numbers_among_words(looked: Looked) -> Iterator[Finding]:
    """Yield a finding for each column of text that is one of numbers but for a few words."""
    for column in looked.columns:
        seen = column.seen
        if not isinstance(column.kind, (Text, Category)) or not is_text(seen.arrow_type) or not seen.n_present:
            continue
        share = seen.n_numbers / seen.n_present
        words = _words_repeated(column)
        if not 0.5 <= share < 1 or not words or seen.levels.n_distinct < 10:
            continue
        yield Finding(
            "numbers among words",
            f"{cut(column.name)} is read as {column.kind.told}: {percent(share)} of its cells are numbers, and the "
            f"others hold {' or '.join(repr(cut(word)) for word in words)}",
            (column.name,),
            tuple(row + 1 for row, _ in seen.others[:3]),
            seen.n_present - seen.n_numbers,
            Advice("if they mean a missing value, use {}", "missing", words),
            changes_answer=True,
        )


def _words_repeated(column: LookedColumn) -> tuple[str, ...]:
    """Return the words that all cells which are no numbers hold again and again, at most three."""
    words = column.seen.words
    if (
        not words.is_exact
        or not is_text(column.seen.arrow_type)
        or (isinstance(column.kind, Number) and column.kind.writing is not None)
    ):
        return ()
    known = {mark.strip().lower() for mark in (*AMONG_NUMBERS, *column.marks)}
    others = {text.strip(): n for text, n in words.counts.items() if text.strip().lower() not in known}
    is_few = 0 < len(others) <= _MOST_WORDS and sum(others.values()) >= _TIMES_REPEATED * len(others)
    if not is_few or any(letter.isdigit() for letter in "".join(others)):
        return ()
    return tuple(others)
