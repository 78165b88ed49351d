"""The rows of a table whose columns are known to hold this or that."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...columns.deciding.deciding import are_numbers, kind_asked, kind_of, kind_of_type
from ...columns.deciding.few_values import as_levels
from ...columns.kinds.category import Category, Flag
from ...columns.kinds.kind import Kind
from ...columns.kinds.number import Number
from ...columns.kinds.unused import Other
from ...columns.seen.cells import is_text
from ...columns.seen.column_seen import ColumnSeen
from ...columns.seen.profile import TableSeen
from ...errors import ColumnError
from ...optional import need
from ..blocks.block import Array, Block, Levels, Strays, rows_per_block
from ..blocks.checks import Weights, check_finite, check_weights
from ..blocks.columns import Choice, Takes, as_list, check_known, choose
from ..blocks.style import Style
from ..columnar.arrow import cut
from ..disk.watch import Checksums
from .kept_columns import KeptColumns
from .raw import RawTable, seen_in
from .typed import number_types

if TYPE_CHECKING:
    import pyarrow as pa


# Columns of a table with types from which on these say what they hold.
_WIDE = 4096

# Levels of a category that groups are told by: one of more tells rows apart rather than groups of them.
_MOST_LEVELS = 30

# Numbers that are one of two are levels: their spread says nothing that their shares do not.
_TWO = 2


class DecodedRows:
    """The rows of a table: the columns in use as numbers, all of them as they stand.

    Use `mixtura.rows.open`.

    Parameters
    ----------
    raw : RawTable
        The table.
    kinds : mapping of str to Kind
        What each of its columns holds.
    choice : Choice
        Columns and weights.
    seen : TableSeen, optional
        What was seen of the columns, where a pass looked at them.
    kept : KeptColumns, optional
        What this pass has read.
    missing_marks : tuple of str
        Marks of missing values, besides those that are always taken for such.

    Attributes
    ----------
    columns : tuple of str
        Names of the columns in use.
    left_out : tuple of LeftOut
        Columns that are not used, and why.
    kinds : mapping of str to Kind
        What each column of the table holds.
    seen : TableSeen or None
        What was seen of them.
    missing_marks : tuple of str
        Marks of missing values, besides those that are always taken for such.
    """

    def __init__(
        self,
        raw: RawTable,
        kinds: Mapping[str, Kind],
        choice: Choice,
        seen: TableSeen | None = None,
        kept: KeptColumns | None = None,
        missing_marks: tuple[str, ...] = (),
    ) -> None:
        self._raw = raw
        self._choice = choice
        self.kinds = kinds
        self.seen = seen
        self.missing_marks = missing_marks
        names = raw.schema.names
        taken: dict[str, Takes] = {name: "numbers" if name == choice.weight_column else choice.takes for name in names}
        named = {*map(str, as_list(choice.columns))}
        told = [_told(kinds[name], taken[name], named=name in named) for name in names]
        self.columns, self.left_out = choose(names, told, choice, raw.where)
        self._has_missing = choice.allows_missing
        self._checksums = Checksums(raw.where) if raw.may_change else None
        types = need("pyarrow.types", "reading tables")
        narrow = all(types.is_float32(raw.schema.field(name).type) for name in self.columns)
        self._dtype = np.dtype(np.float32 if narrow else np.float64)
        self._weight_column = choice.weight_column
        # A column of weights is read beside the others.
        self._kept = kept if choice.weight_column is None else None
        self._weights: Weights | None = None
        if choice.sample_weight is not None and self._weight_column is None:
            self._weights = Weights(choice.sample_weight, raw.n_rows, raw.describe)

    def numbers_alone(self) -> "DecodedRows":
        """Return the same table with all columns in use, where all hold numbers, whatever these stand for."""
        unused = [column.name for column in self.left_out]
        if not unused or self.seen is None or not all(are_numbers(self.seen.columns[name]) for name in unused):
            return self
        if not all(self.kinds[name].in_use for name in self.columns):
            return self
        return self._with({**self.kinds, **dict.fromkeys(unused, Number())}, self._choice)

    def using(self, columns: Sequence[str]) -> "DecodedRows":
        """Return the same table with some of its `columns`, in their order."""
        return self._with(self.kinds, replace(self._choice, columns=list(columns)))

    def refusing_infinite(self) -> "DecodedRows":
        """Return the same table, where an infinite number is an error even if missing values are none."""
        return self._with(self.kinds, replace(self._choice, refuses_infinite=True))

    def _with(self, kinds: Mapping[str, Kind], choice: Choice) -> "DecodedRows":
        return DecodedRows(self._raw, kinds, choice, self.seen, self._kept, self.missing_marks)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns of the table, in use or not."""
        return tuple(self._raw.schema.names)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of how the table is read, in sentences."""
        return self._raw.notes

    @property
    def schema(self) -> "pa.Schema":
        """Names and types of all columns, as they stand."""
        return self._raw.schema

    @property
    def n_columns(self) -> int:
        """Number of columns in use."""
        return len(self.columns)

    @property
    def levels(self) -> Levels:
        """Levels of each column in use whose numbers are codes of levels, None for other columns."""
        codings = [self.kinds[name].coding for name in self.columns]
        return tuple(None if coding is None else coding.levels for coding in codings)

    @property
    def n_rows(self) -> int | None:
        """Number of rows; None for text files until a pass has come to the end."""
        return self._raw.n_rows if self.seen is None else self.seen.n_rows

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values of every block, float32 or float64."""
        return self._dtype

    @property
    def has_missing(self) -> bool:
        """Whether a value may be missing."""
        return self._has_missing

    def style(self) -> Style:
        """Return how the table is written."""
        return Style(self._raw.delimiter, self.kinds, self._number_types)

    def _number_types(self) -> "Mapping[str, pa.DataType]":
        if self._raw.has_types:
            return {}
        if self.seen is None:
            self.seen, _ = seen_in(self._raw)
        return number_types(self.seen)

    def blocks(self) -> Iterator[Block]:
        """Yield the rows in order, `rows_per_block(n_columns)` at a time."""
        if self._kept is not None and self._kept.holds(self.columns, self.kinds):
            yield from self._kept_blocks(self._kept)
            return
        weight = [] if self._weight_column is None else [self._weight_column]
        for _, block in self._walk([*self.columns, *weight]):
            yield block

    def _kept_blocks(self, kept: KeptColumns) -> Iterator[Block]:
        """Yield the rows as the pass that looked at the columns has read them."""
        self._kept = None
        first_row = n_blocks = 0
        with self._raw.reading():
            for values in kept.blocks(self.columns, self.kinds, rows_per_block(self.n_columns), self._dtype):
                check_finite(values, self.columns, first_row, self._raw.describe, allows_missing=self._has_missing)
                weights = None if self._weights is None else self._weights.rows(first_row, len(values))
                block = Block(values, weights, first_row)
                self._ended(block, n_blocks)
                yield block
                first_row += len(values)
                n_blocks += 1
        self._finish(first_row, n_blocks)

    def tables(self) -> Iterator[tuple["pa.Table", Block]]:
        """Yield each block with a pyarrow Table of all columns of its rows, as they stand."""
        yield from self._walk(list(self.names))

    def _walk(self, names: list[str]) -> Iterator[tuple["pa.Table", Block]]:
        first_row = n_blocks = 0
        with self._raw.reading():
            for table in cut(self._raw.batches(names), rows_per_block(self.n_columns)):
                block = self._block(table, first_row)
                self._ended(block, n_blocks)
                yield table, block
                first_row += table.num_rows
                n_blocks += 1
        self._finish(first_row, n_blocks)

    def _ended(self, block: Block, position: int) -> None:
        if self._checksums is not None:
            self._checksums.compare(position, block)

    def _finish(self, n_rows: int, n_blocks: int) -> None:
        if self._checksums is not None:
            self._checksums.finish(n_blocks)
        if self._weights is not None:
            self._weights.finish(n_rows)

    def _block(self, table: "pa.Table", first_row: int) -> Block:
        values = np.empty((table.num_rows, self.n_columns), dtype=self._dtype)
        rows, columns = [], []
        for position, name in enumerate(self.columns):
            decoded = self.kinds[name].decode(table.column(name))
            values[:, position] = decoded.values
            if len(decoded.strays):
                rows.append(decoded.strays)
                columns.append(np.full(len(decoded.strays), position))
        strays = Strays(np.concatenate(rows), np.concatenate(columns)) if rows else None
        if strays is not None and (self._choice.refuses_infinite or not self._has_missing):
            self._refuse(table, strays, first_row)
        check_finite(values, self.columns, first_row, self._raw.describe, allows_missing=self._has_missing)
        weights = self._block_weights(table, first_row)
        return Block(values, weights, self._raw.first_row + first_row, strays)

    def _refuse(self, table: "pa.Table", strays: Strays, first_row: int) -> None:
        infinite = np.zeros((table.num_rows, self.n_columns))
        for row, column in zip(strays.rows, strays.columns, strict=True):
            if _is_infinite(table.column(self.columns[column])[int(row)].as_py()):
                infinite[row, column] = np.inf
        check_finite(infinite, self.columns, first_row, self._raw.describe)
        if self._has_missing:
            return
        row, name = int(strays.rows[0]), self.columns[int(strays.columns[0])]
        raise ColumnError(
            f"column {name!r} holds {str(table.column(name)[row])!r} in "
            f"{self._raw.describe(np.array([first_row + row]))}, "
            "where the column has numbers: correct the value, or leave the column out with drop="
        )

    def _block_weights(self, table: "pa.Table", first_row: int) -> NDArray[np.float64] | None:
        if self._weights is not None:
            return self._weights.rows(first_row, table.num_rows)
        if self._weight_column is None:
            return None
        weights: Array = Number().decode(table.column(self._weight_column)).values[:, np.newaxis]
        check_finite(weights, [self._weight_column], first_row, self._raw.describe)
        return check_weights(weights[:, 0], first_row, self._raw.describe)


def uses(kind: Kind, takes: Takes, *, named: bool = False) -> bool:
    """Tell whether rows have numbers of a column of some kind, by what a model takes, and whether it was named."""
    if takes == "levels":
        few = kind.coding is not None and (named or len(kind.coding.levels) <= _MOST_LEVELS)
        return few or kind.in_use
    return kind.in_use if takes == "numbers" else kind.takes_part


def _told(kind: Kind, takes: Takes, *, named: bool) -> str:
    """Return what a column holds: "number", or why it is left out."""
    if uses(kind, takes, named=named):
        return "number"
    if takes == "levels" and kind.coding is not None:
        return f"{kind.told} of {len(kind.coding.levels):,} levels"
    return kind.told


def _is_infinite(cell: Any) -> bool:
    try:
        return bool(np.isinf(float(cell)))
    except (TypeError, ValueError):
        return False


def decoded(
    raw: RawTable, choice: Choice, kinds: Mapping[str, Kind | str], missing_marks: tuple[str, ...] = ()
) -> DecodedRows:
    """Return the rows of a table; a pass looks at the columns, unless it is known what all of them hold.

    Parameters
    ----------
    raw : RawTable
        The table.
    choice : Choice
        Columns and weights.
    kinds : mapping of str to Kind or str
        What columns hold, as far as that is known, or the names of kinds that they are said to be of.
    missing_marks : tuple of str
        Marks of missing values, besides those that are always taken for such.
    """
    names = raw.schema.names
    known = {name: kind for name, kind in kinds.items() if isinstance(kind, Kind)}
    if choice.columns is not None and {*as_list(choice.columns)} <= known.keys():
        return DecodedRows(raw, {name: known.get(name, Other("not looked at")) for name in names}, choice)
    is_asked = len(known) < len(kinds) or bool(missing_marks)
    if len(names) > _WIDE and not is_asked and not any(is_text(column.type) for column in raw.schema):
        # To look at so many columns takes longer than all that follows, and their types tell most of it.
        types = {column.name: kind_of_type(column.type) for column in raw.schema}
        return DecodedRows(raw, types | known, choice)
    seen, kept = seen_in(raw)
    return DecodedRows(raw, kinds_in(seen, choice, kinds, missing_marks), choice, seen, kept, missing_marks)


def kinds_in(
    seen: TableSeen,
    choice: Choice,
    asked: Mapping[str, Kind | str],
    missing_marks: tuple[str, ...] = (),
) -> dict[str, Kind]:
    """Return what all columns of a table hold: what is known, asked for, or was seen; parameters as of `decoded`.

    Raises
    ------
    ColumnError
        There is no column of a name in `asked`.
    RequestError
        A column cannot be read as what it is said to be.
    """
    check_known([name for name, kind in asked.items() if isinstance(kind, str)], list(seen.columns), "the table")
    found: dict[str, Kind] = {}
    named = {str(name) for name in (*as_list(choice.columns), choice.weight_column)}
    for name, column in seen.columns.items():
        kind = asked.get(name)
        if kind is None:
            found[name] = kind_of(name, column, missing_marks)
            if not found[name].in_use and (name in named or choice.non_numeric == "error") and are_numbers(column):
                # Who names a column wants it, and who wants no column left out takes numbers for numbers.
                found[name] = Number(missing=missing_marks)
        else:
            found[name] = kind_asked(kind, name, column, missing_marks) if isinstance(kind, str) else kind
        if choice.takes in ("all", "codes") and kind == Category.name:
            # Who says so of numbers means levels.
            found[name] = Category()
        if choice.takes != "numbers" and not isinstance(kind, Kind):
            found[name] = _coded(found[name], column, choice.takes, missing_marks)
        if choice.takes == "codes" and kind is None:
            found[name] = as_levels(found[name], column, missing_marks)
    return found


def _coded(kind: Kind, column: ColumnSeen, takes: Takes, missing_marks: tuple[str, ...]) -> Kind:
    """Return a kind with codes for its levels, where a model takes levels.

    Those are all, or those of flags and categories alone, and of numbers that are one of two.
    """
    if takes != "levels":
        return kind.coded(column, missing_marks)
    if isinstance(kind, Number) and are_numbers(column) and column.levels.n_distinct == _TWO:
        kind = Flag(missing=kind.missing)
    return kind.of_levels().coded(column, missing_marks) if isinstance(kind, (Flag, Category)) else kind
