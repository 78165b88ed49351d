"""Rows that are made of others: alike but for what a class says itself."""

from typing import Any

import numpy as np

from .block import Levels, Rows, levels_of


class DerivedRows:
    """What rows that are made of others say of themselves, where it is what those say.

    Parameters
    ----------
    rows : Rows
        The others.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

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
