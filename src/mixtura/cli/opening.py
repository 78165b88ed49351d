"""A table opened for a command, and where its result goes, checked before the work begins."""

import glob
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import cast

from ..display.summary import LeftOutColumn
from ..errors import ColumnError, SourceError
from ..rows import TableRows, TableWriter, is_query, open, open_writer
from ..rows.columns import Missing
from .options import default_out
from .page import Page


@dataclass(frozen=True)
class Place:
    """Where a command writes.

    Attributes
    ----------
    out : str
        The scored table.
    saved : str or None
        The model.
    report : str or None
        The report.
    writer : TableWriter
        Writes `out`.
    page : Page
        Writes `report`.
    """

    out: str
    saved: str | None
    report: str | None
    writer: AbstractContextManager[TableWriter]
    page: Page


def open_place(
    source: str, out: str | None, saved: str | None = None, reference: str | None = None, report: str | None = None
) -> Place:
    """Check where the result, the model and the report are to go, so that a long fit is not done in vain.

    Raises
    ------
    SourceError
        The ending of `out` is unknown, a folder is missing or cannot be written to, a file would replace the table
        that is read, or the report would go to standard output.
    """
    query = is_query(source)
    out = default_out(source, query=query) if out is None else out
    places = {"the result": out, "the model": saved, "the report": report}
    asked = {what: path for what, path in places.items() if path is not None}
    for path in asked.values():
        _check_place(path, (source,) if reference is None else (source, reference))
    if saved is not None:
        _check_file(saved, "save")
    if report == "-":
        raise SourceError("the report cannot go to standard output, where the summary goes: name a file")
    if report is not None:
        _check_file(report, "write")
    for (one, path), (other, same) in combinations(asked.items(), 2):
        if _absolute(path) == _absolute(same):
            raise SourceError(f"{same} cannot hold both {one} and {other}: give them different names")
    return Place(out, saved, report, open_writer(out), Page(report))


def open_page(source: str, model: str, report: str) -> Page:
    """Check where a report on a table by a saved model is to go, and return what writes it; errors as `open_place`."""
    _check_place(report, (source,))
    _check_file(report, "write")
    if _absolute(report).exists() and Path(model).exists() and _absolute(report).samefile(model):
        raise SourceError(f"{report} is the model, and would be replaced: choose another name")
    return Page(report)


def _check_place(path: str, sources: Sequence[str]) -> None:
    folder = _absolute(path).parent
    if folder.is_dir() and not os.access(folder, os.W_OK):
        raise SourceError(f"cannot write to the folder {folder}: choose another place for {Path(path).name}")
    for read in sources:
        if read != "-" and not is_query(read):
            _keep_source(read, path)


def _keep_source(source: str, path: str) -> None:
    target = Path(path).expanduser()
    read = [Path(source), *map(Path, glob.glob(source, recursive=True))]
    if target.exists() and any(file.exists() and file.samefile(target) for file in read):
        raise SourceError(f"{path} is the table that is read, and would be replaced: choose another name")


def _check_file(path: str, verb: str) -> None:
    file = Path(path).expanduser()
    if file.is_dir():
        raise SourceError(f"{file} is a folder: name a file in it")
    if not file.absolute().parent.is_dir():
        raise SourceError(f"there is no folder {file.absolute().parent} to {verb} {file.name} to: make it first")


def _absolute(path: str) -> Path:
    return Path(path).expanduser().absolute()


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
