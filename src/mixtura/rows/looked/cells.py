"""Some cells of a table as text, as people know them from the table itself."""

import json
import math
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...optional import need

if TYPE_CHECKING:
    import pyarrow as pa


def cells_of(table: "pa.Table", positions: Sequence[int], names: Sequence[str], *, most: int) -> list[tuple[str, ...]]:
    """Return what some rows of a table have in some of its columns, as text.

    Parameters
    ----------
    table : pyarrow.Table
        The table.
    positions : sequence of int
        Which rows, from 0.
    names : sequence of str
        Which columns.
    most : int
        Longer texts are cut to so many characters, the last of them an ellipsis.

    Returns
    -------
    list of tuple of str
        One tuple for each row; a missing value is empty text.

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = pa.table({"id": [7, None], "name": ["Anna", "Bartholomew"], "area": [1.5, float("nan")]})
    >>> cells_of(table, [1, 0], ["id", "name", "area"], most=8)
    [('', 'Barthol…', ''), ('7', 'Anna', '1.5')]
    """
    pa = need("pyarrow", "reading tables")
    taken = table.select(list(names)).take(pa.array(positions, pa.int64()))
    columns = [[_cut(_text(value), most) for value in _values(column)] for column in taken.columns]
    return list(zip(*columns, strict=True)) if columns else [()] * len(positions)


def _values(column: "pa.ChunkedArray") -> list[Any]:
    pa = need("pyarrow", "reading tables")
    # Python has no years past 9999, no unknown time zones, no text that is not Unicode; Arrow writes some of it.
    for target in (None, pa.string()):
        with suppress(ValueError, OverflowError, KeyError, ImportError, pa.ArrowException):
            values: list[Any] = (column if target is None else column.cast(target)).to_pylist()
            return values
    return ["…"] * len(column)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return "" if value is None else str(value)


def _number(value: float) -> str:
    if math.isnan(value):
        return ""
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
