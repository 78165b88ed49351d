"""The columns that results add to a table."""

from collections.abc import Mapping
from typing import Literal

from ..models.table_model import TableModel

Result = Literal["scores", "decisions", "groups"]

# The columns that each result adds to the table.
_NEW_COLUMNS: Mapping[Result, tuple[str, ...]] = {
    "decisions": (
        *("anomaly_score", "severity", "is_anomaly", "p_value", "component", "cluster"),
        *("flagged_columns", "expected", "reason"),
    ),
    "scores": ("anomaly_score", "severity", "component", "cluster"),
    "groups": ("component", "cluster", "probability"),
}


def columns_of(model: TableModel, result: Result, *, rarity: bool = False) -> tuple[str, ...]:
    """Return the columns that a result of a model adds to a table; `rarity` is going to be known even if it is not."""
    return new_columns(
        result,
        components=model.has_components,
        clusters=model.clusters is not None,
        p_values=model.calibration is not None,
        severities=rarity or model.has_severities,
    )


def new_columns(
    result: Result, *, components: bool, clusters: bool, p_values: bool, severities: bool
) -> tuple[str, ...]:
    """Return the columns that a result adds to a table, by whether the model has what they say."""
    has = {"component": components, "cluster": clusters, "p_value": p_values, "severity": severities}
    absent = {name for name, there in has.items() if not there}
    return tuple(name for name in _NEW_COLUMNS[result] if name not in absent)
