"""Which of the first records of delimited text are titles, which is the header, and where the data begin."""

from collections.abc import Sequence
from dataclasses import dataclass

from .dialect import Reading
from .header import first_is_header


@dataclass(frozen=True)
class Titled:
    """A reading whose first records are titles, a header and data.

    Attributes
    ----------
    reading : Reading
        The reading.
    header : list of str or None
        The fields of the header, None where there is none.
    certain : bool
        Whether they are certain to be one, or the first record to be none.
    data : int
        Position of the first record of data.
    n_titles : int
        Number of records before the header, or before the data.
    n_fields : int
        Number of columns.
    """

    reading: Reading
    header: list[str] | None
    certain: bool
    data: int
    n_titles: int
    n_fields: int


def titled(reading: Reading, header: bool | None) -> Titled | None:
    """Find the header in a reading.

    Parameters
    ----------
    reading : Reading
        The reading.
    header : bool or None
        Whether there is one; None to go by what it looks like.

    Returns
    -------
    Titled or None
        None where lines come before the table, as before few tables, and the table does not show that it is one.
    """
    found, n_fields = reading.records, reading.n_fields
    if reading.first == 1 and header is not False:
        short = _short_header(reading)
        if short is not None:
            return short
    first = _first_row(reading)
    names, rows = found[first].fields, [row.fields for row in found[first + 1 :] if len(row.fields) == n_fields]
    if header is not None:
        return Titled(reading, names if header else None, True, first + header, first, n_fields)
    is_header, certain = first_is_header(names, rows)
    if first and not (is_header and certain):
        above = _above(reading, first, [names, *rows])
        if above is not None:
            return above
        if reading.first and reading.syntax.delimiter and not certain and not _stands_apart(reading):
            return None
    return Titled(reading, names if is_header else None, certain, first + is_header, first, n_fields)


def _short_header(reading: Reading) -> Titled | None:
    """Return a header whose rows have one more field: an empty one at their ends, or names of rows at their starts."""
    names, n_fields, rows = reading.records[0].fields, reading.n_fields, reading.table
    if not len(names) == n_fields - 1 > 1 or len(rows) < 2:
        return None
    ends_empty = not any(fields[-1].strip() for fields in rows)
    return Titled(reading, [*names, ""] if ends_empty else ["", *names], True, 1, 0, n_fields)


def _first_row(reading: Reading) -> int:
    """Return the position of the first record after titles, which may be filled up with delimiters."""
    found, n_fields = reading.records, reading.n_fields
    first = next((at for at in range(reading.first, len(found)) if not _is_title(found[at].fields)), reading.first)
    return first if n_fields > 2 and len(found[first].fields) == n_fields else reading.first


def _above(reading: Reading, first: int, rows: list[list[str]]) -> Titled | None:
    """Return the header above the first row, where it has another number of fields."""
    found, n_fields = reading.records, reading.n_fields
    # No title has more fields than a table: rows are short then, and somebody has to be told.
    wide = next((at for at in range(first) if len(_trimmed(found[at].fields)) > n_fields), None)
    if wide is not None:
        return Titled(reading, found[wide].fields, True, wide + 1, wide, len(found[wide].fields))
    fields = _trimmed(found[first - 1].fields)
    if len(fields) == n_fields - 1 > 1:
        fields = ["", *fields]
    if len(fields) != n_fields or not all(field.strip() for field in fields[1:]):
        return None
    is_header = first_is_header(fields, rows) == (True, True)
    return Titled(reading, fields, True, first, first - 1, n_fields) if is_header else None


def _trimmed(fields: list[str]) -> list[str]:
    """Return fields without empty ones at their end."""
    n_fields = len(fields)
    while n_fields and not fields[n_fields - 1].strip():
        n_fields -= 1
    return fields[:n_fields]


def _is_title(fields: Sequence[str]) -> bool:
    """Tell whether a record has text in its first field only, or in none."""
    return not any(field.strip() for field in fields[1:])


def _stands_apart(reading: Reading) -> bool:
    """Tell whether an empty line parts the first record with the usual number of fields from those before."""
    before, after = reading.records[reading.first - 1], reading.records[reading.first]
    return after.line > before.line + before.n_lines
