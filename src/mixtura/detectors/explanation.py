"""Why a row is unusual, in one form for every detector."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..typing import Floats

# Two standard deviations: one value in twenty of a normal column lies farther.
NOTABLE = 2.0


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a detector expected of each value of some rows, and how much of the score each column carries.

    Attributes
    ----------
    expected : ndarray of shape (n_rows, n_columns)
        Value that the detector expected.
    deviation : ndarray of shape (n_rows, n_columns)
        How far values usually lie from what is expected, as a standard deviation; zero where they never differ.
    distance : ndarray of shape (n_rows, n_columns)
        Value less `expected`, in units of `deviation`; infinite where these are too small for that.
    share : ndarray of shape (n_rows, n_columns)
        Part of the score of the row that each column carries: at least 0, and 1 in all for each row.
    given_others : ndarray of bool, shape (n_rows, n_columns)
        Whether `expected` follows from the other columns of the row. Else it is what is usual of the column, or of rows
        nearby.
    """

    expected: Floats
    deviation: Floats
    distance: Floats
    share: Floats
    given_others: NDArray[np.bool_]

    @property
    def ranking(self) -> NDArray[np.int64]:
        """Columns of each row, the largest share first, equal shares in the order of the table."""
        return np.argsort(-self.share, axis=1, kind="stable")

    @property
    def column(self) -> NDArray[np.int64]:
        """Column of the largest share of each row, shape (n_rows,)."""
        return np.asarray(self.share.argmax(axis=1))

    @property
    def stands_out(self) -> NDArray[np.bool_]:
        """Whether each value is two deviations or more from what is expected, shape (n_rows, n_columns)."""
        return np.asarray(np.abs(self.distance) >= NOTABLE)

    def in_units(self, center: Floats, scale: Floats) -> Self:
        """Return the explanation of rows whose scaled values are (value - center) / scale, in the units of the rows."""
        return replace(self, expected=self.expected * scale + center, deviation=self.deviation * scale)

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """Return the explanation of the rows of several, one after the other."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))


def explanation_of(
    values: NDArray[np.float64],
    expected: Floats,
    deviation: Floats,
    parts: Floats,
    given_others: NDArray[np.bool_] | bool = False,
) -> Explanation:
    """Return an explanation from the parts of the score, of any positive scale; rows without any share equally.

    Nothing is expected given the others where there are none.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        difference = values - expected
        distance = np.where(difference == 0, 0.0, difference / deviation)
    largest = parts.max(axis=1, keepdims=True)
    scaled = np.divide(parts, largest, out=np.ones_like(parts), where=largest > 0)
    given = np.array(np.broadcast_to(given_others, parts.shape)) & (parts.shape[1] > 1)
    return Explanation(expected, deviation, distance, scaled / scaled.sum(axis=1, keepdims=True), given)
