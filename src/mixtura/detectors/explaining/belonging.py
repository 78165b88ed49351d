"""What the rows that belong look like: a mixture of a few of them, for detectors that have no distribution."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.mixture import Mixture
from ...distributions.shapes import Diagonal, Full
from ...engines import ThreadEngine
from ...intake.scaling import Scaled, Scaling, sampled_scaling
from ...intake.table import Table
from ...rows import ArrayRows
from ...typing import Floats
from ..density.contours import Near
from ..density.default_mixture import fit_groups
from ..density.far_rows import least_size
from .explainer import Explainer

# Rows that a table is represented by, and how many values these may be.
_MOST_ROWS, _LEAST_ROWS, _MOST_VALUES = 1024, 64, 2**20

# Components of the mixture, and rows that it takes to tell the parameters of one.
_COUNTS, _ROWS_PER_PARAMETER = (1, 2, 3, 4, 5, 6), 1.0

# How far from a plane rows on it lie, in units of the spread of the columns.
_ROUNDING = 1e-6


def background_size(n_rows: int, n_columns: int) -> int:
    """Return how many rows represent a table."""
    return min(n_rows, max(_LEAST_ROWS, min(_MOST_ROWS, _MOST_VALUES // n_columns)))


def background_of(table: NDArray[Any]) -> Floats:
    """Return rows that lie evenly in a table, enough to represent it."""
    n_rows = len(table)
    size = background_size(*table.shape)
    return np.asarray(table[np.linspace(0, n_rows - 1, size).astype(np.int64)], dtype=np.float64)


def explainer_by(background: Floats, score: Callable[[NDArray[Any]], Floats]) -> Explainer:
    """Return what explains the rows that `score` scores by a mixture of the rows of a background that belong."""
    rows = ArrayRows(background, checked=True, missing="allow" if np.isnan(background).any() else "error")
    table = Table(rows, ThreadEngine(), None)
    names = [f"x{column}" for column in range(table.n_columns)]
    scaling = sampled_scaling(table, names, 0)
    scaled = table.through(Scaled(scaling))
    n, d = background.shape
    counts = [k for k in _COUNTS if k == 1 or k * d * (d + 3) / 2 * _ROWS_PER_PARAMETER <= n]
    found = fit_groups(scaled, 0, counts=counts, shapes=["full"])
    contours = replace(found.contours, mixture=found.contours.without_small(least_size(n, d)))
    near = np.concatenate(list(scaled.map(Near([contours]).of)))
    return Explainer(contours.mixture, scaling, score, background[near])


def explainer_of_columns(center: Floats, deviation: Floats, score: Callable[[NDArray[Any]], Floats]) -> Explainer:
    """Return what explains rows where nothing is known but where each column lies and how far it spreads."""
    n_columns = len(center)
    scaling = Scaling(center, np.where(deviation > 0, deviation, 1.0))
    mixture = Mixture(np.ones(1), np.zeros((1, n_columns)), Diagonal(np.ones((1, n_columns)), 1, n_columns))
    return Explainer(mixture, scaling, score, mixture.sample(_MOST_ROWS, 0)[0] * deviation + center)


def on_planes(mixture: Mixture, normals: Floats, values: Floats) -> Mixture:
    """Return a mixture of which all rows lie within rounding of planes.

    Parameters
    ----------
    mixture : Mixture
        A mixture of scaled rows that lie on the planes, of which least variances lead away.
    normals : ndarray of shape (n_planes, n_columns)
        Rows x have normals @ x = values.
    values : ndarray of shape (n_planes,)
        Their values.

    Examples
    --------
    >>> from mixtura import Full
    >>> wide = Mixture([1.0], [[0.5, 0.0]], Full([np.eye(2)], 1, 2))
    >>> on_planes(wide, np.array([[1.0, -1.0]]), np.zeros(1)).covariances.round(3)
    array([[[0.5, 0.5],
            [0.5, 0.5]]])
    """
    back = np.linalg.pinv(normals)
    means = mixture.means - (mixture.means @ normals.T - values) @ back.T
    away = back @ normals
    along = np.eye(len(away)) - away
    covariances = along @ mixture.covariance.dense @ along.T + _ROUNDING**2 * away @ away.T
    covariances = (covariances + covariances.transpose(0, 2, 1)) / 2
    return Mixture(mixture.weights, means, Full(covariances, *mixture.means.shape))
