"""A density that the user writes, with observations and a prior: what it returns is checked here."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isnan

import numpy as np
from numpy.typing import ArrayLike

from ..distributions.matrices import frozen
from ..errors import DataError, EmptyTableError, InfiniteValuesError, MissingValuesError
from ..typing import Floats

LogDensity = Callable[[Floats, float], ArrayLike]
LogPrior = Callable[[float], float]


@dataclass(frozen=True)
class Model:
    """A density, observations and a prior, as functions of theta alone.

    Parameters
    ----------
    log_density : callable
        Log density of each observation, given all of them and theta.
    x : ndarray of shape (n_observations,) or (n_observations, n_features)
        Observations, from `observations`.
    prior : callable, optional
        Log prior density of theta.
    """

    log_density: LogDensity
    x: Floats
    prior: LogPrior | None = None

    def log_likelihood(self, theta: float) -> float:
        """Return the sum of the log densities, raising `ValueError` unless there is one for each observation."""
        # The answer is checked, so NumPy need not warn of the logarithm of zero or of an overflow on the way to it.
        with np.errstate(all="ignore"):
            values = np.asarray(self.log_density(self.x, theta))
        if values.shape != (len(self.x),) or values.dtype.kind not in "fiu":
            raise ValueError(
                f"log_density must return one real number for each observation, shape ({len(self.x)},), and returned "
                f"{values.dtype} of shape {values.shape} at theta={theta:.6g}: write it with functions of whole arrays"
            )
        for unwanted, name, remedy in (
            (np.isnan(values), "NaN", "keep theta where the density is defined, with bounds or another grid"),
            (np.isposinf(values), "plus infinity", "keep theta away from there, with bounds or another grid"),
        ):
            if unwanted.any():
                i = int(np.argmax(unwanted))
                raise ValueError(
                    f"log_density is {name} at theta={theta:.6g} for observation {i}, {self.x[i]}: {remedy}"
                )
        with np.errstate(over="ignore"):
            return float(values.sum(dtype=np.float64))

    def log_posterior(self, theta: float) -> float:
        """Return the log-likelihood plus the log prior density, which is zero without a prior."""
        if self.prior is None:
            return self.log_likelihood(theta)
        with np.errstate(all="ignore"):
            value = np.asarray(self.prior(theta))
        if value.shape != () or value.dtype.kind not in "fiu" or isnan(value) or value == inf:
            raise ValueError(f"prior must return a finite number or minus infinity, not {value} at theta={theta:.6g}")
        return -inf if value == -inf else float(value) + self.log_likelihood(theta)


def observations(x: ArrayLike) -> Floats:
    """Return observations as doubles that cannot be written to, raising `DataError` where they are none."""
    if np.ma.is_masked(x):
        raise MissingValuesError("x has masked values: leave them out")
    array = np.asarray(x)
    if array.dtype.kind not in "fiub" or array.ndim > 2:
        raise DataError(f"x must be numbers in one or two dimensions, not {array.dtype} of shape {array.shape}")
    if not array.size:
        raise EmptyTableError("x holds no observation: give at least one")
    values = frozen(np.atleast_1d(array))
    for unwanted, name, error in (
        (np.isnan(values), "NaN", MissingValuesError),
        (np.isinf(values), "infinite", InfiniteValuesError),
    ):
        if unwanted.any():
            raise error(f"x is {name} at observation {np.argwhere(unwanted)[0, 0]}: leave it out or correct it")
    return values
