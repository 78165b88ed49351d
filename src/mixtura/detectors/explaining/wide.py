"""Rows of wide tables, explained by the columns in which each lies farthest out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.mixture import Mixture
from ...distributions.shapes import Full
from ...intake.scaling import Scaling
from ...mixtures.choice.defaults import REG_COVAR
from ...typing import Floats, Integers
from ..explanation import Explanation
from .explainer import MOST_CELLS, Explainer

# Columns of a row that are looked at.
_COLUMNS = 32

# Scaled values count as at most this far from the median, so that errors do not set covariances [1]_.
_WINSOR = 4.0

# The rows of a background that score lowest may be errors: ordinary rows score no lower than the others.
_ERRORS = 0.02


@dataclass(frozen=True, eq=False)
class WideExplainer:
    """Explains the rows of a detector of many columns: the others are as expected, and add nothing.

    Attributes
    ----------
    background : ndarray of shape (n, n_features)
        Rows of the table; columns behind those that are explained are seen by the score alone.
    scaling : Scaling
        Where their columns lie, and how far they spread.
    score : callable
        Returns the scores of rows: the lower, the less they belong.

    References
    ----------
    .. [1] Huber and Ronchetti (2009), "Robust Statistics", section 1.7.
    """

    background: Floats
    scaling: Scaling
    score: Callable[[NDArray[Any]], Floats]

    def __call__(self, X: NDArray[Any], at_least: float | None = None) -> Explanation:
        """Return the explanation of rows; see `Explainer`."""
        parts = [self._of_row(np.asarray(row, dtype=np.float64), at_least) for row in X]
        return Explanation.concatenate(parts) if parts else self._of_row(self.background[0], None).take(slice(0))

    def scored_by(self, score: Callable[[NDArray[Any]], Floats]) -> "WideExplainer":
        """Return what explains rows of another score."""
        return replace(self, score=score)

    def _of_row(self, row: Floats, at_least: float | None) -> Explanation:
        own = row[: len(self.scaling.center)]
        columns = self._farthest(own)
        found = self._among(row, columns)(own[None, columns], at_least)
        given = found.given
        return Explanation(
            expected=self._placed(self.scaling.center, columns, found.expected),
            deviation=self._placed(self.scaling.scale, columns, found.deviation),
            distance=self._placed(self._distances(own), columns, found.distance),
            shares=self._placed(np.zeros(len(own)), columns, found.shares),
            given_others=self._placed(np.zeros(len(own), np.bool_), columns, found.given_others),
            flagged_cells=self._placed(np.zeros(len(own), np.bool_), columns, found.flagged_cells),
            other_cells=self._placed(np.zeros(len(own), np.bool_), columns, found.other_cells),
            repaired=self._placed(own, columns, found.repaired),
            score_before=found.score_before,
            score_after=found.score_after,
            given=np.where(given >= 0, columns[given], -1),
        )

    def _distances(self, row: Floats) -> Floats:
        with np.errstate(over="ignore"):
            return np.nan_to_num((row - self.scaling.center) / self.scaling.scale, nan=0.0)

    def _farthest(self, row: Floats) -> Integers:
        """Return the columns that have a value which lies farthest out."""
        return np.sort(np.argsort(-np.abs(self._distances(row)), kind="stable")[:_COLUMNS])

    def _placed(self, usual: NDArray[Any], columns: Integers, found: NDArray[Any]) -> NDArray[Any]:
        whole = usual[None].copy()
        whole[:, columns] = found
        return whole

    def _among(self, row: Floats, columns: Integers) -> Explainer:
        """Return what explains a row by some of its columns."""
        scaling = Scaling(self.scaling.center[columns], self.scaling.scale[columns])
        scaled = np.nan_to_num(scaling(self.background[:, columns], _WINSOR), nan=0.0)
        covariance = np.atleast_2d(np.cov(scaled, rowvar=False)) + REG_COVAR * np.eye(len(columns))
        mixture = Mixture(np.ones(1), scaled.mean(axis=0)[None], Full(covariance[None], 1, len(columns)))

        def score(some: NDArray[Any]) -> Floats:
            rows = np.repeat(row[None], len(some), axis=0)
            rows[:, columns] = some
            return self.score(rows)

        return Explainer(mixture, scaling, score, self.background[:0, columns], self._levels)

    @cached_property
    def _levels(self) -> Floats:
        return np.full(MOST_CELLS + 1, np.quantile(self.score(self.background), _ERRORS, method="lower"))
