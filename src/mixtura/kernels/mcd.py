"""Concentration steps on a table laid out in tiles; single-threaded, and any number may run at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..typing import Floats
from . import native

__all__ = ["TILE_ROWS", "TILE_STRIDE", "average", "concentrate", "distances", "pairwise_quartile", "search"]

TILE_ROWS: int = native.mcd_tile_rows
"""Rows in a tile."""

TILE_STRIDE: int = native.mcd_tile_stride
"""Values from one column of a tile to the next: tiles have the shape (n_tiles, n_columns, TILE_STRIDE)."""


def search(tiles: Floats, n_rows: int, h: int, seeds: NDArray[np.uint64], steps: int) -> tuple[Floats, Floats, Floats]:
    """Start from random rows, one start for each seed, and take steps towards the `h` rows of least determinant.

    Returns
    -------
    log_determinants : ndarray of shape (n_starts,)
    locations : ndarray of shape (n_starts, n_columns)
    covariances : ndarray of shape (n_starts, n_columns, n_columns)
        Of the last `h` rows chosen, with divisor h - 1.
    """
    d = tiles.shape[1]
    log_determinants, locations = np.empty(len(seeds)), np.empty((len(seeds), d))
    covariances = np.empty((len(seeds), d, d))
    native.mcd_search(tiles, n_rows, h, seeds, steps, log_determinants, locations, covariances)
    return log_determinants, locations, covariances


def concentrate(
    tiles: Floats,
    n_rows: int,
    h: int,
    steps: int,
    location: Floats,
    covariance: Floats,
    support: NDArray[np.uint8] | None = None,
) -> tuple[float, int]:
    """Take steps until the determinant no longer falls, at most so many, and change `location` and `covariance`.

    Returns
    -------
    log_determinant : float
        Of the covariance of the last `h` rows chosen, which are marked in `support` if given.
    n_flat : int
        Number of directions in which these rows do not vary.
    """
    answer: tuple[float, int] = native.mcd_concentrate(tiles, n_rows, h, steps, location, covariance, support)
    return answer


def distances(tiles: Floats, n_rows: int, location: Floats, upper: Floats) -> Floats:
    """Return the squared length of U^T (row - location) for each row and an upper triangular U, shape (n_rows,)."""
    out = np.empty(n_rows)
    native.mcd_distances(tiles, n_rows, location, upper, out)
    return out


def average(tiles: Floats, n_rows: int, support: NDArray[np.bool_], near: Floats) -> tuple[Floats, Floats, int]:
    """Return mean and covariance of the rows in a support, and the number of directions in which they do not vary.

    `near` is a place near the mean, about which sums are taken.
    """
    location, covariance = near.copy(), np.empty((len(near), len(near)))
    n_flat: int = native.mcd_average(tiles, n_rows, support.view(np.uint8), location, covariance)
    return location, covariance, n_flat


def pairwise_quartile(values: NDArray[Any]) -> float:
    """Return the order statistic of the scale Qn: about the lower quartile of all differences of two values."""
    quartile: float = native.pairwise_quartile(np.sort(values.astype(np.float64)))
    return quartile
