"""What was found, as JSON."""

import dataclasses
import json
import math
from typing import Any


def as_json(found: Any, *, indent: int | None = 2) -> str:
    """Return a summary, a comparison or a report as JSON.

    Parameters
    ----------
    found : Summary, ComparisonSummary or Report
        The data: the keys are the names of the attributes, and a number that is not finite is null.
    indent : int or None, default=2
        Blanks before each level; None for one line, as short as possible.
    """
    separators = (",", ":") if indent is None else None
    return json.dumps(_plain(found), ensure_ascii=False, allow_nan=False, indent=indent, separators=separators)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value
