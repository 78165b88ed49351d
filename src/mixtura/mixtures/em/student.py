"""Degrees of freedom of Student's t components."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma

from ...typing import Floats

# Where a fit starts: heavy enough tails that outliers do not pull, light enough that groups keep apart.
START = 10.0

# Fewer give tails that no moment describes; more are a normal distribution in all but name, and lose digits.
LOWEST, HIGHEST = 0.5, 1000.0


def next_degrees(counts: Floats, logs: Floats, current: Floats, n_features: int) -> Floats:
    """Return the degrees of freedom that raise the expected log-likelihood the most; those of no rows stay.

    Peel and McLachlan (2000), "Robust mixture modelling using the t distribution", Statistics and Computing 10,
    equation 30.

    Parameters
    ----------
    counts : ndarray of shape (n_components,)
        Sums of the responsibilities z.
    logs : ndarray of shape (n_components,)
        Sums of z (log u - u).
    current : ndarray of shape (n_components,)
        Degrees of freedom that gave u.
    n_features : int
        Number of columns.
    """
    half = (current + n_features) / 2
    means = np.divide(logs, counts, out=np.full_like(logs, -1.0), where=counts > 0)
    found = np.array([_root(value) for value in 1 + means + digamma(half) - np.log(half)])
    return np.where(counts > 0, found, current)


def _root(constant: float) -> float:
    def slope(degrees: float) -> float:
        return float(np.log(degrees / 2) - digamma(degrees / 2) + constant)

    if slope(HIGHEST) >= 0:
        return HIGHEST
    if slope(LOWEST) <= 0:
        return LOWEST
    return float(brentq(slope, LOWEST, HIGHEST, xtol=1e-10))
