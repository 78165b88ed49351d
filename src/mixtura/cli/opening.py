"""A table opened for a command, and where its result goes, checked before the work begins."""

import glob
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ..display.summary import LeftOutColumn
from ..errors import ColumnError, SourceError
from ..rows import TableRows, TableWriter, is_query, open, open_writer
from ..rows.columns import Missing
from .options import default_out


@dataclass(frozen=True)
class Place:
    """Where a command writes.

    Attributes
    ----------
    out : str
        The scored table.
    saved : str or None
        The model.
    writer : TableWriter
        Writes `out`.
    """

    out: str
    saved: str | None
    writer: AbstractContextManager[TableWriter]


def open_place(source: str, out: str | None, saved: str | None = None, reference: str | None = None) -> Place:
    """Check where the result and the model are to go, so that a long fit is not done in vain.

    Raises
    ------
    SourceError
        The ending of `out` is unknown, a folder is missing or cannot be written to, or a file would replace the table
        that is read.
    """
    query = is_query(source)
    out = default_out(source, query=query) if out is None else out
    for path in (out,) if saved is None else (out, saved):
        folder = Path(path).expanduser().absolute().parent
        if folder.is_dir() and not os.access(folder, os.W_OK):
            raise SourceError(f"cannot write to the folder {folder}: choose another place for {Path(path).name}")
        for read in (source,) if reference is None else (source, reference):
            if read != "-" and not is_query(read):
                _keep_source(read, path)
    if saved is not None:
        _check_model_place(Path(saved).expanduser(), Path(out).expanduser())
    return Place(out, saved, open_writer(out))


def _keep_source(source: str, path: str) -> None:
    target = Path(path).expanduser()
    read = [Path(source), *map(Path, glob.glob(source, recursive=True))]
    if target.exists() and any(file.exists() and file.samefile(target) for file in read):
        raise SourceError(f"{path} is the table that is read, and would be replaced: choose another name")


def _check_model_place(model: Path, out: Path) -> None:
    if model.is_dir():
        raise SourceError(f"{model} is a folder: name a file in it")
    if not model.absolute().parent.is_dir():
        raise SourceError(f"there is no folder {model.absolute().parent} to save {model.name} to: make it first")
    if model.absolute() == out.absolute():
        raise SourceError(f"{model} cannot hold both the result and the model: give them different names")


def open_table(
    source: str,
    columns: Sequence[str] | None,
    drop: Sequence[str] | None,
    new_columns: Sequence[str],
    *,
    takes_missing: bool,
) -> TableRows:
    """Open a table, with missing values where the model takes them, and check that it has none of the new columns yet.

    Raises
    ------
    MixturaError
        The table cannot be read, or has a column of such a name.
    """
    missing: Missing = "allow" if takes_missing else "error"
    rows = cast(TableRows, open(source, columns=columns, drop=drop, non_numeric="drop", missing=missing))
    first, _ = next(iter(rows.tables()))
    clash = [name for name in new_columns if name in first.column_names]
    if clash:
        raise ColumnError(
            f"{label(source)} has a column {clash[0]!r} already, perhaps from an earlier run: "
            "rename it, or take it out of the table"
        )
    return rows


def without_labels(columns: list[str] | None, drop: list[str] | None, labels: str | None) -> list[str] | None:
    """Return the columns not to use when one of a table holds labels.

    Raises
    ------
    ColumnError
        The labels are among the columns to use.
    """
    if labels is None or columns is None:
        return drop if labels is None else [*(drop or []), labels]
    if labels in columns:
        raise ColumnError(f"column {labels!r} cannot be both used and a label: leave it out of --columns")
    return drop


def label(source: str) -> str:
    """Return what a source is called in sentences: its path, "standard input" or "the query"."""
    if source == "-":
        return "standard input"
    return "the query" if is_query(source) else source


def left_out_columns(rows: TableRows) -> tuple[LeftOutColumn, ...]:
    """Return the columns of a table that hold no numbers."""
    return tuple(LeftOutColumn(column.name, column.reason) for column in rows.left_out)
