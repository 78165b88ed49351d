"""Which cells of a row are wrong, what they should have been, and how much each adds: one way for every detector."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.matrices import largest_root
from ...distributions.missing import patterns_of
from ...distributions.mixture import Mixture
from ...intake.scaling import Scaling
from ...typing import Floats, Integers
from ..explanation import Explanation
from .components import Components
from .conditionals import Predictor, without_noise
from .given import Sharpening
from .repairs import chosen
from .shares import Surprises

# A row is ordinary when so small a share of the rows that belong score lower.
_UNUSUAL = 0.01

# Cells of a row that may be wrong: with more of them it is unusual as a whole.
MOST_CELLS = 3

# Repairs of equally many cells that the detector scores.
_KEPT = 6

# Fewer rows do not tell what a repair adds to a score.
_FEWEST = 30

# The other columns say something of a column when they explain a tenth of its variance.
_TOLD = float(np.sqrt(0.9))

# Values of repaired rows that are held at once: some tens of megabytes.
_AT_ONCE = 2**21


@dataclass(frozen=True, eq=False)
class Explainer:
    """Explains the rows of a detector by a mixture of the rows that belong.

    Attributes
    ----------
    mixture : Mixture
        The distribution of the scaled rows that belong.
    scaling : Scaling
        How rows are scaled.
    score : callable
        Returns the scores of rows: the lower, the less they belong.
    belonging : ndarray of shape (n, n_columns)
        Rows that belong. They tell which scores are ordinary.
    """

    mixture: Mixture
    scaling: Scaling
    score: Callable[[NDArray[Any]], Floats]
    belonging: Floats

    def __call__(self, X: NDArray[Any], at_least: float | None = None) -> Explanation:
        """Return the explanation of rows.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)
            Rows, in the units of the detector.
        at_least : float, optional
            Score below which the detector flags rows: a repaired row reaches it.
        """
        size = max(1, _AT_ONCE // (MOST_CELLS * _KEPT * X.shape[1]))
        parts = [self._of_some(X[first : first + size], at_least) for first in range(0, max(len(X), 1), size)]
        return Explanation.concatenate(parts)

    def _of_some(self, X: NDArray[Any], at_least: float | None) -> Explanation:
        values = np.asarray(X, dtype=np.float64)
        scaled = self._scaled(values)
        before = self.score(X)
        repaired = _Repaired(np.zeros((2, *values.shape), np.bool_), values.copy(), before.copy())
        levels = self._levels if at_least is None else np.maximum(self._levels, at_least)
        unusual = np.flatnonzero(before < levels[0])
        for known, rows in self._by_pattern(scaled, unusual):
            self._repair(repaired, scaled, rows, known, levels[1:])
        flagged, other = repaired.cells
        prediction = self._predictor(np.where(flagged, np.nan, scaled))
        with np.errstate(over="ignore", invalid="ignore"):
            distance = np.where(np.isnan(scaled), 0.0, (scaled - prediction.expected) / prediction.deviation)
        return Explanation(
            expected=self._in_units(prediction.expected),
            deviation=np.minimum(prediction.deviation * self.scaling.scale, np.finfo(float).max),
            distance=distance,
            shares=self._surprises(scaled),
            given_others=prediction.deviation < _TOLD * self._sharpening.deviations,
            flagged_cells=flagged,
            other_cells=other,
            repaired=repaired.values,
            score_before=before,
            score_after=repaired.scores,
            given=self._sharpening(flagged, np.isnan(scaled)),
        )

    def _repair(self, repaired: "_Repaired", scaled: Floats, rows: Integers, known: Integers, levels: Floats) -> None:
        """Repair rows that have values in the same columns, where a few cells suffice."""
        components = self._components(known)
        here = scaled[np.ix_(rows, known)]
        candidates = components.candidates(here, MOST_CELLS, _KEPT)
        shape = candidates.log_densities.shape
        tried = np.broadcast_to(repaired.values[rows, None, None], (*shape, scaled.shape[1])).copy()
        row, size, place, cell = np.nonzero(candidates.sets >= 0)
        columns = known[candidates.sets[row, size, place, cell]]
        tried[row, size, place, columns] = self._in_units(candidates.values[row, size, place, cell], columns)
        scores = self.score(tried.reshape(-1, scaled.shape[1])).reshape(shape)
        ordinary = (scores >= levels[:, None]) & np.isfinite(candidates.log_densities)
        choice = chosen(candidates, components.log_densities(here), ordinary)
        done = np.flatnonzero(choice.some)
        for which, place in enumerate((choice.first, choice.second)):
            found = done[place[done] >= 0]
            sets = candidates.sets[found, choice.n_cells[found], place[found]]
            row, cell = np.nonzero(sets >= 0)
            repaired.cells[which, rows[found[row]], known[sets[row, cell]]] = True
        repaired.values[rows[done]] = tried[done, choice.n_cells[done], choice.first[done]]
        repaired.scores[rows[done]] = scores[done, choice.n_cells[done], choice.first[done]]

    def _by_pattern(self, scaled: Floats, rows: Integers) -> Iterator[tuple[Integers, Integers]]:
        """Yield the columns that some of the rows have values in, and these rows; not those without a value."""
        if len(rows):
            for known, which in patterns_of(scaled[rows]):
                if known.any():
                    yield np.flatnonzero(known), rows[which]

    def _components(self, known: Integers) -> Components:
        if len(known) == self.mixture.n_features:
            return self._all_components
        return Components.of(without_noise(self.mixture).marginal(known.tolist()))

    def _scaled(self, values: Floats) -> Floats:
        # Squares stay finite however far away a row is.
        return np.asarray(self.scaling(values, largest_root(values.dtype)))

    def _in_units(self, scaled: Floats, columns: Integers | slice = slice(None)) -> Floats:
        limit = np.finfo(np.float64).max
        with np.errstate(over="ignore"):
            return np.clip(scaled * self.scaling.scale[columns] + self.scaling.center[columns], -limit, limit)

    @cached_property
    def _all_components(self) -> Components:
        return Components.of(without_noise(self.mixture))

    @cached_property
    def _predictor(self) -> Predictor:
        return Predictor(self.mixture)

    @cached_property
    def _surprises(self) -> Surprises:
        return Surprises(without_noise(self.mixture))

    @cached_property
    def _sharpening(self) -> Sharpening:
        return Sharpening.of(without_noise(self.mixture))

    @cached_property
    def _levels(self) -> Floats:
        """Least ordinary score of a row of which 0, 1, … cells are repaired, shape (MOST_CELLS + 1,).

        A repaired cell is more usual than most, and the score of a repaired row higher: by as much as that of ordinary
        rows rises when one of their cells is repaired.
        """
        lowest = float(np.quantile(self.score(self.belonging), _UNUSUAL, method="lower"))
        rows = self.belonging[~np.isnan(self.belonging).any(axis=1)]
        if len(rows) < _FEWEST:
            return np.full(MOST_CELLS + 1, lowest)
        here, columns = np.arange(len(rows)), np.arange(len(rows)) % rows.shape[1]
        changed = rows.copy()
        changed[here, columns] = self._in_units(self._all_components.replaced(self._scaled(rows), columns), columns)
        before, after = (np.quantile(self.score(some), _UNUSUAL, method="lower") for some in (rows, changed))
        return np.asarray(lowest + max(float(after - before), 0.0) * np.arange(MOST_CELLS + 1))


@dataclass(frozen=True, eq=False)
class _Repaired:
    """Rows as they are repaired: the cells of the repair and of another as good, the values, the scores."""

    cells: NDArray[np.bool_]
    values: Floats
    scores: Floats
