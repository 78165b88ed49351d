"""Moves that leave a local optimum of the evidence lower bound: merge two components, delete one.

Hughes and Sudderth (2013), "Memoized online variational inference for Dirichlet process mixture models", Advances in
Neural Information Processing Systems 26. A move is kept when it raises the bound. The deletion of components that no
row belongs to is kept in any case.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ...typing import Floats
from ..em.conjugate import Precisions
from ..em.expectation import Expectation
from ..em.loop import Fit
from .posterior_algebra import half_log_precision, merge_gains, merged, without
from .variational import Posterior, VariationalUpdate

# Passes that a move is given to overtake: a good merge does at once, and what has not by then rarely does.
_TRIAL_PASSES = 5

# Neighbours that a component is tried to be merged with: all of them for the usual numbers of components.
_NEIGHBORS = 8
# So many are tried in any case: with fewer the components of a group are not all joined.
_FEWEST_NEIGHBORS = 2

# With fewer expected rows than this no row can belong to a component by more than half.
_NO_ROW = 0.5
# What its deletion costs for each of these rows at most: -log(1 - r) / r at r = 1/2.
_ROW_COST = 2 * np.log(2)
# Rows so few, of all, that they are rounding.
_ROUNDING = 1e-12

Pair = tuple[int, int]
Run = Callable[[Fit[Posterior]], Fit[Posterior]]


def simplified(expect: Expectation, fit: Fit[Posterior], update: VariationalUpdate, run: Run) -> Fit[Posterior]:
    """Return a fit that no move tried improves on, and that has no component which no row belongs to.

    Moves are tried as long as they, and the iterations after them, have taken less work than the fit.

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
    trials = _Trials(expect, update, left=float(fit.n_iter))
    while True:
        better = _improved(trials, trials.cleared(fit))
        if better.n_iter == fit.n_iter:
            return better
        fit = run(better)
        trials.spend((fit.n_iter - better.n_iter) * _work(fit.model))


class _Trials:
    """Tries posteriors in place of that of a fit, and counts the work, in passes over the rows with all components."""

    def __init__(self, expect: Expectation, update: VariationalUpdate, *, left: float) -> None:
        self._expect = expect
        self._update = update
        self._left = left

    def spend(self, work: float) -> None:
        """Take so many passes from what is left."""
        self._left -= work

    def neighbors(self, posterior: Posterior) -> list[Pair]:
        """Return the pairs of components to value: as many as half of what is left allows, and those nearest at least.

        A pair takes about as long as the update of a component, and so does each pair that a merge changes. It takes
        next to nothing where all components share a covariance.
        """
        if posterior.covariance.is_shared:
            return _neighbors(posterior, len(posterior.counts))
        pair = _update_work(posterior) / len(posterior.counts)
        most = int(self._left / 2 / (2 * int(posterior.alive.sum()) * pair))
        return _neighbors(posterior, max(most, _FEWEST_NEIGHBORS))

    def better(self, fit: Fit[Posterior], candidate: Posterior) -> Fit[Posterior] | None:
        """Return where a candidate gets in a few passes once that is above the bound of a fit, None if it never is."""
        last = -np.inf
        for _ in range(_TRIAL_PASSES):
            # A pass, and the iteration after a move that is kept.
            if self._left < 2 * _work(candidate):
                return None
            reached = self._once(fit, candidate)
            if reached.lower_bound > fit.lower_bound:
                return reached
            # Gains shrink from pass to pass: one that would take all passes left at its present pace is given up.
            if fit.lower_bound - reached.lower_bound > _TRIAL_PASSES * (reached.lower_bound - last):
                return None
            last, candidate = reached.lower_bound, reached.model
        return None

    def cleared(self, fit: Fit[Posterior]) -> Fit[Posterior]:
        """Return the fit without the components that no row belongs to."""
        posterior = fit.model
        counts = posterior.counts
        gone = _gone(posterior, _ROUNDING * counts.sum())
        if gone.any():
            posterior = without(posterior, gone)
            fit = replace(fit, model=posterior)
        gone = _gone(posterior, _NO_ROW)
        if not gone.any():
            return fit
        reached = self._once(fit, without(posterior, gone))
        return reached if reached.lower_bound >= fit.lower_bound - _ROW_COST * counts[gone].sum() else fit

    def _once(self, fit: Fit[Posterior], candidate: Posterior) -> Fit[Posterior]:
        moments = self._expect(candidate)
        self.spend(_work(candidate))
        bound = self._update.bound(moments, candidate)
        return Fit(self._update(moments, candidate), (*fit.lower_bounds, bound))


def _work(posterior: Posterior) -> float:
    """Return the work of an iteration as a part of one in which all components are alive.

    A pass leaves out those that are not, an update does not. A matrix of p columns is inverted in p times the work of
    adding one row to it.
    """
    update = _update_work(posterior)
    return update + (1 - update) * float(posterior.alive.mean())


def _update_work(posterior: Posterior) -> float:
    """Return the work of the update as a part of that of an iteration in which all components are alive."""
    size = Precisions(type(posterior.covariance), *posterior.means.shape).size
    return max(size, 1) / (max(size, 1) + float(posterior.counts.sum()))


def _gone(posterior: Posterior, rows: float) -> NDArray[np.bool_]:
    """Return the components with fewer rows, but for the largest."""
    gone = posterior.alive & (posterior.counts < rows)
    gone[np.argmax(posterior.counts)] = False
    return gone


def _improved(trials: _Trials, fit: Fit[Posterior]) -> Fit[Posterior]:
    """Return the fit after every move that raises its bound; the fit itself when there is none."""
    while True:
        better = next(
            (better for candidate in _candidates(trials, fit) if (better := trials.better(fit, candidate)) is not None),
            None,
        )
        if better is None:
            return fit
        fit = better


def _candidates(trials: _Trials, fit: Fit[Posterior]) -> Iterator[Posterior]:
    """Yield what may have a higher bound, the most promising first."""
    posterior = fit.model
    pairs = trials.neighbors(posterior)
    if not pairs:
        return
    gains = _gains(posterior, pairs)
    surely = _surely_merged(fit, gains)
    if surely is not posterior:
        yield surely
    smallest = int(np.argmin(np.where(posterior.alive, posterior.counts, np.inf)))
    if max(gain for pair, gain in gains.items() if smallest in pair) > -_spread(posterior, smallest):
        yield without(posterior, np.arange(len(posterior.counts)) == smallest)
    # The entropy of the responsibilities falls with a merge: where the rest does not rise, the bound does not.
    for pair in sorted((pair for pair, gain in gains.items() if gain > 0), key=lambda pair: -gains[pair]):
        yield merged(posterior, pair)


def _spread(posterior: Posterior, component: int) -> float:
    """Return the most entropy that the rows of a component bring when they are divided among the others.

    A component whose merge with any other costs more than that is not deleted with a gain.
    """
    return float(posterior.counts[component] * np.log(posterior.alive.sum()))


def _surely_merged(fit: Fit[Posterior], gains: dict[Pair, float]) -> Posterior:
    """Return the posterior after the merges that gain more than the entropy which they can cost, the best first.

    The bound is the log evidence of rows and components plus that entropy, so that both together tell how much there
    is. Of the other pairs the gains are as before; what the weights then add to them is little.
    """
    posterior, gains, shared = fit.model, dict(gains), fit.model.covariance.is_shared
    # Of a merge only one changes, and is not to be worked out for every pair again.
    halves = None if shared else posterior.covariance.half_log_precision.copy()
    entropy = max(fit.lower_bound - posterior.log_evidence, 0.0)
    while gains:
        first, second = max(gains, key=lambda pair: gains[pair])
        most = min(entropy, np.log(2) * float(posterior.counts[[first, second]].sum()))
        if gains[first, second] <= most:
            break
        posterior = merged(posterior, (first, second))
        if halves is not None:
            halves[first] = half_log_precision(posterior, first)
        beside = {other for pair in gains if {first, second} & set(pair) for other in pair} - {first, second}
        gains = {pair: gain for pair, gain in gains.items() if not {first, second} & set(pair)}
        beside_first = [(min(first, other), max(first, other)) for other in sorted(beside)]
        gains |= _gains(posterior, beside_first, halves)
    return posterior


def _gains(posterior: Posterior, pairs: list[Pair], halves: Floats | None = None) -> dict[Pair, float]:
    first, second = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    return dict(zip(pairs, merge_gains(posterior, first, second, halves).tolist(), strict=True))


def _neighbors(current: Posterior, most: int) -> list[Pair]:
    """Return pairs of components that rows belong to, each with the few that lie nearest to it in its own units."""
    alive = np.flatnonzero(current.alive).tolist()
    if len(alive) <= min(2 * _NEIGHBORS, most + 1):
        return list(combinations(alive, 2))
    pairs: set[Pair] = set()
    for component in alive:
        distances = _distances(current, component)[alive]
        nearest = [alive[i] for i in np.argsort(distances, kind="stable")[: min(_NEIGHBORS, most) + 1]]
        pairs |= {(min(component, other), max(component, other)) for other in nearest if other != component}
    return sorted(pairs)


def _distances(current: Posterior, component: int) -> Floats:
    """Return how far all means are from that of a component, in units of its covariance, squared."""
    covariance, away = current.covariance, current.means - current.means[component]
    root = covariance.precision_cholesky
    root = root if covariance.is_shared else root[component]
    return np.asarray(((away @ root if covariance.is_matrix else away * root) ** 2).sum(axis=1))
