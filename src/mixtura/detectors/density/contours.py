"""How far the rows of each component of a mixture reach."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri, logsumexp

from ...distributions.missing import ObservedPasses
from ...distributions.mixture import Mixture
from ...distributions.passes import Components, Passes
from ...rows import Block
from ...typing import Floats

# In one of ten thousand tables of normal groups a row is called far, for those of real tables are not quite normal: of
# n rows each is with this probability over n.
_FALSE_ALARMS = 1e-4


@dataclass(frozen=True, eq=False)
class Contours:
    """How far the rows of each component of a mixture reach.

    Attributes
    ----------
    mixture : Mixture
        The components.
    n_fitted : float
        Weight of the rows that they were fitted to.
    weight : float
        Weight of the rows that are compared with them.
    dtype : dtype
        Type of the rows.
    missing : bool
        Whether values may be missing.
    """

    mixture: Mixture
    n_fitted: float
    weight: float
    dtype: "np.dtype[Any]"
    missing: bool

    @property
    def sizes(self) -> Floats:
        """Weight of the rows of each component."""
        return self.mixture.weights * self.n_fitted

    @cached_property
    def limits(self) -> Floats:
        """Largest squared distance of a row that lies near, by number of values that the row has and component.

        Of a normal component estimated from m rows the squared distance of another row follows an F distribution; for
        large m it is chi-square.
        """
        n_columns, sizes = self.mixture.n_features, np.maximum(self.sizes, 1.0)
        told, taken = self.mixture.covariance.variance_degrees(sizes, self.n_fitted, n_columns)
        free = np.maximum(told - taken, 0.0)
        known = np.arange(n_columns + 1)[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            quantiles = fdtri(np.maximum(known, 1), np.maximum(free, 1.0), 1 - _FALSE_ALARMS / self.weight)
            limits = (1 + 1 / sizes) * known * told / free * quantiles
        return np.where((free >= 1) & np.isfinite(limits), limits, np.inf)

    @cached_property
    def _each(self) -> list[tuple[Components, Passes | ObservedPasses]]:
        """The components one by one, and the passes over rows under each."""
        make = ObservedPasses if self.missing else Passes
        ones = [np.array([k]) for k in range(self.mixture.n_components)]
        parts = [
            Mixture(np.ones(1), self.mixture.means[one], self.mixture.covariance.repeat(one)).components for one in ones
        ]
        return [(part, make(part, self.dtype)) for part in parts]

    @cached_property
    def _together(self) -> tuple[Passes, float]:
        """The pass over rows without missing values, and a log density that no row has that lies far."""
        components = self.mixture.components
        return Passes(components, self.dtype), float(logsumexp(components.log_constants - self.limits[-1] / 2)) + 1e-3

    def squares(self, block: Block) -> Floats:
        """Return the squared Mahalanobis distance of each row from each component, shape (n_rows, n_components)."""
        values = block.values
        out = np.empty((len(values), self.mixture.n_components))
        for k, (component, passes) in enumerate(self._each):
            highest: Any = component.log_constants[0]
            if self.missing:
                # Of the values that a row has, the density at the mean.
                at_mean = np.where(np.isnan(values), values, component.means[0].astype(values.dtype))
                highest = passes.log_density(replace(block, values=at_mean))
            out[:, k] = 2 * np.maximum(highest - passes.log_density(block), 0)
        return out

    def near(self, block: Block) -> NDArray[np.bool_]:
        """Return whether each row lies within reach of a component."""
        if self.missing:
            known = (~np.isnan(block.values)).sum(axis=1)
            return np.asarray((self.squares(block) <= self.limits[known]).any(axis=1))
        # One pass finds the few rows of which it is not certain.
        passes, certain = self._together
        near = passes.log_density(block) >= certain
        doubtful = np.flatnonzero(~near)
        if len(doubtful):
            part = Block(block.values[doubtful], None, block.first_row)
            near[doubtful] = (self.squares(part) <= self.limits[-1]).any(axis=1)
        return near

    def distances(self, points: Floats) -> Floats:
        """Return how many standard deviations of each component points are away from it."""
        return np.sqrt(self.squares(Block(points.astype(self.dtype), None, 0)))

    def without_small(self, least: float) -> Mixture:
        """Return the mixture without the components that have fewer rows than a group and lie far from every group."""
        mixture, sizes = self.mixture, self.sizes
        enough = sizes > least - 0.5
        groups = np.flatnonzero(enough)
        if not len(groups) or len(groups) == len(sizes):
            return mixture
        apart = (self.distances(mixture.means)[:, groups] ** 2 > self.limits[-1, groups]).all(axis=1)
        kept = np.flatnonzero(enough | ~apart)
        weights = mixture.weights[kept]
        return Mixture(weights / weights.sum(), mixture.means[kept], mixture.covariance.repeat(kept))


@dataclass(frozen=True, eq=False)
class Near:
    """The part of a block within reach of a component: the other rows weigh nothing.

    Attributes
    ----------
    contours : sequence of Contours
        How far components reach.
    columns : tuple of int, optional
        The columns that they are mixtures of. Default: all.
    """

    contours: Sequence[Contours]
    columns: tuple[int, ...] | None = None

    def __call__(self, block: Block) -> Block:
        """Return the block with weight zero for rows that lie far."""
        near = self.of(block)
        return replace(block, weights=near.astype(np.float64) if block.weights is None else near * block.weights)

    def of(self, block: Block) -> NDArray[np.bool_]:
        """Return whether each row lies near."""
        block = self.numbers(block)
        return np.asarray(np.any([contours.near(block) for contours in self.contours], axis=0))

    def numbers(self, block: Block) -> Block:
        """Return the columns of a block that distances are taken in."""
        return block if self.columns is None else block.select(self.columns)
