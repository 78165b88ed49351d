"""Columns that an earlier run added to a table: what a model says is no measurement."""

from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import get_args

from ...rows.writing.outlets import FLAG, ROW
from .new_columns import Result, new_columns

# What results of former versions did not have.
_NEW_SINCE = ("flagged_columns", "expected")


def former_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that look like those of an earlier run: all that one result adds, next to one another.

    Examples
    --------
    >>> former_columns(["component", "age", "component", "probability", "anomaly_score", "is_anomaly", "reason"])
    ('component', 'probability', 'anomaly_score', 'is_anomaly', 'reason')
    >>> former_columns(["row", "age", "row_", "anomaly_score", "severity", "flagged_columns", "expected", "reason"])
    ('row_', 'anomaly_score', 'severity', 'flagged_columns', 'expected', 'reason')
    >>> former_columns(["severity", "reason", "age"])
    ()
    """
    # New columns have another name where the table has a column of that name.
    new = {name for added in _added() for name in added}
    called = [bare if (bare := name.rstrip("_")) in new else name for name in names]
    found: list[str] = []
    position = 0
    while position < len(names):
        added = next((added for added in _added() if tuple(called[position : position + len(added)]) == added), ())
        found += names[position : position + len(added)]
        position += len(added) or 1
    return tuple(found)


@cache
def _added() -> tuple[tuple[str, ...], ...]:
    """Return what each result adds, the longest first."""
    whole = {
        new_columns(result, components=components, clusters=clusters, p_values=p_values, severities=severities)
        for result in get_args(Result)
        for components, clusters, p_values, severities in product((False, True), repeat=4)
    }
    whole |= {tuple(name for name in added if name not in _NEW_SINCE) for added in whole}
    flagged = {(ROW, *(name for name in added if name != FLAG)) for added in whole if FLAG in added}
    return tuple(sorted(whole | flagged, key=len, reverse=True))
