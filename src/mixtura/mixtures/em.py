"""The EM loop: passes over the rows and updates of the mixture, in turn."""

from collections.abc import Callable
from dataclasses import dataclass

from ..engines import Engine
from ..errors import EmptyTableError
from ..rows import Rows
from .mixture import Mixture, Passes
from .updates import Update


@dataclass(frozen=True)
class Fit:
    """Where a run of EM stands.

    Attributes
    ----------
    mixture : Mixture
        Current parameters.
    lower_bounds : tuple of float
        Mean log-likelihood of the rows before each update.
    converged : bool
        Whether the last gain was less than the tolerance.
    """

    mixture: Mixture
    lower_bounds: tuple[float, ...] = ()
    converged: bool = False

    @property
    def lower_bound(self) -> float:
        """The last of the lower bounds, minus infinity before the first pass."""
        return self.lower_bounds[-1] if self.lower_bounds else float("-inf")

    @property
    def n_iter(self) -> int:
        """Number of iterations."""
        return len(self.lower_bounds)


@dataclass(frozen=True)
class Progress:
    """What `on_progress` is told after each iteration.

    Attributes
    ----------
    start : int
        Which start, from 0.
    iteration : int
        Iterations done from this start.
    lower_bound : float
        Mean log-likelihood before the last update.
    change : float
        What it gained since the iteration before.
    """

    start: int
    iteration: int
    lower_bound: float
    change: float


def run_em(
    rows: Rows,
    engine: Engine,
    fit: Fit,
    update: Update,
    *,
    tol: float,
    max_iter: int,
    previous_bound: float = float("-inf"),
    on_iteration: Callable[[Fit, float], None] | None = None,
) -> Fit:
    """Iterate from `fit` until the mean log-likelihood gains less than `tol`, or `max_iter` iterations are done.

    Dempster, Laird and Rubin (1977), "Maximum likelihood from incomplete data via the EM algorithm". The mean
    log-likelihood is that before the last update, as in scikit-learn.
    """
    passes = Passes(fit.mixture, rows.dtype)
    while fit.n_iter < max_iter and not fit.converged:
        moments = passes.moments(rows, engine)
        if not moments.weight > 0:
            raise EmptyTableError("every row has weight zero: at least one must count")
        bound = moments.log_likelihood / moments.weight
        change = bound - (fit.lower_bound if fit.lower_bounds else previous_bound)
        fit = Fit(update(moments, fit.mixture), (*fit.lower_bounds, bound), abs(change) < tol)
        passes = Passes(fit.mixture, rows.dtype)  # after the last update too: a singular covariance shows here
        if on_iteration is not None:
            on_iteration(fit, change)
    return fit
