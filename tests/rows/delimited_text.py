"""Delimited text as it is read: names, cells, notes."""

import pyarrow as pa

from mixtura.rows.blocks.reading import ReadingOptions
from mixtura.rows.text.delimited import DelimitedPart


def read_text(path, *, tabs=False, **options):
    """Return the names, the rows with missing cells as None, and the notes."""
    part = DelimitedPart(path, path.name, ReadingOptions(**options), tabs=tabs)
    table = pa.Table.from_batches(list(part.batches(part.schema.names)), part.schema)
    rows = [list(row) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)]
    return part.schema.names, rows, list(part.notes)
