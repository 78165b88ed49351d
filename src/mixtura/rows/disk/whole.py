"""Files that appear whole or not at all: written beside their place, and renamed when all that belong together are."""

import errno
import os
import secrets
import shutil
import stat
import weakref
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path

from ...errors import SourceError
from .locks import claim, sweep

_PREFIX, _ENDING = ".mixtura-", ".part"

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def expanded(path: str | os.PathLike[str]) -> Path:
    """Return a path, ``~/`` at its start being the home folder; other names that start with ``~`` are names."""
    given = Path(path)
    return given.expanduser() if given.parts[:1] == ("~",) and len(given.parts) > 1 else given


class WholeFile:
    """A file that is going to take its place when it is complete.

    Where its place is a link, what the link leads to is replaced, and not the link. A file that replaces another has
    its permissions, and its owner where that is allowed; nobody else can read it before.

    Parameters
    ----------
    path : str or path-like
        The place.

    Attributes
    ----------
    path : Path
        The place, as messages call it.
    target : Path
        The place, without links.
    temporary : Path
        Where the file is written: in the same folder, so that renaming it is one step on one disk.
    discard : callable
        Deletes what is written and has not taken its place; called on garbage collection, too, and at exit.

    Raises
    ------
    SourceError
        There is no such folder, it cannot be written to, or what is in the place is no file that may be replaced.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = expanded(path)
        self.target = _place(self.path)
        # Its length does not depend on the name, which may be as long as names can be.
        self.temporary = self.target.with_name(f"{_PREFIX}{secrets.token_hex(8)}{_ENDING}")
        self._locks: list[int] = []
        # From now on, so that no signal comes between its making and this.
        self.discard = weakref.finalize(self, _discard, self.temporary, self._locks)

    def create(self) -> Path:
        """Make the empty file, and return where to write it.

        Raises
        ------
        SourceError
            It cannot be made.
        """
        _sweep_parts(self.target.parent)
        lock = None
        try:
            while lock is None:
                lock = claim(self.temporary, 0o600 if self.target.exists() else 0o666)
        except OSError as error:
            raise self.failed(error) from error
        self._locks.append(lock)
        return self.temporary

    def write(self, content: bytes) -> None:
        """Make the file with such a content, and complete it.

        Raises
        ------
        SourceError
            The disk is full, or the file cannot be written.
        """
        try:
            self.create().write_bytes(content)
        except OSError as error:
            raise self.failed(error) from error
        self.complete()

    def complete(self) -> None:
        """Bring what is written to the disk, with the permissions that it is going to have.

        Raises
        ------
        SourceError
            The disk is full, or the file cannot be changed.
        """
        try:
            _sync(self.temporary, os.O_RDWR)
            if self.target.exists():
                before = self.target.stat()
                if hasattr(os, "chown"):
                    with suppress(OSError):
                        os.chown(self.temporary, before.st_uid, before.st_gid)
                self.temporary.chmod(stat.S_IMODE(before.st_mode))
        except OSError as error:
            raise self.failed(error) from error

    def replace(self) -> None:
        """Let the complete file take its place."""
        if os.name == "nt":  # where nobody can rename a file that a process holds open
            _release(self._locks)
        os.replace(self.temporary, self.target)
        self.discard()

    def failed(self, error: OSError) -> SourceError:
        """Return what to say when it cannot be written."""
        reason = error.strerror or str(error).splitlines()[0]
        return SourceError(f"cannot write {self.path} ({reason}): free some space or choose another place")


def replace_all(files: Sequence[WholeFile]) -> None:
    """Let complete files take their places: all of them, or none when one cannot.

    Raises
    ------
    SourceError
        A file cannot take its place; in all places is what was there before.
    """
    backups = [file.temporary.with_suffix(f".old{_ENDING}") for file in files]
    try:
        with ExitStack() as undo:
            for file, backup in zip(files, backups, strict=True):
                try:
                    if len(files) > 1:
                        undo.callback(_put_back, _kept(file.target, backup), file.target)
                    file.replace()
                except OSError as error:
                    raise file.failed(error) from error
            undo.pop_all()
    finally:
        for backup in backups:
            backup.unlink(missing_ok=True)
    if os.name != "nt":
        for folder in {file.target.parent for file in files}:
            with suppress(OSError):
                _sync(folder, os.O_RDONLY)


def _place(path: Path) -> Path:
    """Return where a path leads, checked that a file can be written there."""
    target = Path(os.path.realpath(path))
    folder = target.parent
    if not folder.is_dir():
        reason = os.strerror(errno.ENOTDIR if folder.exists() else errno.ENOENT)
        raise SourceError(f"cannot write {path}: there is no folder {folder} ({reason}); create it first")
    try:
        found = target.stat()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise SourceError(f"cannot write {path} ({error.strerror}): choose another place") from error
    else:
        kind = _KINDS.get(stat.S_IFMT(found.st_mode))
        if kind is not None:
            remedy = "name a file in it" if kind == "a folder" else "name a file"
            raise SourceError(f"cannot write {path}, which is {kind}: {remedy}")
        if not os.access(target, os.W_OK):
            raise SourceError(f"{path} exists and is read-only: choose another name")
    if not os.access(folder, os.W_OK):
        raise SourceError(f"cannot write to the folder {folder}: choose another place for {path.name}")
    return target


def _kept(target: Path, backup: Path) -> Path | None:
    """Keep what is in a place under another name; None for nothing."""
    if not target.exists():
        return None
    try:
        os.link(target, backup)
    except OSError:  # a file system without links
        shutil.copy2(target, backup)
    return backup


def _put_back(backup: Path | None, target: Path) -> None:
    if backup is None:
        target.unlink(missing_ok=True)
    else:
        os.replace(backup, target)


def _discard(temporary: Path, locks: list[int]) -> None:
    _release(locks)
    with suppress(OSError):
        temporary.unlink(missing_ok=True)


def _release(locks: list[int]) -> None:
    while locks:
        os.close(locks.pop())


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@cache
def _sweep_parts(folder: Path) -> None:
    """Delete what processes have left in a folder that ended before their files were complete; once in a process."""
    for part in folder.glob(f"{_PREFIX}*{_ENDING}"):
        sweep(part, part)
