"""A table opened for the work on it."""

from collections.abc import Collection, Sequence
from typing import cast

from ..errors import ColumnError, EmptyTableError
from ..rows import TableRows, is_query, open
from ..rows.columns import Missing
from ..rows.own_columns import OwnColumns
from .former import former_columns
from .spelling import Spell, in_python
from .summary import LeftOutColumn


def open_table(
    source: str,
    columns: Sequence[str] | None,
    drop: Sequence[str] | None,
    new_columns: Sequence[str],
    *,
    takes_missing: bool,
    kept: Collection[str | None] = (),
    spell: Spell = in_python,
) -> TableRows:
    """Open a table, with missing values where the model takes them, and check that it has none of the new columns yet.

    Columns of an earlier run are no part of it, unless they are among `columns`, `drop` or `kept`.

    Raises
    ------
    MixturaError
        The table cannot be read, or has a column of such a name.
    """
    missing: Missing = "allow" if takes_missing else "error"
    rows = cast(TableRows, open(source, columns=columns, drop=drop, non_numeric="drop", missing=missing))
    first, _ = next(iter(rows.tables()))
    named = {*(columns or ()), *(drop or ()), *kept}
    former = [name for name in former_columns(first.column_names) if name not in named]
    clash = [name for name in new_columns if name in first.column_names and name not in former]
    if clash:
        raise ColumnError(
            f"{label(source)} has a column {clash[0]!r} already, perhaps from an earlier run: "
            "rename it, or take it out of the table"
        )
    if not former:
        return rows
    try:
        return OwnColumns(rows, former)
    except EmptyTableError as error:
        raise EmptyTableError(f"{error}: name them with {spell('columns')} to use them") from None


def without_labels(
    columns: list[str] | None, drop: list[str] | None, labels: str | None, spell: Spell = in_python
) -> list[str] | None:
    """Return the columns not to use when one of a table holds labels.

    Raises
    ------
    ColumnError
        The labels are among the columns to use.
    """
    if labels is None or columns is None:
        return drop if labels is None else [*(drop or []), labels]
    if labels in columns:
        raise ColumnError(f"column {labels!r} cannot be both used and a label: leave it out of {spell('columns')}")
    return drop


def label(source: str) -> str:
    """Return what a source is called in sentences: its path, "standard input" or "the query"."""
    if source == "-":
        return "standard input"
    return "the query" if is_query(source) else source


def left_out_columns(rows: TableRows) -> tuple[LeftOutColumn, ...]:
    """Return the columns of a table that are not used."""
    return tuple(LeftOutColumn(column.name, column.reason) for column in rows.left_out)
