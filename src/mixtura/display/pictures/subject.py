"""What a picture is of: the questions it asks, put to a mixture, an estimator or a table model."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from ...detectors.density.model import DensityModel
from ...detectors.explanation import Explanation
from ...distributions.mixture import Mixture
from ...errors import ColumnError
from ...mixtures.em.fitted import mixture_of
from ...rows import open as open_rows
from ...tables.anomaly_scores import turned
from ...tables.models.table_model import TableModel
from .projection import in_units

Answer = Callable[[NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Subject:
    """A fitted model, in the units of the table.

    Attributes
    ----------
    name : str
        What it is called in messages.
    columns : tuple of str or None
        Names of its columns, where it has them.
    n_columns : int
        How many they are.
    score : callable
        Scores of rows, the lower the less they belong.
    threshold : float or None
        The score below which a row is an anomaly, where the model has one.
    takes_missing : bool
        Whether rows may have missing values.
    mixture : Mixture or None
        The distribution, where it is one.
    labels, responsibilities : callable or None
        The most probable component of each row, and the probabilities of all, where there are components.
    explain : callable or None
        The explanation of rows, where the model has one.
    """

    name: str
    columns: tuple[str, ...] | None
    n_columns: int
    score: Answer
    threshold: float | None
    takes_missing: bool
    mixture: Mixture | None = None
    labels: Answer | None = None
    responsibilities: Answer | None = None
    explain: Callable[[NDArray[Any]], Explanation] | None = None

    def read(self, X: Any) -> tuple[NDArray[Any], tuple[str, ...]]:
        """Return a table as an array with the columns of the model, and their names.

        Raises
        ------
        DataError
            It cannot be read, has infinite values, or other columns than the model.
        """
        if getattr(X, "ndim", 2) == 1:
            raise ColumnError("X is one row or column, not a table: give a table of one row, such as X[[0]] for X[0]")
        has_order_only = isinstance(X, (np.ndarray, list, tuple)) or hasattr(X, "blocks")
        rows = open_rows(X, columns=None if has_order_only else self.columns, missing="allow")
        if rows.n_columns != self.n_columns:
            raise ColumnError(f"the rows have {rows.n_columns} columns, and {self.name} {self.n_columns}")
        values = np.concatenate([block.values for block in rows.blocks()])
        names = self.columns or rows.columns
        return values, tuple(map(str, names)) if names is not None else self.names

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns; x0, x1 and so on where they have none."""
        return self.columns or tuple(f"x{column}" for column in range(self.n_columns))


def subject_of(estimator: Any) -> Subject:
    """Return what a picture can ask of a mixture, a table model or a fitted estimator.

    Raises
    ------
    TypeError
        It is none of these, or does not score rows.
    NotFittedError
        It is not fitted.
    """
    if isinstance(estimator, Mixture):
        return Subject("the mixture", None, estimator.n_features, takes_missing=True, **_of_mixture(estimator))
    if isinstance(estimator, TableModel):
        return _of_table_model(estimator)
    if not isinstance(estimator, BaseEstimator):
        raise TypeError(
            "a picture is made of a Mixture, a TableModel or a fitted estimator, not of an object of type "
            f"{type(estimator).__name__}"
        )
    check_is_fitted(estimator)
    return _of_estimator(estimator)


def _of_mixture(mixture: Mixture) -> dict[str, Any]:
    if not mixture.weights.any():
        raise ValueError("the mixture has only noise: there are no components to draw")
    return {
        "mixture": mixture,
        "score": mixture.log_density,
        "threshold": None,
        "labels": mixture.labels,
        "responsibilities": mixture.responsibilities,
        "explain": lambda X: DensityModel.of(mixture).explain(X),
    }


def _of_table_model(model: TableModel) -> Subject:
    mixture = None
    if isinstance(model.model, DensityModel):
        scaled = in_units(model.model.mixture, model.model.center, model.model.scale)
        mixture = in_units(scaled, model.center, model.scale)
    return Subject(
        "the model",
        model.columns,
        len(model.columns),
        score=lambda X: turned(model.scores(X)),
        threshold=None if model.threshold is None else turned(model.threshold),
        takes_missing=model.takes_missing,
        mixture=mixture,
        labels=model.labels if mixture is not None else None,
        responsibilities=model.responsibilities if mixture is not None else None,
        explain=model.explain,
    )


def _of_estimator(estimator: Any) -> Subject:
    """Return an estimator of this library or of scikit-learn, whose scores are its own."""
    names = getattr(estimator, "feature_names_in_", None)
    answers: dict[str, Any] = {}
    model, mixture = getattr(estimator, "model_", None), mixture_of(estimator)
    if isinstance(model, DensityModel):
        answers = _of_mixture(in_units(model.mixture, model.center, model.scale))
    elif mixture is not None:
        answers = _of_mixture(mixture) | {"labels": estimator.predict, "responsibilities": estimator.predict_proba}
    if hasattr(estimator, "explain"):
        answers["explain"] = estimator.explain
    answers["score"], answers["threshold"] = _scores_of(estimator)
    unnamed: dict[str, Any] = {key: _unnamed(answer) if callable(answer) else answer for key, answer in answers.items()}
    return Subject(
        type(estimator).__name__,
        None if names is None else tuple(map(str, names)),
        estimator.n_features_in_,
        takes_missing=get_tags(estimator).input_tags.allow_nan,
        **unnamed,
    )


def _scores_of(estimator: Any) -> tuple[Answer, float | None]:
    if hasattr(estimator, "score_samples") and hasattr(estimator, "offset_"):
        return estimator.score_samples, float(np.ravel(estimator.offset_)[0])
    if hasattr(estimator, "decision_function"):
        return estimator.decision_function, 0.0
    if hasattr(estimator, "score_samples"):
        return estimator.score_samples, None
    raise TypeError(
        f"this {type(estimator).__name__} has neither score_samples nor decision_function for rows that it was not "
        "fitted to: give a detector that has, or the scores of these rows to from_predictions"
    )


def _unnamed(answer: Callable[[NDArray[Any]], Any]) -> Callable[[NDArray[Any]], Any]:
    """Return a method that takes arrays of an estimator that was fitted to a frame, as it was chosen by its names."""

    def ask(X: NDArray[Any]) -> Any:
        with _names_are_known():
            return answer(X)

    return ask


@contextmanager
def _names_are_known() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X does not have valid feature names", UserWarning)
        yield
