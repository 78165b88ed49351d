"""How an isolation forest grows: the rows that its trees see, the units of these, and the trees."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...engines.progress import OnProgress, told
from ...engines.threads import in_threads
from ...intake.counted import counts
from ...intake.picking import Positions
from ...intake.table import Table
from ...kernels import forest as kernel
from ...rows import ArrayRows, Block, Rows
from ...rows.blocks.sparse import SparseRows
from ...typing import Floats
from ..explaining.belonging import background_size
from .model import ForestModel

# Streams of random numbers of one seed: 0 is the growth of the tree.
_ROWS, _COLUMNS, _BACKGROUND = 1, 2, 3
# Rows by which the medians are found: their error is a twenty-fifth of a standard deviation of a normal column.
_UNITS_ROWS = 1024
# The median distance from the median of a normal column is this part of its standard deviation.
_MEDIAN_DISTANCE = 0.6744897501960817
# Trees whose rows are copied together, and how many values that may be.
_TREES_TOGETHER, _VALUES_TOGETHER = 8, 2**21
# Most values of a table that is copied as a whole, where its trees together see more rows than it has: 128 MB.
_VALUES_AT_ONCE = 2**24


# Rows that can be read in any order.
Choosable = ArrayRows | SparseRows


@dataclass(frozen=True)
class Draw:
    """How the rows and columns of each tree are drawn.

    Attributes
    ----------
    n_rows, size : int
        Rows to draw from, and rows of each tree.
    repeated : bool
        Whether a row may be drawn more than once.
    cumulative : ndarray of shape (n_rows,), or None
        Running sums of the weights that the rows are drawn by.
    n_columns, n_chosen : int
        Columns to draw from, and columns of each tree.
    """

    n_rows: int
    size: int
    repeated: bool
    cumulative: Floats | None
    n_columns: int
    n_chosen: int

    def rows(self, seed: int) -> NDArray[np.int64]:
        """Return the positions of the rows of the tree with this seed."""
        return kernel.draw(seed, _ROWS, self.n_rows, self.size, cumulative=self.cumulative, repeated=self.repeated)

    def rows_for_units(self, seed: int) -> NDArray[np.int64]:
        """Return the positions of rows to find the units by, drawn with replacement."""
        size = min(_UNITS_ROWS, 4 * self.n_rows)
        return kernel.draw(seed, _ROWS, self.n_rows, size, cumulative=self.cumulative, repeated=True)

    def background(self, seed: int) -> NDArray[np.int64]:
        """Return the positions of rows to explain others by."""
        size, weighted = background_size(self.n_rows, self.n_columns), self.cumulative is not None
        return kernel.draw(seed, _BACKGROUND, self.n_rows, size, cumulative=self.cumulative, repeated=weighted)

    def columns(self, seed: int) -> NDArray[np.int32]:
        """Return the columns of the tree with this seed, in the order of the table."""
        if self.n_chosen == self.n_columns:
            return np.arange(self.n_columns, dtype=np.int32)
        return np.sort(kernel.draw(seed, _COLUMNS, self.n_columns, self.n_chosen)).astype(np.int32)


class Units(NamedTuple):
    """Where the values of each column are, and how far they spread: see `ForestModel`."""

    center: Floats
    scale: Floats
    deviation: Floats


def units_of(values: NDArray[Any]) -> Units:
    """Return the units of a table, by some of its rows."""
    values = values.astype(np.float64)
    missing = np.isnan(values)
    # A column without values has the median zero.
    values[:, missing.all(axis=0)] = 0.0
    median: Callable[..., Floats] = np.nanmedian if missing.any() else np.median
    # A median may be the mean of two values, of which the sum has to be finite.
    center = 2 * median(values / 2, axis=0)
    with np.errstate(over="ignore"):
        distances = np.minimum(np.abs(values - center), np.finfo(np.float64).max)
        largest = np.nanmax(distances, axis=0)
        # Where all are equal, by their size: others that differ from them may still come.
        extent = np.where(largest > 0, largest, np.where(center != 0, np.abs(center), 1.0))
        # Powers of two round nothing; the bounds keep them, and what they are one over, above zero and finite.
        scale = np.exp2(-np.clip(np.ceil(np.log2(extent)), -1000, 1000))
        by_median = 2 * median(distances / 2, axis=0) / _MEDIAN_DISTANCE
        by_squares = np.sqrt(np.nanmean((distances / extent) ** 2, axis=0)) * extent
        deviation = np.minimum(np.where(by_median > 0, by_median, by_squares), np.finfo(np.float64).max)
    return Units(center, scale, deviation)


def grow(
    rows: Choosable,
    draw: Draw,
    samples: list[NDArray[np.int64]],
    seeds: list[int],
    *,
    units: Units,
    background: Floats | None,
    width: int | None,
    n_threads: int,
    on_progress: OnProgress | None = None,
) -> ForestModel:
    """Return a forest with a tree for each sample and seed.

    Parameters
    ----------
    rows : Choosable
        The table.
    draw : Draw
        How columns are drawn.
    samples : list of ndarray of shape (size,)
        Positions of the rows of each tree.
    seeds : list of int
        Seeds of the trees.
    units : Units
        Units of the trees.
    background : ndarray of shape (n, n_columns), optional
        Rows to explain others by.
    width : int, optional
        Columns of the hyperplane of each split; None for splits along one column.
    n_threads : int
        Number of threads; the trees do not depend on it.
    on_progress : callable, optional
        Told how many trees have grown.
    """
    size = draw.size
    shape = len(seeds), 1 << (size - 1).bit_length()
    features = np.empty((*shape, width or 1), np.int32)
    coefficients = None if width is None else np.empty((*shape, width), np.float32)
    thresholds, counts = np.empty(shape, np.float32), np.empty((shape[0], 2 * shape[1]), np.int32)
    whole, together = None, min(_TREES_TOGETHER, max(1, _VALUES_TOGETHER // (size * draw.n_columns)))
    if rows.n_rows <= size * len(seeds) and rows.n_rows * draw.n_columns <= _VALUES_AT_ONCE:
        whole, together = values_of(rows), _TREES_TOGETHER

    def grow_some(first: int) -> None:
        trees = slice(first, min(first + together, len(seeds)))
        drawn = np.stack(samples[trees])
        values = values_of(rows.take(drawn.ravel())) if whole is None else whole
        kernel.grow(
            values,
            kernel.Units(units.center, units.scale),
            np.arange(drawn.size).reshape(drawn.shape) if whole is None else drawn,
            np.stack([draw.columns(seed) for seed in seeds[trees]]),
            np.array(seeds[trees], np.uint64),
            features[trees],
            None if coefficients is None else coefficients[trees],
            thresholds[trees],
            counts[trees],
        )

    grown = in_threads(grow_some, range(0, len(seeds), together), n_threads)
    for _ in told(grown, on_progress, "growing trees", len(seeds), "trees", each=together):
        pass
    return ForestModel(features, coefficients, thresholds, counts, *units, background)


def choose(table: Table, samples: list[NDArray[np.int64]]) -> tuple[list[NDArray[np.int64]], Choosable]:
    """Return samples of rows, and a table that can be read in any order in which these are at the positions returned.

    Tables that cannot be read in any order are read once, and the rows of all samples held in memory.
    """
    if isinstance(table.rows, (ArrayRows, SparseRows)):
        return samples, table.rows
    positions = np.unique(np.concatenate(samples))
    held = ArrayRows(table.pick(Positions(positions), len(positions)).values, checked=True, missing="allow")
    return [np.searchsorted(positions, sample) for sample in samples], held


def values_of(rows: Rows) -> NDArray[Any]:
    """Return all values of a table."""
    parts = [block.values for block in rows.blocks()]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def count_rows(table: Table) -> int:
    """Return the number of rows, by a pass over the table where it is not known."""
    return table.fold(_length, 0) if table.n_rows is None else table.n_rows


def weights_of(table: Table) -> Floats:
    """Return the weights of all rows, zero where a row has no value."""
    return table.gather(_weights)


def _length(block: Block) -> int:
    return len(block.values)


def _weights(block: Block) -> Floats:
    return np.where(counts(block), 1.0 if block.weights is None else block.weights, 0.0)
