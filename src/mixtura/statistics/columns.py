"""Where each column of a table lies and how far it spreads: what scaling needs, in one pass."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..rows import Block
from ..typing import Floats


@dataclass(frozen=True, slots=True, eq=False)
class ColumnMoments:
    """Weighted mean, spread and range of the values of every column; those that are missing do not count.

    Moments of separate rows add up to the moments of all of them; `zero` is the identity. Squares are summed about the
    mean, and merged by the pairwise update of Chan, Golub and LeVeque [1]_, so that a column far from zero loses no
    digits.

    Attributes
    ----------
    weights : ndarray of shape (n_columns,)
        Sums of the weights of the rows that have a value.
    means : ndarray of shape (n_columns,)
        Weighted means; zero where there are none.
    squares : ndarray of shape (n_columns,)
        Weighted sums of squares about the means.
    minima, maxima : ndarray of shape (n_columns,)
        Smallest and largest values of rows of positive weight; plus and minus infinity where there are none.

    References
    ----------
    .. [1] Chan, Golub and LeVeque (1983), "Algorithms for computing the sample variance", The American Statistician 37.

    Examples
    --------
    >>> from mixtura.rows import Block
    >>> parts = [column_moments(Block(np.array(values), None, 0)) for values in ([[1.0], [2.0]], [[6.0]])]
    >>> total = parts[0] + parts[1]
    >>> total.means, total.variances, total.constant
    (array([3.]), array([4.66666667]), array([False]))
    """

    weights: Floats
    means: Floats
    squares: Floats
    minima: Floats
    maxima: Floats

    @classmethod
    def zero(cls, n_columns: int) -> "ColumnMoments":
        """Return the moments of no rows."""
        nothing = np.zeros(n_columns)
        return cls(nothing, nothing, nothing, np.full(n_columns, np.inf), np.full(n_columns, -np.inf))

    def __add__(self, other: "ColumnMoments") -> "ColumnMoments":
        weights = self.weights + other.weights
        share = np.divide(other.weights, weights, out=np.zeros_like(weights), where=weights > 0)
        shift = other.means - self.means
        return ColumnMoments(
            weights,
            self.means + shift * share,
            self.squares + other.squares + shift**2 * (self.weights * share),
            np.minimum(self.minima, other.minima),
            np.maximum(self.maxima, other.maxima),
        )

    def select(self, columns: NDArray[np.int64]) -> "ColumnMoments":
        """Return the moments of some of the columns, those at `columns`."""
        parts = (self.weights, self.means, self.squares, self.minima, self.maxima)
        return ColumnMoments(*(part[columns] for part in parts))

    @property
    def variances(self) -> Floats:
        """Weighted variances, the squares divided by the sum of the weights; NaN where there are no values."""
        nothing = np.full_like(self.squares, np.nan)
        return np.divide(self.squares, self.weights, out=nothing, where=self.weights > 0)

    @property
    def constant(self) -> NDArray[np.bool_]:
        """Whether a column has no two different values."""
        return np.asarray(self.minima >= self.maxima)


def column_moments(block: Block) -> ColumnMoments:
    """Return the moments of the columns of a block; single precision is summed in double."""
    values = np.asarray(block.values, dtype=np.float64)
    weights = np.ones(len(values)) if block.weights is None else block.weights
    counted = weights > 0
    if not counted.any():
        return ColumnMoments.zero(values.shape[1])
    values, weights = values[counted], weights[counted]
    missing = np.isnan(values)
    if missing.any():
        return _moments_of_some(values, weights, missing)
    total = float(weights.sum())
    means = (weights @ values) / total
    return ColumnMoments(
        np.full(values.shape[1], total),
        means,
        weights @ (values - means) ** 2,
        values.min(axis=0),
        values.max(axis=0),
    )


def _moments_of_some(values: Floats, weights: Floats, missing: NDArray[np.bool_]) -> ColumnMoments:
    totals = weights @ ~missing
    sums = weights @ np.where(missing, 0.0, values)
    means = np.divide(sums, totals, out=np.zeros_like(sums), where=totals > 0)
    return ColumnMoments(
        totals,
        means,
        weights @ np.where(missing, 0.0, values - means) ** 2,
        np.where(missing, np.inf, values).min(axis=0),
        np.where(missing, -np.inf, values).max(axis=0),
    )
