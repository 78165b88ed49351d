"""Sentences that say why a row is unusual, each of which can be checked in the table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...columns.kinds.kind import Kind
from ...detectors.explanation import NOTABLE, Explanation
from ...typing import Floats, Integers
from ...words import joined
from .habits import MOSTLY, Habits
from .numbers import about, percentage, seen, told_apart, widened, written
from .peers import Peers
from .spoken import MISSING, Spoken

# Columns named of a row that is unusual as a whole, each of which adds at least so much.
_NAMED, _WORTH_NAMING = 3, 0.1

# Columns of levels that are listed by their names, unless only one more would be left.
_LISTED = 4

# A value is rare when so many rows have less, or so many more.
_MOST = 0.95

Nearest = Callable[[NDArray[Any]], tuple[Integers, Floats]]


def reasons(
    columns: Sequence[str],
    X: NDArray[Any],
    explanation: Explanation,
    *,
    threshold: float | None = None,
    habits: Habits | None = None,
    peers: Peers | None = None,
    nearest: Nearest | None = None,
    kinds: Sequence[Kind] = (),
    texts: Sequence[Mapping[int, str]] | None = None,
    within: Sequence[Sequence[int]] | None = None,
) -> list[str]:
    """Return why each row is unusual: the cells that are wrong, what they should have been, and the score without them.

    Parameters
    ----------
    columns : sequence of str
        Names of the columns.
    X : ndarray of shape (n_rows, n_columns)
        Values seen, in the units of the table.
    explanation : Explanation
        What was found, in the same units; its scores are anomaly scores.
    threshold : float, optional
        Score above which rows are flagged.
    habits : Habits, optional
        What the values of the columns are like.
    peers : Peers, optional
        Rows that others are compared with.
    nearest : callable, optional
        Returns the nearest group of some rows and the distance to it, where the model has groups.
    kinds : sequence of Kind, optional
        What each column holds. Default: numbers.
    texts : sequence of mapping of int to str, optional
        Of each row: cells as they stand, by their columns.
    within : sequence of sequence of int, optional
        Of each row: columns of the segment within which it was judged.

    Returns
    -------
    list of str

    Examples
    --------
    >>> import numpy as np
    >>> row = np.array([[2.25, 18034.0, 0.0, 0.0]])
    >>> wrong, none = np.array([[False, False, True, True]]), np.zeros((1, 4), bool)
    >>> fixed, deviation = np.array([[2.25, 18034.0, 8.5, 8.4]]), np.array([[0.1, 900.0, 0.1, 0.1]])
    >>> distance = (row - fixed) / deviation
    >>> explanation = Explanation(
    ...     expected=fixed, deviation=deviation, distance=distance, shares=distance**2 / 2, given_others=~none,
    ...     flagged_cells=wrong, other_cells=none, repaired=fixed,
    ...     score_before=np.array([3.99]), score_after=np.array([0.4]), given=np.array([[0, 1, -1]]),
    ... )
    >>> print(*reasons(["carat", "price", "x", "y"], row, explanation, threshold=2.05))
    x and y are 0; a row with carat 2.25 and price 18,034 has about 8.5 and 8.4. With these values, the score falls from
    3.99 to 0.4 (threshold 2.05).
    """
    if not len(X):
        return []
    unlike = np.ones(len(X), bool) if threshold is None else explanation.score_before > threshold
    as_a_whole = unlike & ~explanation.flagged_cells.any(axis=1)
    near: dict[int, tuple[int, float]] = {}
    if nearest is not None and threshold is not None and as_a_whole.any():
        groups, distances = nearest(X[as_a_whole])
        near = dict(
            zip(np.flatnonzero(as_a_whole).tolist(), zip(groups.tolist(), distances.tolist(), strict=True), strict=True)
        )
    told = []
    share, ranking = explanation.share, explanation.ranking
    for row in range(len(X)):
        spoken = Spoken(kinds, {} if texts is None else texts[row])
        segment = () if within is None else within[row]
        of_row = (columns, X[row], explanation, row, share[row], ranking[row])
        one = _Row(*of_row, threshold, habits, peers, spoken, segment)
        if one.flagged.size:
            told.append(one.of_cells())
        elif np.isnan(one.values).all():
            told.append("The row has no values.")
        elif threshold is None:
            told.append(f"No few values stand out; the most unusual is {one.foremost(1)}.")
        elif unlike[row]:
            told.append(one.as_a_whole(near.get(row)))
        else:
            told.append(f"Ordinary; {one.most_unusual()}.")
    return told


@dataclass(frozen=True, eq=False)
class _Row:
    """A row that is to be explained."""

    columns: Sequence[str]
    values: Floats
    explanation: Explanation
    row: int
    share: Floats
    ranking: Integers
    threshold: float | None
    habits: Habits | None
    peers: Peers | None
    spoken: Spoken
    within: Sequence[int]

    @property
    def flagged(self) -> Integers:
        """Columns of its flagged cells."""
        return np.flatnonzero(self.explanation.flagged_cells[self.row])

    def of_cells(self) -> str:
        """Return why the flagged cells are wrong."""
        return " ".join([*self._either(), f"{self._values()}; {', and '.join(self._expectations())}.", *self._proof()])

    def as_a_whole(self, nearest: tuple[int, float] | None) -> str:
        """Return that no few cells explain the row, and what adds most."""
        group = ""
        if nearest is not None:
            group = f" The nearest group, component {nearest[0]}, is {seen(nearest[1])} sd away."
        segment = f" for {self._told(self.within)}" if len(self.within) else ""
        return f"Unusual as a whole{segment}: no few values explain it.{group} Most unusual: {self.foremost(_NAMED)}."

    def foremost(self, n: int) -> str:
        """Return the columns that add most, one of them at least, with what is expected there, or how rare it is."""
        notable = self.notable(n)
        if notable:
            return joined(notable)
        column = next(column for column in self.ranking if not np.isnan(self.values[column]))
        return f"{self.columns[column]} = {self._seen(column)} ({self._as_expected(column)})"

    def most_unusual(self) -> str:
        """Return the value of an ordinary row that is most unusual."""
        notable = self.notable(1)
        if not notable:
            return f"no value stands out{self._together()}"
        return notable[0] if self._lacks(self._ranked()[0]) else f"the most unusual value is {notable[0]}"

    def _together(self) -> str:
        """Return how few rows have two of its levels, or all of them, where few do."""
        codings = [self.spoken.coding(column) for column in range(len(self.values))]
        forms = [column for column, coding in enumerate(codings) if coding is not None and coding.of != "values"]
        found = None if self.peers is None else self.peers.together(self.values, forms)
        if found is None:
            return ""
        having = f": {found.n_rows:,} of {found.n_all:,} rows {'has' if found.n_rows == 1 else 'have'}"
        if len(found.columns) == 2:
            return f"{having} {self._told(found.columns)}"
        names = [self.columns[column] for column in found.columns]
        more = [f"{len(names) - _LISTED} more columns"] if len(names) > _LISTED + 1 else []
        return f"{having} the same values in {joined(names[: _LISTED if more else None] + more)}"

    def notable(self, n: int) -> list[str]:
        """Return those of the columns that add most whose values are unexpected or rare, and what they are beside."""
        named = [column for column in self._ranked()[:n] if self.share[column] >= _WORTH_NAMING]
        told = []
        for column in named:
            if self._lacks(column):
                having = percentage(-np.expm1(-float(self.explanation.shares[self.row, column])))
                told.append(f"{self.columns[column]} is missing ({having} of rows have it)")
            elif said := self._beside(column):
                told.append(f"{self.columns[column]} = {self._seen(column)} ({said})")
        return told

    def _ranked(self) -> list[int]:
        """Return the columns that may be told of, those that add most first."""
        return [int(column) for column in self.ranking if not np.isnan(self.values[column]) or self._lacks(column)]

    def _lacks(self, column: int) -> bool:
        """Tell whether a value is missing that nearly all rows have: its nats are those of the share that lack it."""
        is_missing = bool(np.isnan(self.values[column]))
        return is_missing and float(self.explanation.distance[self.row, column]) >= NOTABLE

    def _as_expected(self, column: int) -> str:
        common = self.spoken.beside(column, float(self.values[column]), rare=False)
        if common:
            return common
        expected = self._expected(column)
        return "as expected" if expected.removeprefix("about ") == self._seen(column) else f"expected {expected}"

    def _beside(self, column: int) -> str | None:
        """Return what a value is compared with: what is expected, or all rows; None where it is as usual by both."""
        rarity = self.spoken.beside(column, float(self.values[column]))
        if rarity:
            return rarity
        if self.spoken.coding(column) is not None and not self.explanation.given_others[self.row, column]:
            return None
        expected = self._expected(column)
        if abs(self.explanation.distance[self.row, column]) >= NOTABLE and expected != f"about {self._seen(column)}":
            return f"expected {expected}"
        if self.habits is None or self.spoken.coding(column) is not None:
            return None
        if self.spoken.is_moment(column):
            return self._limit(column)
        share, low = self.habits.less_extreme(column, float(self.values[column]))
        return f"at least {percentage(share)} of rows have {'more' if low else 'less'}" if share >= _MOST else None

    def _either(self) -> Iterator[str]:
        other = np.flatnonzero(self.explanation.other_cells[self.row])
        if len(other):
            sets = [joined([self.columns[column] for column in cells]) for cells in (self.flagged, other)]
            yield f"{', or '.join(sets) if len(other) > 1 else ' or '.join(sets)}: either explains the row."

    def _values(self) -> str:
        """Return the values of the flagged cells, equal ones together."""
        alike: dict[str, list[str]] = {}
        for column in self.flagged:
            text = self._seen(column) + self.spoken.aside(column, float(self.values[column]))
            alike.setdefault(text, []).append(self.columns[column])
        clauses = [
            f"{joined(names)} are {text}" if len(names) > 1 else f"{names[0]} {'is' if text == MISSING else '='} {text}"
            for text, names in alike.items()
        ]
        return joined(clauses) if len(clauses) == len(self.flagged) else ", ".join(clauses)

    def _expectations(self) -> Iterator[str]:
        """Yield what the flagged cells should have been: by the value most rows have, or by those of the others."""
        usual = [column for column in self.flagged if self._is_usual(column)]
        others = [column for column in self.flagged if column not in usual]
        habits, alone = self.habits, len(self.flagged) == 1
        if habits is not None and usual:
            parts = []
            for column in usual:
                share, name = float(habits.share[column]), "" if alone else f"{self.columns[column]} "
                rows = "every row fitted has" if share == 1 else f"{percentage(share)} of rows have"
                parts.append(f"{rows} {name}{self._usual(column)}")
            yield joined(parts)
        if others:
            given = [column for column in self.explanation.given[self.row] if column >= 0]
            limit = self._limit(others[0]) if alone and not given else None
            yield limit or self._range(others) or self._by_others(given, others, named=bool(usual))
            if alone and limit is None:
                yield from self._among_peers(others[0], np.array(given, dtype=np.int64))

    def _by_others(self, given: Sequence[int], columns: Sequence[int], *, named: bool) -> str:
        """Return what the other columns, or the columns alone, say that flagged cells should be."""
        texts = [self._expected(column) for column in columns]
        if named:
            texts = [f"{self.columns[column]} {text}" for column, text in zip(columns, texts, strict=True)]
        return f"{self._who(given, columns)} {_shortened(texts)}"

    def _range(self, columns: Sequence[int]) -> str | None:
        """Return where most values of columns of numbers lie that no other column tells; None where others do."""
        if not self._by_range(columns):
            return None
        ranges = []
        for column in columns:
            assert self.habits is not None, "it has been asked for"
            low, high = map(written, widened(*self.habits.most(column)))
            ranges.append(f"{low} to {high}" if len(self.flagged) == 1 else f"{self.columns[column]} {low} to {high}")
        return f"nine in ten rows have {joined(ranges)}"

    def _by_range(self, columns: Sequence[int]) -> bool:
        """Tell whether nothing is known of flagged cells but where most values lie, and these do not."""
        if self.habits is None or (self.explanation.given[self.row] >= 0).any():
            return False
        if self.explanation.given_others[self.row, columns].any() or not all(map(self.spoken.is_number, columns)):
            return False
        limits = [(self.values[column], *widened(*self.habits.most(column))) for column in columns]
        return all(not low <= value <= high and low < high for value, low, high in limits)

    def _limit(self, column: int) -> str | None:
        """Return that most rows have a later moment than the row, or an earlier one; None where they have not."""
        if self.habits is None or not self.spoken.is_moment(column):
            return None
        return self.spoken.early_or_late(column, float(self.values[column]), self.habits)

    def _who(self, given: Sequence[int], flagged: Sequence[int]) -> str:
        """Return who says what flagged cells should be: rows like this one, its other values, or the columns alone."""
        if given:
            return f"a row with {self._told(given)} has"
        if self.explanation.given_others[self.row, flagged].any():
            return "its other values suggest"
        if any(self.spoken.coding(column) is not None for column in flagged):
            many = self.spoken.is_one_of_many(flagged[0], float(self.explanation.repaired[self.row, flagged[0]]))
            return "the most frequent is" if len(flagged) == 1 and many else "expected"
        return "the usual value is" if len(flagged) == 1 else "the usual values are"

    def _among_peers(self, column: int, given: Integers) -> Iterator[str]:
        if self.peers is None or self.spoken.coding(column) is not None:
            return
        low = self._is_low(column)
        counted = self.peers.counted(self.values, column, given, low=low)
        if counted is not None:
            share = "all" if counted.share == 1 else percentage(counted.share)
            yield (
                f"{share} of {counted.n_rows:,} {'rows like it' if len(given) else 'rows'} have "
                f"{'more' if low else 'less'} (95% limits: {percentage(counted.low)} to {percentage(counted.high)})"
            )

    def _proof(self) -> Iterator[str]:
        """Yield what the score is when the flagged cells are replaced."""
        before, after = (
            float(scores[self.row]) for scores in (self.explanation.score_before, self.explanation.score_after)
        )
        these = "these values" if len(self.flagged) > 1 else "this value"
        others = [column for column in self.flagged if not self._is_usual(column)]
        if others and self._by_range(others):  # the values were not named
            texts = [self._expected(column).removeprefix("about ") for column in self.flagged]
            names = [f"{self.columns[column]} " if len(self.flagged) > 1 else "" for column in self.flagged]
            these = f"{joined([name + text for name, text in zip(names, texts, strict=True)])} instead"
        # Of a table too small to flag any row the threshold is beyond all scores.
        beyond = self.threshold is None or self.threshold >= np.finfo(np.float64).max
        threshold = None if beyond else self.threshold
        texts = told_apart(before, after, *([] if threshold is None else [threshold]))
        limit = ""
        if threshold is not None:
            limit = f", still above the threshold {texts[2]}" if after > threshold else f" (threshold {texts[2]})"
        falls = f"falls from {texts[0]} to" if after < before else f"does not fall from {texts[0]}: it is"
        yield f"With {these}, the score {falls} {texts[1]}{limit}."

    def _told(self, columns: Sequence[int]) -> str:
        """Return columns with the values of the row: "region 'North' and carat 2"."""
        return joined([f"{self.columns[column]} {self._seen(column)}" for column in columns])

    def _is_usual(self, column: int) -> bool:
        """Tell whether a value should have been the one that most rows have."""
        if self.habits is None or self.habits.share[column] < MOSTLY:
            return False
        is_expected = float(self.explanation.repaired[self.row, column]) == float(self.habits.usual[column])
        return is_expected and self._seen(column) != self._usual(column)

    def _is_low(self, column: int) -> bool:
        return bool(self.values[column] < self.explanation.repaired[self.row, column])

    def _seen(self, column: int) -> str:
        value = float(self.values[column])
        return self.spoken.seen(column, value) or seen(value, self._step(column))

    def _usual(self, column: int) -> str:
        assert self.habits is not None, "it has been asked for"
        usual = float(self.habits.usual[column])
        return self.spoken.level(column, usual) or seen(usual, self._step(column))

    def _expected(self, column: int) -> str:
        if column in self.flagged:
            expected = float(self.explanation.repaired[self.row, column])
        else:
            expected = float(self.explanation.expected[self.row, column])
            expected = expected if self.habits is None else self.habits.within(column, expected)
        spoken = self.spoken.level(column, expected)
        if spoken is not None:
            return f"about {spoken}" if self.spoken.is_moment(column) else spoken
        if column in self.flagged:
            return f"about {written(expected)}"
        on_grid = 0.0 if self.habits is None else float(self.habits.usual[column])
        deviation = float(self.explanation.deviation[self.row, column])
        return about(expected, deviation, self._step(column), on_grid, unlike=self._seen(column))

    def _step(self, column: int) -> float:
        return 0.0 if self.habits is None else float(self.habits.step[column])


def _shortened(texts: Sequence[str]) -> str:
    """Join expectations, with one "about" for all where each has one."""
    numbers = [text.removeprefix("about ") for text in texts]
    together = all(text.startswith("about ") for text in texts)
    return f"about {joined(numbers)}" if together else joined(texts)
