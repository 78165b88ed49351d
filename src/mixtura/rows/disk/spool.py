"""Rows copied to disk as plain numbers, for sources that are slow to read again."""

from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np

from ...errors import SourceError
from ..blocks.block import Array, Block, Levels, Rows, levels_of, rows_per_block
from .scratch import Scratch, no_room


class SpooledRows:
    """Rows in a temporary binary file; made by `spool`.

    Every block is read by its position in the file, so several threads and interleaved passes may use one spool. The
    file is deleted by `close`, at the end of a `with` block, on garbage collection, and at exit.
    """

    def __init__(self, rows: Rows, on_rows: Callable[[int], None] | None = None) -> None:
        self._columns = rows.columns
        self._n_columns = rows.n_columns
        self._levels = levels_of(rows)
        self._scratch = Scratch()
        self._values = self._scratch.folder / "values"
        self._weights = self._scratch.folder / "weights"
        self._n_rows = 0
        self._dtype = rows.dtype
        self._weighted = False
        self._has_missing = False
        try:
            self._copy(rows, on_rows)
        except BaseException:
            self.close()
            raise

    def _copy(self, rows: Rows, on_rows: Callable[[int], None] | None) -> None:
        try:
            with self._values.open("wb") as values, self._weights.open("wb") as weights:
                for block in rows.blocks():
                    self._n_rows += len(block.values)
                    self._has_missing |= rows.has_missing and bool(np.isnan(block.values).any())
                    values.write(np.ascontiguousarray(block.values).data)
                    if block.weights is not None:
                        self._weighted = True
                        weights.write(np.ascontiguousarray(block.weights).data)
                    if on_rows is not None:
                        on_rows(self._n_rows)
        except OSError as error:
            raise no_room(self._scratch.folder.parent, error) from error

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the columns, None for a plain array."""
        return self._columns

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return self._n_columns

    @property
    def levels(self) -> Levels:
        """Levels of each column whose numbers are codes of levels, None for other columns."""
        return self._levels

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self._n_rows

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values of every block, float32 or float64."""
        return self._dtype

    @property
    def has_missing(self) -> bool:
        """Whether a value is missing."""
        return self._has_missing

    def blocks(self) -> Iterator[Block]:
        """Yield the rows in order, the same blocks bit for bit that the source gave."""
        if not self._values.exists():
            raise SourceError("these rows were copied to a temporary file that is closed: spool them again")
        size = rows_per_block(self._n_columns)
        for first in range(0, self._n_rows, size):
            n_rows = min(size, self._n_rows - first)
            row_bytes = self._n_columns * self._dtype.itemsize
            # Not a memory map: pages that were read would count as memory of this process.
            values: Array = np.fromfile(
                self._values, dtype=self._dtype, count=n_rows * self._n_columns, offset=first * row_bytes
            ).reshape(n_rows, self._n_columns)
            weights = np.fromfile(self._weights, count=n_rows, offset=8 * first) if self._weighted else None
            yield Block(values, weights, first)

    def close(self) -> None:
        """Delete the file."""
        self._scratch.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def spool(rows: Rows, *, on_rows: Callable[[int], None] | None = None) -> SpooledRows:
    """Copy rows to a temporary file in one pass; later passes read plain numbers.

    Parameters
    ----------
    rows : Rows
        The rows to copy.
    on_rows : callable, optional
        Told after each block how many rows have been copied.

    Returns
    -------
    SpooledRows
        The same blocks bit for bit, with their weights; a context manager.

    Raises
    ------
    SourceError
        The disk is full; nothing is left behind.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.rows import ArrayRows
    >>> with spool(ArrayRows(np.eye(3))) as rows:
    ...     rows.n_rows
    3
    """
    return SpooledRows(rows, on_rows)
