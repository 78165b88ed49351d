"""Variational fits of several counts and shapes, to compare by their lower bounds of the evidence."""

import warnings
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from ...intake.counted import weight_of
from ...intake.sample import take_sample
from ...intake.table import Table
from ..bayes.estimator import BayesianGaussianMixture
from ..em.estimator import fit_table, same_columns, settings_of
from .criteria import VariationalCandidate
from .rounding import NO_GROUPS, independence, least_variances


@dataclass(frozen=True)
class Trial:
    """A fit of one count and shape.

    Attributes
    ----------
    candidate : VariationalCandidate
        What it is compared by.
    estimator : BayesianGaussianMixture
        The fitted estimator.
    warnings : tuple of Warning
        What the fit warned of.
    """

    candidate: VariationalCandidate
    estimator: BayesianGaussianMixture
    warnings: tuple[Warning, ...]


def fit_each(template: BayesianGaussianMixture, keys: Sequence[tuple[int, str]], table: Table) -> Iterator[Trial]:
    """Fit a clone of an estimator with each count and shape, and yield it; priors keep covariances from collapse.

    No component is narrower than the rounding of the columns warrants. A fit of several is left out where independent
    columns have more evidence, to the accuracy of their information criterion (Schwarz 1978).
    """
    sample = take_sample(table, check_random_state(deepcopy(template.random_state)), max(count for count, _ in keys))
    settings = settings_of(template).seeing(table)
    numbers = sample if settings.levels is None else sample.select(settings.levels.numbers(table.n_columns))
    least, alone = least_variances(numbers), independence(sample, settings.levels)
    evidence = -np.inf if alone is None else -alone.bic(table.fold(weight_of, 0.0)) / 2
    for count, shape in keys:
        estimator: BayesianGaussianMixture = clone(template).set_params(n_components=count, covariance_type=shape)
        if hasattr(template, "n_features_in_"):
            same_columns(estimator, template)
        estimator._least_variances = least if least.any() else None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fit_table(estimator, table)
        several = estimator.n_effective_components_ > 1
        candidate = VariationalCandidate(
            n_components=count,
            covariance_type=shape,
            elbo=float(estimator.lower_bound_),
            n_effective_components=int(estimator.n_effective_components_),
            n_iter=estimator.n_iter_,
            converged=estimator.converged_,
            left_out=NO_GROUPS if several and estimator.lower_bound_ <= evidence else "",
        )
        yield Trial(candidate, estimator, tuple(item.message for item in caught if isinstance(item.message, Warning)))


def fit_groups_or_one(template: BayesianGaussianMixture, table: Table) -> BayesianGaussianMixture:
    """Return a fit with the components of an estimator, or with one where independent columns have more evidence."""
    counts = dict.fromkeys([template.n_components, 1])
    trials = fit_each(template, [(count, template.covariance_type) for count in counts], table)
    return next(trial for trial in trials if not trial.candidate.left_out).estimator


def best_of(trials: Sequence[Trial]) -> Trial:
    """Return the trial that says how many components rows belong to with the fewest that hold none.

    The number is that of the highest bound, and the shape with it. Fits of larger counts reach it too, and where
    their priors of the weights differ by the count their bounds are a little apart. One that is left out is taken only
    where all are.
    """
    trials = [trial for trial in trials if not trial.candidate.left_out] or trials
    best = max(trials, key=lambda trial: trial.candidate.elbo).candidate
    alike = (
        trial
        for trial in trials
        if trial.candidate.covariance_type == best.covariance_type
        and trial.candidate.n_effective_components == best.n_effective_components
    )
    return min(alike, key=lambda trial: trial.candidate.n_components)
