"""Who still works with a file: locks that end with their process, however it ends."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where nobody can delete a file that a process holds open
    fcntl = None  # type: ignore[assignment]  # Windows has no such module


def claim(file: Path, mode: int = 0o600) -> int | None:
    """Make a new file, and lock it for as long as this process lives.

    Parameters
    ----------
    file : Path
        The file.
    mode : int, default 0o600
        Its permissions, of which those are left out that files of this process never have.

    Returns
    -------
    int or None
        What to give to `os.close`, which ends the lock; None when another process took the file for abandoned in the
        moment before it was locked.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
    if fcntl is not None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError:  # a file system without locks: `sweep` fails there too, and leaves everything
            return descriptor
        if not os.fstat(descriptor).st_nlink:
            os.close(descriptor)
            return None
    return descriptor


def sweep(lock: Path, what: Path) -> None:
    """Delete a file or a folder if the process that claimed the file `lock`, which is it or lies in it, has ended."""
    descriptor = None
    with suppress(OSError):
        if fcntl is not None:
            descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
            if os.fstat(descriptor).st_uid == os.geteuid():
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # While it is locked, so that nobody claims it in between.
                _delete(what)
        else:
            lock.unlink()
            _delete(what)
    if descriptor is not None:
        os.close(descriptor)


def _delete(what: Path) -> None:
    if what.is_dir():
        shutil.rmtree(what, ignore_errors=True)
    else:
        what.unlink(missing_ok=True)
