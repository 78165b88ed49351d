"""Which columns a report describes and shows, and what it says of them."""

from collections.abc import Sequence

import numpy as np

from ....columns.kind import Kind
from ....statistics.sketch import QuantileSketch
from ....tables.table_model import TableModel
from ....tables.telling import between_groups
from ....typing import Floats
from .data import ColumnFacts
from .names import shortened
from .numbers import histogram, significant


def most_telling(model: TableModel, described: Sequence[int], blame: Floats) -> tuple[int, ...]:
    """Return the positions of columns, the most telling first: that tell groups apart, or why rows are anomalous.

    Parameters
    ----------
    model : TableModel
        The model.
    described : sequence of int
        Positions to choose from.
    blame : ndarray of shape (n_columns,)
        Mean share that each column has in the scores of the most anomalous rows.
    """
    telling = between_groups(model) + blame
    # Pictures have axes for amounts: codes of levels have no order.
    return tuple(sorted(described, key=lambda position: (position in model.coded, -float(telling[position]))))


def column_facts(name: str, sketch: QuantileSketch, n_rows: int, kind: Kind | None = None) -> ColumnFacts:
    """Return what is to say of a column whose values a sketch has seen."""
    if not sketch.count:
        return ColumnFacts(name, n_rows, np.nan, np.nan, np.nan, *histogram(sketch))
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
    )


def _told(sketch: QuantileSketch, kind: Kind | None) -> tuple[str, ...]:
    """Return the ends and the middle of a column in words; the most frequent level alone; nothing of numbers."""
    if kind is None or kind.in_use:
        return ()
    if kind.coding is not None:
        return (shortened(kind.speak(0.0)),)
    return tuple(map(kind.speak, (float(sketch.lowest.values[0]), sketch.quantile(0.5), sketch.largest)))
