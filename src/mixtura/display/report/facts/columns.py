"""Which columns a report describes and shows, and what it says of them."""

import numpy as np

from ....columns.kinds.kind import Kind
from ....statistics.sketch import QuantileSketch
from ....tables.models.table_model import TableModel
from ....tables.scored.telling import between_groups
from ....typing import Floats, Integers
from .data import ColumnFacts
from .names import shortened
from .numbers import histogram, significant


def most_telling(model: TableModel, blame: Floats, n_flagged: Integers) -> tuple[int, ...]:
    """Return the positions of columns, the most telling first: those with most flagged cells, then the others.

    The others tell groups apart, or why rows are anomalous.

    Parameters
    ----------
    model : TableModel
        The model.
    blame : ndarray of shape (n_columns,)
        Mean share that each column has in the scores of the most anomalous rows.
    n_flagged : ndarray of int64, shape (n_columns,)
        Flagged cells of each column.
    """
    telling = between_groups(model) + blame
    order = np.lexsort((-telling, -n_flagged)).tolist()
    # Pictures have axes for amounts: codes of levels have no order.
    return tuple(sorted(order, key=lambda position: position in model.coded))


def column_facts(
    name: str, sketch: QuantileSketch, n_rows: int, kind: Kind | None = None, n_flagged: int = 0
) -> ColumnFacts:
    """Return what is to say of a column whose values a sketch has seen."""
    if not sketch.count:
        return ColumnFacts(name, n_rows, np.nan, np.nan, np.nan, *histogram(sketch), n_flagged=n_flagged)
    edges, counts = histogram(sketch)
    return ColumnFacts(
        name,
        n_rows - sketch.count,
        significant(float(sketch.lowest.values[0]), 9),
        significant(sketch.largest, 9),
        significant(sketch.quantile(0.5), 9),
        edges,
        counts,
        _told(sketch, kind),
        n_flagged,
    )


def _told(sketch: QuantileSketch, kind: Kind | None) -> tuple[str, ...]:
    """Return the ends and the middle of a column in words; the most frequent level alone; nothing of numbers."""
    if kind is None or kind.in_use:
        return ()
    if kind.coding is not None:
        return (shortened(kind.speak(0.0)),)
    return tuple(map(kind.speak, (float(sketch.lowest.values[0]), sketch.quantile(0.5), sketch.largest)))
