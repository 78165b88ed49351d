"""Several starts, and the best of them."""

from collections.abc import Callable, Sequence

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
    starts: Sequence[Callable[[], Mixture]],
    update: Update,
    *,
    tol: float,
    max_iter: int,
    on_iteration: Callable[[int, Fit, float], None] = lambda start, fit, change: None,
) -> Fit:
    """Run EM from every start for a few iterations, go on with the best, and return the fit of highest likelihood.

    Short runs cost a fraction of full ones and rarely miss the best start (Biernacki, Celeux and Govaert 2003,
    "Choosing starting values for the EM algorithm"). A start whose covariance becomes singular is given up when others
    are left.
    """

    def run(start: int, fit: Fit, limit: int) -> Fit:
        return run_em(
            rows,
            engine,
            fit,
            update,
            tol=tol,
            max_iter=limit,
            on_iteration=lambda state, change: on_iteration(start, state, change),
        )

    short = max_iter if len(starts) == 1 else min(SHORT_RUN, max_iter)
    fits: list[tuple[int, Fit]] = []
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
