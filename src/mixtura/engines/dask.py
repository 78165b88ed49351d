"""Dask: passes over arrays and frames that lie in the memories and disks of many machines."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial, reduce
from itertools import accumulate, islice, repeat
from operator import add
from typing import Any, TypeVar

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
from dask.base import get_scheduler
from dask.dataframe.dispatch import make_meta, meta_nonempty
from dask.delayed import Delayed

from ..errors import ColumnError, DataError, EmptyTableError, SourceError
from ..rows import ArrayRows, Block, LeftOut, Rows
from ..rows.block import Array
from ..rows.checks import Weights, describe_rows, quoted
from ..rows.columns import Choice, Missing, NonNumeric, difference
from ..rows.decoded import DecodedRows, by_types
from ..rows.frames import FrameTable
from ..rows.style import Style
from .engine import M
from .threads import available_processors

T = TypeVar("T")

# Sums that meet in one task of the reduction: a few levels for thousands of partitions, little data for any one task.
_FAN_IN = 8


class DaskEngine:
    """Runs passes as Dask tasks: on the current `distributed.Client` if there is one, else on Dask's own scheduler.

    Tasks hold no state, so those of a lost worker are run again elsewhere. A pass over `DaskRows` is one task a
    partition, and their results are added in a tree of fixed shape; the blocks of any other rows are read here and
    sent to the tasks, a few at a time.

    Examples
    --------
    >>> import dask.array as da
    >>> rows = DaskRows(da.ones((1000, 2), chunks=(300, 2)))
    >>> float(DaskEngine().fold(rows, lambda block: block.values.sum(), 0.0))
    2000.0
    """

    def __repr__(self) -> str:
        return "DaskEngine()"

    @staticmethod
    def owns(source: Any) -> bool:
        """Return whether a source is a Dask collection."""
        return bool(dask.is_dask_collection(source))

    @staticmethod
    def open(source: Any, sample_weight: Any = None, **choice: Any) -> "DaskRows":
        """Return the rows of a Dask array or DataFrame: see `DaskRows`."""
        return DaskRows(source, sample_weight, **choice)

    def fold(self, rows: Rows, summarise: Callable[[Block], M], zero: M) -> M:
        """Return the sum of `summarise` over the blocks of `rows`, starting from `zero`."""
        if not isinstance(rows, DaskRows):
            return reduce(add, self.map(rows, summarise), zero)
        parts = list(rows.tasks(_summary, _shared(summarise)))
        merge = dask.delayed(_total, pure=False)
        while len(parts) > 1:
            parts = [merge(parts[i : i + _FAN_IN]) for i in range(0, len(parts), _FAN_IN)]
        total: M = parts[0].compute()
        return zero + total

    def map(self, rows: Rows, transform: Callable[[Block], T]) -> Iterator[T]:
        """Yield `transform` of each block, in the order of the rows."""
        shared = _shared(transform)
        if isinstance(rows, DaskRows):
            for results in _in_order(rows.tasks(_each, shared)):
                yield from results
        else:
            call = dask.delayed(_call, pure=False)
            yield from _in_order(call(shared, block) for block in rows.blocks())


class DaskRows:
    """The rows of a Dask array or DataFrame.

    Partitions are read anew in every pass: `persist` the collection first where the cluster has the memory. They are
    cut into blocks of `rows_per_block(n_columns)` rows, the last block of each partition being shorter.

    Parameters
    ----------
    source : dask.array.Array of two dimensions, or dask.dataframe.DataFrame
        The table. Columns of a frame must all hold numbers; float32 stays, other numbers become float64.
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

    Attributes
    ----------
    columns : tuple of str, or None
        Names of the columns in use, None for an array.
    left_out : tuple of LeftOut
        Columns that are not used because they do not hold numbers.

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

    def __init__(
        self,
        source: Any,
        sample_weight: Any = None,
        *,
        columns: Any = None,
        drop: Any = None,
        non_numeric: NonNumeric = "error",
        missing: Missing = "error",
    ) -> None:
        # The tasks made from persisted collections name their data and do not hold it.
        self._held = (source, sample_weight)
        self._names: tuple[str, ...] | None = None
        self._choice = Choice(columns, drop, non_numeric=non_numeric, missing=missing)
        # A few made-up rows of the same types, to choose the columns by, with the same messages as for other tables.
        if isinstance(source, da.Array):
            self._like: ArrayRows | DecodedRows = ArrayRows(
                np.ones((1, *source.shape[1:]), source.dtype), columns=columns, drop=drop
            )
            self._width = int(source.shape[1])
            source = source.rechunk({1: -1})
            self._lengths = None if np.isnan(source.shape[0]) else tuple(source.chunks[0])
        elif isinstance(source, dd.DataFrame):
            self._like = by_types(FrameTable(meta_nonempty(make_meta(source))), self._choice)
            self._names, self._width = tuple(map(str, source.columns)), len(source.columns)
            # In every partition the same columns, wherever they stand in it.
            self._choice = replace(self._choice, columns=self._like.columns, drop=None)
            self._lengths = None
        else:
            raise SourceError(
                f"cannot read a table from a Dask {type(source).__name__}: give a Dask array or DataFrame"
            )
        self._pieces = _pieces(source)
        self._weights = None if sample_weight is None else self._aligned(sample_weight)

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

    def _task(self, consume: Callable[..., Any]) -> "_Task":
        return _Task(consume, self._choice, self._names, self._width, self.dtype)

    def _places(self) -> "Iterator[_Place]":
        counts = self._counts()
        starts = accumulate(counts, initial=0)
        return (_Place(number, start, count) for number, (start, count) in enumerate(zip(starts, counts, strict=False)))

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
    return tuple(dask.compute(*(dask.delayed(len)(piece) for piece in pieces)))


def _shared(function: Callable[[Block], T]) -> Delayed:
    """Return a function as a task of its own: it travels once, not with every task that calls it."""
    return dask.delayed(function, pure=False, traverse=False)


def _in_order(tasks: Iterator[Delayed]) -> Iterator[Any]:
    """Yield the results of tasks in their order, only a few of them ahead."""
    client: Any = getattr(get_scheduler(), "__self__", None)
    if not hasattr(client, "compute"):
        for batch in iter(lambda: list(islice(tasks, available_processors())), []):
            yield from dask.compute(*batch)
        return
    waiting: deque[Any] = deque()
    n_ahead = 2 * sum(client.nthreads().values())
    for task in tasks:
        waiting.append(client.compute(task))
        if len(waiting) > n_ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


@dataclass(frozen=True)
class _Place:
    """Where a partition stands: its number, its first row in the table, and how many rows it is known to have."""

    number: int
    first_row: int
    n_rows: int

    @property
    def where(self) -> str:
        """What messages call the partition."""
        return f"partition {self.number} of the Dask table"


@dataclass(frozen=True)
class _Task:
    """What runs in the task of a partition: `consume` of its blocks."""

    consume: Callable[..., Any]
    choice: Choice
    names: tuple[str, ...] | None
    width: int
    dtype: np.dtype[Any]

    def __call__(self, piece: Any, weights: Any, place: _Place, *arguments: Any) -> Any:
        return self.consume(self.blocks(piece, weights, place), *arguments)

    def blocks(self, piece: Any, weights: Any, place: _Place) -> Iterator[Block]:
        """Yield the blocks of a partition, their values checked as those of any other table.

        Raises
        ------
        ColumnError
            It has other columns than the metadata.
        DataError
            It has other rows than were declared or counted, or numbers beyond the type that the metadata declares.
        """
        rows = self._rows(piece, weights, place)
        for block in () if rows is None else rows.blocks():
            yield self._as_declared(block, place)

    def tables(self, piece: Any, place: _Place) -> Iterator[tuple[Any, Block]]:
        """Yield the blocks of a partition with their tables; raises as `blocks` does."""
        rows = self._rows(piece, None, place)
        for table, block in () if rows is None else rows.tables():
            yield table, self._as_declared(block, place)

    def _rows(self, piece: Any, weights: Any, place: _Place) -> DecodedRows | ArrayRows | None:
        where = place.where
        self._check_columns(piece, where)
        if len(piece) != place.n_rows:
            raise DataError(
                f"{where} has {len(piece)} rows, not {place.n_rows} as declared or counted before: persist the table "
                "if its source changes, and correct its chunks if they are wrong"
            )
        if not len(piece):
            return None
        if self.names is not None:
            return by_types(FrameTable(piece, place.first_row, where), replace(self.choice, sample_weight=weights))
        return ArrayRows(
            piece,
            columns=self.choice.columns,
            drop=self.choice.drop,
            sample_weight=weights,
            first_row=place.first_row,
            missing=self.choice.missing,
        )

    def _check_columns(self, piece: Any, where: str) -> None:
        shape = np.shape(piece)
        if len(shape) != 2 or not (self.names is None or hasattr(piece, "columns")):
            declared = "an array of two dimensions" if self.names is None else "a dataframe"
            raise ColumnError(
                f"{where} is of type {type(piece).__name__} and {len(shape)}-dimensional, and the metadata declares "
                f"{declared}: make the partitions what their metadata says"
            )
        if self.names is None:
            if shape[1] != self.width:
                raise ColumnError(
                    f"{where} has {shape[1]} columns, and the metadata {self.width}: give every partition the same"
                )
            return
        found = [str(name) for name in piece.columns]
        missing, extra = difference(found, self.names)
        if missing or extra:
            how = f"no {quoted(missing)}" if missing else f"{quoted(extra)} besides"
            raise ColumnError(
                f"{where} does not have the columns of the metadata ({how}): give every partition the same"
            )

    def _as_declared(self, block: Block, place: _Place) -> Block:
        values = block.values
        # A partition may hold other numbers than Dask was told, such as integers in a column of float32.
        with np.errstate(over="ignore"):
            declared: Array = values.astype(self.dtype, copy=False)
        if declared is not values and np.isinf(declared).any():
            raise DataError(
                f"{place.where} holds {values[np.isinf(declared)][0]:g}, beyond the {self.dtype} of the metadata: "
                "declare float64"
            )
        return replace(block, values=declared)


def _summary(blocks: Iterator[Block], summarise: Callable[[Block], M]) -> M | None:
    """Return the sum over the blocks of a partition, None when it is empty."""
    return _total([summarise(block) for block in blocks])


def _total(parts: list[M | None]) -> M | None:
    present = [part for part in parts if part is not None]
    return reduce(add, present) if present else None


def _each(blocks: Iterator[Block], transform: Callable[[Block], T]) -> list[T]:
    return [transform(block) for block in blocks]


def _call(transform: Callable[[Block], T], block: Block) -> T:
    return transform(block)
