"""Threads of this process: the default engine."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from ..rows import Block, Rows, rows_per_block
from .engine import M

T = TypeVar("T")
Item = TypeVar("Item")


class ThreadEngine:
    """Runs passes in threads of this process.

    Blocks are cut at fixed places and their results added in the order of the rows, so that the answer has the same
    bits for any number of threads. At most two blocks a thread are in flight.

    Parameters
    ----------
    n_threads : int, optional
        Number of threads. Default: the processors this process may use.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.rows import ArrayRows
    >>> rows = ArrayRows(np.ones((1000, 2)))
    >>> float(ThreadEngine(2).fold(rows, lambda block: block.values.sum(), 0.0))
    2000.0
    """

    def __init__(self, n_threads: int | None = None) -> None:
        if n_threads is not None and n_threads < 1:
            raise ValueError(f"n_threads must be at least 1, not {n_threads}")
        self.n_threads = n_threads

    def __repr__(self) -> str:
        return f"ThreadEngine({'' if self.n_threads is None else self.n_threads})"

    def fold(self, rows: Rows, summarise: Callable[[Block], M], zero: M) -> M:
        """Return the sum of `summarise` over the blocks of `rows`, starting from `zero`."""
        total = zero
        for part in self.map(rows, summarise):
            total = total + part
        return total

    def map(self, rows: Rows, transform: Callable[[Block], T]) -> Iterator[T]:
        """Yield `transform` of each block, in the order of the rows."""
        n_threads = self.n_threads or available_processors()
        one_block = rows.n_rows is not None and rows.n_rows <= rows_per_block(rows.n_columns)
        if n_threads == 1 or one_block:
            yield from map(transform, rows.blocks())
            return
        waiting: deque[Future[T]] = deque()
        with ThreadPoolExecutor(n_threads, thread_name_prefix="mixtura") as pool:
            try:
                for block in rows.blocks():
                    waiting.append(pool.submit(transform, block))
                    if len(waiting) > 2 * n_threads:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()


def in_threads(function: Callable[[Item], T], items: Iterable[Item], n_threads: int) -> Generator[T, None, None]:
    """Yield `function` of each item, in their order; when the caller stops, those not begun are never done."""
    if n_threads == 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(n_threads, thread_name_prefix="mixtura") as pool:
        futures = [pool.submit(function, item) for item in items]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()


def available_processors() -> int:
    """Return the number of processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
