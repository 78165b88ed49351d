"""The smallest set of cells whose repair makes a row ordinary."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...typing import Floats, Integers
from .components import Candidates

# A further cell is wrong only if its repair gains so many nats: those of a value four standard deviations off. A cell
# five off is wrong even where the detector finds the row ordinary without its repair.
_NOTICEABLE, _CERTAIN = 8.0, 12.5

# Of two repairs of which one leaves a row e times as likely, that one is the better.
_EQUAL = 1.0


class Chosen(NamedTuple):
    """Which of the candidates repairs each row.

    Attributes
    ----------
    some : ndarray of bool, shape (n_rows,)
        Whether any does; else the row is unusual as a whole.
    n_cells : ndarray of shape (n_rows,)
        How many cells it changes, less one.
    first, second : ndarray of shape (n_rows,)
        Its place among the candidates of as many cells, and that of one that is as good; -1 where there is none.
    """

    some: NDArray[np.bool_]
    n_cells: Integers
    first: Integers
    second: Integers


def chosen(candidates: Candidates, log_densities: Floats, ordinary: NDArray[np.bool_]) -> Chosen:
    """Return the repair of each row that changes the fewest cells.

    A repair that makes the row ordinary in the eyes of the detector is looked for among those of one cell, then of two,
    and so on. Cells that gain too little are left out again, and the row then is not quite ordinary; cells that are
    beyond doubt are added. Among the repairs of equally many cells the likeliest is chosen of those that suffice.

    Parameters
    ----------
    candidates : Candidates
        The repairs.
    log_densities : ndarray of shape (n_rows,)
        Log densities of the rows as they are.
    ordinary : ndarray of bool, shape (n_rows, most_cells, kept)
        Whether the detector finds the repaired rows ordinary.
    """
    likely = candidates.log_densities
    n_rows, most_cells, _ = likely.shape
    here = np.arange(n_rows)
    with np.errstate(invalid="ignore"):
        gains = np.diff(np.column_stack([log_densities, likely.max(axis=2)]), axis=1)
    suffices = np.asarray(ordinary.any(axis=2))
    size = np.where(suffices.any(axis=1), suffices.argmax(axis=1), most_cells - 1)
    for _ in range(most_cells - 1):
        size = np.where((size > 0) & ~(gains[here, size] >= _NOTICEABLE), size - 1, size)
    some = suffices[here, size] | (gains[here, size] >= _NOTICEABLE)
    for _ in range(most_cells - 1):
        next_size = np.minimum(size + 1, most_cells - 1)
        size = np.where(some & (gains[here, next_size] >= _CERTAIN), next_size, size)
    allowed = np.asarray(ordinary[here, size])
    allowed = allowed | ~np.any(allowed, axis=1, keepdims=True)
    ranked = np.where(allowed, likely[here, size], -np.inf)
    order = np.argsort(-ranked, axis=1, kind="stable")
    first = order[:, 0]
    second = np.full(n_rows, -1)
    if order.shape[1] > 1:
        alike = ranked[here, order[:, 1]] > ranked[here, first] - _EQUAL
        second = np.where(alike, order[:, 1], -1)
    return Chosen(some, size, first, second)
