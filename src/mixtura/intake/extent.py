"""How far the values and weights of a table reach: their squares, summed over all rows, must stay finite numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..distributions.matrices import largest_root
from ..errors import DataError, EmptyTableError
from ..rows import Block
from ..rows.blocks.checks import quoted
from ..typing import Floats
from .table import Table

# Rows that weigh less than this in all would not stand out from the 2e-15 that is added to every count.
_LEAST_WEIGHT = 1e-6


@dataclass(frozen=True, eq=False)
class Extent:
    """What is checked of a table before a fit; extents of separate rows add up to the extent of all of them.

    Attributes
    ----------
    counted : ndarray of shape (n_columns,)
        Sums of the weights of the rows that have a value.
    reach : ndarray of shape (n_columns,)
        No absolute value is larger, times the root of the weight of its row where that is more than one. Exact where it
        is of any importance, which takes longer to find.
    weight, heaviest : float
        Sum of the weights of the rows, and the largest.
    """

    counted: Floats
    reach: Floats
    weight: float = 0.0
    heaviest: float = 0.0

    def __add__(self, other: "Extent") -> "Extent":
        return Extent(
            self.counted + other.counted,
            np.maximum(self.reach, other.reach),
            self.weight + other.weight,
            max(self.heaviest, other.heaviest),
        )


def extent_of(block: Block) -> Extent:
    """Return how far the values and weights of a block reach."""
    values, weights = block.values, block.weights
    n_rows, n_columns = values.shape
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is found out below, or by the caller
        weight = float(n_rows) if weights is None else float(weights.sum())
        heaviest = 1.0 if weights is None else float(weights.max(initial=0.0))
        # Not a number when a value is missing.
        square = float(np.vdot(values, values)) * max(heaviest, 1.0)
        if square <= largest_root(values.dtype) ** 2:
            return Extent(np.full(n_columns, weight), np.full(n_columns, np.sqrt(square)), weight, heaviest)
        known = ~np.isnan(values)
        counted = known.sum(axis=0, dtype=np.float64) if weights is None else weights @ known
        roots = np.ones(n_rows) if weights is None else np.sqrt(np.maximum(weights, 1.0))
        sizes = np.where(known, np.abs(values.astype(np.float64)), 0.0) * roots[:, None]
        return Extent(counted, sizes.max(axis=0, initial=0.0), weight, heaviest)


def check_extent(table: Table, names: Sequence[str] | None, *, complete: bool = True) -> None:
    """Raise unless moments of the rows of a table stay finite, and each column has a value.

    Parameters
    ----------
    table : Table
        The table.
    names : sequence of str or None
        Names of the columns.
    complete : bool, default=True
        Whether a column without any value, in the rows that count, is an error.

    Raises
    ------
    EmptyTableError
        A column has no value.
    DataError
        Values or weights are too large or too small.
    """
    nothing = np.zeros(table.n_columns)
    extent = table.fold(extent_of, Extent(nothing, nothing))
    limit = largest_root(table.dtype)

    def say(columns: list[int]) -> str:
        return quoted([f"x{column}" if names is None else str(names[column]) for column in columns])

    if extent.heaviest > limit:
        raise DataError(
            f"a sample weight is {extent.heaviest:.3g}, and sums overflow {table.dtype} with weights above "
            f"{limit:.2g}: divide all weights by the largest"
        )
    far = np.flatnonzero(~(extent.reach <= limit)).tolist()
    if far:
        size = float(extent.reach[far].max())
        what = "values" if extent.heaviest <= 1 else "values, times the root of the weight of the row,"
        more = "" if table.dtype == np.float64 else ", or give them as float64"
        raise DataError(
            f"{what} in {say(far)} are as large as {size:.3g}, and sums of squares overflow {table.dtype} above "
            f"{limit:.2g}: divide the {'column' if len(far) == 1 else 'columns'} by {size:.0e}, drop outlying "
            f"rows{more}"
        )
    empty = np.flatnonzero(extent.counted == 0).tolist()
    if len(empty) == table.n_columns and extent.weight > 0:
        raise EmptyTableError(
            "every value is missing in the rows of positive weight: give rows with values, or skip the "
            f"{'table' if complete else 'batch'}"
        )
    if empty and complete and extent.weight > 0:
        raise EmptyTableError(
            f"every value of {say(empty)} is missing in the rows of positive weight: leave the "
            f"{'column' if len(empty) == 1 else 'columns'} out"
        )
    if 0 < extent.weight < _LEAST_WEIGHT:
        raise DataError(
            f"the sample weights add up to {extent.weight:.3g}, which is lost in rounding: multiply all of them by the "
            "same number, so that a usual row weighs about one"
        )
