"""What the cells of a row predict for each of its values: conditional distributions of a mixture."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr, stdtrit

from ...distributions.missing import patterns_of
from ...distributions.mixture import Mixture
from ...typing import Bools, Floats, Integers

# Numbers that are held at once: a few megabytes.
_AT_ONCE = 2**18

# Differences from a mean are held within ± this, in units of what is left of a column given the others, so that their
# squares stay finite. Nothing this far off can be told apart anyway.
_FARTHEST = 1e100

# What is left of a variance is at least this part of it: less is rounding.
_LEAST_LEFT = float(np.finfo(np.float64).eps)

# Above this squared distance, taking one column's share off it by subtraction loses more than 1e-8 to rounding.
_FAR = 1e8


class Prediction(NamedTuple):
    """What the cells of some rows predict for each value.

    Attributes
    ----------
    expected, deviation : ndarray of shape (n_rows, n_columns)
        Mean and standard deviation of the column given the cells.
    """

    expected: Floats
    deviation: Floats


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
        raise ValueError("cannot give the reasons of a mixture that is only noise")
    weights, degrees = mixture.weights / total, mixture.degrees_of_freedom
    return Mixture(weights, mixture.means, mixture.covariance, degrees, levels=mixture.levels)


class Predictor:
    """Predicts each value of rows from the cells that are neither missing nor left out.

    Given other columns, a column follows a mixture of normal distributions in one dimension. With P the precision of a
    component among a column j and the cells that count, m its mean and r = x - m, the component predicts
    x_j - (P r)_j / P_jj with the variance 1 / P_jj, and weighs in proportion to its weight times the density it gives
    the cells [1]_. Under a Student's t component the column follows a t distribution in one dimension too [2]_, whose
    deviation is taken to be half the width of the interval in which it lies as often as a normal value lies within one
    standard deviation. A column that no cell tells of is predicted by the mixture.

    Parameters
    ----------
    mixture : Mixture
        The distribution. Its noise predicts nothing.

    References
    ----------
    .. [1] Bishop (2006), "Pattern Recognition and Machine Learning", section 2.3.1.
    .. [2] Ding (2016), "On the conditional distribution of the multivariate t distribution", The American
       Statistician 70.

    Examples
    --------
    >>> from mixtura import Full
    >>> predictor = Predictor(Mixture([1.0], [[0.0, 0.0]], Full([[[1.0, 0.8], [0.8, 1.0]]], 1, 2)))
    >>> predictor(np.array([[2.0, -1.0]])).expected.round(3)
    array([[-0.8,  1.6]])
    >>> predictor(np.array([[2.0, -1.0]]), left_out=np.array([[False, True]])).expected.round(3)
    array([[0. , 1.6]])
    """

    def __init__(self, mixture: Mixture) -> None:
        self._mixture = without_noise(mixture)
        self._complete = _Conditionals(self._mixture)

    def __call__(self, rows: Floats, left_out: Bools | None = None) -> Prediction:
        """Return the prediction for each value of some rows, those of missing cells and of cells left out too.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_columns)
            Rows in the units of the mixture; NaN marks a missing value.
        left_out : ndarray of bool, shape (n_rows, n_columns), optional
            Cells that predict nothing.
        """
        out = np.zeros(rows.shape, np.bool_) if left_out is None else left_out
        result = Prediction(np.empty(rows.shape), np.empty(rows.shape))
        for known, which in patterns_of(rows):
            here = np.arange(len(rows))[which]
            if known.all():
                for whole, part in zip(result, self._complete(rows[here], out[here]), strict=True):
                    whole[here] = part
            else:
                self._of_some(rows, out, np.flatnonzero(known), here, result)
        return result

    def _of_some(self, rows: Floats, out: Bools, known: Integers, here: Integers, result: Prediction) -> None:
        """Fill in the predictions for rows that have values in some columns only."""
        cells = np.ix_(here, known)
        have, skipped = rows[cells], out[cells]
        if len(known):
            part = _Conditionals(self._mixture.marginal(known.tolist()))(have, skipped)
            result.expected[cells], result.deviation[cells] = part
        skipped = np.column_stack([skipped, np.ones(len(here), np.bool_)])
        for column in np.setdiff1d(np.arange(rows.shape[1]), known).tolist():
            joined = _Conditionals(self._mixture.marginal([*known.tolist(), column]))
            part = joined(np.column_stack([have, np.zeros(len(here))]), skipped)
            result.expected[here, column], result.deviation[here, column] = (values[:, -1] for values in part)


class _Conditionals:
    """The distribution of each column given others, under each component of a mixture without noise."""

    def __init__(self, mixture: Mixture) -> None:
        some = mixture.weights > 0
        self._log_weights = np.log(mixture.weights[some])
        self._means = mixture.means[some]
        degrees = mixture.degrees_of_freedom
        self._degrees = None if degrees is None else degrees[some]
        self._covariances = mixture.covariance.dense[some]
        self._among_all = _Among.of(self._covariances, self._log_weights, np.zeros((1, 0), np.int64))

    def __call__(self, rows: Floats, out: Bools) -> Prediction:
        """Return the prediction for each value of complete rows by those that are not left out."""
        result = Prediction(np.empty(rows.shape), np.empty(rows.shape))
        counts = out.sum(axis=1)
        for count in np.unique(counts).tolist():
            here = np.flatnonzero(counts == count)
            skipped = np.nonzero(out[here])[1].reshape(len(here), count)
            if count:  # rows that skip the same columns share their factors
                order = np.lexsort(skipped.T)
                here, skipped = here[order], skipped[order]
            for piece in self._pieces(len(here), count):
                for whole, part in zip(result, self._describe(rows[here[piece]], skipped[piece]), strict=True):
                    whole[here[piece]] = part
        return result

    def _pieces(self, n_rows: int, count: int) -> Iterator[slice]:
        per_row = self._means.size * (self._means.shape[1] if count else 1)
        size = max(1, _AT_ONCE // per_row)
        for first in range(0, n_rows, size):
            yield slice(first, first + size)

    def _describe(self, rows: Floats, skipped: Integers) -> Prediction:
        """Return the prediction by all cells but those skipped, as many in each row; arrays are (n, K, columns)."""
        among = self._among_all
        if skipped.size:
            new = np.append(True, (np.diff(skipped, axis=0) != 0).any(axis=1))
            among = _Among.of(self._covariances, self._log_weights, skipped[new]).take(np.cumsum(new) - 1)
        farthest = _FARTHEST * np.minimum(among.deviations, 1)
        with np.errstate(over="ignore"):
            apart = np.clip(rows[:, None] - self._means, -farthest, farthest)
        np.put_along_axis(apart, skipped[:, None], 0.0, axis=2)
        predicted = _times(apart, among.slopes)
        others = among.distances(apart, predicted)
        log_weights = among.log_constants
        within = among.deviations**2
        if self._degrees is None:
            log_weights = log_weights - others / 2
        else:
            n_given = among.is_known.sum(axis=2, keepdims=True) - among.is_known
            factors, within = _student(self._degrees[:, None], within, others, n_given)
            log_weights = log_weights + factors
        weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        means = self._means + predicted
        expected = (weights * means).sum(axis=1)
        variance = (weights * (within + (means - expected[:, None]) ** 2)).sum(axis=1)
        return Prediction(expected, np.sqrt(variance))


class _Among(NamedTuple):
    """The precisions of the columns that some rows know, each row less the columns that it skips: one, or one a row.

    Columns that are skipped count as independent of the others. Covariances are factored anew: differences of
    precisions lose all digits where some columns nearly determine others.
    """

    is_known: Bools
    whiten: Floats
    slopes: Floats
    log_constants: Floats
    deviations: Floats

    @classmethod
    def of(cls, covariances: Floats, log_weights: Floats, skipped: Integers) -> Self:
        """Return those of rows that skip columns, as many in each row."""
        n_rows, count = skipped.shape
        rows = np.arange(n_rows)[:, None]
        n_columns = covariances.shape[1]
        is_known = np.ones((n_rows, 1, n_columns), np.bool_)
        is_known[rows, 0, skipped] = False
        known = is_known[..., None] & is_known[:, :, None]
        factors = np.linalg.cholesky(np.where(known, covariances, np.eye(n_columns)))
        whiten: Floats = np.linalg.inv(factors).astype(np.float64, copy=False)
        precisions = whiten.transpose(0, 1, 3, 2) @ whiten
        variances = 1 / np.diagonal(precisions, axis1=2, axis2=3)
        slopes = -precisions * variances[:, :, None]
        log_scales = np.log(np.diagonal(factors, axis1=2, axis2=3)).sum(axis=2)
        log_constants = (log_weights - log_scales)[..., None] + np.log(variances) / 2
        if count:
            between = covariances[:, skipped].transpose(1, 0, 2, 3)
            whitened = np.where(is_known[:, :, None], between, 0.0) @ whiten.transpose(0, 1, 3, 2)
            slopes[rows, :, :, skipped] = (whitened @ whiten).transpose(0, 2, 1, 3)
            own = covariances[:, skipped, skipped].transpose(1, 2, 0)
            left = own - (whitened**2).sum(axis=3).transpose(0, 2, 1)
            variances[rows, :, skipped] = np.maximum(left, _LEAST_LEFT * own)
        diagonal = np.arange(n_columns)
        slopes[..., diagonal, diagonal] = 0
        return cls(is_known, whiten, slopes, log_constants, np.sqrt(variances))

    def take(self, rows: Integers) -> "_Among":
        """Return those of rows, which name theirs among these."""
        parts: tuple[NDArray[Any], ...] = self
        return self if len(self.is_known) == 1 else _Among(*(part[rows] for part in parts))

    def distances(self, apart: Floats, predicted: Floats) -> Floats:
        """Return the squared distance of the other known cells of each row, for each column.

        It is that of all of them less the square of the column's own distance. Where both are huge, it is that of the
        row with what is predicted in this column.
        """
        predicted = np.where(self.is_known, predicted, 0.0)
        own = (apart - predicted) / self.deviations
        whitened = _times(apart, self.whiten.transpose(0, 1, 3, 2))
        squares = (whitened**2).sum(axis=2)
        others: Floats = np.maximum(squares[..., None] - own**2, 0)
        far, which = np.nonzero(squares > _FAR)
        for row, k in zip(far.tolist(), which.tolist(), strict=True):
            repaired = np.where(np.eye(apart.shape[2], dtype=np.bool_), predicted[row, k], apart[row, k])
            rest = repaired @ self.whiten[min(row, len(self.whiten) - 1), k].T
            others[row, k] = (rest**2).sum(axis=1)
        return others


def _times(rows: Floats, matrices: Floats) -> Floats:
    """Return rows of shape (n, K, d) times matrices of shape (n or 1, K, d, d)."""
    if len(matrices) == 1:
        return np.ascontiguousarray((rows.transpose(1, 0, 2) @ matrices[0]).transpose(1, 0, 2))
    return np.asarray((rows[:, :, None] @ matrices)[:, :, 0])


def _student(degrees: Floats, variances: Floats, others: Floats, n_given: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return the logarithm of what t components weigh by the given columns beside constants, and the variances.

    A column given q others has nu + q degrees of freedom, and its scale is that of a normal column times the root of
    (nu + distance of the others) / (nu + q), Ding (2016).
    """
    left = degrees + n_given
    factors = gammaln(left / 2) - gammaln(degrees / 2) - n_given / 2 * np.log(degrees / 2)
    factors = factors - left / 2 * np.log1p(others / degrees)
    return factors, variances * (degrees + others) / left * stdtrit(left, ndtr(1.0)) ** 2
