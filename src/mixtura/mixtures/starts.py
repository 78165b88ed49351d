"""Several starts, and the best of them."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from ..engines import Engine
from ..errors import SingularCovarianceError
from ..rows import Rows
from .em import Fit, run_em
from .mixture import Mixture
from .updates import Update

# Most starts have converged, or fallen behind, after this many iterations.
SHORT_RUN = 20


def best_fit(
    rows: Rows,
    engine: Engine,
    starts: Iterable[Callable[[], Mixture]],
    update: Update,
    *,
    tol: float,
    max_iter: int,
    on_iteration: Callable[[int, Fit, float], None],
) -> Fit:
    """Run EM from every start for a few iterations, go on with the best, and return the fit of highest likelihood.

    Short runs cost a fraction of full ones and find the same optimum nearly always (Biernacki, Celeux and Govaert 2003,
    "Choosing starting values for the EM algorithm"). A start whose covariance becomes singular is given up when others
    are left.
    """
    makers = list(starts)
    short = max_iter if len(makers) == 1 else min(SHORT_RUN, max_iter)
    fits: list[tuple[int, Fit]] = []
    failure: SingularCovarianceError | None = None
    for index, make in enumerate(makers):

        def report(fit: Fit, change: float, index: int = index) -> None:
            on_iteration(index, fit, change)

        def run(fit: Fit, limit: int, report: Callable[[Fit, float], None] = report) -> Fit:
            return run_em(rows, engine, fit, update, tol=tol, max_iter=limit, on_iteration=report)

        try:
            fits.append((index, run(Fit(make()), short)))
        except SingularCovarianceError as error:
            failure = error
    raise NotImplementedError
