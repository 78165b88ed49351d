"""Rows with cells that do not hold what their columns hold: they are flagged, whatever the rest of them is like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...rows.blocks.block import Strays
from ...words import joined, shortened, visible
from ..told.rows import ReasonGroup, StrayCell

# Characters of a cell that are told.
_LONGEST = 60


def stray_cells(table: Any, strays: Strays | None, columns: Sequence[str]) -> dict[int, tuple[StrayCell, ...]]:
    """Return the cells of some rows that do not fit, by the position of the row; `table` holds them as they stand."""
    found: dict[int, tuple[StrayCell, ...]] = {}
    if strays is None:
        return found
    for row, column in sorted(zip(strays.rows.tolist(), strays.columns.tolist(), strict=True)):
        name = columns[column]
        text = str(table.column(name)[row])
        shown = visible(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
        found[row] = (*found.get(row, ()), StrayCell(name, shown))
    return found


def stray_reason(cells: Sequence[StrayCell]) -> str:
    """Return why a row is flagged that has such cells.

    Examples
    --------
    >>> stray_reason([StrayCell("price", "12.x")])
    "price = '12.x'; the column holds numbers."
    """
    told = joined([f"{cell.column} = {cell.text!r}" for cell in cells])
    return f"{told}; the column{' holds' if len(cells) == 1 else 's hold'} numbers."


def no_number_in(columns: Sequence[str]) -> str:
    """Return what rows share that have such cells in some columns."""
    return f"no number in {joined([shortened(name) for name in columns])}"


@dataclass(frozen=True)
class StrayCounts:
    """How many rows have such cells in which columns; what separate rows have adds up.

    Attributes
    ----------
    found : mapping of tuple of str to (int, int)
        By columns: how many rows, and the first of them.
    """

    found: Mapping[tuple[str, ...], tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, cells: Mapping[int, Sequence[StrayCell]], first_row: int) -> "StrayCounts":
        """Return those of the rows of a block that begins with row `first_row`."""
        counted = cls()
        for row, strays in cells.items():
            counted += cls({tuple(cell.column for cell in strays): (1, first_row + row)})
        return counted

    def __add__(self, other: "StrayCounts") -> "StrayCounts":
        found = dict(self.found)
        for columns, (n_rows, row) in other.found.items():
            known, first = found.get(columns, (0, row))
            found[columns] = known + n_rows, min(first, row)
        return StrayCounts(found)

    @property
    def groups(self) -> tuple[ReasonGroup, ...]:
        """What such rows share, the columns of most rows first."""
        ranked = sorted(self.found.items(), key=lambda one: (-one[1][0], one[1][1]))
        return tuple(
            ReasonGroup(no_number_in(columns), columns, (), n_rows, row + 1) for columns, (n_rows, row) in ranked
        )
