"""Why a row is unusual, in one form for every detector."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

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
    """

    expected: Floats
    deviation: Floats
    distance: Floats
    share: Floats

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
        return type(self)(self.expected * scale + center, self.deviation * scale, self.distance, self.share)

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """Return the explanation of the rows of several, one after the other."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))


def explanation_of(values: NDArray[np.float64], expected: Floats, deviation: Floats, parts: Floats) -> Explanation:
    """Return an explanation from the parts of the score, of any positive scale; rows without any share equally."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        difference = values - expected
        distance = np.where(difference == 0, 0.0, difference / deviation)
    largest = parts.max(axis=1, keepdims=True)
    scaled = np.divide(parts, largest, out=np.ones_like(parts), where=largest > 0)
    return Explanation(expected, deviation, distance, scaled / scaled.sum(axis=1, keepdims=True))
