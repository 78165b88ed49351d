"""Columns of text whose cells are numbers, as numbers: what formats with types get of a table that has none."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..columns.cells import as_one_array, is_text
from ..columns.marks import are_missing, plain_numbers, trimmed
from ..columns.profile import ColumnSeen, TableSeen
from ..optional import need

if TYPE_CHECKING:
    import pyarrow as pa

# Whole numbers beyond these are not all doubles.
_LARGEST_WHOLE = 2**53


def number_types(seen: TableSeen) -> "dict[str, pa.DataType]":
    """Return the columns of text whose cells are all numbers, and the type that holds these."""
    types = {name: _number_type(column) for name, column in seen.columns.items()}
    return {name: kind for name, kind in types.items() if kind is not None}


def _number_type(seen: ColumnSeen) -> Any:
    pa = need("pyarrow", "writing tables")
    if not is_text(seen.arrow_type) or not seen.n_numbers or seen.n_numbers != seen.n_present:
        return None
    if seen.are_exact:
        return pa.int64()
    return None if _are_codes(seen) else pa.float64()


def _are_codes(seen: ColumnSeen) -> bool:
    """Tell whether digits would be lost: zeros in front, or more of them than a double has."""
    if not seen.numbers.are_whole:
        return False
    if seen.texts.n_padded:
        return True
    exponents = any(re.search("[Aa]", shape) for shape in seen.texts.shapes)
    digits = any(re.fullmatch(r"[+-]?9{16,}", shape) for shape in seen.texts.shapes)
    largest = max(abs(seen.numbers.smallest), abs(seen.numbers.largest))
    return largest > _LARGEST_WHOLE and (digits or not exponents)


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
