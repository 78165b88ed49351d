"""The records of delimited text: fields with ends of lines in them reach over several lines."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .fields import Syntax, split

# Characters after which a quote that does not end is taken for a character like others.
_LONGEST_FIELD = 2**22

# Lines after which the same holds, where each of them has to be looked at.
_MOST_LINES = 1000


@dataclass(frozen=True)
class Record:
    """Fields, and where they are from.

    Attributes
    ----------
    line : int
        Number of its first line, from 1.
    n_lines : int
        Number of its lines.
    text : str
        What is written there, without the end of the last line.
    end : str
        That end.
    fields : list of str
        Its fields.
    stray : bool
        Whether a quote is where none is meant.
    quoted : tuple of int
        Positions of the fields with quotes around them.
    """

    line: int
    n_lines: int
    text: str
    end: str
    fields: list[str]
    stray: bool
    quoted: tuple[int, ...] = ()

    @property
    def is_blank(self) -> bool:
        """Whether nothing is written there."""
        return not self.text.strip(" \x1a")


class Lines:
    """Lines, with their ends, of which the last can be given back."""

    def __init__(self, lines: Iterable[str], number: int = 0) -> None:
        self._rest = iter(lines)
        self._back: deque[str] = deque()
        self.number = number

    def take(self) -> str | None:
        """Return the next line, None at the end."""
        line = self._back.popleft() if self._back else next(self._rest, None)
        self.number += line is not None
        return line

    def give_back(self, lines: list[str]) -> None:
        """Go back to before some lines."""
        self._back.extendleft(reversed(lines))
        self.number -= len(lines)


def records(lines: Lines, syntax: Syntax) -> Iterator[Record]:
    """Yield the records of some lines, empty ones too."""
    while (line := lines.take()) is not None:
        yield assembled(line, lines, syntax)


def assembled(line: str, lines: Lines, syntax: Syntax) -> Record:
    """Return the record that begins with a line, and take the other lines that belong to it."""
    first = without_end(line)
    parts = split(first, syntax)
    if not parts.open:
        return Record(lines.number, 1, first, line[len(first) :], parts.fields, parts.stray, parts.quoted)
    alone, held, number = parts, [line], lines.number
    size, n_quotes = len(line), line.count(syntax.quote) if syntax.quote else 0
    while parts.open and not parts.is_final and size < _LONGEST_FIELD and (more := lines.take()) is not None:
        held.append(more)
        size += len(more)
        if syntax.escape:
            ends = len(held) <= _MOST_LINES
        else:
            n_quotes += more.count(syntax.quote)
            ends = n_quotes % 2 == 0
        if ends:
            parts = split(without_end("".join(held)), syntax)
    if parts.stray:
        lines.give_back(held[1:])
        return Record(number, 1, first, line[len(first) :], alone.fields, True)
    text = without_end("".join(held))
    return Record(number, len(held), text, held[-1][len(without_end(held[-1])) :], parts.fields, False, parts.quoted)


def without_end(line: str) -> str:
    """Return a line without what ends it."""
    return line.removesuffix("\n").removesuffix("\r")
