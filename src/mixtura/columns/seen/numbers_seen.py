"""What the numbers of a column are like: their range, their step, their order."""

import math
from dataclasses import dataclass

import numpy as np

from ...typing import Bools, Floats

# Digits after the point that are looked for.
_MOST_DECIMALS = 6
_POWERS: Floats = np.power(10.0, np.arange(_MOST_DECIMALS + 1), dtype=np.float64)

# Numbers that are looked at before all are.
_FIRST = 64

# Numbers beyond these do not fit into 64-bit integers.
_LARGEST_SCALED = 2.0**62


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
    divisor : int
        The greatest common divisor of all, in units of the last of these digits; 0 where all are zero.
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
    divisor: int = 0
    first: float = math.nan
    last: float = math.nan
    is_ascending: bool = True
    by_one: bool = True

    def including(self, values: Floats, precision: float = 2.0**-52) -> "NumbersSeen":
        """Return what was seen of these and more numbers, all finite.

        Parameters
        ----------
        values : ndarray of shape (n_values,), float64
            The numbers, in the order of the rows.
        precision : float
            The share of a number that rounding may have changed: that of doubles, unless the numbers were shorter.
        """
        if not len(values):
            return self
        steps = np.diff(values)
        decimals, divisor = _grid(values, self.decimals, precision)
        with np.errstate(over="ignore"):
            return self + NumbersSeen(
                len(values),
                float(values.min()),
                float(values.max()),
                float(values.sum()),
                float(np.square(values).sum()),
                decimals,
                divisor,
                float(values[0]),
                float(values[-1]),
                bool((steps > 0).all()),
                bool((steps == 1).all()),
            )

    def __add__(self, other: "NumbersSeen") -> "NumbersSeen":
        if not self.count or not other.count:
            return self if self.count else other
        decimals, divisor = None, 0
        if self.decimals is not None and other.decimals is not None:
            decimals = max(self.decimals, other.decimals)
            scaled = (one.divisor * 10 ** (decimals - (one.decimals or 0)) for one in (self, other))
            extent = max(abs(one) for one in (self.smallest, self.largest, other.smallest, other.largest))
            divisor = math.gcd(*scaled) if extent * 10.0**decimals < _LARGEST_SCALED else 1
        return NumbersSeen(
            self.count + other.count,
            min(self.smallest, other.smallest),
            max(self.largest, other.largest),
            self.total + other.total,
            self.squares + other.squares,
            decimals,
            divisor,
            self.first,
            other.last,
            self.is_ascending and other.is_ascending and other.first > self.last,
            self.by_one and other.by_one and other.first - self.last == 1,
        )

    @property
    def are_whole(self) -> bool:
        """Whether all are whole numbers."""
        return self.count > 0 and self.decimals == 0


def _grid(values: Floats, known: int | None, precision: float) -> tuple[int | None, int]:
    """Return how many digits after the point write all values, at least those `known`, and their common divisor."""
    decimals = known
    if known is not None:
        # A few of them tell nearly always how many are needed at least.
        fit = _are_written(values[:_FIRST, np.newaxis], _POWERS[known:], precision).all(axis=0)
        decimals = known + int(fit.argmax()) if fit.any() else None
    while decimals is not None and not _are_written(values, _POWERS[decimals], precision).all():
        decimals = decimals + 1 if decimals < _MOST_DECIMALS else None
    if decimals is None:
        return None, 0
    rounded = np.rint(values * _POWERS[decimals])
    fits = np.abs(rounded).max() < _LARGEST_SCALED
    return decimals, int(np.gcd.reduce(rounded.astype(np.int64))) if fits else 1


def _are_written(values: Floats, powers: Floats, precision: float) -> Bools:
    """Return which values are whole multiples of one over a power of ten.

    A number of few digits is a few roundings away from them, as is one that was computed from such numbers.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = values * powers
        return np.abs(scaled - np.rint(scaled)) <= np.minimum(4 * precision * np.abs(scaled), 0.01)
