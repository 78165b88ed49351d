"""A uniform component: rows that belong to no group, spread over the volume of the data."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..typing import Floats
from .matrices import check_real, frozen


@dataclass(frozen=True, eq=False)
class Noise:
    """Rows drawn evenly from a box.

    Banfield and Raftery (1993), "Model-based Gaussian and non-Gaussian clustering", Biometrics 49.

    Parameters
    ----------
    weight : float
        Probability of a row to be noise, from 0 to 1.
    lower, upper : array_like of shape (n_features,)
        Corners of the box; every side has a positive length.

    Raises
    ------
    ValueError
        The weight is not a probability, or the box has no volume.

    Examples
    --------
    >>> noise = Noise(0.1, lower=[0.0, 0.0], upper=[10.0, 5.0])
    >>> np.exp(noise.log_densities(np.array([[5.0, 5.0], [5.0, 6.0]]))).round(4)  # 0.1 / 50, and outside
    array([0.002, 0.   ])
    """

    weight: float
    lower: Floats
    upper: Floats

    def __init__(self, weight: float, lower: ArrayLike, upper: ArrayLike) -> None:
        low, high = (frozen(check_real(corner, "corners of the box of noise")) for corner in (lower, upper))
        if isinstance(weight, (bool, np.bool_)) or not isinstance(weight, Real) or not 0 <= weight <= 1:
            raise ValueError(f"the weight of the noise is a probability, not {weight!r}")
        if low.shape != high.shape or low.ndim != 1 or not (low < high).all():
            raise ValueError(f"noise fills a box whose sides are finite and positive, not the one from {low} to {high}")
        object.__setattr__(self, "weight", float(weight))
        object.__setattr__(self, "lower", low)
        object.__setattr__(self, "upper", high)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Noise):
            return NotImplemented
        return (
            self.weight == other.weight
            and np.array_equal(self.lower, other.lower)
            and np.array_equal(self.upper, other.upper)
        )

    def __reduce__(self) -> tuple[type["Noise"], tuple[Any, ...]]:
        # A copy is made read-only again.
        return type(self), (self.weight, self.lower, self.upper)

    __hash__ = None  # type: ignore[assignment]  # a value of arrays, as unhashable as they are

    @property
    def log_density(self) -> float:
        """Logarithm of weight over volume: what noise adds to the density of a mixture inside the box."""
        with np.errstate(divide="ignore"):
            return float(np.log(self.weight) - np.log(self.upper - self.lower).sum())

    def log_densities(self, values: NDArray[Any]) -> Floats:
        """Return what noise adds to the log density of each row of `values`, minus infinity outside the box.

        A value that is missing, NaN, is not outside.
        """
        missing = np.isnan(values)
        inside = (missing | ((values >= self.lower) & (values <= self.upper))).all(axis=1)
        return np.where(inside, self.log_densities_inside(missing), -np.inf)

    def log_densities_inside(self, missing: NDArray[np.bool_]) -> Floats:
        """Return what noise adds to the log density of rows inside the box, whose `missing` values are marked."""
        return np.asarray(self.log_density + missing @ np.log(self.upper - self.lower))

    def select(self, columns: Sequence[int]) -> "Noise":
        """Return the noise in some of the columns, those at `columns`."""
        return Noise(self.weight, self.lower[np.asarray(columns, np.int64)], self.upper[np.asarray(columns, np.int64)])

    def reweighted(self, weight: float) -> "Noise":
        """Return the noise of the same box with another `weight`."""
        return Noise(weight, self.lower, self.upper)
