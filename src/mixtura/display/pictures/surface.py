"""What lies under the points of a picture: a density or score over the plane, and where components part."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.mixture import Mixture
from ...typing import Floats
from .projection import Plane
from .subject import Subject

# Rows drawn from a mixture to find its contours: shares of probability are off by half a percent at most.
_N_DRAWN = 10_000

# Without rows the picture leaves out this share of what is drawn, along each axis: tails can be very long.
_TAIL = 0.002

# Standard deviations that ellipses reach.
REACH = 2.0

# Space around the points, as a share of their range; how far ellipses may widen the picture beyond it.
_MARGIN = 0.06
_WIDEST = 0.25

# Probabilities below this are taken for it, so that they have a logarithm.
_LEAST = 1e-300


@dataclass(frozen=True, eq=False)
class Surface:
    """A density or score over a grid of places in a plane.

    Attributes
    ----------
    x, y : ndarray of shape (n_x,), (n_y,)
        Places along the axes, ascending, closer where most rows are.
    response : ndarray of shape (n_y, n_x)
        Log density or score.
    levels : ndarray of shape (n_levels,)
        Values of the response where contours are, ascending.
    shares : tuple of float
        The shares that the contours enclose, one for each level, descending.
    responsibilities : ndarray of shape (n_y, n_x, n_components) or None
        Probabilities of the components, where there are some.
    threshold : float or None
        The value of the response below which a row is an anomaly, where that follows from its place.
    """

    x: Floats
    y: Floats
    response: Floats
    levels: Floats
    shares: tuple[float, ...]
    responsibilities: Floats | None = None
    threshold: float | None = None


def surface_of(
    subject: Subject,
    plane: Plane,
    mixture: Mixture | None,
    places: Floats,
    scores: Floats,
    threshold: float | None,
    shares: Sequence[float],
    resolution: int,
) -> Surface | None:
    """Return what a subject has to say about a plane, or None where it says nothing without the other columns.

    Parameters
    ----------
    subject : Subject
        The model.
    plane : Plane
        Where rows lie.
    mixture : Mixture or None
        The mixture of the subject in the plane, where it is one.
    places : ndarray of shape (n_rows, 2)
        Where the rows of the table lie; none may be there.
    scores : ndarray of shape (n_rows,)
        Their scores.
    threshold : float or None
        The score below which a row is an anomaly.
    shares : sequence of float
        What the contours enclose: shares of the probability of a mixture, of the rows for other models.
    resolution : int
        Number of places along each axis.
    """
    if mixture is None and not plane.is_whole:
        return None
    drawn = None
    if mixture is not None:
        drawn, _ = mixture.sample(_N_DRAWN, np.random.RandomState(0))
    if not len(places) and drawn is not None:
        ends = np.quantile(drawn, [0.5 * _TAIL, 1 - 0.5 * _TAIL], axis=0)
        places = drawn[((drawn >= ends[0]) & (drawn <= ends[1])).all(axis=1)]
    x, y = _grid(places, mixture, resolution)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    if plane.is_whole:
        # Each place is a row: the model is asked as it would be about any row, and its threshold is a line.
        rows = plane.rows_at(grid)
        response = subject.score(rows)
        known = scores if drawn is None else subject.score(plane.rows_at(drawn))
        parts = subject.responsibilities(rows) if subject.responsibilities is not None else None
    else:
        assert mixture is not None, "a plane within more columns has a density or nothing"
        assert drawn is not None, "rows are drawn from every mixture"
        response, known, parts = mixture.log_density(grid), mixture.log_density(drawn), mixture.responsibilities(grid)
        threshold = None
    levels, enclosed = _levels(known, shares)
    shape = (len(y), len(x))
    return Surface(
        x,
        y,
        _finite(response).reshape(shape),
        levels,
        enclosed,
        None if parts is None or parts.shape[1] < 2 else np.asarray(parts, np.float64).reshape(*shape, -1),
        threshold,
    )


def margins(responsibilities: Floats) -> "list[np.ma.MaskedArray[Any, np.dtype[np.float64]]]":
    """Return functions over the grid whose zeros are where the most probable component changes, each change once.

    Function k is the logarithm of how much more probable component k is than the best of those after it, and masked
    where one before it is more probable than both. So it crosses zero between places of the grid, and lines are
    smoother than the grid is.
    """
    logs = np.log(np.maximum(responsibilities, _LEAST))
    found = []
    for component in range(logs.shape[2] - 1):
        after = logs[:, :, component + 1 :].max(axis=2)
        margin = np.ma.masked_array(logs[:, :, component] - after)
        if component:
            before = logs[:, :, :component].max(axis=2)
            margin[before > np.maximum(logs[:, :, component], after)] = np.ma.masked
        if margin.count() and margin.min() < 0 < margin.max():
            found.append(margin)
    return found


def _levels(known: Floats, shares: Sequence[float]) -> tuple[Floats, tuple[float, ...]]:
    """Return the values that a share of those known lies above (Hyndman 1996), each once, the lowest first."""
    descending = sorted(shares, reverse=True)
    # One of the values, for nothing lies halfway to minus infinity.
    values = np.quantile(known, [1 - share for share in descending], method="lower")
    levels, first = np.unique(values, return_index=True)
    drawable = np.isfinite(levels)
    return levels[drawable], tuple(descending[index] for index in first[drawable])


def _grid(places: Floats, mixture: Mixture | None, resolution: int) -> tuple[Floats, Floats]:
    lower, upper = places.min(axis=0), places.max(axis=0)
    if mixture is not None:
        present = mixture.weights > 0
        reach = REACH * np.sqrt(np.diagonal(mixture.covariance.dense[present], axis1=1, axis2=2))
        room = _WIDEST * (upper - lower)
        room = np.where(room > 0, room, np.inf)
        lower = np.maximum(np.minimum(lower, (mixture.means[present] - reach).min(axis=0)), lower - room)
        upper = np.minimum(np.maximum(upper, (mixture.means[present] + reach).max(axis=0)), upper + room)
    margin = _MARGIN * (upper - lower)
    margin = np.where(margin > 0, margin, np.maximum(0.5, 1e-3 * np.abs(upper)))
    ends = np.stack([lower - margin, upper + margin])
    middle = np.quantile(places, [0.01, 0.99], axis=0)
    x, y = (_along(ends[:, axis], middle[:, axis], resolution) for axis in (0, 1))
    return x, y


def _along(ends: Floats, middle: Floats, resolution: int) -> Floats:
    """Return half of the places over the whole range, and half where most rows are: small where one is far off."""
    half = resolution // 2
    wide = np.linspace(ends[0], ends[1], resolution - half)
    return np.unique(np.concatenate([wide, np.linspace(middle[0], middle[1], half)]))


def _finite(response: NDArray[np.float64]) -> Floats:
    """Return a response without infinities, which cannot be drawn: they become the extremes of the others."""
    values = np.asarray(response, np.float64)
    known = values[np.isfinite(values)]
    low, high = (known.min(), known.max()) if len(known) else (0.0, 0.0)
    return np.clip(values, low, high)
