"""What somebody said of the rows of a table: a file of row numbers, each marked as an error, as fine, or as unsure."""

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import DataError, SourceError
from ..typing import Floats

ERROR, FINE, UNSURE = "error", "fine", "unsure"

# Of fewer errors or fine rows, the limits of precision and recall span nearly all of 0 to 1: they choose no threshold.
_ENOUGH = 10

# Nobody marks as many rows by hand.
_MOST_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Reviewed:
    """The rows of a table that somebody has marked.

    Attributes
    ----------
    path : str
        The file of marks.
    errors, fine : frozenset of int
        Positions in the table, from 0, of rows that are wrong, and of those that are as they should be.
    """

    path: str
    errors: frozenset[int]
    fine: frozenset[int]

    @property
    def has_both(self) -> bool:
        """Whether some rows are wrong, and some are fine."""
        return bool(self.errors and self.fine)

    @property
    def are_enough(self) -> bool:
        """Whether there are so many of both that they choose a threshold where nothing is asked for."""
        return min(len(self.errors), len(self.fine)) >= _ENOUGH

    @property
    def last_row(self) -> int:
        """The largest number of a marked row, from 1; 0 where none is marked."""
        return 1 + max(self.errors | self.fine, default=-1)

    def labels(self, first_row: int, n_rows: int) -> Floats:
        """Return 1 for errors, 0 for fine rows and NaN for others, of so many rows from one position on."""
        found = np.full(n_rows, np.nan)
        for rows, label in ((self.errors, 1.0), (self.fine, 0.0)):
            here = [row - first_row for row in rows if first_row <= row < first_row + n_rows]
            found[here] = label
        return found


def is_file_of_marks(labels: str | os.PathLike[str]) -> bool:
    """Tell whether labels are a file of marks, and not the name of a column."""
    return isinstance(labels, os.PathLike) or (labels.lower().endswith(".csv") and Path(labels).is_file())


def read_reviewed(path: str | os.PathLike[str]) -> Reviewed:
    """Return the marks in a CSV file with a column ``row``, numbers from 1, and a column ``mark``: error, fine, unsure.

    Other columns are passed over, and so are rows without a mark.

    Raises
    ------
    SourceError
        The file cannot be read.
    DataError
        A column is missing, a number or a mark makes no sense, or a row has two marks.
    """
    name = os.fspath(path)
    try:
        if Path(name).stat().st_size > _MOST_BYTES:
            raise DataError(f"{name} is larger than 64 MB: marks are a few numbers of rows")
        text = Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"the marks in {name} cannot be read: {error}") from error
    lines = csv.DictReader(text.splitlines())
    if not {"row", "mark"} <= set(lines.fieldnames or ()):
        raise DataError(f"{name} needs the columns row and mark, as the report writes them")
    marks: dict[int, str] = {}
    for line in lines:
        row, mark = _row(name, line["row"], lines.line_num), (line["mark"] or "").strip().lower()
        if mark not in (ERROR, FINE, UNSURE, ""):
            raise DataError(f"line {lines.line_num} of {name} marks a row as {mark!r}: write error, fine or unsure")
        if marks.setdefault(row, mark) != mark:
            raise DataError(f"row {row + 1} has two marks in {name}: {marks[row]} and {mark}")
    errors, fine = (frozenset(row for row, mark in marks.items() if mark == one) for one in (ERROR, FINE))
    return Reviewed(name, errors, fine)


def _row(name: str, text: str | None, line: int) -> int:
    digits = (text or "").strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15 and int(digits)):
        raise DataError(f"line {line} of {name} has {text!r} for the number of a row: write 1 for the first row")
    return int(digits) - 1
