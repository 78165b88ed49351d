"""A part of the rows of a table, chosen at random."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from .block import Block, Rows
from .derived import DerivedRows


class SplitRows(DerivedRows):
    """About a share of the rows of a table, or all others, in their order.

    Each row is drawn by itself, with the seed and the number of its block, so that two parts with the same share and
    seed, one of them the `rest`, have every row of the table once between them.

    Parameters
    ----------
    rows : Rows
        The table.
    share : float
        Probability that a row is drawn.
    seed : int
        Seed of the draws.
    rest : bool, default False
        Whether to take the rows that are not drawn.

    Examples
    --------
    >>> from mixtura.rows import ArrayRows
    >>> rows = ArrayRows(np.arange(6.0)[:, None])
    >>> [SplitRows(rows, 0.5, 0, rest=rest).read().ravel().tolist() for rest in (False, True)]
    [[1.0, 2.0, 3.0], [0.0, 4.0, 5.0]]
    """

    def __init__(self, rows: Rows, share: float, seed: int, *, rest: bool = False) -> None:
        super().__init__(rows)
        self._share = share
        self._seed = seed
        self._rest = rest

    @property
    def n_rows(self) -> int | None:
        """Always None: rows are drawn as they are read."""
        return None

    def blocks(self) -> Iterator[Block]:
        """Yield the rows in order."""
        first_row = 0
        for block in self._rows.blocks():
            random = np.random.default_rng([self._seed, block.first_row])
            chosen = (random.random(len(block.values)) < self._share) != self._rest
            weights = None if block.weights is None else block.weights[chosen]
            part = replace(block, values=block.values[chosen], weights=weights, first_row=first_row)
            if len(part.values):
                yield part
            first_row += len(part.values)

    def read(self) -> np.ndarray[Any, Any]:
        """Return all rows as one array."""
        parts = [block.values for block in self.blocks()]
        return np.concatenate(parts) if parts else np.empty((0, self.n_columns), self.dtype)
