"""Why a row with levels is unusual: which cells are wrong among numbers and levels, by the score of all together."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ...typing import Bools, Floats, Integers
from ..explanation import NOTABLE, Explanation
from ..levels.expected import expected_levels
from ..levels.votes import LevelVotes
from .explainer import MOST_CELLS, Explainer
from .given import MOST_GIVEN
from .given_levels import told_numbers
from .power_laws import PowerLaw, told_by_laws
from .wide import WideExplainer

# The rows of a background that score lowest may be errors: ordinary rows score no lower than the others.
_ERRORS = 0.02

# A cell whose repair takes fewer nats off the surprise of a row is no reason.
_SLIGHT = 2.0

# A level is wrong only if it has so many nats by itself.
_SPEAKS = 1.0

# A level that no other column tells is rare where one row in twenty has one as rare, in nats.
_RARE = float(np.log(20))

# A repair that takes off less than this part of what a row has too much explains nothing.
_PART = 0.1

# Each further cell takes off such a part of what a row has too much, or is no reason.
_FURTHER = 0.2

# A level tells a number where the numbers of its rows are so much closer together than those of all rows: seven in ten
# of a normal variance. So few rows differ from the table only where they differ much.
_TELLS, _FEW = 0.85, 30

# Distances from what is expected are compared at this share of the rows: where as many have one value, it is told.
_NEAREST = 0.8

# Of two repairs of which one leaves a row e times as likely, that one is the better.
_EQUAL = 1.0

# Of a row the levels are tried in turn that say most, at most so many.
_MOST_TRIED = 64

# Rows that are scored at once, and their cells.
_AT_ONCE, _MOST_CELLS_AT_ONCE = 2**14, 2**24


class _Wrong(NamedTuple):
    """The wrong cells of rows and another level that explains them as well, the repaired rows, the scores."""

    cells: Bools
    either: Bools
    values: Floats
    before: Floats
    after: Floats


@dataclass(frozen=True, eq=False)
class MixedExplainer:
    """Explains rows of numbers and levels.

    Attributes
    ----------
    numbers : Explainer, WideExplainer or None
        What explains the columns of numbers, which come first; None where there are none.
    levels : LevelVotes
        What the columns of levels say.
    score : callable
        Returns the scores of rows whose columns of numbers come first.
    background : ndarray of shape (n, n_columns)
        Rows of the table, in that order.
    order : ndarray of shape (n_columns,)
        Place in the table of each column in that order.
    least : float, optional
        The least score of an ordinary row. Default: by the rows of the background.
    """

    numbers: Explainer | WideExplainer | None
    levels: LevelVotes
    score: Callable[[NDArray[Any]], Floats]
    background: Floats
    order: Integers
    least: float | None = None

    def __call__(self, X: Floats, at_least: float | None = None) -> Explanation:
        """Return the explanation of rows; see `Explainer`."""
        size = max(1, _AT_ONCE // min(len(self.levels.coding.columns), _MOST_TRIED))
        parts = [self._of_some(X[first : first + size], at_least) for first in range(0, max(len(X), 1), size)]
        return Explanation.concatenate(parts)

    def voting(self, levels: LevelVotes, score: Callable[[NDArray[Any]], Floats]) -> Self:
        """Return what explains rows by the same mixture, with other votes of levels and the scores that these give.

        Which scores are ordinary stays: the rows of the background have other levels than those that these votes know.
        """
        numbers = None if self.numbers is None else self.numbers.scored_by(score)
        return replace(self, levels=levels, score=score, numbers=numbers, least=self._ordinary)

    def _of_some(self, X: Floats, at_least: float | None) -> Explanation:
        rows = X[:, self.order]
        before = self.score(rows)
        ordinary = self._ordinary if at_least is None else max(self._ordinary, at_least)
        found = self._by_numbers(rows, at_least)
        slight = found.score_after - before < _PART * (ordinary - before)
        found.flagged_cells[slight], found.other_cells[slight] = False, False
        found.repaired[slight] = rows[slight, : found.repaired.shape[1]]
        found.score_after[slight] = before[slight]
        alone, found = found, self._given_levels(found, rows, before, ordinary)
        repaired, wrong, after, either = self._levels_repaired(rows, before, ordinary)
        by_numbers, by_levels = found.flagged_cells.any(axis=1), wrong.any(axis=1)
        enough = found.score_after >= ordinary, after >= ordinary
        n_cells = found.flagged_cells.sum(axis=1), wrong.sum(axis=1)
        better = np.where(n_cells[0] == n_cells[1], after > found.score_after, n_cells[1] < n_cells[0])
        levels_alone = by_levels & enough[1] & (~(by_numbers & enough[0]) | better)
        numbers_alone = by_numbers & enough[0] & ~levels_alone
        together = np.flatnonzero(by_levels & ~levels_alone & ~numbers_alone)
        explained = _chosen(by_levels & ~numbers_alone, alone, found)
        cells = np.hstack([found.flagged_cells, np.zeros_like(wrong)])
        cells[levels_alone] = False
        values = np.hstack([found.repaired, rows[:, found.repaired.shape[1] :]])
        values[levels_alone] = rows[levels_alone]
        changed = levels_alone.copy()
        changed[together] = True
        n_numbers = found.repaired.shape[1]
        cells[changed, n_numbers:] = wrong[changed]
        values[changed, n_numbers:] = repaired[changed, n_numbers:]
        after = np.where(changed, after, found.score_after)
        if len(together) and self.numbers is not None:
            again = self._by_numbers(repaired[together], at_least)
            cells[together, :n_numbers] = again.flagged_cells
            values[together, :n_numbers] = again.repaired
            after[together] = again.score_after
        either[~levels_alone] = False
        explanation = self._explanation(X, explained, _Wrong(cells, either, values, before, after))
        flagged = ordinary if at_least is None else at_least
        explanation = self._several_given_levels(X, explanation, ordinary, flagged)
        return told_by_laws(explanation, X, self._law, lambda some: self.score(some[:, self.order]))

    def _law(self, column: int) -> PowerLaw | None:
        """Return the law that determines a column of the table."""
        if column not in self._laws:
            rows = self.background[:, self._place].copy()
            rows[:, self.levels.coding.columns] = np.nan
            self._laws[column] = PowerLaw.of(rows, column)
        return self._laws[column]

    @cached_property
    def _laws(self) -> dict[int, PowerLaw | None]:
        """Laws of the columns that have been asked for."""
        return {}

    def _several_given_levels(
        self, X: Floats, explanation: Explanation, ordinary: float, flagged: float
    ) -> Explanation:
        """Return the explanation in which levels tell several numbers, of rows that nothing else makes ordinary."""
        before, after = explanation.score_before, explanation.score_after
        rows = np.flatnonzero((before < ordinary) & (after < ordinary))
        if not len(rows) or not self.levels.given.views:
            return explanation
        told = told_numbers(self.levels, X[rows], lambda some: self.score(some[:, self.order]), ordinary, MOST_CELLS)
        fields = ("expected", "distance", "shares", "flagged_cells", "other_cells", "repaired", "score_after", "given")
        own = {name: getattr(explanation, name).copy() for name in fields}
        own["shares"][rows] = np.maximum(own["shares"][rows], told.nats)
        away = np.sign(X[rows] - told.expected) * NOTABLE
        by_numbers = explanation.given_others[rows] | (np.abs(own["distance"][rows]) >= NOTABLE)
        far = (told.told_by >= 0) & ~by_numbers
        own["expected"][rows] = np.where(far, told.expected, own["expected"][rows])
        own["distance"][rows] = np.where(far, away, own["distance"][rows])
        gained = told.after - np.maximum(after[rows], before[rows])
        n_further = np.maximum(told.cells.sum(axis=1) - own["flagged_cells"][rows].sum(axis=1), 0)
        better = (gained >= _SLIGHT) & (gained >= _FURTHER * n_further * (ordinary - before[rows]))
        better &= told.after >= np.where(before[rows] < flagged, flagged, ordinary)
        told, rows = told.take(better), rows[better]
        own["flagged_cells"][rows], own["other_cells"][rows] = told.cells, False
        own["expected"][rows] = np.where(told.cells, told.expected, own["expected"][rows])
        own["distance"][rows] = np.where(told.cells, away[better], own["distance"][rows])
        own["repaired"][rows] = np.where(told.cells, told.expected, X[rows])
        own["score_after"][rows] = told.after
        own["given"][rows] = -1
        for row, cells, by in zip(rows.tolist(), told.cells, told.told_by, strict=True):
            told_of = zip(by[cells].tolist(), np.flatnonzero(cells).tolist(), strict=True)
            telling = (level for level, column in told_of if self._tells(level, X[row, level], column))
            kept = [*dict.fromkeys(telling)][:MOST_GIVEN]
            own["given"][row, : len(kept)] = kept
        return replace(explanation, **own)

    def _given_levels(self, found: Explanation, rows: Floats, before: Floats, ordinary: float) -> Explanation:
        """Return the explanation by numbers where the one that is farthest out given a level may alone be wrong.

        It is where its repair makes a row ordinary, unless that of another number alone does, or other numbers tell it
        more closely. It also is where neither repair makes the row ordinary and this one takes more off its score.
        """
        farthest = self.levels.farthest(rows[:, self._place])
        some = np.flatnonzero((before < ordinary) & (farthest.nats > 0))
        column = self._place[farthest.column[some]]
        values = rows[some].copy()
        values[np.arange(len(some)), column] = farthest.expected[some]
        after = self.score(values)
        enough = found.score_after[some] >= ordinary
        closer = found.deviation[some, column] <= farthest.deviation[some]
        single = found.flagged_cells[some].sum(axis=1) == 1
        other = enough & single & (~found.flagged_cells[some, column] | closer)
        more = np.maximum(found.score_after[some], before[some] + _PART * (ordinary - before[some]))
        better = np.where(after >= ordinary, ~other, ~enough & (after > more))
        some, column, values, after = some[better], column[better], values[better], after[better]
        changed = replace(found, **{field.name: getattr(found, field.name).copy() for field in fields(found)})
        expected, deviation = farthest.expected[some], farthest.deviation[some]
        changed.flagged_cells[some], changed.other_cells[some], changed.given[some] = False, False, -1
        level = farthest.level[some]
        seen = rows[some, self._place[level]]
        told_by = zip(level.tolist(), seen.tolist(), self.order[column].tolist(), strict=True)
        known = [self._tells(*one) for one in told_by]
        changed.flagged_cells[some, column], changed.given_others[some, column] = True, known
        changed.given[some, 0] = np.where(known, self._place[level], -1)
        changed.repaired[some] = values[:, : found.repaired.shape[1]]
        changed.score_after[some] = after
        changed.expected[some, column], changed.deviation[some, column] = expected, deviation
        changed.distance[some, column] = (rows[some, column] - expected) / deviation
        return changed

    def _tells(self, level: int, value: float, column: int) -> bool:
        """Tell whether the level `value` of a column says more of a number than all rows do; columns of the table."""
        table = self.background[:, self._place]
        alike = np.isnan(table[:, level]) if np.isnan(value) else table[:, level] == value
        known = ~np.isnan(table[:, column])
        own, whole = table[alike & known, column], table[known, column]
        if len(own) < _FEW:
            return True
        center = np.median(own)
        near, far = (np.quantile(np.abs(some - center), _NEAREST) for some in (own, whole))
        return bool(near < _TELLS * far)

    def _levels_repaired(self, rows: Floats, before: Floats, ordinary: float) -> tuple[Floats, Bools, Floats, Bools]:
        """Return rows with the fewest levels replaced that make them ordinary, these cells, the scores then.

        And another cell that does the same by itself, where there is one.
        """
        columns = self.levels.coding.columns
        n_numbers = rows.shape[1] - len(columns)
        values, scores = rows.copy(), before.copy()
        wrong, either = np.zeros((2, len(rows), len(columns)), np.bool_)
        for more in range(min(MOST_CELLS, len(columns))):
            pending = np.flatnonzero(scores < ordinary)
            if not len(pending):
                break
            here = values[pending]
            expected, told_by = expected_levels(self.levels, here[:, self._place])
            # A common level that no other column speaks against is no reason, however common another one is.
            own = self.levels.each(here[:, self._place])[:, columns]
            places = self.levels.coding.places(self.levels.coding.codes(here[:, self._place]))
            is_common = (self.levels.shares[places] < _RARE) & (told_by < 0)
            own[(expected == here[:, n_numbers:]) | wrong[pending] | (own < _SPEAKS) | is_common] = 0.0
            new = self._with_each(here, n_numbers, expected, own)
            best = new.argmax(axis=1)
            gained = new[np.arange(len(pending)), best]
            better = gained - scores[pending] >= _SLIGHT
            if not better.any():
                break
            pending, best, gained, new = pending[better], best[better], gained[better], new[better]
            if not more:
                new[np.arange(len(best)), best] = -np.inf
                second, alike = new.argmax(axis=1), new.max(axis=1) >= np.maximum(ordinary, gained - _EQUAL)
                either[pending[alike], second[alike]] = True
            values[pending, n_numbers + best] = expected[better][np.arange(len(best)), best]
            wrong[pending, best] = True
            scores[pending] = gained
        return values, wrong, scores, either

    def _with_each(self, rows: Floats, first: int, expected: Floats, own: Floats) -> Floats:
        """Return the scores of rows with each of their levels replaced that says something, -inf for the others.

        The columns of levels begin at `first`, and say `own` nats.
        """
        scores = np.full(own.shape, -np.inf)
        loudest = np.argsort(-own, axis=1, kind="stable")[:, :_MOST_TRIED]
        row, place = np.nonzero(np.take_along_axis(own, loudest, axis=1))
        column = loudest[row, place]
        size = max(1, _MOST_CELLS_AT_ONCE // rows.shape[1])
        for start in range(0, len(row), size):
            some, level = row[start : start + size], column[start : start + size]
            tried = rows[some]
            tried[np.arange(len(some)), first + level] = expected[some, level]
            scores[some, level] = self.score(tried)
        return scores

    def _by_numbers(self, rows: Floats, at_least: float | None) -> Explanation:
        if self.numbers is not None:
            return self.numbers(rows, at_least)
        none = np.zeros((len(rows), 0))
        scores = self.score(rows)
        cells = np.zeros((len(rows), 0), np.bool_)
        given = np.full((len(rows), MOST_GIVEN), -1)
        return Explanation(none, none, none, none, cells, cells, cells, none, scores, scores, given)

    def _explanation(self, X: Floats, found: Explanation, wrong: _Wrong) -> Explanation:
        """Return an explanation in the order of the table."""
        place, columns = self._place, self.levels.coding.columns
        cells, repaired = wrong.cells, wrong.values[:, place]
        by_levels = wrong.either.any(axis=1, keepdims=True)
        expected, told_by = expected_levels(self.levels, repaired)
        each = self.levels.each(X)
        nats, missing = each[:, columns], np.where(np.isnan(X), each, 0.0)[:, self.order][:, : found.repaired.shape[1]]
        own = X[:, columns]
        distance = np.where(own == expected, 0.0, np.maximum(nats, 0.0))
        by_numbers = cells[:, : found.repaired.shape[1]].any(axis=1, keepdims=True)
        given = np.where((found.given >= 0) & by_numbers, self.order[found.given], -1)
        flagged_levels = cells[:, found.repaired.shape[1] :]
        for row in np.flatnonzero(flagged_levels.any(axis=1)).tolist():
            telling = [*told_by[row, flagged_levels[row]].tolist(), *given[row].tolist()]
            kept = [column for column in dict.fromkeys(telling) if column >= 0][:MOST_GIVEN]
            given[row] = kept + [-1] * (MOST_GIVEN - len(kept))

        def beside(numbers: NDArray[Any], levels: NDArray[Any]) -> NDArray[Any]:
            return np.hstack([numbers, levels])[:, place]

        return replace(
            found,
            expected=beside(found.expected, expected),
            deviation=beside(found.deviation, np.full(own.shape, 1 / NOTABLE)),
            distance=beside(np.where(missing > 0, missing, found.distance), distance),
            shares=beside(np.where(missing > 0, missing, found.shares), nats),
            given_others=beside(found.given_others, told_by >= 0),
            flagged_cells=cells[:, place],
            other_cells=beside(found.other_cells & ~by_levels, wrong.either),
            repaired=repaired,
            score_before=wrong.before,
            score_after=wrong.after,
            given=given,
        )

    @cached_property
    def _place(self) -> Integers:
        """Place of each column of the table in the order of this."""
        return np.argsort(self.order)

    @cached_property
    def _ordinary(self) -> float:
        if self.least is not None:
            return self.least
        return float(np.quantile(self.score(self.background), _ERRORS, method="lower"))


def _chosen(which: Bools, one: Explanation, other: Explanation) -> Explanation:
    """Return the explanation of some rows by one, of the rest by another."""

    def of(name: str) -> Any:
        first, second = getattr(one, name), getattr(other, name)
        return np.where(which[:, np.newaxis] if first.ndim > 1 else which, first, second)

    return Explanation(**{field.name: of(field.name) for field in fields(Explanation)})
