"""Which cells of flagged rows are wrong, and what was expected there, as columns of a result."""

from collections.abc import Mapping, Sequence

import numpy as np

from ...columns.kinds.kind import Kind
from ...decisions.reasons import expected_values
from ...detectors.explanation import Explanation
from ...rows.writing.added import Lists
from ...typing import Integers
from ..told.rows import StrayCell

# What is expected of a cell that does not hold what its column holds.
_A_NUMBER = "a number"


def named_cells(
    explanation: Explanation, columns: Sequence[str], rows: Integers, kinds: Sequence[Kind] = ()
) -> dict[int, dict[str, str]]:
    """Return what was expected of the flagged cells of some rows, by the positions of the rows and by columns."""
    expected = expected_values(explanation, kinds)
    return {
        row: dict(zip([columns[column] for column in np.flatnonzero(cells).tolist()], texts, strict=True))
        for row, cells, texts in zip(rows.tolist(), explanation.flagged_cells, expected, strict=True)
    }


def cell_columns(
    wrong: Mapping[int, Mapping[str, str]],
    strays: Mapping[int, Sequence[StrayCell]],
    columns: Sequence[str],
    n_rows: int,
) -> dict[str, Lists]:
    """Return the columns that name wrong cells, and say what was expected of each, in the order of the columns.

    Parameters
    ----------
    wrong : mapping of int to mapping of str to str
        What was expected of flagged cells, for each row that the model flags.
    strays : mapping of int to sequence of StrayCell
        Cells that do not hold what their columns hold, for the rows that have any.
    columns : sequence of str
        The columns of the model.
    n_rows : int
        How many rows there are.

    Examples
    --------
    >>> found = cell_columns({0: {"x": "8.5", "y": "8.4"}}, {2: [StrayCell("y", "?!")]}, ["x", "y"], 3)
    >>> found["flagged_columns"].values, found["expected"].values
    ([['x', 'y'], None, ['y']], [['8.5', '8.4'], None, ['a number']])
    >>> found["flagged_columns"].texts, found["expected"].texts
    (['x, y', None, 'y'], ['x = 8.5, y = 8.4', None, 'y = a number'])
    """
    names: list[list[str] | None] = [None] * n_rows
    values: list[list[str] | None] = [None] * n_rows
    pairs: list[list[str] | None] = [None] * n_rows
    for row in {*wrong, *strays}:
        told = {**wrong.get(row, {}), **{cell.column: _A_NUMBER for cell in strays.get(row, ())}}
        names[row] = [column for column in columns if column in told]
        values[row] = [told[column] for column in columns if column in told]
        pairs[row] = [f"{column} = {told[column]}" for column in columns if column in told]
    return {"flagged_columns": Lists(names, _joined(names)), "expected": Lists(values, _joined(pairs))}


def _joined(lists: Sequence[Sequence[str] | None]) -> list[str | None]:
    return [", ".join(texts) if texts else None for texts in lists]
