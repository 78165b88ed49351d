"""Delimited text that is not regular, written once more so that it is."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from ...errors import SourceError
from ..disk.scratch import Scratch, no_room
from .fields import NO_DELIMITER, Syntax, split, split_loosely
from .layout import Layout
from .records import Lines, Record, assembled, without_end

_CHUNK = 2**22
_LONGEST_LINE = 2**27

# Lines that may follow a table.
_MOST_AFTER = 20

# A line of signs alone, and text that is said of a table: "Total: 30", "Source: the bureau, 2020", "* * *".
_RULE = re.compile(r"[-=_*~#+\s]*([-=_*~#])\1{2}[-=_*~#+\s]*")
_REMARK = re.compile(r'"?(?:[^\W\d_][^:,;\t|]*:(?:\s|$)|\(.*\)"?\s*$|[*†‡©]\s*\w|[-=_*~#](?: [-=_*~#])+\s*$)')

# Lines in which a field may go on whose line ends before its record does.
_MOST_BROKEN = 50


@dataclass(frozen=True)
class Mended:
    """A regular copy of a file.

    Attributes
    ----------
    file : Path
        The copy: double quotes, CRLF.
    delimiter : str
        What stands between its fields.
    longest : int
        Bytes of its longest record.
    notes : tuple of str
        What the user should know of how it was read.
    """

    file: Path
    delimiter: str
    longest: int
    notes: tuple[str, ...]


def mended(file: Path, label: str, layout: Layout, n_fields: int, scratch: Scratch, *, ragged: bool) -> Mended:
    """Return a regular copy of a file.

    Parameters
    ----------
    file : Path
        The file, in UTF-8.
    label : str
        What messages call it.
    layout : Layout
        Its layout.
    n_fields : int
        Number of its columns.
    scratch : Scratch
        Where the copy goes.
    ragged : bool
        Whether rows may have too few or too many fields.

    Raises
    ------
    SourceError
        A record cannot be read in one way only, or there is no room for the copy.
    """
    copy = scratch.folder / "mended"
    longest = 0
    delimiter = (layout.syntax.delimiter or NO_DELIMITER) if layout.syntax.is_usual else ","
    with file.open("rb") as stream:
        work = _Mending(label, layout, n_fields, ragged, Lines(_lines(stream, label, layout), layout.line - 1))
        with copy.open("w", encoding="utf-8", newline="") as sink:
            write = csv.writer(sink, delimiter=delimiter, lineterminator="\r\n").writerow
            for row in work.rows():
                try:
                    n_written = sink.write(f"{row}\r\n") if isinstance(row, str) else int(write(row))
                except OSError as error:
                    raise no_room(scratch.folder.parent, error) from error
                longest = max(longest, n_written)
    # At most four bytes for a character.
    return Mended(copy, delimiter, 4 * longest, work.notes())


def _lines(stream: BinaryIO, label: str, layout: Layout) -> Iterator[str]:
    mark = b"\r" if layout.line_end == "\r" else b"\n"
    stream.seek(layout.start)
    rest, held, number = layout.end - layout.start, b"", layout.line
    while chunk := stream.read(min(_CHUNK, rest)):
        rest -= len(chunk)
        pieces = chunk.split(mark)
        pieces[0] = held + pieces[0]
        held = pieces.pop()
        for piece in pieces:
            yield (piece + mark).decode()
        number += len(pieces)
        if len(held) > _LONGEST_LINE:
            raise SourceError(
                f"line {number:,} of {label} is longer than {_LONGEST_LINE:,} bytes: check that it is a table"
            )
    if held:
        yield held.decode()


def _regular_line(syntax: Syntax, n_fields: int) -> Callable[[str], object] | None:
    """Return the test whether a line is a record by the rules, if there are such."""
    if not syntax.is_usual:
        return None
    delimiter = re.escape(syntax.delimiter or NO_DELIMITER)
    field = rf'(?:"(?:[^"\r\n]++|"")*+"|[^{delimiter}"\r\n]*+)'
    # A line with nothing in it is a record of one column only.
    written = r"(?![ \x1a]*\Z)" if n_fields > 1 else ""
    return re.compile(f"{written}{field}(?:{delimiter}{field}){{{n_fields - 1}}}").fullmatch


class _Mending:
    """The work on one file, and what there is to tell of it."""

    def __init__(self, label: str, layout: Layout, n_fields: int, ragged: bool, lines: Lines) -> None:
        self._label = label
        self._layout = layout
        self._n_fields = n_fields
        self._ragged = ragged
        self._lines = lines
        self._counts: Counter[str] = Counter()
        self._first: dict[str, int] = {}

    def rows(self) -> Iterator[list[str] | str]:
        """Yield the fields of every row, or its line as it is where that is by the rules."""
        after_blank = False
        rules: list[int] = []
        is_regular = _regular_line(self._layout.syntax, self._n_fields)
        while (line := self._lines.take()) is not None:
            if self._layout.comments and line.startswith("#"):
                self._note("comments", self._lines.number)
                continue
            text = without_end(line)
            if self._n_fields > 1 and _RULE.fullmatch(text):
                rules.append(self._lines.number)
                continue
            if is_regular is not None and not after_blank and not rules and is_regular(text):
                yield text
                continue
            record = assembled(line, self._lines, self._layout.syntax)
            if record.is_blank and self._n_fields > 1:
                after_blank = True
                continue
            if (after_blank or rules or self._is_remark(record.text)) and self._nothing_follows(record):
                break
            for line_of_rule in rules:
                self._note("rules", line_of_rule)
            after_blank, rules = False, []
            yield from self._fitted(record)
        for line_of_rule in rules:
            self._note("after", line_of_rule)

    def notes(self) -> tuple[str, ...]:
        """Return what there is to tell, in sentences."""
        told = {
            "comments": "{n} of {label} {start} with # and {are} not part of the table.",
            "rules": "{n} of {label} {have} signs alone, the first in line {line}, and {are} not part of the table.",
            "after": "{n} after the table in {label} {are} not part of it.",
            "short": "{n} of {label} {have} too few fields: the last ones are missing.",
            "long": "{n} of {label} {have} too many fields: the last ones are left out.",
            "stray": "{n} of {label} {have} quotes inside fields, the first in line {line}: the quotes are kept.",
            "far": "A quoted field of {label} begins in line {line} and ends some lines below: correct the quotes if "
            "the lines between are records.",
            "broken": "{n} of {label} {have} line breaks within fields, the first in line {line}.",
        }
        said = []
        for what, sentence in told.items():
            if what in self._counts:
                n = self._counts[what]
                one = n == 1
                noun = "line" if what in ("comments", "rules", "after") else "row"
                words = (
                    {"are": "is", "have": "has", "start": "starts"} if one else dict.fromkeys(("are", "have", "start"))
                )
                said.append(
                    sentence.format(
                        n=f"{n:,} {noun}{'' if one else 's'}",
                        label=self._label,
                        line=f"{self._first[what]:,}",
                        **{word: other or word for word, other in words.items()},
                    )
                )
        return tuple(said)

    def _note(self, what: str, line: int, n: int = 1) -> None:
        self._counts[what] += n
        self._first.setdefault(what, line)

    def _fitted(self, record: Record) -> list[list[str]]:
        """Return the fields of a record, of several where carriage returns part them."""
        n_fields, fields = self._n_fields, record.fields
        if not record.stray and len(fields) == n_fields:
            if record.n_lines > 2 and n_fields > 2 and self._looks_like_records(record):
                self._note("far", record.line)
            return [fields]
        if not record.stray and len(fields) > n_fields and not any(map(str.strip, fields[n_fields:])):
            return [fields[:n_fields]]
        other = self._otherwise(record)
        if other is not None:
            return other
        if not self._ragged:
            raise self._refusal(record)
        if len(fields) == n_fields:
            return [fields]
        self._note("short" if len(fields) < n_fields else "long", record.line)
        return [(fields + [""] * n_fields)[:n_fields]]

    def _otherwise(self, record: Record) -> list[list[str]] | None:
        """Return the fields of a record that is not by the rules, if some way to read it gives the right number."""
        syntax, text = self._layout.syntax, record.text
        if syntax.stops:
            return None
        if record.stray:
            for fields in (split_loosely(text, syntax), record.fields):
                if len(fields) == self._n_fields:
                    self._note("stray", record.line)
                    return [fields]
        if "\\" in text and syntax.quote and not syntax.escape:
            escaped = split(text, replace(syntax, escape="\\"))
            if not escaped.stray and len(escaped.fields) == self._n_fields:
                self._note("stray", record.line)
                return [escaped.fields]
        if "\r" in text and self._layout.line_end != "\r":
            parts = [split(part, syntax) for part in text.split("\r") if part]
            if all(len(part.fields) == self._n_fields and not part.stray for part in parts):
                return [part.fields for part in parts]
        if self._layout.line_end == "\r\n" and record.end == "\n" and len(record.fields) < self._n_fields:
            return self._continued(record)
        return None

    def _continued(self, record: Record) -> list[list[str]] | None:
        """Return the fields of a record with a line feed in it, where lines end with a carriage return before it."""
        held: list[str] = []
        text = record.text + record.end
        while len(held) < _MOST_BROKEN and (more := self._lines.take()) is not None:
            held.append(more)
            text += more
            if more.endswith("\r\n"):
                break
        parts = split(text.removesuffix("\r\n"), self._layout.syntax)
        if len(parts.fields) == self._n_fields and not parts.stray:
            self._note("broken", record.line)
            return [parts.fields]
        self._lines.give_back(held)
        return None

    def _looks_like_records(self, record: Record) -> bool:
        lines = record.text.splitlines()[1:-1]
        return any(len(split(line, replace(self._layout.syntax, quote="")).fields) == self._n_fields for line in lines)

    def _nothing_follows(self, record: Record) -> bool:
        """Tell whether a record and all after it, apart from the table, are some lines of text."""
        held: list[str] = []
        text: str | None = record.text
        is_text = record.n_lines == 1
        while text is not None and is_text:
            is_text = len(held) < _MOST_AFTER and self._is_text(text)
            if is_text and (text := self._lines.take()) is not None:
                held.append(text)
                text = text.rstrip("\r\n")
        if is_text:
            self._note("after", record.line, 1 + sum(bool(line.strip()) for line in held))
            return True
        self._lines.give_back(held)
        return False

    def _is_text(self, text: str) -> bool:
        """Tell whether a line is no row: signs, a remark, or text in the first field alone of three or more."""
        if not text.strip() or _RULE.fullmatch(text) or self._is_remark(text):
            return True
        return self._n_fields > 2 and not any(map(str.strip, split(text, self._layout.syntax).fields[1:]))

    def _is_remark(self, text: str) -> bool:
        """Tell whether a line is said of a table, and has not the fields of a row."""
        if _REMARK.match(text) is None or self._n_fields == 1:
            return False
        return len(split(text, self._layout.syntax).fields) != self._n_fields

    def _refusal(self, record: Record) -> SourceError:
        where = f"line {record.line:,} of {self._label}"
        if self._layout.syntax.stops:
            return SourceError(f"{where} has text between two columns: align the columns, or use commas")
        n_fields = len(record.fields)
        if record.stray and n_fields != self._n_fields:
            return SourceError(
                f"{where} has a quote inside a field, and {n_fields:,} fields instead of {self._n_fields:,}: correct "
                "its quotes"
            )
        fields = "field" if n_fields == 1 else "fields"
        return SourceError(
            f"{where} has {n_fields:,} {fields} instead of {self._n_fields:,}: correct it, "
            "or allow such rows with ragged=True (--ragged)"
        )
