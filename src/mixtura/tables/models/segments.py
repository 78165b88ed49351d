"""The segments of a table: found for a model that judges rows within them, and told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ... import words
from ...detectors.segments.found import FEWEST_ROWS, Segments, TooManySegmentsError, find_segments
from ...detectors.segments.model import SegmentedModel
from ...detectors.segments.sample import MOST_SEGMENTS
from ...errors import DataError
from ...intake.table import Table
from ...typing import Floats, Integers
from ..asking.run import Run
from ..told.segment_facts import SegmentFacts, SegmentValue
from . import fitting
from .table_model import TableModel

# Columns that are told of a segment, and the part of the usual range by which its median is then away.
_TOLD, _AWAY = 3, 0.1


@dataclass(frozen=True, eq=False)
class SegmentCounts:
    """How many rows each segment has, at last those of no segment, and how many of them are flagged; it adds up."""

    n_rows: Integers
    n_flagged: Integers

    @classmethod
    def zero(cls, model: TableModel) -> "SegmentCounts":
        """Return those of no rows."""
        size = 0 if model.segmented is None else len(model.segmented.keys) + 1
        return cls(np.zeros(size, np.int64), np.zeros(size, np.int64))

    @classmethod
    def of(cls, model: TableModel, X: Any, flags: Any) -> "SegmentCounts":
        """Return those of some rows."""
        if model.segmented is None:
            return cls.zero(model)
        own, size = model.segmented.keys.segments_of(X), len(model.segmented.keys) + 1
        return cls(np.bincount(own, minlength=size), np.bincount(own[flags], minlength=size))

    def __add__(self, other: "SegmentCounts") -> "SegmentCounts":
        return SegmentCounts(self.n_rows + other.n_rows, self.n_flagged + other.n_flagged)


def segments_of(by: Sequence[str], numbers: fitting.Numbers, run: Run) -> Segments | None:
    """Return the segments that some columns make of a table; None where they make one of all rows.

    Raises
    ------
    DataError
        There are too many, or no column is left.
    """
    # The others never change.
    places = [numbers.columns.index(name) for name in by if name in numbers.columns]
    if not places:
        return None
    asked = " ".join(run.spell("by", name) for name in by)
    if len(places) == len(numbers.columns):
        raise DataError(f"{asked} leaves no column to judge rows by: use more columns")
    try:
        found = find_segments(Table(numbers.rows, run.engine), places)
    except TooManySegmentsError as error:
        made = (
            f"more than {MOST_SEGMENTS:,} segments"
            if error.n_segments is None
            else words.plural(error.n_segments, "segment")
        )
        raise DataError(
            f"{asked} makes {made} of {words.plural(numbers.n_rows, 'row')}: name a column with at most "
            f"{MOST_SEGMENTS:,} different values, and {FEWEST_ROWS} rows for each of them on average"
        ) from None
    return found if len(found.keys) > 1 else None


def within(segments: Segments, numbers: fitting.Numbers) -> fitting.Numbers:
    """Return the numbers of a table as they would be in a usual segment."""
    rows = segments.within(numbers.rows)
    places = segments.keys.others(len(numbers.columns))
    columns = tuple(numbers.columns[place] for place in places)
    missing = {name: n for name, n in numbers.missing.items() if name in columns}
    center, scale = numbers.center[places], numbers.scale[places]
    return replace(numbers, rows=rows, columns=columns, center=center, scale=scale, missing=missing)


def facts_of_segments(model: TableModel, counts: SegmentCounts) -> tuple[SegmentFacts, ...]:
    """Return the segments that a table has, those with the largest share of flagged rows first."""
    segmented = model.segmented
    if segmented is None:
        return ()
    codes, n = segmented.keys.codes(), counts.n_rows
    shares = counts.n_flagged / np.maximum(n, 1)
    facts = []
    for segment in sorted(np.flatnonzero(n).tolist(), key=lambda one: (-shares[one], -n[one], one)):
        levels, differs = dict[str, str | None](), tuple[SegmentValue, ...]()
        if segment < len(codes):
            pairs = zip(segmented.keys.columns, codes[segment].tolist(), strict=True)
            levels = {model.columns[column]: _level(model, column, code) for column, code in pairs}
            differs = _differs(model, segmented, segmented.medians[segment], segmented.medians[-1])
        facts.append(
            SegmentFacts(levels, int(n[segment]), int(counts.n_flagged[segment]), float(shares[segment]), differs)
        )
    return tuple(facts)


def _level(model: TableModel, column: int, code: int) -> str | None:
    assert model.kinds is not None, "columns of segments have levels"
    return None if code < 0 else model.kinds[column].speak(float(code))


def _differs(model: TableModel, segmented: SegmentedModel, own: Floats, whole: Floats) -> tuple[SegmentValue, ...]:
    """Return the columns in which the medians of a segment are farthest from those of all rows."""
    places = segmented.others
    away = np.zeros(len(places))
    if model.habits is not None:
        width = model.habits.spread[places]
        away = np.abs(own - whole) / np.where(width > 0, width, np.inf)
    away[~segmented.shifts.moved | np.isnan(away)] = 0.0
    first = np.argsort(-away, kind="stable")[:_TOLD]
    return tuple(
        SegmentValue(model.columns[place], model.told(place, float(own[k])), model.told(place, float(whole[k])))
        for k, place in zip(first.tolist(), places[first].tolist(), strict=True)
        if away[k] >= _AWAY
    )
