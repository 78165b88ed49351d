"""Which level a row should have: the common one that its own is near, the one that another column tells, the usual."""

import numpy as np
from numpy.typing import NDArray

from ...typing import Floats, Integers
from .votes import LevelVotes


def expected_levels(votes: LevelVotes, X: NDArray[np.floating]) -> tuple[Floats, Integers]:
    """Return the level that is expected in each column of levels, and the column that tells it.

    Parameters
    ----------
    votes : LevelVotes
        What the levels of the table say.
    X : ndarray of shape (n_rows, n_columns)
        Rows of the table.

    Returns
    -------
    expected : ndarray of shape (n_rows, m)
        Codes of levels. A cell has no part in what is expected of it, but for its text, which may be near another.
    told_by : ndarray of shape (n_rows, m)
        Columns of the table; -1 where no other column tells the level.
    """
    coding = votes.coding
    codes = coding.codes(X)
    usual = [of_column[:size].argmin() for of_column, size in zip(coding.each(votes.shares), coding.sizes, strict=True)]
    expected = np.tile(np.array(usual, np.int64), (len(X), 1))
    told_by, sure = np.full(codes.shape, -1), np.zeros(codes.shape)
    for pair in votes.dependencies.pairs:
        given = codes[:, pair.given]
        rows = np.flatnonzero(given < len(pair.usual))
        rows = rows[(pair.usual[given[rows]] >= 0) & (pair.nats[given[rows]] > sure[rows, pair.told])]
        expected[rows, pair.told] = pair.usual[given[rows]]
        sure[rows, pair.told] = pair.nats[given[rows]]
        told_by[rows, pair.told] = coding.columns[pair.given]
    near = votes.near[coding.places(codes)]
    return np.where(near >= 0, near, expected).astype(np.float64), np.where(near >= 0, -1, told_by)
