"""The table that is in the cells of a sheet: below titles, with empty rows and columns around it, and merged cells."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...optional import need
from ..frames.python_cells import shown, typed
from ..text.header import UNNAMED

if TYPE_CHECKING:
    import pyarrow as pa

Grid = list[list[Any]]

# First and last row and column, from 0, both included.
Range = tuple[tuple[int, int], tuple[int, int]]

# The header is among so many of the first rows that have a cell.
_ROWS_ABOVE = 25

# The header has a name for so many of the columns; titles, units and remarks above it are fewer.
_SHARE_NAMED = 0.8


def table_in(
    grid: Grid, merged: Sequence[Range] = (), *, has_header: bool | None = None
) -> "tuple[pa.Table, list[str]] | None":
    """Return the table in the cells of a sheet and what is to be said of its names; None if no cell has anything.

    The header is the first row that has about as many cells as any near the top, unless it has no text.

    Parameters
    ----------
    grid : list of list
        Rows of the same length; None where a cell is empty. Cells that are merged over rows are filled in.
    merged : sequence of Range
        Which cells are merged.
    has_header : bool, optional
        Whether there is a header, where somebody says so.
    """
    _fill_down(grid, merged)
    rows = [number for number, row in enumerate(grid) if any(cell is not None for cell in row)]
    if not rows:
        return None
    header = None if has_header is False else _header(grid, rows, has_text=has_header is None)
    below = [number for number in rows if header is None or number > header]
    shown_rows = below if header is None else [header, *below]
    columns = [at for at in range(len(grid[0])) if any(grid[number][at] is not None for number in shown_rows)]
    names = [f"x{at}" for at in range(len(columns))] if header is None else _names(grid, header, columns, merged)
    names, notes = _all_different([name or f"{UNNAMED}{at}" for at, name in enumerate(names)])
    arrays = [typed([grid[number][at] for number in below]) for at in columns]
    return need("pyarrow", "reading workbooks").table(arrays, names=names), notes


def _fill_down(grid: Grid, merged: Sequence[Range]) -> None:
    """Give every row of merged cells what stands in the first; over columns it stays in the first."""
    for (top, left), (bottom, _) in merged:
        for row in grid[top + 1 : bottom + 1]:
            if left < len(row) and row[left] is None:
                row[left] = grid[top][left]


def _header(grid: Grid, rows: Sequence[int], *, has_text: bool) -> int | None:
    near = rows[:_ROWS_ABOVE]
    counts = {number: sum(cell is not None for cell in grid[number]) for number in near}
    most = max(counts.values())
    first = min(next(at for at, cell in enumerate(grid[number]) if cell is not None) for number in near)
    # Row labels have no name, as when a dataframe is written with its index.
    found = next(
        number
        for number in near
        if counts[number] >= _SHARE_NAMED * most or (counts[number] == most - 1 > 0 and grid[number][first] is None)
    )
    return found if not has_text or any(isinstance(cell, str) for cell in grid[found]) else None


def _names(grid: Grid, header: int, columns: Sequence[int], merged: Sequence[Range]) -> list[str]:
    """Return names of columns; a cell above that is merged over some of them goes first."""
    groups = {
        at: " ".join(shown(grid[top][left]).split())
        for (top, left), (bottom, right) in merged
        if top <= header - 1 <= bottom and left < right and not (left <= columns[0] and right >= columns[-1])
        for at in range(left, right + 1)
        if grid[top][left] is not None
    }
    names = []
    for at in columns:
        cell = grid[header][at]
        name = "" if cell is None else " ".join(shown(cell).split())
        group = groups.get(at, "")
        names.append(" ".join(part for part in (group, name) if part) if group != name else name)
    return names


def _all_different(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return names with a number behind each that was there before, and what is to be said of it."""
    found: list[str] = []
    for name in names:
        number, other = 1, name
        while other in found or (number > 1 and other in names):
            number += 1
            other = f"{name} {number}"
        found.append(other)
    repeated = [name for name, count in Counter(names).items() if count > 1]
    return found, [f"Several columns are called {name!r}: the others are {name!r} with a number." for name in repeated]
