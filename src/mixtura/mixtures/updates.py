"""Update rules: from the moments of a pass to the next mixture."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..statistics.moments import Moments
from .covariance import Covariance
from .mixture import Mixture

# Added to every count, as scikit-learn does: it keeps the division defined and moves no other figure.
_COUNT_FLOOR = 10 * np.finfo(np.float64).eps

# A component that holds less than this part of the weight of all rows holds nothing but rounding.
_EMPTY = 1e-14


class Update(Protocol):
    """How a mixture follows from moments."""

    def __call__(self, moments: Moments, current: Mixture | None) -> Mixture:
        """Return the next mixture."""
        ...


@dataclass(frozen=True)
class MaximumLikelihood:
    """The M-step of maximum likelihood (Bishop 2006, equations 9.24 to 9.26).

    A component that no row belongs to any more keeps its mean and covariance at weight zero.

    Parameters
    ----------
    shape : type of Covariance
        Covariance shape.
    reg_covar : float
        Added to every variance.
    """

    shape: type[Covariance]
    reg_covar: float

    def __call__(self, moments: Moments, current: Mixture | None = None) -> Mixture:
        """Return the mixture of highest expected log-likelihood."""
        counts = moments.counts + _COUNT_FLOOR
        shift = moments.first / counts[:, None]
        covariance = self.shape.estimate(counts, shift, moments.second, self.reg_covar)
        means = moments.centers + shift
        emptied = moments.counts <= _EMPTY * moments.weight
        if emptied.any() and current is not None:
            means = np.where(emptied[:, None], current.means, means)
            covariance = covariance.replace(emptied, current.covariance)
            counts = np.where(emptied, 0.0, counts)
        return Mixture(counts / counts.sum(), means, covariance)
