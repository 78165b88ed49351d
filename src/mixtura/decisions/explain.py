"""Why a row is unusual: each of its values beside what the other columns predict."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

from ..distributions.mixture import Mixture
from ..distributions.normal_only import require_normal

Floats = NDArray[np.float64]

# Two standard deviations: one value in twenty of a normal column lies farther.
NOTABLE = 2.0

# About six arrays of rows × components × columns are alive at once.
_WORKING_BYTES = 8 * 2**20
_WORKING_ARRAYS = 6

# Differences from a mean are held within ± this, so that their squares stay finite. Nothing this far off can be told
# apart anyway.
_FARTHEST = 1e100

# Above this squared distance, taking one column's share off it by subtraction loses more than 1e-8 to rounding.
_FAR = 1e8


@dataclass(frozen=True, eq=False)
class Explanation:
    """What the other columns predict for each value of some rows.

    Attributes
    ----------
    expected : ndarray of shape (n_rows, n_columns)
        Mean of the column given the other columns of the row.
    deviation : ndarray of shape (n_rows, n_columns)
        Standard deviation of the column given the other columns of the row.
    distance : ndarray of shape (n_rows, n_columns)
        Value less `expected`, in units of `deviation`.
    surprise : ndarray of shape (n_rows, n_columns)
        Minus the log density of the value given the other columns, in units of `deviation`, less half of log 2π. Where
        the prediction is a normal distribution it is distance² / 2.
    """

    expected: Floats
    deviation: Floats
    distance: Floats
    surprise: Floats

    @property
    def stands_out(self) -> NDArray[np.bool_]:
        """Whether each value is two deviations or more from what is expected, shape (n_rows, n_columns)."""
        return np.asarray(np.abs(self.distance) >= NOTABLE)

    @property
    def column(self) -> NDArray[np.int64]:
        """Column that makes each row unusual, shape (n_rows,).

        Of the values that stand out, the most surprising: without it the row is the least unusual. The largest distance
        may be elsewhere, for a value far from every group also misleads about the others, and a prediction of two
        groups deviates more than one of either. Where none stands out, the largest distance. Ties go to the first.
        """
        candidates = np.where(self.stands_out, self.surprise, -np.inf)
        nothing = ~self.stands_out.any(axis=1)
        candidates[nothing] = np.abs(self.distance[nothing])
        return np.asarray(candidates.argmax(axis=1))


def explain(mixture: Mixture, X: ArrayLike) -> Explanation:
    """Return what the other columns of each row predict for each of its values, under a mixture.

    Given the other columns, a column follows a mixture of normal distributions in one dimension. With P the precision
    of a component and m its mean, the component predicts x_j - (P (x - m))_j / P_jj with the variance 1 / P_jj, and
    weighs in proportion to its weight times the density it gives the other columns (Bishop 2006, "Pattern Recognition
    and Machine Learning", section 2.3.1). A table of one column has no other columns: its prediction is the mixture.

    Parameters
    ----------
    mixture : Mixture
        The distribution.
    X : array_like of shape (n_rows, n_columns)
        Rows in the units of the mixture. A few megabytes are used beside the answer, whatever their number.

    Returns
    -------
    Explanation
        Never NaN, however far away a row is; a distance beyond the largest double is infinite.

    Raises
    ------
    ValueError
        `X` is not a table of as many columns as the mixture has, or its components are not normal.
    SingularCovarianceError
        A covariance has no inverse.

    Examples
    --------
    >>> from mixtura import Full
    >>> mixture = Mixture([1.0], [[0.0, 0.0]], Full([[[1.0, 0.8], [0.8, 1.0]]], 1, 2))
    >>> explanation = explain(mixture, [[2.0, -1.0]])
    >>> explanation.expected.round(3), explanation.deviation.round(3), explanation.distance.round(3)
    (array([[-0.8,  1.6]]), array([[0.6, 0.6]]), array([[ 4.667, -4.333]]))
    """
    require_normal(mixture, "the reasons")
    rows = np.asarray(X)
    if rows.ndim != 2 or rows.shape[1] != mixture.n_features:
        raise ValueError(f"the mixture has {mixture.n_features} columns, and the rows an array of shape {rows.shape}")
    conditionals = _Conditionals(mixture)
    result = Explanation(*(np.empty(rows.shape) for _ in fields(Explanation)))
    for piece in _pieces(len(rows), mixture.means.size):
        values = rows[piece].astype(np.float64)
        expected, deviation, surprise = conditionals.describe(values)
        result.expected[piece] = expected
        result.deviation[piece] = deviation
        result.surprise[piece] = surprise
        with np.errstate(over="ignore"):
            result.distance[piece] = (values - expected) / deviation
    return result


def _pieces(n_rows: int, numbers_per_row: int) -> Iterator[slice]:
    size = max(1, _WORKING_BYTES // (8 * _WORKING_ARRAYS * numbers_per_row))
    for first in range(0, n_rows, size):
        yield slice(first, first + size)


class _Conditionals:
    """The distribution of each column given the others, under each component of a mixture."""

    def __init__(self, mixture: Mixture) -> None:
        with np.errstate(divide="ignore"):  # an empty component has a log weight of minus infinity
            log_constants = np.log(mixture.weights) + mixture.covariance.half_log_precision
        self._means = mixture.means
        # Inverses W of the lower Cholesky factors: W (x - m) has unit covariance, and the precision is W^T W.
        self._whiten = np.linalg.inv(np.linalg.cholesky(mixture.covariance.dense))
        # Standard deviation of each column given the others, (n_components, n_columns).
        self._deviations = 1 / np.linalg.norm(self._whiten, axis=1)
        self._log_constants = log_constants[:, None] + np.log(self._deviations)
        # Slopes of each column on the others; the one on itself is left out, for a value must not predict itself.
        self._slopes = -(self._whiten.transpose(0, 2, 1) @ self._whiten) * self._deviations[:, None, :] ** 2
        diagonal = np.arange(mixture.n_features)
        self._slopes[:, diagonal, diagonal] = 0

    def describe(self, X: Floats) -> tuple[Floats, Floats, Floats]:
        """Return mean and standard deviation of each column of each row given the others, and the surprise."""
        n_components, n_columns = self._means.shape
        log_weights = np.empty((n_components, len(X), n_columns))
        means = np.empty_like(log_weights)
        log_densities = np.empty_like(log_weights)  # of the column given the others, with half of log 2π left out
        for k, mean in enumerate(self._means):
            centred = np.clip(X - mean, -_FARTHEST, _FARTHEST)
            predicted = centred @ self._slopes[k]
            means[k] = mean + predicted
            own = (centred - predicted) / self._deviations[k]
            log_weights[k] = self._log_constants[k] - self._others_distance(k, centred, own) / 2
            log_densities[k] = -(own**2) / 2 - np.log(self._deviations[k])
        log_weights -= logsumexp(log_weights, axis=0)
        surprise = -logsumexp(log_weights + log_densities, axis=0)
        weights = np.exp(log_weights, out=log_weights)
        expected = np.einsum("knj,knj->nj", weights, means)
        means -= expected
        between = np.einsum("knj,knj,knj->nj", weights, means, means)
        within = np.einsum("knj,kj->nj", weights, self._deviations**2)
        deviation = np.sqrt(within + between)
        return expected, deviation, surprise - np.log(deviation)

    def _others_distance(self, k: int, centred: Floats, own: Floats) -> Floats:
        """Return the squared Mahalanobis distance of the other columns of each row, for each column.

        It is that of the whole row less the square of the column's own distance. Where both are huge their difference
        is taken before squaring: what is left of the whitened row without its part along the column's direction.
        """
        whitened = centred @ self._whiten[k].T
        squares = np.einsum("nj,nj->n", whitened, whitened)
        others: Floats = np.maximum(squares[:, None] - own**2, 0)
        far = np.flatnonzero(squares > _FAR)
        if len(far):
            for j, deviation in enumerate(self._deviations[k]):
                rest = whitened[far] - own[far, j, None] * (self._whiten[k, :, j] * deviation)
                others[far, j] = np.einsum("nj,nj->n", rest, rest)
        return others
