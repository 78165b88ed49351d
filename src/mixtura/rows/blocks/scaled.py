"""Rows on another scale."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from .block import Block, Rows
from .derived import DerivedRows


class ScaledRows(DerivedRows):
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
        super().__init__(rows)
        self._center = np.asarray(center)
        self._scale = np.asarray(scale)

    def blocks(self) -> Iterator[Block]:
        """Yield the scaled rows in order."""
        for block in self._rows.blocks():
            values = (block.values.astype(np.float64, copy=False) - self._center) / self._scale
            yield replace(block, values=values.astype(block.values.dtype, copy=False))
