"""Several starts, and the best of them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from ...distributions.mixture import Mixture
from ...engines import ThreadEngine
from ...errors import SingularCovarianceError
from ...intake.sample import Sample
from ...intake.table import Table
from ...typing import Floats
from .expectation import Expectation
from .loop import SHORT_RUN, Fit, as_it_is, best_fit, run_em
from .maximum_a_posteriori import MaximumAPosteriori
from .updates import M, MaximumLikelihood, Update

EitherUpdate = MaximumLikelihood | MaximumAPosteriori
Division = Callable[[Sample, np.random.RandomState], Floats]

# Starts tried on a sample for each start on a large table: k-means alone often joins two groups, four times rarely.
SAMPLE_STARTS = 4

# Short runs that are led to the maximum, where that is quick: the best of them is seldom the best maximum of many.
_FINISHED = 5

# A variance below this many times `reg_covar` is more the constant added than the spread of any rows.
_COLLAPSED = 10

# A column of equal values has the variance added to it in every fit, but for rounding.
_ROUNDING = 1e-6


def starts_from(
    divisions: Sequence[Division],
    first: Callable[[Sample, Floats], M],
    expect: Expectation,
    update: Update[M],
    take: Callable[[], Sample],
    random_state: np.random.RandomState,
    *,
    n_init: int,
    tol: float,
    finish: Callable[[Fit[M]], Fit[M]] = as_it_is,
) -> list[Callable[[], M]]:
    """Return what makes a first model from a division of a sample of the rows, once for each start.

    Where the rows are few and there is one way to divide them, that division is the start. Else the best of several
    short runs on the sample is.

    Parameters
    ----------
    divisions : sequence of callable
        The ways in which a sample is divided.
    first : callable
        Returns the model of a division of a sample.
    expect, update
        E-step and M-step.
    take : callable
        Returns the sample.
    random_state : RandomState
        What divisions are drawn with.
    n_init : int
        Number of starts.
    tol : float
        As for `run_em`.
    finish : callable, optional
        As for `Algorithm`; the best short runs are led to the maximum by it. Default: none is.
    """

    def draw(division: Division) -> M:
        return first(take(), division(take(), random_state))

    def start() -> M:
        if take().whole and len(divisions) == 1:
            return draw(divisions[0])
        repeats = 1 if take().whole else max(SAMPLE_STARTS // len(divisions), 1)
        draws = [partial(draw, division) for division in divisions] * repeats
        if finish is not as_it_is:
            return best_finished(expect, draws, update, finish)
        return best_on_sample(expect, take(), draws, update, tol=tol)

    return [start] * n_init


def best_on_sample(
    expect: Expectation, sample: Sample, starts: Sequence[Callable[[], M]], update: Update[M], *, tol: float
) -> M:
    """Return where the best of several starts gets by a short run on a sample of the rows."""
    small = expect.on(Table(sample.rows, ThreadEngine()))
    return best_fit(small, starts, update, tol=tol, max_iter=SHORT_RUN).model


def best_finished(
    expect: Expectation, starts: Sequence[Callable[[], M]], update: Update[M], finish: Callable[[Fit[M]], Fit[M]]
) -> M:
    """Return the best of the maxima that the best short runs over all rows lead to."""
    runs = [run_em(expect, Fit(start()), update, tol=0.0, max_iter=SHORT_RUN) for start in starts]
    ranked = sorted(runs, key=lambda fit: -fit.lower_bound)[:_FINISHED]
    return max((finish(replace(fit, converged=True)) for fit in ranked), key=lambda fit: fit.lower_bound).model


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
