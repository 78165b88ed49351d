"""A table opened for the work on it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from os import PathLike
from typing import Any, cast

from ...columns.kinds.kind import Kind
from ...engines import owner_of
from ...errors import ColumnError, EmptyTableError, RequestError
from ...rows import TableRows, is_query, open
from ...rows.blocks.columns import Absent, Choice, Missing, Takes
from ...rows.blocks.named import NamedRows
from ...rows.blocks.own_columns import OwnColumns
from ...rows.blocks.reading import ReadingOptions
from ...rows.frames.frame import as_frame, check_names
from ...rows.opening import is_path, open_raw
from ..asking.reading import AS_FOUND, Reading
from ..asking.spelling import Spell, in_python
from ..told.table import LeftOutColumn
from .former import former_columns

# What a table can come from: a file, a query, a dataframe, an array, rows.
Source = Any


def open_table(
    source: Source,
    columns: Sequence[str] | None,
    drop: Sequence[str] | None,
    *,
    takes_missing: bool,
    takes: Takes = "numbers",
    kept: Collection[str | None] = (),
    kinds: Mapping[str, Kind | str] | None = None,
    reading: Reading = AS_FOUND,
    spell: Spell = in_python,
    absent: Absent = "error",
) -> TableRows:
    """Open a table as a model takes it.

    Columns of an earlier run are no part of it, unless they are among `columns`, `drop` or `kept`.

    Raises
    ------
    MixturaError
        The table cannot be read.
    """
    missing: Missing = "allow" if takes_missing else "error"
    choice = Choice(columns, drop, missing=missing, takes=takes, absent=absent)
    rows = _opened(source, choice, kinds=reading.kinds if kinds is None else kinds, reading=reading)
    named = {*(columns or ()), *(drop or ()), *kept}
    former = [name for name in former_columns(rows.names) if name not in named]
    if not former:
        return rows
    try:
        return OwnColumns(rows, former)
    except EmptyTableError as error:
        raise EmptyTableError(f"{error}: name them with {spell('columns')} to use them") from None


def _opened(source: Source, choice: Choice, *, kinds: Mapping[str, Kind | str], reading: Reading) -> TableRows:
    owner = owner_of(source)
    if reading != AS_FOUND and has_no_names(source):
        raise RequestError(
            f"options that set how columns are read need a file or a dataframe, not {label(source)}: leave them out"
        )
    if owner is not None and options_of(reading) != ReadingOptions():
        raise RequestError(f"options that set how files are read need a file, not {label(source)}: leave them out")
    if has_no_names(source):
        opened = open if owner is None else owner.open
        return NamedRows(opened(source, missing=choice.missing), choice.columns, choice.drop)
    of_files = {**asdict(options_of(reading)), "absent": choice.absent} if owner is None else {}
    rows = (open if owner is None else owner.open)(
        source,
        columns=choice.columns,
        drop=choice.drop,
        non_numeric="drop",
        missing=choice.missing,
        takes=choice.takes,
        kinds=kinds,
        missing_marks=reading.missing,
        **of_files,
    )
    return cast(TableRows, rows)


def options_of(reading: Reading) -> ReadingOptions:
    """Return how files are to be read, whatever their columns hold."""
    return ReadingOptions(reading.header, reading.ragged, reading.file_column)


def has_no_names(source: Source) -> bool:
    """Tell whether a source is an array of whichever kind, or rows that are open already."""
    if isinstance(source, (list, tuple)):
        return True
    return hasattr(source, "blocks") or (hasattr(source, "__array__") and not hasattr(source, "columns"))


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


def label(source: Source) -> str:
    """Return what a source is called in sentences: its path, "standard input", "the query", "the DataFrame".

    Examples
    --------
    >>> label("-"), label("select 1"), label("data/x.csv"), label([[1.0, 2.0]])
    ('standard input', 'the query', 'data/x.csv', 'the list')
    """
    if isinstance(source, str):
        return "standard input" if source == "-" else "the query" if is_query(source) else source
    kind = type(source).__name__
    return "the array" if kind in ("ndarray", "Array") else f"the {kind}"


def names_in(source: Source, reading: Reading) -> tuple[str, ...] | None:
    """Return the names of the columns of a source that can be opened again; None of one that cannot."""
    frame = None if isinstance(source, (str, PathLike)) or has_no_names(source) else as_frame(source)
    if frame is not None:
        return tuple(check_names(frame))
    raw = open_raw(source, options_of(reading)) if is_path(source) else None
    return None if raw is None else tuple(raw.schema.names)


def coded_kinds(rows: TableRows) -> dict[str, Kind]:
    """Return what the columns of a table hold whose numbers are codes of levels."""
    kinds: Mapping[str, Kind] = getattr(rows, "kinds", None) or {}
    return {name: kinds[name] for name in rows.columns or () if name in kinds and kinds[name].coding is not None}


def left_out_columns(rows: TableRows) -> tuple[LeftOutColumn, ...]:
    """Return the columns of a table that are not used."""
    return tuple(LeftOutColumn(column.name, column.reason) for column in rows.left_out)
