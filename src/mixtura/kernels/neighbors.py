"""Exact nearest neighbours: a k-d tree where there are few columns, products of all pairs where there are many.

Of rows at equal distance those of lower number are taken, so that the answer is unique: it has the same bits on any
number of threads.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from ..engines.threads import available_processors
from . import native

__all__ = ["METRICS", "Metric", "NeighborIndex", "nearest"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Metric = Literal["euclidean", "manhattan", "chebyshev", "minkowski", "cosine"]
METRICS: tuple[Metric, ...] = ("euclidean", "manhattan", "chebyshev", "minkowski", "cosine")

_ORDERS = {"manhattan": 1.0, "euclidean": 2.0, "chebyshev": np.inf, "cosine": 2.0}

# Above so many columns nearly every leaf of a tree has to be opened, and products are faster.
_TREE_COLUMNS = 15

# Queries that a thread takes at a time: a multiple of the groups that the kernels multiply at once, and few enough for
# threads to end together.
_CHUNK = 480

# Share of the pairs above which measuring again what products in single precision leave open costs more than products
# in double precision.
_LEFT_OPEN = 0.25

# Squares of numbers in this range, and their sums, are far from the ends of all doubles.
_SAFE = (2.0**-100, 2.0**100)

# Scaled queries farther than this from the reference would overflow in single precision; all their pairs are measured.
_FAR = 2.0**50


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
    _search: "_Tree | _Products" = field(repr=False)

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
        return cls(metric, order, unit, prepared, _Products.of(prepared) if products else _Tree.of(prepared, order))

    @property
    def n_rows(self) -> int:
        """Number of rows of the reference."""
        return len(self.prepared)

    def neighbors(self, queries: NDArray[Any], k: int, *, n_threads: int | None = None) -> tuple[Floats, Integers]:
        """Return distances and row numbers of the k rows nearest to each query, both of shape (n_queries, k)."""
        self._check(k, self.n_rows)
        prepared = _prepare(queries, self.metric, self.unit)
        return self._answers(prepared, None, np.arange(len(prepared)), k, n_threads)

    def own_neighbors(self, k: int, *, n_threads: int | None = None) -> tuple[Floats, Integers]:
        """Return the same for the rows of the reference, none of which is a neighbour of itself."""
        self._check(k, self.n_rows - 1)
        return self._answers(self.prepared, np.arange(self.n_rows), self._search.places, k, n_threads)

    def _check(self, k: int, available: int) -> None:
        if not 1 <= k <= available:
            raise ValueError(f"{k} neighbours are asked for, and a row can have 1 to {available}")

    def _answers(
        self, queries: Floats, excluded: Integers | None, places: Integers, k: int, n_threads: int | None
    ) -> tuple[Floats, Integers]:
        sums, rows = np.empty((len(queries), k)), np.empty((len(queries), k), np.int64)
        self._search.run(queries, excluded, places, sums, rows, n_threads or available_processors())
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


def _in_chunks(search: Callable[[Integers], object], places: Integers, n_threads: int) -> None:
    chunks = [places[first : first + _CHUNK] for first in range(0, len(places), _CHUNK)]
    if n_threads == 1 or len(chunks) <= 1:
        for chunk in chunks:
            search(chunk)
        return
    with ThreadPoolExecutor(min(n_threads, len(chunks)), thread_name_prefix="mixtura") as pool:
        for done in [pool.submit(search, chunk) for chunk in chunks]:
            done.result()


@dataclass(frozen=True, eq=False)
class _Tree:
    """The k-d tree of ``native/box_tree.hpp``."""

    n_rows: int
    order: float
    leaves: Floats
    rows: Integers
    boxes: Floats
    lowest: Integers

    @classmethod
    def of(cls, values: Floats, order: float) -> Self:
        leaves, rows, boxes, lowest = native.tree_sizes(*values.shape)
        tree = cls(
            len(values),
            order,
            np.empty(leaves),
            np.empty(rows, np.int64),
            np.empty(boxes),
            np.empty(lowest, np.int64),
        )
        native.build_tree(values, tree.leaves, tree.rows, tree.boxes, tree.lowest)
        return tree

    @property
    def places(self) -> Integers:
        """The rows leaf by leaf: those looked up one after the other open the same leaves."""
        return self.rows[self.rows >= 0]

    def run(
        self,
        queries: Floats,
        excluded: Integers | None,
        places: Integers,
        sums: Floats,
        rows: Integers,
        n_threads: int,
    ) -> None:
        def search(chunk: Integers) -> None:
            native.search_tree(
                self.n_rows,
                self.rows,
                self.leaves,
                self.boxes,
                self.lowest,
                self.order,
                queries,
                chunk,
                excluded,
                sums,
                rows,
            )

        _in_chunks(search, places, n_threads)


@dataclass(frozen=True, eq=False)
class _Products:
    """The search by products of ``native/product_search.hpp``.

    Values are centred and multiplied by a power of two that makes them smaller than one.
    """

    reference: Floats
    center: Floats
    scale: float

    @classmethod
    def of(cls, values: Floats) -> Self:
        center = values.mean(axis=0)
        reach = max(float((values.max(axis=0) - center).max()), float((center - values.min(axis=0)).max()))
        return cls(values, center, float(np.ldexp(1.0, -int(np.frexp(reach)[1]))))

    @property
    def places(self) -> Integers:
        return np.arange(len(self.reference))

    def run(
        self,
        queries: Floats,
        excluded: Integers | None,
        places: Integers,
        sums: Floats,
        rows: Integers,
        n_threads: int,
    ) -> None:
        scaled = (queries - self.center) * self.scale
        far = np.abs(scaled).max(axis=1) > _FAR
        scaled[far] = 0.0

        def search(chunk: Integers, dtype: type) -> int:
            left_open: int = native.search_products(
                *self._panels(dtype),
                self.reference,
                self.scale,
                queries,
                scaled_as[dtype],
                half_norms[dtype],
                chunk,
                excluded,
                sums,
                rows,
            )
            return left_open

        scaled_as: dict[type, NDArray[Any]] = {}
        half_norms: dict[type, Floats] = {}

        def prepare(dtype: type) -> None:
            scaled_as[dtype] = scaled.astype(dtype, copy=False)
            half_norms[dtype] = _half_norms(scaled, dtype)
            half_norms[dtype][far] = -np.inf

        prepare(np.float32)
        first, rest = places[:_CHUNK], places[_CHUNK:]
        dtype: type = np.float32
        if search(first, dtype) > _LEFT_OPEN * len(first) * len(self.reference):
            dtype = np.float64
            prepare(dtype)
        _in_chunks(lambda chunk: search(chunk, dtype), rest, n_threads)

    def _panels(self, dtype: type) -> tuple[NDArray[Any], NDArray[Any]]:
        return self._single if dtype is np.float32 else self._double

    @cached_property
    def _single(self) -> tuple[NDArray[Any], NDArray[Any]]:
        return self._pack(np.float32, native.panel_rows_float32)

    @cached_property
    def _double(self) -> tuple[NDArray[Any], NDArray[Any]]:
        return self._pack(np.float64, native.panel_rows_float64)

    def _pack(self, dtype: type, panel_rows: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the scaled rows column-wise in panels, and half their squared norms less the margin."""
        n_rows, n_columns = self.reference.shape
        scaled = (self.reference - self.center) * self.scale
        n_panels = -(-n_rows // panel_rows)
        filled = np.zeros((n_panels * panel_rows, n_columns), dtype)
        filled[:n_rows] = scaled
        norms: NDArray[Any] = np.full(len(filled), np.inf, dtype)
        norms[:n_rows] = _half_norms(scaled, dtype)
        panels = filled.reshape(n_panels, panel_rows, n_columns).transpose(0, 2, 1)
        return np.ascontiguousarray(panels), norms


def _half_norms(scaled: Floats, dtype: type) -> Floats:
    """Return |x|^2 (1/2 - m), with m the largest error of a half-squared distance relative to both squared norms.

    A sum of d products has a relative error of at most 2 d roundings of the sum of their sizes, which is at most half
    the sum of the squared norms (Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1); the numbers
    that go into it are rounded too. Products that underflow are lost by the smallest numbers there are.
    """
    rounding, n_columns = np.finfo(dtype).eps / 2, scaled.shape[1]
    margin = (2 * n_columns + 16) * rounding
    norms = np.einsum("ij,ij->i", scaled, scaled)
    return np.asarray(norms * (0.5 - margin) - 2.0 * n_columns * float(np.finfo(dtype).tiny))
