"""A table as its file has it, before it is known what its columns hold."""

import pyarrow as pa

from mixtura.errors import MixturaError
from mixtura.rows.blocks.reading import ReadingOptions
from mixtura.rows.opening import open_raw

# Columns that are read by themselves: each is a reading of the whole file.
_MOST_ALONE = 8


def as_it_stands(source, **settings):
    """Return the Arrow table of a source and its notes; a second pass gives the same, as do columns by themselves."""
    raw = open_raw(source, ReadingOptions(**settings))
    first, second = (
        pa.Table.from_batches(list(raw.batches(raw.schema.names)), raw.schema).combine_chunks() for _ in range(2)
    )
    assert first.equals(second)
    names = raw.schema.names
    for name in names[:: max(1, len(names) // _MOST_ALONE)]:
        alone = pa.Table.from_batches(list(raw.batches([name])))
        assert alone.column(name).combine_chunks().equals(first.column(name).combine_chunks())
    return first, raw.notes


def cells_of(source, **settings):
    return as_it_stands(source, **settings)[0].to_pydict()


def types_of(source, **settings):
    return {field.name: str(field.type) for field in as_it_stands(source, **settings)[0].schema}


def complaint(source):
    """Return what is said of a source that cannot be read, nothing of one that can; other errors are none of ours."""
    try:
        as_it_stands(source)
    except MixturaError as error:
        return str(error)
    return ""
