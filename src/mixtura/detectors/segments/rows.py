"""Rows as a model sees them that judges them within their segments."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ...rows.block import Block, Levels, Rows, levels_of
from .keys import SegmentKeys
from .shifts import Shifts


class WithinRows:
    """Rows without the columns of segments, the numbers of each less what is usual of its segment.

    Parameters
    ----------
    rows : Rows
        The rows.
    keys : SegmentKeys
        Which segment a row is of.
    shifts : Shifts
        What is usual of each.
    """

    def __init__(self, rows: Rows, keys: SegmentKeys, shifts: Shifts) -> None:
        self._rows = rows
        self._keys = keys
        self._shifts = shifts
        self._places = keys.others(rows.n_columns)

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the columns, None for a plain array."""
        names = self._rows.columns
        return None if names is None else tuple(names[place] for place in self._places)

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return len(self._places)

    @property
    def levels(self) -> Levels:
        """Levels of each column whose numbers are codes of levels, None for other columns."""
        levels = levels_of(self._rows)
        return tuple(levels[place] for place in self._places)

    @property
    def n_rows(self) -> int | None:
        """Number of rows, None while it is unknown."""
        return self._rows.n_rows

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values of every block, float32 or float64."""
        return self._rows.dtype

    @property
    def has_missing(self) -> bool:
        """Whether a value may be missing."""
        return self._rows.has_missing

    def blocks(self) -> Iterator[Block]:
        """Yield the rows in order."""
        for block in self._rows.blocks():
            values = self._shifts.seen(block.values[:, self._places], self._keys.segments_of(block.values))
            yield replace(block.select(self._places.tolist()), values=values)
