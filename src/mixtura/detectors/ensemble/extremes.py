"""How far the values of a row reach beyond those of a table: each column alone, and given the others, has two tails."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...engines.single import single_thread
from ...kernels.ensemble import Regression, Tails, Units, residuals
from ...statistics.rarity import beyond, tail_of
from ...typing import Floats
from .columns import NORMAL_RANGE, Columns, middle_of

# Correlations are of values clipped at so many spreads, so that no error makes or hides one.
_CLIPPED = 3.0

# Added to the eigenvalues of the correlations.
_RIDGE = 0.1

# A side with fewer values has the tail of both sides together: it says nothing itself of how far values may lie.
_FEWEST = 30

# Values in units are held within this, so that nats stay finite.
_FARTHEST = 1e200

# No tail is narrower, so that the farthest value is no infinity of scales away.
LEAST_WIDTH = 1e-100

# Up to so many columns, all directions of the correlations are taken; beyond, so many leading ones of so many rows.
_MOST_COLUMNS = 512
_DIRECTIONS, _DIRECTION_ROWS = 256, 1024


def regression_of(pool: NDArray[Any], units: Units) -> Regression:
    """Return the ridge regression of each column on the others."""
    with np.errstate(over="ignore", invalid="ignore"):
        clipped = np.clip((pool.astype(np.float64) - units.center) * units.scale, -_CLIPPED, _CLIPPED)
    clipped[np.isnan(clipped)] = 0.0
    shift, spread = clipped.mean(axis=0), clipped.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    with single_thread("blas"):  # which then adds in one order, on any number of processors
        loadings = _loadings((clipped - shift) / spread)
    return Regression(shift, spread, loadings, 1 - (loadings**2).sum(axis=1))


def _loadings(rows: Floats) -> Floats:
    """Return V, for which I - V V^T is the inverse of the correlations plus a ridge, times the ridge."""
    n_rows, n_columns = rows.shape
    if n_columns <= min(_MOST_COLUMNS, n_rows // 2):
        values, vectors = np.linalg.eigh(rows.T @ rows / n_rows)
    else:
        rows = rows[:: -(-n_rows // _DIRECTION_ROWS)]
        n_kept = min(_DIRECTIONS, len(rows) // 4)
        values, left = np.linalg.eigh(rows @ rows.T / len(rows))
        values, left = values[len(values) - n_kept :], left[:, len(left) - n_kept :]
        found = values > 1e-9 * values.max(initial=0.0)
        values = values[found]
        vectors = rows.T @ (left[:, found] / np.sqrt(len(rows) * values))
    values = np.maximum(values, 0.0)
    return np.ascontiguousarray(vectors * np.sqrt(values / (values + _RIDGE)))


def tails_of(pool: NDArray[Any], columns: Columns, regression: Regression) -> tuple[Tails, Floats]:
    """Return the tails of values in units, and of residuals, of the rows of a pool; how far residuals lie, in units."""
    units = columns.units
    values = in_units(pool, units)
    apart = residuals(pool, units, regression)
    with np.errstate(all="ignore"):
        known = np.where(np.isnan(apart).all(axis=0), 0.0, apart)
        low, medians, high = middle_of(known)
    views = [*values.T, *(apart - medians).T]
    widths = np.maximum(np.concatenate([columns.steps / 2, columns.widths / regression.spread]), LEAST_WIDTH)
    found = []
    for side in (1, -1):
        for view, width in zip(views, widths, strict=True):
            distances = side * view[~np.isnan(view)]
            own = distances[distances > 0]
            if len(own) < _FEWEST:
                own = np.abs(distances[distances != 0])
            found.append(tail_of(own, len(distances), float(width)))
    starts, scales, shapes, nats = np.array(found).T
    # A side that is as good as any other has half of the rows.
    return Tails(medians, starts, scales, shapes, nats - np.log(2)), (high - low) / NORMAL_RANGE * regression.spread


def in_units(X: NDArray[Any], units: Units) -> Floats:
    """Return rows in units, as far as the kernel takes them."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.clip((X.astype(np.float64) - units.center) * units.scale, -_FARTHEST, _FARTHEST)


def nats_of(values: Floats, apart: Floats, tails: Tails) -> tuple[Floats, Floats]:
    """Return the nats of values in units and of residuals, each of shape (n_rows, n_columns); 0 outside the tails."""
    starts, scales, shapes, nats = (array.reshape(2, 2, -1) for array in tails[1:])
    found = []
    for view, distances in enumerate((values, apart - tails.centers)):
        side = (~(distances > 0)).astype(np.int64)
        columns = np.arange(values.shape[1])
        start, scale, shape, own = (array[side, view, columns] for array in (starts, scales, shapes, nats))
        with np.errstate(invalid="ignore", over="ignore"):
            inside = np.abs(distances) >= start
            found.append(np.where(inside, own + beyond(np.abs(distances), start, scale, shape), 0.0))
    return found[0], found[1]
