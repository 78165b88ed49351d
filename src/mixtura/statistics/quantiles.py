"""Exact quantiles of numbers that are read in chunks, again where there are more of them than are held.

A double is seen as a 64-bit integer that sorts as the double does. Counting how many of these keys begin with each
16-bit digit says which digit the k-th smallest begins with; three more counts find its other digits. This is radix
selection (Knuth 1998, "The Art of Computer Programming", volume 3, section 5.2.5), with counts that add up. Numbers are
read anew for each count until those that are still in question are few enough to hold.
"""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks import row_numbers

_KEY_BITS = 64
_DIGIT_BITS = 16  # 65,536 counters, half a megabyte, and four readings in all
_RADIX = 1 << _DIGIT_BITS
_DIGITS = _KEY_BITS // _DIGIT_BITS
_SIGN = 1 << (_KEY_BITS - 1)

# Numbers that are held: 64 MiB.
_HELD = 1 << 23

Keys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class DigitCounts:
    """How many numbers have each value of the next digit, among those whose key begins with known digits.

    Counts of separate numbers for the same beginnings add up to the counts of all of them; `zero` is the identity.

    Attributes
    ----------
    n_known : int
        Number of digits known, 0 to 3.
    beginnings : tuple of int
        The known digits, as one integer each; different from one another.
    counts : ndarray of shape (len(beginnings), 65536), int64
        How many numbers have each next digit.

    Examples
    --------
    >>> total = DigitCounts.zero(0, (0,)).including([1.0, -2.0]) + DigitCounts.zero(0, (0,)).including([5.0])
    >>> int(total.counts.sum())
    3
    """

    n_known: int
    beginnings: tuple[int, ...]
    counts: NDArray[np.int64]

    @classmethod
    def zero(cls, n_known: int, beginnings: tuple[int, ...]) -> Self:
        """Return the counts of no numbers."""
        return cls(n_known, beginnings, np.zeros((len(beginnings), _RADIX), np.int64))

    def including(self, values: ArrayLike) -> "DigitCounts":
        """Return these counts with those of more numbers, raising `ValueError` where one is NaN."""
        keys = _keys(values)
        digits = ((keys >> np.uint64(self._shift)) & np.uint64(_RADIX - 1)).astype(np.int64)
        known = keys >> np.uint64(self._shift) >> np.uint64(_DIGIT_BITS)
        counts = self.counts.copy()
        for row, beginning in enumerate(self.beginnings):
            counts[row] += np.bincount(digits[known == np.uint64(beginning)], minlength=_RADIX)
        return DigitCounts(self.n_known, self.beginnings, counts)

    def __add__(self, other: "DigitCounts") -> "DigitCounts":
        if (self.n_known, self.beginnings) != (other.n_known, other.beginnings):
            raise ValueError("counts of different digits do not add: count the same beginnings in both")
        return DigitCounts(self.n_known, self.beginnings, self.counts + other.counts)

    def locate(self, beginning: int, rank: int) -> tuple[int, int]:
        """Return the beginning, one digit longer, of a number, and the rank among the numbers that share it.

        Ranks count from 0, the smallest of those with the shorter `beginning`.
        """
        below = np.cumsum(self.counts[self.beginnings.index(beginning)])
        digit = int(np.searchsorted(below, rank, side="right"))
        if digit == _RADIX:
            raise ValueError("the numbers changed from one reading to the next: read the same ones every time")
        return beginning << _DIGIT_BITS | digit, rank - (int(below[digit - 1]) if digit else 0)

    def n_with(self, beginnings: Collection[int]) -> int:
        """Return how many numbers have one of some beginnings, each one digit longer than those known."""
        return sum(
            int(self.counts[self.beginnings.index(longer >> _DIGIT_BITS), longer & (_RADIX - 1)])
            for longer in set(beginnings)
        )

    @property
    def _shift(self) -> int:
        return _KEY_BITS - _DIGIT_BITS * (self.n_known + 1)


class Place(NamedTuple):
    """A number among others, how many of them are below it, and how many equal it, with itself."""

    value: float
    n_below: float
    n_equal: float


def order_statistics(
    chunks: Callable[[], Iterable[ArrayLike]], ranks: Callable[[int], Sequence[int]]
) -> tuple[float, ...]:
    """Return the numbers of given ranks, exactly; parameters and errors are those of `places_at`.

    Examples
    --------
    >>> order_statistics(lambda: [[3.0, 1.0], [2.0]], lambda n: [0, n - 1])
    (1.0, 3.0)
    """
    return tuple(place.value for place in places_at(chunks, ranks))


def places_at(chunks: Callable[[], Iterable[ArrayLike]], ranks: Callable[[int], Sequence[int]]) -> tuple[Place, ...]:
    """Return the numbers of given ranks, exactly: in one reading of up to eight million numbers, in four at most.

    Parameters
    ----------
    chunks : callable returning an iterable of array_like
        Every call reads the same numbers again, in chunks of any length. Infinities are numbers like any other, and a
        negative zero counts as zero. 64 MiB of them are held, and half a megabyte a rank.
    ranks : callable from int to sequence of int
        The ranks wanted, from 0, the smallest, to n - 1, given the number n of numbers.

    Returns
    -------
    tuple of Place
        The numbers, in the order of the ranks, and how many others are below them or equal them.

    Raises
    ------
    ValueError
        There are no numbers, one is NaN, a rank is outside the range, or the readings differ.

    Examples
    --------
    >>> places_at(lambda: [[3.0, 1.0], [3.0]], lambda n: [0, n - 1])
    (Place(value=1.0, n_below=0, n_equal=1), Place(value=3.0, n_below=1, n_equal=2))
    """
    counts, held = _first_count(chunks)
    n = int(counts.counts.sum())
    if n == 0:
        raise ValueError("there are no numbers to take a quantile of: give at least one")
    wanted = ranks(n)
    if any(not 0 <= rank < n for rank in wanted):
        raise ValueError(f"ranks go from 0 to {n - 1}, and {list(wanted)} were asked for")
    places = [counts.locate(0, rank) for rank in wanted]
    for n_known in range(1, _DIGITS):
        beginnings = tuple(sorted({beginning for beginning, _ in places}))
        if held is None and counts.n_with(beginnings) <= _HELD:
            held = [_with(beginnings, n_known, chunk) for chunk in chunks()]
        counts = _count(chunks() if held is None else held, n_known, beginnings)
        places = [counts.locate(beginning, rank) for beginning, rank in places]
    return tuple(
        Place(_from_key(key), rank - among, counts.n_with([key]))
        for rank, (key, among) in zip(wanted, places, strict=True)
    )


def quantile(chunks: Callable[[], Iterable[ArrayLike]], q: float) -> float:
    """Return the q-quantile of numbers read in chunks, the same bits as `numpy.quantile` of all of them.

    Between two numbers it interpolates linearly (definition 7 of Hyndman and Fan 1996, "Sample quantiles in
    statistical packages"). Where one of the two is infinite it is that one, or minus infinity if both are.

    Parameters
    ----------
    chunks : callable returning an iterable of array_like
        Every call reads the same numbers again, in chunks of one dimension and any length.
    q : float
        Between 0 and 1.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        `q` is outside its range, there are no numbers, one is NaN, or the readings differ.

    Examples
    --------
    >>> quantile(lambda: [[3.0, 1.0], [2.0, 10.0]], 0.5)
    2.5
    """
    if not 0 <= q <= 1:
        raise ValueError(f"a quantile lies between 0 and 1, and q is {q}")

    position = 0.0

    def neighbours(n: int) -> tuple[int, int]:
        nonlocal position
        position = (n - 1) * float(q)
        return math.floor(position), math.ceil(position)

    low, high = places_at(chunks, neighbours)
    return interpolate(low.value, high.value, position - math.floor(position))


def interpolate(low: float, high: float, share: float) -> float:
    """Return the number a share of the way from `low` to `high`, with NumPy's two formulas and so its rounding."""
    if low in (high, -math.inf):
        return low
    if high == math.inf:
        return high
    difference = high - low
    return low + difference * share if share < 0.5 else high - difference * (1 - share)


def _first_count(chunks: Callable[[], Iterable[ArrayLike]]) -> tuple[DigitCounts, list[NDArray[np.float64]] | None]:
    """Return the counts of first digits, and the numbers unless they are too many to hold."""
    counts = DigitCounts.zero(0, (0,))
    held: list[NDArray[np.float64]] | None = []
    n = 0
    for chunk in chunks():
        values = ranked(chunk)
        counts = counts.including(values)
        n += len(values)
        if n > _HELD:
            held = None
        elif held is not None:
            held.append(values)
    return counts, held


def _count(chunks: Iterable[ArrayLike], n_known: int, beginnings: tuple[int, ...]) -> DigitCounts:
    counts = DigitCounts.zero(n_known, beginnings)
    for chunk in chunks:
        counts = counts.including(chunk)
    return counts


def _with(beginnings: tuple[int, ...], n_known: int, chunk: ArrayLike) -> NDArray[np.float64]:
    """Return the numbers whose key has one of some beginnings."""
    values = ranked(chunk)
    known = _keys(values) >> np.uint64(_KEY_BITS - _DIGIT_BITS * n_known)
    return values[np.isin(known, np.array(beginnings, np.uint64))]


def ranked(values: ArrayLike) -> NDArray[np.float64]:
    """Return numbers in one dimension as new doubles, negative zero as zero, raising `ValueError` where one is NaN."""
    return row_numbers(values, "numbers to rank") + 0.0  # the sum turns -0.0 into 0.0


def _keys(values: ArrayLike) -> Keys:
    """Return integers in the order of the doubles: the sign bit set for positive ones, all bits turned for others."""
    bits = ranked(values).view(np.uint64)
    negative = bits >> np.uint64(_KEY_BITS - 1) == 1
    return np.where(negative, ~bits, bits | np.uint64(_SIGN))


def _from_key(key: int) -> float:
    bits = key ^ _SIGN if key & _SIGN else key ^ (2 * _SIGN - 1)
    return float(np.uint64(bits).view(np.float64))
