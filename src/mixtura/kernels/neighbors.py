"""Exact nearest neighbours: a k-d tree where there are few columns, products of all pairs where there are many.

Of rows at equal distance those of lower number are taken, so that the answer is unique: it has the same bits on any
number of threads.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from ..engines.threads import available_processors
from ..typing import Floats, Integers
from .box_tree import BoxTree
from .chunks import OnRows
from .products import Products

__all__ = ["METRICS", "Metric", "NeighborIndex", "nearest"]

Metric = Literal["euclidean", "manhattan", "chebyshev", "minkowski", "cosine"]
METRICS: tuple[Metric, ...] = ("euclidean", "manhattan", "chebyshev", "minkowski", "cosine")

_ORDERS = {"manhattan": 1.0, "euclidean": 2.0, "chebyshev": np.inf, "cosine": 2.0}

# Above so many columns nearly every leaf of a tree has to be opened, and products are faster.
_TREE_COLUMNS = 15

# Squares of numbers in this range, and their sums, are far from the ends of all doubles.
_SAFE = (2.0**-100, 2.0**100)


def nearest(
    reference: NDArray[Any],
    queries: NDArray[Any] | None,
    k: int,
    *,
    metric: Metric = "euclidean",
    p: float = 2.0,
    n_threads: int | None = None,
) -> tuple[Floats, Integers]:
    """Return the k nearest rows of a reference to each query.

    Parameters
    ----------
    reference : ndarray of shape (n_rows, n_columns)
        Rows to look among; finite numbers.
    queries : ndarray of shape (n_queries, n_columns) or None
        Rows to look for; None for those of the reference, none of which is then a neighbour of itself.
    k : int
        Number of neighbours.
    metric : {'euclidean', 'manhattan', 'chebyshev', 'minkowski', 'cosine'}, default='euclidean'
        Distance.
    p : float, default=2
        Order of the Minkowski distance, at least 1.
    n_threads : int, optional
        Number of threads. Default: the processors this process may use.

    Returns
    -------
    distances : ndarray of shape (n_queries, k)
        Distances, the least first.
    rows : ndarray of shape (n_queries, k)
        Row numbers of the neighbours; of equal distances the lower number comes first.

    Raises
    ------
    ValueError
        The reference has too few rows for k neighbours, or there is no such metric.

    Examples
    --------
    >>> reference = np.array([[0.0], [1.0], [3.0]])
    >>> distances, rows = nearest(reference, None, 1)
    >>> rows.ravel().tolist(), distances.ravel().tolist()
    ([1, 0, 1], [1.0, 1.0, 2.0])
    """
    index = NeighborIndex.of(reference, metric=metric, p=p)
    if queries is None:
        return index.own_neighbors(k, n_threads=n_threads)
    return index.neighbors(queries, k, n_threads=n_threads)


@dataclass(frozen=True, eq=False)
class NeighborIndex:
    """Rows of a table, arranged so that the nearest to others are found fast; a frozen value, safe to share.

    Attributes
    ----------
    metric : str
        Distance.
    order : float
        Order of the Minkowski distance that is searched.
    prepared : ndarray of shape (n_rows, n_columns)
        The rows as they are searched: of unit length for cosine distances, else times `unit`, a power of two.
    """

    metric: Metric
    order: float
    unit: float
    prepared: Floats
    _search: BoxTree | Products = field(repr=False)

    @classmethod
    def of(cls, reference: NDArray[Any], *, metric: Metric = "euclidean", p: float = 2.0) -> Self:
        """Return the index of rows: see `nearest`."""
        if metric not in METRICS:
            raise ValueError(f"metric must be one of {', '.join(METRICS)}, not {metric!r}")
        order = float(_ORDERS.get(metric, p))
        if not order >= 1:
            raise ValueError(f"p must be at least 1, not {p}: below that there is no distance")
        unit = 1.0 if metric == "cosine" else _unit(reference, order)
        prepared = _prepare(reference, metric, unit)
        products = order == 2 and prepared.shape[1] > _TREE_COLUMNS
        return cls(metric, order, unit, prepared, Products.of(prepared) if products else BoxTree.of(prepared, order))

    @property
    def n_rows(self) -> int:
        """Number of rows of the reference."""
        return len(self.prepared)

    def neighbors(self, queries: NDArray[Any], k: int, *, n_threads: int | None = None) -> tuple[Floats, Integers]:
        """Return distances and row numbers of the k rows nearest to each query, both of shape (n_queries, k)."""
        self._check(k, self.n_rows)
        prepared = _prepare(queries, self.metric, self.unit)
        return self._answers(prepared, None, np.arange(len(prepared)), k, n_threads)

    def own_neighbors(
        self, k: int, *, n_threads: int | None = None, on_rows: OnRows | None = None
    ) -> tuple[Floats, Integers]:
        """Return the same for the rows of the reference, none of which is a neighbour of itself.

        `on_rows` is told how many have been looked up.
        """
        self._check(k, self.n_rows - 1)
        return self._answers(self.prepared, np.arange(self.n_rows), self._search.places, k, n_threads, on_rows)

    def _check(self, k: int, available: int) -> None:
        if not 1 <= k <= available:
            raise ValueError(f"{k} neighbours are asked for, and a row can have 1 to {available}")

    def _answers(
        self,
        queries: Floats,
        excluded: Integers | None,
        places: Integers,
        k: int,
        n_threads: int | None,
        on_rows: OnRows | None = None,
    ) -> tuple[Floats, Integers]:
        sums, rows = np.empty((len(queries), k)), np.empty((len(queries), k), np.int64)
        self._search.run(queries, excluded, places, sums, rows, n_threads or available_processors(), on_rows)
        return self._distances(sums), rows

    def _distances(self, sums: Floats) -> Floats:
        """Return distances from what the metric adds up, in place."""
        if self.metric == "cosine":
            sums /= 2  # |u - v|^2 = 2 - 2 u.v of unit vectors
            return sums
        if self.order == 2:
            np.sqrt(sums, out=sums)
        elif self.order not in (1, np.inf):
            np.power(sums, 1 / self.order, out=sums)
        with np.errstate(over="ignore"):  # what is so far from the reference is infinitely far
            sums /= self.unit
        return sums


def _unit(reference: NDArray[Any], order: float) -> float:
    """Return the power of two that keeps sums of powers of differences finite, and above zero."""
    largest = float(np.abs(reference).max(initial=0.0))
    if largest == 0 or (order in (1, 2, np.inf) and _SAFE[0] < largest < _SAFE[1]):
        return 1.0
    # Differences are below one; the reciprocal of the unit is a number too.
    return float(np.ldexp(1.0, min(-int(np.frexp(largest)[1]) - 1, 1022)))


def _prepare(rows: NDArray[Any], metric: Metric, unit: float) -> Floats:
    values = np.ascontiguousarray(rows, dtype=np.float64)
    if metric != "cosine":
        with np.errstate(over="ignore"):  # what is so far from the reference is infinitely far
            return values if unit == 1 else values * unit
    # A row of zeros gets a direction of its own, at right angles to all others.
    largest = np.abs(values).max(axis=1, keepdims=True)
    directions = np.zeros((len(values), values.shape[1] + 1))
    np.divide(values, largest, out=directions[:, :-1], where=largest > 0)
    directions[:, -1] = largest[:, 0] == 0
    directions /= np.sqrt(np.einsum("ij,ij->i", directions, directions))[:, None]
    return directions
