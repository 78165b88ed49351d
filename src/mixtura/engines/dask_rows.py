"""The rows of Dask arrays and frames."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import partial, reduce
from itertools import accumulate, repeat
from operator import add
from typing import Any, TypeVar

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
from dask.dataframe.dispatch import make_meta, meta_nonempty
from dask.delayed import Delayed

from ..columns.deciding.deciding import kind_of_type
from ..columns.kinds.kind import Kind
from ..columns.kinds.unused import Other
from ..columns.seen.profile import TableSeen
from ..errors import DataError, EmptyTableError, SourceError
from ..rows import ArrayRows, Block, LeftOut
from ..rows.blocks.block import Levels, levels_of
from ..rows.blocks.checks import Weights, describe_rows
from ..rows.blocks.columns import Choice, Missing, NonNumeric, Takes, as_list
from ..rows.blocks.style import Style
from ..rows.frames.frame import FrameTable, merged_type
from ..rows.looked.decoded import DecodedRows, kinds_in
from .engine import M
from .partitions import FrameFacts, PartitionTask, Place, seen_in_partition, types_in_partition

T = TypeVar("T")

# Sums that meet in one task of the reduction: a few levels for thousands of partitions, little data for any one task.
_FAN_IN = 8


class DaskRows:
    """The rows of a Dask array or DataFrame.

    Partitions are read anew in every pass: `persist` the collection first where the cluster has the memory. They are
    cut into blocks of `rows_per_block(n_columns)` rows, the last block of each partition being shorter.

    Parameters
    ----------
    source : dask.array.Array of two dimensions, or dask.dataframe.DataFrame
        The table. float32 stays, other numbers become float64. What columns of numbers hold, their types tell; where
        there are columns of text or of objects, a pass looks at all of them.
    sample_weight : dask array or series, or array_like, of shape (n_rows,), optional
        Weight of each row. A Dask collection may be cut at other places than `source`; anything else is sent along in
        every pass.
    columns : sequence of str, or of int for an array, optional
        Columns to use, in this order. Default: all.
    drop : sequence of str, or of int for an array, optional
        Columns not to use.
    non_numeric : {"error", "drop"}, default "error"
        What to do with columns of a frame that do not hold numbers, and that nobody names: raise, or leave them out.
    missing : {"error", "allow"}, default "error"
        Whether NaN and null may stand for missing values.
    kinds : mapping of str to Kind or str, optional
        What columns of a frame hold, as far as that is known, or the names of kinds that they are said to be of.
    missing_marks : sequence of str, optional
        Marks of missing values, besides those that are always taken for such.
    takes : {"numbers", "levels", "all", "codes"}, default "numbers"
        Which columns of a frame are used, as `rows.open` says.

    Attributes
    ----------
    columns : tuple of str, or None
        Names of the columns in use, None for an array.
    left_out : tuple of LeftOut
        Columns that are not used because they do not hold numbers.
    kinds : mapping of str to Kind, or None
        What each column holds, None for an array.
    seen : TableSeen or None
        What was seen of the columns, where a pass looked at them.
    notes : tuple of str
        Nothing: a collection says how it is read.

    Raises
    ------
    ColumnError
        A column is unknown, repeated, or does not hold numbers.
    EmptyTableError
        There are no columns, or no rows.
    DataError
        The weights do not fit the rows. Those of a Dask collection are looked at in the passes, as the values are.
    SourceError
        `source` is another Dask collection.
    """

    notes: tuple[str, ...] = ()

    def __init__(
        self,
        source: Any,
        sample_weight: Any = None,
        *,
        columns: Any = None,
        drop: Any = None,
        non_numeric: NonNumeric = "error",
        missing: Missing = "error",
        kinds: Mapping[str, Kind | str] | None = None,
        missing_marks: Sequence[str] = (),
        takes: Takes = "numbers",
    ) -> None:
        # The tasks made from persisted collections name their data and do not hold it.
        self._held = (source, sample_weight)
        self._choice = Choice(columns, drop, non_numeric=non_numeric, missing=missing, takes=takes)
        self._facts: FrameFacts | None = None
        self._lengths: tuple[int, ...] | None = None
        self.kinds: Mapping[str, Kind] | None = None
        self.seen: TableSeen | None = None
        if isinstance(source, da.Array):
            # A made-up row of the same type, to choose the columns by, with the same messages as for other tables.
            self._like: ArrayRows | DecodedRows = ArrayRows(
                np.ones((1, *source.shape[1:]), source.dtype), columns=columns, drop=drop
            )
            self._width = int(source.shape[1])
            source = source.rechunk({1: -1})
            self._lengths = None if np.isnan(source.shape[0]) else tuple(source.chunks[0])
            self._pieces = _pieces(source)
        elif isinstance(source, dd.DataFrame):
            self._pieces = _pieces(source)
            self._width = len(source.columns)
            self._like = self._decoded(source, kinds or {}, tuple(missing_marks))
            # In every partition the same columns, wherever they stand in it.
            self._choice = replace(self._choice, columns=self._like.columns, drop=None)
        else:
            raise SourceError(
                f"cannot read a table from a Dask {type(source).__name__}: give a Dask array or DataFrame"
            )
        self._weights = None if sample_weight is None else self._aligned(sample_weight)

    def _decoded(self, source: Any, kinds: Mapping[str, Kind | str], missing_marks: tuple[str, ...]) -> DecodedRows:
        """Return a few made-up rows of the same columns, once it is known what these hold."""
        like = meta_nonempty(make_meta(source))
        schema = FrameTable(like).schema
        settled = _settled(schema, kinds, self._choice)
        vague = [str(name) for name, dtype in like.dtypes.items() if dtype.name in ("object", "category")]
        # Of a column of objects, Dask does not know what the objects are; of categories, what these are.
        found = computed(types_in_partition, self._pieces, vague) if vague else ()
        types = {name: merged_type([types[name] for types in found if types]) for name in vague}
        table = FrameTable(like, types=types)
        if settled is None:
            settled, self.seen = self._looked_at(table.schema, kinds, missing_marks, types)
        self.kinds = settled
        self._facts = FrameFacts(settled, types, schema)
        return DecodedRows(table, settled, self._choice, self.seen)

    def _looked_at(
        self,
        schema: Any,
        kinds: Mapping[str, Kind | str],
        missing_marks: tuple[str, ...],
        types: Mapping[str, Any],
    ) -> tuple[Mapping[str, Kind], TableSeen]:
        """Return what the columns hold, and what a pass saw of them."""
        look = dask.delayed(seen_in_partition, pure=False)
        parts = [look(piece, place, schema, types) for piece, place in zip(self._pieces, self._places(), strict=True)]
        seen = TableSeen.zero(schema) + added_up(parts)
        return kinds_in(seen, self._choice, kinds, missing_marks), seen

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the columns in use, None for an array."""
        return self._like.columns

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns of the table, in use or not."""
        return self._like.names

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Columns that are not used."""
        return self._like.left_out

    @property
    def n_columns(self) -> int:
        """Number of columns in use."""
        return self._like.n_columns

    @property
    def levels(self) -> Levels:
        """Levels of each column in use whose numbers are codes of levels, None for other columns."""
        return levels_of(self._like)

    @property
    def n_rows(self) -> int:
        """Number of rows; where Dask does not know it, one pass counts them the first time."""
        return sum(self._counts())

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values of every block, float32 or float64."""
        return self._like.dtype

    @property
    def has_missing(self) -> bool:
        """Whether a value may be missing."""
        return self._choice.allows_missing

    def refusing_infinite(self) -> "DaskRows":
        """Return the same table, where an infinite number is an error even if missing values are none."""
        rows = copy(self)
        rows._choice = replace(self._choice, refuses_infinite=True)
        return rows

    def blocks(self) -> Iterator[Block]:
        """Yield the rows in order, one partition in memory at a time."""
        for task in self.tasks(list):
            yield from task.compute()

    def tables(self) -> Iterator[tuple[Any, Block]]:
        """Yield each block with a pyarrow Table of all columns of its rows, one partition in memory at a time."""
        run = self._task(list)
        for piece, place in zip(self._pieces, self._places(), strict=True):
            yield from run.tables(piece.compute(), place)

    def style(self) -> Style:
        """Return how the table is written."""
        return self._like.style()

    def tasks(self, consume: Callable[..., Any], *arguments: Any) -> Iterator[Delayed]:
        """Yield a task for each partition: `consume` of its blocks and of `arguments`, which may be tasks."""
        weights = repeat(None) if self._weights is None else self._weights
        task = dask.delayed(self._task(consume), pure=False, traverse=False)
        for piece, place, weight in zip(self._pieces, self._places(), weights, strict=False):
            yield task(piece, weight, place, *arguments)

    def _task(self, consume: Callable[..., Any]) -> PartitionTask:
        return PartitionTask(consume, self._choice, self._facts, self._width, self.dtype)

    def _places(self) -> Iterator[Place]:
        counts = self._counts()
        starts = accumulate(counts, initial=0)
        return (Place(number, start, count) for number, (start, count) in enumerate(zip(starts, counts, strict=False)))

    def _counts(self) -> tuple[int, ...]:
        """Return the number of rows of each partition."""
        if self._lengths is None:
            self._lengths = _lengths(self._pieces)
        if not sum(self._lengths):
            raise EmptyTableError("the Dask table has no rows: give a table with at least one")
        return self._lengths

    def _aligned(self, sample_weight: Any) -> list[Any]:
        """Return the weights of each partition."""
        counts = self._counts()
        if not dask.is_dask_collection(sample_weight):
            describe = partial(describe_rows, first=0, where="the Dask table", remark="counted from 0")
            weights = Weights(sample_weight, self.n_rows, describe)
            starts = accumulate(counts, initial=0)
            return [weights.rows(first, count) for first, count in zip(starts, counts, strict=False)]
        if sample_weight.ndim != 1:
            raise DataError(f"sample_weight has {sample_weight.ndim} dimensions: give one number for each row")
        pieces = _pieces(sample_weight)
        lengths = _lengths(pieces)
        if sum(lengths) != self.n_rows:
            raise DataError(
                f"sample_weight has {sum(lengths)} values and the table {self.n_rows} rows: give one for each row"
            )
        if lengths == counts:
            return pieces
        parts = [
            da.from_delayed(dask.delayed(np.asarray)(piece), (length,), sample_weight.dtype)
            for piece, length in zip(pieces, lengths, strict=True)
        ]
        return _pieces(da.concatenate(parts).rechunk((counts,)))


def _pieces(collection: Any) -> list[Delayed]:
    return list(np.ravel(collection.to_delayed()))


def _lengths(pieces: list[Delayed]) -> tuple[int, ...]:
    return computed(len, pieces)


def computed(function: Callable[..., T], pieces: list[Delayed], *arguments: Any) -> tuple[T, ...]:
    """Return a function of each partition."""
    call = dask.delayed(function)
    return tuple(dask.compute(*(call(piece, *arguments) for piece in pieces)))


def _settled(schema: Any, kinds: Mapping[str, Kind | str], choice: Choice) -> Mapping[str, Kind] | None:
    """Return what the columns of a frame hold where that is known, or their types tell; None where a pass must look."""
    known = {name: kind for name, kind in kinds.items() if isinstance(kind, Kind)}
    if choice.columns is not None and {*map(str, as_list(choice.columns))} <= known.keys():
        return {name: known.get(name, Other("not looked at")) for name in schema.names}
    by_type = {field.name: kind_of_type(field.type) for field in schema}
    for name, kind in by_type.items():
        has_levels = kind.name == "text" or (choice.takes != "numbers" and kind.name in ("flag", "category"))
        if name not in known and (has_levels or kinds.get(name, kind.name) != kind.name):
            return None
    return by_type | known


def added_up(parts: list[Delayed]) -> Any:
    """Return the sum of what tasks give, in their order, added in a tree of fixed shape."""
    merge = dask.delayed(total, pure=False)
    while len(parts) > 1:
        parts = [merge(parts[i : i + _FAN_IN]) for i in range(0, len(parts), _FAN_IN)]
    return parts[0].compute()


def total(parts: list[M | None]) -> M | None:
    """Return the sum of what partitions give, None where all of them are empty."""
    present = [part for part in parts if part is not None]
    return reduce(add, present) if present else None
