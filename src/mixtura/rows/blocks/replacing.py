"""A table with other numbers in some of its cells, all else as it is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from ...columns.kinds.category import Category, Flag
from ...columns.kinds.kind import Kind
from ...columns.kinds.number import Number
from ...columns.seen.cells import is_text
from ...optional import need
from ...typing import Floats, Integers

if TYPE_CHECKING:
    import pyarrow as pa

# The widest decimals of Arrow have 76 digits.
_EXACT = Context(prec=80)

# Microseconds of a second, and of a day.
_MICROS, _MICROS_OF_DAY = 10**6, 86_400 * 10**6


@dataclass(frozen=True, eq=False)
class Cells:
    """Numbers for some cells of a block of rows.

    Attributes
    ----------
    rows, columns : ndarray of int, shape (n_cells,)
        Where each cell is, from 0.
    values : ndarray of float64, shape (n_cells,)
        Its number.
    """

    rows: Integers
    columns: Integers
    values: Floats

    @classmethod
    def of(cls, chosen: NDArray[np.bool_], values: Floats, rows: Integers) -> "Cells":
        """Return the chosen cells of some rows; `rows` are the places of these in the block."""
        at, columns = np.nonzero(chosen)
        return cls(rows[at], columns, values[at, columns])

    def take(self, at: Integers, n_rows: int) -> Self:
        """Return the cells of some of the `n_rows` rows of the block, counted by the places that these have then."""
        place = np.full(n_rows, -1)
        place[at] = np.arange(len(at))
        rows = place[self.rows]
        kept = rows >= 0
        return type(self)(rows[kept], self.columns[kept], self.values[kept])

    @classmethod
    def concatenate(cls, parts: Sequence[Self], n_rows: Sequence[int]) -> Self:
        """Return the cells of blocks of so many rows, one after the other."""
        starts = np.cumsum([0, *n_rows[:-1]])
        return cls(
            np.concatenate([start + part.rows for start, part in zip(starts, parts, strict=True)]),
            np.concatenate([part.columns for part in parts]),
            np.concatenate([part.values for part in parts]),
        )

    def put_in(self, table: "pa.Table", names: Sequence[str], kinds: Mapping[str, Kind] | None = None) -> "pa.Table":
        """Return a table with these numbers in its columns of some `names`, which keep their types.

        A column of whole numbers gets the nearest whole number, one of decimals as many digits as it has, one of text
        what its kind would write, one of levels the level of a code.

        Examples
        --------
        >>> import pyarrow as pa
        >>> table = pa.table({"id": ["a", "b"], "n": [1, 2], "x": [0.5, 0.25]})
        >>> cells = Cells(np.array([1, 1]), np.array([0, 1]), np.array([6.7, 0.125]))
        >>> cells.put_in(table, ["n", "x"]).to_pylist()
        [{'id': 'a', 'n': 1, 'x': 0.5}, {'id': 'b', 'n': 7, 'x': 0.125}]
        """
        pa, compute = need("pyarrow", "making tables"), need("pyarrow.compute", "making tables")
        for column in np.unique(self.columns).tolist():
            here = self.columns == column
            position = table.column_names.index(names[column])
            field = table.schema.field(position)
            mask = np.zeros(table.num_rows, np.bool_)
            mask[self.rows[here]] = True
            in_order = self.values[here][np.argsort(self.rows[here], kind="stable")]
            kind, cells = (kinds or {}).get(field.name, Number()), table.column(position)
            if pa.types.is_dictionary(field.type):
                cells = cells.cast(field.type.value_type)
            if is_text(cells.type):
                new = pa.array([_written(value, kind) for value in in_order.tolist()], cells.type)
            elif kind.coding is not None:
                new = pa.array([kind.speak(value) for value in in_order.tolist()]).cast(cells.type)
            else:
                new = _moments(pa, in_order, cells.type) if kind.is_moment else _numbers(pa, in_order, cells.type)
            cells = compute.if_else(pa.array(mask), new.take(pa.array(np.maximum(np.cumsum(mask) - 1, 0))), cells)
            if pa.types.is_dictionary(field.type):
                cells = cells.dictionary_encode()
            table = table.set_column(position, field.with_type(cells.type), cells)
        return table


def _written(value: float, kind: Kind) -> str:
    if isinstance(kind, (Flag, Category)) and kind.codes is not None:
        kind = kind.codes
    if not isinstance(kind, Number):
        return kind.speak(value)
    if kind.writing is not None:
        return kind.writing.written(value)
    return repr(value) if kind.step is None else f"{value:.{max(0, round(-math.log10(kind.step)))}f}"


def _moments(pa: Any, values: Floats, kind: "pa.DataType") -> "pa.Array":
    """Return days, or seconds of a day or of a duration, as dates, times or durations of a type."""
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return pa.array(np.rint(values * _MICROS_OF_DAY).astype(np.int64), pa.timestamp("us")).cast(kind, safe=False)
    lengths = pa.array(np.rint(values * _MICROS).astype(np.int64))
    return lengths.cast(pa.duration("us") if pa.types.is_duration(kind) else pa.time64("us")).cast(kind, safe=False)


def _numbers(pa: Any, values: Floats, kind: "pa.DataType") -> "pa.Array":
    if pa.types.is_floating(kind):
        return pa.array(values).cast(kind, safe=False)
    if pa.types.is_integer(kind):
        limits = np.iinfo(kind.to_pandas_dtype())
        return pa.array([min(max(round(value), limits.min), limits.max) for value in values.tolist()], kind)
    step = Decimal(1).scaleb(-kind.scale)
    largest = _EXACT.subtract(Decimal(1).scaleb(kind.precision - kind.scale), step)
    return pa.array(
        [min(max(Decimal(value), -largest), largest).quantize(step, context=_EXACT) for value in values.tolist()], kind
    )
