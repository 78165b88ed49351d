"""Scales of one column that up to half of its values cannot carry away."""

import numpy as np
from scipy.stats import norm

from ...kernels.mcd import pairwise_quartile
from ...typing import Floats
from .tiles import MAD_FACTOR

# Qn compares all pairs; above this many rows DetMCD takes the tau scale in its place.
_MOST_FOR_QN = 1000
# Makes Qn a standard deviation of normal values: 1 / (sqrt(2) Phi^-1(5 / 8)).
_QN_FACTOR = 2.2191444659850757
# Values farther than the first, in standard deviations, do not count for the centre; the second bounds their squares.
_TAU_CENTER, _TAU_SCALE = 4.5, 3.0


def robust_scale(values: Floats) -> float:
    """Return Qn of a short column and the tau scale of a long one, as Hubert, Rousseeuw and Verdonck (2012) do."""
    return qn_scale(values) if len(values) < _MOST_FOR_QN else tau_scale(values)


def qn_scale(values: Floats) -> float:
    """Return the scale Qn (Rousseeuw and Croux 1993), for normal values their standard deviation.

    Small samples are corrected as in Croux and Rousseeuw (1992), for more than nine values.

    Examples
    --------
    >>> float(round(qn_scale(np.arange(10.0)), 4))
    3.2162
    """
    n = len(values)
    small = n / (n + 1.4) if n % 2 else n / (n + 3.8)
    return _QN_FACTOR * small * pairwise_quartile(values)


def tau_scale(values: Floats) -> float:
    """Return the tau scale (Yohai and Zamar 1988; Maronna and Zamar 2002), for normal values their standard deviation.

    Examples
    --------
    >>> tau_scale(np.zeros(5))
    0.0
    >>> float(round(tau_scale(norm.ppf((np.arange(2001) + 0.5) / 2001)), 3))
    1.0
    """
    center = np.median(values)
    spread = MAD_FACTOR * float(np.median(np.abs(values - center)))
    if spread == 0:
        return 0.0
    weights = np.maximum(1 - ((values - center) / (_TAU_CENTER * spread)) ** 2, 0.0) ** 2
    mean = weights @ values / weights.sum()
    bounded = np.minimum(((values - mean) / spread) ** 2, _TAU_SCALE**2)
    return spread * float(np.sqrt(bounded.mean() / _bounded_square(_TAU_SCALE)))


def _bounded_square(bound: float) -> float:
    """Return the expectation of min(z^2, bound^2) of a standard normal z."""
    inside = 2 * norm.cdf(bound) - 1 - 2 * bound * norm.pdf(bound)
    return float(inside + bound**2 * 2 * norm.sf(bound))
