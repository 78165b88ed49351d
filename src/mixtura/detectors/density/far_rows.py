"""Rows that lie far from every group of a table, and the clumps that they form."""

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
from ...distributions.shapes import Tied
from ...intake.table import Table
from ...rows import Block
from ...typing import Floats

# A group has at least this share of the rows, a row more than there are columns where that is no tenth of the rows, and
# three rows.
_LEAST_SHARE = 0.01
_MOST_OF_LEAST = 0.1
_FEWEST = 3

# A group with less than this share of the rows is small: far from all others, it may be what nobody expects.
SMALL_SHARE = 0.05

# In one of ten thousand tables of normal groups a row is called far, for those of real tables are not quite normal: of
# n rows each is with this probability over n.
_FALSE_ALARMS = 1e-4

# Far rows that are held to look for clumps among them.
_MOST_HELD = 2**11

# Rows of a clump are on average as close to one another as those of a group, or half as far again.
_LOOSE = 1.5


def least_size(n_rows: float, n_columns: int) -> float:
    """Return how many rows a component has at least to be a group."""
    return max(_LEAST_SHARE * n_rows, min(n_columns + 1, _MOST_OF_LEAST * n_rows), _FEWEST)


@dataclass(frozen=True, eq=False)
class Contours:
    """How far the rows of each component of a mixture reach.

    Attributes
    ----------
    mixture : Mixture
        The components.
    n_fitted : float
        Weight of the rows that they were fitted to.
    n_rows : int
        Number of rows that are compared with them.
    dtype : dtype
        Type of the rows.
    missing : bool
        Whether values may be missing.
    """

    mixture: Mixture
    n_fitted: float
    n_rows: int
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
            quantiles = fdtri(np.maximum(known, 1), np.maximum(free, 1.0), 1 - _FALSE_ALARMS / self.n_rows)
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
    """The part of a block within reach of a component: the other rows weigh nothing."""

    contours: Sequence[Contours]

    def __call__(self, block: Block) -> Block:
        """Return the block with weight zero for rows that lie far."""
        near = self.of(block)
        return replace(block, weights=near.astype(np.float64) if block.weights is None else near * block.weights)

    def of(self, block: Block) -> NDArray[np.bool_]:
        """Return whether each row lies near."""
        return np.asarray(np.any([contours.near(block) for contours in self.contours], axis=0))


@dataclass(frozen=True, eq=False)
class FarRows:
    """Rows far from every group; those of separate rows add up to those of all of them.

    Attributes
    ----------
    n_rows : int
        How many there are.
    values : ndarray of shape (n_held, n_columns)
        All of them, or as many as are held, drawn at random.
    keys : ndarray of shape (n_held,)
        Those with the lowest keys are held.
    """

    n_rows: int
    values: NDArray[Any]
    keys: Floats

    def __add__(self, other: "FarRows") -> "FarRows":
        values, keys = np.concatenate([self.values, other.values]), np.concatenate([self.keys, other.keys])
        if len(keys) > _MOST_HELD:
            lowest = np.sort(np.argpartition(keys, _MOST_HELD)[:_MOST_HELD])
            values, keys = values[lowest], keys[lowest]
        return FarRows(self.n_rows + other.n_rows, values, keys)


@dataclass(frozen=True)
class _Collect:
    """A pass that collects far rows."""

    near: Near

    def __call__(self, block: Block) -> FarRows:
        far = np.flatnonzero(~self.near.of(block))
        keys = np.random.default_rng([0, block.first_row]).random(len(far))
        return FarRows(len(far), block.values[far], keys)


def far_rows(table: Table, near: Near) -> FarRows:
    """Return the rows of a table that are not near."""
    none = FarRows(0, np.empty((0, table.n_columns), table.dtype), np.empty(0))
    return table.fold(_Collect(near), none)


@dataclass(frozen=True, eq=False)
class Clump:
    """Far rows that lie together.

    Attributes
    ----------
    n_rows : int
        How many they are; where not all far rows were held, about how many.
    mean : ndarray of shape (n_columns,)
        Where they lie.
    distance : float
        How many standard deviations that is from the nearest component.
    component : int
        Which that is.
    """

    n_rows: int
    mean: Floats
    distance: float
    component: int


def clumps(far: FarRows, contours: Contours) -> list[Clump]:
    """Return the clumps among far rows, the largest first."""
    if len(far.values) < _FEWEST:
        return []
    from scipy.cluster.hierarchy import fcluster, linkage  # noqa: PLC0415  # half a second that most tables do not need

    mixture = contours.mixture
    values = far.values.astype(np.float64)
    if np.isnan(values).any():
        values = np.asarray(mixture.impute(values), np.float64)
    spread = Tied.unchecked(_pooled(mixture), 1, mixture.n_features)
    white = values @ spread.precision_cholesky
    span = _LOOSE * np.sqrt(2 * values.shape[1])
    labels = fcluster(linkage(white, "average"), span, "distance")
    found = []
    for label, n_held in enumerate(np.bincount(labels)):
        if n_held < _FEWEST:
            continue
        mean = values[labels == label].mean(axis=0)
        distances = contours.distances(mean[None])[0]
        n_rows = round(n_held * far.n_rows / len(values))
        found.append(Clump(n_rows, mean, float(distances.min()), int(distances.argmin())))
    return sorted(found, key=lambda clump: -clump.n_rows)


def groups_of(found: Sequence[Clump], contours: Contours, least: float) -> Contours | None:
    """Return the clumps that are large enough for groups, each as wide as a group is on average; None if none is."""
    groups = [clump for clump in found if clump.n_rows >= least]
    if not groups:
        return None
    means = np.array([clump.mean for clump in groups])
    weights = np.array([float(clump.n_rows) for clump in groups])
    spread = Tied.unchecked(_pooled(contours.mixture), len(groups), contours.mixture.n_features)
    return replace(contours, mixture=Mixture(weights / weights.sum(), means, spread))


@dataclass(frozen=True)
class FarGroup:
    """A small component that lies far from the large ones.

    Attributes
    ----------
    component : int
        Which it is.
    n_rows : float
        Weight of its rows.
    distance : float
        How many standard deviations of the nearest large component its mean is away from that.
    """

    component: int
    n_rows: float
    distance: float


def small_far_groups(contours: Contours) -> list[FarGroup]:
    """Return the components with few rows that lie far from all that have many."""
    sizes = contours.sizes
    large = sizes >= SMALL_SHARE * contours.n_rows
    if not large.any():
        return []
    distances = contours.distances(contours.mixture.means)[:, large]
    apart = (distances**2 > contours.limits[-1, large]).all(axis=1)
    few = np.flatnonzero(apart & ~large & (sizes >= 1))
    return [FarGroup(int(k), float(sizes[k]), float(distances[k].min())) for k in few]


def _pooled(mixture: Mixture) -> Floats:
    return np.asarray(np.einsum("k,kij->ij", mixture.weights, mixture.covariance.dense))
