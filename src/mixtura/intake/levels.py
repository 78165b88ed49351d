"""Which columns of a table are categorical, and how many levels each has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..distributions.levels import LevelColumns
from ..errors import ColumnError, DataError
from ..rows import Block
from ..rows.blocks.checks import quoted
from ..typing import Floats
from .table import Table

# A column with more levels than this is no category: it tells rows apart rather than groups of them.
MOST_LEVELS = 2**16

# The categories are the columns that hold levels: flags, categorical types, a few texts that recur.
FROM_DTYPE = "from_dtype"


@dataclass(frozen=True, eq=False)
class _Codes:
    """The largest code of each column, and whether all its codes are whole numbers from zero; such facts add up."""

    largest: Floats
    whole: NDArray[np.bool_]

    def __add__(self, other: "_Codes") -> "_Codes":
        return _Codes(np.maximum(self.largest, other.largest), self.whole & other.whole)


@dataclass(frozen=True)
class _CodesOf:
    """The pass that sees the codes of some columns."""

    columns: tuple[int, ...]

    def __call__(self, block: Block) -> _Codes:
        values = block.values[:, list(self.columns)]
        known = np.where(np.isnan(values), 0, values)
        return _Codes(known.max(axis=0, initial=0).astype(np.float64), ((known >= 0) & (known % 1 == 0)).all(axis=0))


def level_columns(
    table: Table, features: Any, names: Sequence[str] | None, counts: Any = None, coded: Sequence[int] = ()
) -> LevelColumns | None:
    """Return the columns of categories and of counts, with one pass over them; None where there are none.

    Parameters
    ----------
    table : Table
        The table; a categorical column holds the numbers of its levels, from 0.
    features : None, "from_dtype", or list of int, str or bool
        Positions or names of the columns, or for each column whether it is categorical. Those of "from_dtype" are
        `coded`.
    names : sequence of str or None
        Names of the columns.
    counts : None, or list of int, str or bool
        The same of columns that hold counts.
    coded : sequence of int, default=()
        Positions of the columns whose numbers are codes of levels that the table has.

    Raises
    ------
    ColumnError
        There is no such column, or one is both.
    DataError
        A column holds other values than numbers of levels, or too many levels.
    """
    if isinstance(features, str) and features == FROM_DTYPE:
        features = list(coded)
    categories = positions_of_features(features, table.n_columns, names)
    counted = positions_of_features(counts, table.n_columns, names, "count_features")
    columns = tuple(sorted({*categories, *counted}))
    if not columns:
        return None
    if len(columns) < len(categories) + len(counted):
        raise ColumnError("a column is listed both in categorical_features and in count_features: leave one out")
    nothing = _Codes(np.zeros(len(columns)), np.ones(len(columns), bool))
    codes = table.fold(_CodesOf(columns), nothing)
    called = [f"x{column}" if names is None else str(names[column]) for column in columns]
    others = [name for name, whole in zip(called, codes.whole, strict=True) if not whole]
    if others:
        raise DataError(
            f"{quoted(others)} should hold the numbers of levels or counts, 0, 1, 2 and so on, and holds other values: "
            "make numbers of levels with sklearn.preprocessing.OrdinalEncoder, or do not list the column"
        )
    many = [name for name, largest in zip(called, codes.largest, strict=True) if largest >= MOST_LEVELS]
    if many:
        raise DataError(f"{quoted(many)} has more than {MOST_LEVELS:,} levels: leave the column out")
    return LevelColumns(columns, tuple(int(largest) + 1 for largest in codes.largest), counted)


def positions_of_features(
    features: Any, n_columns: int, names: Sequence[str] | None, parameter: str = "categorical_features"
) -> tuple[int, ...]:
    """Return the positions of the columns that `features`, the value of a `parameter`, names, in rising order.

    Raises
    ------
    ColumnError
        There is no such column.
    """
    if features is None:
        return ()
    given = np.asarray(features).tolist() if not isinstance(features, str) else features
    if not isinstance(given, list):
        raise ColumnError(f"{parameter} must be a list of names, positions or truth values, not {features!r}")
    if all(isinstance(each, bool) for each in given) and given:
        if len(given) != n_columns:
            raise ColumnError(f"{parameter} has {len(given)} truth values, and the table {n_columns} columns")
        return tuple(int(position) for position in np.flatnonzero(given))
    places = {} if names is None else {str(name): position for position, name in enumerate(names)}
    positions = [places.get(each, -1) if isinstance(each, str) else each for each in given]
    wrong = [
        each
        for each, position in zip(given, positions, strict=True)
        if not isinstance(position, int) or not 0 <= position < n_columns
    ]
    if wrong:
        raise ColumnError(f"{parameter} lists {wrong[0]!r}, and the table has no such column")
    return tuple(sorted(set(positions)))
