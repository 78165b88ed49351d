"""Folders that are tables: all files in them, and in folders below that are named KEY=VALUE, which are columns."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ...errors import SourceError
from ...optional import need
from ...words import listing, plural
from ..disk.compressed import COMPRESSED

if TYPE_CHECKING:
    import pyarrow as pa

# What Hive and those that follow it write for a missing value.
_MISSING = "__HIVE_DEFAULT_PARTITION__"

_KEYED = re.compile(r"([^=]+)=(.*)", re.S)

# As a 64-bit integer is written; 007 is text.
_WHOLE = re.compile(r"0|-?[1-9]\d{0,17}")


@dataclass(frozen=True)
class Found:
    """Files that are one table.

    Attributes
    ----------
    files : list of Path
        The files, in order.
    keys : list of dict of str to str or None
        The keys of the folders that each of them is in; empty if the folders have none.
    notes : tuple of str
        What is to be said of how they were found.
    """

    files: list[Path]
    keys: list[dict[str, str | None]] = field(default_factory=list)
    notes: tuple[str, ...] = ()


def files_in_folder(folder: Path, endings: Collection[str]) -> Found:
    """Return the files of a folder that have one of some endings, in the order of their names.

    Names that begin with a dot or an underscore are not data.

    Raises
    ------
    SourceError
        There is no such file, the folder is a table whose files are not all valid, or its folders differ in their keys.
    """
    for mark, what in (("_delta_log", "a Delta table"), ("metadata/*.metadata.json", "an Iceberg table")):
        if any(folder.glob(mark)):
            raise SourceError(
                f"{folder} is {what}, and some of its files may be out of date: read it with its own reader, and save "
                "the result as .parquet or pass it in Python"
            )
    found = sorted(_below(folder, {}), key=lambda pair: pair[0].relative_to(folder).parts)
    read = [(file, keys) for file, keys in found if _ends_in(file, endings)]
    if not read:
        raise SourceError(
            f"{folder} is a folder without a table: name a file, or a pattern such as {folder / '**' / '*.parquet'}"
        )
    first, keys_of_first = read[0]
    for file, keys in read:
        if keys.keys() != keys_of_first.keys():
            raise SourceError(
                f"{file} and {first} lie in folders with different keys: name a pattern of files with the same keys"
            )
    others = [file.name for file, _ in found if not _ends_in(file, endings)]
    note = f"{plural(len(read), 'file')} of {folder} {'is' if len(read) == 1 else 'are'} read"
    notes = (f"{note}, and not {listing(others, 3)}." if others else f"{note}.",)
    return Found([file for file, _ in read], [keys for _, keys in read] if keys_of_first else [], notes)


def _below(folder: Path, keys: dict[str, str | None]) -> Iterator[tuple[Path, dict[str, str | None]]]:
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise SourceError(f"cannot read the folder {folder}: {error.strerror}") from error
    for entry in entries:
        if entry.name.startswith((".", "_")):
            continue
        key = _KEYED.fullmatch(entry.name)
        if entry.is_file():
            yield entry, keys
        elif key and entry.is_dir():
            value = None if key[2] == _MISSING else unquote(key[2])
            yield from _below(entry, {**keys, unquote(key[1]): value})


def _ends_in(file: Path, endings: Collection[str]) -> bool:
    suffixes = [suffix.lower() for suffix in file.suffixes]
    if suffixes[-1:] and suffixes[-1] in COMPRESSED:
        suffixes.pop()
    return suffixes[-1:] != [] and suffixes[-1] in endings


def typed_keys(keys: list[dict[str, str | None]]) -> "list[dict[str, pa.Scalar]]":
    """Return the keys of all files as whole numbers, where all values of a key are, or as text."""
    whole = {
        name
        for name in (keys[0] if keys else ())
        if all(value is None or _WHOLE.fullmatch(value) for value in (found[name] for found in keys))
        and any(found[name] is not None for found in keys)
    }
    return [{name: _scalar(value, name in whole) for name, value in found.items()} for found in keys]


def _scalar(value: str | None, is_whole: bool) -> "pa.Scalar":
    pa = need("pyarrow", "reading folders")
    if is_whole:
        return pa.scalar(None if value is None else int(value), pa.int64())
    return pa.scalar(value, pa.string())
