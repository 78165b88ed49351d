"""Mean and covariance of a whole mixture."""

from typing import TYPE_CHECKING

import numpy as np

from .matrices import Floats

if TYPE_CHECKING:
    from .mixture import Mixture


def mean(mixture: "Mixture") -> Floats:
    """Return the mean of the whole mixture.

    Parameters
    ----------
    mixture : Mixture
        The distribution; Student-t components and noise are allowed.

    Returns
    -------
    ndarray of shape (n_features,)
        The mean.

    Raises
    ------
    ValueError
        A Student-t component has no mean: its degrees of freedom are not above one.

    Examples
    --------
    >>> from mixtura import Mixture, Spherical
    >>> from mixtura.distributions.summaries import mean
    >>> mean(Mixture([0.75, 0.25], [[0.0, 1.0], [4.0, 1.0]], Spherical([1.0, 1.0], 2, 2)))
    array([1., 1.])
    """
    _require_degrees_of_freedom(mixture, 1, "mean")
    total = mixture.weights @ mixture.means
    noise = mixture.noise
    if noise is not None:
        total = total + noise.weight * (noise.lower + noise.upper) / 2
    return np.asarray(total)


def covariance(mixture: "Mixture") -> Floats:
    """Return the covariance matrix of the whole mixture: within components, and between their means.

    Parameters
    ----------
    mixture : Mixture
        The distribution; Student-t components, whose covariance is their scale matrix times ν/(ν − 2), and noise are
        allowed.

    Returns
    -------
    ndarray of shape (n_features, n_features)
        The covariance matrix, by the law of total variance.

    Raises
    ------
    ValueError
        A Student-t component has no finite covariance: its degrees of freedom are not above two.

    Examples
    --------
    >>> from mixtura import Mixture, Spherical
    >>> from mixtura.distributions.summaries import covariance
    >>> covariance(Mixture([0.5, 0.5], [[0.0, 1.0], [4.0, 1.0]], Spherical([1.0, 1.0], 2, 2)))
    array([[5., 0.],
           [0., 1.]])
    """
    degrees = _require_degrees_of_freedom(mixture, 2, "covariance")
    center = mean(mixture)
    between = mixture.means - center
    with np.errstate(divide="ignore", invalid="ignore"):  # in empty components, which do not count
        inflation = 1.0 if degrees is None else np.where(mixture.weights > 0, 1 / (1 - 2 / degrees), 0.0)
    total = np.tensordot(mixture.weights * inflation, mixture.covariance.dense, 1)
    total = total + (mixture.weights[:, None] * between).T @ between
    noise = mixture.noise
    if noise is not None:
        offset = (noise.lower + noise.upper) / 2 - center
        total = total + noise.weight * (np.diag((noise.upper - noise.lower) ** 2 / 12) + np.outer(offset, offset))
    return np.asarray(total)


def _require_degrees_of_freedom(mixture: "Mixture", least: int, what: str) -> Floats | None:
    degrees = mixture.degrees_of_freedom
    if degrees is None:
        return None
    lacking = np.flatnonzero((mixture.weights > 0) & (degrees <= least))
    if len(lacking):
        component = int(lacking[0])
        raise ValueError(
            f"the mixture has no {what}: component {component} has {degrees[component]:g} degrees of freedom, and "
            f"more than {least} are needed"
        )
    return degrees
