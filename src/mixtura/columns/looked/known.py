"""What a model knows of the table that it was fitted to, and what is new in another one."""

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import pdtrc

from ...words import count, number, plural, shortened
from ..deciding.deciding import MOST_STRAYS, kind_of
from ..kinds.category import Category, Flag
from ..kinds.moments import Date, Duration, Time
from ..kinds.number import Number
from ..kinds.unused import Constant
from ..seen.cumulative import Cumulative, places_of_each
from .described import MOST_COLUMNS, ColumnProfile, Profile, profile_of
from .looked import Looked
from .looked_column import LookedColumn

# Levels of a column that are kept, and characters of all.
_MOST_LEVELS, _MOST_CHARACTERS = 10_000, 2**20

# Kinds of columns that are known by their levels, and by how their numbers are distributed.
_OF_LEVELS = (Flag, Category, Constant)
_OF_NUMBERS = (Number, Date, Time, Duration)

# Of so few rows nothing is known of a tail. Larger powers of e are not needed.
_FEWEST, _MOST_NATS = 40, 100.0

# Levels that are named.
_NAMED = 3

# Levels that were never seen, and ranges that are left, are no surprise where chance alone brings them so often.
_BY_CHANCE = 0.001


@dataclass(frozen=True)
class News:
    """What is new in a column.

    Attributes
    ----------
    column : str
        Its name.
    what : str
        What is new, in words that follow the name.
    is_expected : bool
        Whether another table like the first would have as much that is new: a rare level more, a value just beyond the
        range; or whether it is a column that the model does not use.
    """

    column: str
    what: str
    is_expected: bool = False

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
        All levels of its flags, categories and constants, where there are not too many.
    counts : mapping of str to tuple of int
        How often each of these occurs.
    numbers : mapping of str to Cumulative
        How the numbers, dates and times of its columns are distributed.
    scores : Cumulative or None
        How the anomaly scores of its rows are, where a threshold was chosen by them.
    """

    profile: Profile
    levels: Mapping[str, tuple[str, ...]]
    counts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    numbers: Mapping[str, Cumulative] = field(default_factory=dict)
    scores: Cumulative | None = None

    @classmethod
    def of(cls, looked: Looked) -> "Known":
        """Return what is known of a table that was looked at."""
        levels: dict[str, dict[str, int]] = {}
        numbers: dict[str, Cumulative] = {}
        room = _MOST_CHARACTERS
        columns = looked.columns[:MOST_COLUMNS]
        for column in columns:
            if isinstance(column.kind, _OF_LEVELS) and column.is_exact and column.n_distinct <= _MOST_LEVELS:
                found = levels_of(column)
                room -= sum(map(len, found))
                if room >= 0:
                    levels[column.name] = dict(sorted(found.items()))
            elif isinstance(column.kind, _OF_NUMBERS) and column.counted is not None and column.counted.n:
                counted = column.counted
                numbers[column.name] = Cumulative.of(counted.values, counted.counts, places_of_each(len(columns)))
        return cls(
            profile_of(looked),
            {name: tuple(found) for name, found in levels.items()},
            {name: tuple(found.values()) for name, found in levels.items()},
            numbers,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Known) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]  # a value with a mapping, as unhashable as it is

    def to_json(self) -> dict[str, Any]:
        """Return the same as values of JSON, which `from_json` reads."""
        return {
            "profile": self.profile.to_json(),
            "levels": {name: list(texts) for name, texts in self.levels.items()},
            "counts": {name: list(counts) for name, counts in self.counts.items()},
            "numbers": {name: numbers.to_json() for name, numbers in self.numbers.items()},
            "scores": None if self.scores is None else self.scores.to_json(),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Known":
        """Return what `to_json` wrote; files of former versions have neither counts nor distributions.

        Raises
        ------
        ValueError
            Counts do not go with levels, or numbers are no distribution.
        """
        levels = {name: tuple(texts) for name, texts in values["levels"].items()}
        counts = {name: tuple(map(int, found)) for name, found in values.get("counts", {}).items()}
        if any(len(found) != len(levels.get(name, ())) or min(found, default=0) < 0 for name, found in counts.items()):
            raise ValueError("counts of levels do not go with the levels")
        numbers = {name: Cumulative.from_json(found) for name, found in values.get("numbers", {}).items()}
        scores = None if values.get("scores") is None else Cumulative.from_json(values["scores"])
        return cls(Profile.from_json(values["profile"]), levels, counts, numbers, scores)

    def news(self, looked: Looked, used: Collection[str] | None = None) -> tuple[News, ...]:
        """Return what is new in another table: columns that are gone or hold something else, levels, ranges.

        Parameters
        ----------
        looked : Looked
            The other table.
        used : collection of str, optional
            The columns that a model uses: others, such as labels, may be gone. Default: all.
        """
        now = {column.name: column for column in looked.columns}
        found: list[tuple[int, News]] = []
        for known in self.profile.columns:
            column = now.get(known.name)
            if column is None:
                is_used = used is None or known.name in used
                what = "is not there" if is_used else "is not there, and the model does not use it"
                found.append((0, News(known.name, what, is_expected=not is_used)))
                continue
            found += self._news_of(known, column, looked)
        # Columns that are gone or others come first, then levels and ranges.
        return tuple(news for _, news in sorted(found, key=lambda one: one[0]))

    def _news_of(self, known: ColumnProfile, column: LookedColumn, looked: Looked) -> Iterator[tuple[int, News]]:
        kind = kind_of(column.name, column.seen, column.marks)
        if not are_comparable(known.kind, kind.name) and column.seen.n_present:
            yield 1, News(known.name, f"holds {_told(kind.told)}, and held {_told(known.told)}")
            return
        if unread := _unread(known, column, self.profile.n_rows):
            yield 1, News(known.name, unread)
        if known.name in self.levels:
            counts = self.counts.get(known.name, (0,) * len(self.levels[known.name]))
            news = _new_levels(dict(zip(self.levels[known.name], counts, strict=True)), column)
            if news is not None:
                yield 2, news
        n_before = self.profile.n_rows if known.extent is None or known.extent.is_exact else self.profile.n_sampled
        for news in _left_range(known, column, n_before - known.n_missing):
            yield 3, news


def levels_of(column: LookedColumn) -> dict[str, int]:
    """Return how often each level of a column occurs."""
    # Codes tell known levels apart, and none of those that are new.
    return column.levels if column.kind.coding is not None else dict(column.frequent(column.n_distinct))


def are_comparable(one: str, other: str) -> bool:
    """Tell whether two kinds are the same, or may be those of one column in tables of different sizes."""
    words = {"category", "text", "identifier", "constant", "flag"}
    numbers = {"number", "identifier", "flag", "category", "constant"}
    return one == other or {one, other} <= words or {one, other} <= numbers or "empty" in (one, other)


def _unread(known: ColumnProfile, column: LookedColumn, n_before: int) -> str:
    """Return that the cells of a column are no longer written as they were; nothing where few are not."""
    n_strays, n_present = column.n_strays, column.seen.n_present
    if n_strays <= MOST_STRAYS * n_present or known.n_strays > MOST_STRAYS * (n_before - known.n_missing):
        return ""
    such = f", such as {shortened(column.strays[0][1])!r}" if column.strays else ""
    return f"has {plural(n_strays, 'cell')} that {'is' if n_strays == 1 else 'are'} not written as before{such}"


def _told(told: str) -> str:
    return told if told in ("text",) or told.endswith("s") else f"a {told}"


def _new_levels(known: Mapping[str, int], column: LookedColumn) -> News | None:
    found = levels_of(column)
    new = {text: n for text, n in found.items() if text not in known}
    if not new:
        return None
    n_cells = sum(new.values())
    shown = ", ".join(f"{text!r} ({count(n)})" for text, n in sorted(new.items(), key=lambda one: -one[1])[:_NAMED])
    more = f" and {count(len(new) - _NAMED)} more" if len(new) > _NAMED else ""
    what = f"has {plural(n_cells, 'cell')} with {plural(len(new), 'level')} that the fit never saw: {shown}{more}"
    is_one_value = len(known) == len(found) == 1
    return News(column.name, what, is_expected=is_one_value or _are_rare(known, found, list(new.values())))


def _are_rare(before: Mapping[str, int], now: Mapping[str, int], new: list[int]) -> bool:
    """Tell whether levels never seen are as many, and as rare, as chance brings.

    A level of c cells in all, chosen from those before and now, has all of them among those now with the probability
    q^c, where q is the share of the cells that are now. So each level that was seen before stands for q^c / (1 - q^c)
    others that were not (Horvitz and Thompson 1952, "A generalization of sampling without replacement from a finite
    universe", Journal of the American Statistical Association 47).
    """
    share = sum(now.values()) / max(1, sum(before.values()) + sum(now.values()))
    alone = share ** np.array([n + now.get(text, 0) for text, n in before.items() if n], float)
    expected = float((alone / (1 - alone)).sum()) if share < 1 else 0.0
    as_many = float(pdtrc(len(new) - 1, expected)) if expected else 0.0
    as_often = (len(before) + len(new)) * share ** max(new)
    return min(as_many, as_often) > _BY_CHANCE


def _none_before(n_cells: int, n_now: int, n_before: int) -> float:
    """Return how probable it is that so many cells, chosen from all before and now, are all among those now."""
    return float((n_now / (n_now + n_before)) ** n_cells)


def _left_range(known: ColumnProfile, column: LookedColumn, n_before: int) -> Iterator[News]:
    counted = column.counted
    if known.extent is None or not known.extent.numbers or counted is None or not counted.n:
        return
    if not isinstance(column.kind, Number):
        return
    smallest, largest = known.extent.numbers[0], known.extent.numbers[-1]
    part = 1.0 if counted.is_exact else len(column.rows) / column.seen.n_cells
    about = "" if counted.is_exact else "about "
    lowest, highest = float(counted.values[0]), float(counted.values[-1])
    # One value in each table, such as the month, tells the tables apart.
    is_one_value = smallest == largest and lowest == highest
    sides = (
        (counted.values < smallest, f"below {known.extent.smallest}, the fitted minimum: down to", lowest, smallest),
        (counted.values > largest, f"above {known.extent.largest}, the fitted maximum: up to", highest, largest),
    )
    for beyond, where, farthest, end in sides:
        n_seen = int(counted.counts[beyond].sum())
        if not n_seen:
            continue
        is_expected = is_one_value or (
            abs(farthest - end) <= _reach(known.extent.numbers, end, n_before)
            and _none_before(n_seen, counted.n, n_before) > _BY_CHANCE
        )
        what = f"has {about}{plural(math.ceil(n_seen / part), 'cell')} {where} {number(farthest)}"
        yield News(column.name, what, is_expected=is_expected)


def _reach(numbers: tuple[float, ...], end: float, n: int) -> float:
    """Return how far beyond an end of its range a column reaches by chance.

    From the twentieth that is farthest out to the end of n cells, the distance from the middle grows by the logarithm
    of n / 20 nats; by as much for each nat it grows beyond the end, as that of a tail with a power does (Hill 1975, "A
    simple general approach to inference about the tail of a distribution", The Annals of Statistics 3).
    """
    smallest, far_down, _, middle, _, far_up, largest = numbers
    quantile = far_up if end == largest else far_down
    inner, outer = abs(quantile - middle), abs(end - middle)
    if not inner or n <= _FEWEST:
        return math.inf
    nats = -math.log(_BY_CHANCE) * math.log(outer / inner) / math.log(n / 20)
    return max(largest - smallest, outer * math.expm1(min(nats, _MOST_NATS)))
