"""What the columns of levels say of a row, as a frozen value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ...statistics.rarity import Rarity
from ...typing import Bools, Floats
from .absent import Absent
from .coding import UNSEEN, Coding, nats_of_new, shares_reached
from .dependencies import Dependencies
from .given import Farthest, NumbersGivenLevels
from .near import near_levels
from .profiles import Profiles
from .walk import walked

# What levels find counts so much beside what mixtures and neighbours find of numbers, as flags do.
VOICE_OF_LEVELS = 0.4


# A rare level adds this part of its nats to those of the walk, which knows of it. Missing cells add as much, where they
# say more.
_OF_RARE = 0.5


class Cells(NamedTuple):
    """What is known of the levels of rows, each of shape (n_rows, m).

    Attributes
    ----------
    walk : ndarray
        How far out each is.
    shares : ndarray
        Minus the logarithm of the share of the rows that have a level as rare.
    """

    walk: Floats
    shares: Floats


class _Found(NamedTuple):
    """What is found of rows: of each row, of each level (n_rows, m), and of each column (n_rows, n_columns), in nats.

    All but the sum of the walk are less what a row offers by chance, `extreme` less what the table does. `absent` and
    `together` have a number for each row.
    """

    walk: Floats
    rare: Floats
    absent: Floats
    together: Floats
    told: Floats
    wrong: Floats
    given: Floats
    extreme: Floats

    def votes(self, walk: Rarity) -> Floats:
        """Return all votes together, given how rare sums of the walk are, which knows of rare levels by half."""
        rarest, told, given = (part.max(axis=1) for part in (self.rare, self.told, self.given))
        rare = _OF_RARE * np.maximum(rarest, self.absent)
        return np.asarray(walk.nats(self.walk) + rare + self.together + told + given)

    def evident(self) -> Floats:
        """Return what the level of a row says that alone says most."""
        return np.asarray(np.maximum(self.rare, self.wrong).max(axis=1))


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
    absent : Absent
        Cells that are missing.
    profiles : Profiles
        Levels that rows have together.
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
    absent: Absent
    profiles: Profiles
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

        Raises
        ------
        ValueError
            No column has levels.
        """
        coding = Coding.of(levels)
        if not len(coding):
            raise ValueError("no column has levels: votes of levels need one at least")
        codes = coding.codes(pool)
        shares, misspelt, near = [], [], []
        counts = coding.each(coding.counts(codes))
        for column, of_column in zip(coding.columns, counts, strict=True):
            own = texts[column] if texts is not None else None
            size = len(of_column) - 2
            nearest, says = near_levels(own, of_column[:size]) if own else (np.full(size, -1, np.int32), np.zeros(size))
            shares.append(-np.log(shares_reached(of_column, len(pool))))
            if not of_column[size + UNSEEN]:
                shares[-1][size + UNSEEN] = nats_of_new(of_column[:size], says, len(pool))
            near.append(np.append(nearest, [-1, -1]).astype(np.int32))
            misspelt.append(np.append(says, [0.0, 0.0]))
        walk = walked(codes, coding)
        flat = np.concatenate(shares), np.concatenate(misspelt), np.concatenate(near)
        dependencies = Dependencies.of(codes, coding)
        given = NumbersGivenLevels.of(pool, codes, coding, n_rows or len(pool))
        absent, profiles = Absent.of(pool), Profiles.of(codes, coding)
        sums = Rarity.of(walk[coding.places(codes)].sum(axis=1))
        # The rarity of votes is that of all that goes before.
        votes = cls(coding, walk, *flat, dependencies, given, absent, profiles, (sums, sums), pool.shape[1])
        rarity = Rarity.of(votes.votes(pool))
        return replace(votes, rarities=(sums, rarity))

    def __len__(self) -> int:
        return len(self.coding)

    def votes(self, X: NDArray[Any], cells: Cells | None = None) -> Floats:
        """Return how unusual rows are by what is found of them, shape (n_rows,); no nats.

        What is known of their levels may be given, `cells`; default: what is known of those of the table.
        """
        return self._found(X, cells).votes(self.rarities[0])

    def parts(self, X: NDArray[Any], cells: Cells | None = None) -> tuple[Floats, Floats, Floats]:
        """Return usual, evident and extreme nats of each row, each of shape (n_rows,).

        *Usual*: how rarely a row is as unusual by its votes. *Evident*: how rarely one level of a row says as much by
        chance: as much as how few rows have one as rare, how far it is off a law, or how near it is to a common one. A
        row is as surprising as the one says or the other, whichever is more: each alone is as rare as its nats.
        *Extreme*: what the number farthest from those of its level has beyond what the table offers by chance.
        `cells` as of `votes`.
        """
        found = self._found(X, cells)
        usual = self.rarities[1].nats(found.votes(self.rarities[0]))
        return usual, found.evident(), np.asarray(found.extreme.max(axis=1))

    def nats(self, X: NDArray[Any]) -> Floats:
        """Return the surprise of each row by its levels and by numbers given these, in nats, shape (n_rows,)."""
        usual, evident, extreme = self.parts(X)
        return np.asarray(np.maximum(usual, evident) + extreme)

    def each(self, X: NDArray[Any]) -> Floats:
        """Return what each column has by itself beyond chance, in nats, shape (n_rows, n_columns).

        A column of levels has what its level says, a column of numbers what its number says given a level. A cell that
        is missing has what that says.
        """
        found = self._found(X)
        each = found.given.copy()
        each[:, self.coding.columns] = np.maximum(np.maximum(_OF_RARE * found.rare, found.told), found.wrong)
        return np.where(np.isnan(X), np.maximum(self.absent.each, each), each)

    def farthest(self, X: NDArray[Any]) -> Farthest:
        """Return which number of each row is farthest out given a level."""
        return self.given.farthest(X, self.coding.codes(X), self.coding)

    def _found(self, X: NDArray[Any], cells: Cells | None = None) -> "_Found":
        codes = self.coding.codes(X)
        places = self.coding.places(codes)
        by_chance = np.log(max(len(self), 1))
        walk, shares = (self.walk[places], self.shares[places]) if cells is None else cells
        misspelt = self.misspelt[places]
        told, laws = self.dependencies.nats(codes)
        wrong = np.maximum(np.where(misspelt > 0, shares + misspelt, 0.0), laws)
        given = self.given.nats(X, codes)
        return _Found(
            walk.sum(axis=1),
            np.maximum(shares - by_chance, 0.0),
            self.absent.nats(X),
            self.profiles.nats(codes),
            np.maximum(told - by_chance, 0.0),
            np.maximum(wrong - by_chance, 0.0),
            np.maximum(given - self.given.in_row, 0.0),
            np.maximum(given - self.given.in_table, 0.0),
        )

    def recalibrated(self, pool: NDArray[Any], cells: Cells) -> Self:
        """Return the votes of a table, of which `pool` holds rows, with what is known of the levels of these."""
        walked = replace(self, rarities=(Rarity.of(cells.walk.sum(axis=1)), self.rarities[1]))
        return replace(walked, rarities=(walked.rarities[0], Rarity.of(walked.votes(pool, cells))))

    def without(self, columns: Sequence[int]) -> Self:
        """Return the same votes but for those of some columns of the table, whose levels then say nothing."""
        silent = np.flatnonzero(np.isin(self.coding.columns, columns))
        places = self.places_of(columns)
        walk, shares, misspelt = (np.where(places, 0.0, table) for table in (self.walk, self.shares, self.misspelt))
        return replace(
            self,
            walk=walk,
            shares=shares,
            misspelt=misspelt,
            near=np.where(places, -1, self.near).astype(np.int32),
            dependencies=self.dependencies.without(silent),
            given=self.given.without(silent),
            absent=self.absent.without(columns),
            profiles=Profiles.none(),
        )

    def places_of(self, columns: Sequence[int]) -> Bools:
        """Return which places of a flat table are of levels of some columns of the table."""
        return np.isin(self.coding.column_of, np.flatnonzero(np.isin(self.coding.columns, columns)))

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
        parts = self.dependencies, self.given, self.absent, self.profiles
        return reduce(or_, (part.arrays() for part in parts), own | rarities)

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
        absent, profiles = Absent.from_arrays(arrays, n_columns), Profiles.from_arrays(arrays)
        rarities = Rarity.from_arrays(arrays, "level_walk"), Rarity.from_arrays(arrays, "level_votes")
        walk, shares, misspelt = tables
        known = dependencies, given, absent, profiles, rarities
        return cls(coding, walk, shares, misspelt, near, *known, n_columns)
