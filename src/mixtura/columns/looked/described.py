"""What a table holds, in figures that a report shows and a model file keeps."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...words import shortened
from ..deciding.deciding import KINDS
from ..kinds.moments import Date, Duration, Time
from ..kinds.number import Number
from ..seen.cells import is_text
from ..seen.texts_seen import shape_of
from .looked import Looked
from .looked_column import Counted, LookedColumn

# Columns that are described, levels, shapes and strays of each, and characters of a text.
MOST_COLUMNS = 1000
_MOST_LEVELS = 5
_MOST_SHAPES = 3
_MOST_STRAYS = 5
_LONGEST = 80

# Texts of the sample whose shapes are looked at.
_MOST_TEXTS = 512

# Shares of the cells below the quantiles that are kept.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

# Half the width of a 95 % interval of a share, over the root of the number of rows, at its widest.
_LIMIT = 0.98


@dataclass(frozen=True)
class Level:
    """A cell that occurs often.

    Attributes
    ----------
    text : str
        The cell.
    n : int
        In how many rows; an estimate where not all different cells of the column were counted.
    """

    text: str
    n: int


@dataclass(frozen=True)
class Stray:
    """A cell that is there and does not fit its column.

    Attributes
    ----------
    row : int
        Data row of the table, from 1.
    text : str
        The cell.
    """

    row: int
    text: str


@dataclass(frozen=True)
class Extent:
    """Where the cells of a column lie on its scale.

    Attributes
    ----------
    smallest, largest : str
        The ends, as cells of the column are written.
    quantiles : tuple of str
        The cells that 5, 25, 50, 75 and 95 % of all do not exceed.
    numbers : tuple of float
        The smallest number, these quantiles and the largest, of a column of numbers; none of other kinds.
    step : float or None
        What all numbers are multiples of.
    is_exact : bool
        Whether the ends are those of all rows, and not of the sample only.
    error : float
        By how much the shares of the quantiles may be wrong, with 95 % confidence; 0 where all rows were counted.
    """

    smallest: str
    largest: str
    quantiles: tuple[str, ...]
    numbers: tuple[float, ...]
    step: float | None
    is_exact: bool
    error: float


@dataclass(frozen=True)
class ColumnProfile:
    """What a column holds.

    Attributes
    ----------
    name : str
        Its name.
    kind, told : str
        The kind that it is of, and what is said of it.
    is_used : bool
        Whether models judge rows by such a column.
    n_missing, n_strays : int
        Cells that hold nothing, and cells that do not fit the others.
    n_distinct : int
        Different cells, at least.
    is_counted : bool
        Whether these are all.
    levels : tuple of Level
        The most frequent cells.
    extent : Extent or None
        Where its numbers, dates or times lie.
    shapes : tuple of (str, int)
        The most frequent shapes of its texts and how often each is among a few hundred: "AA-9999" for two capital
        letters, a hyphen and four digits.
    strays : tuple of Stray
        The first cells that do not fit.
    """

    name: str
    kind: str
    told: str
    is_used: bool
    n_missing: int
    n_strays: int
    n_distinct: int
    is_counted: bool
    levels: tuple[Level, ...] = ()
    extent: Extent | None = None
    shapes: tuple[tuple[str, int], ...] = ()
    strays: tuple[Stray, ...] = ()


@dataclass(frozen=True)
class Profile:
    """What a table holds.

    Attributes
    ----------
    n_rows, n_columns : int
        Its size.
    n_sampled : int
        Rows of the sample that shapes and, where there are very many different cells, levels and quantiles are of.
    columns : tuple of ColumnProfile
        Its columns, the first thousand of a wider table.
    others : dict of str to int
        How many more columns there are of each kind.
    """

    n_rows: int
    n_columns: int
    n_sampled: int
    columns: tuple[ColumnProfile, ...]
    others: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """Return the profile as values of JSON, which `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Profile":
        """Return the profile that `to_json` wrote."""
        columns = tuple(_column_from_json(column) for column in values["columns"])
        return cls(**{**values, "columns": columns, "others": dict(values["others"])})


def profile_of(looked: Looked) -> Profile:
    """Return what a table holds."""
    columns = looked.columns
    others = Counter(column.kind.name for column in columns[MOST_COLUMNS:])
    return Profile(
        looked.n_rows,
        len(columns),
        looked.n_sampled,
        tuple(_described(column, looked) for column in columns[:MOST_COLUMNS]),
        {name: others[name] for name in KINDS if others[name]},
    )


def _described(column: LookedColumn, looked: Looked) -> ColumnProfile:
    part = 1.0 if column.is_exact else looked.n_rows / max(1, looked.n_sampled)
    n_distinct = column.n_distinct if column.is_exact else column.seen.levels.most + 1
    return ColumnProfile(
        shortened(column.name),
        column.kind.name,
        _cut(column.kind.told),
        column.kind.in_use,
        column.n_missing,
        column.n_strays,
        n_distinct,
        column.is_exact,
        tuple(Level(_cut(text), round(n * part)) for text, n in column.frequent(_MOST_LEVELS)),
        _extent(column, looked),
        _shapes(column),
        tuple(Stray(row + 1, _cut(text)) for row, text in column.strays[:_MOST_STRAYS]),
    )


def _extent(column: LookedColumn, looked: Looked) -> Extent | None:
    counted = column.counted
    if counted is None or not counted.n or not isinstance(column.kind, (Number, Date, Time, Duration)):
        return None
    quantiles = [counted.quantile(share) for share in QUANTILES]
    smallest, largest, is_exact = _ends(column, counted)
    speak = column.kind.speak
    is_number = isinstance(column.kind, Number)
    return Extent(
        speak(smallest),
        speak(largest),
        tuple(map(speak, quantiles)),
        (smallest, *quantiles, largest) if is_number else (),
        column.kind.step if isinstance(column.kind, Number) else None,
        is_exact,
        0.0 if counted.is_exact else _LIMIT / float(np.sqrt(looked.n_sampled)),
    )


def _ends(column: LookedColumn, counted: Counted) -> tuple[float, float, bool]:
    """Return the smallest and the largest number, and whether they are those of all rows."""
    kind, numbers = column.kind, column.seen.numbers
    if not counted.is_exact and isinstance(kind, Number) and kind.writing is None and not kind.missing:
        return numbers.smallest, numbers.largest, True
    return float(counted.values[0]), float(counted.values[-1]), counted.is_exact


def _shapes(column: LookedColumn) -> tuple[tuple[str, int], ...]:
    if not is_text(column.cells.type) or isinstance(column.kind, Number):
        return ()
    shapes: Counter[str] = Counter()
    for text, n in Counter(column.present.slice(0, _MOST_TEXTS).to_pylist()).items():
        shapes[shape_of(text[:_LONGEST])] += n
    return tuple(sorted(shapes.items(), key=lambda shape: (-shape[1], shape[0]))[:_MOST_SHAPES])


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _column_from_json(values: Mapping[str, Any]) -> ColumnProfile:
    extent = values["extent"]
    if extent is not None:
        extent = Extent(
            **{**extent, "quantiles": tuple(extent["quantiles"]), "numbers": tuple(map(float, extent["numbers"]))}
        )
    return ColumnProfile(
        **{
            **values,
            "levels": tuple(Level(**level) for level in values["levels"]),
            "extent": extent,
            "shapes": tuple((text, n) for text, n in values["shapes"]),
            "strays": tuple(Stray(**stray) for stray in values["strays"]),
        }
    )
