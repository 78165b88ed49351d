"""Moments of the components of a mixture: all that the next mixture depends on."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from ..typing import Floats


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
        Sums of u_k z_k (x - c_k); u_k is one for normal components, and the weight that Student's t distribution gives
        the row otherwise.
    second : ndarray
        Sums of u_k z_k (x - c_k)(x - c_k)^T in the layout of the covariance shape.
    tails : ndarray of shape (2, n_components) or None
        Of Student's t components, the sums of u_k z_k and of z_k (log u_k - u_k); None for normal components.
    levels : ndarray of shape (n_components, n_levels of all) or None
        Sums of z_k of the rows that have each level of each categorical column, one column after the other; None
        without such columns.

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
    tails: Floats | None = None
    levels: Floats | None = None

    @classmethod
    def zero(
        cls, centers: Floats, second_shape: tuple[int, ...], *, student: bool = False, n_levels: int | None = None
    ) -> Self:
        """Return the moments of no rows, of Student's t components or of normal ones, with so many levels in all."""
        n_components = len(centers)
        return cls(
            centers,
            0.0,
            0.0,
            np.zeros(n_components),
            np.zeros(centers.shape),
            np.zeros(second_shape),
            np.zeros((2, n_components)) if student else None,
            None if n_levels is None else np.zeros((n_components, n_levels)),
        )

    @property
    def masses(self) -> Floats:
        """Sums of u_k z_k: what the first and second moments weigh together."""
        return self.counts if self.tails is None else self.tails[0]

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
            _sum(self.tails, other.tails),
            _sum(self.levels, other.levels),
        )


def _sum(one: Floats | None, other: Floats | None) -> Floats | None:
    return None if one is None or other is None else one + other
