"""The EM loop: passes over the rows and updates of the model, in turn."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic

from ...engines.progress import Progress
from ...errors import EmptyTableError
from ...statistics.moments import Moments
from .updates import M, Update


@dataclass(frozen=True, eq=False)
class Step(Generic[M]):
    """An iteration: what the next model was made of.

    Attributes
    ----------
    model : Mixture or another model
        The model that the moments were taken under.
    moments : Moments
        Moments of all rows.
    update : Update
        The rule that made the next model of them.
    """

    model: M
    moments: Moments
    update: Update[M]


@dataclass(frozen=True)
class Fit(Generic[M]):
    """Where a run of EM stands.

    Attributes
    ----------
    model : Mixture or another model
        Current parameters.
    lower_bounds : tuple of float
        What the update rule raises, before each update: the mean log-likelihood of the rows under maximum likelihood.
    converged : bool
        Whether the last gain was less than the tolerance.
    step : Step or None
        The last iteration, None before the first.
    """

    model: M
    lower_bounds: tuple[float, ...] = ()
    converged: bool = False
    step: Step[M] | None = field(default=None, compare=False)

    @property
    def lower_bound(self) -> float:
        """The last of the lower bounds, minus infinity before the first pass."""
        return self.lower_bounds[-1] if self.lower_bounds else float("-inf")

    @property
    def n_iter(self) -> int:
        """Number of iterations."""
        return len(self.lower_bounds)


@dataclass(frozen=True, kw_only=True)
class FitProgress(Progress):
    """What `on_progress` is told after each iteration of a fit; `done` counts those of all starts.

    Attributes
    ----------
    start, n_starts : int
        Which start, from 0, of how many.
    iteration : int
        Iterations done from this start.
    lower_bound : float
        Mean log-likelihood, or evidence lower bound, before the last update.
    change : float
        What it gained since the iteration before.
    """

    start: int
    n_starts: int
    iteration: int
    lower_bound: float
    change: float


def run_em(
    expect: Callable[[M], Moments],
    fit: Fit[M],
    update: Update[M],
    *,
    tol: float,
    max_iter: int,
    previous_bound: float = float("-inf"),
    on_iteration: Callable[[Fit[M], float], None] | None = None,
) -> Fit[M]:
    """Iterate from `fit` until the bound gains less than `tol`, or `max_iter` iterations are done.

    Dempster, Laird and Rubin (1977), "Maximum likelihood from incomplete data via the EM algorithm". The bound is that
    before the last update, as in scikit-learn.
    """
    while fit.n_iter < max_iter and not fit.converged:
        moments = expect(fit.model)
        if not moments.weight > 0:
            raise EmptyTableError("every row has weight zero: at least one must count")
        bound = update.bound(moments, fit.model)
        change = bound - (fit.lower_bound if fit.lower_bounds else previous_bound)
        step = Step(fit.model, moments, update)
        fit = Fit(update(moments, fit.model), (*fit.lower_bounds, bound), abs(change) < tol, step)
        fit.model.components.covariance.check_invertible()  # after the last update too
        if on_iteration is not None:
            on_iteration(fit, change)
    return fit
