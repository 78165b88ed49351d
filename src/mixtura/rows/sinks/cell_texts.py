"""The cells of a column as text, as CSV and spreadsheets have them."""

from typing import TYPE_CHECKING

from ...columns.seen.cells import as_one_array
from ...optional import need
from ..columnar.arrow import kind_of
from ..json.cells import json_texts

if TYPE_CHECKING:
    import pyarrow as pa


def texts_of(column: "pa.ChunkedArray") -> "pa.Array":
    """Return the cells of a column as text, null where one is missing; bytes stay bytes, of type large_binary.

    Nested values are as JSON has them.

    Examples
    --------
    >>> import pyarrow as pa
    >>> texts_of(pa.chunked_array([[1.5, None, 2.0]])).to_pylist()
    ['1.5', None, '2']
    >>> texts_of(pa.chunked_array([[[1, 2], None]])).to_pylist()
    ['[1, 2]', None]
    """
    pa, compute = need("pyarrow", "writing text"), need("pyarrow.compute", "writing text")
    cells = as_one_array(column)
    if isinstance(cells, pa.ExtensionArray):
        cells = as_one_array(cells.storage)
    if kind_of(cells.type) in ("binary", "large_binary") or pa.types.is_fixed_size_binary(cells.type):
        return compute.cast(cells, pa.large_binary())
    if not pa.types.is_nested(cells.type) and not pa.types.is_duration(cells.type):
        try:
            return compute.cast(cells, pa.large_string())
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
            pass
    if pa.types.is_nested(cells.type):
        texts = json_texts(cells)
        return pa.array(
            [text if there else None for text, there in zip(texts, cells.is_valid().to_pylist(), strict=True)],
            pa.large_string(),
        )
    return pa.array([None if value is None else str(value) for value in cells.to_pylist()], pa.large_string())
