"""Several starts, and the best of them."""

from collections.abc import Callable, Sequence

import numpy as np

from ...distributions.matrices import Floats
from ...distributions.mixture import Mixture
from ...engines import ThreadEngine
from ...errors import SingularCovarianceError
from ...intake.sample import Sample
from .expectation import Expectation
from .loop import Fit, run_em
from .maximum_a_posteriori import MaximumAPosteriori
from .updates import M, MaximumLikelihood, Update

EitherUpdate = MaximumLikelihood | MaximumAPosteriori

# Most starts have converged, or fallen behind, after this many iterations.
SHORT_RUN = 20

# Starts tried on a sample for each start on a large table: k-means alone often joins two groups, four times rarely.
SAMPLE_STARTS = 4

# A variance below this many times `reg_covar` is more the constant added than the spread of any rows.
_COLLAPSED = 10

# A column of equal values has the variance added to it in every fit, but for rounding.
_ROUNDING = 1e-6


def best_fit(
    expect: Expectation,
    starts: Sequence[Callable[[], M]],
    update: Update[M],
    *,
    tol: float,
    max_iter: int,
    on_iteration: Callable[[int, Fit[M], float], None] = lambda start, fit, change: None,
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


def best_on_sample(
    expect: Expectation, sample: Sample, starts: Sequence[Callable[[], M]], update: Update[M], *, tol: float
) -> M:
    """Return where the best of several starts gets by a short run on a sample of the rows."""
    small = expect.on(sample.rows, ThreadEngine())
    return best_fit(small, starts, update, tol=tol, max_iter=SHORT_RUN).model


def better_fit(
    expect: Expectation,
    fit: Fit[Mixture] | None,
    start: Mixture,
    update: EitherUpdate,
    *,
    tol: float,
    max_iter: int,
) -> Fit[Mixture] | None:
    """Return the fit that EM reaches from `start` when it is better than `fit`, else `fit`.

    EM goes on from the start only when a short run has overtaken `fit`. A component that collapses onto a few rows or
    onto equal values has a likelihood limited by `reg_covar` alone: such a fit is not taken in place of a sound one.
    """
    bound = float("-inf") if fit is None else fit.lower_bound
    try:
        other = Fit(start)
        for limit in (min(SHORT_RUN, max_iter), max_iter):
            other = run_em(expect, other, update, tol=tol, max_iter=limit)
            if not other.lower_bound > bound:
                return fit
    except SingularCovarianceError:
        return fit
    if fit is not None and update.ridge.any():
        least = [_least_variance(mixture, update.ridge) for mixture in (other.model, fit.model)]
        if least[0] < min(_COLLAPSED, (1 - _ROUNDING) * least[1]):
            return fit
    return other


def _least_variance(mixture: Mixture, ridge: Floats) -> float:
    """Return the smallest variance of a component in any direction, in parts of what was added to it."""
    scale = np.sqrt(np.where(ridge > 0, ridge, ridge.max()))
    return float(np.linalg.eigvalsh(mixture.covariance.dense / scale / scale[:, None]).min())
