"""Mean and covariance of a whole mixture."""

from typing import TYPE_CHECKING

import numpy as np

from ..typing import Floats
from .normal_only import require_numbers

if TYPE_CHECKING:
    from .mixture import Mixture


def mean(mixture: "Mixture") -> Floats:
    """Return the mean of the whole mixture: see `Mixture.mean`."""
    require_numbers(mixture, "the mean")
    _require_degrees_of_freedom(mixture, 1, "mean")
    total = mixture.weights @ mixture.means
    noise = mixture.noise
    if noise is not None:
        total = total + noise.weight * (noise.lower + noise.upper) / 2
    return np.asarray(total)


def covariance(mixture: "Mixture") -> Floats:
    """Return the covariance matrix of the whole mixture (law of total variance): see `Mixture.covariance_matrix`."""
    require_numbers(mixture, "the covariance")
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
