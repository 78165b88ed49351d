"""What the detectors share: the answers that follow from a score and an offset."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import check_is_fitted

from ..engines import OnProgress
from ..intake.sources import Source, opened_once, scoring_table
from ..intake.table import Table
from ..rows import Block
from ..rows.blocks.columns import Missing
from ..statistics.shares import cut_of
from .explanation import Explanation
from .model import OutlierModel


class Detector(OutlierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Base of the detectors: `fit` of a subclass sets `model_` and `offset_`."""

    _missing: Missing = "error"

    on_progress: OnProgress | None
    model_: OutlierModel
    offset_: float

    def score_samples(self, X: Source) -> NDArray[np.float64]:
        """Return the score of each row, shape (n_rows,): the lower, the less it belongs.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table, with the columns that were fitted.
        """
        return self._table(X).watched("scoring").scores(self.model_)

    def decision_function(self, X: Source) -> NDArray[np.float64]:
        """Return `score_samples` of `X` less `offset_`, shape (n_rows,): negative for outliers."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Source) -> NDArray[np.int64]:
        """Return -1 for each row of `X` that is an outlier and 1 for each that belongs, shape (n_rows,)."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def fit_predict(self, X: Source, y: Any = None, **fit_parameters: Any) -> NDArray[np.int64]:
        """Fit, and return -1 for the outliers of `X` and 1 for rows that belong, shape (n_rows,).

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table.
        y : ignored
        **fit_parameters : dict
            What `fit` takes besides.
        """
        answers: NDArray[np.int64] = super().fit_predict(opened_once(self, X, self._missing), y, **fit_parameters)
        return answers

    def explain(self, X: Source) -> Explanation:
        """Return which cells of each row are wrong, and what they should have been.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The rows to explain; eight arrays of their size are returned. A repaired row scores `offset_` at least where
            a few cells suffice for that.

        Returns
        -------
        Explanation
        """
        table = self._table(X).watched("explaining")
        return Explanation.concatenate(list(table.map(partial(_explain, self.model_, self.offset_))))

    def _table(self, X: Source) -> Table:
        """Return a table to score."""
        check_is_fitted(self)
        return scoring_table(self, X, missing=self._missing)


def _explain(model: OutlierModel, offset: float, block: Block) -> Explanation:
    return model.explain(block.values, offset)


def offset_of(model: OutlierModel, table: Table, contamination: float) -> float:
    """Return the offset that makes a share of the rows outliers: of those with some value."""
    if not table.has_missing:
        return offset_for(table.scores(model), contamination)
    return offset_for(np.concatenate(list(table.map(partial(_scores_of_values, model)))), contamination)


def _scores_of_values(model: OutlierModel, block: Block) -> NDArray[np.float64]:
    return model.score_samples(block.values[~np.isnan(block.values).all(axis=1)])


def offset_for(scores: NDArray[Any], contamination: float) -> float:
    """Return the offset that makes a share of the rows outliers, as `mixtura.statistics.shares` says."""
    return cut_of(scores, contamination).threshold
