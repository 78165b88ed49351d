"""Rows as a model sees them that judges them within their segments."""

from collections.abc import Iterator
from dataclasses import replace

from ...rows import SelectedRows
from ...rows.blocks.block import Block, Rows
from .keys import SegmentKeys
from .shifts import Shifts


class WithinRows(SelectedRows):
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
        super().__init__(rows, keys.others(rows.n_columns).tolist())
        self._keys = keys
        self._shifts = shifts

    def blocks(self) -> Iterator[Block]:
        """Yield the rows in order."""
        for block in self._rows.blocks():
            values = self._shifts.seen(block.values[:, self._positions], self._keys.segments_of(block.values))
            yield replace(block.select(self._positions), values=values)
