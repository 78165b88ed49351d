"""Dask: passes over arrays and frames that lie in the memories and disks of many machines."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import accumulate, islice
from operator import add
from typing import Any, TypeVar

import dask
import dask.array as da
import dask.base
import dask.dataframe as dd
import numpy as np
from dask.delayed import Delayed
from dask.dataframe.dispatch import make_meta, meta_nonempty

from ..errors import ColumnError, DataError, EmptyTableError, SourceError
from ..rows import ArrayRows, Block, Rows
from ..rows.checks import Weights
from ..rows.columns import Choice, LeftOut
from ..rows.frames import FrameRows
from .engine import M

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

    def fold(self, rows: Rows, summarise: Callable[[Block], M], zero: M) -> M:
        """Return the sum of `summarise` over the blocks of `rows`, starting from `zero`."""
        if not isinstance(rows, DaskRows):
            return reduce(add, self.map(rows, summarise), zero)
        shared = _shared(summarise)
        parts = [dask.delayed(_summary, pure=False)(shared, partition) for partition in rows.partitions()]
        while len(parts) > 1:
            parts = [
                dask.delayed(_total, pure=False)(parts[i : i + _FAN_IN]) for i in range(0, len(parts), _FAN_IN)
            ]
        (total,) = dask.compute(*parts)
        return zero + total

    def map(self, rows: Rows, transform: Callable[[Block], T]) -> Iterator[T]:
        """Yield `transform` of each block, in the order of the rows."""
        shared = _shared(transform)
        if isinstance(rows, DaskRows):
            partitions = rows.partitions()
            for results in _in_order(dask.delayed(_each, pure=False)(shared, part) for part in partitions):
                yield from results
        else:
            yield from _in_order(dask.delayed(_call, pure=False)(shared, block) for block in rows.blocks())


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

    Attributes
    ----------
    columns : tuple of str, or None
        Names of the columns in use, None for an array.
    left_out : tuple of LeftOut
        Always empty.

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

    left_out: tuple[LeftOut, ...] = ()

    def __init__(self, source: Any, sample_weight: Any = None, *, columns: Any = None) -> None:
        self._choice = Choice(columns)
        # A few made-up rows of the same types, to choose the columns by, with the same messages as for other tables.
        if isinstance(source, da.Array):
            self._like: ArrayRows | FrameRows = ArrayRows(np.ones((1, *source.shape[1:]), source.dtype), columns=columns)
            source = source.rechunk({1: -1})
            self._lengths = None if np.isnan(source.shape[0]) else tuple(source.chunks[0])
        elif isinstance(source, dd.DataFrame):
            self._like = FrameRows(meta_nonempty(make_meta(source)), self._choice)
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

    def blocks(self) -> Iterator[Block]:
        """Yield the rows in order, one partition in memory at a time."""
        for partition in self.partitions():
            (blocks,) = dask.compute(dask.delayed(list)(partition))
            yield from blocks

    def partitions(self) -> Iterator[Delayed]:
        """Yield a task for each partition, its result an iterable of blocks."""
        counts = self._counts()
        starts = accumulate(counts, initial=0)
        weights = [None] * len(counts) if self._weights is None else self._weights
        partition = dask.delayed(_Partition, pure=False)
        for piece, first_row, weight in zip(self._pieces, starts, weights):
            yield partition(piece, weight, first_row, self._choice, self.dtype)
