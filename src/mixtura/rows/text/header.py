"""Whether the first record of a table holds the names of its columns, and what columns are called."""

import re
from collections.abc import Sequence
from itertools import pairwise

from ...columns.seen.marks import ALWAYS, AMONG_NUMBERS
from .dialect import looks_like_number

_MOMENT = re.compile(
    r"\d{1,4}[-/.]\d{1,2}(?:[-/.]\d{1,4})?(?:[T ]\d{1,2}:\d{2}.*)?"
    r"|\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?"
)
_DIGIT = re.compile(r"\d")

# What columns without a name are called, with their position: names of rows stand in the first one (`names_rows`).
UNNAMED = "unnamed_"

# Cells of so many records at least tell what is the same in all of them.
_ENOUGH = 3


def first_is_header(first: Sequence[str], rest: Sequence[Sequence[str]]) -> tuple[bool, bool]:
    """Tell whether a record is the header of those that follow, and whether that is certain.

    Parameters
    ----------
    first : sequence of str
        The first record.
    rest : sequence of sequence of str
        Records after it, with as many fields.

    Returns
    -------
    header, certain : bool
        When in doubt, it is a header.

    Examples
    --------
    >>> first_is_header(["name", "age"], [["Ann", "30"], ["Bob", "41"]])
    (True, True)
    >>> first_is_header(["Ann", "30"], [["Bob", "41"], ["Eve", "19"]])
    (False, True)
    >>> first_is_header(["name", "town"], [["Ann", "Bath"], ["Bob", "York"]])
    (True, False)
    """
    cells = [cell.strip() for cell in first]
    columns = [[cell.strip() for cell in column] for column in zip(*rest, strict=True)]
    if not columns:
        return not _all_numbers(cells), True
    if list(first) in [list(record) for record in rest] and _only_repeated(first, rest):
        return True, True
    if not _counts_up(cells) and not (cells[0] == "" and _counts_up(cells[1:])):
        votes = [_vote(cell, [below for below in column if below]) for cell, column in zip(cells, columns, strict=True)]
        n_header, n_data = votes.count(1), votes.count(-1)
        if n_header >= max(1, n_data) or _are_years(cells, columns):
            return True, not n_data or _are_years(cells, columns)
        if n_data and not _names_no_index(cells, columns):
            return False, True
        if not n_data:
            repeats = len(set(cells)) < len(cells) and len(cells) > 1
            return not (_all_numbers(cells) or repeats), False
    return True, False


def _vote(cell: str, column: Sequence[str]) -> int:
    """Return 1 where a cell cannot be one of a column, -1 where it is like all of them, 0 where it may be."""
    if not column or not cell or cell in ALWAYS or cell.lower() in AMONG_NUMBERS:
        return 0
    values = [below for below in column if below not in ALWAYS and below.lower() not in AMONG_NUMBERS]
    for is_one in (looks_like_number, _is_moment, _has_digit):
        n_like = sum(map(is_one, values))
        if values and n_like >= 0.9 * len(values):
            if is_one is _has_digit and is_one(cell):
                break
            return -1 if is_one(cell) else 1
    if cell in values:
        return -1
    lengths = set(map(len, values))
    return int(len(lengths) == 1 and len(values) >= _ENOUGH and len(cell) not in lengths)


def _is_moment(cell: str) -> bool:
    return _MOMENT.fullmatch(cell) is not None


def _has_digit(cell: str) -> bool:
    return _DIGIT.search(cell) is not None


def _all_numbers(cells: Sequence[str]) -> bool:
    return all(map(looks_like_number, cells))


def _counts_up(cells: Sequence[str]) -> bool:
    """Tell whether these are the numbers from 0 on, which a dataframe without names is written with."""
    return len(cells) >= _ENOUGH and list(cells) == [str(position) for position in range(len(cells))]


def _are_years(cells: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Tell whether the numbers in a first record are years one after the other, above values of another kind."""
    at = [position for position, cell in enumerate(cells) if re.fullmatch(r"(?:1[89]|20)\d\d", cell)]
    years = [int(cells[position]) for position in at]
    if len(years) < 2 or len({later - sooner for sooner, later in pairwise(years)}) != 1:
        return False
    return not all(re.fullmatch(r"(?:1[89]|20)\d\d", below) for position in at for below in columns[position] if below)


def _names_no_index(cells: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first column has no name and all others have one, as where names of rows come first."""
    others = cells[1:]
    return len(others) > 1 and not cells[0] and all(columns[0]) and all(others) and len(set(others)) == len(others)


def _only_repeated(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Tell whether the fields of a record occur together only, as in a header that is there again."""
    others = [record for record in rest if list(record) != list(first)]
    if not others:
        return False
    apart = all(cell not in column for cell, column in zip(first, zip(*others, strict=True), strict=True) if cell)
    return len(first) > 1 and apart and not _all_numbers(first)


def named(fields: Sequence[str]) -> tuple[tuple[str, ...], str | None]:
    """Return names that are all different, and a sentence about those that had to be changed.

    Examples
    --------
    >>> named(["a", "", "a", "a_2"])
    (('a', 'unnamed_1', 'a_3', 'a_2'), "Columns without a name of their own are called 'unnamed_1' and 'a_3'.")
    """
    given = [field.strip() for field in fields]
    taken = set(given) - {""}
    names: list[str] = []
    changed = []
    used: set[str] = set()
    for position, name in enumerate(given):
        if name and name not in used:
            new = name
        else:
            stem, number = (f"{name}_", 2) if name else (UNNAMED, position)
            while (new := f"{stem}{number}") in taken:
                number += 1
            taken.add(new)
            changed.append(new)
        used.add(new)
        names.append(new)
    if not changed:
        return tuple(names), None
    shown = [repr(name) for name in changed[:4]] + ([f"{len(changed) - 4:,} more"] if len(changed) > 4 else [])
    said = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    verb = "A column without a name of its own is" if len(changed) == 1 else "Columns without a name of their own are"
    return tuple(names), f"{verb} called {said}."
