"""Batch and match: a full-rank normal whose score, the gradient of its log density, matches that of the target.

Cai, Modi, Pillaud-Vivien, Margossian, Gower, Blei and Saul (2024), "Batch and match: black-box variational inference
with a score-based divergence", International Conference on Machine Learning.
"""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.linalg import eigh

from ....distributions.mixture import Mixture
from ....distributions.shapes import Full
from ....engines.progress import Progress
from ....typing import Floats
from ..problem import Approximation, Problem, Settings
from ..stationarity import rest

# Fewest last iterates whose mean is taken.
_WINDOW = 50


class State(NamedTuple):
    """The normal distribution: its mean, and its covariance."""

    mean: Floats
    covariance: Floats


def init(n_dimensions: int) -> State:
    """Return the standard normal distribution."""
    return State(np.zeros(n_dimensions), np.eye(n_dimensions))


def step(state: State, draws: Floats, scores: Floats, rate: float) -> State:
    """Return the distribution that balances the scores at some draws against the distance from the former one.

    Algorithm 1 of the paper. The covariance S solves S U S + S = V; with V = L Lᵀ it is L T Lᵀ, and T has the
    eigenvectors of Lᵀ U L.

    Parameters
    ----------
    state : State
        The distribution that the draws are from.
    draws, scores : ndarray of shape (n_draws, n_dimensions)
        Draws and the gradients of the target's log density there.
    rate : float
        Weight of the scores; the distance has the weight one over it.
    """
    mean, score = draws.mean(axis=0), scores.mean(axis=0)
    share = rate / (1 + rate)
    u = rate * _covariance(scores) + share * np.outer(score, score)
    moved = state.mean - mean
    v = state.covariance + rate * _covariance(draws) + share * np.outer(moved, moved)
    root = np.linalg.cholesky(v)
    values, axes = eigh(root.T @ u @ root)
    axes = root @ axes
    covariance = (axes * (2 / (1 + np.sqrt(1 + 4 * np.maximum(values, 0))))) @ axes.T
    return State((state.mean + rate * (covariance @ score + mean)) / (1 + rate), covariance)


def _covariance(rows: Floats) -> Floats:
    centred = rows - rows.mean(axis=0)
    return np.asarray(centred.T @ centred / len(rows))


@dataclass(frozen=True)
class BatchAndMatch:
    """A full-rank normal by matching scores.

    Parameters
    ----------
    n_draws : int, default=64
        Draws of a step.
    max_iter : int, default=1000
        Most steps.
    """

    name: ClassVar[str] = "batch_and_match"

    n_draws: int = 64
    max_iter: int = 1000

    def approximate(self, problem: Problem, settings: Settings) -> Approximation:
        """Return the mean of the normal distributions that have come to rest."""
        rng = np.random.default_rng(settings.seed)
        states = [init(problem.n_dimensions)]
        trace: list[float] = []
        while len(trace) < self.max_iter:
            state = states[-1]
            q = _mixture(state)
            z = rng.standard_normal((self.n_draws, problem.n_dimensions))
            draws = state.mean + z @ np.linalg.cholesky(state.covariance).T
            values, scores = problem.gradients(draws)
            if not (np.isfinite(values).all() and np.isfinite(scores).all()):
                reason = (
                    f"the log density or its gradient was not finite at a draw of step {len(trace)}: check it near "
                )
                where = f"{state.mean.round(3).tolist()} in unconstrained coordinates"
                return Approximation(q, np.array(trace), reasons=(reason + where,))
            trace.append(float((values - q.log_density(draws)).mean()))
            # The rate of the paper for targets that are not normal.
            states.append(step(state, draws, scores, self.n_draws * problem.n_dimensions / len(trace)))
            if settings.on_progress is not None:
                settings.on_progress(Progress("matching scores", len(trace), None, "iterations"))
            if len(trace) % _WINDOW == 0 and (window := _rest(states[1:])) is not None:
                return Approximation(_mixture(_mean(states[-window:])), np.array(trace))
        reason = (
            f"the iterates had not come to rest after {self.max_iter} steps: raise max_iter, or choose another method"
        )
        return Approximation(_mixture(_mean(states[-_WINDOW:])), np.array(trace), reasons=(reason,))


def _rest(states: list[State]) -> int | None:
    means = np.stack([state.mean for state in states])
    deviations = np.sqrt(np.stack([np.diag(state.covariance) for state in states]))
    return rest(np.hstack([means, np.log(deviations)]), deviations[-1], _WINDOW, _WINDOW)


def _mean(states: list[State]) -> State:
    means, covariances = zip(*states, strict=True)
    return State(np.mean(means, axis=0), np.mean(covariances, axis=0))


def _mixture(state: State) -> Mixture:
    return Mixture([1.0], state.mean[None], Full(state.covariance[None], 1, len(state.mean)))
