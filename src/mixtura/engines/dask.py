"""Dask: passes over arrays and frames that lie in the memories and disks of many machines."""

from collections import deque
from collections.abc import Callable, Iterator
from functools import reduce
from itertools import islice
from operator import add
from typing import Any, TypeVar

import dask
from dask.base import get_scheduler
from dask.delayed import Delayed

from ..rows import Block, Rows
from .dask_rows import DaskRows, added_up, total
from .engine import M
from .threads import available_processors

T = TypeVar("T")


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
        total: M = added_up(list(rows.tasks(_summary, _shared(summarise))))
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


def _summary(blocks: Iterator[Block], summarise: Callable[[Block], M]) -> M | None:
    """Return the sum over the blocks of a partition, None when it is empty."""
    return total([summarise(block) for block in blocks])


def _each(blocks: Iterator[Block], transform: Callable[[Block], T]) -> list[T]:
    return [transform(block) for block in blocks]


def _call(transform: Callable[[Block], T], block: Block) -> T:
    return transform(block)
