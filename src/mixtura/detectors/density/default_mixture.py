"""The mixture that is fitted to a table when its user says nothing about it."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from ...distributions.mixture import Mixture
from ...distributions.shapes import SEARCHED
from ...engines import ThreadEngine
from ...engines.progress import Progress
from ...errors import SingularCovarianceError
from ...intake.counted import weight_of
from ...intake.sample import take_sample
from ...intake.table import Table
from ...mixtures.choice.criteria import Candidate
from ...mixtures.choice.defaults import MAX_ITER, N_INIT, REG_COVAR, TOL
from ...mixtures.choice.rounding import least_variances
from ...mixtures.choice.search import MixtureSearch, search_table
from ...mixtures.em.estimator import settings_of
from ...mixtures.em.gaussian import GaussianMixture, with_fit
from ...mixtures.em.loop import fitted
from ...statistics.columns import ColumnMoments, column_moments
from ...typing import Floats
from .contours import Contours, Near
from .far_rows import FarRows, clumps, far_rows, groups_of, least_size, no_far_rows

# Share of the rows that is left out of the first look at a table, which is at a sample.
TRIM = 0.05

# Of a shape no larger counts are tried after so many that did not lower the BIC.
_PATIENCE = 2

# Most searches of a table: seldom does more than one find small groups far away, or rows to readmit.
_MOST_ROUNDS = 3

_SETTINGS: dict[str, Any] = {"tol": TOL, "max_iter": MAX_ITER, "reg_covar": REG_COVAR}


@dataclass(frozen=True, eq=False)
class FittedGroups:
    """The mixture of the groups of a table, and the rows that lie far from all of them.

    Attributes
    ----------
    estimator : GaussianMixture
        The mixture of lowest BIC, its components ordered by weight.
    candidates : list of Candidate
        All that were fitted, to the same rows.
    contours : Contours or None
        How far the components reach in the columns of numbers; None where there are none.
    far : FarRows
        The rows that lie farther.
    left_out : float
        Weight of the rows that were left out of the fit; where it is none, it is the ordinary fit.
    observed : ndarray of shape (n_columns,)
        Weight of the rows fitted that have a value in each column.
    passed_over : Candidate or None
        The candidate of lowest BIC, if it is no fit of groups and was left out.
    """

    estimator: GaussianMixture
    candidates: list[Candidate]
    contours: Contours | None
    far: FarRows
    left_out: float
    observed: Floats
    passed_over: Candidate | None = None


def fit_groups(
    table: Table,
    random_state: int,
    *,
    counts: Sequence[int],
    shapes: Sequence[str],
    n_factors: int = 1,
    clean: bool = False,
    coded: Sequence[int] = (),
) -> FittedGroups:
    """Return the mixture of lowest BIC of the rows of a table that do not lie far from all of its groups.

    A trimmed fit to a sample tells where the groups are. Every row within their reach is readmitted, and the search is
    over these rows: where none lies far, it is the ordinary search. A clump of far rows that is as large as a group has
    to be is one; a component that is smaller and lies far is left out, and the search done again. It is done again too
    when it turns out to explain all rows that were left out.

    Parameters
    ----------
    table : Table
        The table, its columns on a common scale.
    random_state : int
        Seed of the starts.
    counts : sequence of int
        Numbers of components to try, in increasing order.
    shapes : sequence of str
        Covariance shapes to try.
    n_factors : int, default=1
        Number of factors, for the shape 'factor'.
    clean : bool, default=False
        Whether the table is known to hold no outliers: it is fitted as it is.
    coded : sequence of int, default=()
        Columns whose numbers are codes of levels: rows lie far in the others.
    """
    total = table.fold(weight_of, 0.0)
    numbers = None if not coded else tuple(sorted({*range(table.n_columns)} - {*coded}))
    if numbers == ():
        search = _search(table, counts, shapes, random_state, n_factors, coded)
        best = search.best_estimator_
        best.mixture_ = by_weight(best.mixture_)
        return _fitted(search, best, None, no_far_rows(table, 0), 0.0, table)
    n_numbers = table.n_columns if numbers is None else len(numbers)
    least = least_size(total, n_numbers)
    near: list[Contours] = []
    if not clean and TRIM * total >= 1:
        near = _first_look(table, total, random_state, counts, shapes, n_factors, numbers)
    looking = table.watched("looking for far rows")
    for _ in range(1 if clean else _MOST_ROUNDS):
        left_out = 0.0
        if near:
            far = far_rows(looking, Near(near, numbers))
            groups = groups_of(clumps(far, near[0]), near[0], least)
            if groups is not None:
                near = [*near, groups]
                far = far_rows(looking, Near(near, numbers))
            left_out = far.weight
        within = table.through(Near(near, numbers)) if left_out else table
        search = _search(within, counts, shapes, random_state, n_factors, coded)
        best = search.best_estimator_
        best.mixture_ = by_weight(best.mixture_)
        seen = best.mixture_ if numbers is None else best.mixture_.marginal(numbers)
        found = Contours(seen, within.fold(weight_of, 0.0), total, table.dtype, table.has_missing)
        groups_only = replace(found, mixture=found.without_small(least))
        far = far_rows(looking, Near([groups_only], numbers))
        near = [groups_only]
        if groups_only.mixture is found.mixture and (far.weight or not left_out):
            break
    return _fitted(search, best, found, far, left_out, within)


def _fitted(
    search: MixtureSearch,
    best: GaussianMixture,
    contours: Contours | None,
    far: FarRows,
    left_out: float,
    within: Table,
) -> FittedGroups:
    observed = within.fold(column_moments, ColumnMoments.zero(within.n_columns)).weights
    return FittedGroups(best, search.candidates_, contours, far, left_out, observed, search._passed_over)


def by_weight(mixture: Mixture) -> Mixture:
    """Return a mixture of normal components with these in the order of their weights, the largest first."""
    order = np.argsort(-mixture.weights, kind="stable")
    levels = None if mixture.levels is None else mixture.levels.repeat(order)
    return Mixture(mixture.weights[order], mixture.means[order], mixture.covariance.repeat(order), levels=levels)


def _first_look(
    table: Table,
    total: float,
    random_state: int,
    counts: Sequence[int],
    shapes: Sequence[str],
    n_factors: int,
    numbers: Sequence[int] | None,
) -> list[Contours]:
    """Return how far the groups reach that a trimmed fit finds in a sample; nothing where it cannot be fitted."""
    sample = take_sample(table, check_random_state(random_state), counts[-1])
    if numbers is not None:
        sample = sample.select(np.array(numbers))
    template = GaussianMixture(trim=TRIM, n_factors=n_factors, random_state=random_state, **_SETTINGS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            here = Table(sample.rows, ThreadEngine(), table.on_progress)
            fitted = _trimmed(here, counts, shapes, template, what="fitting a sample")
        except SingularCovarianceError:
            return []
    weight = float(sample.weights.sum()) * (1 - TRIM)
    found = Contours(fitted.mixture_, weight, total, table.dtype, table.has_missing)
    return [replace(found, mixture=found.without_small(least_size(weight, here.n_columns)))]


def _search(
    table: Table,
    counts: Sequence[int],
    shapes: Sequence[str],
    random_state: int,
    n_factors: int,
    coded: Sequence[int],
) -> MixtureSearch:
    search = MixtureSearch(
        counts,
        covariance_types=shapes,
        n_factors=n_factors,
        n_init=N_INIT,
        random_state=random_state,
        categorical_features=list(coded) or None,
        on_progress=table.on_progress,
        **_SETTINGS,
    )
    with warnings.catch_warnings():
        # Iterations are limited on purpose: what more would gain ranks no row differently. Of candidates that are left
        # out the command line tells itself.
        warnings.simplefilter("ignore", ConvergenceWarning)
        search_table(search, table)
    return search


def fit_trimmed(table: Table, random_state: int, trim: float, *, counts: Sequence[int]) -> GaussianMixture:
    """Return the mixture of lowest BIC, of any shape, where a share of the rows is left out of every fit.

    Parameters
    ----------
    table, random_state, counts
        As for `fit_groups`.
    trim : float
        The share.
    """
    template = GaussianMixture(trim=trim, random_state=random_state, **_SETTINGS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return _trimmed(table, counts, SEARCHED, template)


def _trimmed(
    table: Table, counts: Sequence[int], shapes: Sequence[str], template: GaussianMixture, what: str = "searching"
) -> GaussianMixture:
    """Return the fit of lowest BIC, that of the rows kept (Neykov, Filzmoser, Dimova and Neytchev 2007, section 3.3).

    A start divides the rows in three ways, of which two leave outliers out: no further starts are needed.
    """
    weight = table.fold(weight_of, 0.0) * (1 - template.trim)
    sample = take_sample(table, check_random_state(template.random_state), counts[-1])
    given, least = settings_of(template), least_variances(sample)
    lowest = np.inf
    total = len(shapes) * len(counts)
    for n_shapes, shape in enumerate(shapes):
        in_shape: list[float] = []
        for count in counts:
            settings = replace(given, n_components=count, covariance_type=shape, least=least)
            fit = fitted(settings.algorithm(table))
            bic = -2 * weight * fit.lower_bound + fit.model.n_parameters * float(np.log(weight))
            if bic < lowest:
                best, lowest = (settings, fit), bic
            in_shape.append(bic)
            # Larger counts that are not tried are done with as well.
            last = count == counts[-1] or len(in_shape) - 1 - int(np.argmin(in_shape)) == _PATIENCE
            if table.on_progress is not None:
                done = n_shapes * len(counts) + (len(counts) if last else len(in_shape))
                table.on_progress(Progress(what, done, total, "candidates"))
            if last:
                break
    return with_fit(template, *best, table)
