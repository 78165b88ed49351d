"""How usual levels are in each segment, drawn to how usual they are in the table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ...typing import Floats, Integers
from ..levels.coding import UNSEEN
from ..levels.votes import Cells, LevelVotes

# Segments differ in a column where chi-squared is so many standard deviations beyond what chance brings.
_DIFFERS = 4.0


@dataclass(frozen=True, eq=False)
class LevelTables:
    """What is known of levels in each segment, at last in any other; rows are as flat as the tables of `LevelVotes`.

    Attributes
    ----------
    walk : ndarray of shape (n_segments + 1, n_places)
        How far out each level is: as far as one that is as rare in the table is by the walk over that.
    shares : ndarray of shape (n_segments + 1, n_places)
        Minus the logarithm of the share of the rows of the segment that have a level as rare.
    """

    walk: Floats
    shares: Floats

    @classmethod
    def of(cls, votes: LevelVotes, X: NDArray[Any], segments: Integers, n_segments: int) -> Self | None:
        """Return those of a table, given some rows of every segment; None where segments do not differ.

        In a column where they do not, a level is as usual as in the table.
        """
        coding = votes.coding
        codes = coding.codes(X)
        walk, shares = (np.tile(table, (n_segments + 1, 1)) for table in (votes.walk, votes.shares))
        differs = False
        for column, (start, size) in enumerate(zip(coding.starts, coding.sizes, strict=False)):
            here = slice(int(start), int(start + size + 2))
            counts = np.zeros((n_segments, int(size) + 2))
            np.add.at(counts, (segments, codes[:, column]), 1)
            like = _alike(counts)
            if like is None:
                continue
            differs = True
            own = np.array([_nats(one, like * counts.sum(axis=0) / counts.sum(), like) for one in counts])
            own[:, int(size) + UNSEEN] = votes.shares[here][int(size) + UNSEEN]
            shares[:-1, here] = own
            order = np.argsort(votes.shares[here], kind="stable")
            walk[:-1, here] = np.interp(own, votes.shares[here][order], votes.walk[here][order])
        return cls(walk, shares) if differs else None

    def cells(self, votes: LevelVotes, X: NDArray[Any], segments: Integers) -> Cells:
        """Return what is known of the levels of rows in their segments."""
        places = votes.coding.places(votes.coding.codes(X))
        rows = segments[:, np.newaxis]
        return Cells(self.walk[rows, places], self.shares[rows, places])

    def at(self, votes: LevelVotes, segment: int) -> LevelVotes:
        """Return what levels say of the rows of a segment."""
        return replace(votes, walk=self.walk[segment], shares=self.shares[segment])

    def without(self, votes: LevelVotes, columns: Sequence[int]) -> Self:
        """Return the same but for some columns of the table, whose levels then say nothing."""
        places = votes.places_of(columns)
        return replace(self, walk=np.where(places, 0.0, self.walk), shares=np.where(places, 0.0, self.shares))

    def unknown(self) -> Self:
        """Return those of a table all of whose rows are of other segments."""
        return replace(self, walk=self.walk[-1:], shares=self.shares[-1:])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what a file holds."""
        return {"segment_levels": np.stack([self.walk, self.shares])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], votes: LevelVotes, n_segments: int) -> Self:
        """Return those that `arrays` made, or raise `ValueError` with the fault."""
        tables = arrays["segment_levels"]
        if tables.dtype != np.float64 or tables.shape != (2, n_segments + 1, votes.coding.starts[-1]):
            raise ValueError("segment_levels has two numbers for each level of each segment")
        if not (np.isfinite(tables).all() and (tables >= 0).all()):
            raise ValueError("segment_levels are numbers from 0 on")
        return cls(*tables)


def _alike(counts: Floats) -> float | None:
    """Return how many rows of the table count in each segment as much as its own; None where segments do not differ.

    By moments of the Dirichlet-multinomial distribution (Brier 1980, "Analysis of contingency tables under cluster
    sampling", Biometrika 67).
    """
    counts = counts[:, counts.any(axis=0)]
    n = counts.sum(axis=1, keepdims=True)
    known = n[:, 0] > 0
    counts, n = counts[known], n[known]
    n_segments, n_levels = counts.shape
    freedom = (n_segments - 1) * (n_levels - 1)
    if not freedom:
        return None
    expected = n * counts.sum(axis=0) / n.sum()
    found = float(((counts - expected) ** 2 / expected).sum())
    if found <= freedom + _DIFFERS * np.sqrt(2 * freedom):
        return None
    together = float((found - freedom) / ((n_levels - 1) * max(float((n - 1).sum()), 1.0)))
    return max(1 / min(together, 1.0) - 1, 1.0)


def _nats(counts: Floats, prior: Floats, like: float) -> Floats:
    """Return minus the logarithm of the share of the rows of a segment that have a level as rare."""
    total = counts.sum() + like
    found = counts + prior
    order = np.argsort(found, kind="stable")
    reached = np.append(0.0, np.cumsum(found[order]))
    seen = reached[np.searchsorted(found[order], found, "right")]
    # A level that neither has counts as one that a row more would have.
    more = found == 0
    return np.asarray(np.maximum(-np.log((seen + more) / (total + more)), 0.0))
