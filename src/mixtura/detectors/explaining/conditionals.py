"""Why a row is unusual under a mixture: each of its values beside what the other columns predict."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp, ndtr, stdtrit

from ...distributions.missing import patterns_of
from ...distributions.mixture import Mixture
from ...typing import Floats

# About seven arrays of rows × components × columns are alive at once.
_WORKING_BYTES = 8 * 2**20
_WORKING_ARRAYS = 7

# Differences from a mean are held within ± this, in units of what is left of a column given the others, so that their
# squares stay finite. Nothing this far off can be told apart anyway.
_FARTHEST = 1e100

# Above this squared distance, taking one column's share off it by subtraction loses more than 1e-8 to rounding.
_FAR = 1e8


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the other columns predict for each value of some rows, three arrays of shape (n_rows, n_columns).

    Attributes
    ----------
    expected, deviation : ndarray
        Mean and standard deviation of the column given the other columns of the row.
    surprise : ndarray
        Minus the log density of the value given the other columns, in units of `deviation`, less half of log 2π. Where
        the prediction is a normal distribution it is half the squared distance.
    """

    expected: Floats
    deviation: Floats
    surprise: Floats


def without_noise(mixture: Mixture) -> Mixture:
    """Return the other components of a mixture: noise predicts nothing.

    Raises
    ------
    ValueError
        There are none.
    """
    if mixture.noise is None:
        return mixture
    total = mixture.weights.sum()
    if total == 0:
        raise ValueError("cannot give the reasons of a mixture that is nothing but noise")
    return Mixture(mixture.weights / total, mixture.means, mixture.covariance, mixture.degrees_of_freedom)


class Predictor:
    """Predicts each value of rows, with or without missing values, from the others; see `explain`."""

    def __init__(self, mixture: Mixture) -> None:
        self._mixture = without_noise(mixture)
        self._complete = _Conditionals(self._mixture)

    def __call__(self, values: Floats) -> Prediction:
        """Return the prediction for each value of some rows; that of missing ones has no surprise."""
        result = Prediction(np.empty(values.shape), np.empty(values.shape), np.zeros(values.shape))
        for known, rows in patterns_of(values):
            if known.all():
                complete = self._complete.describe(values[rows])
                for field in fields(Prediction):
                    getattr(result, field.name)[rows] = getattr(complete, field.name)
            else:
                self._of_some(values, np.flatnonzero(known), np.arange(len(values))[rows], result)
        return result

    def _of_some(self, values: Floats, known: NDArray[np.int64], rows: NDArray[np.int64], result: Prediction) -> None:
        """Fill in the predictions for rows that have values in some columns only."""
        have = values[np.ix_(rows, known)]
        if len(known):
            of_known = _Conditionals(self._mixture.marginal(known.tolist())).describe(have)
            for field in fields(Prediction):
                getattr(result, field.name)[np.ix_(rows, known)] = getattr(of_known, field.name)
        for column in np.setdiff1d(np.arange(values.shape[1]), known).tolist():
            # A prediction does not depend on the value predicted, and any will do.
            anything = np.full((len(rows), 1), self._mixture.weights @ self._mixture.means[:, column])
            joined = _Conditionals(self._mixture.marginal([*known.tolist(), column]))
            prediction = joined.describe(np.hstack([have, anything]))
            result.expected[rows, column] = prediction.expected[:, -1]
            result.deviation[rows, column] = prediction.deviation[:, -1]


class _Conditionals:
    """The distribution of each column given the others, under each component of a mixture without noise."""

    def __init__(self, mixture: Mixture) -> None:
        with np.errstate(divide="ignore"):  # an empty component has a log weight of minus infinity
            log_constants = np.log(mixture.weights) + mixture.covariance.half_log_precision
        self._means = mixture.means
        self._degrees = mixture.degrees_of_freedom
        # Inverses W of the lower Cholesky factors: W (x - m) has unit covariance, and the precision is W^T W.
        self._whiten = np.linalg.inv(np.linalg.cholesky(mixture.covariance.dense))
        # Standard deviation of each column given the others, (n_components, n_columns).
        self._deviations = 1 / np.linalg.norm(self._whiten, axis=1)
        self._log_constants = log_constants[:, None] + np.log(self._deviations)
        # Slopes of each column on the others; the one on itself is left out, for a value must not predict itself.
        self._slopes = -(self._whiten.transpose(0, 2, 1) @ self._whiten) * self._deviations[:, None, :] ** 2
        diagonal = np.arange(mixture.n_features)
        self._slopes[:, diagonal, diagonal] = 0

    def describe(self, X: Floats) -> Prediction:
        """Return the prediction for each value of complete rows."""
        n_components, n_columns = self._means.shape
        log_weights = np.empty((n_components, len(X), n_columns))
        means = np.empty_like(log_weights)
        log_densities = np.empty_like(log_weights)  # of the column given the others, with half of log 2π left out
        within = np.empty_like(log_weights)
        for k, mean in enumerate(self._means):
            farthest = _FARTHEST * np.minimum(self._deviations[k], 1)
            with np.errstate(over="ignore"):
                centred = np.clip(X - mean, -farthest, farthest)
            predicted = centred @ self._slopes[k]
            means[k] = mean + predicted
            own = (centred - predicted) / self._deviations[k]
            others = self._others_distance(k, centred, own)
            if self._degrees is None:
                log_weights[k] = self._log_constants[k] - others / 2
                log_densities[k] = -(own**2) / 2 - np.log(self._deviations[k])
                within[k] = self._deviations[k] ** 2
            else:
                log_factors, log_densities[k], within[k] = self._student(k, self._degrees[k], own, others)
                log_weights[k] = self._log_constants[k] + log_factors
        log_weights -= logsumexp(log_weights, axis=0)
        surprise = -logsumexp(log_weights + log_densities, axis=0)
        weights = np.exp(log_weights, out=log_weights)
        expected = np.einsum("knj,knj->nj", weights, means)
        means -= expected
        between = np.einsum("knj,knj,knj->nj", weights, means, means)
        deviation = np.sqrt(np.einsum("knj,knj->nj", weights, within) + between)
        return Prediction(expected, deviation, surprise - np.log(deviation))

    def _student(self, k: int, degrees: float, own: Floats, others: Floats) -> tuple[Floats, Floats, Floats]:
        """Return what a t component is multiplied by for the other columns, the log density, and the variance.

        A column given q others has nu + q degrees of freedom, and its scale is that of a normal column times the root
        of (nu + distance of the others) / (nu + q), Ding (2016).
        """
        q = self._means.shape[1] - 1
        left = degrees + q
        log_factors = gammaln(left / 2) - gammaln(degrees / 2) - q / 2 * np.log(degrees / 2)
        log_factors = log_factors - left / 2 * np.log1p(others / degrees)
        widening = np.sqrt((degrees + others) / left)
        scale = self._deviations[k] * widening
        constant = gammaln((left + 1) / 2) - gammaln(left / 2) - np.log(left / 2) / 2
        log_density = constant - np.log(scale) - (left + 1) / 2 * np.log1p((own / widening) ** 2 / left)
        return log_factors, log_density, (scale * stdtrit(left, ndtr(1.0))) ** 2

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
