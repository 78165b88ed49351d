"""From a path or a pattern to the files it means, and their format."""

import difflib
import glob
import os
import stat
from pathlib import Path

from ..errors import SourceError
from .compressed import COMPRESSED, compression_of, table_in, unpacked
from .files import FileTable
from .formats import READ
from .reading import ReadingOptions
from .scratch import Scratch
from .watch import Watch
from .whole import expanded


def open_path(path: str | os.PathLike[str], options: ReadingOptions | None = None) -> FileTable:
    """Open the file, or the files that a pattern matches, in the order of their names; they may be compressed."""
    given = os.fspath(path)
    files = _matching(expanded(given))
    for file in files:
        _check_name(file)
    suffixes = {_suffix(file) for file in files}
    if len(suffixes) > 1:
        raise SourceError(
            f"{given} matches files of several formats ({', '.join(sorted(suffixes))}): read one format at a time"
        )
    form = READ[suffixes.pop()]
    watch = Watch(files)
    scratch = None
    with watch.reading():
        parts = []
        for number, file in enumerate(files):
            plain = file
            if (kind := _compression(file)) is not None:
                scratch = scratch or Scratch()
                member = _member(file) if kind == ".zip" else None
                plain = unpacked(file, str(file), scratch, f"file-{number}", member)
            parts.append(form.open(plain, str(file), options or ReadingOptions(), ours=plain is not file))
        return FileTable(parts, given, scratch, watch)


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
    """Return the ending that tells the format of a file, or of what is compressed in it."""
    suffixes = [suffix.lower() for suffix in file.suffixes]
    if suffixes[-1:] == [".zip"] and _compression(file) == ".zip":
        return Path(_member(file)).suffix.lower()
    if (
        suffixes
        and suffixes[-1] in COMPRESSED
        and suffixes[-2:-1]
        and suffixes[-2] in READ
        and READ[suffixes[-2]].is_text
    ):
        return suffixes[-2]
    if not suffixes or suffixes[-1] not in READ:
        raise SourceError(
            f"cannot tell the format of {file} from its name: it must end in {', '.join(READ)}, "
            f"or in {', '.join(COMPRESSED)} after a text format"
        )
    return suffixes[-1]


def _compression(file: Path) -> str | None:
    """Return how a file is compressed whose format is not compressed itself."""
    ending = file.suffix.lower()
    try:
        return compression_of(file) if ending in COMPRESSED or READ[ending].is_text else None
    except OSError as error:
        raise SourceError(f"cannot read {file}: {error.strerror}") from error


def _member(archive: Path) -> str:
    return table_in(archive, str(archive), READ)


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
