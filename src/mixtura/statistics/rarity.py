"""How rarely a row of a table reaches a value: probabilities of tails, extrapolated beyond the rows there are.

All are given as nats, minus the logarithm of the probability, so that those of different columns compare.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..typing import Floats
from .checks import row_numbers

# A tail starts where so large a part of a side is left, and where four values are left on a small side.
_PART = 0.02
_FEWEST = 4

# No shape is taken heavier from the quantiles: a value twenty times as far as the largest is never ordinary.
_HEAVIEST = 0.5

# The shape is taken so many standard errors too heavy, so that what a few rows leave open is never held against one.
_STANDARD_ERRORS = 2.0

# A tail never falls faster than one that is exponential from the centre of its side would fall twice as slowly.
_SLOWEST = 0.5

# Where the tail of a side without values starts: farther than any value, and finite, as files hold it.
NEVER = 1e300

# A value that a column never had, where all rows of the table fitted have another, counts as so many nats beyond those
# of the rarest row.
NEW_VALUE = 10.0

# Ranks inside are held at so many places.
_PLACES = 512


class Tail(NamedTuple):
    """The tail of a side: from `start` on a generalised Pareto distribution.

    Attributes
    ----------
    start : float
        Distance where it starts; `NEVER` where the side has no values.
    scale, shape : float
        Of the distribution of what exceeds it.
    nats : float
        Minus the logarithm of the probability to reach the start.
    """

    start: float
    scale: float
    shape: float
    nats: float


def tail_of(distances: ArrayLike, n_rows: int, least_scale: float = 0.0) -> Tail:
    """Return the tail of the distances on one side of a centre.

    Scale and shape follow from three quantiles (Pickands 1975, "Statistical inference using extreme order statistics",
    The Annals of Statistics 3): those that half of the distances exceed, a fiftieth, and the geometric mean of the two.
    Up to a fiftieth of the side may be errors, as far away as they like, and change none of them.

    Parameters
    ----------
    distances : array_like of shape (n_distances,)
        Positive numbers, all that lie on the side.
    n_rows : int
        Number of rows that have a value, on either side or at the centre.
    least_scale : float, default=0
        The scale is at least this: what values of the column cannot be told apart by.

    Examples
    --------
    >>> distances = np.random.default_rng(0).exponential(size=5000)
    >>> tail = tail_of(distances, n_rows=10_000)
    >>> round(tail.start, 1), round(tail.scale, 1), round(tail.nats, 1)
    (4.1, 1.1, 4.6)
    """
    ordered = np.sort(row_numbers(distances, "distances"))
    count = len(ordered)
    if not count:
        return Tail(NEVER, 1.0, _STANDARD_ERRORS, 0.0)
    last = max(_PART, min(_FEWEST / count, 0.5))
    middle = math.sqrt(last / 2)
    low, between, start = (_quantile(ordered, share) for share in (0.5, 1 - middle, 1 - last))
    step = math.log(0.5 / middle)
    if low < between < start:
        shape = min(max(math.log((start - between) / (between - low)) / step, 0.0), _HEAVIEST)
    else:
        shape = _HEAVIEST * (between < start)
    reach = 2 * step
    grown = reach if shape == 0 else growth(reach, shape)
    scale = (start - low) / grown * math.exp(shape * reach) if grown > 0 else 0.0
    scale = max(scale, least_scale, _SLOWEST * start / -math.log(last))
    reached = count - int(np.searchsorted(ordered, start))
    return Tail(start, scale, shape + _STANDARD_ERRORS / math.sqrt(count), math.log(n_rows / reached))


def _quantile(ordered: Floats, share: float) -> float:
    """Return what `numpy.quantile` does of numbers in ascending order, for thousands of columns in less time."""
    place = share * (len(ordered) - 1)
    before = int(place)
    part = place - before
    low, high = float(ordered[before]), float(ordered[min(before + 1, len(ordered) - 1)])
    return low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part)


def growth(nats: float, shape: float) -> float:
    """Return the distance beyond the start of a tail of scale one that adds so many nats, whose shape is positive."""
    return math.expm1(min(shape * nats, _LARGEST_POWER)) / shape


# e to this is the largest power of e that a double holds, or nearly.
_LARGEST_POWER = 700.0


def beyond(distances: Floats, start: Any, scale: Any, shape: Any) -> Floats:
    """Return the nats that distances add to those of the start of a tail, whose shape is positive."""
    return np.asarray(np.log1p(shape * np.maximum((distances - start) / scale, 0.0)) / shape)


@dataclass(frozen=True, eq=False)
class Rarity:
    """How rarely the rows of a table reach a number as high: its rank inside, and a tail beyond.

    Attributes
    ----------
    places, ranks : ndarray of shape (n_places,)
        Numbers in ascending order, and the nats of each: minus the logarithm of the share of the rows that reach it.
    center : float
        Where distances are measured from.
    tail : Tail
        The tail of the distances above the centre.
    """

    places: Floats
    ranks: Floats
    center: float
    tail: Tail

    @classmethod
    def of(cls, values: ArrayLike) -> "Rarity":
        """Return the rarity of numbers in one dimension, at least one, all finite.

        Examples
        --------
        >>> rarity = Rarity.of(np.random.default_rng(0).exponential(size=8000))
        >>> rarity.nats([0.0, 1.0, 3.0, 20.0]).round(1)
        array([ 0. ,  1. ,  3. , 17.1])
        """
        ordered = np.sort(row_numbers(values, "numbers"))
        count = len(ordered)
        center = float(np.median(ordered))
        tail = tail_of(ordered[ordered > center] - center, count)
        # Of numbers that tie, all reach the same.
        chosen = np.unique(ordered[np.linspace(0, count - 1, min(count, _PLACES)).round().astype(np.int64)])
        ranks = np.log(count / (count - np.searchsorted(ordered, chosen)))
        inside = chosen < center + tail.start
        if not inside.all():
            chosen, ranks = np.append(chosen[inside], center + tail.start), np.append(ranks[inside], tail.nats)
        return cls(chosen, ranks, center, tail)

    def nats(self, values: ArrayLike) -> Floats:
        """Return minus the logarithm of the probability that a row reaches each value, at least 0."""
        numbers = row_numbers(np.atleast_1d(values), "numbers").reshape(np.shape(values))
        inside = np.interp(numbers, self.places, self.ranks)
        return np.asarray(inside + beyond(numbers - self.center, *self.tail[:3]))

    def value_at(self, nats: float) -> float:
        """Return the number that has so many nats: the lowest where several have."""
        if nats <= self.tail.nats or self.tail.start >= NEVER:
            return float(np.interp(nats, self.ranks, self.places))
        return self.center + self.tail.start + self.tail.scale * growth(nats - self.tail.nats, self.tail.shape)

    def arrays(self, name: str) -> dict[str, Floats]:
        """Return what a file holds, under names that start with `name`."""
        return {
            f"{name}_places": np.stack([self.places, self.ranks]),
            f"{name}_tail": np.array([self.center, *self.tail]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], name: str) -> "Rarity":
        """Return the rarity that `arrays` made, or raise `ValueError` with the fault."""
        places, numbers = arrays[f"{name}_places"], arrays[f"{name}_tail"]
        if places.ndim != 2 or len(places) != 2 or not places.size or numbers.shape != (5,):
            raise ValueError(f"{name} has the wrong shape")
        if not np.isfinite(places).all() or (np.diff(places) < 0).any() or (places[1] < 0).any():
            raise ValueError(f"the places and ranks of {name} must be finite and ascend")
        center, start, scale, shape, nats = (float(number) for number in numbers)
        if not (
            abs(center) <= NEVER
            and 0 < start < math.inf
            and 1 / NEVER < scale < math.inf
            and 0 < shape <= _HEAVIEST + _STANDARD_ERRORS  # of one distance, the heaviest there is
            and nats >= 0
        ):
            raise ValueError(f"{name} has no such tail")
        return cls(places[0], places[1], center, Tail(start, scale, shape, nats))


def n_discoveries(nats: ArrayLike, rate: float) -> int:
    """Return how many rows are discoveries at a false discovery rate: those of the most nats.

    The step-up procedure of Benjamini and Hochberg (1995), "Controlling the false discovery rate", Journal of the Royal
    Statistical Society B 57, on p-values exp(-nats).

    Examples
    --------
    >>> n_discoveries([9.0, 8.0, 0.5, 0.1, 0.2], rate=0.1)
    2
    """
    ordered = np.sort(row_numbers(nats, "nats"))[::-1]
    found = np.flatnonzero(ordered >= np.log(len(ordered) / (rate * np.arange(1, len(ordered) + 1))))
    return int(found[-1]) + 1 if len(found) else 0
