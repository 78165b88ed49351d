"""The segments of a table, and what is usual of each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...intake.table import Table
from ...rows.blocks.block import Rows, levels_of
from ...typing import Floats, Integers
from ..ensemble.mixed import MixedEnsemble
from ..model import OutlierModel
from .keys import SegmentKeys
from .levels import LevelTables
from .model import SegmentedModel
from .rows import WithinRows
from .sample import MOST_SEGMENTS, sample_segments
from .shifts import Shifts, weighted_quantiles

# Segments have so many rows on average, or hardly any can be told from its only rows.
FEWEST_ROWS = 5


class TooManySegmentsError(ValueError):
    """A table has more segments than can be told apart; `n_segments` says how many, where they were counted."""

    def __init__(self, n_segments: int | None) -> None:
        super().__init__("too many segments")
        self.n_segments = n_segments


@dataclass(frozen=True, eq=False)
class Segments:
    """The segments of a table.

    Attributes
    ----------
    keys : SegmentKeys
        Which segment a row is of.
    shifts : Shifts
        What is usual of the numbers of each, of the columns that are judged.
    counts : ndarray of shape (n_segments,), int64
        Rows of each.
    medians : ndarray of shape (n_segments + 1, n_columns)
        Medians of each, and at last of all rows, of the same columns; NaN of a column of levels.
    sample : ndarray of shape (n_rows, n_columns)
        Some rows of every segment, in these columns.
    segments : ndarray of shape (n_rows,)
        Their segments.
    """

    keys: SegmentKeys
    shifts: Shifts
    counts: Integers
    medians: Floats
    sample: NDArray[Any]
    segments: Integers

    def within(self, rows: Rows) -> WithinRows:
        """Return rows as they would be in a usual segment, without the columns of segments."""
        return WithinRows(rows, self.keys, self.shifts)

    def judged_by(self, model: OutlierModel, pool: NDArray[Any]) -> SegmentedModel:
        """Return the model of a table, of which `pool` holds rows, that `model` judges within their segments."""
        levels = None
        if isinstance(model, MixedEnsemble):
            levels = LevelTables.of(model.votes, self.sample, self.segments, len(self.keys))
            if levels is not None:
                segments = self.keys.segments_of(pool)
                seen = self.shifts.seen(pool[:, self.keys.others(pool.shape[1])], segments)
                model = model.recalibrated(seen, levels.cells(model.votes, seen, segments))
        return SegmentedModel(model, self.keys, self.shifts, self.counts, self.medians, levels)


def find_segments(table: Table, columns: Sequence[int]) -> Segments:
    """Return the segments of a table by some of its columns, which have levels.

    Raises
    ------
    TooManySegmentsError
        There are more than 1,000 segments, or less than five rows for each; or a column hardly repeats a value, so
        that it has no levels.
    """
    levels = levels_of(table.rows)
    sizes = [len(levels[column] or ()) for column in columns]
    if not all(sizes) or max(sizes) > MOST_SEGMENTS:
        raise TooManySegmentsError(None)
    try:
        keys = SegmentKeys.none(columns, sizes)
    except ValueError:
        raise TooManySegmentsError(None) from None
    sample = sample_segments(table, keys)
    seen = sample.keys >= 0
    keys = replace(keys, keys=sample.keys[seen])
    counts = sample.counts[seen]
    if len(keys) > MOST_SEGMENTS or FEWEST_ROWS * len(keys) > counts.sum():
        raise TooManySegmentsError(len(keys))
    others = keys.others(table.n_columns)
    kept = sample.of >= 0
    values, segments = sample.values[kept][:, others], np.searchsorted(keys.keys, sample.of[kept])
    numbers = np.array([place for place, own in enumerate(others) if levels[own] is None], np.int64)
    shifts = Shifts.of(values, segments, counts, numbers)
    return Segments(keys, shifts, counts, _medians(values, segments, counts, numbers), values, segments)


def _medians(values: Floats, segments: Integers, counts: Integers, numbers: Integers) -> Floats:
    """Return the medians of segments, and of all rows, of which `values` holds some of each segment."""
    found = np.full((len(counts) + 1, values.shape[1]), np.nan)
    weights = (counts / np.bincount(segments, minlength=len(counts)))[segments]
    cuts = np.searchsorted(segments, np.arange(1, len(counts)))
    for column in numbers:
        own = values[:, column].astype(np.float64)
        parts = [part[~np.isnan(part)] for part in np.split(own, cuts)]
        found[:-1, column] = [np.median(part) if len(part) else np.nan for part in parts]
        known = ~np.isnan(own)
        found[-1, column] = weighted_quantiles(own[known], weights[known], [0.5])[0]
    return found
