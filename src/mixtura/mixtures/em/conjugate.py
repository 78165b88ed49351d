"""Conjugate priors of normal components: Wishart distributions of their precisions, whatever the covariance shape.

The precisions of every shape follow Wishart distributions, of whole matrices or of single numbers, where a Wishart
distribution is a gamma distribution. What differs is only how large they are and how many there are: the layout of the
shape says both.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod

import numpy as np
from scipy.special import digamma, gammaln

from ...distributions.covariance import Covariance
from ...statistics.moments import Moments
from ...typing import Floats


@dataclass(frozen=True, eq=False)
class NormalWishart:
    """Prior of the mean and the precision of each component, with scikit-learn's parameters.

    Attributes
    ----------
    mean : ndarray of shape (n_features,)
        Expected mean m.
    mean_precision : float
        How many rows the prior of the mean counts for, positive: given the precision L, the mean is normal with
        precision `mean_precision` times L.
    degrees_of_freedom : float
        How many rows the prior of the precision counts for, more than n_features - 1.
    covariance : ndarray
        The scatter of those rows, in the layout of one component: (n_features, n_features) for full and tied,
        (n_features,) for diag, () for spherical, where it is the mean over the columns.
    of_groups : bool, default=False
        Whether the first update replaces the scatter by one within the groups of the start.
    """

    mean: Floats
    mean_precision: float
    degrees_of_freedom: float
    covariance: Floats
    of_groups: bool = False


@dataclass(frozen=True)
class Precisions:
    """The Wishart distributions of the precisions of all components, in one shape.

    Every component brings `degrees` of freedom, in rows. Their distributions have density

        B |L|^((h - p - 1)/2) exp(-tr(S L)/2),  log B = h/2 log|S| - h p/2 log 2 - log Gamma_p(h/2)

    for precisions L of size p, with h = `multiple` times `degrees` (Bishop 2006, equation B.78).

    Parameters
    ----------
    shape : type of Covariance
        Covariance shape.
    n_components, n_features : int
        Number of components and of columns.
    """

    shape: type[Covariance]
    n_components: int
    n_features: int

    @property
    def size(self) -> int:
        """Number of rows and columns of a precision, 1 where it is a number."""
        return self.n_features if self.shape.is_matrix else 1

    @property
    def multiple(self) -> int:
        """How many times the degrees of freedom of a component a precision has: those of all that share it.

        Each of the columns of each component has a precision, or shares it with others.
        """
        numbers = prod(self.shape.shape(self.n_components, self.n_features))
        return self.n_components * self.n_features * self.size // numbers if numbers and self.n_features else 1

    @property
    def number(self) -> float:
        """How many independent precisions there are for each component."""
        return self.n_features / (self.size * self.multiple) if self.n_features else 0.0

    @property
    def least_degrees(self) -> float:
        """What the degrees of freedom of a component must exceed."""
        return (max(self.size, 1) - 1) / self.multiple

    @property
    def default_rows(self) -> float:
        """How many rows of the data's variance the default prior of a component has for each column.

        A matrix that a component has for itself needs more than one (`docs/decisions/0029`).
        """
        return max(1.0, 5.0 * self.n_features - 9) if self.shape.is_matrix and not self.shape.is_shared else 1.0

    @property
    def default_degrees(self) -> float:
        """Degrees of freedom of a component that leave each single column `default_rows` rows."""
        return self.least_degrees + self.default_rows

    def ridge_traces(self, precisions: Floats, ridge: Floats) -> Floats:
        """Return the trace of diag(ridge) times the precision of each component, shape (n_components,)."""
        return np.broadcast_to(self.shape.weighted_traces(precisions, ridge), self.n_components)

    def pooled(self, degrees: Floats) -> Floats:
        """Return the degrees of freedom of the components where each has its own, their mean where they share them."""
        return np.asarray(degrees.mean()) if self.shape.is_shared else degrees

    def log_determinant_gaps(self, degrees: Floats) -> Floats:
        """Return E log|L| - log|E L| of each component, which depends on nothing but the degrees of freedom."""
        half = self.multiple * np.broadcast_to(self.pooled(degrees), self.n_components) / 2
        gaps = _multivariate_digamma(half, self.size) - self.size * np.log(half)
        return np.asarray(self.number * self.multiple * gaps)

    def divergence(self, degrees: Floats, covariance: Covariance, prior: NormalWishart) -> float:
        """Return the Kullback-Leibler divergence of the posterior of all precisions from their prior.

        Parameters
        ----------
        degrees : ndarray of shape (n_components,)
            Degrees of freedom of the posterior.
        covariance : Covariance
            Inverses of the expected precisions of the posterior.
        prior : NormalWishart
            The prior.
        """
        d, prior_degrees = self.n_features, prior.degrees_of_freedom
        posterior = np.broadcast_to(self.pooled(degrees), self.n_components)
        half, prior_half = self.multiple * posterior / 2, self.multiple * prior_degrees / 2
        before = _half_log_precision(prior, type(covariance))
        log_ratios = d * np.log(posterior / prior_degrees) + 2 * (before - covariance.half_log_precision)
        trace = (prior_scale(type(covariance), prior, self.n_components) * covariance.precisions).sum()
        normalisers = (
            _log_gamma(prior_half, self.size)
            - _multivariate_log_gamma(half, self.size)
            + (half - prior_half) * _multivariate_digamma(half, self.size)
        )
        return float(
            (prior_degrees * log_ratios.sum() - d * posterior.sum() + trace) / 2 + self.number * normalisers.sum()
        )

    def log_normalisers(self, degrees: Floats, half_log_precision: Floats) -> Floats:
        """Return minus log B of the precisions of each component, shape (n_components,); of a shared one its share.

        Parameters
        ----------
        degrees : ndarray of shape (n_components,)
            Degrees of freedom.
        half_log_precision : ndarray of shape (n_components,)
            Half the log determinants of the expected precisions.
        """
        pooled = np.broadcast_to(self.pooled(degrees), self.n_components)
        half = self.multiple * pooled / 2
        powers = pooled * (self.n_features / 2 * np.log(half) - half_log_precision)
        return np.asarray(self.number * _multivariate_log_gamma(half, self.size) - powers)

    @property
    def mode_excess(self) -> float:
        """What the mode of a normal-inverse-Wishart density is divided by beyond its degrees of freedom."""
        return self.size + 1 + self.multiple

    def inverse_log_density(self, covariance: Covariance, degrees: float, scale: Floats) -> float:
        """Return the log density of the covariances, when each is inverse Wishart with the same parameters.

        Parameters
        ----------
        covariance : Covariance
            Where the density is taken.
        degrees : float
            Degrees of freedom of each distribution.
        scale : ndarray
            Scale of each, in the layout of one component.
        """
        shape, p = type(covariance), self.size
        log_determinants = -2 * covariance.half_log_precision
        log_scale = -2 * single(shape, scale, self.n_features).half_log_precision[0]
        normaliser = -degrees * p / 2 * np.log(2) - _multivariate_log_gamma(np.asarray(degrees / 2), p)
        powers = (degrees * log_scale - (degrees + p + 1) * log_determinants) / 2
        trace = (np.broadcast_to(scale, covariance.values.shape) * covariance.precisions).sum()
        return float(self.number * self.n_components * normaliser + powers.sum() / self.multiple - trace / 2)


def single(shape: type[Covariance], values: Floats, n_features: int) -> Covariance:
    """Return the covariance of one component from its own layout."""
    return shape.unchecked(np.reshape(values, shape.shape(1, n_features)), 1, n_features)


def prior_scale(shape: type[Covariance], prior: NormalWishart, n_components: int) -> Floats:
    """Return the scatter that the prior stands for, in the layout of covariances times their divisors."""
    return np.asarray(shape.divisors(np.ones(n_components), len(prior.mean)) * prior.covariance)


def shrunken(shape: type[Covariance], moments: Moments, mean: Floats, precision: float) -> tuple[Floats, Floats]:
    """Return the means when every component has `precision` more rows at `mean`, and the scatter of all about them.

    Parameters
    ----------
    shape : type of Covariance
        Covariance shape.
    moments : Moments
        Of normal components, some perhaps of no rows.
    mean : ndarray of shape (n_features,)
        Prior mean.
    precision : float
        Rows it counts for, positive.

    Returns
    -------
    means : ndarray of shape (n_components, n_features)
        Means.
    scatter : ndarray
        In the layout of covariances times their divisors.
    """
    counts = moments.counts
    shift = np.divide(moments.first, counts[:, None], out=np.zeros_like(moments.first), where=counts[:, None] > 0)
    away = moments.centers + shift - mean
    pull = counts / (precision + counts)
    return mean + pull[:, None] * away, within_scatter(shape, moments) + shape.spread(precision * pull, away)


def within_scatter(shape: type[Covariance], moments: Moments) -> Floats:
    """Return the scatter of the rows of each component about their mean, in the layout of the shape."""
    counts = moments.counts
    shift = np.divide(moments.first, counts[:, None], out=np.zeros_like(moments.first), where=counts[:, None] > 0)
    return np.asarray(shape.unpacked(moments.second, moments.centers.shape[1]) - shape.spread(counts, shift))


def mean_divergence(mean_precision: Floats, means: Floats, covariance: Covariance, prior: NormalWishart) -> float:
    """Return the expected divergence of the posterior of all means given the precisions from their prior."""
    ratio = prior.mean_precision / mean_precision
    away = type(covariance).spread(np.full(len(means), prior.mean_precision), means - prior.mean)
    distances = float((away * covariance.precisions).sum())
    return float(means.shape[1] * (ratio - 1 - np.log(ratio)).sum() + distances) / 2


def at_groups(prior: NormalWishart, moments: Moments, shape: type[Covariance]) -> NormalWishart:
    """Return the prior with the covariance within the groups of a start in place of that of all rows, but for one row.

    Parameters
    ----------
    prior : NormalWishart
        Prior of components with a matrix each, its scatter that of `Precisions.default_rows` rows.
    moments : Moments
        Moments of the groups.
    shape : type of Covariance
        Covariance shape.
    """
    n_groups, d = moments.centers.shape
    default_rows = Precisions(shape, n_groups, d).default_rows
    left = max(float(moments.counts.sum()) - n_groups, 0.0)
    within = (prior.covariance / default_rows + within_scatter(shape, moments).sum(axis=0)) / (1 + left)
    if left < d + d / 2:
        within = regular_scale(within)
    return replace(prior, covariance=prior.degrees_of_freedom * within, of_groups=False)


def regular_scale(scale: Floats) -> Floats:
    """Return a matrix halfway to its diagonal, which no column follows from others by; other scales as they are.

    A covariance of fewer rows than columns, or of columns that follow from others, has no inverse. Halfway to its
    diagonal it keeps the variances, and half of each covariance, in whatever units.
    """
    return (scale + np.diag(np.diagonal(scale))) / 2 if scale.ndim == 2 else scale


# What follows from the prior alone is the same in every iteration.
@lru_cache(maxsize=16)
def _half_log_precision(prior: NormalWishart, shape: type[Covariance]) -> float:
    expected = single(shape, prior.covariance / prior.degrees_of_freedom, len(prior.mean))
    return float(expected.half_log_precision[0])


@lru_cache(maxsize=16)
def _log_gamma(half: float, size: int) -> float:
    return float(_multivariate_log_gamma(np.asarray(half), size))


def _multivariate_digamma(half: Floats, size: int) -> Floats:
    return np.asarray(digamma(half[..., None] - np.arange(size) / 2).sum(axis=-1))


def _multivariate_log_gamma(half: Floats, size: int) -> Floats:
    return np.asarray(
        size * (size - 1) / 4 * np.log(np.pi) + gammaln(half[..., None] - np.arange(size) / 2).sum(axis=-1)
    )
