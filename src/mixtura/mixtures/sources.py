"""What an estimator is given, as rows: arrays and frames by scikit-learn's rules, everything else by `rows.open`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_sample_weight, validate_data
from threadpoolctl import threadpool_limits

from ..engines import is_dask, open_dask
from ..errors import ColumnError, EmptyTableError
from ..rows import ArrayRows, Rows, open, spool

Source = Any


@contextmanager
def fitting_rows(estimator: BaseEstimator, X: Source, sample_weight: ArrayLike | None) -> Iterator[Rows]:
    """Give the rows of a table to fit, and note its columns on the estimator.

    A fit makes many passes, so that the numbers of a file or query are first copied to a temporary binary file. BLAS
    runs on one thread meanwhile: it only sees matrices of a few columns, which waking its threads makes slower.
    """
    with threadpool_limits(1, user_api="blas"):
        yield from _fitting_rows(estimator, X, sample_weight)


def _fitting_rows(estimator: BaseEstimator, X: Source, sample_weight: ArrayLike | None) -> Iterator[Rows]:
    if _is_array_like(X):
        X = validate_data(estimator, X, dtype=[np.float64, np.float32], ensure_min_samples=2)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        yield ArrayRows(X, sample_weight=sample_weight, checked=True)
        return
    if is_dask(X):
        rows: Rows = open_dask(X, sample_weight=sample_weight)
        _note_columns(estimator, rows)
        yield rows
        return
    rows = open(X, sample_weight=sample_weight)
    _note_columns(estimator, rows)
    with spool(rows) as spooled:
        if spooled.n_rows < 2:
            raise EmptyTableError(f"the table has {spooled.n_rows} row(s), and a mixture needs at least 2")
        yield spooled


def scoring_rows(estimator: BaseEstimator, X: Source) -> Rows:
    """Return the rows of a table to score, with the columns that the estimator was fitted to."""
    if _is_array_like(X):
        return ArrayRows(validate_data(estimator, X, dtype=[np.float64, np.float32], reset=False), checked=True)
    names = getattr(estimator, "feature_names_in_", None)
    columns = None if names is None or _is_rows(X) else list(names)
    if is_dask(X):
        rows: Rows = open_dask(X, columns=columns if hasattr(X, "columns") else None)
    else:
        rows = open(X, columns=columns)
    if rows.n_columns != estimator.n_features_in_:
        raise ColumnError(
            f"the table has {rows.n_columns} columns, and {type(estimator).__name__} was fitted to "
            f"{estimator.n_features_in_}: give the same columns"
        )
    return rows


def _note_columns(estimator: BaseEstimator, rows: Rows) -> None:
    estimator.n_features_in_ = rows.n_columns
    if rows.columns is not None:
        estimator.feature_names_in_ = np.array(rows.columns, dtype=object)
    elif hasattr(estimator, "feature_names_in_"):
        del estimator.feature_names_in_


def _is_rows(X: Source) -> bool:
    return hasattr(X, "blocks") and hasattr(X, "n_columns")


def _is_array_like(X: Source) -> bool:
    return not (isinstance(X, (str, os.PathLike)) or _is_rows(X) or hasattr(X, "read") or is_dask(X))
