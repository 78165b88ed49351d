"""Rows on another scale."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .block import Block, Levels, Rows, levels_of


class ScaledRows:
    """Rows whose columns are centred and scaled: (values − center) / scale, block by block.

    Parameters
    ----------
    rows : Rows
        The rows; their type of number stays.
    center, scale : array_like of shape (n_columns,)
        What to subtract from each column, and what to divide it by, in double precision.

    Examples
    --------
    >>> from mixtura.rows import ArrayRows
    >>> rows = ScaledRows(ArrayRows([[1.0, 10.0], [3.0, 30.0]]), center=[2.0, 20.0], scale=[1.0, 10.0])
    >>> next(rows.blocks()).values
    array([[-1., -1.],
           [ 1.,  1.]])
    """

    def __init__(self, rows: Rows, center: ArrayLike, scale: ArrayLike) -> None:
        self._rows = rows
        self._center = np.asarray(center)
        self._scale = np.asarray(scale)

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the columns, None for a plain array."""
        return self._rows.columns

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return self._rows.n_columns

    @property
    def levels(self) -> Levels:
        """Levels of each column whose numbers are codes of levels, None for other columns."""
        return levels_of(self._rows)

    @property
    def n_rows(self) -> int | None:
        """Number of rows, None while it is unknown."""
        return self._rows.n_rows

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values of every block, float32 or float64."""
        return self._rows.dtype

    @property
    def has_missing(self) -> bool:
        """Whether a value may be missing."""
        return self._rows.has_missing

    def blocks(self) -> Iterator[Block]:
        """Yield the scaled rows in order."""
        for block in self._rows.blocks():
            values = (block.values.astype(np.float64, copy=False) - self._center) / self._scale
            yield replace(block, values=values.astype(block.values.dtype, copy=False))
