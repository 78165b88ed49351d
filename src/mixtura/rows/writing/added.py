"""Columns that are added to a table."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...optional import need

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, eq=False)
class Lists:
    """A column of lists of texts.

    Attributes
    ----------
    values : sequence of (sequence of str, or None)
        A list for each row; None for none.
    texts : sequence of (str or None)
        The same in one text, for formats without lists.
    """

    values: Sequence[Sequence[str] | None]
    texts: Sequence[str | None]

    def take(self, rows: Sequence[int]) -> "Lists":
        """Return the column of some rows."""
        return Lists([self.values[row] for row in rows], [self.texts[row] for row in rows])


# An array; a list is text.
Added = Mapping[str, Any]


def taken(new: Added, rows: Sequence[int]) -> Added:
    """Return new columns of some rows."""
    return {name: _taken(values, rows) for name, values in new.items()}


def _taken(values: Any, rows: Sequence[int]) -> Any:
    if isinstance(values, Lists):
        return values.take(rows)
    return [values[row] for row in rows] if isinstance(values, list) else np.asarray(values)[rows]


def concatenated(parts: Sequence[Added]) -> Added:
    """Return new columns of some rows after the other."""
    return {name: _concatenated([part[name] for part in parts]) for name in parts[0]}


def _concatenated(parts: Sequence[Any]) -> Any:
    if isinstance(parts[0], Lists):
        return Lists([row for part in parts for row in part.values], [row for part in parts for row in part.texts])
    return [row for part in parts for row in part] if isinstance(parts[0], list) else np.concatenate(parts)


def free_name(name: str, taken: Collection[str]) -> str:
    """Return what a new column is called in a table of columns of some names.

    Examples
    --------
    >>> free_name("reason", ["amount", "reason"])
    'reason_'
    """
    while name in taken:
        name += "_"
    return name


def freely_named(new: Added, taken: Collection[str]) -> Added:
    """Return new columns by names that the columns of a table do not have."""
    return {free_name(name, taken): values for name, values in new.items()}


def with_added(table: "pa.Table", new: Added, told: Callable[[str], str], *, lists: bool = True) -> "pa.Table":
    """Return a table with new columns at its end.

    Parameters
    ----------
    table : pyarrow.Table
        The table.
    new : mapping of str to ndarray, list of (str or None) or Lists
        New columns by name.
    told : callable
        Returns names and text as they stand in the file.
    lists : bool
        Whether lists stay lists; else they are one text each.

    Examples
    --------
    >>> import pyarrow as pa
    >>> lists = Lists([["x", "y"], None], ["x, y", None])
    >>> with_added(pa.table({"x": [1, 2]}), {"which": lists}, str).to_pydict()
    {'x': [1, 2], 'which': [['x', 'y'], None]}
    >>> with_added(pa.table({"x": [1, 2]}), {"which": lists}, str, lists=False).to_pydict()
    {'x': [1, 2], 'which': ['x, y', None]}
    """
    pa = need("pyarrow", "writing tables")
    for name, values in new.items():
        if isinstance(values, Lists) and lists:
            column = pa.array(values.values, pa.list_(pa.string()))
        else:
            column = _column(values.texts if isinstance(values, Lists) else values, told)
        table = table.append_column(told(name), column)
    return table


def _column(values: Any, told: Callable[[str], str]) -> "pa.Array":
    pa = need("pyarrow", "writing tables")
    if not isinstance(values, list):
        return pa.array(np.asarray(values))
    if values.count(None) == len(values):
        # As nearly every block of reasons is: few rows are flagged.
        return pa.nulls(len(values), pa.string())
    return pa.array([None if value is None else told(value) for value in values], pa.string())
