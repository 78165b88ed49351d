"""Cells as they stand in a table."""

from typing import TYPE_CHECKING

from ...optional import need

if TYPE_CHECKING:
    import pyarrow as pa


def as_one_array(cells: "pa.ChunkedArray | pa.Array") -> "pa.Array":
    """Return cells in one piece, those of a dictionary as what they stand for, strings as one type of strings."""
    pa, compute = need("pyarrow", "reading tables"), need("pyarrow.compute", "reading tables")
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.combine_chunks()
        if isinstance(cells, pa.ChunkedArray):
            cells = pa.concat_arrays(cells.chunks) if cells.num_chunks else pa.array([], cells.type)
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    kind = plain_type(cells.type)
    return cells if cells.type == kind else compute.cast(cells, kind)


def plain_type(kind: "pa.DataType") -> "pa.DataType":
    """Return the type that holds the same cells, one by one and in one piece, which all functions of Arrow know."""
    pa = need("pyarrow", "reading tables")
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if pa.types.is_string_view(kind):
        return pa.large_string()
    return pa.large_binary() if pa.types.is_binary_view(kind) else kind


def is_text(kind: "pa.DataType") -> bool:
    """Tell whether cells of an Arrow type are text."""
    types = need("pyarrow.types", "reading tables")
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def is_dictionary(kind: "pa.DataType") -> bool:
    """Tell whether cells of an Arrow type are levels of a list that is stored once, as pandas categories are."""
    return bool(need("pyarrow.types", "reading tables").is_dictionary(kind))


def as_table(rows: "pa.Table | pa.RecordBatch") -> "pa.Table":
    """Return rows as a table."""
    pa = need("pyarrow", "reading tables")
    return rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows])
