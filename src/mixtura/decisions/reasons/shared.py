"""Rows that share a reason: the same cells are wrong, in the same direction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ...columns.kinds.kind import Kind
from ...detectors.explanation import Explanation
from ...typing import Integers
from ...words import joined

ZERO = 2
WAYS = {ZERO: "zero", -1: "low", 1: "high", 0: "unexpected"}
"""What flagged cells are, by the numbers of `SharedReasons.found`."""

Reason = tuple[tuple[int, int], ...]


class _Sharing(NamedTuple):
    """How many rows share a reason, the one of highest score, its score, and the columns given in all of them."""

    n_rows: int
    score: float
    row: int
    given: tuple[int, ...]


@dataclass(frozen=True)
class SharedReasons:
    """How many rows share each reason; it adds up.

    Attributes
    ----------
    found : mapping of tuple of pairs of int to tuple
        By reason: each flagged column with 2 where it is zero, else -1 where it is too low, 1 where it is too high,
        and 0 where it has a level that is not the one expected, or none.
    """

    found: Mapping[Reason, _Sharing] = field(default_factory=dict)

    @classmethod
    def of(cls, X: NDArray[Any], explanation: Explanation, rows: Integers, kinds: Sequence[Kind] = ()) -> Self:
        """Return those of some rows, in the units of the table, by their places in it; `kinds` as of `reasons`."""
        found: dict[Reason, _Sharing] = {}
        for k, (row, reason) in enumerate(zip(rows.tolist(), reasons_shared(X, explanation, kinds), strict=True)):
            one = _Sharing(1, float(explanation.score_before[k]), row, given_of(explanation, k))
            found[reason] = _together(found[reason], one) if reason in found else one
        return cls(found)

    def __add__(self, other: Self) -> Self:
        found = dict(self.found)
        for reason, sharing in other.found.items():
            found[reason] = _together(found[reason], sharing) if reason in found else sharing
        return replace(self, found=found)

    @property
    def ranking(self) -> list[tuple[Reason, _Sharing]]:
        """The reasons and those who share them, most rows first, then highest score and earliest row."""
        return sorted(self.found.items(), key=lambda one: (-one[1].n_rows, -one[1].score, one[1].row))


def reasons_shared(X: NDArray[Any], explanation: Explanation, kinds: Sequence[Kind] = ()) -> list[Reason]:
    """Return the reason of each row, as `SharedReasons.found` has it."""
    too = np.where(X == 0, ZERO, np.where(explanation.repaired > X, -1, 1))
    too[:, [column for column, kind in enumerate(kinds) if kind.coding is not None]] = 0
    cells = [np.flatnonzero(flagged) for flagged in explanation.flagged_cells]
    return [tuple(zip(of.tolist(), ways[of].tolist(), strict=True)) for of, ways in zip(cells, too, strict=True)]


def given_of(explanation: Explanation, row: int) -> tuple[int, ...]:
    """Return the columns that tell most of the flagged cells of a row."""
    return tuple(column for column in explanation.given[row].tolist() if column >= 0)


def shared_reason(columns: Sequence[str], reason: Reason, given: Sequence[int]) -> str:
    """Return what rows that share a reason have in common, in a few words.

    Examples
    --------
    >>> shared_reason(["weight", "x", "y", "size"], ((0, -1), (1, 1), (2, 1)), (3,))
    'weight too low, x and y too high for size'
    >>> shared_reason(["weight", "x", "y", "size"], ((0, -1), (1, 2), (2, 2)), (3,))
    'x and y are zero, weight too low for size'
    >>> shared_reason(["weight", "size"], (), ())
    'unusual as a whole'
    """
    parts = []
    for direction, word in WAYS.items():
        names = [columns[column] for column, way in reason if way == direction]
        if direction == ZERO and names:
            parts.append(f"{joined(names)} {'is' if len(names) == 1 else 'are'} zero")
        elif names:
            parts.append(f"{joined(names)} {'too ' if direction else ''}{word}")
    if not parts:
        return "unusual as a whole"
    others = joined([columns[column] for column in given])
    compared = others and any(way != ZERO for _, way in reason)
    return f"{', '.join(parts)} for {others}" if compared else ", ".join(parts)


def _together(one: _Sharing, other: _Sharing) -> _Sharing:
    first = max(one, other, key=lambda sharing: (sharing.score, -sharing.row))
    given = tuple(column for column in first.given if column in one.given and column in other.given)
    return first._replace(n_rows=one.n_rows + other.n_rows, given=given)
