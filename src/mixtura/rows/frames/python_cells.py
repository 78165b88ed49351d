"""Cells as Python has them, each of a type of its own, as a column of one type."""

import datetime
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ...optional import need

if TYPE_CHECKING:
    import pyarrow as pa

# Whole numbers beyond are not all doubles.
_LARGEST_EXACT = 2.0**53

_DATES = {datetime.date, datetime.datetime}
_LENGTHS = {datetime.time, datetime.timedelta}


def typed(cells: Sequence[Any]) -> "pa.Array":
    """Return cells as a column; None is a missing value, and cells of several types become text.

    Examples
    --------
    >>> import datetime
    >>> typed([1.0, None, 2.0]).to_pylist(), typed([1.0, "n/a", 2.5]).to_pylist()
    ([1, None, 2], ['1', 'n/a', '2.5'])
    """
    pa = need("pyarrow", "reading tables")
    present = [cell for cell in cells if cell is not None]
    types = {type(cell) for cell in present}
    if not types:
        return pa.nulls(len(cells))
    if types <= {int, float}:
        whole = all(float(cell).is_integer() and abs(cell) <= _LARGEST_EXACT for cell in present)
        return _array(cells, pa.int64(), int) if whole else _array(cells, pa.float64(), float)
    if len(types) == 1:
        return pa.array(cells)
    if types == _DATES:
        return _array(cells, pa.timestamp("us"), _at_its_time)
    if types == _LENGTHS:
        return _array(cells, pa.duration("us"), _since_midnight)
    return _array(cells, pa.string(), shown)


def _array(cells: Iterable[Any], arrow_type: Any, convert: Any) -> "pa.Array":
    pa = need("pyarrow", "reading tables")
    return pa.array([None if cell is None else convert(cell) for cell in cells], arrow_type)


def _at_its_time(cell: datetime.date) -> datetime.datetime:
    if isinstance(cell, datetime.datetime):
        return cell
    return datetime.datetime.combine(cell, datetime.time())


def _since_midnight(cell: datetime.time | datetime.timedelta) -> datetime.timedelta:
    if isinstance(cell, datetime.timedelta):
        return cell
    return datetime.datetime.combine(datetime.date.min, cell) - datetime.datetime.min


def shown(cell: Any) -> str:
    """Return a cell as text: a whole number without a fraction, truth in capitals as spreadsheets show it.

    Examples
    --------
    >>> shown(12.0), shown(0.5), shown(True), shown("x")
    ('12', '0.5', 'TRUE', 'x')
    """
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return repr(cell).removesuffix(".0")
    if isinstance(cell, bytes):
        return cell.hex()
    return str(cell)
