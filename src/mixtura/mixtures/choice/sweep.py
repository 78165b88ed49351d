"""The fits of a search: every count with every shape, up and down again, each helped by its neighbours."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise

from ...distributions.mixture import Mixture
from ...errors import SingularCovarianceError
from ...intake.sample import Sample
from ...typing import Floats
from ..em.expectation import Expectation
from ..em.initialize import merge_closest, model_of, split_widest
from ..em.loop import Fit, as_it_is, best_fit
from ..em.starts import EitherUpdate, better_fit


def _nothing(update: EitherUpdate) -> Callable[[Fit[Mixture]], Fit[Mixture]]:
    return as_it_is


def way_down(counts: Sequence[int]) -> list[tuple[int, int]]:
    """Return the counts that are fitted again, the largest first, each with the next larger one.

    One component is left out: it has one optimum, and needs no help from two.
    """
    return [(count, larger) for count, larger in pairwise(counts) if count > 1][::-1]


def sweep(
    expect: Expectation,
    sample: Sample,
    divisions: Callable[[int], list[Floats]],
    *,
    counts: Sequence[int],
    updates: Mapping[tuple[int, str], EitherUpdate],
    tol: float,
    max_iter: int,
    finish: Callable[[EitherUpdate], Callable[[Fit[Mixture]], Fit[Mixture]]] = _nothing,
) -> Iterator[tuple[int, str, Fit[Mixture] | None]]:
    """Fit every count with every shape, and yield count, shape and fit whenever a fit is done.

    On the way up a fit starts from divisions of the sample, and is challenged by what EM reaches when the widest
    component of the fit with the next smaller count is split. On the way down it is challenged by the fit with the next
    larger count, of which two components are merged, in two ways. Each is led on by what `finish` makes of its update
    rule. A fit is None while every start is singular. There is an update rule for each count and shape.

    Raises
    ------
    SingularCovarianceError
        On the way up every start of every candidate was singular.
    """
    shapes = list(dict.fromkeys(shape for _, shape in updates))
    fits: dict[tuple[int, str], Fit[Mixture]] = {}
    latest: dict[str, Fit[Mixture]] = {}
    failure: SingularCovarianceError | None = None
    for count in counts:
        shares_of_starts = divisions(count)
        for shape in shapes:
            update = updates[count, shape]
            fit: Fit[Mixture] | None = None
            try:
                starts = [partial(model_of, sample, shares, update) for shares in shares_of_starts]
                fit = best_fit(expect, starts, update, tol=tol, max_iter=max_iter)
            except SingularCovarianceError as error:
                failure = error
            if shape in latest:
                start = split_widest(latest[shape].model, count)
                fit = better_fit(expect, fit, start, update, tol=tol, max_iter=max_iter)
            if fit is not None:
                fit = fits[count, shape] = latest[shape] = finish(update)(fit)
            yield count, shape, fit
    if failure is not None and not fits:
        raise failure
    for count, larger in way_down(counts):
        for shape in shapes:
            update = updates[count, shape]
            fit = former = fits.get((count, shape))
            if (larger, shape) in fits:
                for start in merge_closest(fits[larger, shape].model, count, sample, update):
                    fit = better_fit(expect, fit, start, update, tol=tol, max_iter=max_iter)
            if fit is not None:
                fits[count, shape] = fit = fit if fit is former else finish(update)(fit)
            yield count, shape, fit
