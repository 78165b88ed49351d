"""Dataframes (pandas, Polars, pyarrow Tables) as rows, through narwhals."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ColumnError, EmptyTableError
from .block import Array, Block, rows_per_block
from .checks import Weights, check_finite, check_weights, describe_rows
from .columns import Choice, check_unique, choose
from ..optional import need

if TYPE_CHECKING:
    import pyarrow as pa

_WHERE = "the table"


def is_lazy(source: Any) -> bool:
    """Return whether a source is a Polars LazyFrame, without importing Polars."""
    kind = type(source)
    return kind.__module__.partition(".")[0] == "polars" and kind.__name__ == "LazyFrame"


class FrameRows:
    """The rows of a dataframe, sliced and turned into numbers one block at a time.

    Use `mixtura.rows.open`.

    Parameters
    ----------
    frame : dataframe
        Any eager dataframe that narwhals knows.
    choice : Choice
        Columns and weights.
    first_row : int
        Position of its first row, where the frame is a part of a larger table.
    where : str
        What messages about its columns call it.

    Attributes
    ----------
    columns : tuple of str
        Names of the columns in use.
    left_out : tuple of LeftOut
        Columns that are not used because they do not hold numbers.
    """

    def __init__(self, frame: Any, choice: Choice, first_row: int = 0, where: str = _WHERE) -> None:
        nw = need("narwhals", "reading dataframes")
        # pyarrow and the others spell it differently; narwhals would refuse repeated names in its own words.
        native_names = frame.column_names if hasattr(frame, "column_names") else frame.columns
        check_unique([str(name) for name in native_names], where)
        self._frame = nw.from_native(frame, eager_only=True)
        schema = self._frame.schema
        names = [str(name) for name in schema]
        self.columns, self.left_out = choose(names, [_kind(nw, dtype) for dtype in schema.values()], choice, where)
        if not len(self._frame):
            raise EmptyTableError(f"{where} has no rows: give a table with at least one")
        # Columns are taken by position: in pandas a name may be a number, too.
        self._position = {name: position for position, name in enumerate(names)}
        dtypes = list(schema.values())
        float32 = all(dtypes[self._position[name]] == nw.Float32 for name in self.columns)
        self._dtype = np.dtype(np.float32 if float32 else np.float64)
        self._first_row = first_row
        self._describe = partial(describe_rows, first=first_row, where=_WHERE, remark="positions counted from 0")
        self._checked = False
        self._has_missing = choice.allows_missing
        self._weight_column = choice.weight_column
        self._weights: Weights | None = None
        if choice.sample_weight is not None and self._weight_column is None:
            self._weights = Weights(choice.sample_weight, self.n_rows, self._describe)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns of the table, in use or not."""
        return tuple(self._position)

    @property
    def n_columns(self) -> int:
        """Number of columns in use."""
        return len(self.columns)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self._frame)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values of every block, float32 or float64."""
        return self._dtype

    @property
    def has_missing(self) -> bool:
        """Whether a value may be missing."""
        return self._has_missing

    def blocks(self) -> Iterator[Block]:
        """Yield the rows in order, `rows_per_block(n_columns)` at a time."""
        size = rows_per_block(self.n_columns)
        for first in range(0, self.n_rows, size):
            yield self._block(self._frame[first : first + size], first)
        self._checked = True

    def tables(self) -> Iterator[tuple["pa.Table", Block]]:
        """Yield each block with a pyarrow Table of all columns of its rows."""
        pa = need("pyarrow", "making tables")
        native = self._frame.to_native()
        schema = None
        if self._frame.implementation.is_pandas():
            # From all rows: a column of objects may begin with a block of missing values that shows no type.
            try:
                schema = pa.Schema.from_pandas(native, preserve_index=False)
            except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
                raise ColumnError(f"{_WHERE} has a column of mixed values ({error}): turn it into text") from error
        for block in self.blocks():
            first = block.first_row - self._first_row
            piece = self._frame[first : first + len(block.values)]
            if schema is not None:
                yield pa.Table.from_pandas(piece.to_native(), schema=schema, preserve_index=False), block
            else:
                yield piece.to_arrow(), block

    def _block(self, piece: Any, first: int) -> Block:
        values = np.empty((len(piece), self.n_columns), dtype=self._dtype)
        for position, name in enumerate(self.columns):
            values[:, position] = self._numbers(piece, name)
        if not self._checked:
            check_finite(values, self.columns, first, self._describe, allows_missing=self._has_missing)
        return Block(values, self._block_weights(piece, first), self._first_row + first)

    def _block_weights(self, piece: Any, first: int) -> NDArray[np.float64] | None:
        if self._weights is not None:
            return self._weights.rows(first, len(piece))
        if self._weight_column is None:
            return None
        weights = np.asarray(self._numbers(piece, self._weight_column), dtype=np.float64)
        check_finite(weights[:, np.newaxis], [self._weight_column], first, self._describe)
        return check_weights(weights, first, self._describe)

    def _numbers(self, piece: Any, name: str) -> Array:
        nw = need("narwhals", "reading dataframes")
        series = piece[:, self._position[name]]
        if series.dtype == nw.Decimal:
            series = series.cast(nw.Float64)
        array: Array = series.to_numpy()
        return array


def open_record_batch(source: Any, choice: Choice) -> FrameRows:
    """Open what the Arrow PyCapsule interface gives as one record batch."""
    pa = need("pyarrow", "reading Arrow data")
    try:
        batch = pa.record_batch(source)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise ColumnError(f"the Arrow data is not a table ({error}): give a table or a record batch") from error
    return FrameRows(pa.Table.from_batches([batch]), choice)


def _kind(nw: Any, dtype: Any) -> str:
    """Return what a column of this narwhals type holds: "number", "float32", or why it holds no numbers."""
    if dtype == nw.Float32:
        return "float32"
    if dtype.is_numeric():
        return "number"
    if dtype.is_temporal():
        return "date or time"
    if dtype.is_nested():
        return "nested values"
    kinds = {
        nw.Boolean: "true/false",
        nw.String: "text",
        nw.Categorical: "category",
        nw.Enum: "category",
        nw.Object: "mixed objects",
        nw.Binary: "binary",
    }
    return next((kind for known, kind in kinds.items() if dtype == known), str(dtype))
