"""Which columns are used, which are left out, and why."""

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...errors import ColumnError, EmptyTableError
from ...words import listing
from .checks import quoted

NonNumeric = Literal["error", "drop"]
Missing = Literal["error", "allow"]
Takes = Literal["numbers", "levels", "all", "codes"]
Absent = Literal["error", "leave out"]

# Columns that a message names.
_NAMED = 5

# What is used of a table, and what a column must hold for it, in messages.
_TAKEN: dict[Takes, tuple[str, str]] = {
    "numbers": ("columns of numbers", "numbers"),
    "levels": ("columns", "numbers, flags or categories"),
    "all": ("columns", "numbers, dates, flags or categories"),
    "codes": ("columns", "numbers, dates, flags or categories"),
}

# The kinds of column that hold numbers; every other kind is the reason why a column is left out.
NUMERIC_KINDS = frozenset({"number", "float32"})


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A column that was not used because it does not hold numbers.

    Attributes
    ----------
    name : str
        Name of the column.
    reason : str
        What it holds instead: "text", "date", "flag", "category", …
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Choice:
    """How the caller wants the columns: arguments of `rows.open`, and whether infinite numbers are errors."""

    columns: Sequence[Any] | Any | None = None
    drop: Sequence[Any] | Any | None = None
    sample_weight: Any = None
    non_numeric: NonNumeric = "error"
    missing: Missing = "error"
    refuses_infinite: bool = False
    takes: Takes = "numbers"
    absent: Absent = "error"

    @property
    def allows_missing(self) -> bool:
        """Whether NaN and null pass as missing values."""
        return self.missing == "allow"

    @property
    def weight_column(self) -> str | None:
        """Name of the column that holds the weights, if they are in a column."""
        return self.sample_weight if isinstance(self.sample_weight, str) else None


def as_list(names: Sequence[Any] | Any | None) -> list[Any]:
    """Return the names given, a single one as a list of one."""
    if names is None:
        return []
    return [names] if isinstance(names, (str, int)) else list(names)


def check_unique(names: Sequence[Any], where: str) -> None:
    """Raise unless every name occurs once."""
    repeated = [str(name) for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise ColumnError(f"{where} has {quoted(repeated)} more than once: give every column its own name")


def difference(names: Sequence[str], expected: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the names that are missing among those expected, and those that are there besides.

    Examples
    --------
    >>> difference(["c", "a"], ["a", "b"])
    (['b'], ['c'])
    """
    here, there = set(names), set(expected)
    return [name for name in expected if name not in here], [name for name in names if name not in there]


def positions_of(wanted: Sequence[str], names: Sequence[str]) -> list[int]:
    """Return where some names stand among those of a table."""
    position = {name: position for position, name in enumerate(names)}
    return [position[name] for name in wanted]


def choose(
    names: Sequence[str], kinds: Sequence[str], choice: Choice, where: str
) -> tuple[tuple[str, ...], tuple[LeftOut, ...]]:
    """Choose the columns to use.

    Parameters
    ----------
    names, kinds : sequence of str
        Name of each column of the table, and what it holds: one of `NUMERIC_KINDS`, or a reason to leave it out.
    choice : Choice
        What the caller asked for.
    where : str
        The table, for messages.

    Returns
    -------
    used : tuple of str
        The columns to use, in the order of `columns=` or of the table.
    left_out : tuple of LeftOut
        Columns that nobody named and that do not hold numbers.

    Raises
    ------
    ColumnError
        A name is repeated or unknown, or a column does not hold numbers.
    EmptyTableError
        No column is left.
    """
    if not names:
        raise EmptyTableError(f"{where} has no columns: give a table with at least one")
    check_unique(names, where)
    if choice.columns is not None and choice.drop is not None:
        raise ColumnError("both columns= and drop= are given: name the columns to use, or those to leave out")
    kind = dict(zip(names, kinds, strict=True))
    wanted = [str(name) for name in as_list(choice.columns)]
    if choice.absent == "leave out":
        # At least half, or it is another table.
        there = [name for name in wanted if name in kind]
        wanted = there if 2 * len(there) >= len(wanted) else wanted
    dropped = [str(name) for name in as_list(choice.drop)]
    weight = [] if choice.weight_column is None else [choice.weight_column]
    check_unique(wanted, "columns=")
    check_known([*wanted, *dropped, *weight], names, where)
    if choice.columns is not None:
        candidates = wanted
    else:
        unused = {*dropped, *weight}
        candidates = [name for name in names if name not in unused]
    left_out = tuple(LeftOut(name, kind[name]) for name in candidates if kind[name] not in NUMERIC_KINDS)
    if left_out and (choice.columns is not None or choice.non_numeric == "error"):
        raise _not_numeric(left_out, where, named=choice.columns is not None)
    if weight and kind[weight[0]] not in NUMERIC_KINDS:
        raise _not_numeric([LeftOut(weight[0], kind[weight[0]])], where, named=True)
    used = tuple(name for name in candidates if kind[name] in NUMERIC_KINDS)
    if not used:
        held = listing([f"{column.name!r} ({column.reason})" for column in left_out], _NAMED)
        only = f", only {held}" if held else ""
        columns, needed = _TAKEN[choice.takes]
        raise EmptyTableError(f"{where} has no {columns} to use{only}: give at least one that holds {needed}")
    return used, left_out


def check_known(asked: Sequence[str], names: Sequence[str], where: str) -> None:
    """Raise unless a table has columns of these names."""
    unknown, _ = difference(names, asked)
    if unknown:
        close = difflib.get_close_matches(unknown[0], names, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"it has {quoted(names)}"
        raise ColumnError(f"{where} has no {quoted(unknown)}: {hint}")


def _not_numeric(left_out: Sequence[LeftOut], where: str, *, named: bool) -> ColumnError:
    names = quoted([column.name for column in left_out])
    reasons = ", ".join(dict.fromkeys(column.reason for column in left_out))
    verb = "does" if len(left_out) == 1 else "do"
    remedy = (
        "turn it into numbers or name other columns"
        if named
        else "use mixtura.rows.open with columns= for those to use, or drop= for those to leave out"
    )
    return ColumnError(f"{names} of {where} {verb} not hold numbers ({reasons}): {remedy}")
