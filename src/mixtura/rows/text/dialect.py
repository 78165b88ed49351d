"""The syntax of delimited text, found from its first lines: the one by which they have fields of the same number.

All delimiters and ways to quote are tried, as in "Wrangling messy CSV files by detecting row and type patterns" (van
den Burg, Nazábal and Sutton, 2019): the lines should have as many fields each, and the fields should look like cells.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .fields import BLANKS, Syntax
from .records import Lines, Record, records

# In order of preference when two are as good.
_USUAL = ",;\t|"

# Records whose fields are looked at.
_LOOKED_AT = 60

_NUMBER = re.compile(r"[-+(]?\s?[$€£¥]?\s?[-+]?(?:\d(?:[\d.,'’]*\d)?\.?|[.,]\d+)(?:[eE][-+]?\d+)?\s?[%)]?")
_GROUPS = re.compile(r"[-+]?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?")
_NUMBERS_IN_A_ROW = re.compile(r"(?:[-+.,\d]+\s+)+[-+.,\d?]+(?:\s+[-+.,\d?]+)*")
_SHORT_NUMBER = re.compile(r"\d{1,2}")

# A delimiter of some kind that no sentence has: a comma with no blank after it, or one that is rare in text.
_MARK = re.compile(r"[;\t|]|,(?! )|\\$")
_WRAPPED = re.compile(r"\".*\"", re.DOTALL)


@dataclass(frozen=True)
class Reading:
    """What some lines are by one syntax.

    Attributes
    ----------
    syntax : Syntax
        The syntax.
    records : list of Record
        Their records, without empty ones.
    n_fields : int
        Number of fields that most records have, of those with two or more.
    first : int
        Position of the first record with so many.
    share : float
        Share of the records from there on that have so many.
    plain : float
        Share of their fields that look like cells.
    """

    syntax: Syntax
    records: list[Record]
    n_fields: int
    first: int
    share: float
    plain: float

    @property
    def score(self) -> float:
        """How good a table it is."""
        usual = self.syntax.delimiter in _USUAL
        return self.share * self.plain * (1.0 if usual else 0.95) * (1.0 if self.first == 0 else 0.97)

    @property
    def table(self) -> list[list[str]]:
        """Fields of the records that have the usual number."""
        fitting = (record.fields for record in self.records[self.first :] if len(record.fields) == self.n_fields)
        return [fields for fields, _ in zip(fitting, range(_LOOKED_AT), strict=False)]


def looks_like_number(cell: str) -> bool:
    """Tell whether a cell is a number, however it is written."""
    cell = cell.strip()
    return bool(_NUMBER.fullmatch(cell) or _GROUPS.fullmatch(cell))


def find_reading(lines: Sequence[str], *, whole: bool, delimiter: str | None = None) -> list[Reading]:
    """Return readings of the first lines of a file as a table, the best first; the last one has one column.

    Parameters
    ----------
    lines : sequence of str
        The lines, with their ends.
    whole : bool
        Whether these are all lines of the file.
    delimiter : str, optional
        What stands between fields, where that is known.
    """
    text = "".join(lines)
    best: list[Reading] = []
    for quoting in _quotings(text):
        delimiters = _USUAL + BLANKS + "^:" if delimiter is None else delimiter
        readings = [
            read_as(lines, replace(quoting, delimiter=mark), whole=whole)
            for mark in delimiters
            if mark == BLANKS or mark in text
        ]
        good = [reading for reading in readings if delimiter or _is_table(reading)]
        best += sorted(good, key=lambda reading: (-round(reading.score, 6), -reading.n_fields))
        # All is by the rules: quotes that mean nothing are the last resort.
        if best and best[0].share == 1.0 and best[0].first == 0 and not (quoting.quote == '"' and "'" in text):
            break
    best.sort(key=lambda reading: -round(_preference(reading), 6))
    # Cells with blanks in them, at fixed places, are fields of other numbers by blanks.
    by_blanks = bool(best) and best[0].syntax.delimiter == BLANKS and best[0].share < 1
    fixed = fixed_columns(lines) if delimiter is None and (by_blanks or not best) else []
    return [*fixed, *best, read_as(lines, Syntax(""), whole=whole)]


def _quotings(text: str) -> list[Syntax]:
    """Return the ways to quote that a text may have, the usual one first."""
    ways = [Syntax("")]
    if "\\" in text:
        ways.append(Syntax("", escape="\\"))
    if re.search(r"(?:^|[,;\t| ])'(?:[^'\n]|'')*'(?:[,;\t| ]|$)", text, re.MULTILINE):
        ways.append(Syntax("", quote="'"))
        if "\\'" in text:
            ways.append(Syntax("", quote="'", escape="\\"))
    if '"' in text:
        ways.append(Syntax("", quote=""))
    if "\\" in text:
        ways.append(Syntax("", quote="", escape="\\"))
    return ways


def _preference(reading: Reading) -> float:
    """Return the score, raised for quotes that do stand around fields and lowered for those that mean nothing."""
    if reading.syntax.quote == "'":
        return reading.score + (0.1 if _wraps_columns(reading) else -0.5)
    return reading.score - 0.05 * (not reading.syntax.quote) - 0.01 * bool(reading.syntax.escape)


def _wraps_columns(reading: Reading) -> bool:
    """Tell whether single quotes stand around all that is in some column."""
    delimiter = reading.syntax.delimiter
    lines = [record.text for record in reading.records[reading.first + 1 :]]
    mark = r"\s" if delimiter == BLANKS else re.escape(delimiter)
    wrapped = re.compile(rf"(?:^|{mark})'(?:[^']|''|\\')*'(?=$|{mark})")
    n_wrapped = sum(wrapped.search(line) is not None for line in lines)
    opened = sum(len(re.findall(rf"(?:^|{mark})'", line)) for line in lines)
    closed = sum(len(re.findall(rf"'(?=$|{mark})", line)) for line in lines)
    return n_wrapped >= 0.9 * len(lines) > 0 and abs(opened - closed) <= 0.1 * opened


def read_as(lines: Sequence[str], syntax: Syntax, *, whole: bool) -> Reading:
    """Return what some lines are by a syntax."""
    found = [record for record in records(Lines(lines), syntax) if not record.is_blank]
    if len(found) > 1 and not whole and found[-1].stray:
        # Its field may go on beyond the lines.
        del found[-1]
    counts = Counter(len(record.fields) for record in found if not record.stray and len(record.fields) > 1)
    n_fields = max(counts, key=lambda count: counts[count] * (count - 1) / count, default=1)
    fits = [len(record.fields) == n_fields and not record.stray for record in found]
    first = fits.index(True) if any(fits) else 0
    share = sum(fits[first:]) / max(1, len(fits) - first)
    reading = Reading(syntax, found, n_fields, first, share, 1.0)
    looked_at = [record for record in found[first:] if len(record.fields) == n_fields][:_LOOKED_AT]
    n_plain = sum(
        position in record.quoted or _is_plain(cell.strip())
        for record in looked_at
        for position, cell in enumerate(record.fields)
    )
    return replace(reading, plain=n_plain / max(1, len(looked_at) * n_fields))


def _is_plain(cell: str) -> bool:
    if looks_like_number(cell):
        return True
    return not (_MARK.search(cell) or _NUMBERS_IN_A_ROW.fullmatch(cell) or _WRAPPED.fullmatch(cell))


def _is_table(reading: Reading) -> bool:
    """Tell whether a reading of several columns is to be believed."""
    if reading.n_fields < 2:
        return False
    table = reading.table
    if reading.syntax.delimiter in _USUAL:
        # Title lines come before few tables.
        return reading.share >= (0.5 if reading.first == 0 else 0.8) and (reading.first == 0 or len(table) > 1)
    names_short = reading.first == 1 and len(reading.records[0].fields) == reading.n_fields - 1 > 1
    if reading.share < 0.95 or len(table) < 2 or not (reading.first == 0 or names_short):
        return False
    columns = [[cell for cell in column if cell] for column in zip(*table[1:], strict=True)]
    has_numbers = any(column and all(map(looks_like_number, column)) for column in columns)
    if reading.syntax.delimiter == BLANKS:
        return has_numbers
    if reading.syntax.delimiter == ":":
        times = all(_SHORT_NUMBER.fullmatch(cell) for column in columns for cell in column)
        return has_numbers and reading.n_fields > 2 and not times
    return True


def fixed_columns(lines: Sequence[str]) -> list[Reading]:
    """Return the reading by which columns stand at fixed places in a line, if they do."""
    written = [line.rstrip("\r\n") for line in lines if line.strip()]
    if len(written) < 3 or any("\t" in line for line in written):
        return []
    width = max(map(len, written))
    taken = [False] * width
    for line in written:
        for position, character in enumerate(line):
            taken[position] |= character != " "
    stops = [at for at in range(1, width) if taken[at] and not taken[at - 1] and any(taken[:at])]
    while stops:
        reading = read_as(written, Syntax(BLANKS, quote="", stops=tuple(stops)), whole=True)
        columns = list(zip(*(record.fields for record in reading.records[1:]), strict=True))
        numeric = [all(looks_like_number(cell) for cell in column if cell) for column in columns]
        # One blank between two columns of words may be one between two words.
        doubtful = [
            stop for place, stop in enumerate(stops) if taken[stop - 2] and not (numeric[place] or numeric[place + 1])
        ]
        if not doubtful:
            named = all(reading.records[0].fields)
            return [reading] if named and any(numeric) else []
        stops.remove(doubtful[0])
    return []
