"""The dialect of delimited text (CSV, TSV), found from its first record."""

import csv
import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from ..errors import EmptyTableError, SourceError
from .parts import is_gzip

# In order of preference when two give as many fields.
_DELIMITERS = ",;\t|"

# Characters at the start of the file in which the first record must end: DuckDB's own limit is 2 MB a line.
_HEAD = 2_000_000

# Which the csv module holds to in all that it reads, whoever reads.
_FIELD_LIMIT = Lock()


@dataclass(frozen=True)
class Dialect:
    """How a delimited file is laid out.

    Attributes
    ----------
    names : tuple of str
        Column names; a nameless column at position i, and every column of a file without header, is "x<i>".
    delimiter : str
        One of comma, semicolon, tab and bar: the one that splits the first record into the most fields.
    header : bool
        Whether the first record is the header: it is, unless every field in it is a number.
    skip : int
        Empty lines before it.
    new_line : str or None
        What ends a line; None where DuckDB may find it, as no name has a line's end in it.
    """

    names: tuple[str, ...]
    delimiter: str
    header: bool
    skip: int
    new_line: str | None = None


def read_dialect(file: Path, label: str, *, tabs: bool = False) -> Dialect:
    """Find the dialect of a delimited file from its first record; `tabs` says that tabs are the delimiter."""
    opener = gzip.open if is_gzip(file) else open
    try:
        with opener(file, "rt", encoding="utf-8-sig", newline="") as stream:
            head = stream.read(_HEAD)
    except UnicodeDecodeError as error:
        raise SourceError(f"{label} is not UTF-8 text: save it as UTF-8") from error
    except (OSError, EOFError) as error:
        raise SourceError(f"cannot read {label}: {error}") from error
    if not head.strip():
        raise EmptyTableError(f"{label} is empty: give a table with a header and at least one row")
    records = {delimiter: _first_record(head, delimiter, label) for delimiter in ("\t" if tabs else _DELIMITERS)}
    delimiter = max(records, key=lambda candidate: len(records[candidate][1]))
    skip, fields = records[delimiter]
    header = not all(_is_number(field) for field in fields)
    names = tuple((field.strip() if header else "") or f"x{position}" for position, field in enumerate(fields))
    broken = any("\n" in field or "\r" in field for field in fields)
    return Dialect(names, delimiter, header, skip, _line_end(head) if broken else None)


def _first_record(head: str, delimiter: str, label: str) -> tuple[int, list[str]]:
    """Return how many empty lines come first, and the fields of the first record."""
    lines = io.StringIO(head, newline="")
    try:
        with _long_fields():
            for position, fields in enumerate(csv.reader(lines, delimiter=delimiter)):
                if fields and len(head) == lines.tell() == _HEAD:
                    raise SourceError(f"the first line of {label} does not end within {_HEAD:,} characters: shorten it")
                if fields:
                    return position, fields
    except csv.Error as error:
        raise SourceError(f"{label} is not delimited text ({error}): check that it is a CSV or TSV file") from error
    raise EmptyTableError(f"{label} is empty: give a table with a header and at least one row")


@contextmanager
def _long_fields() -> Iterator[None]:
    with _FIELD_LIMIT:
        usual = csv.field_size_limit(_HEAD)
        try:
            yield
        finally:
            csv.field_size_limit(usual)


def _line_end(head: str) -> str | None:
    """Return what ends the first record, which has line ends between quotes too."""
    text = head.lstrip("\r\n")
    quoted = False
    for position, character in enumerate(text):
        quoted ^= character == '"'
        if not quoted and character in "\r\n":
            return "\r\n" if text.startswith("\r\n", position) else character
    return None


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
