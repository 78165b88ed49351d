"""A bounded sample of the rows of a table, of those that count."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.random import sample_without_replacement

from ..errors import EmptyTableError
from ..rows import ArrayRows, Block, Rows
from ..rows.blocks.columns import Missing
from ..statistics.columns import ColumnMoments, column_moments
from ..typing import Floats
from .counted import counted_rows
from .table import Table

# Enough rows to place hundreds of centres, few enough that k-means on them takes well under a second.
SAMPLE_ROWS = 2**14


@dataclass(frozen=True)
class Sample:
    """A bounded part of the rows.

    Attributes
    ----------
    X : ndarray of shape (n_rows, n_features), float32 or float64
        The rows, in the order of the table; missing values are filled with the means of their columns.
    weights : ndarray of shape (n_rows,)
        Their weights.
    whole : bool
        Whether these are all rows of the table that count.
    missing : ndarray of shape (n_rows, n_features), bool, or None
        Which values are missing; None when none is.
    """

    X: NDArray[Any]
    weights: Floats
    whole: bool = True
    missing: NDArray[np.bool_] | None = None

    @property
    def observed(self) -> NDArray[Any]:
        """The rows, NaN where a value is missing."""
        return self.X if self.missing is None else np.where(self.missing, np.array(np.nan, self.X.dtype), self.X)

    @property
    def rows(self) -> Rows:
        """The sample as a table."""
        missing: Missing = "error" if self.missing is None else "allow"
        return ArrayRows(self.observed, sample_weight=self.weights, checked=True, missing=missing)

    def standardized(self) -> "Sample":
        """Return the sample with columns of mean zero and standard deviation one, where they are not constant."""
        X = self.X.astype(np.float64)
        mean = np.average(X, axis=0, weights=self.weights)
        deviation = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=self.weights))
        return Sample((X - mean) / np.where(deviation > 0, deviation, 1.0), self.weights, self.whole)

    def select(self, columns: NDArray[np.int64]) -> "Sample":
        """Return the sample with some of the columns."""
        missing = None if self.missing is None else self.missing[:, columns]
        return replace(self, X=self.X[:, columns], missing=missing)

    def take(self, positions: NDArray[np.int64]) -> "Sample":
        """Return some of the rows."""
        missing = None if self.missing is None else self.missing[positions]
        return Sample(self.X[positions], self.weights[positions], whole=False, missing=missing)


def take_sample(
    table: Table, random_state: np.random.RandomState, n_components: int, max_rows: int = SAMPLE_ROWS
) -> Sample:
    """Return all rows that count when there are few, else a random sample of them without replacement.

    The sample holds at least 50 rows a component, so that many components still find rows to start from. Rows of weight
    zero or without any value are left out before any are drawn, as if they were not in the table.
    """
    rows = table.rows
    if rows.n_rows is None:
        raise ValueError("a sample can be taken only from rows whose number is known: spool them first")
    counted = counted_rows(table)
    if counted.n_rows < n_components:
        value, remedy = (" and some value", " and missing values") if rows.has_missing else ("", "")
        raise EmptyTableError(
            f"{n_components} components start from as many rows of positive weight, and {counted.n_rows} of "
            f"{rows.n_rows} have one{value}: use fewer components, or check sample_weight{remedy}"
        )
    size = min(counted.n_rows, max(max_rows, 50 * n_components))
    numbers = (
        np.arange(size)
        if size == counted.n_rows
        else np.sort(sample_without_replacement(counted.n_rows, size, random_state=random_state))
    )
    X, weights = table.pick(partial(counted.take, numbers=numbers), size)
    missing = np.isnan(X) if rows.has_missing else None
    if missing is not None:
        X = np.where(missing, _middle(X, table), X)
    return Sample(X, weights, size == counted.n_rows, missing)


def _middle(X: NDArray[Any], table: Table) -> NDArray[Any]:
    """Return the means of the columns of a sample; of the whole table where one has no value in the sample."""
    columns = column_moments(Block(X, None, 0))
    if not (columns.weights > 0).all():
        columns = table.fold(column_moments, ColumnMoments.zero(table.n_columns))
    return columns.means.astype(X.dtype)
