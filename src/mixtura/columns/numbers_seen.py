"""What the numbers of a column are like: their range, their step, their order."""

import math
from dataclasses import dataclass

import numpy as np

from ..typing import Floats

# Digits after the point that are looked for.
_MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class NumbersSeen:
    """Numbers that passed; those of separate cells, in the order of the rows, add up.

    Attributes
    ----------
    count : int
        How many.
    smallest, largest : float
        Their range.
    total, squares : float
        Their sum, and that of their squares.
    decimals : int or None
        Digits after the point that write all of them; None for more than six.
    first, last : float
        In the order of the rows.
    is_ascending : bool
        Whether each is larger than the one before.
    by_one : bool
        Whether each is the one before plus one.
    """

    count: int = 0
    smallest: float = math.inf
    largest: float = -math.inf
    total: float = 0.0
    squares: float = 0.0
    decimals: int | None = 0
    first: float = math.nan
    last: float = math.nan
    is_ascending: bool = True
    by_one: bool = True

    def including(self, values: Floats) -> "NumbersSeen":
        """Return what was seen of these and more numbers, all finite."""
        if not len(values):
            return self
        steps = np.diff(values)
        with np.errstate(over="ignore"):
            return self + NumbersSeen(
                len(values),
                float(values.min()),
                float(values.max()),
                float(values.sum()),
                float(np.square(values).sum()),
                _decimals(values, self.decimals),
                float(values[0]),
                float(values[-1]),
                bool((steps > 0).all()),
                bool((steps == 1).all()),
            )

    def __add__(self, other: "NumbersSeen") -> "NumbersSeen":
        if not self.count or not other.count:
            return self if self.count else other
        decimals = None if None in (self.decimals, other.decimals) else max(self.decimals or 0, other.decimals or 0)
        return NumbersSeen(
            self.count + other.count,
            min(self.smallest, other.smallest),
            max(self.largest, other.largest),
            self.total + other.total,
            self.squares + other.squares,
            decimals,
            self.first,
            other.last,
            self.is_ascending and other.is_ascending and other.first > self.last,
            self.by_one and other.by_one and other.first == self.last + 1,
        )

    @property
    def are_whole(self) -> bool:
        """Whether all are whole numbers."""
        return self.count > 0 and self.decimals == 0


def _decimals(values: Floats, known: int | None) -> int | None:
    """Return how many digits after the point write all values, at least those `known`, None for too many."""
    if known is None:
        return None
    for decimals in range(known, _MOST_DECIMALS + 1):
        scaled = values * 10.0**decimals
        if (np.abs(scaled - np.rint(scaled)) <= 1e-9 * np.maximum(1.0, np.abs(scaled))).all():
            return decimals
    return None
