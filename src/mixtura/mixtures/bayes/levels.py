"""The posterior of the probabilities of levels: a Dirichlet distribution for each component and category."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln

from ...distributions.levels import LevelColumns, LevelLogs, Levels
from ...typing import Floats


@dataclass(frozen=True, eq=False)
class LevelPosterior:
    """Dirichlet posteriors of levels, under a prior of one row spread evenly over the levels and one never seen.

    That prior (Perks 1947, "Some observations on inverse probability including a new indifference rule", Journal of the
    Institute of Actuaries 73) says the same whatever the number of levels.

    Attributes
    ----------
    layout : LevelColumns
        The categorical columns.
    counts : ndarray of shape (n_components, n_levels)
        Expected rows of each level, column by column.
    """

    layout: LevelColumns
    counts: Floats

    @cached_property
    def _prior(self) -> Floats:
        """Parameters of the prior, shape (n_levels + n_columns,)."""
        return 1 / (np.array(self.layout.sizes) + 1.0)[self.layout.owners]

    @cached_property
    def _alpha(self) -> Floats:
        """Parameters of the posterior, shape (n_components, n_levels + n_columns)."""
        alpha = np.tile(self._prior, (len(self.counts), 1))
        alpha[:, self.layout.seen] += self.counts
        return alpha

    def _totals(self, values: Floats) -> Floats:
        """Return sums over the levels of each column, shape (n_components, n_columns)."""
        return np.asarray(np.add.reduceat(values, [place.start for place in self.layout.wide_slices], axis=1))

    @property
    def expected(self) -> Levels:
        """Expected probabilities."""
        return Levels.unchecked(self.layout, self._alpha / self._totals(self._alpha)[:, self.layout.owners])

    @cached_property
    def expected_logs(self) -> LevelLogs:
        """Expected logarithms of the probabilities."""
        totals = digamma(self._totals(self._alpha))
        return LevelLogs(self.layout, digamma(self._alpha) - totals[:, self.layout.owners])

    def repeat(self, components: NDArray[np.int64]) -> LevelLogs:
        """Return the expected logarithms of the `components` listed."""
        return self.expected_logs.repeat(components)

    @property
    def divergence(self) -> float:
        """Kullback-Leibler divergence of the posterior from the prior, of all components."""
        spent = (self._alpha - self._prior) * self.expected_logs.logs
        return float(spent.sum()) - self.log_evidence

    @property
    def log_evidence(self) -> float:
        """Log probability of levels of which there are so many rows, in one order of the rows."""
        return float(self._log_evidences.sum())

    @cached_property
    def _log_evidences(self) -> Floats:
        """The same of each component; the parameters of the prior of a column add up to one, whose gamma is one."""
        each = gammaln(self._alpha) - gammaln(self._prior)
        return np.asarray(each.sum(axis=1) - gammaln(self._totals(self._alpha)).sum(axis=1))

    def merged(self, first: int, second: int) -> "LevelPosterior":
        """Return the posterior when component `first` takes over all rows of `second`."""
        counts = self.counts.copy()
        counts[first], counts[second] = counts[first] + counts[second], 0.0
        return LevelPosterior(self.layout, counts)

    def without(self, components: NDArray[np.bool_]) -> "LevelPosterior":
        """Return the posterior when no row belongs to the `components` marked."""
        return LevelPosterior(self.layout, np.where(components[:, None], 0.0, self.counts))

    def merge_gains(self, first: NDArray[np.intp], second: NDArray[np.intp]) -> Floats:
        """Return how much `log_evidence` gains when each component of `first` takes over the rows of one of `second`.

        A component without rows has none, so that a merge changes that of two components to that of one.
        """
        alone = self._log_evidences
        together = LevelPosterior(self.layout, self.counts[first] + self.counts[second])
        return np.asarray(together._log_evidences - alone[first] - alone[second])
