"""Folders for what has to wait on disk: gone when closed, collected, or when the interpreter ends.

What a process leaves that was killed hard, the next one deletes.
"""

import os
import secrets
import shutil
import tempfile
import weakref
from functools import cache
from pathlib import Path

from ...errors import SourceError
from .locks import claim, sweep

_PREFIX = "mixtura-"
_LOCK = ".mixtura-lock"


class Scratch:
    """A temporary folder that only its owner can read, deleted on `close`, on garbage collection, and at exit.

    It lies where `tempfile` puts things: set the environment variable TMPDIR to choose another disk. A lock in it says
    that its process is alive.
    """

    def __init__(self) -> None:
        place = Path(tempfile.gettempdir())
        sweep_folders(place)
        locks: list[int] = []
        lock = None
        try:
            while lock is None:
                self.folder = place / f"{_PREFIX}{secrets.token_hex(8)}"
                # Before there is a folder, so that no signal comes in between.
                self._delete = weakref.finalize(self, _delete, self.folder, locks)
                self.folder.mkdir(mode=0o700)
                lock = claim(self.folder / _LOCK)
        except OSError as error:
            raise no_room(place, error) from error
        locks.append(lock)

    def close(self) -> None:
        """Delete the folder and everything in it."""
        self._delete()


def _delete(folder: Path, locks: list[int]) -> None:
    while locks:
        os.close(locks.pop())
    shutil.rmtree(folder, ignore_errors=True)


@cache
def sweep_folders(place: Path) -> None:
    """Delete the folders of processes that ended without doing so; once in a process."""
    for folder in place.glob(f"{_PREFIX}*"):
        if not folder.is_symlink():
            sweep(folder / _LOCK, folder)


def no_room(folder: Path, error: BaseException) -> SourceError:
    """Return the error for a copy that could not be written to `folder`."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error).splitlines()[0]
    return SourceError(
        f"cannot write a temporary copy of the table to {folder} ({reason}): "
        "free some space there, or set TMPDIR to a folder on a larger disk"
    )
