"""From a path or a pattern to the files it means, and their format."""

import difflib
import glob
import os
import stat
from pathlib import Path

from ..errors import SourceError
from .files import FileTable
from .formats import READ
from .watch import Watch
from .whole import expanded


def open_path(path: str | os.PathLike[str]) -> FileTable:
    """Open the file, or the files that a pattern matches, in the order of their names."""
    given = os.fspath(path)
    files = _matching(expanded(given))
    for file in files:
        _check_name(file)
    suffixes = {_suffix(file) for file in files}
    if len(suffixes) > 1:
        raise SourceError(
            f"{given} matches files of several formats ({', '.join(sorted(suffixes))}): read one format at a time"
        )
    reader = READ[suffixes.pop()].reader
    assert reader is not None, "these formats are read"
    watch = Watch(files)
    with watch.reading():
        return FileTable([reader(file, str(file)) for file in files], given, watch=watch)


def _check_name(file: Path) -> None:
    try:
        str(file.absolute()).encode()
    except UnicodeEncodeError as error:
        raise SourceError(f"the name of {str(file)!r} is not UTF-8 text, which readers need: rename it") from error


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path can be read only once, as a named pipe and what a shell puts in place of ``<(…)``.

    Raises
    ------
    SourceError
        It is a device, which has no end or no table.
    """
    file = expanded(path)
    try:
        mode = file.stat().st_mode
    except (OSError, ValueError):
        return False
    # Under /dev are the streams of this process, which may be files without an ending in their names.
    opened = os.path.normpath(file.absolute()).startswith(("/dev/fd/", "/dev/std"))
    if stat.S_ISBLK(mode) or (stat.S_ISCHR(mode) and not opened):
        raise SourceError(f"{file} is a device: name a file, or a pattern such as *.parquet")
    return opened or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _suffix(file: Path) -> str:
    suffixes = [suffix.lower() for suffix in file.suffixes]
    if suffixes[-1:] == [".gz"] and suffixes[-2:-1] and suffixes[-2] in READ and READ[suffixes[-2]].is_text:
        return suffixes[-2]
    if not suffixes or suffixes[-1] not in READ:
        raise SourceError(
            f"cannot tell the format of {file} from its name: it must end in {', '.join(READ)}, "
            "or in .gz after a text format"
        )
    return suffixes[-1]


def _matching(path: Path) -> list[Path]:
    if path.is_dir():
        raise SourceError(f"{path} is a folder: name a file, or a pattern such as {path / '*.parquet'}")
    if path.exists():
        return [path]
    if glob.has_magic(str(path)):
        files = sorted(Path(match) for match in glob.glob(str(path), recursive=True) if Path(match).is_file())
        if not files:
            raise SourceError(f"no file matches {path}: check the pattern")
        return files
    if not path.parent.is_dir():
        raise SourceError(f"there is no file {path}, nor a folder {path.parent}: check the path")
    close = difflib.get_close_matches(path.name, os.listdir(path.parent), n=1)
    hint = f"did you mean {path.parent / close[0]}?" if close else "check the path"
    raise SourceError(f"there is no file {path}: {hint}")
