"""The local outlier factor as a frozen value: reference rows, how densely each lies, and what follows for others.

A row p has neighbours N(p), the k rows of the reference nearest to it, and the k-distance d_k(p), to the farthest of
them. Its mean reachability (Breunig, Kriegel, Ng and Sander, "LOF: identifying density-based local outliers", 2000) is

    r(p) = mean of max(d(p, o), d_k(o)) over o in N(p)

one over its local density; its factor compares it with those of its neighbours: the mean of r(p) / r(o).

Where a reference row has k copies or more, its k-distance is zero, and so are those of its neighbours, all of them
copies: r = 0 exactly then, or what rounding leaves of it. Such rows take the reachability that is usual around them, as
`copies` says. They so have the factor one, and the rows beside them a factor in proportion.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ...kernels.neighbors import METRICS, NeighborIndex
from ...typing import Floats, Integers
from ..explaining.belonging import background_of, explainer_by
from ..explaining.explainer import Explainer
from ..explaining.wide import WideExplainer
from ..explanation import Explanation
from .copies import equal_but_for_rounding, rounding_of, with_usual
from .searches import Search

# Values of neighbours that are held at once: some tens of megabytes.
_AT_ONCE = 2**22


@dataclass(frozen=True, eq=False)
class Neighborhoods:
    """What is known of each row of a reference.

    Attributes
    ----------
    factors : ndarray of shape (n_rows,)
        Local outlier factor.
    k_distances : ndarray of shape (n_rows,)
        Distance of the k-th neighbour.
    reachabilities : ndarray of shape (n_rows,)
        Mean reachability, never zero: where a row has k copies, what is usual around it.
    beside_copies : ndarray of shape (n_rows,)
        Whether a row without k copies has a neighbour with k copies.
    """

    factors: Floats
    k_distances: Floats
    reachabilities: Floats
    beside_copies: NDArray[np.bool_]


def neighborhoods_of(distances: Floats, neighbors: Integers, values: NDArray[Any] | None, dtype: Any) -> Neighborhoods:
    """Return what follows from the neighbours of each row.

    Parameters
    ----------
    distances : ndarray of shape (n_rows, k)
        Distances to the neighbours, in increasing order.
    neighbors : ndarray of shape (n_rows, k)
        Their row numbers.
    values : ndarray of shape (n_rows, n_columns) or None
        Values by which copies are told that rounding sets apart; None where distances are all that is known.
    dtype : dtype
        What the values were rounded to.
    """
    k_distances = distances[:, -1].copy()
    reachabilities = mean_reachability(distances, k_distances[neighbors])
    copies, resolution = reachabilities == 0, float(np.finfo(np.float64).eps)
    if values is not None:
        rounding = rounding_of(values, dtype)
        copies |= equal_but_for_rounding(values, neighbors[:, -1], rounding)
        resolution = float(rounding.max()) or resolution
    beside = np.zeros_like(copies)
    if copies.any():
        beside = ~copies & copies[neighbors].any(axis=1)
        reachabilities = with_usual(reachabilities, distances, neighbors, copies, resolution)
    factors = _factors(reachabilities, reachabilities[neighbors])
    return Neighborhoods(factors, k_distances, reachabilities, beside)


def mean_reachability(distances: Floats, k_distances: Floats) -> Floats:
    """Return the mean reachability of rows from the distances of their neighbours and these ones' k-distances."""
    largest = np.maximum(distances, k_distances)
    with np.errstate(over="ignore"):
        means = largest.mean(axis=1)
        beyond = np.isinf(means)
        means[beyond] = (largest[beyond] / largest.shape[1]).sum(axis=1)
    return np.asarray(means)


def _factors(reachabilities: Floats, of_neighbors: Floats) -> Floats:
    """Return local outlier factors: finite, however far a row lies."""
    with np.errstate(over="ignore"):
        factors = (reachabilities[:, None] / of_neighbors).mean(axis=1)
    return np.asarray(np.minimum(factors, np.finfo(np.float64).max))


@dataclass(frozen=True, eq=False)
class LofModel:
    """The rows that others are compared with, and how densely they lie.

    Attributes
    ----------
    reference : ndarray of shape (n_rows, n_features), or what scikit-learn's search takes
        The rows, float32 or float64.
    k : int
        Number of neighbours.
    k_distances, reachabilities : ndarray of shape (n_rows,)
        See `Neighborhoods`.
    search : Search
        Finds neighbours among the rows.
    """

    reference: Any
    k: int
    k_distances: Floats
    reachabilities: Floats
    search: Search

    kind: ClassVar[str] = "lof"

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return int(self.reference.shape[1])

    def score_samples(self, X: Any) -> Floats:
        """Return the opposite of the factor of each row as one that is not in the reference, shape (n_rows,)."""
        distances, neighbors = self.search.neighbors(X, self.k, n_threads=1)
        reachabilities = mean_reachability(distances, self.k_distances[neighbors])
        of_neighbors = self.reachabilities[neighbors]
        # A new copy of rows with k copies each takes their reachability.
        reachabilities = np.where(reachabilities == 0, of_neighbors[:, 0], reachabilities)
        return -_factors(reachabilities, of_neighbors)

    def explain(self, X: NDArray[Any], at_least: float | None = None) -> Explanation:
        """Return which cells of each row bring it back among its neighbours, and what they should have been."""
        self._index("explained")
        return self._explainer(X, at_least)

    @cached_property
    def _explainer(self) -> Explainer | WideExplainer:
        return explainer_by(background_of(self.reference), self.score_samples)

    def _index(self, what: str) -> NeighborIndex:
        if not isinstance(self.search, NeighborIndex):
            raise ValueError(
                f"factors in a metric that scikit-learn computes cannot be {what}: use metric= one of "
                f"{', '.join(METRICS)}, with a dense table and without metric_params"
            )
        return self.search

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that a file holds."""
        self._index("saved")
        return {"reference": self.reference, "k_distances": self.k_distances, "reachabilities": self.reachabilities}

    def settings(self) -> dict[str, Any]:
        """Return what a file says beside the arrays."""
        index = self._index("saved")
        # JSON has no infinity; the order of all metrics but one follows from their names.
        order = index.order if index.metric == "minkowski" else 2.0
        return {"metric": index.metric, "p": order, "n_neighbors": self.k}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any]) -> Self:
        """Return the model with these arrays and settings, or raise `ValueError` with the fault."""
        names = ("reference", "k_distances", "reachabilities")
        if set(arrays) != set(names) or set(settings) != {"metric", "p", "n_neighbors"}:
            raise ValueError(f"local outlier factors have the arrays {', '.join(names)} and say metric, p, n_neighbors")
        for name in names:
            array, types = arrays[name], (np.float64, np.float32) if name == "reference" else (np.float64,)
            if array.dtype not in types or not np.isfinite(array).all():
                raise ValueError(f"its array {name!r} does not hold finite floating-point numbers")
        reference, k_distances, reachabilities = (arrays[name] for name in names)
        if reference.ndim != 2 or 0 in reference.shape:
            raise ValueError(f"its reference has the shape {reference.shape}, not (rows, columns)")
        if k_distances.shape != (len(reference),) or reachabilities.shape != (len(reference),):
            raise ValueError(f"it does not have one k-distance and one reachability for each of {len(reference)} rows")
        if (k_distances < 0).any() or (reachabilities <= 0).any():
            raise ValueError("its k-distances are negative or its reachabilities not positive")
        metric, p, k = settings.get("metric"), settings.get("p"), settings.get("n_neighbors")
        if not isinstance(metric, str) or metric not in METRICS:
            raise ValueError(f"it has no metric {metric!r}")
        if not isinstance(p, (int, float)) or not 1 <= p < np.inf:
            raise ValueError(f"its p is {p!r}, not a number of at least 1")
        if type(k) is not int or not 1 <= k <= len(reference):
            raise ValueError(f"its n_neighbors is {k!r}, not a number from 1 to {len(reference)}")
        index = NeighborIndex.of(reference, metric=metric, p=p)
        return cls(reference, k, k_distances, reachabilities, index)
