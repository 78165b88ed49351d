"""Blocks of rows, and the protocol of everything that yields them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# A block of about one megabyte of doubles: large enough that the work on it dwarfs the cost of handing it to a thread,
# small enough that a few of them fit in the caches and in any memory budget.
_VALUES_PER_BLOCK = 2**17
_MINIMUM_ROWS = 256


def rows_per_block(n_columns: int) -> int:
    """Return the fixed number of rows in a block of a table with `n_columns` columns.

    It depends on nothing else, so the same table is cut at the same places by every source and every engine.
    """
    rows = max(_MINIMUM_ROWS, _VALUES_PER_BLOCK // max(n_columns, 1))
    return rows - rows % _MINIMUM_ROWS


@dataclass(frozen=True, slots=True, eq=False)
class Strays:
    """Cells of a block that hold something, but not what their columns hold; their values are missing.

    Attributes
    ----------
    rows, columns : ndarray of int, shape (n_strays,)
        Where each is: its row in the block, and its column among those in use.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]

    def among(self, positions: Sequence[int]) -> "Strays | None":
        """Return those in the columns at some positions, which are the columns then; None where there are none."""
        here = np.isin(self.columns, positions)
        if not here.any():
            return None
        place = np.zeros(max(positions) + 1, np.int64)
        place[list(positions)] = np.arange(len(positions))
        return Strays(self.rows[here], place[self.columns[here]])


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows of a table.

    Attributes
    ----------
    values : ndarray of shape (n_rows, n_columns), float32 or float64
        Finite numbers, and NaN where a value is missing; any memory order.
    weights : ndarray of shape (n_rows,), float64, or None
        Sample weights; None means one for every row.
    first_row : int
        Position of the first row in the table, from 0.
    strays : Strays or None
        Cells that do not fit their columns, where there are some.
    """

    values: Array
    weights: NDArray[np.float64] | None
    first_row: int
    strays: Strays | None = None

    def select(self, positions: Sequence[int]) -> "Block":
        """Return the same rows with the columns at some positions."""
        strays = None if self.strays is None else self.strays.among(positions)
        return replace(self, values=self.values[:, positions], strays=strays)


# The levels of each column whose numbers are codes of levels, None for columns of amounts.
Levels = tuple[tuple[str, ...] | None, ...]


def levels_of(rows: "Rows") -> Levels:
    """Return the levels of the columns of rows; those that do not speak of levels have none."""
    levels: Levels | None = getattr(rows, "levels", None)
    return (None,) * rows.n_columns if levels is None else levels


class Rows(Protocol):
    """A table that can be read again and again, block by block.

    Attributes
    ----------
    columns : tuple of str, or None
        Names of the columns, None for a plain array.
    n_columns : int
        Number of columns.
    n_rows : int or None
        Number of rows, None while it is unknown.
    dtype : dtype
        float32 or float64: the type of the values of every block.
    has_missing : bool
        Whether a value may be missing; False only when it is known that none is.
    """

    @property
    def columns(self) -> tuple[str, ...] | None: ...  # noqa: D102  # said above

    @property
    def n_columns(self) -> int: ...  # noqa: D102  # said above

    @property
    def n_rows(self) -> int | None: ...  # noqa: D102  # said above

    @property
    def dtype(self) -> np.dtype[Any]: ...  # noqa: D102  # said above

    @property
    def has_missing(self) -> bool: ...  # noqa: D102  # said above

    def blocks(self) -> Iterator[Block]:
        """Yield the rows in order, `rows_per_block(n_columns)` at a time, the last block shorter."""
        ...
