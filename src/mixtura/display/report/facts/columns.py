"""Which columns a report describes and shows, and what it says of them."""

from collections.abc import Sequence

import numpy as np

from ....decisions.table_model import TableModel
from ....statistics.sketch import QuantileSketch
from .data import ColumnFacts
from .kept import Floats
from .numbers import histogram, significant

# Columns that a report describes.
MOST_DESCRIBED = 100

# Columns that its pictures choose from.
MOST_VIEWED = 10


def between_groups(model: TableModel) -> Floats:
    """Return the share of the variance of each column that lies between the components: 0 where there are no two."""
    if not model.has_components:
        return np.zeros(len(model.columns))
    weights, means = model.mixture.weights, model.mixture.means
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        within = weights @ (model.standard_deviations / model.scale) ** 2
        between = weights @ (means - weights @ means) ** 2
        return np.nan_to_num(between / (between + within))


def described_columns(model: TableModel) -> tuple[int, ...]:
    """Return the positions of the columns to describe: all, or those that tell groups apart best, in their order."""
    order = np.argsort(-between_groups(model), kind="stable")
    return tuple(sorted(order[:MOST_DESCRIBED].tolist()))


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
    return tuple(sorted(described, key=lambda position: -float(telling[position])))


def column_facts(name: str, sketch: QuantileSketch, n_rows: int) -> ColumnFacts:
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
    )
