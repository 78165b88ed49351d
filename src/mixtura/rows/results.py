"""Small tables of results, as a dataframe when pandas is installed."""

from collections.abc import Mapping, Sequence
from typing import Any


def as_frame(columns: Mapping[str, Sequence[Any]]) -> Any:
    """Return columns of equal length as a pandas DataFrame, or as a dict of lists without pandas."""
    try:
        import pandas as pd  # noqa: PLC0415  # optional
    except ImportError:
        return {name: list(values) for name, values in columns.items()}
    return pd.DataFrame(dict(columns))
