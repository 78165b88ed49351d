"""Dictionaries of columns that come in pieces, each with a dictionary of its own."""

from typing import TYPE_CHECKING, Any

from ...optional import need

if TYPE_CHECKING:
    import pyarrow as pa


class Dictionaries:
    """One dictionary for each column that has any, which grows by what the next piece has besides.

    Examples
    --------
    >>> import pyarrow as pa
    >>> held = Dictionaries()
    >>> first = held.put_in(pa.table({"a": pa.array(["x", "y"]).dictionary_encode()}))
    >>> second = held.put_in(pa.table({"a": pa.array(["z", "y"]).dictionary_encode()}))
    >>> second.column("a").chunk(0).dictionary.to_pylist(), second.column("a").to_pylist()
    (['x', 'y', 'z'], ['z', 'y'])
    """

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}

    def put_in(self, table: "pa.Table") -> "pa.Table":
        """Return a table whose columns have these dictionaries."""
        types = need("pyarrow.types", "writing Arrow files")
        for position, field in enumerate(table.schema):
            if types.is_dictionary(field.type):
                table = table.set_column(position, field, self._column(position, table.column(position)))
        return table

    def _column(self, position: int, column: "pa.ChunkedArray") -> "pa.ChunkedArray":
        pa = need("pyarrow", "writing Arrow files")
        chunks = [self._chunk(position, chunk) for chunk in column.chunks]
        return pa.chunked_array(chunks, column.type)

    def _chunk(self, position: int, chunk: "pa.DictionaryArray") -> "pa.DictionaryArray":
        pa, compute = need("pyarrow", "writing Arrow files"), need("pyarrow.compute", "writing Arrow files")
        known = self._known.setdefault(position, chunk.dictionary)
        if known.equals(chunk.dictionary):
            return chunk
        new = chunk.dictionary.filter(compute.invert(compute.is_in(chunk.dictionary, value_set=known)))
        known = self._known[position] = pa.concat_arrays([known, new])
        places = compute.index_in(chunk.dictionary, value_set=known).take(chunk.indices)
        return pa.DictionaryArray.from_arrays(places.cast(chunk.type.index_type), known, ordered=chunk.type.ordered)
