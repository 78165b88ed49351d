"""What a model knows of the table that it was fitted to, and what is new in another one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..words import count, number, percent, plural
from .category import Category, Flag
from .deciding import kind_of
from .described import MOST_COLUMNS, ColumnProfile, Profile, profile_of
from .looked import Looked
from .looked_column import LookedColumn
from .number import Number

# Levels of a column that are kept, and characters of all.
_MOST_LEVELS, _MOST_CHARACTERS = 10_000, 2**20

# Levels that are named.
_NAMED = 3

# A share of missing values has changed where it differs by so many standard errors, and by so much.
_ERRORS, _LEAST = 4.0, 0.01


@dataclass(frozen=True)
class News:
    """What is new in a column.

    Attributes
    ----------
    column : str
        Its name.
    what : str
        What is new, in words that follow the name.
    """

    column: str
    what: str

    def __str__(self) -> str:
        return f"{self.column} {self.what}"


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of a table.

    Attributes
    ----------
    profile : Profile
        What it holds.
    levels : mapping of str to tuple of str
        All levels of its flags and categories, where there are not too many.
    """

    profile: Profile
    levels: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, looked: Looked) -> "Known":
        """Return what is known of a table that was looked at."""
        levels: dict[str, tuple[str, ...]] = {}
        room = _MOST_CHARACTERS
        for column in looked.columns[:MOST_COLUMNS]:
            if isinstance(column.kind, (Flag, Category)) and column.is_exact and column.n_distinct <= _MOST_LEVELS:
                texts = _levels(column)
                room -= sum(map(len, texts))
                if room >= 0:
                    levels[column.name] = tuple(sorted(texts))
        return cls(profile_of(looked), levels)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Known) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]  # a value with a mapping, as unhashable as it is

    def to_json(self) -> dict[str, Any]:
        """Return the same as values of JSON, which `from_json` reads."""
        return {"profile": self.profile.to_json(), "levels": {name: list(texts) for name, texts in self.levels.items()}}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Known":
        """Return what `to_json` wrote."""
        levels = {name: tuple(texts) for name, texts in values["levels"].items()}
        return cls(Profile.from_json(values["profile"]), levels)

    def news(self, looked: Looked) -> tuple[News, ...]:
        """Return what is new in another table: columns that are gone or hold something else, levels, ranges, gaps."""
        now = {column.name: column for column in looked.columns}
        found: list[tuple[int, News]] = []
        for known in self.profile.columns:
            column = now.get(known.name)
            if column is None:
                found.append((0, News(known.name, "is not there")))
                continue
            found += [(rank, News(known.name, what)) for rank, what in self._news_of(known, column, looked)]
        # Columns that are gone or others come first, then levels, gaps and ranges.
        return tuple(news for _, news in sorted(found, key=lambda one: one[0]))

    def _news_of(self, known: ColumnProfile, column: LookedColumn, looked: Looked) -> list[tuple[int, str]]:
        kind = kind_of(column.name, column.seen, looked.marks)
        if kind.name != known.kind and not _is_close(known.kind, kind.name) and column.seen.n_present:
            return [(1, f"holds {_told(kind.told)}, and held {_told(known.told)}")]
        said = [(2, _new_levels(self.levels[known.name], column))] if known.name in self.levels else []
        said.append((3, _gaps(known, column, self.profile.n_rows, looked.n_rows)))
        said += [(4, what) for what in _left_range(known, column)]
        return [(rank, what) for rank, what in said if what]


def _levels(column: LookedColumn) -> dict[str, int]:
    return dict(column.frequent(column.n_distinct))


def _is_close(one: str, other: str) -> bool:
    """Tell whether two kinds may be those of one column in tables of different sizes."""
    words = {"category", "text", "identifier", "constant", "flag"}
    numbers = {"number", "identifier", "flag", "category", "constant"}
    return {one, other} <= words or {one, other} <= numbers or "empty" in (one, other)


def _told(told: str) -> str:
    return told if told in ("text",) or told.endswith("s") else f"a {told}"


def _new_levels(known: tuple[str, ...], column: LookedColumn) -> str:
    there = set(known)
    new = {text: n for text, n in _levels(column).items() if text not in there}
    if not new:
        return ""
    n_cells = sum(new.values())
    shown = ", ".join(f"{text!r} ({count(n)})" for text, n in sorted(new.items(), key=lambda one: -one[1])[:_NAMED])
    more = f" and {count(len(new) - _NAMED)} more" if len(new) > _NAMED else ""
    return f"has {plural(n_cells, 'cell')} with {plural(len(new), 'level')} that the fit never saw: {shown}{more}"


def _left_range(known: ColumnProfile, column: LookedColumn) -> list[str]:
    counted = column.counted
    if known.extent is None or not known.extent.numbers or counted is None or not counted.n:
        return []
    if not isinstance(column.kind, Number):
        return []
    smallest, largest = known.extent.numbers[0], known.extent.numbers[-1]
    part = 1.0 if counted.is_exact else len(column.rows) / column.seen.n_cells
    about = "" if counted.is_exact else "about "
    sides = (
        (
            counted.values < smallest,
            f"below {known.extent.smallest}, the smallest of the fit: down to",
            counted.values[0],
        ),
        (counted.values > largest, f"above {known.extent.largest}, the largest of the fit: up to", counted.values[-1]),
    )
    counts = [math.ceil(int(counted.counts[beyond].sum()) / part) for beyond, _, _ in sides]
    return [
        f"has {about}{plural(n_cells, 'cell')} {where} {number(float(farthest))}"
        for n_cells, (_, where, farthest) in zip(counts, sides, strict=True)
        if n_cells
    ]


def _gaps(known: ColumnProfile, column: LookedColumn, n_before: int, n_now: int) -> str:
    before, now = known.n_missing / max(1, n_before), column.n_missing / max(1, n_now)
    together = (known.n_missing + column.n_missing) / max(1, n_before + n_now)
    error = float(np.sqrt(together * (1 - together) * (1 / max(1, n_before) + 1 / max(1, n_now))))
    if abs(now - before) < max(_LEAST, _ERRORS * error):
        return ""
    return f"lacks {percent(now)} of its values; it lacked {percent(before)} in the fitted table"
