"""A table opened for a model that was fitted to another one: its columns found by name, and read as those were."""

import difflib
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ...errors import ColumnError
from ...rows import TableRows
from ...rows.blocks.checks import quoted
from ...rows.blocks.filled import FilledColumns
from ..asking.reading import AS_FOUND, Reading
from ..asking.run import Run
from ..models.table_model import TableModel
from .opening import Source, label, open_table

# A column of which more cells cannot be read, among the first rows, holds something else than it did.
_MOST_UNREAD = 0.5


class Matched(NamedTuple):
    """A table in the columns of a model.

    Attributes
    ----------
    table : TableRows
        The table.
    notices : tuple of str
        Which columns are not there or cannot be read, in sentences.
    model : TableModel
        The model, to which these columns say nothing.
    """

    table: TableRows
    notices: tuple[str, ...]
    model: TableModel


def open_for(
    model: TableModel,
    source: Source,
    run: Run,
    *,
    kept: Sequence[str | None] = (),
    reading: Reading = AS_FOUND,
) -> Matched:
    """Open a table to be judged by a model, its columns read as those that the model was fitted to.

    Where the model takes missing values, a column that is not there or of which most cells cannot be read is missing in
    all rows; at least half of the columns must be there.

    Parameters
    ----------
    model : TableModel
        The model.
    source : object
        The table.
    run : Run
        How the work runs.
    kept : sequence of str or None
        Columns that are read beside those of the model.
    reading : Reading
        How the files of the table are to be read.

    Raises
    ------
    MixturaError
        The table cannot be read, or has not the columns that the model needs.
    """
    table = open_table(
        source,
        model.columns,
        None,
        takes_missing=model.takes_missing,
        takes=model.takes,
        kept=kept,
        kinds=model.kinds_by_name,
        reading=reading,
        spell=run.spell,
        absent="leave out" if model.takes_missing else "error",
    )
    if not model.takes_missing:
        return Matched(table, (), model)
    there = table.columns or ()
    absent = [name for name in model.columns if name not in there]
    unread = _unread(table)
    if len(unread) == len(there):
        raise ColumnError(f"no column of {label(source)} holds what it held in the table that the model was fitted to")
    if not absent and not unread:
        return Matched(table, (), model)
    notices = []
    if absent:
        them = "it" if len(absent) == 1 else "them"
        hint = _hint(absent, table.names)
        notices.append(f"{label(source)} has no {quoted(absent)}: the rows are scored without {them}.{hint}")
    notices += [
        f"{name} holds {text!r}, which the model cannot read as before: the rows are scored without it."
        for name, text in unread.items()
    ]
    return Matched(FilledColumns(table, model.columns, unread), tuple(notices), _without(model, [*absent, *unread]))


def _without(model: TableModel, names: Sequence[str]) -> TableModel:
    """Return the model to which some columns say nothing: to levels, a missing cell is one of them."""
    without = getattr(model.model, "without", None)
    if without is None:
        return model
    return replace(model, model=without([model.columns.index(name) for name in names]))


def _unread(table: TableRows) -> dict[str, str]:
    """Return the columns of which most cells, among the first rows, do not fit, each with such a cell."""
    cells, block = next(iter(table.tables()), (None, None))
    if cells is None or block is None or block.strays is None:
        return {}
    names = table.columns or ()
    counts = np.bincount(block.strays.columns, minlength=len(names))
    found = {}
    for position in np.flatnonzero(counts).tolist():
        column = cells.column(names[position])
        if counts[position] > _MOST_UNREAD * (len(column) - column.null_count):
            first = block.strays.rows[np.argmax(block.strays.columns == position)]
            found[names[position]] = str(column[int(first)].as_py())
    return found


def _hint(absent: Sequence[str], names: Sequence[str]) -> str:
    """Return what an absent column may be called now."""
    close = difflib.get_close_matches(absent[0], [name for name in names if name not in absent], n=1)
    return f" Is {close[0]!r} the former {absent[0]!r}?" if close else ""
