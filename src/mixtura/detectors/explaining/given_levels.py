"""Numbers that are far out given a level: which of them make a row ordinary, with what other rows of the level have."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...typing import Bools, Floats, Integers
from ..levels.votes import LevelVotes

# A number is far out given a level where it says so many nats, less what a row offers by chance.
_FAR = 2.0


class Told(NamedTuple):
    """What levels tell of the numbers of rows, in the order of the table.

    Attributes
    ----------
    nats : ndarray of shape (n_rows, n_columns)
        What each number says given a level; 0 where that is little.
    expected : ndarray of shape (n_rows, n_columns)
        What is told of it.
    told_by : ndarray of shape (n_rows, n_columns)
        The column of the level; -1 where none tells it.
    cells : ndarray of bool, shape (n_rows, n_columns)
        The numbers that are replaced.
    after : ndarray of shape (n_rows,)
        The score of the row with these replaced.
    """

    nats: Floats
    expected: Floats
    told_by: Integers
    cells: Bools
    after: Floats

    def take(self, rows: NDArray[Any]) -> "Told":
        """Return what is told of some of the rows."""
        return Told(*(part[rows] for part in self))


def told_numbers(
    votes: LevelVotes, X: Floats, score: Callable[[NDArray[Any]], Floats], ordinary: float, most: int
) -> Told:
    """Return what levels tell of the numbers of rows, and which to replace.

    Numbers are replaced one after the other, the farthest first, until the row is ordinary. Then each that the row can
    do without is put back.

    Parameters
    ----------
    votes : LevelVotes
        What the levels of the table say.
    X : ndarray of shape (n_rows, n_columns)
        Rows of the table.
    score : callable
        Returns the scores of such rows.
    ordinary : float
        The least score of an ordinary row.
    most : int
        How many numbers are replaced at most.
    """
    nats = votes.each(X)
    nats[:, votes.coding.columns] = 0.0
    nats[np.isnan(X) | (nats < _FAR)] = 0.0
    expected, by = votes.given.expected(X, votes.coding.codes(X))
    told_by = np.where((by >= 0) & (nats > 0), votes.coding.columns[by], -1)
    values, scores = X.copy(), score(X)
    cells = np.zeros(X.shape, np.bool_)
    farthest = np.argsort(-nats, axis=1, kind="stable")[:, :most]
    for columns in farthest.T:
        rows = np.flatnonzero((scores < ordinary) & (nats[np.arange(len(X)), columns] > 0))
        values[rows, columns[rows]] = expected[rows, columns[rows]]
        cells[rows, columns[rows]] = True
        scores[rows] = score(values[rows])
    for columns in farthest.T[::-1]:
        rows = np.flatnonzero(cells[np.arange(len(X)), columns])
        tried = values[rows]
        tried[np.arange(len(rows)), columns[rows]] = X[rows, columns[rows]]
        without = score(tried)
        enough = without >= np.minimum(scores[rows], ordinary)
        rows, tried, without = rows[enough], tried[enough], without[enough]
        values[rows], scores[rows] = tried, without
        cells[rows, columns[rows]] = False
    return Told(nats, expected, told_by, cells, scores)
