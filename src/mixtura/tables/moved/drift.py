"""Which columns of a table moved since a model was fitted to another one: how far, and whether that is chance."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ...columns.deciding.deciding import kind_of
from ...columns.kinds.moments import Date
from ...columns.looked.described import ColumnProfile
from ...columns.looked.known import Known, are_comparable, levels_of
from ...columns.looked.looked import Looked
from ...columns.looked.looked_column import Counted, LookedColumn
from ...columns.seen.cumulative import Cumulative, Difference, difference
from ...decisions.conformal import adjusted_p_values
from ...statistics.two_samples import (
    LEAST_EFFECT,
    Comparison,
    compared_counts,
    compared_distributions,
    effect_of_shares,
    has_changed,
)
from ...words import percent, plural
from .score_drift import ScoreDrift

# Of the columns that are said to have moved, so large a share has not, on average.
FALSE_DISCOVERY_RATE = 0.01

# What counts as moved: a tenth of the cells lies elsewhere, beyond what chance moves, or a share has changed by what
# Cohen calls a small effect. A million rows make any smaller change significant, and nobody would act on it.
LEAST_DISTANCE = 0.1

_LEVELS_TOLD = 3
_LONGEST = 24


@dataclass(frozen=True)
class ColumnDrift:
    """How far a column moved.

    Attributes
    ----------
    column : str
        Its name.
    what : {"numbers", "levels", "missing"}
        What was compared: the distribution of its numbers, dates or times, the shares of its levels, or the share of
        missing cells.
    distance : float
        Of numbers the largest difference of the cumulative distributions (Kolmogorov and Smirnov), of levels half the
        sum of the differences of their shares (total variation), of missing cells the difference of the shares.
    by_chance : float
        The mean distance of two such samples of one distribution: the sampling error of the distance.
    p_value : float
        How probable such a difference is for two samples of one distribution. Rows are taken for independent.
    false_discovery_rate : float
        The share of false alarms among all columns that have as small a p-value (Benjamini and Hochberg).
    has_moved : bool
        Whether the change is none of chance, and large enough to matter.
    goes_on : bool
        Whether it tells tables apart and not rows, and has not moved: dates that follow the former ones, or one value
        in all rows of the first table and another one in all of the second.
    said : str
        The change in words that follow the name.
    """

    column: str
    what: Literal["numbers", "levels", "missing"]
    distance: float
    by_chance: float
    p_value: float
    false_discovery_rate: float
    has_moved: bool
    goes_on: bool
    said: str


@dataclass(frozen=True)
class Drift:
    """How a table differs from the one that a model was fitted to.

    Attributes
    ----------
    columns : tuple of ColumnDrift
        What was compared, those that moved first, then the farthest first.
    scores : ScoreDrift or None
        How the anomaly scores of the rows moved, where there are scores to compare.
    """

    columns: tuple[ColumnDrift, ...]
    scores: ScoreDrift | None = None

    @property
    def moved(self) -> tuple[ColumnDrift, ...]:
        """The columns that moved, the farthest first."""
        return tuple(column for column in self.columns if column.has_moved)

    @property
    def has_moved(self) -> bool:
        """Whether a column moved, or the scores of the rows did."""
        return bool(self.moved) or (self.scores is not None and self.scores.has_moved)


def drift_of(known: Known, looked: Looked, scores: ScoreDrift | None = None) -> Drift:
    """Return how the columns of a table moved since another one was known.

    Parameters
    ----------
    known : Known
        What is known of the table that the model was fitted to.
    looked : Looked
        The table.
    scores : ScoreDrift, optional
        How the anomaly scores of its rows moved.
    """
    now = {column.name: column for column in looked.columns}
    found: list[tuple[ColumnDrift, bool]] = []
    for profile in known.profile.columns:
        column = now.get(profile.name)
        if column is not None and are_comparable(profile.kind, kind_of(column.name, column.seen, column.marks).name):
            found += _compared(known, profile, column, looked.n_rows)
    rates = adjusted_p_values([one.p_value for one, _ in found]).tolist() if found else []
    columns = [
        replace(one, false_discovery_rate=rate, has_moved=is_large and not one.goes_on and rate <= FALSE_DISCOVERY_RATE)
        for (one, is_large), rate in zip(found, rates, strict=True)
    ]
    return Drift(tuple(sorted(columns, key=lambda one: (not one.has_moved, -one.distance))), scores)


def _compared(
    known: Known, profile: ColumnProfile, column: LookedColumn, n_rows: int
) -> Iterator[tuple[ColumnDrift, bool]]:
    """Yield how a column differs, and whether by enough to matter."""
    if profile.n_missing or column.n_missing:
        yield _missing(profile.n_missing, known.profile.n_rows, column, n_rows)
    if profile.name in known.counts:
        yield from _levels(dict(zip(known.levels[profile.name], known.counts[profile.name], strict=True)), column)
    elif profile.name in known.numbers and column.counted is not None and column.counted.n:
        yield _numbers(known.numbers[profile.name], column, column.counted)


def _found(
    column: LookedColumn,
    what: Literal["numbers", "levels", "missing"],
    found: Comparison,
    said: str,
    *,
    goes_on: bool = False,
) -> ColumnDrift:
    rate, moved = 1.0, False  # they depend on the other columns
    return ColumnDrift(column.name, what, *found, rate, moved, goes_on, said)


def _missing(n_missing: int, n_before: int, column: LookedColumn, n_now: int) -> tuple[ColumnDrift, bool]:
    counts = [[n_missing, n_before - n_missing], [column.n_missing, n_now - column.n_missing]]
    before, now = n_missing / n_before, column.n_missing / n_now
    said = f"{percent(before)} → {percent(now)} are missing"
    is_large = effect_of_shares(before, now) >= LEAST_EFFECT
    return _found(column, "missing", compared_counts(*counts), said), is_large


def _levels(before: dict[str, int], column: LookedColumn) -> Iterator[tuple[ColumnDrift, bool]]:
    now = levels_of(column)
    n_before, n_now = sum(before.values()), sum(now.values())
    if not n_before or not n_now:
        return
    names = [*before, *(name for name in now if name not in before)]
    counts = [[of.get(name, 0) for name in names] for of in (before, now)]
    found = compared_counts(*counts)
    shares = {name: (before.get(name, 0) / n_before, now.get(name, 0) / n_now) for name in names}
    is_large = found.distance - found.by_chance >= LEAST_DISTANCE or any(
        has_changed(*shares[name], n_before, n_now) for name in names
    )
    goes_on = len(before) == len(now) == 1 and before.keys() != now.keys()
    yield _found(column, "levels", found, _said_of_levels(shares, found.distance), goes_on=goes_on), is_large


def _said_of_levels(shares: Mapping[str, tuple[float, float]], distance: float) -> str:
    """Return the shares that changed most; where there are too many of these, how many cells are of new levels."""
    moved = sorted(shares.items(), key=lambda level: -abs(level[1][1] - level[1][0]))[:_LEVELS_TOLD]
    told = [(name, share) for name, share in moved if 5 * abs(share[1] - share[0]) >= distance]
    if told or not distance:
        return ", ".join(f"{percent(before)} → {percent(now)} are {_short(name)}" for name, (before, now) in told)
    new = sum(now for before, now in shares.values() if not before)
    if 2 * new >= distance:
        return f"{percent(new)} are levels that the fit never saw"
    return f"the shares of {plural(len(shares), 'level')}, each a little"


def _numbers(before: Cumulative, column: LookedColumn, counted: Counted) -> tuple[ColumnDrift, bool]:
    now = Cumulative.at(before.places, counted.values, counted.counts)
    most = difference(before, now)
    found = compared_distributions(most.distance, before.n, now.n)
    middles = before.quantile(0.5), counted.quantile(0.5)
    follows = isinstance(column.kind, Date) and middles[1] > before.places[-1]
    goes_on = follows or (len(before.places) == len(counted.values) == 1 and found.distance > 0)
    said = _said(before, middles, most, column.kind.speak)
    is_large = found.distance - found.by_chance >= LEAST_DISTANCE
    return _found(column, "numbers", found, said, goes_on=bool(goes_on)), is_large


def _said(before: Cumulative, middles: tuple[float, float], most: Difference, speak: Callable[[float], str]) -> str:
    """Return the change of numbers: of their middle where that says it, else of the share that changed most."""
    reached = np.concatenate([[0], before.upto])[np.searchsorted(before.places, middles[1], side="right")] / before.n
    if speak(middles[0]) != speak(middles[1]) and 2 * abs(float(reached) - 0.5) >= most.distance:
        return f"median {speak(middles[0])} → {speak(middles[1])}"
    where = "below" if most.is_below else "at most"
    return f"{percent(most.before)} → {percent(most.now)} are {where} {speak(most.place)}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
