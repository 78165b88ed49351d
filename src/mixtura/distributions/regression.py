"""Gaussian mixture regression: mean and covariance of some columns given the others, for many rows at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..typing import Floats
from .matrices import known_values
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
    """Return the conditional distribution of the other columns for each row of the given ones: see `Mixture.regress`.

    Ghahramani and Jordan (1994), "Supervised learning from incomplete data via an EM approach"; Sung (2004), "Gaussian
    mixture regression and classification".
    """
    require_normal(mixture, "the regression")
    marginal = mixture.marginal(given)
    known = np.asarray(given).tolist()
    kept = [j for j in range(mixture.n_features) if j not in known]
    if not kept:
        raise ValueError("every column is given: leave at least one out, to be predicted")
    rows = np.ascontiguousarray(known_values(X, "X"), dtype=np.float64)
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
