"""Cells of an .xlsx workbook that hold an error, such as #DIV/0!, which calamine gives as empty."""

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

_BOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"

# A cell of type "e": its attributes, and what is within.
_ERROR = re.compile(rb'<(?:\w+:)?c\b([^>]*\bt="e"[^>]*)>(.*?)</(?:\w+:)?c>', re.S)
_PLACE = re.compile(rb'\br="([A-Z]+)(\d+)"')
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)<")


def error_cells(file: Path, sheet: str) -> dict[tuple[int, int], str]:
    """Return the texts of the cells of a sheet that hold errors, by row and column from 0; none of other formats."""
    if not zipfile.is_zipfile(file):
        return {}
    with zipfile.ZipFile(file) as archive:
        member = _member(archive, sheet)
        content = b"" if member is None else archive.read(member)
    found = {}
    for attributes, inner in _ERROR.findall(content):
        place, value = _PLACE.search(attributes), _VALUE.search(inner)
        if place and value:
            found[int(place[2]) - 1, _column(place[1].decode())] = value[1].decode()
    return found


def _member(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """Return the file of an archive that has the cells of a sheet."""
    names = archive.namelist()
    if not {_BOOK, _RELATIONS} <= set(names):
        return None
    sheets = {node.get("name"): node.get(_RELATION) for node in ElementTree.fromstring(archive.read(_BOOK)).iter()}
    relations = ElementTree.fromstring(archive.read(_RELATIONS))
    targets = {node.get("Id"): node.get("Target", "") for node in relations}
    member = targets.get(sheets.get(sheet), "").removeprefix("/xl/")
    return f"xl/{member}" if f"xl/{member}" in names else None


def _column(letters: str) -> int:
    """Return the position of a column: A is 0, AA is 26.

    Examples
    --------
    >>> _column("A"), _column("AA")
    (0, 26)
    """
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1
