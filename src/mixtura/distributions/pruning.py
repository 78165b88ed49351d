"""Which components a pass over rows may leave out: decided two by two, before any row is seen."""

import numpy as np

from .. import kernels
from ..typing import Floats
from .covariance import Covariance

# Of fewer components, finding those that count costs as much as it saves.
FEWEST_COMPONENTS = 16

# Rows of a block for each component: of fewer, the tiles of rows near one component are mostly filling.
_ROWS_A_COMPONENT = 8

# Part of the components that count at a typical row above which all are computed for less.
_WORTHWHILE = 0.6


def is_large(n_rows: int | None, n_components: int) -> bool:
    """Return whether `n_rows`, None where nobody knows, are enough for `n_components` to find those that count."""
    enough = n_rows is None or n_rows >= _ROWS_A_COMPONENT * n_components
    return n_components >= FEWEST_COMPONENTS and enough


def pruning_of(offsets: Floats, log_constants: Floats, means: Floats, covariance: Covariance) -> kernels.Pruning | None:
    """Return what tells a pass which components count for nothing at a row, None where most of them count.

    Parameters
    ----------
    offsets : ndarray of shape (n_components,)
        Log weights, but for a constant.
    log_constants : ndarray of shape (n_components,)
        Log densities at the means, offsets included.
    means : ndarray of shape (n_components, n_features)
        Means.
    covariance : Covariance
        Covariances.
    """
    metric = covariance.metric(means)
    if metric is None:
        return None
    reach = kernels.reaches(log_constants, *metric)
    weights = np.exp(offsets - offsets.max())
    weights /= weights.sum()
    typical = np.sqrt(covariance.n_features) + 1.0  # five rows in six are nearer than so many standard deviations
    if weights @ (reach <= typical).mean(axis=1) > _WORTHWHILE:
        return None
    # A row is near the component that linear discriminant analysis assigns it to (Hastie, Tibshirani and Friedman 2009,
    # "The Elements of Statistical Learning", equation 4.10), equal weights assumed.
    centre = weights @ means
    with np.errstate(over="ignore", invalid="ignore"):  # a poor direction costs time alone
        directions = np.linalg.solve(covariance.pooled(weights), (means - centre).T).T
        halves = np.einsum("kj,kj->k", directions, means - centre) / 2
        discriminants = np.column_stack([directions, -halves]).astype(np.float32)
    return kernels.Pruning(reach, discriminants, centre)
