"""What an estimator is given, as a table.

Arrays, and dataframes of numbers alone, go by scikit-learn's rules; everything else by `rows.open`, which leaves out
columns that do not hold numbers, unless the estimator takes all. The estimator remembers how such columns are read.
"""

import os
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_feature_names, _check_n_features, _check_sample_weight, validate_data

from ..columns.kinds.kind import Kind
from ..engines import engine_for, owner_of
from ..engines.progress import telling_rows
from ..engines.single import single_thread
from ..errors import ColumnError, DataError, EmptyTableError, warn
from ..rows import ArrayRows, LeftOut, Rows, SelectedRows, open, spool
from ..rows.blocks.block import Levels, levels_of
from ..rows.blocks.checks import quoted
from ..rows.blocks.columns import Missing, Takes, difference, positions_of
from ..rows.duck import is_connection
from ..rows.frames.frame import as_frame, check_names, holds_numbers, select
from ..rows.looked.decoded import DecodedRows, uses
from ..words import listing
from .extent import check_extent
from .table import Table

Source = Any

# What scikit-learn checks of an array or frame: numbers of these types, and NaN where a value may be missing.
_FLOATS = (np.dtype(np.float64), np.dtype(np.float32))
_NUMBERS: dict[str, Any] = {"dtype": list(_FLOATS)}
_FINITE: dict[Missing, Any] = {"allow": "allow-nan", "error": True}

# A column of more levels is no category unless it is named: histogram boosting has the same limit.
_MOST_LEVELS = 255

# Numbers of a table that is small.
_FEW = 4096

# Columns that a warning names.
_NAMED = 5


@contextmanager
def fitting_table(estimator: BaseEstimator, X: Source, sample_weight: ArrayLike | None) -> Iterator[Table]:
    """Give a table to fit, and note its columns on the estimator.

    A fit makes many passes, so that the numbers of a file or query are first copied to a temporary binary file. BLAS
    runs on one thread meanwhile: it only sees matrices of a few columns, which waking its threads makes slower.

    NaN and null are missing values, of which no column may consist. Sums of squares must stay finite numbers.
    """
    with single_thread("blas"), opened_table(estimator, X, sample_weight) as table:
        check_extent(table, names_of(estimator))
        yield table


@contextmanager
def opened_table(
    estimator: BaseEstimator,
    X: Source,
    sample_weight: ArrayLike | None = None,
    *,
    missing: Missing = "allow",
    at_least: int = 2,
) -> Iterator[Table]:
    """Give a table to fit, of at least so many rows, and note its columns on the estimator."""
    if _is_array_like(X):
        yield table_for(estimator, X, _rows_to_fit(estimator, X, sample_weight, missing, at_least))
        return
    rows = _opened(estimator, X, sample_weight, missing)
    _note_columns(estimator, rows)
    if owner_of(X) is not None:
        yield table_for(estimator, X, rows)
        return
    tell = telling_rows(getattr(estimator, "on_progress", None), "reading the table", rows.n_rows)
    with spool(rows, on_rows=tell) as spooled:
        _check_length(estimator, spooled.n_rows, at_least)
        yield table_for(estimator, X, spooled)


@contextmanager
def batch_table(estimator: BaseEstimator, X: Source, sample_weight: ArrayLike | None) -> Iterator[Table]:
    """Give one batch of a table: the first as a table to fit, which notes the columns."""
    if hasattr(estimator, "mixture_"):
        with single_thread("blas"):
            table = scoring_table(estimator, X, sample_weight)
            check_extent(table, names_of(estimator), complete=False)
            yield table
    else:
        with fitting_table(estimator, X, sample_weight) as table:
            yield table


def opened_once(estimator: BaseEstimator, X: Source, missing: Missing) -> Source:
    """Return a table that may be read twice: a file that changes between is refused, a stream is copied once."""
    return X if _is_array_like(X) or owner_of(X) is not None else _opened(estimator, X, None, missing)


@contextmanager
def kept_table(estimator: BaseEstimator, X: Source, sample_weight: ArrayLike | None) -> Iterator[Table]:
    """Give a table to answer for in many passes: a file or query is first copied to a temporary binary file."""
    table = scoring_table(estimator, X, sample_weight)
    if owner_of(X) is not None:
        yield table
        return
    with spool(table.rows) as kept:
        yield table.on(kept)


def scoring_table(
    estimator: BaseEstimator, X: Source, sample_weight: ArrayLike | None = None, *, missing: Missing = "allow"
) -> Table:
    """Return a table to answer for, with the columns that the estimator was fitted to."""
    return table_for(estimator, X, _scoring_rows(estimator, X, sample_weight, missing))


def table_for(estimator: BaseEstimator, X: Source, rows: Rows) -> Table:
    """Return the rows of a table, with where an estimator runs passes over them and whom it tells."""
    engine = engine_for(getattr(estimator, "engine", None), X)
    return Table(rows, engine, getattr(estimator, "on_progress", None))


def names_of(estimator: BaseEstimator) -> Any:
    """Return the names of the columns that an estimator is fitted to, None where they have none."""
    return getattr(estimator, "feature_names_in_", None)


def _scoring_rows(estimator: BaseEstimator, X: Source, sample_weight: ArrayLike | None, missing: Missing) -> Rows:
    if _is_array_like(X):
        return _rows_to_score(estimator, X, sample_weight, missing)
    names = names_of(estimator)
    if _is_rows(X) and sample_weight is None:
        rows = _by_name(estimator, X, names)
    else:
        choice: dict[str, Any] = {}
        if names is not None and not _is_rows(X) and (owner_of(X) is None or hasattr(X, "columns")):
            choice = {"columns": list(names), "kinds": getattr(estimator, "_kinds", None)}
            if owner_of(X) is None or _categories_of(estimator) is None:
                choice["takes"] = _takes(estimator)
        rows = _open(X, sample_weight, missing, **choice)
    if rows.n_columns != estimator.n_features_in_:
        raise ColumnError(
            f"the table has {rows.n_columns} columns, and {type(estimator).__name__} was fitted to "
            f"{estimator.n_features_in_}: give the same columns"
        )
    return rows


def _opened(estimator: BaseEstimator, X: Source, sample_weight: ArrayLike | None, missing: Missing) -> Rows:
    """Return the rows of a table to fit, and warn of the columns that are left out."""
    if _is_rows(X):
        return open(X, sample_weight=sample_weight, missing=missing)
    takes, categories = _takes(estimator), _categories_of(estimator)
    if categories is not None and owner_of(X) is None:
        rows = _open(X, sample_weight, missing, non_numeric="drop", takes=takes)
        return _with_categories(rows, categories) if isinstance(rows, DecodedRows) else rows
    takes = "numbers" if categories is not None else takes
    rows = _open(X, sample_weight, missing, non_numeric="drop", takes=takes)
    if isinstance(rows, DecodedRows):
        rows = rows.numbers_alone()
    left_out: tuple[LeftOut, ...] = getattr(rows, "left_out", ())
    if left_out:
        named = listing([f"{column.name!r} ({column.reason})" for column in left_out], _NAMED)
        judged_by = "rows are judged" if takes == "all" else "rows are judged by measurements alone,"
        warn(f"{judged_by} without columns {named}: make numbers of those that should count, and drop the others")
    return rows


def _with_categories(rows: DecodedRows, categories: Any) -> DecodedRows:
    """Return rows with their numbers and the categories asked for, and warn of the other columns."""
    everything = isinstance(categories, str)
    listed = (
        set() if everything else {each for each in np.asarray(categories).ravel().tolist() if isinstance(each, str)}
    )
    used, left = [], []
    for name in rows.names:
        kind = rows.kinds[name]
        levels = kind.coding.levels if kind.coding is not None and kind.coding.of == "values" else ()
        asked = 0 < len(levels) <= _MOST_LEVELS if everything else levels and name in listed
        if name in rows.columns and (kind.in_use or asked):
            used.append(name)
        else:
            left.append(f"{name!r} ({kind.told})")
    if left:
        warn(
            f"columns {listing(left, _NAMED)} are left out, which hold neither numbers nor categories that are asked "
            "for: name those that should count in categorical_features, and drop the others"
        )
    return rows.using(used) if left else rows


def _categories_of(estimator: BaseEstimator) -> Any:
    """Return what an estimator, or the one that it searches with, was given of categories; None where it takes none."""
    own = getattr(estimator, "categorical_features", None)
    return own if own is not None else getattr(getattr(estimator, "estimator", None), "categorical_features", None)


def _takes(estimator: BaseEstimator) -> Takes:
    """Return which columns of a table an estimator takes: those of levels too where it takes categories."""
    takes: Takes = getattr(estimator, "_takes", "numbers")
    return takes if _categories_of(estimator) is None else "all"


def _open(X: Source, sample_weight: ArrayLike | None, missing: Missing, **choice: Any) -> Rows:
    owner = owner_of(X)
    opened = open if owner is None else owner.open
    rows = opened(X, sample_weight=sample_weight, missing=missing, **choice)
    return rows.refusing_infinite() if hasattr(rows, "refusing_infinite") and not _is_rows(X) else rows


def _by_name(estimator: BaseEstimator, rows: Rows, names: NDArray[np.object_] | None) -> Rows:
    """Return rows with the columns that the estimator was fitted to, in their order, where both have names."""
    if names is None or rows.columns is None or rows.columns == tuple(names):
        return rows
    missing, _ = difference(rows.columns, list(names))
    if missing:
        raise ColumnError(
            f"the table has no {quoted(missing)}, and {type(estimator).__name__} was fitted with it: give the same "
            "columns"
        )
    return SelectedRows(rows, positions_of(list(names), rows.columns))


def _rows_to_fit(
    estimator: BaseEstimator, X: Source, sample_weight: ArrayLike | None, missing: Missing, at_least: int
) -> ArrayRows:
    """Return the rows of an array or dataframe, and note its columns."""
    frame = as_frame(X)
    if frame is not None:
        names = check_names(frame)
        if not holds_numbers(frame):
            weights = _validated_weights(sample_weight, frame)
            rows = _opened(estimator, frame, None, missing)
            _check_length(estimator, rows.n_rows, at_least)
            _note_columns(estimator, rows)
            _check_feature_names(estimator, select(frame, positions_of(rows.columns or (), names)), reset=True)
            return _array_rows(table_for(estimator, frame, rows).values(), weights, levels_of(rows))
        X = frame
    for name in ("_kinds", "_coded"):
        estimator.__dict__.pop(name, None)
    values = _validated(estimator, X, missing, ensure_min_samples=at_least)
    return _array_rows(values, _validated_weights(sample_weight, values))


def _rows_to_score(estimator: BaseEstimator, X: Source, sample_weight: ArrayLike | None, missing: Missing) -> ArrayRows:
    """Return the rows of an array or dataframe, whose columns are those that the estimator was fitted to."""
    if _is_ready(estimator, X):
        return _array_rows(X, _validated_weights(sample_weight, X))
    frame = as_frame(X)
    kinds: Mapping[str, Kind] | None = getattr(estimator, "_kinds", None)
    if frame is None or kinds is None:
        values = _validated(estimator, X if frame is None else frame, missing, reset=False)
        return _array_rows(values, _validated_weights(sample_weight, values))
    names = check_names(frame)
    known = set(names_of(estimator)) if _categories_of(estimator) is not None else set()
    takes = _takes(estimator)
    used = [name for name in names if name in known or name not in kinds or (not known and uses(kinds[name], takes))]
    numbers = select(frame, positions_of(used, names))
    _check_feature_names(estimator, numbers, reset=False)
    _check_n_features(estimator, numbers, reset=False)
    rows = _open(numbers, None, missing, columns=used, kinds=kinds, takes=takes)
    weights = _validated_weights(sample_weight, frame)
    return _array_rows(table_for(estimator, frame, rows).values(), weights, levels_of(rows))


def _is_ready(estimator: BaseEstimator, X: Source) -> TypeGuard[NDArray[Any]]:
    """Tell whether an array has few finite numbers in the columns that were fitted.

    scikit-learn's checks find nothing to say of it, and take longer than to score a row.
    """
    return (
        type(X) is np.ndarray
        and X.dtype in _FLOATS
        and 0 < X.size <= _FEW
        and X.shape[1:] == (getattr(estimator, "n_features_in_", None),)
        and names_of(estimator) is None
        and bool(np.isfinite(X).all())
    )


def _check_length(estimator: BaseEstimator, n_rows: int | None, at_least: int) -> None:
    if n_rows is not None and n_rows < at_least:
        raise EmptyTableError(
            f"the table has {n_rows} row(s), and {type(estimator).__name__} needs at least {at_least}"
        )


def _validated(estimator: BaseEstimator, X: Source, missing: Missing, **checks: Any) -> NDArray[Any]:
    """Return an array or frame as an array of numbers, by scikit-learn's rules, and note or compare its columns."""
    with np.errstate(invalid="ignore"):  # scikit-learn adds all numbers up, infinities of either sign too
        try:
            array: NDArray[Any] = validate_data(
                estimator, _unmasked(X), ensure_all_finite=_FINITE[missing], **checks, **_NUMBERS
            )
        except OverflowError as error:
            raise DataError(
                f"the table holds an integer beyond all float64 numbers ({error}): divide its column"
            ) from error
    return array


def _validated_weights(sample_weight: ArrayLike | None, X: NDArray[Any]) -> NDArray[np.float64] | None:
    if sample_weight is None:
        return None
    with np.errstate(invalid="ignore"):
        weights: NDArray[np.float64] = _check_sample_weight(
            sample_weight, X, dtype=np.float64, ensure_non_negative=True
        )
    return weights


def _array_rows(X: NDArray[Any], sample_weight: ArrayLike | None = None, levels: Levels | None = None) -> ArrayRows:
    missing: Missing = "allow" if np.isnan(X).any() else "error"
    return ArrayRows(X, sample_weight=sample_weight, checked=True, missing=missing, levels=levels)


def _unmasked(X: Source) -> Source:
    """Return a masked array with NaN for its masked values, whose mask scikit-learn would not see."""
    return np.ma.filled(X.astype(np.result_type(X.dtype, np.float32)), np.nan) if np.ma.isMaskedArray(X) else X


def _note_columns(estimator: BaseEstimator, rows: Rows) -> None:
    estimator.n_features_in_ = rows.n_columns
    if rows.columns is not None:
        estimator.feature_names_in_ = np.array(rows.columns, dtype=object)
    elif hasattr(estimator, "feature_names_in_"):
        del estimator.feature_names_in_
    kinds = getattr(rows, "kinds", None)
    if kinds is not None:
        estimator._kinds = kinds
    else:
        estimator.__dict__.pop("_kinds", None)
    levels = getattr(rows, "levels", None)
    estimator._coded = () if levels is None else tuple(place for place, some in enumerate(levels) if some is not None)


def coded_columns(estimator: BaseEstimator) -> tuple[int, ...]:
    """Return the positions of the columns whose numbers are codes of the levels of a table that was fitted."""
    coded: tuple[int, ...] = getattr(estimator, "_coded", ())
    return coded


def _is_rows(X: Source) -> bool:
    return hasattr(X, "blocks") and hasattr(X, "n_columns")


def _is_array_like(X: Source) -> bool:
    """Tell whether scikit-learn's rules are for X: of the rest `rows.open` says what it is, or what to give."""
    if isinstance(X, (str, os.PathLike)) or _is_rows(X) or hasattr(X, "read") or owner_of(X) is not None:
        return False
    if isinstance(X, (Mapping, Set, Iterator)) and not hasattr(X, "shape"):  # a sparse array may be a mapping
        return False
    # DuckDB's results, an Arrow reader and a lazy dataframe have rows to give, and NumPy takes them for objects.
    return hasattr(X, "__array__") or not (
        hasattr(X, "__arrow_c_stream__") or hasattr(X, "collect") or is_connection(X)
    )
