"""The candidates of a search: one estimator with each count and shape, fitted and measured."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from itertools import product

import numpy as np

from ...distributions.mixture import Mixture
from ...intake.sample import Sample, take_sample
from ...intake.table import Table
from ...typing import Floats
from ..em.expectation import Expectation
from ..em.likelihood import LikelihoodSettings
from ..em.loop import Fit
from ..em.maximum_a_posteriori import MaximumAPosteriori
from ..em.overview import overview
from ..em.starts import EitherUpdate
from .criteria import Candidate, likelihoods, measure
from .rounding import NO_GROUPS, Independence, independence, least_variances
from .soundness import soundness
from .sweep import sweep

Key = tuple[int, str]


@dataclass(frozen=True)
class Trials:
    """All that a search fits to the rows of a table, or of a part of it.

    Parameters
    ----------
    template : LikelihoodSettings
        What every candidate is fitted by, but for its count and shape; it has seen the table.
    table : Table
        The table.
    counts : list of int
        Numbers of components, in rising order.
    shapes : list of str
        Covariance shapes.
    random_state : RandomState
        What starts are drawn with.
    """

    template: LikelihoodSettings
    table: Table
    counts: list[int]
    shapes: list[str]
    random_state: np.random.RandomState

    @cached_property
    def sample(self) -> Sample:
        """Rows to start from."""
        return take_sample(self.table, self.random_state, self.counts[-1])

    @cached_property
    def updates(self) -> dict[Key, EitherUpdate]:
        """How each candidate is estimated."""
        look = cache(partial(overview, self.table, levels=self.template.levels))
        keys = product(self.counts, self.shapes)
        return {key: self.settings(*key).rule(self.table, look) for key in keys}

    @cached_property
    def expect(self) -> Expectation:
        """The pass over the rows."""
        return self.template.expectation(self.table, lambda: self.sample)

    def settings(self, count: int, shape: str) -> LikelihoodSettings:
        """Return what a candidate is fitted by."""
        return replace(self.template, n_components=count, covariance_type=shape, least=self.least)

    @cached_property
    def least(self) -> Floats:
        """Least variances that the rounding of the columns warrants."""
        return least_variances(self._numbers)

    def sweep(self) -> Iterator[tuple[int, str, Fit[Mixture] | None]]:
        """Fit every candidate: see `sweep.sweep`."""

        def divisions(count: int) -> list[Floats]:
            settings = self.settings(count, self.shapes[0])
            ways = [way for _ in range(self.template.n_init) for way in settings.divisions]
            return [way(self.sample, self.random_state) for way in ways]

        return sweep(
            self.expect,
            self.sample,
            divisions,
            counts=self.counts,
            updates=self.updates,
            finish=partial(self.template.finish, self.expect),
            tol=self.template.tol,
            max_iter=self.template.max_iter,
        )

    def candidate(self, fit: Fit[Mixture]) -> Candidate:
        """Return a fit as a candidate, by one pass over the rows it was fitted to."""
        if self.template.trim:
            moments = self.expect(fit.model)
            # The rows that are kept are not known one by one.
            sums = [moments.log_likelihood, float("-inf"), moments.weight]
        else:
            sums = likelihoods(fit.model, self.table)
        candidate = measure(fit, *sums)
        return replace(candidate, left_out=self.fault(candidate, fit.model, sums[2]))

    def fault(self, candidate: Candidate, mixture: Mixture, n_rows: float) -> str:
        """Return why a candidate is left out, nothing where it is not."""
        if mixture.n_components == 1:
            return ""
        if self._independence is not None and candidate.bic >= self._independence.bic(n_rows):
            return NO_GROUPS
        update = self.updates[candidate.n_components, candidate.covariance_type]
        if isinstance(update, MaximumAPosteriori):
            return ""
        return soundness(self._numbers, update.ridge).fault(mixture, n_rows)

    @cached_property
    def _independence(self) -> Independence | None:
        # Of trimmed fits the likelihood is that of fewer rows.
        return None if self.template.trim else independence(self.sample, self.template.levels)

    @cached_property
    def _numbers(self) -> Sample:
        """The sample without categories."""
        levels = self.template.levels
        return self.sample if levels is None else self.sample.select(levels.numbers(self.table.n_columns))
