"""Where all rows lie together: what priors, relative regularisation and noise are scaled by."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...distributions.covariance import Covariance
from ...distributions.levels import LevelColumns, Levels
from ...distributions.matrices import largest_root
from ...distributions.mixture import Mixture
from ...intake.table import Table
from ...statistics.columns import ColumnMoments, column_moments
from ...typing import Floats
from .expectation import Expectation
from .loop import Fit, run_em
from .updates import MaximumLikelihood

# What missing values leave open is found to five digits or so, plenty for a scale; the ridge keeps a constant column
# from being singular on the way.
_TOLERANCE, _MOST_ITERATIONS, _RIDGE = 1e-6, 100, 1e-9

# Values that are equal but for the last digits of a computation differ by so many roundings.
_ROUNDINGS = 8

# Small parts of the square of a size this many times the smallest standard deviation are variances still.
_FINE = 1e6


@dataclass(frozen=True, eq=False)
class Overview:
    """All rows of a table as one group.

    Attributes
    ----------
    weight : float
        Sum of the weights of the rows.
    mean : ndarray of shape (n_features,)
        Mean. Where values are missing, it and the covariance are those of the normal distribution of highest
        likelihood.
    covariance : ndarray
        Covariance about the mean, divided by the weight, in the layout of one component of the shape: (n_features,
        n_features) for full and tied, (n_features,) for diag, () for spherical.
    variances : ndarray of shape (n_features,)
        Variance of the values of each column.
    lower, upper : ndarray of shape (n_features,)
        Smallest and largest values.

    All but the weight are those of the columns that are not categorical.
    """

    weight: float
    mean: Floats
    covariance: Floats
    variances: Floats
    lower: Floats
    upper: Floats

    def units(self, dtype: "np.dtype[Any]") -> Floats:
        """Return what parts of a variance are parts of, in each column, for rows of a type: its variance.

        A column whose values are equal, or differ by rounding alone, has none. Its square stands for it, so that units
        do not matter, or one where that is too small to divide by. Where all columns share one variance, such a column
        takes no part unless no other is left.
        """
        size = np.maximum(np.abs(self.lower), np.abs(self.upper))
        limit = largest_root(dtype)
        level = (self.upper - self.lower <= _ROUNDINGS * np.finfo(dtype).eps * size) | (self.variances <= limit**-2)
        if np.ndim(self.covariance) == 0 and not level.all():
            return np.where(level, 0.0, self.variances)
        return np.where(level, np.where(size >= _FINE / limit, size, 1.0) ** 2, self.variances)


def overview(table: Table, shape: type[Covariance], levels: LevelColumns | None = None) -> Overview:
    """Return mean, covariance and range of all rows, in two passes, or by EM where values are missing.

    Parameters
    ----------
    table : Table
        The table.
    shape : type of Covariance
        Covariance shape.
    levels : LevelColumns, optional
        The categorical columns.
    """
    columns = table.fold(column_moments, ColumnMoments.zero(table.n_columns))
    if levels is not None:
        columns = columns.select(levels.numbers(table.n_columns))
    d = len(columns.means)
    spread = np.where(columns.variances > largest_root(table.dtype) ** -2, columns.variances, 1.0)
    covariance = shape.unchecked(shape.with_ridge(np.zeros(shape.shape(1, d)), spread), 1, d)
    even = None if levels is None else Levels(levels.columns, [np.full((1, size), 1 / size) for size in levels.sizes])
    model = Mixture([1.0], columns.means[None], covariance, levels=even)
    expect = Expectation(table)
    if table.has_missing:
        update = MaximumLikelihood(shape, _RIDGE * spread, levels=levels)
        model = run_em(expect, Fit(model), update, tol=_TOLERANCE, max_iter=_MOST_ITERATIONS).model
    moments = expect(model)
    shift = moments.first / moments.counts[:, None]
    covariance = shape.estimate(moments.counts, moments.counts, shift, moments.second, np.zeros(d), model.covariance)
    mean = (moments.centers + shift)[0] if table.has_missing else columns.means
    return Overview(moments.weight, mean, covariance.of(0), columns.variances, columns.minima, columns.maxima)
