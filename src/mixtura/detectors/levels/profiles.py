"""Rows of the same levels in all columns: how rarely a row has levels that so few rows have together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ...typing import Floats, Integers
from .coding import Coding, shares_reached

# Rows are known by their levels where these repeat so often on average. Else any row has levels of its own.
_REPEATED = 5

# Levels of a row are one number: a polynomial in this, modulo 2**64 (Knuth's multiplier, from the golden ratio).
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, eq=False)
class Profiles:
    """The levels that rows have together, and how rare these are, in nats.

    Attributes
    ----------
    keys : ndarray of shape (n_profiles,), int64
        A number for each, in ascending order; none where rows hardly repeat.
    each : ndarray of shape (n_profiles,)
        Minus the logarithm of the share of the rows whose levels as few rows have.
    other : float
        The same of levels that no row has together.
    """

    keys: NDArray[np.int64]
    each: Floats
    other: float

    @classmethod
    def none(cls) -> Self:
        """Return those that say nothing."""
        return cls(np.empty(0, np.int64), np.empty(0), 0.0)

    @classmethod
    def of(cls, codes: Integers, coding: Coding) -> Self:
        """Return those of a table, of which `codes` has rows.

        Examples
        --------
        >>> coding = Coding.of((2, 2))
        >>> codes = np.array([[0, 0]] * 60 + [[1, 1]] * 39 + [[0, 1]])
        >>> Profiles.of(codes, coding).nats(codes)[[0, 60, 99]].round(1)
        array([-0. ,  0.9,  4.6])
        """
        if len(coding) < 2:
            return cls.none()
        keys, counts = np.unique(_keys(codes), return_counts=True)
        if _REPEATED * len(keys) > len(codes):
            return cls.none()
        each = -np.log(shares_reached(np.append(counts, 0), len(codes)))
        return cls(keys, each[:-1], float(each[-1]))

    def nats(self, codes: Integers) -> Floats:
        """Return how rare the levels of each row are together, shape (n_rows,)."""
        if not len(self.keys):
            return np.zeros(len(codes))
        keys = _keys(codes)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, self.each[place], self.other)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what a file holds: nothing where rows hardly repeat."""
        if not len(self.keys):
            return {}
        return {"profile_keys": self.keys, "profile_nats": np.append(self.each, self.other)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return those that `arrays` made, or raise `ValueError` with the fault."""
        if "profile_keys" not in arrays:
            return cls.none()
        keys, nats = arrays["profile_keys"], arrays["profile_nats"]
        if keys.ndim != 1 or keys.dtype != np.int64 or not len(keys) or (keys[1:] <= keys[:-1]).any():
            raise ValueError("profile_keys are whole numbers in ascending order")
        if nats.shape != (len(keys) + 1,) or not (nats >= 0).all():
            raise ValueError("profile_nats has a number from 0 on for each profile, and one more")
        return cls(keys, nats[:-1], float(nats[-1]))


def _keys(codes: Integers) -> NDArray[np.int64]:
    keys = np.zeros(len(codes), np.uint64)
    for column in codes.T:
        keys = keys * _MULTIPLIER + column.astype(np.uint64) + np.uint64(1)
    return keys.view(np.int64)
