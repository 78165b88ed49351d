"""What the columns of levels say of a row, as a frozen value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ...statistics.rarity import Rarity
from ...typing import Floats, Integers
from .coding import Coding, shares_reached
from .dependencies import Dependencies
from .given import NumbersGivenLevels
from .near import near_levels
from .walk import walked

# What one rare level says beside the walk, and one that another column tells otherwise.
_OF_SHARES = 0.5


@dataclass(frozen=True, eq=False)
class LevelVotes:
    """How surprising rows are by their levels, in nats.

    Attributes
    ----------
    coding : Coding
        The columns of levels.
    walk : ndarray of shape (n_places,)
        How far out each level is by a coupled biased random walk, as a flat table.
    shares : ndarray of shape (n_places,)
        Minus the logarithm of the share of the rows that have a level of the column as rare.
    misspelt : ndarray of shape (n_places,)
        What it says of a level that its text is near that of a common one.
    near : ndarray of shape (n_places,), int32
        The level that it is near; -1 for none.
    dependencies : Dependencies
        Which columns tell which others.
    given : NumbersGivenLevels
        Numbers of rows of a level.
    rarities : tuple of Rarity
        Of the sums of the walk, and of the votes.
    n_columns : int
        Number of columns of the table, of numbers too.
    """

    coding: Coding
    walk: Floats
    shares: Floats
    misspelt: Floats
    near: NDArray[np.int32]
    dependencies: Dependencies
    given: NumbersGivenLevels
    rarities: tuple[Rarity, Rarity]
    n_columns: int

    @classmethod
    def of(
        cls,
        pool: NDArray[Any],
        levels: Sequence[int | None],
        texts: Sequence[Sequence[str] | None] | None = None,
        n_rows: int | None = None,
    ) -> Self:
        """Return what the levels of a table say.

        Parameters
        ----------
        pool : ndarray of shape (n, n_columns)
            Rows of the table, with codes in the columns of levels, NaN where a cell is missing.
        levels : sequence of int or None
            How many levels each column has, None for a column of numbers. At least one column has levels.
        texts : sequence of sequence of str, optional
            Their texts, None for a column of numbers and for levels without texts.
        n_rows : int, optional
            Rows of the table. Default: those of the pool.
        """
        coding = Coding.of(levels)
        codes = coding.codes(pool)
        shares, misspelt, near = [], [], []
        counts = coding.each(coding.counts(codes))
        for column, of_column in zip(coding.columns, counts, strict=True):
            shares.append(-np.log(shares_reached(of_column, len(pool))))
            own = texts[column] if texts is not None else None
            size = len(of_column) - 2
            nearest, says = near_levels(own, of_column[:size]) if own else (np.full(size, -1, np.int32), np.zeros(size))
            near.append(np.append(nearest, [-1, -1]).astype(np.int32))
            misspelt.append(np.append(says, [0.0, 0.0]))
        walk = walked(codes, coding)
        flat = np.concatenate(shares), np.concatenate(misspelt), np.concatenate(near)
        dependencies = Dependencies.of(codes, coding)
        given = NumbersGivenLevels.of(pool, codes, coding, n_rows or len(pool))
        sums = Rarity.of(_sums(walk, coding.places(codes)))
        # The rarity of votes is that of all that goes before.
        votes = cls(coding, walk, *flat, dependencies, given, (sums, sums), pool.shape[1])
        rarity = Rarity.of(votes.votes(codes))
        return cls(coding, walk, *flat, dependencies, given, (sums, rarity), pool.shape[1])

    def __len__(self) -> int:
        return len(self.coding)

    @cached_property
    def allowance(self) -> float:
        """Nats that the rarest of so many levels of a row have by chance."""
        return float(np.log(max(len(self), 1)))

    def votes(self, codes: Integers) -> Floats:
        """Return how unusual the levels of rows with these codes are; no nats."""
        places = self.coding.places(codes)
        walk = self.rarities[0].nats(_sums(self.walk, places))
        rarest = self._rare(places).max(axis=1)
        told = self._beyond(self.dependencies.nats(codes)).max(axis=1)
        return np.asarray(walk + rarest + told)

    def usual_nats(self, X: NDArray[Any]) -> Floats:
        """Return how rarely a row has levels as unusual, in nats, shape (n_rows,)."""
        return self.rarities[1].nats(self.votes(self.coding.codes(X)))

    def misspelt_nats(self, X: NDArray[Any]) -> Floats:
        """Return how rarely a level is as rare and as near a common one by chance, in nats, shape (n_rows,)."""
        return np.asarray(self._misspelt(self.coding.places(self.coding.codes(X))).max(axis=1))

    def _misspelt(self, places: Integers) -> Floats:
        says = self.misspelt[places]
        return self._beyond(np.where(says > 0, self.shares[places] + says, 0.0))

    def _rare(self, places: Integers) -> Floats:
        return _OF_SHARES * self._beyond(self.shares[places])

    def _beyond(self, nats: Floats) -> Floats:
        return np.asarray(np.maximum(nats - self.allowance, 0.0))

    def extreme_nats(self, X: NDArray[Any]) -> Floats:
        """Return what the number farthest from those of its level has beyond chance, in nats, shape (n_rows,)."""
        return np.asarray(self.given.nats(X, self.coding.codes(X)).max(axis=1))

    def nats(self, X: NDArray[Any]) -> Floats:
        """Return the surprise of each row by its levels and by numbers given these, in nats, shape (n_rows,)."""
        return np.asarray(np.maximum(self.usual_nats(X), self.misspelt_nats(X)) + self.extreme_nats(X))

    def each(self, X: NDArray[Any]) -> Floats:
        """Return what each column has by itself, in nats, shape (n_rows, n_columns).

        A column of levels has those of its level: how rare it is, whether it is near a common one, and how far it is
        from what other columns tell, whichever says most. A column of numbers has those of its number given a level.
        """
        codes = self.coding.codes(X)
        places = self.coding.places(codes)
        found = self.given.nats(X, codes)
        alone = np.maximum(self._rare(places), self._misspelt(places))
        found[:, self.coding.columns] = np.maximum(alone, self._beyond(self.dependencies.nats(codes)))
        return found

    def nearest(self, column: int, code: int) -> int | None:
        """Return the common level that a rare level of a column of the table is near; None where there is none."""
        place = int(np.flatnonzero(self.coding.columns == column)[0])
        if not 0 <= code < self.coding.sizes[place]:
            return None
        found = int(self.near[self.coding.starts[place] + code])
        return found if found >= 0 else None

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what a file holds."""
        own: dict[str, NDArray[Any]] = {
            "level_columns": self.coding.columns,
            "level_sizes": self.coding.sizes,
            "level_tables": np.stack([self.walk, self.shares, self.misspelt]),
            "level_near": self.near,
        }
        rarities = self.rarities[0].arrays("level_walk") | self.rarities[1].arrays("level_votes")
        return own | self.dependencies.arrays() | self.given.arrays() | rarities

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], n_columns: int) -> Self:
        """Return the value that `arrays` made, or raise `ValueError` with the fault."""
        columns, sizes = arrays["level_columns"], arrays["level_sizes"]
        if columns.ndim != 1 or not len(columns) or columns.shape != sizes.shape or (sizes < 1).any():
            raise ValueError("columns of levels have at least one level each")
        if (columns < 0).any() or (columns >= n_columns).any() or (np.diff(columns) <= 0).any():
            raise ValueError("level_columns are columns of the table in ascending order")
        coding = Coding(columns, sizes)
        tables, near = arrays["level_tables"], arrays["level_near"]
        if tables.shape != (3, coding.starts[-1]) or near.shape != (coding.starts[-1],) or (tables < 0).any():
            raise ValueError("level_tables has three numbers from 0 on for each level")
        if (near < -1).any() or (near >= sizes[coding.column_of]).any():
            raise ValueError("a level is near none that the column has")
        dependencies = Dependencies.from_arrays(arrays, coding)
        given = NumbersGivenLevels.from_arrays(arrays, coding, n_columns)
        rarities = Rarity.from_arrays(arrays, "level_walk"), Rarity.from_arrays(arrays, "level_votes")
        walk, shares, misspelt = tables
        return cls(coding, walk, shares, misspelt, near, dependencies, given, rarities, n_columns)


def _sums(table: Floats, places: Integers) -> Floats:
    return np.asarray(table[places].sum(axis=1))
