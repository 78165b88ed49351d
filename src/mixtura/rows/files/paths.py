"""From a path, a pattern, a folder or an address on the network to the files it means, and their format."""

import difflib
import glob
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ...errors import ColumnError, SourceError
from ...optional import need
from ..blocks.reading import ReadingOptions
from ..columnar.files import FileTable
from ..columnar.parts import Part
from ..disk.compressed import COMPRESSED, compression_of, table_in, unpacked
from ..disk.scratch import Scratch
from ..disk.watch import Watch
from ..disk.whole import expanded
from .addresses import address_of, is_url
from .constants import ConstantsPart
from .elsewhere import refuse_known
from .folders import Found, files_in_folder, typed_keys
from .formats import READ, Format, told_by_bytes
from .network import fetched


def open_path(path: str | os.PathLike[str], options: ReadingOptions | None = None) -> FileTable:
    """Open a file, or the files of a pattern or a folder in the order of their names; they may be compressed.

    Parameters
    ----------
    path : str or path-like
        A file, a pattern, a folder or an address on the network; in a file that holds several tables, ``::`` and the
        name of one follow.
    options : ReadingOptions, optional
        How the files are to be read.
    """
    options = options or ReadingOptions()
    given = os.fspath(path)
    address = address_of(given)
    if is_url(address.place) and not _is_local(address.place):
        copies = fetched(address.place)
        form = _form_of_all(copies.files, address.place)
        parts = _opened(form, copies.files, copies.addresses, address.inside, options, copies.scratch)
        parts = _with_constants(parts, Found(copies.files), copies.addresses, address.place, options.file_column)
        return FileTable(parts, given, copies.scratch)
    found = found_at(address.place)
    for file in found.files:
        _check_name(file)
    watch = Watch(found.files)
    with watch.reading():
        form = _form_of_all(found.files, address.place)
        scratch = Scratch() if any(_compression(file, form) for file in found.files) else None
        labels = [str(file) for file in found.files]
        parts = _opened(form, found.files, labels, address.inside, options, scratch)
        parts = _with_constants(parts, found, labels, address.place, options.file_column)
        return FileTable(parts, given, scratch, watch, found.notes)


def found_at(place: str) -> Found:
    """Return the files that a path, a pattern or a folder means.

    Raises
    ------
    SourceError
        There are none.
    """
    path = Path(url2pathname(urlsplit(place).path)) if _is_local(place) else expanded(place)
    return files_in_folder(path, READ) if path.is_dir() else Found(_matching(path))


def _is_local(place: str) -> bool:
    return place[:7].lower() == "file://"


def _form_of_all(files: Sequence[Path], given: str) -> Format:
    forms = [_form_of(file) for file in files]
    if any(form is not forms[0] for form in forms):
        suffixes = sorted({"".join(file.suffixes[-2:]).lower() for file in files})
        raise SourceError(
            f"{given} matches files of several formats ({', '.join(suffixes)}): read one format at a time"
        )
    return forms[0]


def _form_of(file: Path) -> Format:
    """Return the format of a file: what its first bytes say, or else its name."""
    return told_by_bytes(file) or READ[_suffix(file)]


def _opened(
    form: Format,
    files: Sequence[Path],
    labels: Sequence[str],
    inside: str | None,
    options: ReadingOptions,
    scratch: Scratch | None,
) -> list[Part]:
    """Open files, those that are compressed as copies in a temporary folder."""
    parts = []
    for number, (file, label) in enumerate(zip(files, labels, strict=True)):
        plain = file
        if (kind := _compression(file, form)) is not None:
            assert scratch is not None, "there is a folder for copies"
            member = _member(file) if kind == ".zip" else None
            plain = unpacked(file, label, scratch, f"file-{number}", member)
        parts.append(form.open(plain, label, options, inside=inside, ours=plain is not file))
    return parts


def _with_constants(
    parts: list[Part], found: Found, labels: Sequence[str], place: str, file_column: str | None
) -> list[Part]:
    """Return files with the keys of the folders that they are in, and with their names where these are asked for."""
    taken = {name for part in parts for name in part.schema.names}
    constants = [{name: value for name, value in keys.items() if name not in taken} for keys in typed_keys(found.keys)]
    if file_column is not None:
        if file_column in taken or any(file_column in keys for keys in constants):
            raise ColumnError(
                f"{place} already has a column {file_column!r}: choose another name for the column of files"
            )
        text = need("pyarrow", "reading files").scalar
        constants = [
            {**keys, file_column: text(label)}
            for keys, label in zip(constants or [{} for _ in labels], labels, strict=True)
        ]
    if not any(constants):
        return parts
    return [ConstantsPart(part, values) for part, values in zip(parts, constants, strict=True)]


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
    if suffixes[-1:] == [".zip"] and _packed(file) == ".zip":
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
        refuse_known(file)
        raise SourceError(
            f"cannot tell the format of {file} from its name: it must end in {', '.join(READ)}, "
            f"or in {', '.join(COMPRESSED)} after a text format"
        )
    return suffixes[-1]


def _compression(file: Path, form: Format) -> str | None:
    """Return how a file of some format is compressed, None for a format that is compressed itself."""
    return _packed(file) if form.is_text or file.suffix.lower() in COMPRESSED else None


def _packed(file: Path) -> str | None:
    try:
        return compression_of(file)
    except OSError as error:
        raise SourceError(f"cannot read {file}: {error.strerror}") from error


def _member(archive: Path) -> str:
    return table_in(archive, str(archive), READ)


def _matching(path: Path) -> list[Path]:
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
