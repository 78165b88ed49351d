"""How far a piece of work has come: the one thing that `on_progress` is told, everywhere."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from ..rows import Block, Rows
from .engine import Engine, M
from .threads import ThreadEngine

__all__ = ["OnProgress", "Progress", "telling_rows", "told", "watched"]

T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """What `on_progress` is told while work goes on.

    Work is done in steps, one after the other. Within a step `what`, `unit` and `total` stay the same and `done` never
    falls; where `total` is known, the last that is told of a step that ends well has ``done == total``. Fits, searches
    and comparisons tell more than this, each its own kind of `Progress`.

    The callback runs in the thread that called `fit` or whatever else takes `on_progress`, about once for every block
    of rows, iteration or candidate. It never changes a result. When it raises, the work stops, its threads end, and the
    exception comes out of the call.

    Attributes
    ----------
    what : str
        What is being done, in a few words: "scoring", "growing trees".
    done : int
        Units done in this step.
    total : int or None
        Units that there are to do, None while nobody knows.
    unit : str
        What is counted, in the plural: "rows", "iterations", "candidates", "trees".

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import IsolationForest
    >>> told = []
    >>> forest = IsolationForest(random_state=0, on_progress=told.append).fit(np.eye(5))
    >>> told[-1]
    Progress(what='growing trees', done=100, total=100, unit='trees')
    """

    what: str
    done: int
    total: int | None
    unit: str = "rows"


OnProgress = Callable[[Progress], None]


def told(
    results: Iterable[T], on_progress: OnProgress | None, what: str, total: int, unit: str, *, each: int = 1
) -> Iterator[T]:
    """Return results as they come, of which `on_progress` is told; each but the last stands for so many units."""
    return iter(results) if on_progress is None else _told(results, on_progress, Progress(what, 0, total, unit), each)


def _told(results: Iterable[T], on_progress: OnProgress, nothing_done: Progress, each: int) -> Iterator[T]:
    with _ending(iter(results)) as ending:
        on_progress(nothing_done)
        for number, result in enumerate(ending, 1):
            on_progress(replace(nothing_done, done=min(number * each, nothing_done.total or 0)))
            yield result


def telling_rows(on_progress: OnProgress | None, what: str, total: int | None = None) -> Callable[[int], None] | None:
    """Return what tells `on_progress` a number of rows, None when there is nobody to tell."""
    if on_progress is None:
        return None
    tell = on_progress
    return lambda n_rows: tell(Progress(what, n_rows, total))


def watched(engine: Engine, on_progress: OnProgress | None, what: str) -> Engine:
    """Return an engine that runs passes where another one does, and tells `on_progress` the rows that are done."""
    return engine if on_progress is None else WatchedEngine(engine, on_progress, what)


@dataclass(frozen=True)
class WatchedEngine:
    """Runs passes where another engine does, with the same results bit for bit, and counts the rows that come back.

    Attributes
    ----------
    engine : Engine
        Where passes run.
    on_progress : callable
        Told `Progress` in rows: when a pass begins, and after each block.
    what : str
        What the passes are for.
    """

    engine: Engine
    on_progress: OnProgress
    what: str

    def fold(self, rows: Rows, summarise: Callable[[Block], M], zero: M) -> M:
        """Return the sum of `summarise` over the blocks of `rows`, starting from `zero`."""
        if not isinstance(self.engine, ThreadEngine):
            # Such an engine adds up in an order of its own, where nothing comes back before the end.
            n_rows = rows.n_rows
            self.on_progress(Progress(self.what, 0, n_rows))
            total = self.engine.fold(rows, summarise, zero)
            if n_rows is not None:
                self.on_progress(Progress(self.what, n_rows, n_rows))
            return total
        total = zero
        for part in self.map(rows, summarise):
            total = total + part
        return total

    def map(self, rows: Rows, transform: Callable[[Block], T]) -> Iterator[T]:
        """Yield `transform` of each block, in the order of the rows."""
        done, n_rows = 0, rows.n_rows
        with _ending(self.engine.map(rows, _Counted(transform))) as results:
            self.on_progress(Progress(self.what, 0, n_rows))
            for count, result in results:
                done += count
                self.on_progress(Progress(self.what, done, n_rows))
                yield result


@dataclass(frozen=True)
class _Counted(Generic[T]):
    """A pass that says how many rows a block had."""

    run: Callable[[Block], T]

    def __call__(self, block: Block) -> tuple[int, T]:
        return len(block.values), self.run(block)


@contextmanager
def _ending(results: Iterator[T]) -> Iterator[Iterator[T]]:
    """Close a generator at the end, however that comes: its threads are not to wait for the garbage collector."""
    try:
        yield results
    finally:
        close: Callable[[], Any] | None = getattr(results, "close", None)
        if close is not None:
            close()
