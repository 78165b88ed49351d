"""What runs passes over the rows of a table: the two-method protocol."""

from collections.abc import Callable, Iterator
from typing import Protocol, Self, TypeVar

from ..rows import Block, Rows


class Monoid(Protocol):
    """A statistic: values that add up."""

    def __add__(self, other: Self) -> Self: ...


M = TypeVar("M", bound=Monoid)
T = TypeVar("T")


class Engine(Protocol):
    """Where passes run.

    A pass is a picklable function of a block; it knows nothing of where it runs.
    """

    def fold(self, rows: Rows, summarise: Callable[[Block], M], zero: M) -> M:
        """Return the sum of `summarise` over the blocks of `rows`, starting from `zero`."""
        ...

    def map(self, rows: Rows, transform: Callable[[Block], T]) -> Iterator[T]:
        """Yield `transform` of each block, in the order of the rows."""
        ...
