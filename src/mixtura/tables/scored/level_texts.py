"""Cells of columns of levels as they stand: what a code stands for that is that of any other level, or of a form."""

from collections.abc import Iterable
from typing import Any

from ...columns.seen.examples import spelled
from ..models.table_model import TableModel


def level_texts(model: TableModel, table: Any, rows: Iterable[int]) -> list[dict[int, str]]:
    """Return the cells of some rows in the columns of levels of a model, by the positions of these.

    Parameters
    ----------
    model : TableModel
        The model.
    table : pyarrow.Table
        All columns of the rows, as they stand. It may lack columns of the model.
    rows : iterable of int
        Positions of the rows.
    """
    there = set(table.column_names)
    columns = [(place, model.columns[place]) for place in model.coded if model.columns[place] in there]
    found = []
    for row in rows:
        cells = {place: table.column(name)[int(row)].as_py() for place, name in columns}
        found.append({place: spelled(cell) for place, cell in cells.items() if cell is not None})
    return found
