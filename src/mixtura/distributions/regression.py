"""Gaussian mixture regression: mean and covariance of some columns given the others, for many rows at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from .matrices import Floats
from .normal_only import require_normal

if TYPE_CHECKING:
    from .mixture import Mixture


@dataclass(frozen=True, eq=False)
class Regression:
    """Predictions of the columns that were not given.

    Parameters
    ----------
    mean : ndarray of shape (n_rows, n_targets)
        Conditional mean of the other columns, in their order, for each row.
    covariance : ndarray of shape (n_rows, n_targets, n_targets)
        Conditional covariance matrix for each row.
    """

    mean: Floats
    covariance: Floats


def regress(mixture: "Mixture", given: Sequence[int], X: ArrayLike) -> Regression:
    """Return the conditional mean and covariance of the other columns for each row of the given ones.

    They are those of `mixture.conditional(given, row)`, for all rows at once (Ghahramani and Jordan 1994, Supervised
    learning from incomplete data via an EM approach; Sung 2004, Gaussian mixture regression and classification).

    Parameters
    ----------
    mixture : Mixture
        Normal components.
    given : sequence of int
        Positions of the columns that are known.
    X : array_like of shape (n_rows, len(given))
        Their values, in the order of `given`.

    Returns
    -------
    Regression
        Mean and covariance of the other columns for each row.

    Raises
    ------
    ValueError
        `given` is empty, repeats a column or has all of them; `X` has another shape or is not finite; a component is
        not normal.

    Examples
    --------
    >>> from mixtura import Mixture, Tied
    >>> from mixtura.distributions.regression import regress
    >>> mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [9.0, 0.0]], Tied([[1.0, 0.5], [0.5, 1.0]], 2, 2))
    >>> prediction = regress(mixture, [0], [[1.0], [8.0]])
    >>> prediction.mean.round(3)
    array([[ 0.5],
           [-0.5]])
    >>> prediction.covariance.round(3).ravel()
    array([0.75, 0.75])
    """
    require_normal(mixture, "the regression")
    marginal = mixture.marginal(given)
    known = [int(column) for column in given]
    kept = [j for j in range(mixture.n_features) if j not in known]
    if not kept:
        raise ValueError("every column is given: leave at least one out, to be predicted")
    rows = np.ascontiguousarray(X, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != len(known):
        raise ValueError(f"X must have shape (n_rows, {len(known)}), a column for each one given, not {rows.shape}")
    if not np.isfinite(rows).all():
        row, column = np.argwhere(~np.isfinite(rows))[0]
        raise ValueError(f"X has {rows[row, column]} in row {row}, column {column}: leave the row out or fill it in")

    shares = marginal.responsibilities(rows)
    total = shares.sum(axis=1, keepdims=True)
    if not (total > 0).all():
        row = int(np.flatnonzero(~(total > 0))[0])
        raise ValueError(f"row {row} of X is too far away from every component to be predicted: leave it out")
    shares = shares / total

    dense = mixture.covariance.dense
    cross = dense[:, known][:, :, kept]
    gains = np.linalg.solve(dense[:, known][:, :, known], cross)  # (n_components, n_given, n_targets)
    within = mixture.covariance.given(kept, known).dense
    centred = rows[:, None] - marginal.means
    predictions = mixture.means[:, kept] + np.einsum("nkg,kgt->nkt", centred, gains)
    mean = np.einsum("nk,nkt->nt", shares, predictions)
    spread = predictions - mean[:, None]
    weighted = (shares[:, :, None] * spread).transpose(0, 2, 1)
    return Regression(mean, np.tensordot(shares, within, 1) + weighted @ spread)
