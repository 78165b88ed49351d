"""Moments of the components of a mixture: all that the next mixture depends on."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Weighted counts, first and second moments of rows about fixed centres, by component.

    Moments of separate rows about the same centres add up to the moments of all of them; `zero` is the identity.
    Centring about the current means keeps the second moments free of cancellation, which raw sums of squares are not
    [1]_.

    Attributes
    ----------
    centers : ndarray of shape (n_components, n_features)
        The points c_k that the moments are taken about.
    weight : float
        Sum of the weights of the rows.
    log_likelihood : float
        Weighted sum of the log densities of the rows.
    counts : ndarray of shape (n_components,)
        Sums of the weighted responsibilities z_k.
    first : ndarray of shape (n_components, n_features)
        Sums of z_k (x - c_k).
    second : ndarray
        Sums of z_k (x - c_k)(x - c_k)^T in the layout of the covariance shape.

    References
    ----------
    .. [1] Chan, Golub and LeVeque (1983), "Algorithms for computing the sample variance", The American Statistician 37.
    """

    centers: Floats
    weight: float
    log_likelihood: float
    counts: Floats
    first: Floats
    second: Floats

    @classmethod
    def zero(cls, centers: Floats, second_shape: tuple[int, ...]) -> Self:
        """Return the moments of no rows."""
        return cls(centers, 0.0, 0.0, np.zeros(len(centers)), np.zeros(centers.shape), np.zeros(second_shape))

    def __add__(self, other: "Moments") -> "Moments":
        if not (self.centers is other.centers or np.array_equal(self.centers, other.centers)):
            raise ValueError("moments about different centres do not add: take both about the same means")
        return Moments(
            self.centers,
            self.weight + other.weight,
            self.log_likelihood + other.log_likelihood,
            self.counts + other.counts,
            self.first + other.first,
            self.second + other.second,
        )
