"""How numbers are distributed, by how many are below a few hundred of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...typing import Floats, Integers

# Numbers that are kept of a column, and of all columns of a table.
MOST_PLACES = 201
_FEWEST, _MOST_OF_TABLE = 21, 2**16

# What rounding may add to a rank.
_ROUNDING = 1 - 1e-12


def places_of_each(n_columns: int) -> int:
    """Return how many numbers are kept of each column of a table."""
    return max(_FEWEST, min(MOST_PLACES, _MOST_OF_TABLE // max(1, n_columns)))


@dataclass(frozen=True, eq=False)
class Cumulative:
    """How many numbers are below some places, and how many are at most as large.

    Those of separate numbers at the same places add up.

    Attributes
    ----------
    places : ndarray of shape (n_places,)
        The places, in increasing order.
    below, upto : ndarray of shape (n_places,)
        How many numbers are smaller than each, and how many are smaller or the same.
    n : int
        How many numbers there are.

    Examples
    --------
    >>> kept = Cumulative.of([1.0, 2.0, 7.0], [2, 1, 1], most=201)
    >>> kept.below.tolist(), kept.upto.tolist(), kept.n
    ([0, 2, 3], [2, 3, 4], 4)
    """

    places: Floats
    below: Integers
    upto: Integers
    n: int

    @classmethod
    def of(cls, values: ArrayLike, counts: ArrayLike, most: int) -> "Cumulative":
        """Return the distribution of numbers, at the numbers themselves, at most so many of them.

        Parameters
        ----------
        values : array_like of shape (n_values,)
            Different numbers in increasing order, at least one.
        counts : array_like of shape (n_values,)
            How often each occurs.
        most : int
            How many places there may be; of more numbers, those at evenly spaced ranks are taken.
        """
        numbers, counted = np.asarray(values, np.float64), np.asarray(counts, np.int64)
        upto = np.cumsum(counted)
        kept = np.arange(len(upto))
        if len(upto) > most:
            kept = np.unique(np.searchsorted(upto, np.linspace(0, upto[-1], most) * _ROUNDING))
        return cls(numbers[kept], (upto - counted)[kept], upto[kept], int(upto[-1]))

    @classmethod
    def at(cls, places: Floats, values: ArrayLike, counts: ArrayLike | None = None) -> "Cumulative":
        """Return the distribution of numbers at given places.

        Parameters
        ----------
        places : ndarray of shape (n_places,)
            The places, in increasing order.
        values : array_like of shape (n_values,)
            Numbers in increasing order.
        counts : array_like of shape (n_values,), optional
            How often each occurs. Default: once.
        """
        numbers = np.asarray(values, np.float64)
        upto = np.arange(len(numbers) + 1) if counts is None else np.concatenate([[0], np.cumsum(counts)])
        below, at_most = (upto[np.searchsorted(numbers, places, side)].astype(np.int64) for side in ("left", "right"))
        return cls(places, below, at_most, int(upto[-1]))

    def __add__(self, other: "Cumulative") -> "Cumulative":
        return Cumulative(self.places, self.below + other.below, self.upto + other.upto, self.n + other.n)

    def quantile(self, share: float) -> float:
        """Return the smallest place that at least this share of the numbers does not exceed, or else the last."""
        reached = int(np.searchsorted(self.upto, share * self.n * _ROUNDING))
        return float(self.places[min(reached, len(self.places) - 1)])

    def to_json(self) -> dict[str, Any]:
        """Return the same as values of JSON, which `from_json` reads."""
        return {"places": self.places.tolist(), "below": self.below.tolist(), "upto": self.upto.tolist(), "n": self.n}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Cumulative":
        """Return what `to_json` wrote.

        Raises
        ------
        ValueError
            It is no distribution of numbers.
        """
        places = np.array(values["places"], np.float64)
        below, upto = (np.array(values[name], np.int64) for name in ("below", "upto"))
        if places.ndim != 1 or not len(places) or not places.shape == below.shape == upto.shape:
            raise ValueError("a distribution of numbers has no places, or not one count for each")
        counts = np.concatenate([[0], np.stack([below, upto], axis=1).ravel(), [int(values["n"])]])
        if (
            not np.isfinite(places).all()
            or (np.diff(places) <= 0).any()
            or (np.diff(counts) < 0).any()
            or not counts[-1]
        ):
            raise ValueError("the places and counts of a distribution of numbers must be finite and ascend")
        return cls(places, below, upto, int(counts[-1]))


@dataclass(frozen=True)
class Difference:
    """Where two distributions differ most.

    Attributes
    ----------
    distance : float
        The largest difference of the shares of the numbers.
    place : float
        Where that is.
    is_below : bool
        Whether the shares are those of smaller numbers, and not of smaller ones and the same.
    before, now : float
        The shares.
    """

    distance: float
    place: float
    is_below: bool
    before: float
    now: float


def difference(before: Cumulative, now: Cumulative) -> Difference:
    """Return where two distributions at the same places differ most.

    It is the distance of Kolmogorov and Smirnov, exact where all numbers of the first are places; else it may be too
    small by one part in as many as there are.

    Parameters
    ----------
    before, now : Cumulative
        The distributions, neither of them of no numbers.

    Examples
    --------
    >>> before = Cumulative.of([0.0, 1.0, 2.0, 3.0], [1, 1, 1, 1], most=201)
    >>> difference(before, Cumulative.at(before.places, [0.0, 1.0]))
    Difference(distance=0.5, place=1.0, is_below=False, before=0.5, now=1.0)
    """
    shares = np.stack([np.concatenate([one.upto, one.below]) / one.n for one in (before, now)])
    at = int(np.abs(shares[1] - shares[0]).argmax())
    is_below, place = divmod(at, len(before.places))
    first, second = shares[:, at].tolist()
    return Difference(abs(second - first), float(before.places[place]), bool(is_below), first, second)
