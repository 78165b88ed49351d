"""One way through a fit: the algorithm as a value, and the function that runs it from its starts to its end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic

from ...engines.progress import Progress
from ...errors import EmptyTableError, SingularCovarianceError
from ...statistics.moments import Moments
from .updates import M, Update

# Most starts have converged, or fallen behind, after this many iterations.
SHORT_RUN = 20


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


# Told after each iteration: the number of the start, where it stands, and what it gained.
Tell = Callable[[int, Fit[Any], float], None]


def _nobody(start: int, fit: Fit[Any], change: float) -> None:
    pass


def as_it_is(fit: Fit[M]) -> Fit[M]:
    """Return the fit that the iterations reach."""
    return fit


@dataclass(frozen=True, eq=False)
class Algorithm(Generic[M]):
    """How a model is fitted to the rows of a table, from its first guess to what is kept.

    Attributes
    ----------
    expect : callable
        The E-step: moments of all rows under a model.
    update : Update
        The M-step.
    starts : sequence of callable
        Each makes a first model.
    tol : float
        Iterations stop when the bound gains less than this.
    max_iter : int
        Most iterations from one start.
    finish : callable
        Given the fit that the iterations reach, returns the one that is kept.
    """

    expect: Callable[[M], Moments]
    update: Update[M]
    starts: Sequence[Callable[[], M]]
    tol: float
    max_iter: int
    finish: Callable[[Fit[M]], Fit[M]] = as_it_is


def fitted(
    algorithm: Algorithm[M],
    *,
    last: M | None = None,
    previous_bound: float = float("-inf"),
    on_iteration: Tell = _nobody,
) -> Fit[M]:
    """Run an algorithm and return the fit, with the step that ended it.

    Parameters
    ----------
    algorithm : Algorithm
        What is run.
    last : Mixture or another model, optional
        Where to go on. Default: the starts of the algorithm, of which the best wins.
    previous_bound : float, default=-inf
        Bound of `last`, where it was fitted to the same rows.
    on_iteration : callable, optional
        Told the number of the start, the fit and what it gained, after each iteration.

    Raises
    ------
    SingularCovarianceError
        Every start was singular.
    EmptyTableError
        Every row has weight zero.
    """
    expect, update = algorithm.expect, algorithm.update
    if last is None:
        fit = best_fit(
            expect,
            algorithm.starts,
            update,
            tol=algorithm.tol,
            max_iter=algorithm.max_iter,
            on_iteration=on_iteration,
        )
    else:
        fit = run_em(
            expect,
            Fit(last),
            update,
            tol=algorithm.tol,
            max_iter=algorithm.max_iter,
            previous_bound=previous_bound,
            on_iteration=lambda state, change: on_iteration(0, state, change),
        )
    fit = algorithm.finish(fit)
    if fit.step is None:
        fit = replace(fit, step=Step(fit.model, expect(fit.model), update))
    return fit


def first_of_batches(algorithm: Algorithm[M]) -> M:
    """Return the model that the first batch of a table starts with: a short run from the best start."""
    most = min(SHORT_RUN, algorithm.max_iter)
    return best_fit(algorithm.expect, algorithm.starts, algorithm.update, tol=algorithm.tol, max_iter=most).model


def best_fit(
    expect: Callable[[M], Moments],
    starts: Sequence[Callable[[], M]],
    update: Update[M],
    *,
    tol: float,
    max_iter: int,
    on_iteration: Tell = _nobody,
) -> Fit[M]:
    """Run EM from every start for a few iterations, go on with the best, and return the fit of highest bound.

    Short runs cost a fraction of full ones and rarely miss the best start (Biernacki, Celeux and Govaert 2003,
    "Choosing starting values for the EM algorithm"). A start whose covariance becomes singular is given up when others
    are left.
    """

    def run(start: int, fit: Fit[M], limit: int) -> Fit[M]:
        return run_em(
            expect,
            fit,
            update,
            tol=tol,
            max_iter=limit,
            on_iteration=lambda state, change: on_iteration(start, state, change),
        )

    short = max_iter if len(starts) == 1 else min(SHORT_RUN, max_iter)
    fits: list[tuple[int, Fit[M]]] = []
    failure: SingularCovarianceError | None = None
    for number, start in enumerate(starts):
        try:
            fits.append((number, run(number, Fit(start()), short)))
        except SingularCovarianceError as error:
            failure = error
    finished = [fit for _, fit in fits if fit.converged or fit.n_iter >= max_iter]
    unfinished = [(number, fit) for number, fit in fits if not fit.converged and fit.n_iter < max_iter]
    if unfinished:
        number, fit = max(unfinished, key=lambda entry: entry[1].lower_bound)
        try:
            finished.append(run(number, fit, max_iter))
        except SingularCovarianceError as error:
            failure = error
    if not finished:
        assert failure is not None, "every start either finishes or fails"
        raise failure
    return max(finished, key=lambda fit: fit.lower_bound)


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
            raise EmptyTableError("every row has weight zero: give at least one positive weight")
        bound = update.bound(moments, fit.model)
        change = bound - (fit.lower_bound if fit.lower_bounds else previous_bound)
        step = Step(fit.model, moments, update)
        fit = Fit(update(moments, fit.model), (*fit.lower_bounds, bound), abs(change) < tol, step)
        fit.model.components.covariance.check_invertible()  # after the last update too
        if on_iteration is not None:
            on_iteration(fit, change)
    return fit
