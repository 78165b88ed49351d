"""Variational Bayes of Gaussian mixtures: the posterior as a frozen value, and its update rule."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, digamma, gammaln

from ...distributions.covariance import Covariance
from ...distributions.levels import LevelColumns
from ...distributions.mixture import Mixture
from ...distributions.passes import Components
from ...statistics.moments import Moments
from ...typing import Floats
from ..em.conjugate import (
    NormalWishart,
    Precisions,
    at_groups,
    mean_divergence,
    prior_scale,
    shrunken,
    single,
)
from ..em.recentring import recentred
from .levels import LevelPosterior

Mask = NDArray[np.bool_]


class WeightPrior(Protocol):
    """Prior of the weights, and the posterior that counts of rows make of it.

    Every method takes the expected rows of each component, and which components are alive.
    """

    @property
    def concentration(self) -> float:
        """Its parameter, positive."""
        ...

    def posterior(self, counts: Floats, alive: Mask) -> tuple[Floats, Floats] | Floats:
        """Return the parameters of the posterior; the (first) one of a component that is not alive is zero."""
        ...

    def expected_logs(self, counts: Floats, alive: Mask) -> Floats:
        """Return the expected logarithms of the weights under the posterior, minus infinity if not alive."""
        ...

    def expected_weights(self, counts: Floats, alive: Mask) -> Floats:
        """Return the expected weights under the posterior, in proportion to sum to one; zero if not alive."""
        ...

    def divergence(self, counts: Floats, alive: Mask) -> float:
        """Return the Kullback-Leibler divergence of the posterior from the prior."""
        ...

    def log_evidence(self, counts: Floats, alive: Mask) -> float:
        """Return the log probability of components that so many rows have, in one order of the rows."""
        ...


@dataclass(frozen=True)
class DirichletProcess:
    """Weights broken off a stick, one after another: v_k is Beta(1, concentration), pi_k = v_k prod_{j<k} (1 - v_j).

    Blei and Jordan (2006), "Variational inference for Dirichlet process mixtures", Bayesian Analysis 1. The rest of the
    stick after the last component belongs to components that no row is ever given to; one that is not alive is among
    those, and breaks nothing off.

    Parameters
    ----------
    concentration : float
        The larger, the more components share the rows; positive.
    """

    concentration: float

    def posterior(self, counts: Floats, alive: Mask) -> tuple[Floats, Floats]:
        """Return both parameters of the beta distribution of each break, given the rows of each and of all later."""
        later = np.append(np.cumsum(counts[:0:-1])[::-1], 0.0)
        return np.where(alive, 1 + counts, 0.0), self.concentration + later

    def expected_logs(self, counts: Floats, alive: Mask) -> Floats:
        """Return the expected logarithms of the weights, minus infinity if not alive."""
        a, b = self.posterior(counts, alive)
        total = digamma(a + b)
        broken = np.where(alive, digamma(np.where(alive, a, 1.0)) - total, -np.inf)
        return np.asarray(broken + _before(np.cumsum(digamma(b) - total), 0.0))

    def expected_weights(self, counts: Floats, alive: Mask) -> Floats:
        """Return the expected weights, in proportion to sum to one: what is left of the stick is given to all."""
        a, b = self.posterior(counts, alive)
        left: Floats = b / (a + b)
        weights = a / (a + b) * _before(np.asarray(np.cumprod(left)), 1.0)
        return np.asarray(weights / weights.sum())

    def divergence(self, counts: Floats, alive: Mask) -> float:
        """Return the Kullback-Leibler divergence of the posterior from the prior."""
        a, b = (parameter[alive] for parameter in self.posterior(counts, alive))
        gamma = self.concentration
        terms = (
            betaln(1, gamma)
            - betaln(a, b)
            + (a - 1) * digamma(a)
            + (b - gamma) * digamma(b)
            - (a - 1 + b - gamma) * digamma(a + b)
        )
        return float(terms.sum())

    def log_evidence(self, counts: Floats, alive: Mask) -> float:
        """Return the log probability of components that so many rows have, in one order of the rows."""
        a, b = (parameter[alive] for parameter in self.posterior(counts, alive))
        return float((betaln(a, b) - betaln(1, self.concentration)).sum())


@dataclass(frozen=True)
class DirichletDistribution:
    """Weights from a symmetric Dirichlet distribution (Bishop 2006, equation 10.39).

    Components that are not alive keep the weight that the prior gives them, which no row makes use of.

    Parameters
    ----------
    concentration : float
        Rows that the prior gives to each component; positive.
    """

    concentration: float

    def posterior(self, counts: Floats, alive: Mask) -> Floats:
        """Return the parameters of the Dirichlet distribution, zero if not alive."""
        return np.where(alive, self.concentration + counts, 0.0)

    def expected_logs(self, counts: Floats, alive: Mask) -> Floats:
        """Return the expected logarithms of the weights, minus infinity if not alive."""
        alpha = self.concentration + counts
        return np.where(alive, digamma(alpha) - digamma(alpha.sum()), -np.inf)

    def expected_weights(self, counts: Floats, alive: Mask) -> Floats:
        """Return the expected weights, in proportion to sum to one; zero if not alive."""
        alpha = self.posterior(counts, alive)
        return np.asarray(alpha / alpha.sum())

    def divergence(self, counts: Floats, alive: Mask) -> float:
        """Return the Kullback-Leibler divergence of the posterior from the prior."""
        alpha, prior = self.concentration + counts, self.concentration
        return float(
            gammaln(alpha.sum())
            - gammaln(alpha).sum()
            - gammaln(prior * len(counts))
            + len(counts) * gammaln(prior)
            + counts @ (digamma(alpha) - digamma(alpha.sum()))
        )

    def log_evidence(self, counts: Floats, alive: Mask) -> float:
        """Return the log probability of components that so many rows have, in one order of the rows."""
        prior, total = self.concentration, self.concentration * len(counts)
        each = gammaln(prior + counts) - gammaln(prior)
        return float(gammaln(total) - gammaln(total + counts.sum()) + each.sum())


@dataclass(frozen=True, eq=False)
class Posterior:
    """Variational posterior of a mixture: of its weights, and of the mean and precision of each component.

    Given the precision L_k, the mean of component k is normal about `means` with precision ``mean_precision[k] L_k``;
    the precisions are Wishart (gamma where they are numbers) with ``degrees_of_freedom`` and expectation the inverse of
    `covariance`.

    Attributes
    ----------
    weight_prior : WeightPrior
        Prior of the weights.
    prior : NormalWishart
        Prior of means and precisions.
    ridge : ndarray of shape (n_features,)
        Variances of the noise that every row is taken to be smeared by.
    counts : ndarray of shape (n_components,)
        Expected rows of each component.
    alive : ndarray of shape (n_components,), bool
        Components that rows may be given to. The others stay at the prior, and take no part.
    means : ndarray of shape (n_components, n_features)
        Expected means.
    covariance : Covariance
        Inverses of the expected precisions.
    levels : LevelPosterior or None
        Probabilities of levels, where there are categories.
    """

    weight_prior: WeightPrior
    prior: NormalWishart
    ridge: Floats
    counts: Floats
    alive: Mask
    means: Floats
    covariance: Covariance
    levels: LevelPosterior | None = None

    @property
    def weight_concentration(self) -> tuple[Floats, Floats] | Floats:
        """Parameters of the weights: two for each break of a Dirichlet process, one a component otherwise."""
        return self.weight_prior.posterior(self.counts, self.alive)

    @property
    def mean_precision(self) -> Floats:
        """Rows that each mean is known from, those of the prior included."""
        return np.asarray(self.prior.mean_precision + self.counts)

    @property
    def degrees_of_freedom(self) -> Floats:
        """Rows that each precision is known from, those of the prior included; their mean where it is shared."""
        return self._precisions.pooled(self.prior.degrees_of_freedom + self.counts)

    @property
    def occupied(self) -> Mask:
        """Components that rows belong to: those with half a row, or half of what the largest has where that is less."""
        return np.asarray(self.alive & (self.counts >= min(1.0, float(self.counts.max())) / 2))

    @property
    def expected_weights(self) -> Floats:
        """Expected weights of the components that are alive, in proportion to sum to one; zero for the others."""
        return self.weight_prior.expected_weights(self.counts, self.alive)

    @property
    def mixture(self) -> Mixture:
        """The mixture of expected weights, expected means and inverse expected precisions."""
        levels = None if self.levels is None else self.levels.expected
        return Mixture(self.expected_weights, self.means, self.covariance, levels=levels)

    @cached_property
    def components(self) -> Components:
        """What a pass over rows reads: its log densities are the expected ones (Bishop 2006, equation 10.46)."""
        gaps = self._precisions.log_determinant_gaps(self.prior.degrees_of_freedom + self.counts)
        traces = self._precisions.ridge_traces(self.covariance.precisions, self.ridge)
        spread = self.means.shape[1] / self.mean_precision
        offsets = self.weight_prior.expected_logs(self.counts, self.alive) + (gaps - spread - traces) / 2
        levels = None if self.levels is None else self.levels.expected_logs
        return Components(offsets, self.means, self.covariance, levels=levels)

    @cached_property
    def divergence(self) -> float:
        """Kullback-Leibler divergence from the prior: of weights, means and precisions, with every constant."""
        degrees = self.prior.degrees_of_freedom + self.counts
        return (
            self.weight_prior.divergence(self.counts, self.alive)
            + self._precisions.divergence(degrees, self.covariance, self.prior)
            + mean_divergence(self.mean_precision, self.means, self.covariance, self.prior)
            + (0.0 if self.levels is None else self.levels.divergence)
        )

    @property
    def log_evidence(self) -> float:
        """Log evidence of the rows with the components that they have, in part or whole.

        It is the bound of which this is the best posterior, without the entropy of the responsibilities.
        """
        n_components, d = self.means.shape
        prior, precisions = self.prior, self._precisions
        empty = single(type(self.covariance), prior.covariance / prior.degrees_of_freedom, d)
        before = precisions.log_normalisers(np.full(n_components, prior.degrees_of_freedom), empty.half_log_precision)
        after = precisions.log_normalisers(prior.degrees_of_freedom + self.counts, self.covariance.half_log_precision)
        narrowed = d / 2 * np.log(prior.mean_precision / self.mean_precision)
        rows = (after - before + narrowed).sum() - float(self.counts.sum()) * d / 2 * np.log(2 * np.pi)
        levels = 0.0 if self.levels is None else self.levels.log_evidence
        return float(rows + levels + self.weight_prior.log_evidence(self.counts, self.alive))

    def log_joint(self, moments: Moments) -> float:
        """Return the expected log density of rows and their components, given the moments of the rows."""
        shape, alive = type(self.covariance), self.alive
        second = shape.unpacked(recentred(moments, self.means, shape).second, self.means.shape[1])
        constants = float(moments.counts[alive] @ self.components.log_constants[alive])
        if self.levels is not None and moments.levels is not None:
            logs = self.levels.expected_logs
            constants += float((moments.levels * logs.logs[:, logs.layout.seen]).sum())
        return constants - float((second * self.covariance.precisions).sum()) / 2

    @property
    def _precisions(self) -> Precisions:
        return Precisions(type(self.covariance), *self.means.shape)


@dataclass(frozen=True, eq=False)
class VariationalUpdate:
    """The M-step of variational Bayes (Bishop 2006, equations 10.58 to 10.63).

    The `ridge`, scikit-learn's `reg_covar`, is exact here: rows are taken to be smeared by independent noise of these
    variances. The scatter of each component grows by that of the noise, and the expected log density of a row
    falls by half the trace of noise times precision, so that the bound still never falls.

    Parameters
    ----------
    shape : type of Covariance
        Covariance shape.
    weight_prior : WeightPrior
        Prior of the weights.
    prior : NormalWishart
        Prior of means and precisions. With tied covariances its degrees of freedom and its scatter count once for each
        component, as in scikit-learn.
    ridge : ndarray of shape (n_features,)
        Added to the variances of the rows.
    least : ndarray of shape (n_features,), optional
        Least variances: no component is narrower in any direction. The posterior is the best one within that limit:
        the bound is concave in the expected precisions, as the likelihood is in precisions.
    levels : LevelColumns, optional
        The categorical columns.
    """

    shape: type[Covariance]
    weight_prior: WeightPrior
    prior: NormalWishart
    ridge: Floats
    least: Floats | None = None
    levels: LevelColumns | None = None

    def __call__(self, moments: Moments, current: Posterior | None = None) -> Posterior:
        """Return the posterior of highest evidence lower bound, given the responsibilities that made the moments.

        Components that are not alive in `current` stay so; they have moments of zero.
        """
        alive = np.ones(len(moments.counts), dtype=bool) if current is None else current.alive
        if not self.prior.of_groups:
            return self._given(self.prior, moments, alive)
        prior = at_groups(self.prior, moments, self.shape) if current is None else current.prior
        return self._given(prior, moments, alive)

    def _given(self, prior: NormalWishart, moments: Moments, alive: Mask) -> Posterior:
        """Return the best posterior under one prior of means and precisions."""
        counts = moments.counts
        n_components, n_features = moments.centers.shape
        means, scatter = shrunken(self.shape, moments, prior.mean, prior.mean_precision)
        noise = self.shape.with_ridge(np.zeros(self.shape.shape(n_components, n_features)), self.ridge)
        scale = prior_scale(self.shape, prior, n_components) + scatter + self.shape.divisors(counts, n_features) * noise
        values = scale / self.shape.divisors(prior.degrees_of_freedom + counts, n_features)
        covariance = self.shape.unchecked(values, n_components, n_features)
        if self.least is not None:
            covariance = covariance.at_least(self.least)
        levels = None
        if self.levels is not None:
            assert moments.levels is not None, "a pass over categories sums their levels"
            levels = LevelPosterior(self.levels, moments.levels)
        return Posterior(self.weight_prior, prior, self.ridge, counts, alive, means, covariance, levels)

    def bound(self, moments: Moments, current: Posterior) -> float:
        """Return the evidence lower bound (Bishop 2006, equation 10.70) at `current`, responsibilities at their best.

        It is complete: with one component and no ridge it is the log evidence itself.
        """
        return moments.log_likelihood - current.divergence


def _before(values: Floats, first: float) -> Floats:
    """Return the values one place later, after `first`."""
    return np.append(first, values[:-1])
