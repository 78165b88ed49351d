"""Cells that are missing though nearly all rows have them, and rows that lack many of these together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ...typing import Floats
from ..explanation import Explanation

# A cell is usual that all rows but so few have. In other columns a missing cell is nothing to tell.
_MOST_MISSING = 0.01

# Equal sums give equal nats, up to rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Absent:
    """How surprising it is that cells are missing, in nats.

    Attributes
    ----------
    each : ndarray of shape (n_columns,)
        Minus the logarithm of the share of the rows in which a column is missing; 0 where none is, or where many are.
    sums, ranks : ndarray of shape (n_steps,)
        Sums of these over the missing cells of a row in ascending order, and minus the logarithm of the share of the
        rows that reach each.
    """

    each: Floats
    sums: Floats
    ranks: Floats

    @classmethod
    def of(cls, pool: NDArray[Any]) -> Self:
        """Return those of a table, of which `pool` holds rows, NaN where a cell is missing.

        Examples
        --------
        >>> pool = np.ones((200, 3))
        >>> pool[0, :2], pool[1, 0], pool[:50, 2] = np.nan, np.nan, np.nan
        >>> Absent.of(pool).nats(pool)[:3].round(1)
        array([5.3, 4.6, 0. ])
        """
        n_rows = len(pool)
        n_missing = np.isnan(pool).sum(axis=0)
        is_usual = (n_missing > 0) & (n_missing <= _MOST_MISSING * n_rows)
        each = np.where(is_usual, np.log(n_rows / np.maximum(n_missing, 1)), 0.0)
        sums, counts = np.unique(_sums(pool, each), return_counts=True)
        reached = np.cumsum(counts[::-1])[::-1]
        return cls(each, sums[sums > 0], np.log(n_rows / reached)[sums > 0])

    def nats(self, X: NDArray[Any]) -> Floats:
        """Return minus the logarithm of the share of the rows that lack as much, shape (n_rows,)."""
        place = np.searchsorted(self.sums, _sums(X, self.each) * (1 + _ROUNDING), "right")
        return np.asarray(np.append(0.0, self.ranks)[place])

    def told(self, found: Explanation, X: NDArray[Any]) -> Explanation:
        """Return the explanation of rows in which missing cells have their nats."""
        nats = np.where(np.isnan(X), self.each, 0.0)
        parts = {name: np.where(nats > 0, nats, getattr(found, name)) for name in ("distance", "shares")}
        return replace(found, **parts)

    def without(self, columns: Sequence[int]) -> Self:
        """Return those to which some columns say nothing."""
        each = self.each.copy()
        each[list(columns)] = 0.0
        return replace(self, each=each)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what a file holds: nothing where no missing cell says anything."""
        if not self.each.any():
            return {}
        return {"absent_each": self.each, "absent_steps": np.stack([self.sums, self.ranks])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], n_columns: int) -> Self:
        """Return those that `arrays` made, or raise `ValueError` with the fault."""
        if "absent_each" not in arrays:
            return cls(np.zeros(n_columns), np.empty(0), np.empty(0))
        each, steps = arrays["absent_each"], arrays["absent_steps"]
        if each.shape != (n_columns,) or steps.ndim != 2 or len(steps) != 2:
            raise ValueError("absent_each has a number for each column, and absent_steps two rows")
        if not ((each >= 0).all() and (steps >= 0).all() and (np.diff(steps) >= 0).all()):
            raise ValueError("nats of missing cells are at least 0, and their steps ascend")
        return cls(each, steps[0], steps[1])


def _sums(X: NDArray[Any], each: Floats) -> Floats:
    telling = np.flatnonzero(each)
    return np.asarray(np.isnan(X[:, telling]) @ each[telling])
