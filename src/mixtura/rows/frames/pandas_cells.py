"""Columns of pandas as Arrow arrays, whatever they hold."""

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from ...optional import need

if TYPE_CHECKING:
    import pyarrow as pa

# Objects that are looked at together.
_OBJECTS_AT_ONCE = 2**16


def plain(column: Any) -> Any:
    """Return a column of pandas, categories that Arrow has no type for as text, such as intervals."""
    pa = need("pyarrow", "reading dataframes")
    if not hasattr(column, "cat") or column.dtype.name != "category":
        return column
    categories = column.cat.categories
    if not len(categories):
        return column.cat.set_categories(categories.astype(str))
    try:
        if not isinstance(pa.Array.from_pandas(categories).type, pa.BaseExtensionType):
            return column
    except _faults():
        pass
    return column.cat.rename_categories([text_of(category) for category in categories])


def arrow_type_of(column: Any) -> "pa.DataType":
    """Return the Arrow type of a column of pandas: of text where its values have no type in common."""
    pa = need("pyarrow", "reading dataframes")
    if column.dtype == object:
        return _type_of_objects(column.to_numpy())
    try:
        return pa.Array.from_pandas(_dense(column.iloc[:0])).type
    except _faults():
        return pa.string()


def arrow_cells(column: Any, kind: "pa.DataType") -> "pa.Array | pa.ChunkedArray":
    """Return a column of pandas, or some of its rows, as cells of an Arrow type; what does not fit text as text."""
    pa = need("pyarrow", "reading dataframes")
    try:
        return pa.Array.from_pandas(_dense(column), type=kind)
    except _faults():
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            raise
    missing = np.asarray(column.isna())
    texts = [None if absent else text_of(value) for value, absent in zip(column, missing, strict=True)]
    return pa.array(texts, kind)


def text_of(value: Any) -> str:
    """Return a value as text that every encoding can write."""
    text = value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)
    return text.encode(errors="backslashreplace").decode()


def _dense(column: Any) -> Any:
    """Return a column of pandas with the values that a sparse one leaves out."""
    return np.asarray(column) if hasattr(column.dtype, "subtype") and hasattr(column, "sparse") else column


def _type_of_objects(values: Any) -> "pa.DataType":
    """Return the type that holds all objects as they are, from all of them: the first may be missing."""
    pa, nat = need("pyarrow", "reading dataframes"), need("pandas", "reading dataframes").NaT
    try:
        kind = pa.infer_type(values, from_pandas=True)
        if pa.types.is_date(kind) and any(isinstance(value, datetime.datetime) for value in values if value is not nat):
            return pa.string()  # As dates they would lose their times.
        for first in range(0, len(values), _OBJECTS_AT_ONCE):
            pa.array(values[first : first + _OBJECTS_AT_ONCE], kind, from_pandas=True)
    except _faults():
        return pa.string()
    return pa.string() if isinstance(kind, pa.BaseExtensionType) else kind


def _faults() -> tuple[type[Exception], ...]:
    """Return what Arrow raises where values do not fit a type, or text is no Unicode."""
    pa = need("pyarrow", "reading dataframes")
    return (pa.ArrowException, TypeError, ValueError, OverflowError)
