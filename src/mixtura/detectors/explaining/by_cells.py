"""Why a row is unusual under a mixture of numbers and categories: its cells, replaced one after the other."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.mixture import Mixture
from ...typing import Bools, Floats
from ..explanation import NOTABLE, Explanation
from .explainer import MOST_CELLS
from .given import MOST_GIVEN

# A row is ordinary when so small a share of the rows drawn from the mixture score lower.
_UNUSUAL = 0.01
_DRAWN = 2048

# A cell whose repair takes fewer nats off the surprise of a row is no reason.
_SLIGHT = 2.0

# Rows that are looked at together: each makes one row for every column.
_AT_ONCE = 2**14


@dataclass(frozen=True, eq=False)
class ByCells:
    """Explains the rows of a mixture by what it expects of each cell given the others.

    What a cell adds to the surprise of a row is the log density that the row gains when it is replaced.

    Attributes
    ----------
    mixture : Mixture
        The mixture, without noise.
    """

    mixture: Mixture

    def __call__(self, X: NDArray[Any], at_least: float | None = None) -> Explanation:
        """Return the explanation of rows; see `Explainer`."""
        size = max(1, _AT_ONCE // X.shape[1])
        values = np.asarray(X, dtype=np.float64)
        ordinary = self._ordinary if at_least is None else max(self._ordinary, at_least)
        parts = [self._of_some(values[first : first + size], ordinary) for first in range(0, max(len(X), 1), size)]
        return Explanation.concatenate(parts)

    def _of_some(self, X: Floats, ordinary: float) -> Explanation:
        before = self._scores(X)
        repaired, cells, after = X.copy(), np.zeros(X.shape, np.bool_), before.copy()
        for _ in range(MOST_CELLS):
            pending = np.flatnonzero(after < ordinary)
            if not len(pending):
                break
            expected, scores = self._each_replaced(repaired[pending])
            best = np.where(cells[pending], -np.inf, scores).argmax(axis=1)
            gained = scores[np.arange(len(best)), best]
            better = gained - after[pending] >= _SLIGHT
            rows, best = pending[better], best[better]
            repaired[rows, best], cells[rows, best] = expected[better, best], True
            after[rows] = gained[better]
        whole = after < ordinary  # no few cells explain it
        cells[whole], repaired[whole], after[whole] = False, X[whole], before[whole]
        expected, scores = self._each_replaced(repaired)
        _, alone = self._each_replaced(X)
        # What a flagged cell adds is known of the row without the others that are wrong.
        nats = np.where(cells, self._restored(X, repaired, cells, after), np.maximum(alone - before[:, None], 0.0))
        nats = np.where(np.isnan(X), 0.0, nats)
        distance = np.where(np.isnan(X) | (expected == X), 0.0, np.sign(X - expected) * np.sqrt(2 * nats))
        with np.errstate(divide="ignore", invalid="ignore"):
            deviation = np.where(distance != 0, np.abs(X - expected) / np.abs(distance), 1 / NOTABLE)
        return Explanation(
            expected=expected,
            deviation=deviation,
            distance=distance,
            shares=nats,
            given_others=np.abs(expected - self._usual) > np.where(self._are_levels, 0.0, self._slight),
            flagged_cells=cells,
            other_cells=np.zeros_like(cells),
            repaired=repaired,
            score_before=before,
            score_after=after,
            given=np.full((len(X), MOST_GIVEN), -1),
        )

    def _scores(self, X: Floats) -> Floats:
        return self.mixture.log_density(X).astype(np.float64)

    def _each_replaced(self, X: Floats) -> tuple[Floats, Floats]:
        """Return what is expected of each cell given the others, and the score of the row with it there."""
        expected, scores = np.empty(X.shape), np.empty(X.shape)
        for column in range(X.shape[1]):
            rows = X.copy()
            rows[:, column] = np.nan
            expected[:, column] = self.mixture.impute(rows)[:, column]
            rows[:, column] = np.where(np.isnan(X[:, column]), np.nan, expected[:, column])
            scores[:, column] = self._scores(rows)
        return expected, scores

    def _restored(self, X: Floats, repaired: Floats, cells: Bools, after: Floats) -> Floats:
        """Return how much the repaired row loses when each of its replaced cells is put back."""
        lost = np.zeros(X.shape)
        for column in np.flatnonzero(cells.any(axis=0)).tolist():
            rows = np.flatnonzero(cells[:, column])
            back = repaired[rows].copy()
            back[:, column] = X[rows, column]
            lost[rows, column] = np.maximum(after[rows] - self._scores(back), 0.0)
        return lost

    @cached_property
    def _sample(self) -> Floats:
        return self.mixture.sample(_DRAWN, random_state=0)[0]

    @cached_property
    def _ordinary(self) -> float:
        return float(np.quantile(self._scores(self._sample), _UNUSUAL, method="lower"))

    @cached_property
    def _usual(self) -> Floats:
        """What is expected of each column of a row of which nothing is known."""
        return np.asarray(self.mixture.impute(np.full((1, self.mixture.n_features), np.nan))[0])

    @cached_property
    def _slight(self) -> Floats:
        """Half a standard deviation of each column: a smaller difference says little."""
        return np.asarray(self._sample.std(axis=0) / 2)

    @cached_property
    def _are_levels(self) -> Bools:
        return ~np.isin(np.arange(self.mixture.n_features), self.mixture.numbers)
