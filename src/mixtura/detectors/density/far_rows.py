"""Rows that lie far from every group of a table, and the clumps that they form."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.mixture import Mixture
from ...distributions.shapes import Tied
from ...intake.counted import counts
from ...intake.table import Table
from ...rows import Block
from ...typing import Floats
from .contours import Contours, Near

# A group has at least this share of the rows, a row more than there are columns where that is no tenth of the rows, and
# three rows.
_LEAST_SHARE = 0.01
_MOST_OF_LEAST = 0.1
_FEWEST = 3

# A group with less than this share of the rows is small: far from all others, it may be what nobody expects.
SMALL_SHARE = 0.05

# Far rows that are held to look for clumps among them.
_MOST_HELD = 2**11

# Rows of a clump are on average as close to one another as those of a group, or half as far again.
_LOOSE = 1.5


def least_size(weight: float, n_columns: int) -> float:
    """Return how many of the rows of a table, which weigh so much, a component has at least to be a group."""
    return max(_LEAST_SHARE * weight, min(n_columns + 1, _MOST_OF_LEAST * weight), _FEWEST)


@dataclass(frozen=True, eq=False)
class FarRows:
    """Rows far from every group; those of separate rows add up to those of all of them.

    Attributes
    ----------
    weight : float
        What they weigh: their number, where rows have no weights.
    values : ndarray of shape (n_held, n_columns)
        All of them, or as many as are held, drawn at random.
    weights : ndarray of shape (n_held,)
        Their weights.
    keys : ndarray of shape (n_held,)
        Those with the lowest keys are held.
    """

    weight: float
    values: NDArray[Any]
    weights: Floats
    keys: Floats

    def __add__(self, other: "FarRows") -> "FarRows":
        pairs = (self.values, other.values), (self.weights, other.weights), (self.keys, other.keys)
        values, weights, keys = (np.concatenate(pair) for pair in pairs)
        if len(keys) > _MOST_HELD:
            lowest = np.sort(np.argpartition(keys, _MOST_HELD)[:_MOST_HELD])
            values, weights, keys = values[lowest], weights[lowest], keys[lowest]
        return FarRows(self.weight + other.weight, values, weights, keys)


@dataclass(frozen=True)
class _Collect:
    """A pass that collects far rows."""

    near: Near

    def __call__(self, block: Block) -> FarRows:
        far = np.flatnonzero(counts(block) & ~self.near.of(block))
        values = self.near.numbers(block).values[far]
        weights = np.ones(len(far)) if block.weights is None else block.weights[far]
        keys = np.random.default_rng([0, block.first_row]).random(len(far))
        return FarRows(float(weights.sum()), values, weights, keys)


def far_rows(table: Table, near: Near) -> FarRows:
    """Return the rows of a table that are not near."""
    n_columns = table.n_columns if near.columns is None else len(near.columns)
    return table.fold(_Collect(near), no_far_rows(table, n_columns))


def no_far_rows(table: Table, n_columns: int) -> FarRows:
    """Return no rows, in so many columns of a table."""
    return FarRows(0.0, np.empty((0, n_columns), table.dtype), np.empty(0), np.empty(0))


@dataclass(frozen=True, eq=False)
class Clump:
    """Far rows that lie together.

    Attributes
    ----------
    weight : float
        What they weigh; where not all far rows were held, about what.
    mean : ndarray of shape (n_columns,)
        Where they lie.
    distance : float
        How many standard deviations that is from the nearest component.
    component : int
        Which that is.
    """

    weight: float
    mean: Floats
    distance: float
    component: int


def clumps(far: FarRows, contours: Contours) -> list[Clump]:
    """Return the clumps among far rows, the largest first: weights tell how large they are, not where."""
    if far.weight < _FEWEST:
        return []
    from scipy.cluster.hierarchy import fcluster, linkage  # noqa: PLC0415  # half a second that most tables do not need

    mixture = contours.mixture
    values = far.values.astype(np.float64)
    if np.isnan(values).any():
        values = np.asarray(mixture.impute(values), np.float64)
    spread = Tied.unchecked(_pooled(mixture), 1, mixture.n_features)
    white = values @ spread.precision_cholesky
    span = _LOOSE * np.sqrt(2 * values.shape[1])
    labels = fcluster(linkage(white, "average"), span, "distance") if len(white) > 1 else np.zeros(1, np.int64)
    found = []
    for label, held in enumerate(np.bincount(labels, far.weights)):
        if held < _FEWEST:
            continue
        members = labels == label
        mean = np.average(values[members], axis=0, weights=far.weights[members])
        distances = contours.distances(mean[None])[0]
        weight = float(held * (far.weight / far.weights.sum()))
        found.append(Clump(weight, mean, float(distances.min()), int(distances.argmin())))
    return sorted(found, key=lambda clump: -clump.weight)


def groups_of(found: Sequence[Clump], contours: Contours, least: float) -> Contours | None:
    """Return the clumps that are large enough for groups, each as wide as a group is on average; None if none is."""
    groups = [clump for clump in found if clump.weight >= least]
    if not groups:
        return None
    means = np.array([clump.mean for clump in groups])
    weights = np.array([clump.weight for clump in groups])
    spread = Tied.unchecked(_pooled(contours.mixture), len(groups), contours.mixture.n_features)
    return replace(contours, mixture=Mixture(weights / weights.sum(), means, spread))


@dataclass(frozen=True)
class FarGroup:
    """A small component that lies far from the large ones.

    Attributes
    ----------
    component : int
        Which it is.
    weight : float
        What its rows weigh.
    distance : float
        How many standard deviations of the nearest large component its mean is away from that.
    """

    component: int
    weight: float
    distance: float


def small_far_groups(contours: Contours) -> list[FarGroup]:
    """Return the components with few rows that lie far from all that have many."""
    sizes = contours.sizes
    large = sizes >= SMALL_SHARE * contours.weight
    if not large.any():
        return []
    distances = contours.distances(contours.mixture.means)[:, large]
    apart = (distances**2 > contours.limits[-1, large]).all(axis=1)
    few = np.flatnonzero(apart & ~large & (sizes >= 1))
    return [FarGroup(int(k), float(sizes[k]), float(distances[k].min())) for k in few]


def _pooled(mixture: Mixture) -> Floats:
    return np.asarray(np.einsum("k,kij->ij", mixture.weights, mixture.covariance.dense))
