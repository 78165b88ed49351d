"""JSON documents that are tables: one object in a file, written as records, one a line."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ...errors import SourceError
from ...words import listing
from ..disk.scratch import Scratch, no_room
from .orients import table_of

# Documents up to this size are read as a whole, which takes ten times as much memory. Records are read one by one.
_MOST_BYTES = 2**29

# A longer record than this DuckDB does not read either.
_LONGEST_LINE = 2**24


@dataclass(frozen=True)
class Records:
    """Records in a file.

    Attributes
    ----------
    file : Path
        The file.
    scratch : Scratch or None
        The temporary folder that it is in.
    notes : tuple of str
        What is to be said of how they were found.
    """

    file: Path
    scratch: Scratch | None = None
    notes: tuple[str, ...] = ()


def as_records(file: Path, label: str, inside: str | None = None) -> Records:
    """Return the records of a file: itself, or those of the document that it is.

    Raises
    ------
    SourceError
        There is no list of records, or several and `inside` names none; or the document is too large.
    """
    document = _document(file, label)
    if document is None:
        if inside is not None:
            raise SourceError(f"{label} is one list of records: leave out ::{inside}")
        return Records(file)
    found = None if inside is not None else table_of(document)
    if found is None:
        lists = dict(_lists(document))
        if inside is None and not lists:
            return Records(file)
        key = _chosen(lists, inside, label)
        others = [f"{name!r}" for name in document if name != key.partition(".")[0]]
        beside = f", and not what is beside it ({listing(others, 5)})" if others else ""
        found = lists[key], f"The list {key!r} of {label} is read{beside}."
    records, note = found
    scratch = Scratch()
    return Records(_written(records, scratch), scratch, (note,))


def _document(file: Path, label: str) -> dict[str, Any] | None:
    """Return the object that is all of a file; None if it holds something else, or is not to be read."""
    try:
        with file.open("rb") as stream:
            return _only_object(stream, label)
    except UnicodeDecodeError as error:
        raise SourceError(f"{label} is not UTF-8 text: save it as UTF-8") from error
    except OSError as error:
        raise SourceError(f"cannot read {label}: {error}") from error
    except (ValueError, RecursionError):
        return None  # The reader of records says what is wrong with it.


def _only_object(stream: BinaryIO, label: str) -> dict[str, Any] | None:
    first = stream.readline(_LONGEST_LINE)
    while first and not first.strip(b"\xef\xbb\xbf \t\r\n"):
        first = stream.readline(_LONGEST_LINE)
    if not first.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return None
    try:
        record = json.loads(first.decode("utf-8-sig"))
    except ValueError:
        pass
    else:
        following = iter(lambda: stream.read(2**16), b"")
        return None if any(piece.strip() for piece in following) else record
    rest = stream.read(_MOST_BYTES)
    if len(rest) == _MOST_BYTES and stream.read(1):
        raise SourceError(
            f"{label} is a document of more than {_MOST_BYTES // 2**20} MB that is not one record a line: "
            "write it as JSON lines"
        )
    document: dict[str, Any] = json.loads((first + rest).decode("utf-8-sig"))
    return document


def _lists(document: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, list[Any]]]:
    """Yield the lists of records in an object and the objects in it, with their keys."""
    for key, value in document.items():
        if isinstance(value, dict):
            yield from _lists(value, f"{before}{key}.")
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            yield f"{before}{key}", value


def _chosen(lists: Mapping[str, Any], inside: str | None, label: str) -> str:
    listed = listing([repr(key) for key in lists], 20)
    if inside is None and len(lists) == 1:
        return next(iter(lists))
    if inside is None:
        raise SourceError(
            f"{label} holds several lists of records: name one as {label}::{next(iter(lists))} (there are {listed})"
        )
    if inside not in lists:
        there = f"the lists are {listed}" if lists else "it has none"
        raise SourceError(f"{label} has no list of records {inside!r}: {there}")
    return inside


def _written(records: Iterable[Any], scratch: Scratch) -> Path:
    """Write records one a line."""
    file = scratch.folder / "records.jsonl"
    try:
        with file.open("w", encoding="utf-8", errors="replace") as stream:
            for record in records:
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")
    except OSError as error:
        raise no_room(scratch.folder.parent, error) from error
    return file
