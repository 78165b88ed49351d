"""Tables in files: one file or several, read block by block in the order of their names."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...errors import ColumnError, EmptyTableError
from ...optional import need
from ..blocks.checks import describe_rows, quoted
from ..blocks.columns import NUMERIC_KINDS, check_unique, difference
from ..disk.scratch import Scratch
from ..disk.watch import Watch
from .arrow import kind_of
from .parts import Part

if TYPE_CHECKING:
    import pyarrow as pa


class FileTable:
    """One file, or several files with the same columns one after the other.

    Parameters
    ----------
    parts : sequence of Part
        The files, in order.
    where : str
        What messages call them all.
    scratch : Scratch, optional
        Temporary folder that the files lie in; it lives as long as this does.
    watch : Watch, optional
        Refuses files that are not ours once they change; none for those in `scratch`.
    notes : tuple of str
        What is to be said of how the files were found.

    Attributes
    ----------
    where, schema, n_rows, first_row, may_change, has_types, delimiter
        As of a `RawTable`.
    notes : tuple of str
        What the user should know of how the files are read, in sentences.
    """

    first_row = 0
    may_change = True

    def __init__(
        self,
        parts: Sequence[Part],
        where: str,
        scratch: Scratch | None = None,
        watch: Watch | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        for part in parts:
            check_unique(part.schema.names, part.label)
            _check_same_columns(part, parts[0])
        self._parts = [part for part in parts if not part.empty]
        self.where = where
        self._scratch = scratch
        self.reading = nullcontext if watch is None else watch.reading
        if not self._parts:
            raise EmptyTableError(f"{where} has no rows: give a table with at least one")
        self.notes = tuple(dict.fromkeys([*notes, *(note for part in self._parts for note in part.notes)]))
        self.has_types = all(getattr(part, "has_types", True) for part in self._parts)
        self.delimiter: str | None = getattr(self._parts[0], "delimiter", None)
        self.schema = _common_schema([part.schema for part in self._parts])
        counts = [part.n_rows for part in self._parts]
        self.n_rows = None if None in counts else sum(count for count in counts if count is not None)
        # Where the rows of each file begin, as far as reading has come.
        self._starts: list[int] = [0]

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the columns `names`, in that order."""
        pa = need("pyarrow", "reading files")
        schema = pa.schema([self.schema.field(name) for name in names], metadata=self.schema.metadata)
        position = 0
        for number, part in enumerate(self._parts):
            same = all(part.schema.field(name).type.equals(schema.field(name).type) for name in names)
            for batch in part.batches(names):
                yield (
                    pa.RecordBatch.from_arrays(batch.columns, schema=schema) if same else batch.cast(schema, safe=False)
                )
                position += batch.num_rows
            self._starts[number + 1 :] = [position]
        self.n_rows = position

    def describe(self, rows: NDArray[np.intp]) -> str:
        """Return rows in words: numbers within the file that the first of them lies in."""
        number = min(bisect_right(self._starts, int(rows[0])), len(self._parts)) - 1
        start = self._starts[number]
        stop = self._starts[number + 1] if number + 1 < len(self._starts) else np.inf
        inside = rows[rows < stop] - start
        return describe_rows(inside, first=1, where=self._parts[number].label, remark="data rows, counted from 1")


def _check_same_columns(part: Part, first: Part) -> None:
    missing, extra = difference(part.schema.names, first.schema.names)
    if missing or extra:
        how = f"no {quoted(missing)}" if missing else f"{quoted(extra)} besides"
        raise ColumnError(
            f"{part.label} does not have the columns of {first.label} ({how}): "
            "read files with the same columns together"
        )


def _common_schema(schemas: Sequence["pa.Schema"]) -> "pa.Schema":
    """Return the first file's fields with types that hold all files: the wider number, or text where types differ."""
    pa = need("pyarrow", "reading several files")
    return pa.schema(
        [
            field.with_type(reduce(_common_type, (schema.field(field.name).type for schema in schemas)))
            for field in schemas[0]
        ],
        metadata=schemas[0].metadata,
    )


def _common_type(one: "pa.DataType", other: "pa.DataType") -> "pa.DataType":
    pa = need("pyarrow", "reading several files")
    if one.equals(other):
        return one
    numbers = kind_of(one) in NUMERIC_KINDS and kind_of(other) in NUMERIC_KINDS
    is_a = pa.types
    overflows = any(is_a.is_uint64(a) and is_a.is_signed_integer(b) for a, b in ((one, other), (other, one)))
    loses_digits = any(test(one) != test(other) for test in (is_a.is_floating, is_a.is_decimal))
    if numbers and (overflows or loses_digits):
        return pa.float64()
    try:
        schemas = [pa.schema([("", one)]), pa.schema([("", other)])]
        return pa.unify_schemas(schemas, promote_options="permissive").types[0]
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return pa.float64() if numbers else pa.string()
