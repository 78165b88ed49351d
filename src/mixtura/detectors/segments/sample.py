"""Some rows of every segment of a table, in one pass."""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...intake.table import Table
from ...rows import Block
from ...statistics.hashed import hashes
from ...typing import Integers
from .keys import SegmentKeys

# Rows that are kept of a segment, and how many values these may be of all segments.
_MOST_ROWS, _MOST_VALUES, _FEWEST_ROWS = 2048, 2**21, 32

# Segments beyond these are too many, whatever they are: no more are counted.
MOST_SEGMENTS = 1000


@dataclass(frozen=True, eq=False)
class SegmentSample:
    """Rows of every segment, those of the lowest places by chance, and how many rows each has; these add up.

    Attributes
    ----------
    most : int
        Rows that are kept of a segment.
    keys : ndarray of shape (n_segments,), int64
        The segments, as `SegmentKeys.keys_of` numbers them, ascending.
    counts : ndarray of shape (n_segments,), int64
        Rows of each.
    of : ndarray of shape (n_kept,), int64
        The segment of each row that is kept, ascending.
    places : ndarray of shape (n_kept,), uint64
        What decided on it, the lowest of each segment first.
    values : ndarray of shape (n_kept, n_columns)
        The rows.
    """

    most: int
    keys: Integers
    counts: Integers
    of: Integers
    places: NDArray[np.uint64]
    values: NDArray[Any] = field(repr=False)

    def __add__(self, other: "SegmentSample") -> "SegmentSample":
        keys, position = np.unique(np.concatenate([self.keys, other.keys]), return_inverse=True)
        counts = np.bincount(position, np.concatenate([self.counts, other.counts]), len(keys)).astype(np.int64)
        parts = (("of", np.int64), ("places", np.uint64), ("values", None))
        of, places, values = (np.concatenate([getattr(self, name), getattr(other, name)]) for name, _ in parts)
        return replace(self, keys=keys, counts=counts, of=of, places=places, values=values)._cut()

    def _cut(self) -> "SegmentSample":
        """Return the same with no more rows of a segment than are kept, in order."""
        order = np.lexsort((self.places, self.of))
        of = self.of[order]
        starts = np.searchsorted(of, of, "left")
        order = order[np.arange(len(of)) - starts < self.most]
        return replace(self, of=self.of[order], places=self.places[order], values=self.values[order])


def sample_segments(table: Table, keys: SegmentKeys) -> SegmentSample:
    """Return some rows of every segment of a table, in one pass."""
    n_segments = min(MOST_SEGMENTS, int(np.prod([size + 1.0 for size in keys.sizes])))
    most = int(np.clip(_MOST_VALUES // (table.n_columns * n_segments), _FEWEST_ROWS, _MOST_ROWS))
    none = np.empty(0, np.int64)
    zero = SegmentSample(most, none, none, none, none.astype(np.uint64), np.empty((0, table.n_columns)))
    return table.fold(partial(_of_block, keys, most), zero)


def _of_block(keys: SegmentKeys, most: int, block: Block) -> SegmentSample:
    own = keys.keys_of(block.values)
    found, counts = np.unique(own, return_counts=True)
    places = hashes(block.first_row + np.arange(len(own)))
    return SegmentSample(most, found, counts, own, places, np.asarray(block.values))._cut()
