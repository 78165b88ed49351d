"""Which columns of a model tell its groups apart, and which a report describes."""

import numpy as np
from numpy.typing import NDArray

from ...typing import Floats, Integers
from ..models.table_model import TableModel

# Columns whose values are sketched while the table is read, and those of them that a report describes.
MOST_SKETCHED = 200
MOST_DESCRIBED = 100


def between_groups(model: TableModel) -> NDArray[np.float64]:
    """Return the share of the variance of each column that lies between the components: 0 where there are no two."""
    if not model.has_components:
        return np.zeros(len(model.columns))
    mixture = model.mixture
    weights, means = mixture.weights, mixture.means
    shares = np.zeros(len(model.columns))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        within = weights @ (model.standard_deviations[:, mixture.numbers] / model.scale[mixture.numbers]) ** 2
        between = weights @ (means - weights @ means) ** 2
        shares[mixture.numbers] = np.nan_to_num(between / (between + within))
    if mixture.levels is not None:
        for column, table in zip(mixture.levels.columns, mixture.levels.probabilities, strict=True):
            shares[column] = _between_levels(weights, table)
    return shares


def _between_levels(weights: Floats, table: Floats) -> float:
    """Return the same of levels, by the variance that is the chance of two rows to have different ones.

    It is Goodman and Kruskal's tau (1954, "Measures of association for cross classifications", JASA 49).
    """
    overall = weights @ table
    whole = float(1 - overall @ overall)
    return (float(weights @ (table**2).sum(axis=1)) - float(overall @ overall)) / whole if whole > 0 else 0.0


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
