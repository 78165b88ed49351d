"""Sparse matrices as rows."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .block import Block, rows_per_block


class SparseRows:
    """The rows of a CSR matrix of finite numbers or NaN, made dense one block at a time.

    Parameters
    ----------
    matrix : csr_matrix or csr_array of shape (n_rows, n_columns), float32 or float64
        The table.
    sample_weight : ndarray of shape (n_rows,), optional
        Weight of each row.

    Examples
    --------
    >>> import scipy.sparse
    >>> rows = SparseRows(scipy.sparse.eye_array(3, format="csr"))
    >>> rows.n_rows, rows.n_columns, next(rows.blocks()).values[0]
    (3, 3, array([1., 0., 0.]))
    """

    columns: None = None
    has_missing = True

    def __init__(self, matrix: Any, sample_weight: NDArray[np.float64] | None = None) -> None:
        self._matrix = matrix
        self._weights = sample_weight

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return int(self._matrix.shape[1])

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self._matrix.shape[0])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values of every block, float32 or float64."""
        dtype: np.dtype[Any] = self._matrix.dtype
        return dtype

    def blocks(self) -> Iterator[Block]:
        """Yield the rows in order, `rows_per_block(n_columns)` at a time."""
        size = rows_per_block(self.n_columns)
        for first in range(0, self.n_rows, size):
            weights = None if self._weights is None else self._weights[first : first + size]
            yield Block(self._matrix[first : first + size].toarray(), weights, first)

    def take(self, positions: NDArray[np.int64]) -> "SparseRows":
        """Return the rows at the positions given, in that order, as a table of their own."""
        weights = None if self._weights is None else self._weights[positions]
        return SparseRows(self._matrix[positions], weights)
