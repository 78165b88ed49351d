"""Passes over blocks that are changed on their way: scaled, or with no weight for some rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from ..rows import Block, Rows
from .engine import Engine, M

T = TypeVar("T")


@dataclass(frozen=True)
class ThroughEngine:
    """Runs passes where another engine does, over blocks that are changed where they lie.

    Attributes
    ----------
    engine : Engine
        Where passes run.
    change : callable
        A block in, a block of as many rows out; picklable, as a pass is.
    """

    engine: Engine
    change: Callable[[Block], Block]

    def fold(self, rows: Rows, summarise: Callable[[Block], M], zero: M) -> M:
        """Return the sum of `summarise` over the changed blocks of `rows`, starting from `zero`."""
        return self.engine.fold(rows, _Through(self.change, summarise), zero)

    def map(self, rows: Rows, transform: Callable[[Block], T]) -> Iterator[T]:
        """Yield `transform` of each changed block, in the order of the rows."""
        return self.engine.map(rows, _Through(self.change, transform))


@dataclass(frozen=True)
class _Through(Generic[T]):
    """A pass over a changed block."""

    change: Callable[[Block], Block]
    run: Callable[[Block], T]

    def __call__(self, block: Block) -> T:
        return self.run(self.change(block))
