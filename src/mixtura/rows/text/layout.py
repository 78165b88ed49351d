"""Where in a delimited file the table is: lines before the header, the header, the end."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import EmptyTableError, SourceError
from ..blocks.reading import ReadingOptions
from .dialect import find_reading
from .fields import Syntax, split
from .header import first_is_header, named
from .records import without_end
from .titles import Titled, titled

# Bytes in which the first line must end.
_HEAD = 2_000_000

# Lines, and bytes after the first few lines, from which the dialect is found.
_LINES = 300
_FEW, _BYTES = 10, 2**18

_SEPARATOR = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)

# Bytes at the end in which empty rows are looked for.
_TAIL = 2**16

# Signs that text has no use for.
_CONTROL = bytes({*range(32)} - {*b"\t\n\r\f\x1a\x1b"})


@dataclass(frozen=True)
class Layout:
    """How a delimited file is laid out.

    Attributes
    ----------
    syntax : Syntax
        What separates fields.
    names : tuple of str
        Names of its columns.
    start, end : int
        Where its data are, in bytes.
    line : int
        Number of the first line of data, from 1.
    line_end : str
        What ends most lines: a line feed, a carriage return, or both.
    comments : bool
        Whether lines that start with # are no part of the table.
    spare : bool
        Whether the last column has no name and, as far as looked at, nothing in it: delimiters that end lines.
    notes : tuple of str
        What the user should know of the layout.
    """

    syntax: Syntax
    names: tuple[str, ...]
    start: int
    end: int
    line: int
    line_end: str
    comments: bool
    spare: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Head:
    """The first lines of a file, with their ends; whether these are all; and what ends most of them."""

    lines: list[str]
    whole: bool
    line_end: str


def read_layout(file: Path, label: str, start: int, options: ReadingOptions, *, tabs: bool = False) -> Layout:
    """Find the layout of a file in UTF-8 from its first lines.

    Parameters
    ----------
    file : Path
        The file.
    label : str
        What messages call it.
    start : int
        Bytes before the text.
    options : ReadingOptions
        What the user says of it.
    tabs : bool, default False
        Whether tabs are the delimiter, if there are any.

    Raises
    ------
    EmptyTableError
        There is nothing in the file.
    SourceError
        It is no text, or its first line does not end.
    """
    head = read_head(file, label, start)
    lines = head.lines
    separator = _SEPARATOR.fullmatch(lines[0])
    delimiter = separator[1] if separator else "\t" if tabs and "\t" in "".join(lines) else None
    n_before = 1 if separator else 0
    comments = _comments(lines)
    kept = [
        number for number, line in enumerate(lines) if number >= n_before and not (comments and line.startswith("#"))
    ]
    readings = find_reading([lines[number] for number in kept], whole=head.whole, delimiter=delimiter)
    tables = (titled(reading, options.header) for reading in readings)
    table = next(table for table in tables if table is not None)
    commented = _commented_names(lines, kept, table) if comments and options.header is None else None
    return _laid_out(file, label, start, head, kept, table, commented)


def _comments(lines: Sequence[str]) -> bool:
    """Tell whether lines that start with # are comments: the first is one, and most are none."""
    written = [line for line in lines if line.strip()]
    if not written or not written[0].startswith("#"):
        return False
    n_marked = sum(line.startswith("#") for line in written)
    alone = n_marked == 1 and re.match(r"#\s*[\w\"]*\s*[,;\t|]", written[0]) is not None
    return n_marked < len(written) and n_marked <= max(2, 0.5 * len(written)) and not alone


def _commented_names(lines: Sequence[str], kept: Sequence[int], table: Titled) -> list[str] | None:
    """Return the names in the comment before the first record, where that has one for each column."""
    if table.header is not None and table.certain and table.reading.records:
        return None
    first = next((number for number in kept if lines[number].strip()), 0)
    comment = next((line for line in reversed(lines[:first]) if line.startswith("#")), "")
    syntax = replace(table.reading.syntax, stops=())
    fields = split(without_end(comment).lstrip("#").strip(), syntax).fields
    rows = [record.fields for record in table.reading.records if len(record.fields) == table.n_fields]
    fits = len(fields) == table.n_fields > 1 and first_is_header(fields, rows)[0]
    return fields if fits else None


def _laid_out(
    file: Path, label: str, start: int, head: Head, kept: Sequence[int], table: Titled, commented: list[str] | None
) -> Layout:
    found = table.reading.records
    if commented is not None:
        table = replace(table, header=commented, certain=True, data=0, n_titles=0)
    lines_of = [kept[record.line - 1] for record in found]
    after = [kept[record.line + record.n_lines - 2] + 1 for record in found]
    n_before = lines_of[table.n_titles] if found else 0
    first = after[table.data - 1] if table.data else n_before
    fields = table.header or [f"x{position}" for position in range(table.n_fields)]
    if table.header is not None and fields[0].startswith("# "):
        fields = [fields[0].removeprefix("# "), *fields[1:]]
    if all(re.fullmatch(r"'[^']+'", field) for field in fields):
        fields = [field[1:-1] for field in fields]
    data = [record.fields for record in found[table.data :] if len(record.fields) == table.n_fields]
    spare = len(fields) > 1 and bool(data) and not any(row[-1].strip() for row in [[*fields], *data])
    names, _ = named(fields)
    _, changed = named(fields[:-1] if spare else fields)
    notes = []
    n_written = sum(bool(line.strip()) for line in head.lines[:n_before])
    n_written -= (commented is not None) + (_SEPARATOR.fullmatch(head.lines[0]) is not None)
    if n_written > 0:
        lines, are = ("lines", "are") if n_written > 1 else ("line", "is")
        what = "header" if table.header else "data"
        notes.append(f"{n_written:,} {lines} before the {what} of {label} {are} not part of the table.")
    if table.header is None:
        notes.append(f"{label} has no header: its columns are called {_from_to(names)} (--header if it has one).")
    elif not table.certain:
        notes.append(f"The first line of {label} is used as the header (--no-header if it is data).")
    if changed and table.header is not None:
        notes.append(changed)
    offset = start + sum(len(line.encode()) for line in head.lines[:first])
    syntax = table.reading.syntax
    end = _end(file, offset, syntax)
    comments = len(kept) < len(head.lines) and any(line.startswith("#") for line in head.lines)
    return Layout(syntax, names, offset, end, first + 1, head.line_end, comments, spare, tuple(notes))


def _from_to(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


def read_head(file: Path, label: str, start: int) -> Head:
    """Return the first lines of a file in UTF-8."""
    with file.open("rb") as stream:
        stream.seek(start)
        head = stream.read(_HEAD)
        whole = not stream.read(1)
    if not head.strip(b" \t\r\n\v\f\x1a\0"):
        raise EmptyTableError(f"{label} is empty: give a table with a header and at least one row")
    if head.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        raise SourceError(f"{label} is a web page: save its table as a file")
    n_strange = len(head) - len(head.translate(None, _CONTROL))
    if n_strange > max(_FEW, len(head) // 50):
        raise SourceError(f"{label} is not text: give delimited text, or a file name with the ending of its format")
    outside = b"".join(head.split(b'"')[::2])
    n_both, n_feeds, n_returns = outside.count(b"\r\n"), outside.count(b"\n"), outside.count(b"\r")
    line_end = "\r" if n_returns - n_both > n_feeds else "\r\n" if 2 * n_both > n_feeds else "\n"
    mark = b"\r" if line_end == "\r" else b"\n"
    pieces = [piece + mark for piece in head.split(mark)]
    last = pieces.pop()[:-1]
    if whole and last:
        pieces.append(last)
    if not pieces:
        raise SourceError(f"the first line of {label} does not end within {_HEAD:,} bytes: shorten it")
    lines: list[str] = []
    size = 0
    for piece in pieces:
        if len(lines) == _LINES or (size > _BYTES and len(lines) >= _FEW):
            whole = False
            break
        lines.append(piece.decode())
        size += len(piece)
    return Head(lines, whole, line_end)


def _end(file: Path, start: int, syntax: Syntax) -> int:
    """Return where the data end, before lines in which nothing is written; a line of delimiters is a row."""
    begin = max(start, file.stat().st_size - _TAIL)
    with file.open("rb") as stream:
        stream.seek(begin)
        tail = stream.read()
    blank = bytes(set(b" \t\r\n\x1a") - set(syntax.delimiter.strip(" ").encode()))
    kept = len(tail.rstrip(blank))
    if kept or begin > start:
        # Blanks after the last field that has something belong to its record.
        own = re.match(rb"[^\r\n]*(?:\r\n|\n|\r|$)", tail[kept:])
        kept += own.end() if own else 0
    return begin + kept
