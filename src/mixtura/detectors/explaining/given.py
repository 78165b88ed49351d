"""The few columns that tell most of what is expected of the flagged cells of a row."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ...distributions.mixture import Mixture
from ...typing import Floats, Integers

# Columns that are named, and the part of what is left of the variance that one has to explain.
MOST_GIVEN = 3
_EXPLAINED = 0.1


@dataclass(frozen=True, eq=False)
class Sharpening:
    """The covariance of all rows, by which some columns tell of others.

    Attributes
    ----------
    covariance : ndarray of shape (n_columns, n_columns)
        Covariance of the mixture as a whole: groups that differ in two columns make one tell of the other.
    """

    covariance: Floats

    @classmethod
    def of(cls, mixture: Mixture) -> Self:
        """Return that of the rows of a mixture; of Student's t components, of their scale matrices."""
        apart = mixture.means - mixture.weights @ mixture.means
        within = np.einsum("k,kij->ij", mixture.weights, mixture.covariance.dense)
        return cls(within + (apart * mixture.weights[:, None]).T @ apart)

    @property
    def deviations(self) -> Floats:
        """Standard deviation of each column."""
        return np.sqrt(np.diagonal(self.covariance))

    def __call__(self, flagged: NDArray[np.bool_], missing: NDArray[np.bool_]) -> Integers:
        """Return the columns that tell most of the flagged cells of each row, shape (n_rows, 3); -1 for no column."""
        answer = np.full((len(flagged), MOST_GIVEN), -1, np.int64)
        told: dict[bytes, Integers] = {}
        for row in np.flatnonzero(flagged.any(axis=1)).tolist():
            pattern = flagged[row].tobytes() + missing[row].tobytes()
            if pattern not in told:
                told[pattern] = self._of(np.flatnonzero(flagged[row]), np.flatnonzero(~(flagged[row] | missing[row])))
            answer[row] = told[pattern]
        return answer

    def _of(self, flagged: Integers, others: Integers) -> Integers:
        """Return the columns that lower the variance of the flagged cells most, one after the other."""
        answer = np.full(MOST_GIVEN, -1, np.int64)
        left = self.covariance.copy()
        for place in range(min(MOST_GIVEN, len(others))):
            of_flagged = left[np.ix_(flagged, flagged)]
            between = left[np.ix_(flagged, others)]
            # The part of the generalised variance that each explains.
            explained = np.einsum("ij,ij->j", between, np.linalg.solve(of_flagged, between)) / np.diagonal(left)[others]
            best = int(explained.argmax())
            if not explained[best] >= _EXPLAINED:
                break
            column = answer[place] = others[best]
            left = left - np.outer(left[:, column], left[column]) / left[column, column]
            others = np.delete(others, best)
        return answer
