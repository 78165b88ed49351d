"""The default method: a Gaussian mixture, fitted by weighted EM to importance-weighted draws of the posterior."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.optimize import brentq
from scipy.special import logsumexp
from sklearn.exceptions import ConvergenceWarning

from ....distributions.mixture import Mixture
from ....distributions.shapes import Full
from ....engines.progress import Progress
from ....errors import RequestError
from ....mixtures.em.gaussian import GaussianMixture
from ....mixtures.em.maximum_a_posteriori import MixturePrior
from ....typing import Floats
from ..faults import described
from ..importance import Draws, Proposal, effective_size
from ..modes import Mode, modes
from ..problem import Approximation, Problem, Settings
from ..psis import k_hat

# Most components of a mixture.
COMPONENTS = 8
# Rounds end when so large a share of the draws is effective, and the tail of their weights so light, so many times in a
# row: each round finds a little more of the tails.
_GOOD, _LIGHT, _IN_A_ROW = 0.6, 0.5, 3
# At once, when so large a share would be effective if all draws came from the mixture itself; or after so many rounds
# without that gain.
_NEARLY_ALL, _GAIN, _PATIENCE = 0.9, 1.1, 3
# The last mixture is kept that is about as good as the best: it knows the most draws.
_ABOUT = 0.9
# While it explores, the proposal is so many times wider.
_WIDER = 2.0
# The mixture is fitted to the weights to a power below one, 1 − 1/d and at least .75: a proposal that is a little
# wider than the posterior bounds the weights in the tails, where Gaussian mixtures end early.
_WIDENED = 4
# Effective draws for each component and each of its dimensions.
_ROWS = 10
# A draw of a part of the largest weight that no sum feels.
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True)
class AdaptiveMixture:
    """Laplace approximations at the modes, then rounds of importance sampling and weighted EM.

    Cappé, Douc, Guillin, Marin and Robert (2008), "Adaptive importance sampling in general mixture classes", Statistics
    and Computing 18, with the weights of all rounds by Cornuet, Marin, Mira and Robert (2012), "Adaptive multiple
    importance sampling", Scandinavian Journal of Statistics 39.

    Parameters
    ----------
    n_components : int, default=8
        Most components of the mixture.
    n_draws : int, default=1000
        Draws of a round, or 25 a dimension where that is more.
    n_rounds : int, default=15
        Most rounds.
    """

    n_components: int = COMPONENTS
    n_draws: int = 1000
    n_rounds: int = 15
    name: ClassVar[str] = "mixture"

    def approximate(self, problem: Problem, settings: Settings) -> Approximation:
        """Return the mixture for a problem."""
        found = modes(problem, settings.n_starts, settings.seed)
        with _in_words(problem, found[0]):
            mixture = _laplace(found)
        n_draws = max(self.n_draws, 25 * problem.n_dimensions)
        draws: Draws | None = None
        best, best_share, trace, unimproved, good = mixture, 0.0, [], 0, 0
        for number in range(self.n_rounds):
            with _in_words(problem, found[0]):
                points, proposal = Proposal.defensive(mixture, _WIDER).draw(n_draws, settings.seed + number)
                fresh = Draws(points, problem.values(points), ((n_draws, proposal),))
                trace.append(elbo(fresh, mixture))
            if settings.on_progress is not None:
                settings.on_progress(Progress("fitting the mixture", number + 1, None, "rounds"))
            share = effective_size(fresh.log_weights) / n_draws
            unimproved = 0 if share > _GAIN * best_share else unimproved + 1
            if share > _ABOUT * best_share:
                best, best_share = mixture, max(share, best_share)
            good = good + 1 if share > _GOOD and k_hat(fresh.log_weights) < _LIGHT else 0
            if good == _IN_A_ROW or unimproved == _PATIENCE or _own_share(fresh, mixture) > _NEARLY_ALL:
                break
            draws = fresh if draws is None else draws + fresh
            mixture = fitted(draws, mixture, self.n_components, settings.seed)
        return Approximation(best, np.array(trace), corrected=True)


@contextmanager
def _in_words(problem: Problem, mode: Mode) -> Iterator[None]:
    """Say what a failure of linear algebra means: the density has no shape that a normal distribution can have."""
    try:
        yield
    except (ValueError, np.linalg.LinAlgError):
        raise RequestError(
            f"no normal distribution fits the log density about its highest point, {mode.log_density:.6g} at "
            f"{described(problem.target, mode.point)}, so it grows without limit or is flat: give every parameter a "
            "proper prior"
        ) from None


def elbo(draws: Draws, mixture: Mixture) -> float:
    """Return the evidence lower bound of a mixture, from draws of a proposal that covers it."""
    log_density = mixture.log_density(draws.points)
    shares = np.exp(log_density - draws.log_proposal)
    drawn = shares > 0
    return float((shares[drawn] * (draws.log_target - log_density)[drawn]).sum() / shares.sum())


def _own_share(draws: Draws, mixture: Mixture) -> float:
    """Return the share of draws that would be effective if all came from the mixture itself."""
    log_ratio = mixture.log_density(draws.points) - draws.log_proposal
    log_weights = draws.log_weights
    finite = np.isfinite(log_weights)
    log_squares = 2 * log_weights[finite] - log_ratio[finite]
    return float(np.exp(2 * logsumexp(log_weights) - logsumexp(log_ratio) - logsumexp(log_squares)))


def _laplace(found: list[Mode]) -> Mixture:
    """Return the normal approximations at the modes, in proportion to their evidence."""
    log_evidence = np.array([mode.log_evidence for mode in found])
    weights = np.exp(log_evidence - logsumexp(log_evidence))
    points = np.stack([mode.point for mode in found])
    return Mixture(weights, points, Full(np.stack([mode.covariance for mode in found]), *points.shape))


def fitted(draws: Draws, former: Mixture, n_components: int, seed: int) -> Mixture:
    """Return a mixture fitted to weighted draws, of no more components than they tell apart.

    Where so few draws are effective that a component collapses, it is the former mixture.
    """
    d = draws.points.shape[1]
    power = 1 - 1 / max(d, _WIDENED)
    log_weights = _tempered(power * draws.log_weights, _ROWS * (d + 1))
    effective = effective_size(log_weights)
    weights = np.exp(log_weights - logsumexp(log_weights)) * effective
    kept = weights > _NEGLIGIBLE * weights.max()
    model = GaussianMixture(
        n_components=int(np.clip(effective // (_ROWS * (d + 1)), 1, n_components)),
        prior=MixturePrior(),
        regularization="relative",
        random_state=seed,
        max_iter=50,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a mixture that is not quite fitted proposes as well
        try:
            mixture = model.fit(draws.points[kept], sample_weight=weights[kept]).mixture_
            Proposal.defensive(mixture).log_density(mixture.means)
        except (ValueError, np.linalg.LinAlgError):
            return former
    return mixture


def _tempered(log_weights: Floats, needed: float) -> Floats:
    """Return log weights flattened by a power below one, the largest that leaves so many draws effective."""
    needed = min(needed, len(log_weights) / 4)
    if effective_size(log_weights) >= needed:
        return log_weights
    finite = np.isfinite(log_weights)

    def excess(power: float) -> float:
        return effective_size(power * log_weights[finite]) - needed

    if excess(0.0) <= 0:
        return np.where(finite, 0.0, -np.inf)
    return np.asarray(brentq(excess, 0.0, 1.0, xtol=1e-4) * np.where(finite, log_weights, -np.inf))
