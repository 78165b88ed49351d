"""What the ensemble knows of each column alone: where it lies, how far it spreads, what its values can tell apart."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...intake.table import Table
from ...kernels.ensemble import Units
from ...rows import Block
from ...typing import Floats

# In mixtures, scaled values are clipped here: farther out, a value is as absurd as it can be to them. Tails clip none.
_LIMIT = 10.0

# Columns spread by the range of their middle nine tenths, which in a normal distribution is so many deviations.
MIDDLE = (5, 95)
NORMAL_RANGE = 3.2897072539029435

# Gaps between neighbouring values are equal when they differ by less than this part.
_SAME_GAP = 1e-6

# A column has a usual value where more than half of its rows have it. In mixtures that counts where nine tenths do.
_USUAL = 0.5
_MOSTLY = 0.9

# A column of two values is one too where a few rows have others, so that one wrong cell does not make a flag a number.
# Where fewer rows have the rarer value, no group has it, and mixtures may find it as absurd as they do.
_TWO_VALUES = 0.99
_RARE = 0.005

# Least deviations in mixtures, as parts of the step and of the width that the share of the usual value warrants. Larger
# parts hide what rare values have to say together, and none leaves the top of a table to the rows with a rare value.
_OF_STEP = 0.1
_OF_WARRANTED = 0.15
_LEAST_VARIANCE = 1e-6

# A value is gross where few others, and less than half, come as near as so many times the usual difference from the
# median, which is five standard deviations of a normal column.
_GROSS = 7.5

# All widths are finite.
_WIDEST = 1e200


@dataclass(frozen=True, eq=False)
class Range:
    """Smallest and largest value of each column, NaN where it has none, and the number of rows; these add up."""

    minima: Floats
    maxima: Floats
    n_rows: int

    def __add__(self, other: "Range") -> "Range":
        return Range(np.fmin(self.minima, other.minima), np.fmax(self.maxima, other.maxima), self.n_rows + other.n_rows)


def range_of(block: Block) -> Range:
    """Return the range of each column of a block."""
    smallest, largest = np.fmin.reduce(block.values, axis=0), np.fmax.reduce(block.values, axis=0)
    return Range(smallest.astype(np.float64), largest.astype(np.float64), len(block.values))


def find_range(table: Table) -> Range:
    """Return the range of each column of a table."""
    nothing = np.full(table.n_columns, np.nan)
    return table.fold(range_of, Range(nothing, nothing, 0))


@dataclass(frozen=True, eq=False)
class Columns:
    """What is usual in the columns of a table.

    Attributes
    ----------
    units : Units
        Where each column lies and how far it spreads; the scale is zero where it never changes.
    steps : ndarray of shape (n_columns,)
        Smallest gap between values that recurs, in units.
    widths : ndarray of shape (n_columns,)
        Least scale of tails of residuals, in units: half a step, and what the share of the usual value warrants.
    variances : ndarray of shape (n_columns,)
        Least variance of each column in mixtures, in units.
    alone, least : ndarray of shape (n_columns,)
        How far values lie from the centre as a rule, which is the standard deviation where values are mostly equal or
        of two kinds; and the least that they may be said to lie from what other columns predict, in units.
    flags : ndarray of int32
        Columns of two values, all but a hundredth of the rows.
    """

    units: Units
    steps: Floats
    widths: Floats
    variances: Floats
    alone: Floats
    least: Floats
    flags: NDArray[np.int32]


def columns_of(pool: NDArray[Any], whole: Range) -> Columns:
    """Return what is usual in the columns of a table.

    A column lies at its median, and spreads by the range of its middle nine tenths as of a normal distribution; by
    its standard deviation where that is zero, as of values that are mostly equal; by the range of the table where
    the pool does not show any other value. Columns are first divided by a power of two, so that no square or
    difference overflows.
    """
    least, most = np.nan_to_num(whole.minima), np.nan_to_num(whole.maxima)
    exponents = np.frexp(np.maximum(np.abs(least), np.abs(most)))[1] + 1
    scaled = np.ldexp(pool.astype(np.float64), -exponents)
    scaled = np.where(np.isnan(scaled).all(axis=0), 0.0, scaled)
    low, center, high = middle_of(scaled)
    spread = (high - low) / NORMAL_RANGE
    # Values that differ by their last digits only are equal but for rounding.
    rounding = 1e-12 * np.abs(center)
    for other in (np.nanstd(scaled, axis=0), np.ldexp(most, -exponents) - np.ldexp(least, -exponents)):
        spread = np.where(spread > rounding, spread, other)
    spread = np.where(spread > 0, spread, 1.0)
    changes = most > least
    with np.errstate(over="ignore", divide="ignore"):
        scale = np.where(changes, np.ldexp(1.0 / spread, -exponents), 0.0)
    units = Units(
        np.where(changes, np.ldexp(center, exponents), least), np.minimum(scale, np.finfo(np.float64).max), _LIMIT
    )
    even = (high - low) / NORMAL_RANGE > rounding
    alone = np.array([np.nanstd(without_gross(column)) for column in scaled.T])
    usual = [_Usual.of(column, middle) for column, middle in zip(scaled.T, center, strict=True)]
    with np.errstate(over="ignore"):
        widths, steps, deviations = (
            np.minimum(np.array([getattr(one, name) for one in usual]) / spread, _WIDEST)
            for name in ("width", "step", "deviation")
        )
    flags = changes & np.array([one.is_flag for one in usual])
    return Columns(
        units,
        steps,
        widths,
        np.maximum(np.minimum(deviations, _LIMIT) ** 2, _LEAST_VARIANCE),
        np.where((even & ~flags) | (alone <= rounding), 1.0, alone / spread),
        np.maximum(steps / 2, deviations),
        np.flatnonzero(flags).astype(np.int32),
    )


def middle_of(values: Floats) -> Floats:
    """Return the bounds of the middle nine tenths of each column and its median between them: of the values it has."""
    shares = [MIDDLE[0], 50, MIDDLE[1]]
    found: Floats = np.percentile(values, shares, axis=0)
    # One column after the other: NumPy takes all columns at once only where no value is missing.
    holes = np.isnan(values).any(axis=0)
    if holes.any():
        found[:, holes] = np.nanpercentile(values[:, holes], shares, axis=0)
    return found


@dataclass(frozen=True)
class _Usual:
    """Whether a column is a flag, its step, and its least width in tails and deviation in mixtures."""

    is_flag: bool
    step: float
    width: float
    deviation: float

    @classmethod
    def of(cls, column: Floats, middle: float) -> "_Usual":
        known = np.sort(column[~np.isnan(column)])
        values = known[np.append(True, known[1:] > known[:-1])] if len(known) else known
        step = _step(values)
        others = np.abs(known[known != middle] - middle)
        share = len(others) / max(1, len(known))
        width, deviation = step / 2, _OF_STEP * step
        if 0 < share < 1 - _USUAL:
            # What a rare value says is no more than its share, at the distance that such values have.
            typical, nats = float(np.median(others)), -float(np.log(share))
            width = max(width, typical / max(nats, 1.0))
            if share < 1 - _MOSTLY:
                deviation = max(deviation, _OF_WARRANTED * typical / np.sqrt(2 * nats))
        return cls(_is_flag(known, values), step, float(width), float(deviation))


def _is_flag(known: Floats, values: Floats) -> bool:
    counts = np.sort(np.diff(np.append(np.searchsorted(known, values), len(known))))[-2:]
    return len(values) > 1 and bool(counts.sum() >= _TWO_VALUES * len(known) and counts[0] >= _RARE * len(known))


def _step(values: Floats) -> float:
    """Return the smallest gap between neighbouring values that recurs, 0 where none does."""
    gaps = np.sort(np.diff(values))
    alike = np.flatnonzero(np.diff(gaps) <= _SAME_GAP * gaps[1:])
    return float(gaps[alike[0]]) if len(alike) else 0.0


def without_gross(values: Floats) -> Floats:
    """Return values of a column, NaN where few others come near one: an error, or a number that stands for none."""
    ordered = np.sort(values[~np.isnan(values)])
    if not len(ordered):
        return values
    distances = np.abs(ordered - np.median(ordered))
    near = _GROSS * np.median(distances[distances > 0]) if distances.any() else 0.0
    counts = np.searchsorted(ordered, values + near, "right") - np.searchsorted(ordered, values - near, "left")
    few = 2 * max(1, int(np.sqrt(len(values))))
    return np.where(counts < min(few, (len(ordered) + 1) // 2), np.nan, values)
