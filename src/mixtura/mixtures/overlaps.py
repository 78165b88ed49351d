"""A pass over rows that sums how undecided they are between the clusters of a mixture."""

from dataclasses import dataclass
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
    """What a pass sums up.

    Attributes
    ----------
    gains : ndarray of shape (n_pairs,)
        What merging each pair of clusters would take from the entropy of the assignment, in nats.
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
class OverlapPass:
    """The pass, for some pairs of clusters.

    Parameters
    ----------
    passes : Passes or ObservedPasses
        What gives the responsibilities of a row.
    leaves : ndarray of shape (n_leaves,)
        The components that take part.
    clusters : ndarray of shape (n_leaves,)
        Cluster of each of them.
    pairs : tuple of (int, int)
        Pairs of clusters.
    has_noise : bool
        Whether there is noise, which has what the components leave of one.
    """

    passes: Passes | ObservedPasses
    leaves: Indices
    clusters: Indices
    pairs: tuple[tuple[int, int], ...]
    has_noise: bool

    @property
    def zero(self) -> Overlaps:
        """The sums of no rows."""
        n_leaves = len(self.leaves)
        return Overlaps(np.zeros(len(self.pairs)), np.zeros(n_leaves), np.zeros(n_leaves), 0.0, 0.0)

    def __call__(self, block: Block) -> Overlaps:
        """Return the sums of a block."""
        total = self.zero
        for first in range(0, len(block.values), _ROWS_AT_ONCE):
            total = total + self._part(_stretch(block, first))
        return total

    def _part(self, block: Block) -> Overlaps:
        shares = self.passes.responsibilities(block).astype(np.float64, copy=False)
        weights = np.ones(len(shares)) if block.weights is None else block.weights
        if np.isnan(block.values).any():  # a row without any value is not undecided: it says nothing
            weights = weights * ~np.isnan(block.values).all(axis=1)
        noise = 0.0
        if self.has_noise:
            rest = np.minimum(shares.sum(axis=1), 1.0)
            noise = _gain(rest, 1 - rest, weights)
        by_leaf = np.ascontiguousarray(shares.T[self.leaves])
        counts = (by_leaf * weights).sum(axis=1)
        claimed = np.bincount(by_leaf.argmax(axis=0), weights, len(self.leaves)).astype(np.float64)
        by_leaf[by_leaf < _LEAST] = 0.0
        # Most rows are decided, and add nothing to any pair.
        mixed = np.flatnonzero((np.count_nonzero(by_leaf, axis=0) > 1) & (weights > 0))
        gains = self._pair_gains(by_leaf.take(mixed, axis=1), weights[mixed])
        return Overlaps(gains, counts, claimed, noise, float(weights.sum()))

    def _pair_gains(self, by_leaf: Floats, weights: Floats) -> Floats:
        shares = {cluster: by_leaf[self.clusters == cluster].sum(axis=0) for cluster in set(self.clusters.tolist())}
        return np.array([_gain(shares[one], shares[other], weights) for one, other in self.pairs])


def _gain(one: Floats, other: Floats, weights: Floats) -> float:
    """Return the sum over rows of a log((a + b) / a) + b log((a + b) / b), as terms that are not negative.

    So nothing cancels, and what is nearly nothing is known as well as the rest.
    """
    both = np.flatnonzero((one > 0) & (other > 0))
    one, other = one[both], other[both]
    low, high = np.minimum(one, other), np.maximum(one, other)
    ratio = low / high
    return float((weights[both] * ((low + high) * np.log1p(ratio) - low * np.log(ratio))).sum())


def _stretch(block: Block, first: int) -> Block:
    rows = slice(first, first + _ROWS_AT_ONCE)
    weights = None if block.weights is None else block.weights[rows]
    return Block(block.values[rows], weights, block.first_row + first)
