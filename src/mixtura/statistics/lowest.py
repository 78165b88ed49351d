"""The lowest of many numbers, exactly, in one reading."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .quantiles import ranked


@dataclass(frozen=True, slots=True, eq=False)
class LowestValues:
    """The lowest numbers of those seen, and how many were seen.

    Those of separate numbers add up to those of all of them, exactly; `zero` is the identity. Of scores as
    `score_samples` returns them, the lowest are those of anomalies; turn the sign of anomaly scores first.

    Attributes
    ----------
    capacity : int
        Most numbers held, at least 1.
    count : int
        How many numbers were seen.
    values : ndarray of shape (min(count, capacity),)
        The lowest, in ascending order; those that tie each count.

    Examples
    --------
    >>> total = LowestValues.zero(3).including([5.0, 1.0, 9.0]) + LowestValues.zero(3).including([2.0, 7.0])
    >>> total.count, total.values
    (5, array([1., 2., 5.]))
    """

    capacity: int
    count: int
    values: NDArray[np.float64]

    @classmethod
    def zero(cls, capacity: int = 65_536) -> "LowestValues":
        """Return the lowest of no numbers; `capacity`, at least 1 or a `ValueError`, will be held at most."""
        if isinstance(capacity, bool) or not isinstance(capacity, (int, np.integer)) or capacity < 1:
            raise ValueError(f"the number of lowest values to hold must be an integer of at least 1, not {capacity!r}")
        return cls(int(capacity), 0, np.empty(0))

    @property
    def complete(self) -> bool:
        """Whether all numbers seen are held."""
        return self.count == len(self.values)

    def including(self, values: ArrayLike) -> "LowestValues":
        """Return the lowest of these and more `values`, of one dimension, raising `ValueError` where one is NaN."""
        return self.split(ranked(values))[0]

    def __add__(self, other: "LowestValues") -> "LowestValues":
        if self.capacity != other.capacity:
            raise ValueError(
                f"the lowest {self.capacity} and the lowest {other.capacity} values do not add: hold as many in both"
            )
        lowest, _ = self.split(other.values)
        return LowestValues(self.capacity, self.count + other.count, lowest.values)

    def split(self, numbers: NDArray[np.float64]) -> tuple["LowestValues", NDArray[np.float64]]:
        """Return the lowest of these and flat `numbers` without NaN, and those of both that are not among them."""
        count = self.count + len(numbers)
        full = len(self.values) == self.capacity
        lower = numbers < self.values[-1] if full else np.ones(len(numbers), dtype=bool)
        # The stable sort of doubles finds the two ascending runs and merges them.
        merged = np.sort(np.concatenate([self.values, np.sort(numbers[lower])]), kind="stable")
        rest = np.concatenate([merged[self.capacity :], numbers[~lower]])
        return LowestValues(self.capacity, count, merged[: self.capacity].copy()), rest
