"""Variational fits of several counts and shapes, to compare by their lower bounds of the evidence."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sklearn.base import clone

from ...intake.table import Table
from ..bayes.estimator import BayesianGaussianMixture
from ..em.estimator import fit_table
from .criteria import VariationalCandidate


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


def fit_each(template: BayesianGaussianMixture, keys: Iterable[tuple[int, str]], table: Table) -> Iterator[Trial]:
    """Fit a clone of an estimator with each count and shape, and yield it; priors keep covariances from collapse."""
    for count, shape in keys:
        estimator: BayesianGaussianMixture = clone(template).set_params(n_components=count, covariance_type=shape)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fit_table(estimator, table)
        candidate = VariationalCandidate(
            n_components=count,
            covariance_type=shape,
            elbo=float(estimator.lower_bound_),
            n_effective_components=int(estimator.n_effective_components_),
            n_iter=estimator.n_iter_,
            converged=estimator.converged_,
        )
        yield Trial(candidate, estimator, tuple(item.message for item in caught if isinstance(item.message, Warning)))


def best_of(trials: Sequence[Trial]) -> Trial:
    """Return the trial that says how many components rows belong to with the fewest that hold none.

    The number is that of the highest bound, and the shape with it. Fits of larger counts reach it too, and where
    their priors of the weights differ by the count their bounds are a little apart.
    """
    best = max(trials, key=lambda trial: trial.candidate.elbo).candidate
    alike = (
        trial
        for trial in trials
        if trial.candidate.covariance_type == best.covariance_type
        and trial.candidate.n_effective_components == best.n_effective_components
    )
    return min(alike, key=lambda trial: trial.candidate.n_components)
