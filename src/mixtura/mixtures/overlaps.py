"""Passes over rows that sum how undecided they are between the clusters of a mixture."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..distributions.matrices import Floats
from ..distributions.missing import ObservedPasses
from ..distributions.passes import Passes
from ..rows import Block

Indices = NDArray[np.int64]

# The responsibilities of a row add up to one but for rounding, which is half this much and more: less says nothing.
_LEAST = 2.0**-53

# Rows that are looked at together: the responsibilities of some twenty components then stay in a processor's cache.
_ROWS_AT_ONCE = 2**13


@dataclass(frozen=True, eq=False)
class Overlaps:
    """What the rows say of the components before any are merged.

    Attributes
    ----------
    gains : ndarray of shape (n_pairs,)
        What merging each pair of components would take from the entropy of the assignment, in nats.
    counts : ndarray of shape (n_leaves,)
        Expected rows of each component.
    claimed : ndarray of shape (n_leaves,)
        Rows of which each component is the most probable.
    noise : float
        Entropy between noise and all the rest, in nats.
    weight : float
        Rows that have both a weight and a value.
    """

    gains: Floats
    counts: Floats
    claimed: Floats
    noise: float
    weight: float

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.gains + other.gains,
            self.counts + other.counts,
            self.claimed + other.claimed,
            self.noise + other.noise,
            self.weight + other.weight,
        )


@dataclass(frozen=True, eq=False)
class Responsibilities:
    """What both passes read of a block.

    Parameters
    ----------
    passes : Passes or ObservedPasses
        What gives the responsibilities of a row.
    leaves : ndarray of shape (n_leaves,)
        The components that take part.
    """

    passes: Passes | ObservedPasses
    leaves: Indices

    def of(self, block: Block) -> Iterator[tuple[Floats, Floats]]:
        """Yield the responsibilities of some rows, shape (n_leaves, n_rows), and the weights of these."""
        for first in range(0, len(block.values), _ROWS_AT_ONCE):
            rows = slice(first, first + _ROWS_AT_ONCE)
            weights = None if block.weights is None else block.weights[rows]
            part = Block(block.values[rows], weights, block.first_row + first)
            shares = self.passes.responsibilities(part)
            if weights is None:
                weights = np.ones(len(shares))
            missing = np.isnan(part.values)
            if missing.any():  # a row without any value is not undecided: it says nothing
                weights = weights * ~missing.all(axis=1)
            yield np.ascontiguousarray(shares.T[self.leaves], dtype=np.float64), weights


@dataclass(frozen=True, eq=False)
class OverlapPass:
    """The pass that sums up for all pairs of components, in the order of `itertools.combinations`.

    Parameters
    ----------
    responsibilities : Responsibilities
        Those of the components.
    has_noise : bool
        Whether there is noise, which has what the components leave of one.
    """

    responsibilities: Responsibilities
    has_noise: bool

    @property
    def zero(self) -> Overlaps:
        """The sums of no rows."""
        n = len(self.responsibilities.leaves)
        return Overlaps(np.zeros(n * (n - 1) // 2), np.zeros(n), np.zeros(n), 0.0, 0.0)

    def __call__(self, block: Block) -> Overlaps:
        """Return the sums of a block."""
        total = self.zero
        for shares, weights in self.responsibilities.of(block):
            total = total + self._sums(shares, weights)
        return total

    def _sums(self, shares: Floats, weights: Floats) -> Overlaps:
        noise = 0.0
        if self.has_noise:
            rest = np.minimum(shares.sum(axis=0), 1.0)
            noise = _gain(rest, 1 - rest, weights)
        claimed = np.bincount(shares.argmax(axis=0), weights, len(shares)).astype(np.float64)
        # Most rows are decided, and add nothing to any pair.
        mixed = np.flatnonzero(np.count_nonzero(shares >= _LEAST, axis=0) > 1)
        some, their_weights = shares.take(mixed, axis=1), weights[mixed]
        gains = [_gain(one, other, their_weights) for one, other in combinations(some, 2)]
        return Overlaps(np.array(gains), (shares * weights).sum(axis=1), claimed, noise, float(weights.sum()))


@dataclass(frozen=True, eq=False)
class MergedPass:
    """The pass that sums what merging one cluster with each of some others would take from the entropy, in nats.

    Parameters
    ----------
    responsibilities : Responsibilities
        Those of the components.
    clusters : ndarray of shape (n_leaves,)
        Cluster of each component.
    made : int
        The one cluster.
    others : tuple of int
        The others.
    """

    responsibilities: Responsibilities
    clusters: Indices
    made: int
    others: tuple[int, ...]

    def __call__(self, block: Block) -> Floats:
        """Return the sums of a block, shape (n_others,)."""
        members = [np.flatnonzero(self.clusters == other) for other in self.others]
        total = np.zeros(len(members))
        for shares, weights in self.responsibilities.of(block):
            share = shares[self.clusters == self.made].sum(axis=0)
            mixed = np.flatnonzero(share >= _LEAST)
            some, share, their_weights = shares.take(mixed, axis=1), share[mixed], weights[mixed]
            total += [_gain(some[leaves].sum(axis=0), share, their_weights) for leaves in members]
        return total


def _gain(one: Floats, other: Floats, weights: Floats) -> float:
    """Return the sum over rows of a log((a + b) / a) + b log((a + b) / b), as terms that are not negative.

    So nothing cancels, and what is nearly nothing is known as well as the rest.
    """
    both = np.flatnonzero((one >= _LEAST) & (other >= _LEAST))
    one, other = one[both], other[both]
    low, high = np.minimum(one, other), np.maximum(one, other)
    ratio = low / high
    return float((weights[both] * ((low + high) * np.log1p(ratio) - low * np.log(ratio))).sum())
