"""Columns of which one tells the other: the level that goes with another, and rows in which a different one stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ...typing import Floats, Integers
from .coding import Coding

# A column tells another where the level that mostly goes with its own is right in so large a part of the rows that
# the most frequent level gets wrong; each row is told by the others, and at least so many rows can be.
_TELLS = 0.6
_FEWEST = 10

# Where it is right in so large a part, that is a law, and rows off it are likelier wrong.
_LAW = 0.9

# Half a row is added to counts.
_ADDED = 0.5

# It is looked first which columns may tell others, in so many rows, and in so many pairs of cells of all of them. There
# a column may tell half as much.
_LOOKED, _MOST_PAIRS = 1024, 2**22

# How many pairs of columns are kept, those first that tell most, of so many that may.
_MOST, _MOST_LIKELY = 512, 4096


class Pair(NamedTuple):
    """What a column tells of another.

    Attributes
    ----------
    given, told : int
        The columns, counted among those of levels.
    law : float
        How many nats more a row off it has, where nearly all rows keep to it; 0 where less do.
    usual : ndarray of shape (n_levels,), int32
        The level of `told` that mostly goes with each level of `given`; -1 where no row has that.
    nats : ndarray of shape (n_levels,)
        Logarithm of how much more often than a level that goes with it once.
    keys, values : ndarray of shape (n_others,)
        Other levels that go with it twice or more: code of `given` times the size of `told` plus that of `told`; and
        their nats.
    """

    given: int
    told: int
    law: float
    usual: NDArray[np.int32]
    nats: Floats
    keys: Integers
    values: Floats


@dataclass(frozen=True, eq=False)
class Dependencies:
    """The pairs of columns of which one tells the other, and how rarely a row is as far from what is told of a column.

    Attributes
    ----------
    coding : Coding
        The columns of levels.
    pairs : tuple of Pair
        The pairs.
    steps : tuple of pair of ndarray
        Of each column: values in ascending order and how many nats a row has that reaches one; none where no column
        tells it.
    """

    coding: Coding
    pairs: tuple[Pair, ...]
    steps: tuple[tuple[Floats, Floats], ...]

    @classmethod
    def of(cls, codes: Integers, coding: Coding) -> Self:
        """Return those of a table, of which `codes` has rows."""
        found = []
        for given, told in _likely(codes, coding):
            gain, pair = _told(codes, coding, given, told)
            if pair is not None and gain > _TELLS:
                found.append((gain, pair))
        found.sort(key=lambda one: -one[0])
        self = cls(coding, tuple(pair for _, pair in found[:_MOST]), ())
        return cls(coding, self.pairs, tuple(_steps(column) for column in self.far(codes).T))

    def far(self, codes: Integers) -> Floats:
        """Return how far each level of each row is from what another column tells, shape (n_rows, m)."""
        far = np.zeros_like(codes, dtype=np.float64)
        for pair, rows, nats in self._off(codes):
            far[rows, pair.told] = np.maximum(far[rows, pair.told], nats)
        return far

    def nats(self, codes: Integers) -> tuple[Floats, Floats]:
        """Return how rarely a row is as far from what is told of each of its levels, and off a law, in nats.

        Both have the shape (n_rows, m). The first are no more than how much rarer the level is than the one that is
        told: where two rows speak against one, that is as far as rows get, and says little. The second add what it says
        that nearly all rows keep to the law.
        """
        found, laws = (np.zeros_like(codes, dtype=np.float64) for _ in range(2))
        for pair, rows, nats in self._off(codes):
            found[rows, pair.told] = np.maximum(found[rows, pair.told], nats)
            if pair.law:
                laws[rows, pair.told] = np.maximum(laws[rows, pair.told], np.where(nats > 0, nats + pair.law, 0.0))
        for column, (values, ranks) in enumerate(self.steps):
            rows = np.flatnonzero(found[:, column])
            # Where no row fitted is off what is told, one that is counts by how far it is.
            if len(rows) and len(values):
                # What is farther than all rows is as rare as the farthest.
                place = np.searchsorted(values, found[rows, column] * (1 + _ROUNDING), "right") - 1
                found[rows, column] = np.minimum(found[rows, column], np.where(place >= 0, ranks[place], 0.0))
        return found, laws

    def without(self, columns: Integers) -> Self:
        """Return those of the pairs in which some columns, counted among those of levels, have no part."""
        gone = set(columns.tolist())
        return replace(self, pairs=tuple(pair for pair in self.pairs if not {pair.given, pair.told} & gone))

    def _off(self, codes: Integers) -> Iterator[tuple[Pair, Integers, Floats]]:
        """Yield each pair, the rows that have another level than it tells, and how many nats that is."""
        for pair in self.pairs:
            given, told = codes[:, pair.given], codes[:, pair.told]
            rows = np.flatnonzero((given < len(pair.usual)) & (told <= self.coding.sizes[pair.told]))
            rows = rows[pair.usual[given[rows]] != told[rows]]
            if not len(rows):
                continue
            given, told = given[rows], told[rows]
            nats = pair.nats[given]
            if len(pair.keys):
                key = given * (int(self.coding.sizes[pair.told]) + 1) + told
                place = np.minimum(np.searchsorted(pair.keys, key), len(pair.keys) - 1)
                nats = np.where(pair.keys[place] == key, pair.values[place], nats)
            yield pair, rows, nats

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what a file holds."""
        pairs = self.pairs
        return {
            "pair_columns": np.array([(p.given, p.told, len(p.usual), len(p.keys)) for p in pairs], np.int32).reshape(
                -1, 4
            ),
            "pair_laws": np.array([pair.law for pair in pairs]),
            "pair_usual": np.concatenate([np.empty(0, np.int32), *(p.usual for p in pairs)]),
            "pair_nats": np.concatenate([np.empty(0), *(p.nats for p in pairs)]),
            "pair_keys": np.concatenate([np.empty(0, np.int64), *(p.keys for p in pairs)]),
            "pair_values": np.concatenate([np.empty(0), *(p.values for p in pairs)]),
            "pair_steps": np.concatenate([np.empty((2, 0)), *(np.stack(step) for step in self.steps)], axis=1),
            "pair_n_steps": np.array([len(step[0]) for step in self.steps], np.int32),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], coding: Coding) -> Self:
        """Return those that `arrays` made, or raise `ValueError` with the fault."""
        columns = arrays["pair_columns"]
        if columns.ndim != 2 or columns.shape[1] != 4 or (columns < 0).any():
            raise ValueError("pair_columns has two columns and two numbers for each pair")
        sizes, n_keys = columns[:, 2].astype(np.int64), columns[:, 3].astype(np.int64)
        m = len(coding)
        if (columns[:, :2] >= m).any() or (sizes != coding.sizes[columns[:, 0]]).any():
            raise ValueError("a pair has no such column of levels")
        usual, nats, keys, values = (arrays[f"pair_{name}"] for name in ("usual", "nats", "keys", "values"))
        laws, steps, n_steps = arrays["pair_laws"], arrays["pair_steps"], arrays["pair_n_steps"]
        fits = usual.shape == nats.shape == (sizes.sum(),) and keys.shape == values.shape == (n_keys.sum(),)
        fits = fits and laws.shape == (len(columns),)
        if not fits or n_steps.shape != (m,) or (n_steps < 0).any() or steps.shape != (2, n_steps.sum()):
            raise ValueError("pairs of levels have the wrong sizes")
        if (laws < 0).any() or (nats < 0).any() or (values < 0).any() or (steps < 0).any():
            raise ValueError("nats of pairs of levels are at least 0")
        split = [np.split(a, np.cumsum(sizes)[:-1]) for a in (usual, nats)]
        split += [np.split(a, np.cumsum(n_keys)[:-1]) for a in (keys, values)]
        whole = zip(columns, laws, *split, strict=False)
        pairs = tuple(Pair(int(c[0]), int(c[1]), float(law), *parts) for c, law, *parts in whole)
        told = np.split(steps, np.cumsum(n_steps)[:-1], axis=1) if m else []
        return cls(coding, pairs, tuple((one[0], one[1]) for one in told))


# Equal counts give equal nats, up to rounding.
_ROUNDING = 1e-12


def _likely(codes: Integers, coding: Coding) -> list[tuple[int, int]]:
    """Return pairs of columns of which one may tell the other, by some of the rows, in ascending order."""
    m = len(coding)
    n_looked = max(min(_LOOKED, _MOST_PAIRS // max(m, 1) ** 2), 1)
    rows = codes[:: -(-len(codes) // n_looked)]
    known = rows < coding.sizes
    row = np.nonzero(known)[0]
    levels, order = np.unique(coding.places(rows)[known], return_inverse=True)
    if not len(levels):
        return []
    cells = sparse.csr_array((np.ones(len(row)), (row, order)), shape=(len(rows), len(levels)))
    together = (cells.T @ cells).tocsr()
    together.sort_indices()
    column_of = coding.column_of[levels]
    level = np.repeat(np.arange(len(levels)), np.diff(together.indptr))
    other = column_of[together.indices]
    # Counts of a level with those of another column stand side by side.
    starts = np.flatnonzero(np.append(True, (np.diff(level) > 0) | (np.diff(other) > 0)))
    most = np.maximum.reduceat(together.data, starts)
    keys, which = np.unique(column_of[level[starts]].astype(np.int64) * m + other[starts], return_inverse=True)
    right = np.bincount(which, np.where(most >= 2, most, 0))
    counts = np.asarray(cells.sum(axis=0))
    can = np.bincount(column_of, np.where(counts >= 2, counts, 0), minlength=m)
    usual = np.zeros(m)
    np.maximum.at(usual, column_of, counts)
    usual /= np.maximum(known.sum(axis=0), 1)
    given, told = keys // m, keys % m
    with np.errstate(divide="ignore", invalid="ignore"):
        gains = (right / can[given] - usual[told]) / (1 - usual[told])
    gains = np.where((given != told) & np.isfinite(gains), gains, 0.0)
    likely = np.flatnonzero(gains > _TELLS / 2)
    likely = np.sort(likely[np.argsort(-gains[likely], kind="stable")[:_MOST_LIKELY]])
    return [*zip(given[likely].tolist(), told[likely].tolist(), strict=True)]


def _told(codes: Integers, coding: Coding, given: int, told: int) -> tuple[float, Pair | None]:
    """Return which part of the errors of the most frequent level a column avoids, and what it tells."""
    width = int(coding.sizes[told]) + 1
    size = int(coding.sizes[given])
    first, second = codes[:, given], codes[:, told]
    known = (first < size) & (second < width - 1)
    if known.sum() < _FEWEST:
        return 0.0, None
    first, second = first[known], second[known]
    keys, counts = np.unique(first * width + second, return_counts=True)
    owner = keys // width
    n_given = np.bincount(first, minlength=size)
    best = np.lexsort((keys, -counts, owner))
    leading = best[np.append(True, np.diff(owner[best]) > 0)]
    most = np.zeros(size, np.int64)
    most[owner[leading]] = counts[leading]
    can = n_given[owner] >= 2
    told_right = counts[can & (counts == most[owner]) & (counts >= 2)].sum()
    n_can = int(counts[can].sum())
    if n_can < _FEWEST:
        return 0.0, None
    usual_share = np.bincount(second).max() / len(second)
    if usual_share == 1:
        return 0.0, None
    gain = (told_right / n_can - usual_share) / (1 - usual_share)
    usual = np.full(size, -1, np.int32)
    usual[owner[leading]] = keys[leading] % width
    nats = np.log((most + _ADDED) / _ADDED)
    nats[most == 0] = 0.0
    again = np.setdiff1d(np.flatnonzero((counts >= 2) | (counts == most[owner])), leading)
    own, top = counts[again], most[owner[again]]
    values = np.where(own == top, 0.0, np.log((top + _ADDED) / (own - 1 + _ADDED)))
    law = -np.log(max(1 - gain, 1 / n_can)) if gain > _LAW else 0.0
    return float(gain), Pair(given, told, float(law), usual, nats, keys[again], values)


def _steps(far: Floats) -> tuple[Floats, Floats]:
    values, counts = np.unique(far[far > 0], return_counts=True)
    reached = np.cumsum(counts[::-1])[::-1]
    return values, np.log(len(far) / reached)
