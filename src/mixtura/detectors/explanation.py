"""Why a row is unusual, in one form for every detector."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..typing import Floats, Integers

# Two standard deviations: one value in twenty of a normal column lies farther.
NOTABLE = 2.0


@dataclass(frozen=True, eq=False)
class Explanation:
    """The cells of some rows that are wrong, what was expected of each, and how much each column adds to the surprise.

    Arrays are of shape (n_rows, n_columns) where nothing else is said.

    Attributes
    ----------
    expected : ndarray
        Value that the other cells of the row predict, less those that are flagged: it never depends on the value itself
        nor on one that is wrong.
    deviation : ndarray
        How far values usually lie from what is expected, as a standard deviation.
    distance : ndarray
        Value less `expected`, in units of `deviation`.
    shares : ndarray
        How much each column adds to the surprise of the row, in nats: Shapley values of minus the log density of the
        row, less those of an ordinary row [1]_ [2]_. Those of a row add up to how much more surprising it is than an
        ordinary row. Values that are more usual than most have negative shares. A number that is missing though nearly
        all rows have it has minus the logarithm of the part of the rows that lack it.
    given_others : ndarray of bool
        Whether the other columns say something of the value. Else `expected` is what is usual of the column.
    flagged_cells : ndarray of bool
        The smallest set of cells without which the rest of the row is ordinary. None are flagged of an ordinary row,
        and of one that is unusual as a whole.
    other_cells : ndarray of bool
        Another set as small that explains the row as well; nothing where there is none.
    repaired : ndarray
        The row with its flagged cells replaced by the most probable values given the others.
    score_before, score_after : ndarray of shape (n_rows,)
        Score of the row, and of the repaired row, by the same detector.
    given : ndarray of shape (n_rows, 3)
        Columns that tell most of the flagged cells, the most telling first; -1 for no column.

    References
    ----------
    .. [1] Shapley (1953), "A value for n-person games", in Contributions to the Theory of Games II.
    .. [2] Lundberg and Lee (2017), "A unified approach to interpreting model predictions", NeurIPS.
    """

    expected: Floats
    deviation: Floats
    distance: Floats
    shares: Floats
    given_others: NDArray[np.bool_]
    flagged_cells: NDArray[np.bool_]
    other_cells: NDArray[np.bool_]
    repaired: Floats
    score_before: Floats
    score_after: Floats
    given: Integers

    @property
    def share(self) -> Floats:
        """Part of the surprise that each column carries: at least 0, and 1 in all for each row."""
        parts = np.maximum(self.shares, 0.0)
        largest = parts.max(axis=1, keepdims=True)
        scaled = np.divide(parts, largest, out=np.ones_like(parts), where=largest > 0)
        return np.asarray(scaled / scaled.sum(axis=1, keepdims=True))

    @property
    def ranking(self) -> NDArray[np.int64]:
        """Columns of each row: flagged cells by their shares, then the others by theirs."""
        return np.lexsort((-self.shares, ~self.flagged_cells), axis=1)

    @property
    def most_telling(self) -> NDArray[np.int64]:
        """Columns of each row: flagged cells by their shares, then those that add most to the surprise or take most."""
        return np.lexsort((-np.abs(self.shares), -self.shares * self.flagged_cells, ~self.flagged_cells), axis=1)

    @property
    def column(self) -> NDArray[np.int64]:
        """First column of the ranking of each row, shape (n_rows,)."""
        return self.ranking[:, 0]

    @property
    def stands_out(self) -> NDArray[np.bool_]:
        """Whether each value is two deviations or more from what is expected, shape (n_rows, n_columns)."""
        return np.asarray(np.abs(self.distance) >= NOTABLE)

    def in_units(self, center: Floats, scale: Floats) -> Self:
        """Return the explanation of rows whose scaled values are (value - center) / scale, in the units of the rows."""
        with np.errstate(over="ignore"):
            return replace(
                self,
                expected=self.expected * scale + center,
                deviation=self.deviation * scale,
                repaired=self.repaired * scale + center,
            )

    def take(self, rows: slice | NDArray[Any]) -> Self:
        """Return the explanation of some of the rows."""
        return replace(self, **{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """Return the explanation of the rows of several, one after the other."""
        if len(parts) == 1:
            return parts[0]
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))
