"""Compressed files: unpacked once to disk, in bounded memory, and read from there."""

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from ...errors import SourceError
from ...optional import need
from ..blocks.checks import listed
from .scratch import Scratch, no_room

_CHUNK = 2**20

# What the first bytes of a file tell, by the ending that its name has as a rule.
_BEGINS = {
    ".gz": (b"\x1f\x8b",),
    ".zst": (b"\x28\xb5\x2f\xfd",),
    ".bz2": (b"BZh",),
    ".xz": (b"\xfd7zXZ\x00",),
    ".zip": (b"PK\x03\x04", b"PK\x05\x06"),  # the second if it is empty
}

COMPRESSED = tuple(_BEGINS)
"""How names of compressed files end."""

# Texts that come with a table, and are none.
_ABOUT = ("readme", "license", "licence", "copying", "notice", "changelog", "changes")

_ERRORS = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
)


def compression_of(file: Path) -> str | None:
    """Return how a file is compressed, as an ending of names; None where its first bytes show nothing of the kind."""
    with file.open("rb") as stream:
        head = stream.read(8)
    return next((ending for ending, begins in _BEGINS.items() if head.startswith(begins)), None)


def table_in(archive: Path, label: str, endings: Collection[str]) -> str:
    """Return the name of the one table in a zip archive.

    Parameters
    ----------
    archive : Path
        The archive.
    label : str
        What messages call it.
    endings : collection of str
        How names of tables end.

    Raises
    ------
    SourceError
        There is none, or there are several.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member.filename for member in opened.infolist() if not member.is_dir()]
    except _ERRORS as error:
        raise SourceError(f"cannot read {label}: {error}") from error
    members = [name for name in members if not name.startswith("__MACOSX/") and not Path(name).name.startswith(".")]
    tables = [name for name in members if Path(name).suffix.lower() in endings]
    if len(tables) > 1:
        tables = [name for name in tables if not Path(name).stem.lower().startswith(_ABOUT)] or tables
    if len(tables) == 1:
        return tables[0]
    if tables:
        raise SourceError(f"{label} holds several tables ({listed(tables)}): unpack it, and name the one to read")
    inside = f"its files are {listed(members)}" if members else "it is empty"
    raise SourceError(f"{label} holds no table ({inside}): put one file in it that ends in {listed([*endings])}")


def unpacked(file: Path, label: str, scratch: Scratch, name: str, member: str | None = None) -> Path:
    """Return an uncompressed copy of a file.

    Parameters
    ----------
    file : Path
        The compressed file.
    label : str
        What messages call it.
    scratch : Scratch
        Where the copy goes.
    name : str
        Name of the copy.
    member : str, optional
        What to take out of a zip archive.

    Raises
    ------
    SourceError
        The file is torn, or there is no room for the copy.
    """
    copy = scratch.folder / name
    kind = compression_of(file)
    assert kind is not None, "only compressed files are unpacked"
    with copy.open("wb") as sink:
        try:
            with _open(file, kind, member) as stream:
                _pour(stream.read, sink.write, scratch)
        except (*_ERRORS, need("pyarrow", "reading compressed files").ArrowException) as error:
            reason = str(error).splitlines()[0] if str(error) else "it is cut off"
            raise SourceError(f"cannot read {label}: {reason}: the compressed file is damaged") from error
    return copy


def _pour(read: Callable[[int], bytes], write: Callable[[bytes], Any], scratch: Scratch) -> None:
    while chunk := read(_CHUNK):
        try:
            write(chunk)
        except OSError as error:
            raise no_room(scratch.folder.parent, error) from error


def _open(file: Path, kind: str, member: str | None) -> Any:
    if kind == ".zip":
        assert member is not None, "what to take out of an archive is known"
        return _Member(file, member)
    if kind == ".zst":
        return need("pyarrow", "reading zstd files").CompressedInputStream(str(file), "zstd")
    openers: dict[str, Callable[[Path], Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
    return openers[kind](file)


class _Member:
    """A file in an archive; closes the archive with itself."""

    def __init__(self, file: Path, member: str) -> None:
        self._archive = zipfile.ZipFile(file)
        self._stream = self._archive.open(member)

    def read(self, size: int) -> bytes:
        return self._stream.read(size)

    def __enter__(self) -> "_Member":
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()
