"""Repaired rows of values that could stand in the table."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...decisions.reasons import Habits
from ...typing import Floats

if TYPE_CHECKING:
    from .table_model import TableModel


def possible_repairs(
    model: "TableModel", habits: Habits, X: Floats, flagged: NDArray[np.bool_], repaired: Floats
) -> tuple[Floats, Floats]:
    """Return rows as they are repaired by values that their columns could hold, and their anomaly scores.

    Each flagged cell takes the nearest value on the grid of its column, within the range of all rows. A row that is
    above the threshold then takes the value on the other side where its score is lower. What is within a step of the
    value seen stays as it is.

    Parameters
    ----------
    model : TableModel
        What scores rows.
    habits : Habits
        What the values of the columns are like.
    X, repaired : ndarray of shape (n_rows, n_columns)
        The rows as they are, and as they are repaired.
    flagged : ndarray of bool, shape (n_rows, n_columns)
        The cells that are repaired.
    """
    exact, repaired = repaired, repaired.copy()
    for row, column in np.argwhere(flagged).tolist():
        value = habits.possible(column, float(exact[row, column]))
        if value != X[row, column]:
            repaired[row, column] = value
    scores = model.scores(repaired) if len(X) else np.empty(0)
    if model.threshold is None:
        return repaired, scores
    above = flagged & (scores > model.threshold)[:, None]
    for column in np.flatnonzero(above.any(axis=0)).tolist():
        rows = np.flatnonzero(above[:, column])
        tried = repaired[rows]
        sides = np.sign(exact[rows, column] - tried[:, column]) * habits.step[column]
        tried[:, column] = [habits.possible(column, value) for value in tried[:, column] + sides]
        new = model.scores(tried)
        better = (new < scores[rows]) & (tried[:, column] != X[rows, column])
        repaired[rows[better]], scores[rows[better]] = tried[better], new[better]
    return repaired, scores
