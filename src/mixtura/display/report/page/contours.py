"""Lines of equal density that hold a given part of the probability, for a page to draw."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ....typing import Floats

# Parts of the probability that lie inside each line.
MASSES = (0.5, 0.8, 0.95, 0.99)

# exp of it is the smallest positive double: further down is zero density all the same.
_LOWEST = -745.0

Path = list[tuple[float, float]]


def levels_of(log_density: Floats, masses: tuple[float, ...] = MASSES) -> list[float]:
    """Return the log density on the rim of the smallest regions that hold the given parts of the probability.

    They are highest density regions: places are taken in the order of their density until enough is held. What lies
    outside the grid is not counted.

    Parameters
    ----------
    log_density : ndarray of shape (n_y, n_x)
        Over a grid of equal cells.
    masses : tuple of float
        Parts between 0 and 1.

    Returns
    -------
    list of float

    References
    ----------
    R. J. Hyndman, "Computing and graphing highest density regions", The American Statistician 50, 1996.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(-6, 6, 601)
    >>> normal = -(x**2 + x[:, None] ** 2) / 2
    >>> [round(float(np.sqrt(-2 * level)), 2) for level in levels_of(normal, (0.5, 0.95))]
    [1.18, 2.45]
    """
    ordered = np.sort(log_density, axis=None)[::-1]
    held = np.cumsum(np.exp(ordered - ordered[0]))
    return [float(ordered[min(np.searchsorted(held, mass * held[-1]), ordered.size - 1)]) for mass in masses]


def lines_of(log_density: Floats, level: float) -> list[Path]:
    """Return the lines along which a density on a grid has one level.

    Each cell is cut into two triangles, in which the density is taken as linear: a line enters a triangle by one side
    and leaves it by another, so that the pieces join without ambiguity.

    Parameters
    ----------
    log_density : ndarray of shape (n_y, n_x)
        Values at the crossings of the grid.
    level : float
        The level.

    Returns
    -------
    list of list of tuple
        Places (x, y) along each line, in steps of the grid; the first is repeated at the end of a closed line.

    Examples
    --------
    >>> import numpy as np
    >>> lines_of(np.array([[0.0, 1.0], [0.0, 1.0]]), 0.25)
    [[(0.25, 0.0), (0.25, 0.25), (0.25, 1.0)]]
    """
    values = np.maximum(log_density - level, _LOWEST)
    above = values >= 0
    neighbours: dict[int, list[int]] = defaultdict(list)
    for first, second in _pieces(above):
        neighbours[first].append(second)
        neighbours[second].append(first)
    n_x = above.shape[1]
    return [[_crossing(values, edge, n_x) for edge in line] for line in _joined(neighbours)]


def _pieces(above: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield the two sides by which a line crosses each triangle.

    A side has the number 3 * (place in the grid) + its kind: 0 to the right, 1 upwards, 2 to the upper right.
    """
    n_y, n_x = above.shape
    place = np.arange(n_y * n_x).reshape(n_y, n_x)[:-1, :-1]
    low_left, low_right, up_left, up_right = above[:-1, :-1], above[:-1, 1:], above[1:, :-1], above[1:, 1:]
    lower, right, upper, left = 3 * place, 3 * (place + 1) + 1, 3 * (place + n_x), 3 * place + 1
    diagonal = 3 * place + 2
    for corners, sides in (
        ((low_left, low_right, up_right), (lower, right, diagonal)),
        ((low_left, up_left, up_right), (left, upper, diagonal)),
    ):
        crossed = np.stack([corners[0] != corners[1], corners[1] != corners[2], corners[2] != corners[0]])
        for y, x in np.argwhere(crossed.any(axis=0)):
            first, second = (int(side[y, x]) for side, cut in zip(sides, crossed[:, y, x], strict=True) if cut)
            yield first, second


def _joined(neighbours: dict[int, list[int]]) -> Iterator[list[int]]:
    """Yield the sides along each line: first the lines that end at the rim of the grid, then the closed ones."""
    for start in [edge for edge, others in neighbours.items() if len(others) == 1] + list(neighbours):
        if not neighbours[start]:
            continue
        line = [start]
        while neighbours[line[-1]]:
            following = neighbours[line[-1]].pop()
            neighbours[following].remove(line[-1])
            line.append(following)
        yield line


def _crossing(values: Floats, edge: int, n_x: int) -> tuple[float, float]:
    place, kind = divmod(edge, 3)
    y, x = divmod(place, n_x)
    to_y, to_x = (y, x + 1) if kind == 0 else (y + 1, x) if kind == 1 else (y + 1, x + 1)
    start, end = float(values[y, x]), float(values[to_y, to_x])
    way = start / (start - end)
    return x + way * (to_x - x), y + way * (to_y - y)
