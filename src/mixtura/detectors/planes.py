"""Linear combinations of columns that never change: a table on a plane, and the rows off it.

A column that is the sum of others, or a copy of one in other units, is found in random subsets of the rows: so small
that one in four is free of the few rows off the plane. What a subset says must hold for all rows but a hundredth.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engines.single import single_thread
from ..kernels.ensemble import Units
from ..typing import Floats
from .ensemble.columns import middle_of
from .ensemble.extremes import in_units

# Rows lie on a plane when they are nearer to it than this part of the spread of the columns, and of what the values
# are: text and single precision round them so.
NEAR = 1e-6

# This part of the rows may lie off it. Where more do, it is a habit of the table and not a law.
_OFF = 0.01

# Columns of fewer values may agree by chance. Those that are so far from zero, in spreads, have too few digits left.
_FEWEST_VALUES = 10
_FARTHEST = 1e3

# In wider tables it is not looked for; a subset has so many rows a column, and so many more.
_MOST_COLUMNS = 64
_ROWS_A_COLUMN, _MORE_ROWS = 2, 8
_SUBSETS = 20

# A column has no part in a plane whose coefficient is rounding.
_NO_PART = 1e-12

# A row that is farther off a plane, in spreads, is held to be that far, so that squares stay finite.
_FARTHEST_GAP = 1e100

# Columns whose part of what is wrong is nearly as large as that of the first.
_ALIKE = 0.99


@dataclass(frozen=True, eq=False)
class Planes:
    """Combinations of columns, in units, that have one value in all rows but a few.

    Attributes
    ----------
    normals : ndarray of shape (n_planes, n_columns)
        Their coefficients, of length one.
    values : ndarray of shape (n_planes,)
        Their values.
    nats : float
        What a row counts that has another value in one of them.
    """

    normals: Floats
    values: Floats
    nats: float

    def __len__(self) -> int:
        return len(self.values)

    def gaps(self, X: NDArray[Any], units: Units) -> Floats:
        """Return how far rows are off each plane, shape (n_rows, n_planes); 0 where they are on it.

        A row is on a plane that it has a missing value for.
        """
        if not len(self):
            return np.zeros((len(X), 0))
        return _gaps(self, in_units(X, units), units)

    def culprits(self, gaps: Floats, parts: Floats) -> tuple[NDArray[np.bool_], Floats]:
        """Return which value of each row would bring it back to the planes, and by how much each is off, in units.

        `gaps` are those of the rows. Of columns that do so equally well, those are taken that carry most of other
        `parts` of the score. Both are of shape (n_rows, n_columns).
        """
        # A coefficient within rounding of zero is none: its column has no part in the plane.
        lengths = np.maximum((self.normals**2).sum(axis=0), np.finfo(np.float64).eps ** 2)
        along = np.clip(gaps, -_FARTHEST_GAP, _FARTHEST_GAP) @ self.normals
        explained = along**2 / lengths
        largest = explained.max(axis=1, keepdims=True)
        alike = (explained >= _ALIKE * largest) & (largest > 0)
        foremost = np.where(alike, parts, -1.0).max(axis=1, keepdims=True)
        return alike & (parts >= foremost), along / lengths


def no_planes(n_columns: int) -> Planes:
    """Return the planes of a table that lies on none."""
    return Planes(np.empty((0, n_columns)), np.empty(0), 0.0)


def planes_of(pool: NDArray[Any], units: Units, nats: float) -> Planes:
    """Return the planes that all rows of a pool lie on but a few, among columns whose scale is not zero.

    `nats` are what the first row off them counts; of several, each counts less by the logarithm of their number.
    """
    values = in_units(pool, units)
    columns = _columns(values, units)
    rows = values[~np.isnan(values[:, columns]).any(axis=1)]
    size = _ROWS_A_COLUMN * len(columns) + _MORE_ROWS
    if not 2 <= len(columns) <= _MOST_COLUMNS or len(rows) < 2 * size:
        return no_planes(len(units.scale))
    draws = np.random.RandomState(0)
    subsets = np.stack([draws.choice(len(rows), size, replace=False) for _ in range(_SUBSETS)])
    best = no_planes(len(units.scale))
    with single_thread("blas"):
        for subset in subsets[_may_be_flat(rows[subsets[:, :, None], columns])]:
            found = _through(rows[subset], columns, nats)
            # A subset with a row off some planes may show others alone.
            if len(found) <= len(best):
                continue
            on_them = ~_gaps(found, rows, units).any(axis=1)
            if (~on_them).sum() <= max(1, _OFF * len(rows)):
                best = _through(rows[on_them], columns, nats)
    # What holds in the complete rows must hold in those that miss values of other columns.
    known = ~np.isnan(values[:, (best.normals != 0).any(axis=0)]).any(axis=1)
    n_off = int(_gaps(best, values, units).any(axis=1).sum())
    if n_off > max(1, _OFF * known.sum()):
        return no_planes(len(units.scale))
    return replace(best, nats=nats - float(np.log(max(1, n_off))))


def middle_units(sample: NDArray[Any]) -> Units:
    """Return units by the middle half of each column; one whose middle half is one value is not looked at."""
    ordered = np.sort(sample.astype(np.float64), axis=0)  # missing values come last
    n_values = (~np.isnan(ordered)).sum(axis=0)
    low, center, high = (ordered[n_values * part // 4, np.arange(len(n_values))] for part in (1, 2, 3))
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        scale = np.where(high > low, 2 / (high - low), 0.0)
    scale[~np.isfinite(scale)] = 0.0
    return Units(np.where(scale > 0, center, 0.0), scale, np.inf)


def _columns(values: Floats, units: Units) -> NDArray[np.intp]:
    """Return the columns of numbers that may be combined."""
    changing = np.flatnonzero((units.scale > 0) & (np.abs(units.center) * units.scale < _FARTHEST))
    if not len(changing):
        return changing
    with np.errstate(all="ignore"):
        low, _, high = middle_of(values[:, changing])
    wide = changing[high - low > NEAR]
    n_values = [len(np.unique(values[:, column])) for column in wide[: _MOST_COLUMNS + 1]]
    return np.asarray(wide[: _MOST_COLUMNS + 1][np.array(n_values, dtype=np.int64) >= _FEWEST_VALUES])


def _may_be_flat(subsets: Floats) -> NDArray[np.bool_]:
    """Return which subsets of rows may lie on a plane, by their least singular values: fast, and nearly always none."""
    lengths = np.linalg.svd(subsets - subsets.mean(axis=1, keepdims=True), compute_uv=False)
    # Twice the limit, as these values are rounded otherwise than those that decide.
    return np.asarray(lengths[:, -1] <= 2 * NEAR * np.sqrt(subsets.shape[1]))


def _through(rows: Floats, columns: NDArray[np.intp], nats: float) -> Planes:
    """Return the planes that all these rows lie on."""
    center = rows[:, columns].mean(axis=0)
    _, lengths, directions = np.linalg.svd(rows[:, columns] - center, full_matrices=False)
    flat = directions[lengths <= NEAR * np.sqrt(len(rows))]
    flat[np.abs(flat) <= _NO_PART] = 0.0
    normals = np.zeros((len(flat), rows.shape[1]))
    normals[:, columns] = flat
    return Planes(normals, flat @ center, nats)


def _gaps(planes: Planes, values: Floats, units: Units) -> Floats:
    """Return how far rows in units are off each plane, 0 where that is rounding, or where a value is missing."""
    seen = (planes.normals != 0).any(axis=0)
    normals, values = planes.normals[:, seen], values[:, seen]
    rounding = NEAR * (1 + np.abs(values) + np.abs(units.center[seen]) * units.scale[seen])
    gaps = values @ normals.T - planes.values
    return np.where(np.abs(gaps) > rounding @ np.abs(normals).T, gaps, 0.0)
