"""The ensemble: the fit of a member, and the scores of rows under all members and samples."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import native

__all__ = ["Members", "Samples", "Units", "densities", "distances", "fit_member", "scores"]

Floats = NDArray[np.float64]


class Units(NamedTuple):
    """Units of the members: values less `center`, times `scale`, clipped at `limit`.

    Attributes
    ----------
    center, scale : ndarray of shape (n_columns,)
        A scale of zero marks a column that never changed.
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


def fit_member(
    sample: Floats, n_components: int, *, full: bool, trimmed: float, prior_rows: float, iterations: int, seed: int
) -> tuple[Floats, NDArray[np.float32], NDArray[np.float32]]:
    """Return log constants, means and factors of a mixture fitted to a scaled sample of shape (n_columns, n_rows).

    The part `trimmed` of the rows, of lowest density, is left out of each M-step. `prior_rows` is how many rows the
    variances of the columns count for in each covariance.
    """
    width = len(sample)
    log_constants = np.empty(n_components)
    means = np.empty(n_components * width, np.float32)
    factors = np.empty(n_components * width * (width if full else 1), np.float32)
    native.ensemble_fit(sample, full, trimmed, prior_rows, iterations, seed, log_constants, means, factors)
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


def scores(values: NDArray[Any], units: Units, members: Members, samples: Samples, penalty: float) -> Floats:
    """Return the mean vote against each row, plus `penalty` for each column that never changed and now does."""
    out = np.empty(len(values))
    native.ensemble_scores(values, *units, *members, *samples, penalty, out)
    return out
