"""Passes over rows that sum how undecided they are between the clusters of a mixture, and how dense they lie there."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple, Self

import numpy as np
from scipy.special import chdtri

from ...distributions.missing import ObservedPasses
from ...distributions.passes import Components, Passes
from ...rows import Block, Rows
from ...typing import Floats, Integers
from ..em.expectation import passes_for

# The responsibilities of a row add up to one but for rounding, which is half this much and more: less says nothing.
_LEAST = 2.0**-53

# Rows that are looked at together: the responsibilities of some twenty components then stay in a processor's cache.
_ROWS_AT_ONCE = 2**13

# A row counts as no less dense than the contour of its component that leaves out so many: one far away would make its
# whole cluster a thin one.
_OUTSIDE = 0.01


@dataclass(frozen=True, eq=False)
class Overlaps:
    """What the rows say of the components before any are merged.

    The last axis of sums over rows has three: of all rows, of those without missing values, and of the log densities of
    the latter.

    Attributes
    ----------
    gains : ndarray of shape (n_pairs, 3)
        What merging each pair of components would take from the entropy of the assignment, in nats.
    counts : ndarray of shape (n_leaves, 3)
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


class _Part(NamedTuple):
    """Some rows: their responsibilities, shape (n_leaves, n_rows), and weights in the three sums, (3, n_rows)."""

    shares: Floats
    weights: Floats


@dataclass(frozen=True, eq=False)
class Responsibilities:
    """What both passes read of a block.

    Parameters
    ----------
    passes : Passes or ObservedPasses
        What gives the responsibilities of a row.
    leaves : ndarray of shape (n_leaves,)
        The components that take part.
    floors : ndarray of shape (n_leaves,)
        Log density at the contour of each of them that no row counts as less dense than.
    """

    passes: Passes | ObservedPasses
    leaves: Integers
    floors: Floats

    @classmethod
    def of(cls, components: Components, leaves: Integers, rows: Rows) -> Self:
        """Return what is read of the rows of a table."""
        depth = chdtri(components.means.shape[1], _OUTSIDE) / 2
        return cls(passes_for(components, rows), leaves, components.log_constants[leaves] - depth)

    def parts(self, block: Block) -> Iterator[_Part]:
        """Yield the rows of a block, some at a time."""
        for first in range(0, len(block.values), _ROWS_AT_ONCE):
            rows = slice(first, first + _ROWS_AT_ONCE)
            weights = None if block.weights is None else block.weights[rows]
            part = Block(block.values[rows], weights, block.first_row + first)
            every = self.passes.responsibilities(part)
            if weights is None:
                weights = np.ones(len(every))
            missing = np.isnan(part.values)
            # A row without any value is not undecided: it says nothing.
            weights = weights * ~missing.all(axis=1)
            shares = np.ascontiguousarray(every.T[self.leaves], dtype=np.float64)
            total = shares.sum(axis=0)
            floor = np.divide(self.floors @ shares, total, out=np.zeros(len(total)), where=total > 0)
            log_density = np.maximum(self.passes.log_density(part).astype(np.float64), floor)
            # The densities of rows that lack values are of other columns.
            complete = weights * ~missing.any(axis=1)
            yield _Part(shares, np.stack([weights, complete, complete * log_density]))


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
        return Overlaps(np.zeros((n * (n - 1) // 2, 3)), np.zeros((n, 3)), np.zeros(n), 0.0, 0.0)

    def __call__(self, block: Block) -> Overlaps:
        """Return the sums of a block."""
        total = self.zero
        for part in self.responsibilities.parts(block):
            total = total + self._sums(*part)
        return total

    def _sums(self, shares: Floats, weights: Floats) -> Overlaps:
        noise = 0.0
        if self.has_noise:
            rest = np.minimum(shares.sum(axis=0), 1.0)
            noise = float(_gain(rest, 1 - rest, weights)[0])
        claimed = np.bincount(shares.argmax(axis=0), weights[0], len(shares)).astype(np.float64)
        # Most rows are decided, and add nothing to any pair.
        mixed = np.flatnonzero(np.count_nonzero(shares >= _LEAST, axis=0) > 1)
        some, their_weights = shares.take(mixed, axis=1), weights[:, mixed]
        gains = [_gain(one, other, their_weights) for one, other in combinations(some, 2)]
        counts = np.stack([(shares * each).sum(axis=1) for each in weights], axis=1)
        return Overlaps(np.reshape(gains, (-1, 3)), counts, claimed, noise, float(weights[0].sum()))


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
    clusters: Integers
    made: int
    others: tuple[int, ...]

    def __call__(self, block: Block) -> Floats:
        """Return the three sums of a block for each of the others, shape (n_others, 3)."""
        members = [np.flatnonzero(self.clusters == other) for other in self.others]
        total = np.zeros((len(members), 3))
        for shares, weights in self.responsibilities.parts(block):
            share = shares[self.clusters == self.made].sum(axis=0)
            mixed = np.flatnonzero(share >= _LEAST)
            some, share, their_weights = shares.take(mixed, axis=1), share[mixed], weights[:, mixed]
            total += [_gain(some[leaves].sum(axis=0), share, their_weights) for leaves in members]
        return total


def _gain(one: Floats, other: Floats, weights: Floats) -> Floats:
    """Return the sums over rows of a log((a + b) / a) + b log((a + b) / b), as terms that are not negative.

    So nothing cancels, and what is nearly nothing is known as well as the rest.
    """
    both = np.flatnonzero((one >= _LEAST) & (other >= _LEAST))
    one, other = one[both], other[both]
    low, high = np.minimum(one, other), np.maximum(one, other)
    ratio = low / high
    return np.asarray((weights[:, both] * ((low + high) * np.log1p(ratio) - low * np.log(ratio))).sum(axis=1))
