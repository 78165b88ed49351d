"""What the rows that belong look like: a mixture of a few of them, for detectors that have no distribution."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.mixture import Mixture
from ...distributions.shapes import Diagonal, Full
from ...engines import ThreadEngine
from ...errors import DataError, SingularCovarianceError
from ...intake.scaling import Scaling, sampled_scaling
from ...intake.table import Table
from ...mixtures.choice.defaults import REG_COVAR
from ...mixtures.em.gaussian import GaussianMixture
from ...rows import ArrayRows
from ...typing import Floats
from ..density.contours import Near
from ..density.default_mixture import fit_groups
from ..density.far_rows import least_size
from .drawn import drawn
from .explainer import Explainer
from .wide import WideExplainer

# Rows that a table is represented by, and how many values these may be.
_MOST_ROWS, _LEAST_ROWS, _MOST_VALUES = 1024, 64, 2**20

# Components of the mixture. Each has a row for every parameter at least.
_COUNTS = (1, 2, 3, 4, 5, 6)

# Of wider tables the columns are chosen for each row.
_MOST_COLUMNS = 128

# Fewer rows tell where each column lies and how far it spreads, and nothing else.
_FEWEST_ROWS = 10

# Scaled values are held within ± this, and this share of the rows tells nothing of missing values.
_FARTHEST, _TRIM = 1e9, 0.05

# A value differs from that of a column that never changes if it does so in its first digits.
_SAME_DIGITS = 1e-6

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


def explainer_by(
    background: Floats, score: Callable[[NDArray[Any]], Floats], n_columns: int | None = None
) -> Explainer | WideExplainer:
    """Return what explains the rows that `score` scores by a mixture of the rows of a background that belong.

    Parameters
    ----------
    background : ndarray of shape (n, n_features)
        Rows of the table.
    score : callable
        Returns the scores of rows.
    n_columns : int, optional
        How many columns are explained, the first ones; the others are seen by `score` alone. Default: all.
    """
    rows = background[~np.isnan(background[:, :n_columns]).all(axis=1)]
    background = rows[:, :n_columns]
    n_rows, n_columns = background.shape
    # In units in which no square overflows.
    exponents = np.frexp(np.nanmax(np.abs(background), axis=0, initial=0.0))[1]
    small = np.ldexp(background, -exponents)
    known = np.where(np.isnan(small).all(axis=0), 0.0, small) if n_rows else np.zeros((1, n_columns))
    center, deviation = (
        np.ldexp(of_columns, exponents) for of_columns in (np.nanmedian(known, axis=0), np.nanstd(known, axis=0))
    )
    by_columns = explainer_of_columns(center, deviation, score)
    if rows.shape[1] > n_columns:
        by_columns = replace(by_columns, belonging=rows)
    if n_rows < _FEWEST_ROWS:
        return by_columns
    within = sampled_scaling(_table(known), [f"x{column}" for column in range(n_columns)], 0)
    constant = np.nanmax(known, axis=0) == np.nanmin(known, axis=0)
    within = replace(within, scale=np.where(constant, _least_change(within.center), within.scale))
    with np.errstate(over="ignore", under="ignore"):
        scale = np.clip(np.ldexp(within.scale, exponents), np.finfo(np.float64).tiny, np.finfo(np.float64).max)
    scaling = Scaling(np.ldexp(within.center, exponents), scale)
    if n_columns > _MOST_COLUMNS:
        return WideExplainer(rows, scaling, score)
    scaled = _table(_filled(within(small, _FARTHEST)))
    counts = [k for k in _COUNTS if k == 1 or k * n_columns * (n_columns + 3) / 2 <= n_rows]
    try:
        found = fit_groups(scaled, 0, counts=counts, shapes=["full"])
        assert found.contours is not None, "its columns are numbers"
    except (DataError, SingularCovarianceError):  # columns that a mixture cannot tell apart
        return by_columns
    contours = replace(found.contours, mixture=found.contours.without_small(least_size(n_rows, n_columns)))
    near = np.concatenate(list(scaled.map(Near([contours]).of)))
    return Explainer(contours.mixture, scaling, score, rows[near])


def _table(values: Floats) -> Table:
    rows = ArrayRows(values, checked=True, missing="allow" if np.isnan(values).any() else "error")
    return Table(rows, ThreadEngine())


def _filled(values: Floats) -> Floats:
    """Return scaled rows with their missing values drawn given the others, as if the table were one group [1]_.

    .. [1] Rubin (1987), "Multiple Imputation for Nonresponse in Surveys", chapter 5.
    """
    missing = np.isnan(values)
    if not missing.any():
        return values
    some = np.where(missing.all(axis=0), 0.0, values)
    one = GaussianMixture(trim=_TRIM, reg_covar=REG_COVAR, random_state=0).fit(some)
    return np.asarray(one.mixture_.impute(some, method="draw", random_state=0))


def explainer_of_columns(center: Floats, deviation: Floats, score: Callable[[NDArray[Any]], Floats]) -> Explainer:
    """Return what explains rows where nothing is known but where each column lies and how far it spreads."""
    n_columns = len(center)
    scaling = Scaling(center, np.where(deviation > 0, deviation, _least_change(center)))
    mixture = Mixture(np.ones(1), np.zeros((1, n_columns)), Diagonal(np.ones((1, n_columns)), 1, n_columns))
    return Explainer(mixture, scaling, score, drawn(mixture, _MOST_ROWS, Scaling(center, deviation)))


def _least_change(center: Floats) -> Floats:
    """Return the least difference that counts from the value of a column that never changes."""
    return np.maximum(_SAME_DIGITS * np.where(center == 0, 1.0, np.abs(center)), np.finfo(np.float64).tiny)


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
    try:
        return Mixture(mixture.weights, means, Full(covariances, *mixture.means.shape))
    except SingularCovarianceError:  # columns of so many sizes that rounding leaves nothing beside the planes
        return mixture
