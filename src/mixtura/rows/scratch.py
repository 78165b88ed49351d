"""Folders for what has to wait on disk: gone when closed, collected, or when the interpreter ends."""

import shutil
import tempfile
import weakref
from pathlib import Path

from ..errors import SourceError


class Scratch:
    """A private temporary folder, deleted on `close`, on garbage collection, and at exit.

    It lies where `tempfile` puts things: set the environment variable TMPDIR to choose another disk.
    """

    def __init__(self) -> None:
        try:
            folder = tempfile.mkdtemp(prefix="mixtura-")
        except OSError as error:
            raise no_room(Path(tempfile.gettempdir()), error) from error
        self.folder = Path(folder)
        self._delete = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    def close(self) -> None:
        """Delete the folder and everything in it."""
        self._delete()


def no_room(folder: Path, error: BaseException) -> SourceError:
    """Return the error for a copy that could not be written to `folder`."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error).splitlines()[0]
    return SourceError(
        f"cannot write a temporary copy of the table to {folder} ({reason}): "
        "free some space there, or set TMPDIR to a folder on a larger disk"
    )
