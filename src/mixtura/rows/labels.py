"""The labels of the rows of a file or query: which are known to be anomalies."""

from collections.abc import Iterator
from contextlib import suppress
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ColumnError, DataError
from .blocks.table_rows import TableRows
from .reviewed import Reviewed

if TYPE_CHECKING:
    import pyarrow as pa

_MEANING = {
    **dict.fromkeys(("1", "true", "yes"), 1.0),
    **dict.fromkeys(("0", "false", "no"), 0.0),
    **dict.fromkeys(("", "nan", "na", "n/a", "null", "none", "<na>", "#n/a"), np.nan),
}


def read_labels(table: TableRows, name: str | Reviewed) -> Iterator[NDArray[np.float64]]:
    """Yield the labels of each block of a table: 1 for an anomaly, 0 for a row that belongs, NaN where unknown.

    Parameters
    ----------
    table : TableRows
        The table.
    name : str or Reviewed
        What was marked by hand; or a column of 0 and 1, true and false, or yes and no, as numbers, truth values or
        text in any case; nulls and empty text are unknown.

    Raises
    ------
    ColumnError
        There is no such column.
    DataError
        A label is none of these.
    """
    for arrow, block in table.tables():
        yield labels_of(arrow, name, block.first_row)


def labels_of(arrow: "pa.Table", name: str | Reviewed, first_row: int) -> NDArray[np.float64]:
    """Return the labels of consecutive rows, the first of which is `first_row` of its table; see `read_labels`."""
    if isinstance(name, Reviewed):
        return name.labels(first_row, arrow.num_rows)
    if name not in arrow.column_names:
        raise ColumnError(f"there is no column {name!r} for the labels: name one of {', '.join(arrow.column_names)}")
    words = [_word(value) for value in arrow.column(name).to_pylist()]
    labels = np.array([_MEANING.get(word, np.inf) for word in words])
    wrong = np.flatnonzero(np.isinf(labels))
    if len(wrong):
        raise DataError(
            f"the label in column {name!r} of data row {first_row + int(wrong[0]) + 1} is "
            f"{words[wrong[0]]!r}: use 1 or true for anomalies, 0 or false for rows that belong, and nothing where "
            "that is unknown"
        )
    return labels


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Real):
        return f"{float(value):g}"
    text = "" if value is None else str(value).strip().lower()
    with suppress(ValueError):
        return f"{float(text):g}"
    return text
