"""Moments about other centres."""

from dataclasses import replace

import numpy as np

from ..distributions.covariance import Covariance
from ..distributions.matrices import Floats
from ..statistics.moments import Moments


def recentred(moments: Moments, centers: Floats, shape: type[Covariance]) -> Moments:
    """Return the moments of the same rows about other centres.

    Parameters
    ----------
    moments : Moments
        Moments of any components, some perhaps of no rows.
    centers : ndarray of shape (n_components, n_features)
        The new centres.
    shape : type of Covariance
        Covariance shape that the second moments belong to.
    """
    masses = moments.masses[:, None]
    old = np.divide(moments.first, masses, out=np.zeros_like(moments.first), where=masses > 0)
    moved = moments.centers - centers
    change = shape.spread(moments.masses, old + moved) - shape.spread(moments.masses, old)
    return replace(
        moments,
        centers=centers,
        first=moments.first + masses * moved,
        second=moments.second + _packed(change, moments.second),
    )


def _packed(values: Floats, second: Floats) -> Floats:
    """Return matrices as their lower triangles where `second` holds those, other values as they are."""
    return values[..., *np.tril_indices(values.shape[-1])] if values.ndim > second.ndim else values
