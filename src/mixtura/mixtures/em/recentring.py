"""Moments about other centres, and of components in another order."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...distributions.covariance import Covariance
from ...statistics.moments import Moments
from ...typing import Floats


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
        second=moments.second + shape.packed(change),
    )


def reordered(moments: Moments, order: NDArray[np.int64], shape: type[Covariance]) -> Moments:
    """Return the moments of the components in another order."""
    return replace(
        moments,
        centers=moments.centers[order],
        counts=moments.counts[order],
        first=moments.first[order],
        second=moments.second if shape.is_shared else moments.second[order],
        tails=None if moments.tails is None else moments.tails[:, order],
        levels=None if moments.levels is None else moments.levels[order],
    )
