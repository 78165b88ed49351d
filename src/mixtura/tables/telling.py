"""Which columns of a model tell its groups apart, and which a report describes."""

import numpy as np
from numpy.typing import NDArray

from ..typing import Integers
from .table_model import TableModel

# Columns whose values are sketched while the table is read, and those of them that a report describes.
MOST_SKETCHED = 200
MOST_DESCRIBED = 100


def between_groups(model: TableModel) -> NDArray[np.float64]:
    """Return the share of the variance of each column that lies between the components: 0 where there are no two."""
    if not model.has_components:
        return np.zeros(len(model.columns))
    weights, means = model.mixture.weights, model.mixture.means
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        within = weights @ (model.standard_deviations / model.scale) ** 2
        between = weights @ (means - weights @ means) ** 2
        return np.nan_to_num(between / (between + within))


def sketched_columns(model: TableModel) -> tuple[int, ...]:
    """Return the positions of the columns to sketch: all, or those that tell groups apart best, in their order."""
    order = np.argsort(-between_groups(model), kind="stable")
    return tuple(sorted(order[:MOST_SKETCHED].tolist()))


def described_columns(model: TableModel, n_flagged: Integers) -> tuple[int, ...]:
    """Return the positions of the sketched columns to describe: all, or those with most flagged cells, in their order.

    Of columns without flagged cells, those come first that tell groups apart best.
    """
    telling = between_groups(model)
    order = sorted(sketched_columns(model), key=lambda position: (-n_flagged[position], -telling[position]))
    return tuple(sorted(order[:MOST_DESCRIBED]))
