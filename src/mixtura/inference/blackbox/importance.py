"""Importance sampling with a proposal that has the tails of Student's t beside a Gaussian mixture."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import gammaincinv, logsumexp, ndtri
from scipy.stats import qmc

from ...distributions.mixture import Mixture
from ...distributions.shapes import Full
from ...typing import Floats, Integers

# Shares of the mixture, of t copies of its components with 5 degrees of freedom and twice their covariances, and of one
# wide t with 3 for all of it.
_NORMAL, _HEAVY, _WIDE = 0.54, 0.36, 0.10
_HEAVY_DEGREES, _HEAVY_SCALE, _WIDE_DEGREES = 5.0, 2.0, 3.0
# The wide t is so many times as wide as the whole mixture.
_WIDER = 1.5


@dataclass(frozen=True, eq=False)
class Proposal:
    """A mixture of normal and of t components.

    Parameters
    ----------
    weights : ndarray of shape (n_components,)
        Probabilities of the components.
    means : ndarray of shape (n_components, n_dimensions)
        Their means.
    covariances : ndarray of shape (n_components, n_dimensions, n_dimensions)
        Covariances of the normal ones, scales of the others.
    degrees : ndarray of shape (n_components,)
        Degrees of freedom, infinite for the normal ones.
    """

    weights: Floats
    means: Floats
    covariances: Floats
    degrees: Floats

    @classmethod
    def of(cls, mixture: Mixture) -> "Proposal":
        """Return a Gaussian mixture as a proposal, nothing added."""
        dense = mixture.covariance.dense
        return cls(mixture.weights, mixture.means, dense, np.full(len(dense), np.inf))

    @classmethod
    def defensive(cls, mixture: Mixture, wider: float = 1.0) -> "Proposal":
        """Return a Gaussian mixture with t copies of its components, and a wide t that covers all of it.

        The t components are `wider` times as wide as they are without.
        """
        dense = mixture.covariance.dense
        wide = (wider * _WIDER) ** 2 * mixture.covariance_matrix()
        return cls(
            np.concatenate([_NORMAL * mixture.weights, _HEAVY * mixture.weights, [_WIDE]]),
            np.vstack([mixture.means, mixture.means, mixture.mean()]),
            np.concatenate([dense, _HEAVY_SCALE * wider**2 * dense, wide[None]]),
            np.concatenate([np.full(len(dense), np.inf), np.full(len(dense), _HEAVY_DEGREES), [_WIDE_DEGREES]]),
        )

    def draw(self, n_draws: int, seed: int) -> tuple[Floats, "Proposal"]:
        """Return draws, and the proposal with the share of the draws that each component has as its weight.

        One scrambled Sobol sequence serves all components, a block of it each (Owen 1995): averages of smooth functions
        err less than with independent draws, and errors that take the draws as independent are upper bounds.
        """
        counts = _counts(self.weights, n_draws)
        d = self.means.shape[1]
        power = int(np.ceil(np.log2(n_draws)))
        uniform = qmc.Sobol(d + 1, rng=np.random.default_rng(seed)).random_base2(power)[:n_draws]
        uniform = np.clip(uniform, 2.0**-53, 1 - 2.0**-53)
        standard = ndtri(uniform[:, :d])
        degrees = np.repeat(self.degrees, counts)
        heavy = np.isfinite(degrees)
        chi_square = 2 * gammaincinv(degrees[heavy] / 2, uniform[heavy, d])
        standard[heavy] /= np.sqrt(chi_square / degrees[heavy])[:, None]
        roots = np.linalg.cholesky(self.covariances)
        ends = np.cumsum(counts)
        blocks = [
            mean + standard[end - count : end] @ root.T
            for mean, root, count, end in zip(self.means, roots, counts, ends, strict=True)
        ]
        drawn = Proposal(counts / n_draws, self.means, self.covariances, self.degrees)
        return np.concatenate(blocks), drawn

    def log_density(self, points: Floats) -> Floats:
        """Return the log density at points, shape (n_points,)."""
        parts = [np.log(share) + mixture.log_density(points) for share, mixture in self._mixtures]
        return np.asarray(logsumexp(parts, axis=0))

    @cached_property
    def _mixtures(self) -> list[tuple[float, Mixture]]:
        """The normal components and the t components, each as a mixture with the share that they have."""
        heavy = np.isfinite(self.degrees)
        parts = []
        for chosen in (~heavy, heavy):
            share = float(self.weights[chosen].sum())
            if share > 0:
                means = self.means[chosen]
                covariance = Full(self.covariances[chosen], *means.shape)
                degrees = self.degrees[chosen] if heavy[chosen].any() else None
                parts.append((share, Mixture(self.weights[chosen] / share, means, covariance, degrees)))
        return parts


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws from several proposals with the log density of the target at each.

    Parameters
    ----------
    points : ndarray of shape (n_draws, n_dimensions)
        The draws.
    log_target : ndarray of shape (n_draws,)
        Log density of the target, not normalised.
    proposals : tuple of (int, Proposal)
        How many draws came from which proposal.
    """

    points: Floats
    log_target: Floats
    proposals: tuple[tuple[int, Proposal], ...]

    def __add__(self, other: "Draws") -> "Draws":
        return Draws(
            np.concatenate([self.points, other.points]),
            np.concatenate([self.log_target, other.log_target]),
            self.proposals + other.proposals,
        )

    @cached_property
    def log_proposal(self) -> Floats:
        """Log density at each draw of the mixture of all proposals (Veach and Guibas 1995, the balance heuristic)."""
        n_draws = len(self.points)
        parts = [np.log(count / n_draws) + proposal.log_density(self.points) for count, proposal in self.proposals]
        return np.asarray(logsumexp(parts, axis=0))

    @property
    def log_weights(self) -> Floats:
        """Logarithms of the importance weights, not normalised."""
        return self.log_target - self.log_proposal


def effective_size(log_weights: Floats) -> float:
    """Return how many independent draws from the target weighted draws are worth (Kong 1992)."""
    if np.isneginf(log_weights).all():
        return 0.0
    return float(np.exp(2 * logsumexp(log_weights) - logsumexp(2 * log_weights)))


def _counts(weights: Floats, n_draws: int) -> Integers:
    """Return how many draws each component has, by the largest remainders."""
    exact = weights / weights.sum() * n_draws
    counts: Integers = np.floor(exact).astype(np.int64)
    largest = np.argsort(counts - exact, kind="stable")[: n_draws - counts.sum()]
    counts[largest] += 1
    return counts
