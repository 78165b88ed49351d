"""Where all rows lie together: what priors, relative regularisation and noise are scaled by."""

from dataclasses import dataclass

import numpy as np

from ..engines import Engine
from ..rows import Rows
from ..statistics.columns import ColumnMoments, column_moments
from .covariance import Covariance
from .matrices import Floats
from .passes import Components, Passes


@dataclass(frozen=True, eq=False)
class Overview:
    """All rows of a table as one group.

    Attributes
    ----------
    weight : float
        Sum of the weights of the rows.
    mean : ndarray of shape (n_features,)
        Mean.
    covariance : ndarray
        Covariance about the mean, divided by the weight, in the layout of one component of the shape: (n_features,
        n_features) for full and tied, (n_features,) for diag, () for spherical.
    variances : ndarray of shape (n_features,)
        Variance of each column.
    lower, upper : ndarray of shape (n_features,)
        Smallest and largest values.
    """

    weight: float
    mean: Floats
    covariance: Floats
    variances: Floats
    lower: Floats
    upper: Floats


def overview(rows: Rows, engine: Engine, shape: type[Covariance]) -> Overview:
    """Return mean, covariance and range of all rows, in two passes."""
    columns = engine.fold(rows, column_moments, ColumnMoments.zero(rows.n_columns))
    d = rows.n_columns
    spread = np.where(columns.variances > 0, columns.variances, 1.0)
    around = Components(
        np.zeros(1), columns.means[None], shape(shape.with_ridge(np.zeros(shape.shape(1, d)), spread), 1, d)
    )
    moments = Passes(around, rows.dtype).moments(rows, engine)
    shift = moments.first / moments.counts[:, None]
    covariance = shape.estimate(moments.counts, moments.counts, shift, moments.second, np.zeros(d))
    return Overview(columns.weight, columns.means, covariance.of(0), columns.variances, columns.minima, columns.maxima)
