"""Whether two samples come from one distribution, and how far apart they are."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, kolmogorov

from ..typing import Floats

# The mean of the Kolmogorov distribution, and the mean size of a standard normal number.
_MEAN_KOLMOGOROV = math.sqrt(math.pi / 2) * math.log(2)
_MEAN_NORMAL = math.sqrt(2 / math.pi)

# Cells that a level must lead one to expect in each sample (Cochran 1954, "Some methods for strengthening the common
# chi-squared tests", Biometrics 10); levels that do not are counted together.
_FEWEST_EXPECTED = 5.0

# What is small, for shares, and by how many standard errors one of many shares must differ.
LEAST_EFFECT = 0.2
_ERRORS = 4.0


class Comparison(NamedTuple):
    """How two samples differ.

    Attributes
    ----------
    distance : float
        How far apart they are, from 0 to 1.
    by_chance : float
        The mean distance of two samples of these sizes from one distribution.
    p_value : float
        How probable a difference as large is for two such samples, or an upper bound of that.
    """

    distance: float
    by_chance: float
    p_value: float


def compared_distributions(distance: float, n_first: int, n_second: int) -> Comparison:
    """Return the two-sample test of Kolmogorov and Smirnov, by its limit for large samples.

    The limit is taken at ``(√n + 0.12 + 0.11/√n) D`` with ``n = n_first n_second / (n_first + n_second)``, which is
    near the exact value from a dozen numbers on (Stephens 1970, "Use of the Kolmogorov-Smirnov, Cramér-von Mises and
    related statistics without extensive tables", Journal of the Royal Statistical Society B 32). Where numbers tie the
    p-value is an upper bound.

    Parameters
    ----------
    distance : float
        The largest difference of the two cumulative distributions.
    n_first, n_second : int
        Sizes of the samples. Where one is 0, nothing is known: the p-value is 1.

    Examples
    --------
    >>> found = compared_distributions(0.2, 100, 100)
    >>> round(found.by_chance, 3), round(found.p_value, 3)
    (0.123, 0.031)
    """
    if not n_first or not n_second:
        return Comparison(0.0, 0.0, 1.0)
    root = math.sqrt(n_first * n_second / (n_first + n_second))
    p_value = float(kolmogorov((root + 0.12 + 0.11 / root) * distance))
    return Comparison(float(distance), min(1.0, _MEAN_KOLMOGOROV / root), p_value)


def compared_counts(first: ArrayLike, second: ArrayLike) -> Comparison:
    """Return the total variation distance of two tables of counts, and the chi-squared test that they differ.

    The distance is half the sum of the differences of all shares. Levels that are too rare for the test are counted
    together in it.

    Parameters
    ----------
    first, second : array_like of shape (n_levels,)
        How often each level occurs in the samples. Where one has no cells, nothing is known: the p-value is 1.

    Examples
    --------
    >>> found = compared_counts([60, 40], [45, 55])
    >>> round(found.distance, 3), round(found.by_chance, 3), round(found.p_value, 3)
    (0.15, 0.056, 0.034)
    """
    counts = np.array([first, second], dtype=np.float64)
    sizes = counts.sum(axis=1)
    if not sizes.all():
        return Comparison(0.0, 0.0, 1.0)
    shares = counts / sizes[:, np.newaxis]
    together = counts.sum(axis=0) / sizes.sum()
    errors = np.sqrt(together * (1 - together) * (1 / sizes).sum())
    # A share of a few cells differs by no more than twice itself on average, however small the samples are.
    by_chance = np.minimum(_MEAN_NORMAL * errors, 2 * together).sum() / 2
    return Comparison(float(np.abs(shares[0] - shares[1]).sum() / 2), float(by_chance), _chi_squared(counts, sizes))


def _chi_squared(counts: Floats, sizes: Floats) -> float:
    rare = counts.sum(axis=0) * sizes.min() / sizes.sum() < _FEWEST_EXPECTED
    pooled = np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)])
    expected = pooled.sum(axis=0) * (sizes / sizes.sum())[:, np.newaxis]
    tested = expected.min(axis=0) >= 1
    pooled, expected = pooled[:, tested], expected[:, tested]
    if pooled.shape[1] < 2:
        return 1.0
    return float(chdtrc(pooled.shape[1] - 1, (np.square(pooled - expected) / expected).sum()))


def has_changed(first: float, second: float, n_first: int, n_second: int) -> bool:
    """Tell whether one share of many has changed: by four standard errors, and by an effect of 0.2.

    Parameters
    ----------
    first, second : float
        The shares.
    n_first, n_second : int
        How many cells they are shares of.

    Examples
    --------
    >>> has_changed(0.01, 0.04, 1000, 1000), has_changed(0.50, 0.52, 100_000, 100_000)
    (True, False)
    """
    together = (n_first * first + n_second * second) / (n_first + n_second)
    error = math.sqrt(together * (1 - together) * (1 / n_first + 1 / n_second))
    return abs(second - first) > _ERRORS * error and effect_of_shares(first, second) >= LEAST_EFFECT


def effect_of_shares(first: float, second: float) -> float:
    """Return the difference of the arcsines of two shares, which is as easy to see whatever the shares are.

    From 0.2 on the effect is small, from 0.5 on medium, from 0.8 on large (Cohen 1988, "Statistical power analysis for
    the behavioral sciences", section 6.2).

    Examples
    --------
    >>> round(effect_of_shares(0.5, 0.6), 2), round(effect_of_shares(0.0, 0.01), 2)
    (0.2, 0.2)
    """
    return 2 * abs(math.asin(math.sqrt(first)) - math.asin(math.sqrt(second)))
