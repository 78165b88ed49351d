"""The smallest set of cells whose repair makes a row ordinary."""

from typing import NamedTuple

import numpy as np

from ...typing import Bools, Floats, Integers

# A cell whose repair gains less is no reason: it lies within two standard deviations of what is expected.
_SLIGHT = 2.0

# A further cell is wrong only if its repair gains so many nats: those of a value four standard deviations off. A cell
# five off is wrong even where the detector finds the row ordinary without its repair.
_NOTICEABLE, _CERTAIN = 8.0, 12.5

# Of two repairs of which one leaves a row e times as likely, that one is the better.
_EQUAL = 1.0


class Sizes(NamedTuple):
    """How many cells of each row are wrong.

    Attributes
    ----------
    some : ndarray of bool, shape (n_rows,)
        Whether a few cells are; else the row is unusual as a whole.
    n_more : ndarray of shape (n_rows,)
        Their number, less one.
    """

    some: Bools
    n_more: Integers


def sizes(likely: Floats, log_densities: Floats, suffices: Bools) -> Sizes:
    """Return how many cells of each row are wrong.

    They are as few as make the row ordinary in the eyes of the detector. Cells that gain too little are left out again,
    and the row then is not quite ordinary; cells that are beyond doubt are added.

    Parameters
    ----------
    likely : ndarray of shape (n_rows, most_cells)
        Log density of each row after the likeliest repair of 1, 2, … cells.
    log_densities : ndarray of shape (n_rows,)
        Log density of each row as it is.
    suffices : ndarray of bool, shape (n_rows, most_cells)
        Whether the detector finds the row ordinary after a repair of so many cells. What more than enough cells do is
        not read.
    """
    n_rows, most_cells = likely.shape
    here = np.arange(n_rows)
    with np.errstate(invalid="ignore"):
        gains = np.diff(np.column_stack([log_densities, likely]), axis=1)
    size = np.where(suffices.any(axis=1), suffices.argmax(axis=1), most_cells - 1)
    for _ in range(most_cells - 1):
        size = np.where((size > 0) & ~(gains[here, size] >= _NOTICEABLE), size - 1, size)
    some = (gains[here, size] >= _NOTICEABLE) | (suffices[here, size] & (gains[here, size] >= _SLIGHT))
    for _ in range(most_cells - 1):
        following = np.minimum(size + 1, most_cells - 1)
        size = np.where(some & (gains[here, following] >= _CERTAIN), following, size)
    return Sizes(some, size)


def best_two(likely: Floats, ordinary: Bools) -> tuple[Integers, Integers]:
    """Return the likeliest repair of each row among those of as many cells that suffice, and another as good.

    Parameters
    ----------
    likely : ndarray of shape (n_rows, kept)
        Log density of each row after each repair.
    ordinary : ndarray of bool, shape (n_rows, kept)
        Whether the detector finds the repaired row ordinary. Where none is, all are as good.

    Returns
    -------
    first, second : ndarray of shape (n_rows,)
        Places among the repairs; the second is -1 where there is none.
    """
    allowed = ordinary | ~ordinary.any(axis=1, keepdims=True)
    ranked = np.where(allowed, likely, -np.inf)
    order = np.argsort(-ranked, axis=1, kind="stable")
    highest = np.take_along_axis(ranked, order, axis=1)
    second = np.full(len(likely), -1)
    if likely.shape[1] > 1:
        second = np.where(highest[:, 1] > highest[:, 0] - _EQUAL, order[:, 1], -1)
    return order[:, 0], second
