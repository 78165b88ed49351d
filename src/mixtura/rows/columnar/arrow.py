"""Arrow tables to blocks: what a column holds, and where the stream is cut."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ...optional import need

if TYPE_CHECKING:
    import pyarrow as pa


def kind_of(arrow_type: "pa.DataType") -> str:
    """Return what a column of this Arrow type holds: "number", "float32", or why it holds no numbers."""
    types = need("pyarrow.types", "reading tables")
    if types.is_float32(arrow_type):
        return "float32"
    tests: dict[str, tuple[str, ...]] = {
        "number": ("is_integer", "is_floating", "is_decimal"),
        "true/false": ("is_boolean",),
        "text": ("is_string", "is_large_string", "is_string_view"),
        "date or time": ("is_temporal",),
        "category": ("is_dictionary",),
        "nested values": ("is_nested",),
        "nothing but missing values": ("is_null",),
    }
    for kind, names in tests.items():
        if any(getattr(types, name)(arrow_type) for name in names):
            return kind
    return str(arrow_type)


def cut(batches: Iterable["pa.RecordBatch"], n_rows: int) -> Iterator["pa.Table"]:
    """Cut a stream of record batches into tables of exactly `n_rows` rows, the last one shorter; nothing is copied."""
    pa = need("pyarrow", "reading tables")
    held: list[Any] = []
    n_held = 0
    for batch in batches:
        start = 0
        while start < batch.num_rows:
            piece = batch.slice(start, n_rows - n_held)
            start += piece.num_rows
            held.append(piece)
            n_held += piece.num_rows
            if n_held == n_rows:
                yield pa.Table.from_batches(held)
                held, n_held = [], 0
    if held:
        yield pa.Table.from_batches(held)
