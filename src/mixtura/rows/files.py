"""Tables in files: one file or several, read block by block in the order of their names."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ColumnError, EmptyTableError
from .arrow import cut, kind_of, to_values
from .block import Block, rows_per_block
from .checks import Weights, check_finite, check_weights, describe_rows, quoted
from .columns import NUMERIC_KINDS, Choice, check_unique, choose, difference
from ..optional import need
from .parts import Part
from .scratch import Scratch
from .watch import Checksums, Watch

if TYPE_CHECKING:
    import pyarrow as pa


class FileRows:
    """The rows of one file, or of several files with the same columns one after the other.

    Use `mixtura.rows.open`.

    Parameters
    ----------
    parts : sequence of Part
        The files, in order.
    where : str
        What messages call them all.
    choice : Choice
        Columns and weights.
    scratch : Scratch, optional
        Temporary folder that the files lie in; it lives as long as this does.
    watch : Watch, optional
        Refuses files that are not ours once they change; none for those in `scratch`.

    Attributes
    ----------
    columns : tuple of str
        Names of the columns in use.
    left_out : tuple of LeftOut
        Columns that are not used because they do not hold numbers.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        where: str,
        choice: Choice,
        scratch: Scratch | None = None,
        watch: Watch | None = None,
    ) -> None:
        for part in parts:
            check_unique(part.schema.names, part.label)
            _check_same_columns(part, parts[0])
        self._parts = [part for part in parts if not part.empty]
        self._where = where
        self._scratch = scratch
        self._reading = nullcontext if watch is None else watch.reading
        self._checksums = Checksums(where)
        if not self._parts:
            raise EmptyTableError(f"{where} has no rows: give a table with at least one")
        first = self._parts[0]
        kinds = [kind_of(field.type) for field in first.schema]
        self.columns, self.left_out = choose(first.schema.names, kinds, choice, where)
        self._has_missing = choice.allows_missing
        self._weight_column = choice.weight_column
        self._numbers = (*self.columns, *(() if self._weight_column is None else (self._weight_column,)))
        self._dtype = np.dtype(np.float32 if self._all_float32() else np.float64)
        counts = [part.n_rows for part in self._parts]
        self._n_rows = None if None in counts else sum(count for count in counts if count is not None)
        self._weights: Weights | None = None
        if choice.sample_weight is not None and self._weight_column is None:
            self._weights = Weights(choice.sample_weight, self._n_rows, self._describer([(0, first)]))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns of the table, in use or not."""
        return tuple(self._parts[0].schema.names)

    @property
    def n_columns(self) -> int:
        """Number of columns in use."""
        return len(self.columns)

    @property
    def n_rows(self) -> int | None:
        """Number of rows; None for text files until a pass has come to the end."""
        return self._n_rows

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values of every block, float32 or float64."""
        return self._dtype

    @property
    def has_missing(self) -> bool:
        """Whether a value may be missing."""
        return self._has_missing

    def blocks(self) -> Iterator[Block]:
        """Yield the rows in order, `rows_per_block(n_columns)` at a time."""
        with self._reading():
            schema = self._numbers_schema()
            for _, block in self._walk(lambda part: _cast(part.batches(self._numbers), schema)):
                yield block

    def tables(self) -> Iterator[tuple["pa.Table", Block]]:
        """Yield each block with a pyarrow Table of all input columns of its rows."""
        with self._reading():
            schema = _common_schema([part.table_schema(self._numbers) for part in self._parts])
            yield from self._walk(lambda part: _cast(_ordered(part, self._numbers, schema), schema))

    def _numbers_schema(self) -> "pa.Schema | None":
        """Return the types that the numbers of all files are given in, None where the files agree."""
        types = [[part.schema.field(name).type for name in self._numbers] for part in self._parts]
        if all(others == types[0] for others in types):
            return None
        pa = need("pyarrow", "reading several files")
        return pa.schema([(name, pa.float64()) for name in self._numbers])

    def _walk(self, read: Any) -> Iterator[tuple["pa.Table", Block]]:
        starts: list[tuple[int, Part]] = []
        describe = self._describer(starts)

        def batches() -> Iterator["pa.RecordBatch"]:
            position = 0
            for part in self._parts:
                starts.append((position, part))
                for batch in read(part):
                    position += batch.num_rows
                    yield batch

        first_row = n_blocks = 0
        for table in cut(batches(), rows_per_block(self.n_columns)):
            values = to_values(table, self.columns, self._dtype)
            check_finite(values, self.columns, first_row, describe, allows_missing=self._has_missing)
            block = Block(values, self._block_weights(table, first_row, describe), first_row)
            self._checksums.compare(n_blocks, block)
            yield table, block
            first_row += len(values)
            n_blocks += 1
        self._checksums.finish(n_blocks)
        if self._weights is not None:
            self._weights.finish(first_row)
        self._n_rows = first_row

    def _block_weights(self, table: "pa.Table", first_row: int, describe: Any) -> NDArray[np.float64] | None:
        if self._weights is not None:
            return self._weights.rows(first_row, table.num_rows)
        if self._weight_column is None:
            return None
        weights = to_values(table, [self._weight_column], np.dtype(np.float64))
        check_finite(weights, [self._weight_column], first_row, describe)
        return check_weights(weights[:, 0], first_row, describe)

    def _describer(self, starts: list[tuple[int, Part]]) -> Any:
        """Return what says rows in words: numbers within the file that the first of them lies in."""

        def describe(rows: NDArray[np.intp]) -> str:
            position = bisect_right(starts, int(rows[0]), key=lambda start: start[0]) - 1
            start, part = starts[position]
            stop = starts[position + 1][0] if position + 1 < len(starts) else np.inf
            inside = rows[rows < stop] - start
            return describe_rows(inside, first=1, where=part.label, remark="data rows, counted from 1")

        return describe

    def _all_float32(self) -> bool:
        """Tell whether every used column of every file is float32; raise where one does not hold numbers."""
        kinds = set()
        for part in self._parts:
            for name in self._numbers:
                kind = kind_of(part.schema.field(name).type)
                if kind not in NUMERIC_KINDS:
                    raise ColumnError(
                        f"column {name!r} holds numbers in {self._parts[0].label} but {kind} in {part.label}: "
                        "make the files agree, or leave the column out with drop="
                    )
                if name != self._weight_column:
                    kinds.add(kind)
        return kinds == {"float32"}


def _check_same_columns(part: Part, first: Part) -> None:
    missing, extra = difference(part.schema.names, first.schema.names)
    if missing or extra:
        how = f"no {quoted(missing)}" if missing else f"{quoted(extra)} besides"
        raise ColumnError(
            f"{part.label} does not have the columns of {first.label} ({how}): "
            "read files with the same columns together"
        )


def _ordered(part: Part, used: Sequence[str], schema: "pa.Schema") -> Iterable["pa.RecordBatch"]:
    return (batch.select(schema.names) for batch in part.tables(used))


def _cast(batches: Iterable["pa.RecordBatch"], schema: "pa.Schema | None") -> Iterable["pa.RecordBatch"]:
    return batches if schema is None else (batch.cast(schema, safe=False) for batch in batches)


def _common_schema(schemas: Sequence["pa.Schema"]) -> "pa.Schema":
    """Return types that hold the columns of all files: the wider number, or text where the types do not meet."""
    pa = need("pyarrow", "reading several files")
    return pa.schema(
        [(name, reduce(_common_type, (schema.field(name).type for schema in schemas))) for name in schemas[0].names]
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
