"""Columns of two values: how rare the values that a row has are together."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...statistics.rarity import Rarity
from ...typing import Floats

# What flags find counts so much beside what mixtures and neighbours find. Counted in full, a flag of one row in a
# hundred would put all of its rows among the first four hundredths of a table.
VOICE_OF_FLAGS = 0.4


@dataclass(frozen=True, eq=False)
class Flags:
    """Columns of two values, and the nats of each: minus the logarithm of the share of the rows that have it.

    Attributes
    ----------
    columns : ndarray of shape (n_flags,), int32
        Their places in the table.
    values : ndarray of shape (2, n_flags)
        The usual value of each, and the other one.
    nats : ndarray of shape (3, n_flags)
        Those of the usual value, of the other, and of any else: of all rows that have such, or of one row more.
    """

    columns: NDArray[np.int32]
    values: Floats
    nats: Floats

    @classmethod
    def of(cls, pool: NDArray[Any], columns: NDArray[np.int32]) -> "Flags":
        """Return the flags of a table, of which `pool` holds rows."""
        values, nats = np.zeros((2, len(columns))), np.zeros((3, len(columns)))
        for place, column in enumerate(columns):
            known = pool[:, column].astype(np.float64)
            both, counts = np.unique(known[~np.isnan(known)], return_counts=True)
            order = np.argsort(-counts, kind="stable")[:2]
            values[:, place] = both[order]
            nats[:2, place] = np.log(counts.sum() / counts[order])
            rest = counts.sum() - counts[order].sum()
            nats[2, place] = np.log(counts.sum() / rest) if rest else np.log(counts.sum() + 1)
        return cls(columns, values, nats)

    def __len__(self) -> int:
        return len(self.columns)

    def each(self, X: NDArray[Any]) -> Floats:
        """Return the nats of the usual value or of any other, shape (n_rows, n_flags); 0 where it is missing."""
        values = X[:, self.columns].astype(np.float64)
        usual = values == self.values[0]
        found = np.where(usual, self.nats[0], self.nats[1])
        return np.where(np.isnan(values), 0.0, found)

    def third(self, X: NDArray[Any]) -> Floats:
        """Return the nats of values that are neither of the two, shape (n_rows, n_flags); 0 for others."""
        values = X[:, self.columns].astype(np.float64)
        known = np.isnan(values) | (values == self.values[0]) | (values == self.values[1])
        return np.where(known, 0.0, self.nats[2])

    def together(self, X: NDArray[Any]) -> Floats:
        """Return the sum of the nats of the values of each row, as if flags were independent."""
        return np.asarray(self.each(X).sum(axis=1))

    def rarity(self, pool: NDArray[Any]) -> Rarity:
        """Return how rare such sums are: flags that go together count once."""
        return Rarity.of(self.together(pool))
