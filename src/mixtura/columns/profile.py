"""What one pass over a table learns of its columns; what is learnt of separate rows, in their order, adds up."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..optional import need
from ..typing import Floats, Integers
from .cells import as_one_array, is_text
from .levels import Levels
from .marks import are_marks, are_missing, plain_numbers, trimmed
from .numbers_seen import NumbersSeen
from .texts_seen import TextsSeen

if TYPE_CHECKING:
    import pyarrow as pa

# Cells that do not fit the others, told as examples.
_EXAMPLES = 8

# Rows of the sample, and cells of it in a wide table.
_MOST_ROWS, _MOST_CELLS = 8192, 2**20

# An odd number near 2^64 over the golden ratio: multiples of it are spread evenly, and so are the rows that they choose
# (Knuth, "The Art of Computer Programming", volume 3, section 6.4).
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, eq=False)
class ColumnSeen:
    """What was seen of a column.

    Attributes
    ----------
    arrow_type : pyarrow.DataType
        The type of its cells as they stand.
    n_cells : int
        How many cells.
    n_missing : int
        How many of them are null, NaN, or a mark that always means so.
    n_marks : int
        How many more are marks that mean a missing value among numbers.
    n_numbers : int
        Cells of text that are plain numbers.
    n_infinite : int
        Infinite numbers.
    are_exact : bool
        Whether all numbers in text are whole and written as a 64-bit integer is.
    numbers : NumbersSeen
        The finite numbers.
    texts : TextsSeen
        The texts, those of marks left out.
    levels : Levels
        Numbers and other values, missing ones left out.
    words : Levels
        Texts that are no plain numbers, as they stand, missing ones left out.
    others : tuple of (int, str)
        The first texts that are neither plain numbers nor marks, each with its row, from 0.
    """

    arrow_type: Any
    n_cells: int = 0
    n_missing: int = 0
    n_marks: int = 0
    n_numbers: int = 0
    n_infinite: int = 0
    are_exact: bool = True
    numbers: NumbersSeen = field(default_factory=NumbersSeen)
    texts: TextsSeen = field(default_factory=TextsSeen)
    levels: Levels = field(default_factory=Levels)
    words: Levels = field(default_factory=Levels)
    others: tuple[tuple[int, str], ...] = ()

    @property
    def n_present(self) -> int:
        """Cells that are not missing."""
        return self.n_cells - self.n_missing

    def including(self, cells: Any, first_row: int) -> "ColumnSeen":
        """Return what was seen of these and the next cells, whose first is in row `first_row`."""
        types = need("pyarrow.types", "reading tables")
        cells = as_one_array(cells)
        seen = replace(self, n_cells=self.n_cells + len(cells))
        if is_text(cells.type):
            return seen._including_texts(cells, first_row)
        if types.is_integer(cells.type) or types.is_floating(cells.type) or types.is_decimal(cells.type):
            return seen._including_numbers(cells)
        return seen._including_others(cells)

    def _including_texts(self, cells: "pa.Array", first_row: int) -> "ColumnSeen":
        pa, compute = need("pyarrow", "reading text"), need("pyarrow.compute", "reading text")
        try:
            values = compute.cast(cells, pa.float64()).drop_null()
        except pa.ArrowInvalid:
            return self._including_any_texts(cells, first_row)
        if compute.any(compute.is_nan(values)).as_py():
            return self._including_any_texts(cells, first_row)
        # The usual column: every cell is a plain number.
        texts = cells.drop_null() if cells.null_count else cells
        seen = self._including_values(values.to_numpy())
        are_exact = self.are_exact and _are_exact(texts)
        return replace(
            seen,
            n_missing=self.n_missing + cells.null_count,
            n_numbers=self.n_numbers + len(values),
            are_exact=are_exact,
            # What is written otherwise than numbers usually are is looked at.
            texts=self.texts.including(texts) if seen.numbers.are_whole and not are_exact else self.texts,
            levels=self.levels.including(values),
        )

    def _including_any_texts(self, cells: "pa.Array", first_row: int) -> "ColumnSeen":
        compute = need("pyarrow.compute", "reading text")
        bare = trimmed(cells)
        there = compute.and_(compute.is_valid(cells), compute.invert(are_missing(bare)))
        is_mark = compute.and_(there, are_marks(bare))
        values = plain_numbers(bare)
        is_number = compute.and_(there, compute.is_valid(values))
        is_other = compute.and_(there, compute.invert(compute.or_(is_mark, is_number)))
        others = self.others
        if len(others) < _EXAMPLES:
            at = compute.indices_nonzero(is_other).slice(0, _EXAMPLES - len(others)).to_pylist()
            others = (*others, *((first_row + position, cells[position].as_py()) for position in at))
        texts, numbers, words = (
            cells.filter(there),
            cells.filter(is_number),
            cells.filter(compute.and_(there, compute.invert(is_number))),
        )
        return replace(
            self._including_values(values.filter(is_number).to_numpy()),
            n_missing=self.n_missing + len(cells) - len(texts),
            n_marks=self.n_marks + is_mark.true_count,
            n_numbers=self.n_numbers + len(numbers),
            are_exact=self.are_exact and _are_exact(numbers),
            texts=self.texts.including(texts),
            levels=self.levels.including(values.filter(is_number)),
            words=self.words.including(words),
            others=others,
        )

    def _including_numbers(self, cells: "pa.Array") -> "ColumnSeen":
        pa, compute = need("pyarrow", "reading tables"), need("pyarrow.compute", "reading tables")
        there = compute.is_valid(cells)
        if pa.types.is_floating(cells.type):
            there = compute.and_(there, compute.invert(compute.fill_null(compute.is_nan(cells), True)))
        present = cells.filter(there)
        values = compute.cast(present, pa.float64(), safe=False)
        return replace(
            self._including_values(values.to_numpy()),
            n_missing=self.n_missing + len(cells) - len(present),
            levels=self.levels.including(present if pa.types.is_integer(cells.type) else values),
        )

    def _including_values(self, values: Floats) -> "ColumnSeen":
        finite = np.isfinite(values)
        n_infinite = len(values) - int(finite.sum())
        return replace(
            self,
            n_infinite=self.n_infinite + n_infinite,
            numbers=self.numbers.including(values[finite] if n_infinite else values),
        )

    def _including_others(self, cells: "pa.Array") -> "ColumnSeen":
        types = need("pyarrow.types", "reading tables")
        seen = replace(self, n_missing=self.n_missing + cells.null_count)
        counted = types.is_boolean(cells.type) or types.is_temporal(cells.type) or types.is_binary(cells.type)
        return replace(seen, levels=self.levels.including(cells.drop_null())) if counted else seen

    def __add__(self, other: "ColumnSeen") -> "ColumnSeen":
        return ColumnSeen(
            self.arrow_type,
            self.n_cells + other.n_cells,
            self.n_missing + other.n_missing,
            self.n_marks + other.n_marks,
            self.n_numbers + other.n_numbers,
            self.n_infinite + other.n_infinite,
            self.are_exact and other.are_exact,
            self.numbers + other.numbers,
            self.texts + other.texts,
            self.levels + other.levels,
            self.words + other.words,
            (*self.others, *other.others)[:_EXAMPLES],
        )


def _are_exact(texts: "pa.Array") -> bool:
    """Tell whether texts are whole numbers as a 64-bit integer is written."""
    pa, compute = need("pyarrow", "reading text"), need("pyarrow.compute", "reading text")
    try:
        return bool(compute.cast(compute.cast(texts, pa.int64()), texts.type).equals(texts))
    except pa.ArrowInvalid:
        return False


@dataclass(frozen=True, eq=False)
class TableSeen:
    """What was seen of a table.

    Attributes
    ----------
    columns : dict of str to ColumnSeen
        Its columns.
    n_rows : int
        Number of rows.
    sample : pyarrow.Table or None
        Some of its rows, chosen by their positions alone, in their order.
    rows : ndarray of shape (n_sampled,), int64
        Their positions, from 0.
    last : pyarrow.Table or None
        The last row.
    """

    columns: dict[str, ColumnSeen]
    n_rows: int = 0
    sample: Any = None
    rows: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    last: Any = None

    @classmethod
    def zero(cls, schema: "pa.Schema") -> "TableSeen":
        """Return what is known of no rows of a table."""
        return cls({column.name: ColumnSeen(column.type) for column in schema}, 0, schema.empty_table())

    def including(self, table: "pa.Table | pa.RecordBatch", first_row: int) -> "TableSeen":
        """Return what was seen of these and the next rows, the first of which is row `first_row`."""
        columns = {
            name: seen.including(cells, first_row)
            for (name, seen), cells in zip(self.columns.items(), table.columns, strict=True)
        }
        rows = first_row + np.arange(table.num_rows)
        last = as_table(table).take([table.num_rows - 1]) if table.num_rows else self.last
        return TableSeen(columns, self.n_rows + table.num_rows, *self._sample_with(table, rows), last)

    def __add__(self, other: "TableSeen") -> "TableSeen":
        columns = {name: seen + other.columns[name] for name, seen in self.columns.items()}
        last = self.last if other.last is None else other.last
        return TableSeen(columns, self.n_rows + other.n_rows, *self._sample_with(other.sample, other.rows), last)

    def _sample_with(self, table: Any, rows: Integers) -> tuple[Any, Integers]:
        pa = need("pyarrow", "reading tables")
        most = max(1, min(_MOST_ROWS, _MOST_CELLS // max(1, len(self.columns))))
        both = np.concatenate([self.rows, rows])
        if len(both) > most:
            # Of row numbers as these alone choose it: the sample is the same in parts of any size.
            keys = (both.astype(np.uint64) + np.uint64(1)) * _SPREAD
            kept = np.sort(np.argpartition(keys, most - 1)[:most])
        else:
            kept = np.arange(len(both))
        held, new = kept[kept < len(self.rows)], kept[kept >= len(self.rows)] - len(self.rows)
        if not len(new):
            return self.sample, self.rows
        pieces = [self.sample.take(pa.array(held)), as_table(table).take(pa.array(new)).cast(self.sample.schema)]
        return pa.concat_tables(pieces).combine_chunks(), both[kept]


def as_table(rows: "pa.Table | pa.RecordBatch") -> "pa.Table":
    """Return rows as a table."""
    pa = need("pyarrow", "reading tables")
    return rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows])
