"""Black-box stochastic variational inference: draw from q, estimate the gradient of the ELBO, ascend.

The step size and the end follow RABVI: Welandawe, Andersen, Vehtari and Huggins (2024), "A framework for improving the
reliability of black-box variational inference", Journal of Machine Learning Research 25. At a fixed step size the
iterates come to rest about a point at some distance from the optimum; their mean is taken there, the step size halved,
and so on until a halving gains less than it costs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from ....distributions.mixture import Mixture
from ....engines.progress import Progress
from ....typing import Floats
from ..batches import Batches, Given, anchor_at, batches_of
from ..families import FAMILIES, Normal
from ..gradients import ESTIMATORS, Estimator
from ..problem import Approximation, Problem, Settings, Target
from ..stationarity import rest

# Standard deviation of q at the start, in every coordinate.
_START = 0.1
# First step size, in standard deviations of q, and how far it falls each time; the shortest window of iterates.
_FIRST_RATE, _FALL, _WINDOW = 0.3, 0.5, 200
# Steps that run compiled; how many more there are at least when the iterates are looked at the next time.
_CHUNK, _LOOKS = 100, 1.1
# After so many steps of one size a shorter one is tried if the ELBO does not rise: where the posterior has many modes,
# long steps go from one to the next without rest. A halving without rest that gains less than this, in nats, ends all.
_PATIENCE, _NO_GAIN = 4000, 0.5
_RESTLESS = (
    "the ELBO rises no more and q still moves, as where a posterior has many modes or flat directions: choose the "
    "mixture method, or priors that leave one mode"
)
# Root of the symmetrised divergence from the optimum that is near enough. A halving that gains less than it costs ends
# the ascent; what any halving costs is five of the shortest windows.
_ACCURACY, _INEFFICIENCY, _OVERHEAD = 0.05, 1.0, 5 * _WINDOW

# The squared gradient is averaged over some hundred steps, not a thousand as by default: the first gradients, of a q
# far from the posterior, are larger by orders, and steps would stay short as long as they are remembered.
_adam = optax.scale_by_adam(b2=0.99)


class State(NamedTuple):
    """What the next step needs: the approximation, and the running moments of its gradient."""

    q: Normal
    adam: Any


class Info(NamedTuple):
    """What a step tells: the ELBO estimated before it, NaN where the step was not taken."""

    elbo: Array


def init(q: Normal) -> State:
    """Return the state at an approximation."""
    return State(q, _adam.init(q))


def step(
    estimator: Estimator, log_density: Callable[[Array], Array], state: State, key: Array, rate: Array
) -> tuple[State, Info]:
    """Return the next state and what the step tells, given a key for its draws and its size in deviations of q."""
    q = state.q
    z = estimator.draw(key, estimator.n_draws, len(q.mean))
    gains, gradient = estimator.estimate(log_density, q, z)
    finite = jnp.isfinite(gains).all() & jnp.isfinite(gradient[0]).all() & jnp.isfinite(gradient[1]).all()
    direction, adam = _adam.update(type(q)(*gradient), state.adam)
    moved = State(q.moved((rate * direction.mean, rate * direction.scale)), adam)
    return jax.tree.map(partial(jnp.where, finite), moved, state), Info(jnp.where(finite, gains.mean(), jnp.nan))


class _Steps(NamedTuple):
    """What a chunk of steps tells: mean and log deviations after each, the mean of the approximations, and infos."""

    iterates: Array
    mean: Normal
    info: Info


@partial(jax.jit, static_argnums=(0, 1))
def _chunk(
    target: Target, estimator: Estimator, state: State, key: Array, rate: Array, data: Any, batches: Given | None
) -> tuple[State, _Steps]:
    """Return the state after a chunk of steps, each on its batch or all of them on the data."""

    def advance(carry: tuple[State, Normal], given: tuple[Array, Any]) -> Any:
        state, total = carry
        key, rows = given
        log_density = partial(target, data=data) if batches is None else batches.log_density(target, rows)
        state, info = step(estimator, log_density, state, key, rate)
        iterate = jnp.concatenate([state.q.mean, state.q.log_deviations])
        return (state, jax.tree.map(jnp.add, total, state.q)), (iterate, info)

    zero = jax.tree.map(jnp.zeros_like, state.q)
    given = jax.random.split(key, _CHUNK), None if batches is None else batches.rows
    (state, total), (iterates, info) = jax.lax.scan(advance, (state, zero), given)
    return state, _Steps(iterates, jax.tree.map(lambda value: value / _CHUNK, total), info)


@dataclass(frozen=True)
class Stochastic:
    """Stochastic gradient ascent on the ELBO, for a mean-field or a full-rank normal.

    Parameters
    ----------
    family : {"mean-field", "full-rank"}, default="mean-field"
        Independent coordinates, or any covariance.
    gradient : {"reparameterised", "score"}, default="reparameterised"
        Estimator of the gradient: along the path of the draws, or by the score function, for a log density without
        gradients.
    batch_size : int, optional
        Rows that a step looks at, drawn at random; all of them by default, and 1,000 of a table that is read in passes.
    max_iter : int, default=100_000
        Most steps in all.
    """

    name: ClassVar[str] = "stochastic"

    family: Literal["mean-field", "full-rank"] = "mean-field"
    gradient: Literal["reparameterised", "score"] = "reparameterised"
    batch_size: int | None = None
    max_iter: int = 100_000

    def approximate(self, problem: Problem, settings: Settings) -> Approximation:
        """Return the normal distribution at which the ascent ends."""
        d = problem.n_dimensions
        batches = batches_of(problem.data, self.batch_size)
        ascent = _Ascent(problem, settings, ESTIMATORS[self.gradient], batches, self.max_iter)
        state, rate, former = init(FAMILIES[self.family].at(jnp.zeros(d), jnp.full(d, _START))), _FIRST_RATE, None
        trace: list[Floats] = []
        height = float(-np.inf)
        while True:
            n_before = len(trace)
            state, rested = ascent.stage(state, rate, trace)
            mixture, elbos = state.q.mixture(), np.concatenate(trace[n_before:])
            if rested and former is not None and _is_the_last(former, mixture, len(elbos)):
                return Approximation(mixture, np.concatenate(trace))
            reason = ascent.fault(state, trace)
            if reason:
                return Approximation(mixture, np.concatenate(trace), reasons=(reason,))
            former_height, height = height, float(np.nanmean(elbos[len(elbos) // 2 :]))
            if not rested and height < former_height + _NO_GAIN:
                return Approximation(mixture, np.concatenate(trace), reasons=(_RESTLESS,))
            former, rate = mixture if rested else None, rate * _FALL


@dataclass(frozen=True)
class _Ascent:
    """What stays the same at every step size."""

    problem: Problem
    settings: Settings
    estimator: Estimator
    batches: Batches | None
    max_iter: int

    def stage(self, state: State, rate: float, trace: list[Floats]) -> tuple[State, bool]:
        """Return the state at the mean of the last iterates at one step size, and whether these have come to rest."""
        iterates: list[Floats] = []
        means: list[Normal] = []
        look = 2.0 * _WINDOW / _CHUNK
        while len(trace) * _CHUNK < self.max_iter:
            state, steps = self._run(state, rate, len(trace))
            trace.append(np.asarray(steps.info.elbo))
            iterates.append(np.asarray(steps.iterates))
            means.append(steps.mean)
            if self.settings.on_progress is not None:
                done = len(trace) * _CHUNK
                self.settings.on_progress(Progress("ascending the ELBO", done, None, "iterations"))
            if not np.isfinite(trace[-1]).any():
                break
            if len(means) >= look:
                window = rest(np.concatenate(iterates), np.asarray(state.q.deviations), _WINDOW, _CHUNK)
                if window is not None:
                    return state._replace(q=_mean(means[-window // _CHUNK :])), True
                if len(means) * _CHUNK >= _PATIENCE and not _rises(trace[-len(means) :]):
                    break
                look = max(len(means) * _LOOKS, len(means) + _WINDOW / _CHUNK)
        return state._replace(q=_mean(means[len(means) // 2 :])), False

    def fault(self, state: State, trace: list[Floats]) -> str:
        """Return why the ascent ends before its time, in a sentence, or nothing."""
        if not np.isfinite(trace[-1]).any():
            return (
                f"the log density or its gradient was not finite at draws of all of {_CHUNK} steps: check it near "
                f"{np.asarray(state.q.mean).round(3).tolist()} in unconstrained coordinates"
            )
        if len(trace) * _CHUNK >= self.max_iter:
            return f"the ascent had not come to rest after {len(trace) * _CHUNK} iterations: raise max_iter"
        return ""

    def _run(self, state: State, rate: float, number: int) -> tuple[State, _Steps]:
        """Return the state after a chunk of steps of a number, and what they told."""
        problem, seed = self.problem, self.settings.seed
        problem.count(**{self.estimator.counts_as: _CHUNK * self.estimator.n_draws})
        key = jax.random.fold_in(jax.random.key(seed), number)
        data, given = problem.data, None
        if self.batches is not None:
            anchored = self.estimator.counts_as == "n_gradients"
            anchor = anchor_at(problem, self.batches, state.q.mean) if anchored else None
            data, given = (), self.batches.given(np.random.default_rng([seed, number]), _CHUNK, anchor)
        after: tuple[State, _Steps] = _chunk(problem.target, self.estimator, state, key, jnp.asarray(rate), data, given)
        return after


def _mean(values: list[Normal]) -> Normal:
    mean: Normal = jax.tree.map(lambda *parts: sum(parts) / len(parts), *values)
    return mean


def _rises(trace: list[Floats]) -> bool:
    """Return whether the ELBO is higher in the last quarter of some chunks than in the one before, beyond its noise."""
    elbos = np.array([np.nanmean(chunk) for chunk in trace])
    quarter = len(elbos) // 4
    last, former = elbos[-quarter:], elbos[-2 * quarter : -quarter]
    error = np.sqrt((last.var(ddof=1) + former.var(ddof=1)) / quarter)
    return bool(last.mean() > former.mean() + 2 * error)


def _is_the_last(former: Mixture, mixture: Mixture, n_steps: int) -> bool:
    """Return whether the optimum is near enough, or another halving of the step size gains less than it costs."""
    divergence = float(former.kullback_leibler(mixture).value + mixture.kullback_leibler(former).value)
    # The distance from the optimum is proportional to the step size: the last halving covered 1 − _FALL of it.
    distance = divergence**0.5 * _FALL / (1 - _FALL)
    gain = (_FALL * distance + _ACCURACY) / (distance + _ACCURACY)
    # Iterates take the longer to come to rest, the shorter the steps.
    cost = n_steps / _FALL / (n_steps + _OVERHEAD)
    return bool(distance < _ACCURACY or gain * cost > _INEFFICIENCY)
