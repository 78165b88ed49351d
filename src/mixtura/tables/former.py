"""Columns that an earlier run added to a table: what a model says is no measurement."""

from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import get_args

from .scoring import Result, new_columns


def former_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that look like those of an earlier run: all that one result adds, next to one another.

    Examples
    --------
    >>> former_columns(["component", "age", "component", "probability", "anomaly_score", "is_anomaly", "reason"])
    ('component', 'probability', 'anomaly_score', 'is_anomaly', 'reason')
    >>> former_columns(["severity", "reason", "age"])
    ()
    """
    found: list[str] = []
    position = 0
    while position < len(names):
        added = next((added for added in _added() if tuple(names[position : position + len(added)]) == added), ())
        found += added
        position += len(added) or 1
    return tuple(found)


@cache
def _added() -> tuple[tuple[str, ...], ...]:
    """Return what each result adds, the longest first."""
    added = {
        new_columns(result, components=components, clusters=clusters, p_values=p_values, severities=severities)
        for result in get_args(Result)
        for components, clusters, p_values, severities in product((False, True), repeat=4)
    }
    return tuple(sorted(added, key=len, reverse=True))
