"""The cells of a column as JSON."""

import json
import math
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...optional import need

if TYPE_CHECKING:
    import pyarrow as pa


def json_texts(column: "pa.ChunkedArray | pa.Array") -> list[str]:
    """Return the cells of a column as JSON; NaN and infinity are null, numbers keep all their digits.

    Examples
    --------
    >>> import pyarrow as pa
    >>> json_texts(pa.array([2**63, None], pa.uint64())), json_texts(pa.array([{"a": [0.5]}]))
    (['9223372036854775808', 'null'], ['{"a": [0.5]}'])
    """
    pa, compute = need("pyarrow", "writing JSON"), need("pyarrow.compute", "writing JSON")
    try:
        values = column.to_pylist()
    except (ValueError, OverflowError, KeyError, ImportError):
        # Python has no years past 9999, no nanoseconds, no unknown time zones.
        values = compute.cast(column, pa.string()).to_pylist()
    return [json_text(value) for value in values]


def held_texts(column: "pa.ChunkedArray | pa.Array") -> list[str]:
    """Return the cells of a column whose texts are JSON; what is none, as a text put in place of one, is quoted."""
    return [_held(text) for text in column.to_pylist()]


def _held(text: str | None) -> str:
    if text is None:
        return "null"
    try:
        json.loads(text)
    except ValueError:
        return _text(text)
    # Such characters are between values only.
    return text.replace("\n", " ").replace("\r", " ")


def json_text(value: Any) -> str:
    """Return a value as JSON."""
    return _WRITTEN.get(type(value), _other)(value)


def _other(value: Any) -> str:
    return json.dumps(str(value), ensure_ascii=False)


def _float(value: float) -> str:
    return repr(value) if math.isfinite(value) else "null"


def _decimal(value: Decimal) -> str:
    return f"{value:f}" if value.is_finite() else "null"


def _bytes(value: bytes) -> str:
    try:
        return _text(value.decode())
    except UnicodeDecodeError:
        return _text(value.hex())


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _items(values: Any) -> str:
    return f"[{', '.join(map(json_text, values))}]"


def _record(value: dict[Any, Any]) -> str:
    return f"{{{', '.join(f'{_text(str(key))}: {json_text(item)}' for key, item in value.items())}}}"


_WRITTEN: dict[type, Callable[[Any], str]] = {
    type(None): lambda value: "null",
    bool: lambda value: "true" if value else "false",
    int: str,
    float: _float,
    Decimal: _decimal,
    str: _text,
    bytes: _bytes,
    list: _items,
    tuple: _items,
    dict: _record,
}
