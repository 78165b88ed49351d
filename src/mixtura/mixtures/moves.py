"""Moves that leave a local optimum of the evidence lower bound: merge two components, delete one.

Hughes and Sudderth (2013), "Memoized online variational inference for Dirichlet process mixture models", Advances in
Neural Information Processing Systems 26. A move is kept only when it raises the bound.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ..statistics.moments import Moments
from .em import Fit
from .expectation import Expectation
from .recentring import merged, without
from .variational import Posterior, VariationalUpdate

# Passes that a move is given to overtake: a good merge does at once, and what has not by then rarely does.
_TRIAL_PASSES = 5

# Neighbours that a component is tried to be merged with: all of them for the usual numbers of components.
_NEIGHBORS = 8

# Fewer expected rows than this make a component one that no row belongs to.
_NO_ROW = 1.0

Run = Callable[[Fit[Posterior]], Fit[Posterior]]


@dataclass(frozen=True)
class _State:
    """A posterior, the moments under it, and its bound."""

    posterior: Posterior
    moments: Moments
    bound: float


def simplified(expect: Expectation, fit: Fit[Posterior], update: VariationalUpdate, run: Run) -> Fit[Posterior]:
    """Return a fit that no move tried improves on.

    Parameters
    ----------
    expect : Expectation
        The E-step.
    fit : Fit
        Where the iterations ended.
    update : VariationalUpdate
        The update rule.
    run : callable
        Iterates from a fit on.
    """
    while True:
        start = _state(expect, fit.model, update)
        better = _merged_most(expect, _deleted_most(expect, start, update), update)
        if better is start:
            return fit
        fit = run(Fit(better.posterior, fit.lower_bounds))


def _state(expect: Expectation, posterior: Posterior, update: VariationalUpdate) -> _State:
    moments = expect(posterior)
    return _State(posterior, moments, update.bound(moments, posterior))


def _overtaking(expect: Expectation, candidate: Posterior, present: _State, update: VariationalUpdate) -> _State | None:
    """Return where a candidate gets in a few passes once that is above the present bound, None if it never is."""
    last = -np.inf
    for _ in range(_TRIAL_PASSES):
        reached = _state(expect, candidate, update)
        if reached.bound > present.bound:
            return reached
        # Gains shrink from pass to pass: one that would take all passes left at its present pace is given up.
        if present.bound - reached.bound > _TRIAL_PASSES * (reached.bound - last):
            return None
        last = reached.bound
        candidate = update(reached.moments, candidate)
    return None


def _deleted_most(expect: Expectation, state: _State, update: VariationalUpdate) -> _State:
    """Return the state without the components that no row belongs to, and without the smallest of the others."""
    for choose in (_empty, _smallest):
        gone = choose(state)
        alive = state.posterior.alive & ~gone
        if gone.any() and alive.any():
            candidate = update(without(state.moments, gone, update.shape), replace(state.posterior, alive=alive))
            state = _overtaking(expect, candidate, state, update) or state
    return state


def _empty(state: _State) -> NDArray[np.bool_]:
    return state.posterior.alive & (state.moments.counts < _NO_ROW)


def _smallest(state: _State) -> NDArray[np.bool_]:
    counts = np.where(state.posterior.alive, state.moments.counts, np.inf)
    return np.asarray(np.arange(len(counts)) == np.argmin(counts))


def _merged_most(expect: Expectation, state: _State, update: VariationalUpdate) -> _State:
    """Return the state after all merges that raise the bound, the most promising first."""
    while True:
        trials = (
            _overtaking(expect, _merged(state, pair, update), state, update) for pair in _promising(state, update)
        )
        better = next((trial for trial in trials if trial is not None), None)
        if better is None:
            return state
        state = better


def _merged(state: _State, pair: tuple[int, int], update: VariationalUpdate) -> Posterior:
    alive = state.posterior.alive.copy()
    alive[pair[1]] = False
    return update(merged(state.moments, *pair, update.shape), replace(state.posterior, alive=alive))


def _promising(state: _State, update: VariationalUpdate) -> list[tuple[int, int]]:
    """Return the pairs of components whose merge may raise the bound, the best first.

    A merge changes the expected log joint density by what the moments tell, and it lowers the entropy of the
    responsibilities: where the first does not rise, the merge itself does not raise the bound.
    """

    def value(moments: Moments, posterior: Posterior) -> float:
        return posterior.log_joint(moments) - posterior.divergence

    before = value(state.moments, update(state.moments, state.posterior))
    gains = {
        pair: value(merged(state.moments, *pair, update.shape), _merged(state, pair, update)) - before
        for pair in _neighbors(state.posterior)
    }
    return sorted((pair for pair, gain in gains.items() if gain > 0), key=lambda pair: -gains[pair])


def _neighbors(current: Posterior) -> list[tuple[int, int]]:
    """Return pairs of components that rows belong to, each with the few that lie nearest to it in its own units."""
    alive = np.flatnonzero(current.alive).tolist()
    if len(alive) <= 2 * _NEIGHBORS:
        return list(combinations(alive, 2))
    dense = current.covariance.dense
    pairs: set[tuple[int, int]] = set()
    for component in alive:
        away = current.means[alive] - current.means[component]
        distances = (away * np.linalg.solve(dense[component], away.T).T).sum(axis=1)
        nearest = [alive[i] for i in np.argsort(distances, kind="stable")[: _NEIGHBORS + 1]]
        pairs |= {(min(component, other), max(component, other)) for other in nearest if other != component}
    return sorted(pairs)
