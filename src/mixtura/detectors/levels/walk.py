"""Levels that are rare and go with rare levels: coupled biased random walks.

Pang, Cao and Chen (2016), "Outlier detection in complex categorical data by modelling the feature value couplings",
IJCAI.
"""

import numpy as np
from scipy import sparse

from ...engines.single import single_thread
from ...typing import Floats, Integers
from .coding import MISSING, UNSEEN, Coding

# The walk starts anew with the rest of this, and ends when no probability changes by more, or after so many steps.
_GOES_ON = 0.95
_CHANGE = 1e-3
_STEPS = 100

# Pairs of levels are counted in so many cells of a row times its cells: of wider tables in fewer rows.
_MOST_PAIRS = 2**22


def walked(codes: Integers, coding: Coding) -> Floats:
    """Return how far each level is out, as a flat table: how often the walk is there, times that of its column.

    The walk goes from level u to level v of another column in proportion to delta(v) p(u | v), where
    delta(v) = ((1 - m) + (m - p(v)) / m) / 2 and m is the share of the most frequent level of the column of v. It
    starts anew at any level with probability .05. The sum of a row is its outlierness. Levels never seen are as far out
    as the farthest level of their column; a missing cell adds nothing.

    Parameters
    ----------
    codes : ndarray of shape (n_rows, m)
        Codes of rows.
    coding : Coding
        Of their columns.
    """
    step = -(-len(codes) * len(coding) ** 2 // _MOST_PAIRS)
    rows = codes[:: max(step, 1)]
    places = coding.places(rows)
    known = rows < coding.sizes
    present = np.bincount(places[known], minlength=int(coding.starts[-1]))
    levels = np.flatnonzero(present)
    if not len(levels):
        return np.zeros(len(present))
    order = np.full(len(present), -1)
    order[levels] = np.arange(len(levels))
    row = np.nonzero(known)[0]
    cells = sparse.csr_array((np.ones(len(row)), (row, order[places[known]])), shape=(len(rows), len(levels)))
    probability = _stationary(cells, present[levels], coding.column_of[levels])
    relevance = np.bincount(coding.column_of[levels], probability, minlength=len(coding))
    found = np.zeros(len(present))
    found[levels] = probability * relevance[coding.column_of[levels]] / relevance.sum()
    for start, size in zip(coding.starts, coding.sizes, strict=False):
        of_column = found[start : start + size]
        of_column[of_column == 0] = of_column.max()
        found[start + size + UNSEEN] = of_column.max()
        found[start + size + MISSING] = 0.0
    return found


def _stationary(cells: sparse.csr_array, counts: Integers, column_of: Integers) -> Floats:
    """Return how often the walk is at each level: of levels that rows have, given which."""
    n_columns = column_of.max(initial=0) + 1
    n_rows = np.bincount(column_of, counts, minlength=n_columns)
    modes = np.zeros(n_columns)
    np.maximum.at(modes, column_of, counts)
    mode, rows = modes[column_of], n_rows[column_of]
    bias = (1 - counts / mode + 1 - mode / rows) / 2
    together = (cells.T @ cells).tocoo()
    apart = column_of[together.row] != column_of[together.col]
    source, target = together.row[apart], together.col[apart]
    weights = bias[target] * together.data[apart] / counts[target]
    n_levels = len(counts)
    total = np.bincount(source, weights, minlength=n_levels)
    weights = weights / np.where(total > 0, total, 1.0)[source]
    with single_thread("blas"):
        steps = sparse.csr_array((weights, (target, source)), shape=(n_levels, n_levels))
        probability = np.full(n_levels, 1 / n_levels)
        for _ in range(_STEPS):
            following = (1 - _GOES_ON) / n_levels + _GOES_ON * (steps @ probability)
            change = np.abs(following - probability).max()
            probability = following
            if change <= _CHANGE:
                break
    return np.asarray(probability / probability.sum())
