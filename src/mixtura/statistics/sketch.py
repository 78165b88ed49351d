"""Quantiles of numbers that pass once: a sketch that adds up and knows how far it can be off.

Levels hold numbers that stand for 1, 2, 4, ... numbers each. A level that is full is sorted, and every other number of
it goes to the next level, which halves them at twice the weight (Manku, Rajagopalan and Lindsay 1998, "Approximate
medians and other quantiles in one pass and with limited memory"; Karnin, Lang and Liberty 2016, "Optimal quantile
approximation in streams"). Doing so moves no rank by more than the weight: up where the lower of each pair stays, down
where the upper one does. The sketch counts both, so that its bound holds for certain, and not with some probability.
"""

import math
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..typing import Floats
from .lowest import LowestValues
from .quantiles import Place, interpolate, ranked

Ranks = NDArray[np.int64]
Levels = tuple[Floats, ...]
Side = Literal["left", "right"]


@dataclass(frozen=True, slots=True, eq=False)
class QuantileSketch:
    """Quantiles and ranks of any count of numbers, in one reading and a megabyte or two; the lowest are exact.

    Sketches of separate numbers add up to a sketch of all of them, in any order and grouping, within the stated error;
    `zero` is the identity. Of n numbers, no rank is off by more than ``n / size * (1 + log2(n / size))``, nor, however
    many there are, by more than `rank_error`, which is about half of that where numbers are read one after the other.
    The count, the smallest and the largest number and all ranks among the lowest numbers are exact; so is everything
    while there are fewer than `size` beyond these. Nothing is random: the same readings give the same sketch.

    Of scores as `score_samples` returns them, the lowest are those of anomalies; turn the sign of anomaly scores first.

    Attributes
    ----------
    size : int
        How many numbers fill a level; even.
    lowest : LowestValues
        The lowest numbers, exactly, and how many were seen: thresholds for rare anomalies lie among them.
    levels : tuple of ndarray
        The others: those of level h stand for 2^h numbers each.
    halvings : tuple of (int, int)
        How often each level was halved, the lower of each pair kept or the upper one.
    largest : float
        The largest number; minus infinity where there are none.

    Examples
    --------
    >>> import numpy as np
    >>> parts = np.split(np.random.default_rng(0).normal(size=200_000), 10)
    >>> sketch = sum((QuantileSketch.zero().including(part) for part in parts), QuantileSketch.zero())
    >>> sketch.count
    200000
    >>> exact = np.quantile(parts, [0.01, 0.9])
    >>> bool(sketch.quantile(0.01) == exact[0]), bool(abs(sketch.quantile(0.9) - exact[1]) < 0.001)
    (True, True)
    """

    size: int
    lowest: LowestValues
    levels: Levels
    halvings: tuple[tuple[int, int], ...]
    largest: float

    @classmethod
    def zero(cls, size: int = 8192, *, n_lowest: int = 65_536) -> "QuantileSketch":
        """Return the sketch of no numbers.

        Parameters
        ----------
        size : int, default=8192
            How many numbers fill a level, an even number of at least 2: twice as many, half the error.
        n_lowest : int, default=65536
            How many of the lowest numbers are held exactly, at least 1. At a rate of 1e-4 the default is exact up to
            650 million rows.

        Raises
        ------
        ValueError
            A size is outside its range.
        """
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 2 or size % 2:
            raise ValueError(f"the size of a level must be an even integer of at least 2, not {size!r}")
        return cls(int(size), LowestValues.zero(n_lowest), (), (), -math.inf)

    @property
    def count(self) -> int:
        """How many numbers were seen."""
        return self.lowest.count

    @property
    def rank_error(self) -> int:
        """The most that any rank can be off, for certain."""
        return max(self._errors)

    @property
    def support(self) -> Floats:
        """The different numbers that the sketch holds, in ascending order: between two of them no rank changes."""
        return np.unique(np.concatenate([self.lowest.values, *self.levels, [self.largest][: self.count]]))

    def including(self, values: ArrayLike) -> "QuantileSketch":
        """Return the sketch of these and more `values`, of one dimension, raising `ValueError` where one is NaN."""
        numbers = ranked(values)
        lowest, rest = self.lowest.split(numbers)
        largest = max(self.largest, float(numbers.max(initial=-math.inf)))
        return self._with(lowest, _paired(self.levels, (rest,)), self.halvings, largest)

    def __add__(self, other: "QuantileSketch") -> "QuantileSketch":
        if self.size != other.size:
            raise ValueError(f"sketches of sizes {self.size} and {other.size} do not add: give both the same size")
        lowest = self.lowest + other.lowest
        _, displaced = self.lowest.split(other.lowest.values)
        levels = _paired(_paired(self.levels, other.levels), (displaced,))
        halvings = tuple(
            (mine[0] + theirs[0], mine[1] + theirs[1])
            for mine, theirs in zip_longest(self.halvings, other.halvings, fillvalue=(0, 0))
        )
        return self._with(lowest, levels, halvings, max(self.largest, other.largest))

    def rank(self, values: ArrayLike, side: Side = "left") -> Ranks:
        """Return how many numbers are below each value, or at most as large, up to `rank_error`.

        Parameters
        ----------
        values : array_like
            The values, of any shape; none is NaN.
        side : {"left", "right"}, default="left"
            "left" counts the numbers strictly below a value, "right" those that equal it too.

        Returns
        -------
        ndarray of int64, in the shape of `values`
        """
        return self._ranks(values, side, 0, 0)

    def rank_bounds(self, values: ArrayLike, side: Side = "left") -> tuple[Ranks, Ranks]:
        """Return the least and the most that the rank of each of `values` can be; `side` is as for `rank`."""
        above, below = self._errors
        return self._ranks(values, side, -above, 0), self._ranks(values, side, 0, below)

    def quantile(self, q: float) -> float:
        """Return the q-quantile: of the ranks as they are known, what `mixtura.statistics.quantiles.quantile` returns.

        Parameters
        ----------
        q : float
            Between 0 and 1.

        Raises
        ------
        ValueError
            `q` is outside its range, or there are no numbers.
        """
        if not 0 <= q <= 1:
            raise ValueError(f"a quantile lies between 0 and 1, and q is {q}")
        if self.count == 0:
            raise ValueError("there are no numbers to take a quantile of: give at least one")
        position = (self.count - 1) * float(q)
        low, high = self._order_statistics(np.array([math.floor(position), math.ceil(position)])).tolist()
        return interpolate(low, high, position - math.floor(position))

    def place(self, rank: int) -> Place:
        """Return the number of a `rank`, from 0 to `count` - 1, and how many are below it or equal it, as is known.

        A number that is held once, though it stands for others, ties with none of them.
        """
        value = float(self._order_statistics(np.array([rank]))[0])
        below, upto = (int(self._ranks(value, side, 0, 0)) for side in ("left", "right"))
        n_held = sum(int(np.sum(held == value)) for held in (self.lowest.values, *self.levels))
        return Place(value, below, upto - below if n_held > 1 else 1)

    def is_exact(self, q: float) -> bool:
        """Return whether the `q`-quantile is exact: no rank is off, or it lies among the lowest numbers."""
        return not self.rank_error or math.ceil((self.count - 1) * q) < len(self.lowest.values)

    def spaced(self, most: int) -> Floats:
        """Return the numbers in ascending order: all, or as many as `most`, at ranks that are evenly spaced.

        Examples
        --------
        >>> QuantileSketch.zero().including([4.0, 1.0, 9.0, 2.0, 5.0]).spaced(3)
        array([1., 4., 9.])
        """
        ranks = np.linspace(0, self.count - 1, min(self.count, most)).round().astype(np.int64)
        return self._order_statistics(ranks)

    @property
    def _errors(self) -> tuple[int, int]:
        """The most by which a rank can come out too large, and too small."""
        above = sum(kept_lower << level for level, (kept_lower, _) in enumerate(self.halvings))
        below = sum(kept_upper << level for level, (_, kept_upper) in enumerate(self.halvings))
        return above, below

    def _with(
        self, lowest: LowestValues, levels: Levels, halvings: tuple[tuple[int, int], ...], largest: float
    ) -> "QuantileSketch":
        """Return a sketch of these parts, every level of which has room."""
        full, counts, following = list(levels), list(halvings), 0
        while following < len(full):
            level, following = following, following + 1
            if len(full[level]) < self.size:
                continue
            if following == len(full):
                full.append(np.empty(0))
            counts += [(0, 0)] * (following - len(counts))
            # Above the first, a level is made of ascending runs, which the stable sort of doubles merges.
            numbers = np.sort(full[level], kind="stable" if level else None)
            n_paired = len(numbers) - len(numbers) % 2
            upper = _keeps_upper(numbers, counts[level])
            full[level] = numbers[n_paired:].copy()
            full[following] = np.concatenate([full[following], numbers[upper:n_paired:2]])
            counts[level] = (counts[level][0] + (not upper), counts[level][1] + upper)
        return QuantileSketch(self.size, lowest, tuple(full), tuple(counts), largest)

    def _weighted(self) -> tuple[Floats, Ranks]:
        """Return the numbers above the lowest in ascending order, and how many numbers these and those below are."""
        numbers = np.concatenate([np.empty(0), *self.levels])
        weights = np.repeat(1 << np.arange(len(self.levels)), [len(level) for level in self.levels])
        order = np.argsort(numbers)
        return numbers[order], len(self.lowest.values) + np.cumsum(weights[order])

    def _ranks(self, values: ArrayLike, side: Side, fewer: int, more: int) -> Ranks:
        """Return ranks, moved as far as a given number of each direction where they are not exact."""
        asked = ranked(np.ravel(values))
        exact = np.searchsorted(self.lowest.values, asked, side)
        n_lowest = len(self.lowest.values)
        numbers, counts = self._weighted()
        places = np.searchsorted(numbers, asked, side)
        ranks = np.concatenate([[n_lowest], counts])[places]
        known = (exact < n_lowest) | (asked > self.largest if side == "left" else asked >= self.largest)
        moved = np.clip(ranks + (fewer + more), n_lowest, self.count)
        return np.where(exact < n_lowest, exact, np.where(known, self.count, moved)).reshape(np.shape(values))

    def _order_statistics(self, ranks: Ranks) -> Floats:
        numbers, counts = self._weighted()
        found = np.concatenate([numbers, [self.largest]])[np.searchsorted(counts, ranks, side="right")]
        exact = ranks < len(self.lowest.values)
        found[exact] = self.lowest.values[ranks[exact]]
        return np.where(ranks == self.count - 1, self.largest, found)


def _paired(levels: Levels, more: Levels) -> Levels:
    nothing = np.empty(0)
    return tuple(np.concatenate(pair) for pair in zip_longest(levels, more, fillvalue=nothing))


def _keeps_upper(numbers: Floats, halvings: tuple[int, int]) -> bool:
    """Return whether the upper number of each pair stays: by turns, so that errors cancel.

    The first of two turns falls as the bits of the numbers do, and not the same way in all sketches of a sum.
    """
    lower, upper = halvings
    if lower != upper:
        return lower > upper
    return int(np.bitwise_xor.reduce(numbers.view(np.uint64))).bit_count() % 2 == 1
