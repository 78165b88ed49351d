"""Columns of text whose cells are numbers, as numbers: what formats with types get of a table that has none."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...columns.seen.cells import as_one_array, is_text
from ...columns.seen.column_seen import ColumnSeen
from ...columns.seen.marks import are_missing, plain_numbers, trimmed
from ...columns.seen.profile import TableSeen
from ...optional import need

if TYPE_CHECKING:
    import pyarrow as pa

# Whole numbers below fit into 64 bits.
_LARGEST_WHOLE = 2**63


def number_types(seen: TableSeen) -> "dict[str, pa.DataType]":
    """Return the columns of text whose cells are all numbers, and the type that holds these."""
    types = {name: _number_type(column) for name, column in seen.columns.items()}
    return {name: kind for name, kind in types.items() if kind is not None}


def _number_type(seen: ColumnSeen) -> Any:
    """Return the type that holds the numbers of a column, None where there are others or digits would be lost."""
    pa = need("pyarrow", "writing tables")
    only_numbers = is_text(seen.arrow_type) and 0 < seen.n_numbers == seen.n_present
    # Zeros in front are lost in any type.
    if not only_numbers or seen.texts.n_padded:
        return None
    if not seen.texts.are_digits:
        return pa.float64()
    largest = max(abs(seen.numbers.smallest), abs(seen.numbers.largest))
    return pa.int64() if largest < _LARGEST_WHOLE else None


def with_types(table: "pa.Table", types: "Mapping[str, pa.DataType]") -> "pa.Table":
    """Return a table with its numbers in text as numbers of some types.

    Examples
    --------
    >>> import pyarrow as pa
    >>> with_types(pa.table({"a": ["1.50", None, "NA"], "b": ["x", "2", "3"]}), {"a": pa.float64()}).to_pydict()
    {'a': [1.5, None, None], 'b': ['x', '2', '3']}
    """
    for name, kind in types.items():
        position = table.schema.get_field_index(name)
        if position >= 0:
            field = table.schema.field(position).with_type(kind)
            table = table.set_column(position, field, _numbers(table.column(position), kind))
    return table


def _numbers(column: "pa.ChunkedArray", kind: "pa.DataType") -> "pa.Array":
    pa, compute = need("pyarrow", "writing tables"), need("pyarrow.compute", "writing tables")
    cells = as_one_array(column)
    try:
        return compute.cast(cells, kind)
    except pa.ArrowInvalid:
        bare = trimmed(cells)
        there = compute.if_else(are_missing(bare), pa.scalar(None, bare.type), bare)
        return compute.cast(there, kind) if pa.types.is_integer(kind) else plain_numbers(there)
