"""Which cells of a row are wrong, what they should have been, and how much each adds: one way for every detector."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.matrices import largest_root
from ...distributions.missing import patterns_of
from ...distributions.mixture import Mixture
from ...intake.scaling import Scaling
from ...typing import Bools, Floats, Integers
from ..explanation import Explanation
from .components import Candidates, Components
from .conditionals import Predictor, without_noise
from .given import Sharpening
from .repairs import best_two, sizes
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

    The columns of the mixture are explained. Rows may have more columns behind these, which the score sees too.

    Attributes
    ----------
    mixture : Mixture
        The distribution of the scaled rows that belong.
    scaling : Scaling
        How rows are scaled.
    score : callable
        Returns the scores of rows: the lower, the less they belong.
    belonging : ndarray of shape (n, n_features)
        Rows that belong. They tell which scores are ordinary.
    levels : ndarray of shape (MOST_CELLS + 1,), optional
        Least ordinary score of a row of which 0, 1, … cells are repaired. Default: by the rows that belong.
    """

    mixture: Mixture
    scaling: Scaling
    score: Callable[[NDArray[Any]], Floats]
    belonging: Floats
    levels: Floats | None = None

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
        # What overflows is held within what doubles reach.
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            parts = [self._of_some(X[first : first + size], at_least) for first in range(0, max(len(X), 1), size)]
        return Explanation.concatenate(parts)

    def scored_by(self, score: Callable[[NDArray[Any]], Floats]) -> "Explainer":
        """Return what explains rows of another score, with the same ordinary scores."""
        return replace(self, score=score, levels=self._levels)

    def _of_some(self, X: NDArray[Any], at_least: float | None) -> Explanation:
        values = np.asarray(X, dtype=np.float64)
        explained = slice(self.mixture.n_features)
        scaled = self._scaled(values)
        before = self.score(X)
        repaired = _Repaired(np.zeros((2, *values.shape), np.bool_), values.copy(), before.copy())
        levels = self._levels if at_least is None else np.maximum(self._levels, at_least)
        unusual = np.flatnonzero(before < levels[0])
        for known, rows in self._by_pattern(scaled, unusual):
            self._repair(repaired, scaled, rows, known, levels[1:])
        flagged, other = repaired.cells[:, :, explained]
        prediction = self._predictor(scaled, flagged)
        distance = np.where(np.isnan(scaled), 0.0, (scaled - prediction.expected) / prediction.deviation)
        return Explanation(
            expected=self.in_units(prediction.expected),
            deviation=np.minimum(prediction.deviation * self.scaling.scale, np.finfo(float).max),
            distance=distance,
            shares=self._surprises(scaled),
            given_others=prediction.deviation < _TOLD * self._sharpening.deviations,
            flagged_cells=flagged,
            other_cells=other,
            repaired=repaired.values[:, explained],
            score_before=before,
            score_after=repaired.scores,
            given=self._sharpening(flagged, np.isnan(scaled)),
        )

    def _repair(self, repaired: "_Repaired", scaled: Floats, rows: Integers, known: Integers, levels: Floats) -> None:
        """Repair rows that have values in the same columns, where a few cells suffice and the score rises."""
        components = self._components(known)
        here = scaled[np.ix_(rows, known)]
        found = components.candidates(here, MOST_CELLS, _KEPT)
        tried = _Tried(self, repaired.values[rows], known, found)
        suffices = np.zeros((len(rows), MOST_CELLS), np.bool_)
        pending = np.arange(len(rows))
        for more, level in enumerate(levels):
            suffices[pending, more] = (tried.scores(pending, more) >= level).any(axis=1)
            pending = pending[~suffices[pending, more]]
        some, size = sizes(found.log_densities.max(axis=2), components.log_densities(here), suffices)
        self._leave_out_idle(tried, some, size, suffices.argmax(axis=1))
        for more in np.unique(size[some]).tolist():
            done = np.flatnonzero(some & (size == more))
            scores = tried.scores(done, more)
            first, second = best_two(found.log_densities[done, more], scores >= levels[more])
            after = scores[np.arange(len(done)), first]
            better = after > repaired.scores[rows[done]]
            done, first, second, after = done[better], first[better], second[better], after[better]
            for which, place in enumerate((first, second)):
                row, cell = np.nonzero((found.sets[done, more, place] >= 0) & (place >= 0)[:, None])
                repaired.cells[which, rows[done[row]], known[found.sets[done, more, place][row, cell]]] = True
            repaired.values[rows[done]] = tried.rows(done, more)[np.arange(len(done)), first]
            repaired.scores[rows[done]] = after

    def _leave_out_idle(self, tried: "_Tried", some: Bools, size: Integers, fewest: Integers) -> None:
        """Leave out further cells than the fewest whose repair raises the score no more than that of ordinary cells."""
        for more in range(MOST_CELLS - 1, 0, -1):
            rows = np.flatnonzero(some & (size == more) & (more > fewest))
            if not len(rows):
                continue
            raised = tried.scores(rows, more).max(axis=1) - tried.scores(rows, more - 1).max(axis=1)
            size[rows[raised <= self._levels[1] - self._levels[0]]] = more - 1

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
        return np.asarray(self.scaling(values[:, : self.mixture.n_features], largest_root(values.dtype)))

    def in_units(self, scaled: Floats, columns: Integers | slice = slice(None)) -> Floats:
        """Return scaled values in the units of the detector; what lies beyond all doubles is as far as they reach."""
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
        if self.levels is not None:
            return self.levels
        lowest = float(np.quantile(self.score(self.belonging), _UNUSUAL, method="lower"))
        rows = self.belonging[~np.isnan(self.belonging[:, : self.mixture.n_features]).any(axis=1)]
        if len(rows) < _FEWEST:
            return np.full(MOST_CELLS + 1, lowest)
        here, columns = np.arange(len(rows)), np.arange(len(rows)) % self.mixture.n_features
        changed = rows.copy()
        changed[here, columns] = self.in_units(self._all_components.replaced(self._scaled(rows), columns), columns)
        before, after = (np.quantile(self.score(some), _UNUSUAL, method="lower") for some in (rows, changed))
        return np.asarray(lowest + max(float(after - before), 0.0) * np.arange(MOST_CELLS + 1))


@dataclass(frozen=True, eq=False)
class _Repaired:
    """Rows as they are repaired: the cells of the repair and of another as good, the values, the scores."""

    cells: NDArray[np.bool_]
    values: Floats
    scores: Floats


class _Tried:
    """The repairs of some rows as rows, and their scores, which are reckoned when they are asked for."""

    def __init__(self, explainer: Explainer, values: Floats, known: Integers, candidates: Candidates) -> None:
        self._explainer, self._values, self._known, self._candidates = explainer, values, known, candidates
        self._scores = np.full(candidates.log_densities.shape, np.nan)

    def rows(self, which: Integers, more: int) -> Floats:
        """Return some of the rows after each repair of `more` cells and one, (n, kept, n_columns)."""
        sets, values = (array[which, more] for array in (self._candidates.sets, self._candidates.values))
        rows = np.repeat(self._values[which][:, None], sets.shape[1], axis=1)
        row, place, cell = np.nonzero(sets >= 0)
        columns = self._known[sets[row, place, cell]]
        rows[row, place, columns] = self._explainer.in_units(values[row, place, cell], columns)
        return rows

    def scores(self, which: Integers, more: int) -> Floats:
        """Return the scores of these rows, (n, kept): minus infinity where there is no such repair."""
        new = which[np.isnan(self._scores[which, more, 0])]
        if len(new):
            rows = self.rows(new, more)
            scores = self._explainer.score(rows.reshape(-1, rows.shape[2])).reshape(rows.shape[:2])
            exists = np.isfinite(self._candidates.log_densities[new, more])
            self._scores[new, more] = np.where(exists, scores, -np.inf)
        return np.asarray(self._scores[which, more])
