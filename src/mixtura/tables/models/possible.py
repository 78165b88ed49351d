"""Repaired rows of values as they are told, which could stand in the table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...columns.kinds.kind import Kind
from ...decisions.reasons import Habits
from ...typing import Floats

if TYPE_CHECKING:
    from .table_model import TableModel


def possible_repairs(
    model: "TableModel", habits: Habits, X: Floats, flagged: NDArray[np.bool_], repaired: Floats, deviation: Floats
) -> tuple[Floats, Floats]:
    """Return rows as they are repaired by values that their columns could hold, and their anomaly scores.

    Each flagged cell takes a value of few digits, on the grid of its column, within the range of all rows. A row that
    is above the threshold takes more digits until it is not. Where the finest are not enough, it takes the value on the
    other side where its score is lower.

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
    deviation : ndarray of shape (n_rows, n_columns)
        How far values usually lie from what is expected.
    """
    cells = np.argwhere(flagged).tolist()
    if not cells:
        return repaired, np.empty(len(X))
    kinds = model.kinds or ()
    values = [
        _told(habits, kinds, column, *(float(of[row, column]) for of in (X, repaired, deviation)))
        for row, column in cells
    ]
    finest = _put(repaired, cells, [of_cell[-1] for of_cell in values])
    if model.threshold is None:
        first = _put(repaired, cells, [of_cell[0] for of_cell in values])
        return first, model.scores(first)
    finest, scores = _on_the_other_side(model, habits, X, flagged, repaired, finest)
    answer, pending = finest.copy(), np.ones(len(X), np.bool_)
    for digits in range(max(map(len, values)) - 1):
        tried = _put(repaired, cells, [of_cell[min(digits, len(of_cell) - 1)] for of_cell in values])
        rows = np.flatnonzero(pending)
        new = model.scores(tried[rows])
        # Few digits do where more change nothing: the row is on the same side of the threshold.
        enough = (new > model.threshold) == (scores[rows] > model.threshold)
        answer[rows[enough]], scores[rows[enough]] = tried[rows[enough]], new[enough]
        pending[rows[enough]] = False
        if not pending.any():
            break
    return answer, scores


def _told(
    habits: Habits, kinds: Sequence[Kind], column: int, seen: float, expected: float, deviation: float
) -> list[float]:
    """Return what is expected of a cell with few digits, then with more."""
    if kinds and not kinds[column].in_use:
        value = habits.possible(column, expected)
        return [expected if value == seen else value]
    return habits.told(column, seen, expected, deviation)


def _put(repaired: Floats, cells: Sequence[Sequence[int]], values: Sequence[float]) -> Floats:
    rows = repaired.copy()
    for (row, column), value in zip(cells, values, strict=True):
        rows[row, column] = value
    return rows


def _on_the_other_side(
    model: "TableModel", habits: Habits, X: Floats, flagged: NDArray[np.bool_], exact: Floats, repaired: Floats
) -> tuple[Floats, Floats]:
    """Return repaired rows and their scores, those above the threshold with values on the other side of `exact`."""
    assert model.threshold is not None, "it has been asked for"
    scores = model.scores(repaired)
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
