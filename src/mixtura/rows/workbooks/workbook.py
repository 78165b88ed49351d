"""Workbooks (.xlsx, .xlsm, .xls, .xlsb, .ods): one sheet of them as a table."""

import difflib
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import EmptyTableError, SourceError
from ...optional import need
from ...words import listing
from ..blocks.reading import ReadingOptions
from .error_cells import error_cells
from .held import HeldPart
from .sheets import Grid, table_in

# Of the container that .xls files are, and workbooks that are locked by a password.
CONTAINER = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

ZIP = b"PK\x03\x04"

# Files that the zip archive of a workbook has, one of these sets, and other archives have not.
_MEMBERS = ({"xl/workbook.xml"}, {"xl/workbook.bin"}, {"content.xml", "META-INF/manifest.xml"})

_LOCKED = "EncryptedPackage".encode("utf-16-le")


def is_workbook(file: Path) -> bool:
    """Tell whether an archive is a workbook, and no other archive."""
    if not zipfile.is_zipfile(file):
        return True  # of the older container
    with zipfile.ZipFile(file) as archive:
        held = set(archive.namelist())
        return any(members <= held for members in _MEMBERS)


class WorkbookPart(HeldPart):
    """A sheet of a workbook, the first that is shown unless `inside` names another.

    Columns have the type of their cells; numbers that are all whole are integers, and cells of several types are text.

    Parameters
    ----------
    file : Path
        The workbook.
    label : str
        What messages call it.
    options : ReadingOptions
        Whether it has a header.
    inside : str, optional
        Name of the sheet.
    """

    def __init__(
        self, file: Path, label: str, options: ReadingOptions | None = None, inside: str | None = None
    ) -> None:
        options = options or ReadingOptions()
        replace(options, header=None).refuse_for(label)
        calamine = need("python_calamine", "reading workbooks")
        with _explained(file, label), file.open("rb") as stream:
            book = calamine.CalamineWorkbook.from_filelike(stream)
            sheets = {
                sheet.name: sheet.visible == calamine.SheetVisibleEnum.Visible
                for sheet in book.sheets_metadata
                if sheet.typ == calamine.SheetTypeEnum.WorkSheet
            }
            name = _chosen(sheets, inside, label)
            sheet = book.get_sheet_by_name(name)
            grid = [[None if cell == "" else cell for cell in row] for row in sheet.to_python(skip_empty_area=False)]
            merged = sheet.merged_cell_ranges or []
            _set_errors(grid, error_cells(file, name))
        found = table_in(grid, merged, has_header=options.header)
        if found is None:
            raise EmptyTableError(f"sheet {name!r} of {label} is empty: {_another(sheets, name)}")
        table, notes = found
        if inside is None and len(sheets) > 1:
            notes = [f"Sheet {name!r}, one of {len(sheets)}, is read: name another as {label}::SHEET.", *notes]
        super().__init__(table, label, tuple(notes))


@contextmanager
def _explained(file: Path, label: str) -> Iterator[None]:
    calamine = need("python_calamine", "reading workbooks")
    try:
        yield
    except calamine.PasswordError as error:
        raise _locked(label) from error
    except SourceError:
        raise
    except BaseException as error:
        # What calamine did not expect of a broken file comes as a panic of Rust, which is no Exception.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        content = file.read_bytes()
        if content.startswith(CONTAINER) and _LOCKED in content:
            raise _locked(label) from error
        if content.startswith((CONTAINER, ZIP)):
            raise SourceError(f"{label} is a broken workbook: open it in a spreadsheet, and save it again") from error
        raise SourceError(
            f"{label} is not a workbook: give it the ending of its format, such as .csv for delimited text"
        ) from error


def _locked(label: str) -> SourceError:
    return SourceError(f"{label} is protected by a password: save a copy without one")


def _chosen(sheets: dict[str, bool], inside: str | None, label: str) -> str:
    if not sheets:
        raise SourceError(f"{label} has no sheet of cells: put the table into one")
    if inside is None:
        return next((name for name, is_shown in sheets.items() if is_shown), next(iter(sheets)))
    if inside in sheets:
        return inside
    alike = [name for name in sheets if name.strip().lower() == inside.strip().lower()]
    if len(alike) == 1:
        return alike[0]
    close = difflib.get_close_matches(inside, sheets, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise SourceError(f"{label} has no sheet {inside!r}: {hint}the sheets are {_listed(sheets)}")


def _listed(sheets: Sequence[str] | dict[str, bool]) -> str:
    return listing([repr(name) for name in sheets], 20)


def _another(sheets: dict[str, bool], name: str) -> str:
    others = [other for other in sheets if other != name]
    if not others:
        return "it is the only one, put the table into it"
    return f"name another of its sheets behind ::, which are {_listed(others)}"


def _set_errors(grid: Grid, errors: dict[tuple[int, int], Any]) -> None:
    for (row, column), text in errors.items():
        if row < len(grid) and column < len(grid[row]) and grid[row][column] is None:
            grid[row][column] = text
