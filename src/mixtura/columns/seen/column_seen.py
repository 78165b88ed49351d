"""What one pass over a column learns of it; what is learnt of separate cells, in their order, adds up."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...optional import need
from ...typing import Bools, Floats
from .cells import as_one_array, is_text
from .levels import Levels, counts_table
from .marks import are_marks, are_missing, cast_to_numbers, plain_numbers, trimmed
from .numbers_seen import NumbersSeen
from .texts_seen import TextsSeen

if TYPE_CHECKING:
    import pyarrow as pa

# Cells that do not fit the others, told as examples.
_EXAMPLES = 8


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
    numbers : NumbersSeen
        The finite numbers.
    texts : TextsSeen
        How plain numbers in text are written.
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
        if is_text(cells.type):
            return self._including_texts(cells, first_row)
        if types.is_integer(cells.type) or types.is_floating(cells.type) or types.is_decimal(cells.type):
            return self._including_numbers(cells)
        seen = self._counting(len(cells), cells.null_count)
        counted = types.is_boolean(cells.type) or types.is_temporal(cells.type) or _is_bytes(cells.type)
        return replace(seen, levels=self.levels.including(cells.drop_null())) if counted else seen

    def _counting(self, n_cells: int, n_missing: int) -> "ColumnSeen":
        return replace(self, n_cells=self.n_cells + n_cells, n_missing=self.n_missing + n_missing)

    def _including_texts(self, cells: "pa.Array", first_row: int) -> "ColumnSeen":
        """Look at all texts at once where they are numbers and marks, else at the different ones among them."""
        compute = need("pyarrow.compute", "reading text")
        if self.others and self.n_numbers < 0.5 * self.n_present:
            return self._including_words(cells, first_row)
        there = cells.drop_null() if cells.null_count else cells
        values = _numbers_alone(there)
        if values is not None:
            return self._counting(len(cells), cells.null_count)._including_plain(there, values)
        bare = trimmed(there)
        missing = are_missing(bare)
        marks = compute.and_not(are_marks(bare), missing)
        texts = bare.filter(compute.invert(compute.or_(marks, missing)))
        values = _numbers_alone(texts)
        if values is None:
            return self._including_words(cells, first_row)
        return replace(
            self._counting(len(cells), cells.null_count + missing.true_count)._including_plain(texts, values),
            n_marks=self.n_marks + marks.true_count,
            words=self.words.including(there.filter(marks)),
        )

    def _including_plain(self, texts: "pa.Array", values: "pa.Array") -> "ColumnSeen":
        return replace(
            self._including_values(values.to_numpy()),
            n_numbers=self.n_numbers + len(values),
            texts=self.texts.including(texts),
            levels=self.levels.including(values),
        )

    def _including_words(self, cells: "pa.Array", first_row: int) -> "ColumnSeen":
        pa, compute = need("pyarrow", "reading text"), need("pyarrow.compute", "reading text")
        coded = compute.dictionary_encode(cells)
        codes = coded.indices.drop_null().to_numpy()
        counts = np.bincount(codes, minlength=len(coded.dictionary))
        bare = trimmed(coded.dictionary)
        plain = plain_numbers(bare)
        is_missing = _as_flags(are_missing(bare))
        is_mark = _as_flags(are_marks(bare)) & ~is_missing
        is_number = _as_flags(compute.is_valid(plain)) & ~is_missing & ~is_mark
        is_word = ~is_missing & ~is_number
        seen = self._counting(len(cells), cells.null_count + int(counts[is_missing].sum()))
        if is_number.any():
            numbers = pa.array(codes[is_number[codes]])
            seen = seen._including_plain(bare.take(numbers), plain.take(numbers))
        words = counts_table(coded.dictionary.filter(pa.array(is_word)), counts[is_word])
        others = self.others
        if len(others) < _EXAMPLES:
            found = np.flatnonzero((is_word & ~is_mark)[codes])[: _EXAMPLES - len(others)]
            rows = compute.indices_nonzero(compute.is_valid(cells)).to_numpy()[found].tolist()
            others = (*others, *((first_row + row, cells[row].as_py()) for row in rows))
        return replace(
            seen,
            n_marks=self.n_marks + int(counts[is_mark].sum()),
            words=self.words.including_counts(words),
            others=others,
        )

    def _including_numbers(self, cells: "pa.Array") -> "ColumnSeen":
        pa, compute = need("pyarrow", "reading tables"), need("pyarrow.compute", "reading tables")
        precision, present = 2.0**-52, cells.drop_null() if cells.null_count else cells
        if pa.types.is_floating(cells.type):
            precision = {16: 2.0**-10, 32: 2.0**-23}.get(cells.type.bit_width, precision)
            missing = np.isnan(present.to_numpy())
            present = present.filter(pa.array(~missing)) if missing.any() else present
        values = present if present.type == pa.float64() else compute.cast(present, pa.float64(), safe=False)
        seen = self._counting(len(cells), len(cells) - len(present))._including_values(values.to_numpy(), precision)
        return replace(seen, levels=self.levels.including(present if pa.types.is_integer(cells.type) else values))

    def _including_values(self, values: Floats, precision: float = 2.0**-52) -> "ColumnSeen":
        finite = np.isfinite(values)
        n_infinite = len(values) - int(np.count_nonzero(finite))
        return replace(
            self,
            n_infinite=self.n_infinite + n_infinite,
            numbers=self.numbers.including(values[finite] if n_infinite else values, precision),
        )

    def __add__(self, other: "ColumnSeen") -> "ColumnSeen":
        return ColumnSeen(
            self.arrow_type,
            self.n_cells + other.n_cells,
            self.n_missing + other.n_missing,
            self.n_marks + other.n_marks,
            self.n_numbers + other.n_numbers,
            self.n_infinite + other.n_infinite,
            self.numbers + other.numbers,
            self.texts + other.texts,
            self.levels + other.levels,
            self.words + other.words,
            (*self.others, *other.others)[:_EXAMPLES],
        )


def _numbers_alone(texts: "pa.Array") -> "pa.Array | None":
    """Return texts as doubles, None where one of them is no number that every program reads."""
    values = cast_to_numbers(texts)
    return None if values is None or np.isnan(values.to_numpy()).any() else values


def _as_flags(flags: "pa.Array") -> Bools:
    return np.asarray(flags.to_numpy(zero_copy_only=False), bool)


def _is_bytes(kind: "pa.DataType") -> bool:
    types = need("pyarrow.types", "reading tables")
    return bool(types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind))
