"""Which components a pass over rows may leave out: decided two by two, before any row is seen."""

import numpy as np
from numpy.typing import NDArray

from .. import kernels
from ..typing import Floats, Integers
from .covariance import Covariance
from .matrices import inverse_of_lower

# Of fewer components, finding those that count costs as much as it saves.
_FEWEST_COMPONENTS = 16

# Rows of a block for each component: of fewer, the tiles of rows near one component are mostly filling.
_ROWS_A_COMPONENT = 8

# Values of a block: a pass over fewer takes as long as comparing the components.
_FEWEST_VALUES = 2**15

# What a pass that prunes costs, in densities that a plain one computes for a row: for each component that counts at a
# typical row, and beside those. Without correlations a density costs less, and so the rest more.
_COST_WITH_MATRICES, _COST_WITH_VARIANCES = (1.0, 6.0), (1.3, 12.0)

# Components of which the nearest is sought among those near a guide; of fewer, among all.
_MANY = 64


def is_large(n_rows: int | None, n_components: int, n_features: int) -> bool:
    """Return whether so many rows, None where nobody knows, are worth finding the components that count at each."""
    if n_components < _FEWEST_COMPONENTS or n_rows is None:
        return n_components >= _FEWEST_COMPONENTS
    return n_rows >= _ROWS_A_COMPONENT * n_components and n_rows * n_features >= _FEWEST_VALUES


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
    each, beside = _COST_WITH_MATRICES if covariance.is_matrix else _COST_WITH_VARIANCES
    if each * float(weights @ (reach <= typical).sum(axis=1)) + beside > len(means):
        return None
    # A row is near the component that linear discriminant analysis assigns it to (Hastie, Tibshirani and Friedman 2009,
    # "The Elements of Statistical Learning", equation 4.10), equal weights assumed. A poor direction costs time alone.
    centre = weights @ means
    try:
        whiten = inverse_of_lower(np.asarray(np.linalg.cholesky(covariance.pooled(weights)), np.float64))
    except np.linalg.LinAlgError:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        whitened = (means - centre) @ whiten.T
        offsets = np.where(weights > 0, -np.einsum("kj,kj->k", whitened, whitened) / 2, -np.inf)
        directions = np.column_stack([whitened @ whiten, offsets]).astype(np.float32)
    if not np.isfinite(directions[:, :-1]).all():
        return None
    guides, near = _guides(whitened, typical)
    starts = np.append(0, np.cumsum(near.sum(axis=1)))
    members = np.nonzero(near)[1]
    return kernels.Pruning(reach, directions, centre, *(_short(part) for part in (guides, starts, members)))


def _guides(whitened: Floats, radius: float) -> tuple[Integers, NDArray[np.bool_]]:
    """Return components that lie far from one another, and for each the components that are near it.

    A row within `radius` of a component that is not near a guide has another guide that is nearer.
    """
    n_guides = round(np.sqrt(len(whitened))) if len(whitened) >= _MANY else 1
    guides, distances = [0], [_distances(whitened, 0)]
    for _ in range(1, n_guides):
        guides.append(int(np.argmax(np.min(distances, axis=0))))
        distances.append(_distances(whitened, guides[-1]))
    return np.array(guides), np.array(distances) <= np.min(distances, axis=0) + 2 * radius


def _distances(points: Floats, place: int) -> Floats:
    return np.asarray(np.sqrt(((points - points[place]) ** 2).sum(axis=1)))


def _short(places: Integers) -> NDArray[np.int32]:
    return places.astype(np.int32)
