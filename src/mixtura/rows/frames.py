"""Dataframes (pandas, Polars, pyarrow Tables) as rows, through narwhals."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ColumnError, EmptyTableError
from ..optional import need
from .checks import describe_rows
from .columns import check_unique

if TYPE_CHECKING:
    import pyarrow as pa

_WHERE = "the table"

# Cells that are turned into Arrow tables at once.
_CELLS_AT_ONCE = 2**20


def is_lazy(source: Any) -> bool:
    """Return whether a source is a Polars LazyFrame, without importing Polars."""
    kind = type(source)
    return kind.__module__.partition(".")[0] == "polars" and kind.__name__ == "LazyFrame"


class FrameTable:
    """A dataframe, turned into Arrow tables some rows after the other.

    Parameters
    ----------
    frame : dataframe
        Any eager dataframe that narwhals knows.
    first_row : int
        Position of its first row, where the frame is a part of a larger table.
    where : str
        What messages about its columns call it.

    Attributes
    ----------
    where, schema, n_rows, first_row, may_change, has_types, delimiter
        As of a `RawTable`.
    """

    may_change = False
    has_types = True
    delimiter: str | None = None
    reading = staticmethod(nullcontext)

    def __init__(self, frame: Any, first_row: int = 0, where: str = _WHERE) -> None:
        nw = need("narwhals", "reading dataframes")
        # pyarrow and the others spell it differently; narwhals would refuse repeated names in its own words.
        native_names = frame.column_names if hasattr(frame, "column_names") else frame.columns
        check_unique([str(name) for name in native_names], where)
        self._frame = nw.from_native(frame, eager_only=True)
        self.where = where
        if not len(self._frame):
            raise EmptyTableError(f"{where} has no rows: give a table with at least one")
        self.n_rows: int | None = len(self._frame)
        self.first_row = first_row
        self._is_pandas = self._frame.implementation.is_pandas()
        self.schema = self._schema()
        self._position = {name: position for position, name in enumerate(self.schema.names)}

    def _schema(self) -> "pa.Schema":
        pa = need("pyarrow", "reading dataframes")
        if not self._is_pandas:
            return self._frame[:0].to_arrow().schema
        # From all rows: a column of objects may begin with missing values that show no type.
        fields = []
        native = self._frame.to_native()
        for position in range(native.shape[1]):
            column = native.iloc[:, [position]]
            try:
                field = pa.Schema.from_pandas(column, preserve_index=False).field(0)
            except (pa.ArrowInvalid, pa.ArrowTypeError):
                field = pa.field("", pa.string())
            fields.append(field.with_name(str(native.columns[position])))
        return pa.schema(fields)

    def batches(self, names: Sequence[str]) -> Iterator["pa.Table"]:
        """Yield the columns `names`, in that order."""
        pa = need("pyarrow", "reading dataframes")
        at = [self._position[name] for name in names]
        schema = pa.schema([self.schema.field(position) for position in at])
        size = max(1, _CELLS_AT_ONCE // max(1, len(names)))
        for first in range(0, len(self._frame), size):
            piece = self._frame[first : first + size, at]
            if not self._is_pandas:
                yield piece.to_arrow()
                continue
            native = piece.to_native()
            columns = [_cells(native.iloc[:, place], field.type) for place, field in enumerate(schema)]
            yield pa.table(columns, schema=schema)

    def describe(self, rows: NDArray[np.intp]) -> str:
        """Return rows in words."""
        return describe_rows(rows, first=self.first_row, where=_WHERE, remark="positions counted from 0")


def _cells(column: Any, arrow_type: Any) -> "pa.Array":
    """Return a column of pandas, values of several types as the text that they are shown as."""
    pa = need("pyarrow", "reading dataframes")
    try:
        return pa.Array.from_pandas(column, type=arrow_type)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        missing = column.isna().to_numpy()
        texts = [None if absent else str(value) for value, absent in zip(column, missing, strict=True)]
        return pa.array(texts, arrow_type)


def open_record_batch(source: Any) -> FrameTable:
    """Open what the Arrow PyCapsule interface gives as one record batch."""
    pa = need("pyarrow", "reading Arrow data")
    try:
        batch = pa.record_batch(source)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise ColumnError(f"the Arrow data is not a table ({error}): give a table or a record batch") from error
    return FrameTable(pa.Table.from_batches([batch]))
