"""Text laid out for a page of so many characters a line: paragraphs and tables, with a little style."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

# What a terminal is told for a style.
_CODES = {"bold": "1", "dim": "2", "yellow": "33", "bold green": "1;32"}

_BETWEEN = 2


@dataclass(frozen=True)
class Span:
    """Text of one style: "bold", "dim", "yellow", "bold green", or none."""

    text: str
    style: str = ""


Line = Sequence[Span]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    title : str
        Its heading.
    right : bool
        Whether its cells stand at the right. Those of others are wrapped where the page ends.
    """

    title: str
    right: bool = True


class Part:
    """A part of a page: it gives lines for a width."""

    def lines(self, width: int) -> Iterator[Line]:
        """Yield the lines."""
        raise NotImplementedError


@dataclass(frozen=True)
class Paragraph(Part):
    """Text that is wrapped between words.

    Attributes
    ----------
    spans : sequence of Span
        The text.
    indent : int
        Blanks before each line.
    """

    spans: Line
    indent: int = 0

    def lines(self, width: int) -> Iterator[Line]:
        """Yield the lines."""
        blanks = Span(" " * self.indent)
        for line in _wrapped(self.spans, width - self.indent):
            yield (blanks, *line)


@dataclass(frozen=True)
class Cells(Part):
    """A table; the last column takes what the others leave of a line.

    Attributes
    ----------
    columns : sequence of Column
        Its columns.
    rows : sequence of sequence of Span
        Its cells.
    indent : int
        Blanks before each line.
    headed : bool
        Whether the titles of the columns are shown.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Span]]
    indent: int = _BETWEEN
    headed: bool = True

    def lines(self, width: int) -> Iterator[Line]:
        """Yield the lines."""
        titles = [[Span(column.title, "dim") for column in self.columns]] if self.headed else []
        rows = [*titles, *self.rows]
        widths = [max(_width(row[place].text) for row in rows) for place in range(len(self.columns))]
        if not self.columns[-1].right:
            before = self.indent + sum(widths[:-1]) + _BETWEEN * (len(widths) - 1)
            widths[-1] = max(1, min(widths[-1], width - before))
        for row in rows:
            last = (
                list(_wrapped([_shortened(row[-1], widths[-1])], widths[-1]))
                if not self.columns[-1].right
                else [[row[-1]]]
            )
            for number, part in enumerate(last):
                line = [Span(" " * self.indent)]
                for place, cell in enumerate([*row[:-1], None]):
                    spans = part if cell is None else [cell if number == 0 else Span("")]
                    gap = Span(" " * (widths[place] - sum(_width(span.text) for span in spans)))
                    line += [gap, *spans] if self.columns[place].right else [*spans, gap]
                    line.append(Span(" " * _BETWEEN))
                yield line


@dataclass(frozen=True)
class Stack(Part):
    """Parts one below the other."""

    parts: Sequence[Part]

    def lines(self, width: int) -> Iterator[Line]:
        """Yield the lines."""
        for part in self.parts:
            yield from part.lines(width)


def paragraph(*spans: Span | str, indent: int = 0) -> Part:
    """Return text that is wrapped between words."""
    return Paragraph([Span(span) if isinstance(span, str) else span for span in spans], indent)


def printed(parts: Iterable[Part], width: int, *, colours: bool) -> str:
    """Return parts as text, an empty line between them."""
    pages = ["".join(f"{_line(line, colours)}\n" for line in part.lines(width)) for part in parts]
    return "\n".join(pages)


def _line(line: Line, colours: bool) -> str:
    if not colours:
        return "".join(span.text for span in line).rstrip()
    coded = (f"\x1b[{_CODES[span.style]}m{span.text}\x1b[0m" if span.style else span.text for span in line)
    return "".join(coded).rstrip(" ")


def _wrapped(spans: Line, width: int) -> Iterator[Line]:
    """Yield lines of at most so many characters, broken between words, or within one that is longer."""
    text = "".join(span.text for span in spans)
    start = end = 0
    for word in re.findall(r" *[^ ]+ *|^ *$", text):
        if end > start and _width(text[start:end] + word.rstrip(" ")) > width:
            yield _cut(spans, start, end)
            start = end
        end += len(word)
        while _width(text[start:end].rstrip(" ")) > width:
            fitting = len(_fitting(text[start:end], width))
            yield _cut(spans, start, start + fitting)
            start += fitting
    yield _cut(spans, start, end)


def _shortened(span: Span, width: int) -> Span:
    """Return a cell whose words all fit a line: the ends of others are left out."""
    fits = (word if _width(word) <= width else f"{_fitting(word, width - 1)}…" for word in span.text.split(" "))
    return Span(" ".join(fits), span.style)


def _cut(spans: Line, start: int, end: int) -> Line:
    """Return the spans of a part of their text."""
    parts = []
    for span in spans:
        parts.append(Span(span.text[max(start, 0) : max(end, 0)], span.style))
        start, end = start - len(span.text), end - len(span.text)
    return [part for part in parts if part.text]


def _fitting(text: str, width: int) -> str:
    taken = 1
    while taken < len(text) and _width(text[: taken + 1]) <= width:
        taken += 1
    return text[:taken]


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return len(text) if text.isascii() else sum(map(_letter_width, text))


def _letter_width(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in ("W", "F") else 1
