"""Columns on a common scale, that outliers do not set."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..rows import Block
from ..rows.blocks.checks import quoted
from ..statistics.columns import ColumnMoments, column_moments
from ..typing import Floats
from .sample import Sample, take_sample
from .table import Table

# Quartiles of a normal distribution lie so many standard deviations from its mean.
_QUARTILE = 0.6744897501960817

# Values within so many quartile deviations of the median are no outliers, of one group or of several.
_USUAL = 4.0

# A scale is at least this part of the standard deviation of its column, so that scaled numbers stay within the reach of
# double precision where three quarters of a column are next to equal and the others far away.
_LEAST = 1e-6

# Scaled values are held within ± this in a fit: what lies farther is an outlier all the same.
_FARTHEST = 1e9


@dataclass(frozen=True, eq=False)
class Scaling:
    """Where the columns of a table lie, and how far most of their values spread.

    Attributes
    ----------
    center, scale : ndarray of shape (n_columns,)
        A scaled value is (value - center) / scale.
    """

    center: Floats
    scale: Floats

    def __call__(self, values: NDArray[Any], farthest: float) -> NDArray[Any]:
        """Return scaled values of the same type, held within ± `farthest`; NaN stays."""
        with np.errstate(over="ignore"):
            scaled = (values.astype(np.float64, copy=False) - self.center) / self.scale
        return np.clip(scaled, -farthest, farthest).astype(values.dtype, copy=False)


def sampled_scaling(table: Table, names: Sequence[str], seed: int) -> Scaling:
    """Return what scales the columns of a table by a sample of its rows, as `scaling_of` says."""
    with np.errstate(over="ignore", invalid="ignore"):  # in means that stand for missing values, not used here
        sample = take_sample(table, np.random.RandomState(seed), 1)
    return scaling_of(table.watched("reading the table"), sample, names)


def scaling_of(table: Table, sample: Sample, names: Sequence[str]) -> Scaling:
    """Return medians and quartile deviations of the columns, in units of a standard deviation.

    They are those of a sample. The quartiles of a column with two groups may lie one in each, and be farther apart than
    its standard deviation says: the scale is at most that of the values that are no outliers. Where the quartiles are
    equal, as in columns that mostly repeat a value, the scale is the standard deviation of the whole column; where no
    value differs, it is one.

    Raises
    ------
    DataError
        The values of a column spread over more than a double can hold.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        moments = table.fold(_moments, ColumnMoments.zero(table.n_columns))
        halves = np.where(moments.weights > 0, moments.maxima / 2 - moments.minima / 2, 0.0)
    wide = np.flatnonzero(~(halves < np.finfo(np.float64).max / 4)).tolist()
    if wide:
        raise DataError(
            f"the values of {quoted([names[column] for column in wide])} spread too far to be scaled: divide the "
            f"{'column' if len(wide) == 1 else 'columns'} by 1e10"
        )
    with np.errstate(invalid="ignore"):
        deviations = np.sqrt(moments.variances)
    # Half the range where squares are too small or too large for a double.
    spread = np.where(np.isfinite(deviations) & (deviations > 0), deviations, halves)
    columns = sample.observed.astype(np.float64).T
    quartiles = np.stack([_quartiles(column, sample.weights) for column in columns])
    scale = (quartiles[:, 2] - quartiles[:, 0]) / 2 / _QUARTILE
    usual = [_usual(*column, sample.weights) for column in zip(columns, quartiles[:, 1], scale, strict=True)]
    scale = np.maximum(np.minimum(scale, usual), _LEAST * spread)
    scale = np.where(quartiles[:, 2] > quartiles[:, 0], scale, spread)
    return Scaling(quartiles[:, 1], np.where(scale >= np.finfo(np.float64).tiny, scale, 1.0))


def _moments(block: Block) -> ColumnMoments:
    with np.errstate(over="ignore", invalid="ignore"):  # of the thread that the pass runs in
        return column_moments(block)


def _quartiles(column: Floats, weights: Floats) -> Floats:
    known = ~np.isnan(column)
    if not known.any():
        return np.zeros(3)
    return np.asarray(np.quantile(column[known], [0.25, 0.5, 0.75], weights=weights[known], method="inverted_cdf"))


def _usual(column: Floats, center: float, scale: float, weights: Floats) -> float:
    """Return the standard deviation of the values that are no outliers; infinite where the scale is zero."""
    if not scale > 0:
        return float("inf")
    with np.errstate(over="ignore", invalid="ignore"):
        distances = column / scale - center / scale
    usual = np.abs(distances) <= _USUAL
    if not weights[usual].sum() > 0:
        return float("inf")
    mean = np.average(distances[usual], weights=weights[usual])
    return scale * float(np.sqrt(np.average((distances[usual] - mean) ** 2, weights=weights[usual])))


@dataclass(frozen=True, eq=False)
class Scaled:
    """A block with its values scaled, held within what a fit can add up."""

    scaling: Scaling

    def __call__(self, block: Block) -> Block:
        """Return the scaled block."""
        return replace(block, values=self.scaling(block.values, _FARTHEST))
