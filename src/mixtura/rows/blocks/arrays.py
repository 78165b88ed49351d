"""NumPy arrays as rows."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ColumnError, EmptyTableError
from ...optional import need
from .block import Array, Block, Levels, rows_per_block
from .checks import Weights, check_finite, describe_rows
from .columns import Choice, LeftOut, Missing, as_list, check_unique
from .style import Style

if TYPE_CHECKING:
    import pyarrow as pa


class ArrayRows:
    """The rows of a two-dimensional array, sliced and never copied as a whole.

    Parameters
    ----------
    array : array_like of shape (n_rows, n_columns)
        Numbers in any memory order. float32 and float64 stay; integers, other floats, booleans, masked arrays and
        objects that are numbers become float64, one block at a time.
    columns, drop : sequence of int, optional
        Positions of the columns to use, or to leave out.
    sample_weight : array_like of shape (n_rows,), optional
        Weight of each row.
    checked : bool, default False
        Whether the caller knows all values to be finite, or missing where that is allowed. Otherwise passes check them
        until one has come to the end.
    first_row : int, default 0
        Position of the first row, where the array is a part of a larger table.
    missing : {"error", "allow"}, default "error"
        Whether NaN, None and masked values may stand for missing values.
    levels : tuple of (tuple of str or None), optional
        Levels of the columns in use whose numbers are codes of levels.

    Attributes
    ----------
    columns : None
        A plain array has no column names.
    left_out : tuple of LeftOut
        Always empty.

    Raises
    ------
    ColumnError
        The array does not hold real numbers, or not in two dimensions, or has no such column.
    EmptyTableError
        It has no rows or no columns.

    Examples
    --------
    >>> import numpy as np
    >>> rows = ArrayRows(np.arange(6.0).reshape(3, 2))
    >>> rows.n_rows, rows.n_columns, next(rows.blocks()).values.shape
    (3, 2, (3, 2))
    """

    columns: None = None
    left_out: tuple[LeftOut, ...] = ()

    def __init__(
        self,
        array: Any,
        *,
        columns: Any = None,
        drop: Any = None,
        sample_weight: Any = None,
        checked: bool = False,
        first_row: int = 0,
        missing: Missing = "error",
        levels: Levels | None = None,
    ) -> None:
        self._array = _two_dimensions(array)
        self._used = _positions(self._array.shape[1], Choice(columns, drop))
        self._dtype = self._array.dtype if self._array.dtype in (np.float32, np.float64) else np.dtype(np.float64)
        self._first_row = first_row
        self._describe = partial(describe_rows, first=first_row, where="the array", remark="counted from 0")
        self._weights = None if sample_weight is None else Weights(sample_weight, self.n_rows, self._describe)
        self._checked = checked
        self._has_missing = missing == "allow"
        self.levels: Levels = (None,) * self.n_columns if levels is None else levels

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns of the table, in use or not."""
        return tuple(f"x{position}" for position in range(self._array.shape[1]))

    @property
    def n_columns(self) -> int:
        """Number of columns in use."""
        return self._array.shape[1] if self._used is None else len(self._used)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self._array)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values of every block, float32 or float64."""
        return self._dtype

    @property
    def has_missing(self) -> bool:
        """Whether a value may be missing."""
        return self._has_missing

    def blocks(self) -> Iterator[Block]:
        """Yield the rows in order, `rows_per_block(n_columns)` at a time; views where the array allows."""
        size = rows_per_block(self.n_columns)
        names = self.names if self._used is None else [self.names[position] for position in self._used]
        for first in range(0, self.n_rows, size):
            piece = self._array[first : first + size]
            values = _to_float(piece if self._used is None else piece[:, self._used], self._dtype)
            if not self._checked:
                check_finite(values, names, first, self._describe, allows_missing=self._has_missing)
            weights = None if self._weights is None else self._weights.rows(first, len(values))
            yield Block(values, weights, self._first_row + first)
        self._checked = True

    def take(self, positions: NDArray[np.int64]) -> "ArrayRows":
        """Return the rows at the positions given, in that order, as a table of their own."""
        weights = None if self._weights is None else self._weights.rows(0, self.n_rows)[positions]
        return ArrayRows(
            self._array[positions],
            columns=self._used,
            sample_weight=weights,
            checked=self._checked,
            missing="allow" if self._has_missing else "error",
            levels=self.levels,
        )

    def style(self) -> Style:
        """Return how the table is written."""
        return Style()

    def tables(self) -> Iterator[tuple["pa.Table", Block]]:
        """Yield each block with a pyarrow Table of all columns of its rows, named x0, x1 and so on."""
        pa = need("pyarrow", "making tables")
        for block in self.blocks():
            first = block.first_row - self._first_row
            piece = self._array[first : first + len(block.values)]
            if np.ma.isMaskedArray(piece) or piece.dtype.kind not in "iub" or not piece.dtype.isnative:
                piece = _to_float(piece, self._dtype)
            columns = [pa.array(np.ascontiguousarray(column)) for column in piece.T]
            yield pa.table(columns, names=self.names), block


def _two_dimensions(source: Any) -> Array:
    try:
        array: Array = np.asanyarray(source)
    except ValueError as error:
        raise ColumnError("the rows differ in length: give as many values in every row") from error
    if array.ndim != 2:
        hint = "use array.reshape(-1, 1) for one column" if array.ndim == 1 else "give one row a sample"
        raise ColumnError(f"the array is {array.ndim}-dimensional and a table is 2-dimensional: {hint}")
    if array.dtype.kind not in "fiubO":
        raise ColumnError(f"the array holds {array.dtype}, not real numbers: turn it into numbers")
    if 0 in array.shape:
        missing = "rows" if len(array) == 0 else "columns"
        raise EmptyTableError(f"the array of shape {array.shape} has no {missing}: give a table with at least one")
    return array


def _positions(n_columns: int, choice: Choice) -> list[int] | None:
    """Return the positions of the columns in use, None for all of them in order."""
    if choice.columns is None and choice.drop is None:
        return None
    if choice.columns is not None and choice.drop is not None:
        raise ColumnError("both columns= and drop= are given: name the columns to use, or those to leave out")
    asked = as_list(choice.columns) + as_list(choice.drop)
    wrong = [position for position in asked if position not in range(n_columns)]
    if wrong:
        raise ColumnError(f"an array of {n_columns} columns has no column {wrong[0]!r}: give positions from 0")
    check_unique(asked, "columns=")
    used = asked if choice.columns is not None else [p for p in range(n_columns) if p not in asked]
    if not used:
        raise EmptyTableError("no column of the array is left to use: leave at least one in")
    return used


def _to_float(values: Array, dtype: np.dtype[Any]) -> Array:
    """Return one block as floating-point numbers, masked values and None as NaN."""
    try:
        if isinstance(values, np.ma.MaskedArray):
            values = np.ma.filled(values.astype(dtype), np.nan)
        return np.asarray(values, dtype=dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise ColumnError(f"the array of objects does not hold numbers only ({error}): turn it into numbers") from error
