"""Arrow columns whose type is one for dates, times of day or durations, as numbers."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ...optional import need
from ...typing import Floats
from .clocks import DAY
from .durations import UNITS

if TYPE_CHECKING:
    import pyarrow as pa

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_INTERVAL = np.dtype([("months", np.int32), ("days", np.int32), ("nanoseconds", np.int64)])


def typed_days(cells: "pa.Array") -> Floats | None:
    """Return dates as days since 1970-01-01, NaN where missing; None where the type is none of dates.

    Parameters
    ----------
    cells : pyarrow Array
        A column of any type.
    """
    types = need("pyarrow", "reading dates").types
    if types.is_date(cells.type):
        return _counts(cells) / (1 if types.is_date32(cells.type) else DAY * 1000)
    return _counts(cells) / (DAY * _PER_SECOND[cells.type.unit]) if types.is_timestamp(cells.type) else None


def typed_times(cells: "pa.Array") -> Floats | None:
    """Return times of day as seconds, NaN where missing; None where the type is none of times.

    Parameters
    ----------
    cells : pyarrow Array
        A column of any type.
    """
    types = need("pyarrow", "reading dates").types
    return _counts(cells) / _PER_SECOND[cells.type.unit] if types.is_time(cells.type) else None


def typed_lengths(cells: "pa.Array") -> Floats | None:
    """Return durations and intervals as seconds, NaN where missing; None where the type is none of them.

    Parameters
    ----------
    cells : pyarrow Array
        A column of any type; a month has its mean length.
    """
    pa: Any = need("pyarrow", "reading dates")
    if pa.types.is_duration(cells.type):
        return _counts(cells) / _PER_SECOND[cells.type.unit]
    if cells.type != pa.month_day_nano_interval():
        return None
    parts = np.frombuffer(cells.buffers()[1], _INTERVAL)[cells.offset : cells.offset + len(cells)]
    seconds = parts["months"] * float(UNITS["months"][1]) + parts["days"] * float(DAY) + parts["nanoseconds"] / 1e9
    return np.where(cells.is_valid().to_numpy(zero_copy_only=False), seconds, np.nan)


def _counts(cells: "pa.Array") -> Floats:
    """Return what a type counts, NaN where missing."""
    pa: Any = need("pyarrow", "reading dates")
    whole = pa.int32() if cells.type.bit_width == 32 else pa.int64()
    counts = cells.view(whole)
    valid = counts.is_valid().to_numpy(zero_copy_only=False)
    return np.where(valid, counts.fill_null(0).to_numpy(zero_copy_only=False), np.nan)
