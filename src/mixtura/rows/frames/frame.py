"""Dataframes (pandas, Polars, pyarrow Tables and what else narwhals knows) as tables."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ColumnError, EmptyTableError
from ...optional import need
from ..blocks.checks import describe_rows
from ..blocks.columns import check_unique, positions_of
from .pandas_cells import arrow_cells, arrow_type_of, plain, text_of

if TYPE_CHECKING:
    import pyarrow as pa

_WHERE = "the table"

# Cells that are turned into Arrow arrays at once.
_CELLS_AT_ONCE = 2**20


def is_lazy(source: Any) -> bool:
    """Return whether a source is a Polars LazyFrame, without importing Polars."""
    kind = type(source)
    return kind.__module__.partition(".")[0] == "polars" and kind.__name__ == "LazyFrame"


def as_frame(source: Any) -> Any:
    """Return a dataframe, or a record batch as the table that it is; None for anything else.

    Examples
    --------
    >>> import pyarrow as pa
    >>> as_frame(pa.record_batch({"a": [1]})).column_names, as_frame([[1.0]])
    (['a'], None)
    """
    if isinstance(source, (np.ndarray, list, tuple, str)):
        return None
    nw = need("narwhals", "reading dataframes")
    if nw.dependencies.is_into_dataframe(source):
        return nw.to_native(source, pass_through=True)
    pa = sys.modules.get("pyarrow")
    if pa is not None and isinstance(source, pa.RecordBatch):
        return pa.Table.from_batches([source])
    return None


def collected(source: Any) -> Any:
    """Return the dataframe of a lazy one that narwhals knows; None for anything else."""
    nw = need("narwhals", "reading dataframes")
    lazy = nw.from_native(source, pass_through=True)
    return lazy.collect().to_native() if isinstance(lazy, nw.LazyFrame) else None


def names_in(frame: Any) -> list[Any]:
    """Return the names of the columns of a dataframe as they are: in pandas, any object may be one."""
    return list(frame.column_names if hasattr(frame, "column_names") else frame.columns)


def check_names(frame: Any, where: str = _WHERE) -> list[str]:
    """Return the names of the columns of a dataframe as text, or raise unless all differ."""
    names = [str(name) for name in names_in(frame)]
    check_unique(names, where)
    return names


def holds_numbers(frame: Any) -> bool:
    """Tell from its types whether all columns of a dataframe are numbers, or true and false, to scikit-learn too."""
    nw = need("narwhals", "reading dataframes")
    if not _is_pandas(frame):
        dtypes = nw.from_native(frame, eager_only=True).schema.values()
        return all(dtype.is_numeric() or dtype == nw.Boolean for dtype in dtypes)
    is_number = need("pandas.api.types", "reading dataframes").is_numeric_dtype
    # Those of Arrow have missing values that are none to NumPy.
    return all(is_number(dtype) and "decimal" not in str(dtype) for dtype in frame.dtypes)


def select(frame: Any, positions: Sequence[int]) -> Any:
    """Return a dataframe of the columns at some positions."""
    if _is_pandas(frame):
        return frame.iloc[:, list(positions)]
    nw = need("narwhals", "reading dataframes")
    return nw.from_native(frame, eager_only=True)[:, list(positions)].to_native()


def taken(frame: Any, rows: NDArray[np.int64], positions: Sequence[int]) -> Any:
    """Return some rows of some columns of a dataframe, its columns named by text, without the index of pandas."""
    if _is_pandas(frame):
        part = frame.iloc[rows, list(positions)].reset_index(drop=True)
        return part.set_axis([str(name) for name in part.columns], axis=1)
    nw = need("narwhals", "reading dataframes")
    return nw.from_native(frame, eager_only=True)[rows, list(positions)].to_native()


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
    types : mapping of str to pyarrow.DataType, optional
        Types that cells of some columns are to have, instead of those that they have.

    Attributes
    ----------
    where, schema, n_rows, first_row, may_change, has_types, delimiter, notes
        As of a `RawTable`.
    """

    may_change = False
    has_types = True
    delimiter: str | None = None
    notes: tuple[str, ...] = ()
    reading = staticmethod(nullcontext)

    def __init__(
        self, frame: Any, first_row: int = 0, where: str = _WHERE, types: "Mapping[str, pa.DataType] | None" = None
    ) -> None:
        names = check_names(frame, where)
        self.where = where
        if not len(frame):
            raise EmptyTableError(f"{where} has no rows: give a table with at least one")
        self.n_rows: int | None = len(frame)
        self.first_row = first_row
        made = _Pandas if _is_pandas(frame) else _Arrow
        self._source: _Pandas | _Arrow = made(frame, names, types or {})
        self.schema = self._source.schema

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the columns `names`, in that order."""
        pa = need("pyarrow", "reading dataframes")
        assert self.n_rows is not None, "a dataframe knows how many rows it has"
        schema = pa.schema([self.schema.field(name) for name in names])
        size = max(1, _CELLS_AT_ONCE // max(1, len(names)))
        for first in range(0, self.n_rows, size):
            yield from self._source.rows(first, size, schema).to_batches()

    def describe(self, rows: NDArray[np.intp]) -> str:
        """Return rows in words."""
        return describe_rows(rows, first=self.first_row, where=_WHERE, remark="positions counted from 0")


class _Pandas:
    """The columns of a dataframe of pandas, whose index is none."""

    def __init__(self, frame: Any, names: list[str], types: "Mapping[str, pa.DataType]") -> None:
        pa = need("pyarrow", "reading dataframes")
        self._columns = {name: plain(frame.iloc[:, position]) for position, name in enumerate(names)}
        self.schema = pa.schema(
            [(name, types.get(name) or arrow_type_of(column)) for name, column in self._columns.items()]
        )

    def rows(self, first: int, n_rows: int, schema: "pa.Schema") -> "pa.Table":
        pa = need("pyarrow", "reading dataframes")
        cells = []
        for field in schema:
            cells.append(arrow_cells(self._columns[field.name].iloc[first : first + n_rows], field.type))
        return pa.table(cells, schema=schema)


class _Arrow:
    """The columns of any other dataframe, which Arrow has types for."""

    def __init__(self, frame: Any, names: list[str], types: "Mapping[str, pa.DataType]") -> None:
        nw = need("narwhals", "reading dataframes")
        self._frame = nw.from_native(frame, eager_only=True)
        objects = [name for name, dtype in self._frame.schema.items() if dtype in (nw.Object, nw.Int128, nw.UInt128)]
        for name in objects:
            texts = [None if value is None else text_of(value) for value in self._frame[name].to_list()]
            column = nw.new_series(name, texts, nw.String, backend=self._frame.implementation)
            self._frame = self._frame.with_columns(column)
        self._names = names
        own = self._frame[:0].to_arrow().schema
        pa = need("pyarrow", "reading dataframes")
        self.schema = pa.schema([field.with_type(types.get(field.name, field.type)) for field in own])

    def rows(self, first: int, n_rows: int, schema: "pa.Schema") -> "pa.Table":
        at = positions_of(schema.names, self._names)
        # Polars gives a column without a name another one.
        table = self._frame[first : first + n_rows, at].to_arrow().rename_columns(schema.names)
        return table if table.schema.equals(schema) else table.cast(schema)


def _is_pandas(frame: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(frame, pandas.DataFrame)


def merged_type(types: Sequence["pa.DataType"]) -> "pa.DataType":
    """Return a type that holds the cells of parts of a column: text where their types have none in common.

    Examples
    --------
    >>> import pyarrow as pa
    >>> merged_type([pa.null(), pa.int64(), pa.float64()]), merged_type([pa.int64(), pa.string()])
    (DataType(double), DataType(string))
    """
    pa = need("pyarrow", "reading dataframes")
    found = dict.fromkeys(kind for kind in types if not pa.types.is_null(kind))
    if found and all(pa.types.is_dictionary(kind) for kind in found):
        return pa.dictionary(pa.int32(), merged_type([kind.value_type for kind in found]))
    schemas = [pa.schema([("", kind)]) for kind in found or [pa.null()]]
    try:
        return pa.unify_schemas(schemas, promote_options="permissive").types[0]
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.string()


def open_record_batch(source: Any) -> FrameTable:
    """Open what the Arrow PyCapsule interface gives as one record batch."""
    pa = need("pyarrow", "reading Arrow data")
    try:
        batch = pa.record_batch(source)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise ColumnError(f"the Arrow data is not a table ({error}): give a table or a record batch") from error
    return FrameTable(pa.Table.from_batches([batch]))
