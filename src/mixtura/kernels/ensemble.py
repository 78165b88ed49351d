"""The ensemble: the fit of a member, and the scores of rows under all members and samples."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..typing import Floats
from . import native

__all__ = [
    "Members",
    "Regression",
    "Samples",
    "Tails",
    "Units",
    "densities",
    "distances",
    "extremes",
    "fit_member",
    "residuals",
    "scores",
]


class Units(NamedTuple):
    """Units of the members: values less `center`, times `scale`, clipped at `limit`.

    Attributes
    ----------
    center, scale : ndarray of shape (n_columns,)
        A scale of zero marks a column that is not seen.
    limit : float
        Largest absolute value.
    """

    center: Floats
    scale: Floats
    limit: float


class Members(NamedTuple):
    """Members, one after the other in each array.

    Attributes
    ----------
    shapes : ndarray of shape (n_members, 3), int32
        Of each member 1 if it has full covariances, else 0; its number of columns w and of components k.
    columns : ndarray of int32
        Its w columns.
    log_constants : ndarray of float64
        Log of weight times density at the mean, k of them.
    means : ndarray of float32
        Means, (k, w).
    factors : ndarray of float32
        Upper triangular U with U U^T = precision, (k, w, w), or one over standard deviations, (k, w).
    medians, spreads : ndarray of shape (n_members,)
        Median and spread of minus the log density of rows of the table.
    weights : ndarray of shape (n_members,)
        Weights of the members in the mean.
    """

    shapes: NDArray[np.int32]
    columns: NDArray[np.int32]
    log_constants: Floats
    means: NDArray[np.float32]
    factors: NDArray[np.float32]
    medians: Floats
    spreads: Floats
    weights: Floats


class Samples(NamedTuple):
    """Small samples of rows, in units; a row votes by its distance to the k-th nearest row of each.

    Attributes
    ----------
    k : int
        At most 5, and below the number of rows of a sample.
    references : ndarray of shape (n_samples, n_rows, n_columns), float32
        The rows.
    medians, spreads : ndarray of shape (n_samples,)
        Median and spread of the distances of rows of the table.
    weights : ndarray of shape (n_samples,)
        Weights of the samples in the mean.
    """

    k: int
    references: NDArray[np.float32]
    medians: Floats
    spreads: Floats
    weights: Floats


class Regression(NamedTuple):
    """Ridge regression of each column on the others, all at once.

    With rows y = (value in units - shift) / spread, residuals are (y - V V^T y) / remaining.

    Attributes
    ----------
    shift, spread : ndarray of shape (n_columns,)
        Mean and standard deviation of values in units, clipped.
    loadings : ndarray of shape (n_columns, rank)
        V: the shrunken precision matrix is a multiple of I - V V^T.
    remaining : ndarray of shape (n_columns,)
        The diagonal of I - V V^T.
    """

    shift: Floats
    spread: Floats
    loadings: Floats
    remaining: Floats


class Tails(NamedTuple):
    """Tails of values in units and of residuals, above and below their centres.

    Attributes
    ----------
    centers : ndarray of shape (n_columns,)
        Of residuals; the centres of values in units are zero.
    starts, scales, shapes, nats : ndarray of shape (4 * n_columns,)
        As those of `mixtura.statistics.rarity.Tail`: first of values above zero, then of residuals above their centres,
        then of both below.
    """

    centers: Floats
    starts: Floats
    scales: Floats
    shapes: Floats
    nats: Floats


def fit_member(
    sample: Floats,
    least: Floats,
    n_components: int,
    *,
    full: bool,
    trimmed: float,
    prior_rows: float,
    iterations: int,
    seed: int,
) -> tuple[Floats, NDArray[np.float32], NDArray[np.float32]]:
    """Return log constants, means and factors of a mixture fitted to a scaled sample of shape (n_columns, n_rows).

    `least`, one for each column, is added to its variance in every component: what its values cannot be told apart by.
    The part `trimmed` of the rows, of lowest density, is left out of each M-step. `prior_rows` is how many rows the
    variances of the columns count for in each covariance.
    """
    width = len(sample)
    log_constants = np.empty(n_components)
    means = np.empty(n_components * width, np.float32)
    factors = np.empty(n_components * width * (width if full else 1), np.float32)
    native.ensemble_fit(sample, least, full, trimmed, prior_rows, iterations, seed, log_constants, means, factors)
    return log_constants, means, factors


def densities(values: NDArray[Any], units: Units, members: Members) -> NDArray[np.float32]:
    """Return the log density of each row under each member, shape (n_members, n_rows)."""
    out = np.empty((len(members.shapes), len(values)), np.float32)
    native.ensemble_densities(values, *units, *members, out)
    return out


def distances(values: NDArray[Any], units: Units, samples: Samples) -> NDArray[np.float32]:
    """Return the distance of each row to the k-th nearest row of each sample, shape (n_samples, n_rows).

    A row of the sample at distance zero may be the row itself, and one such is left out.
    """
    out = np.empty((len(samples.references), len(values)), np.float32)
    native.ensemble_distances(values, *units, *samples, out)
    return out


def scores(values: NDArray[Any], units: Units, members: Members, samples: Samples) -> Floats:
    """Return the mean vote against each row."""
    out = np.empty(len(values))
    native.ensemble_scores(values, *units, *members, *samples, out)
    return out


def residuals(values: NDArray[Any], units: Units, regression: Regression) -> Floats:
    """Return what each value differs by from what the others of its row predict, shape (n_rows, n_columns).

    Residuals are in spreads; NaN where the value is missing. Values are clipped before, at the limit of the units.
    """
    out = np.empty(values.shape)
    native.ensemble_residuals(values, *units, *regression, out)
    return out


def extremes(values: NDArray[Any], units: Units, regression: Regression, tails: Tails) -> Floats:
    """Return the most nats of any value of each row, alone or given the others; 0 where none lies in a tail."""
    out = np.empty(len(values))
    native.ensemble_extremes(values, *units, *regression, *tails, out)
    return out
