"""What made a file: kept in it where its format has room, else in an attribute where the file system has them."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...optional import need
from ..files.formats import READ

NAME = "mixtura"
"""Name of the entry, among others that a format or a file system keeps."""

# Of the last change as well: a file that was edited since is nobody's but the user's.
_ATTRIBUTE = f"user.{NAME}"


def set_mark(file: Path, mark: str) -> None:
    """Say in an attribute of a file what made it; file systems without them keep nothing."""
    if hasattr(os, "setxattr"):
        try:
            os.setxattr(file, _ATTRIBUTE, f"{_state(file)} {mark}".encode())
        except OSError:
            return


def made_by(file: Path) -> str | None:
    """Return what made a file, None where nothing says so or the file has changed since."""
    form = READ.get(file.suffix.lower())
    if form is not None and form.schema is not None:
        return _in_schema(form.schema, file)
    try:
        state, _, mark = os.getxattr(file, _ATTRIBUTE).decode().partition(" ")
    except (AttributeError, OSError, UnicodeDecodeError):
        return None
    return mark if state == _state(file) else None


def _state(file: Path) -> str:
    found = file.stat()
    return f"{found.st_size}/{found.st_mtime_ns}"


def _in_schema(read: Callable[[Path], Any], file: Path) -> str | None:
    try:
        metadata = read(file).metadata or {}
        return metadata[NAME.encode()].decode() if NAME.encode() in metadata else None
    except (need("pyarrow", "reading tables").ArrowException, OSError, UnicodeDecodeError):
        return None
