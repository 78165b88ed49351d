"""The encoding of a text file, and its copy in UTF-8 where it is another."""

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from ...errors import SourceError
from ...optional import need
from ..disk.scratch import Scratch, no_room

_CHUNK = 2**20

# Longer marks first: that of UTF-16 begins that of UTF-32.
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}

# Bytes with a letter beyond ASCII among them that a guess looks at.
_LOOKED_AT = 2**16

_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")

# What texts of the world were saved as before UTF-8; other guesses are far-fetched.
_LATIN_SCRIPT = ("cp1252", "cp1250", "cp1254", "cp1257", "cp1258")
_OTHER_SCRIPTS = (
    *("cp932", "euc_jp", "gb18030", "big5", "cp949", "cp874", "koi8_r"),
    *("cp1251", "cp1253", "cp1255", "cp1256"),
)

# The last resort: every byte is a character of it.
LATIN = "windows-1252"

# What `LATIN` is, by the names of Python.
_PYTHON_NAMES = {LATIN: "cp1252"}


def as_written_on_the_web(error: UnicodeError) -> tuple[str, int]:
    """Decode a byte that is no character as windows-1252 does on the web, where all bytes are characters."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(byte.decode("cp1252", "ignore") or byte.decode("latin-1") for byte in map(_byte, wrong)), error.end


def _byte(value: int) -> bytes:
    return bytes([value])


_HANDLER = "mixtura-windows-1252"
codecs.register_error(_HANDLER, as_written_on_the_web)


def in_utf8(file: Path, label: str, scratch: Callable[[], Scratch]) -> tuple[Path, int, tuple[str, ...]]:
    """Return a file in UTF-8.

    Parameters
    ----------
    file : Path
        The file, if it is UTF-8 text, or else what a copy is made of.
    label : str
        What messages call it.
    scratch : callable
        Gives the folder where a copy goes.

    Returns
    -------
    file : Path
        The file, or the copy.
    start : int
        Bytes before the text: a byte order mark.
    notes : tuple of str
        What the user should know of the encoding.
    """
    with file.open("rb") as stream:
        head = stream.read(_LOOKED_AT)
    mark = next((mark for mark in _MARKS if head.startswith(mark)), b"")
    encoding = _MARKS.get(mark) or _by_zeros(head)
    if encoding not in (None, "utf-8"):
        assert encoding is not None
        return _transcoded(file, label, scratch, encoding, len(mark)), 0, ()
    seen = _seen(file)
    if not seen.wrong:
        return file, len(mark), ()
    if seen.right > seen.wrong:
        line = _line_at(file, seen.first)
        note = f"{label} is UTF-8 text except for {seen.wrong:,} bytes, the first in line {line:,}: read as {LATIN}."
        return _transcoded(file, label, scratch, "utf-8", len(mark)), 0, (note.replace("1 bytes, the first", "1 byte"),)
    encoding = _guess(seen.sample)
    try:
        copy = _transcoded(file, label, scratch, encoding, len(mark))
    except SourceError:
        if encoding == LATIN:
            raise
        encoding = LATIN
        copy = _transcoded(file, label, scratch, encoding, len(mark))
    return copy, 0, (f"{label} is not UTF-8 text: read as {encoding}.",)


def _by_zeros(head: bytes) -> str | None:
    """Return the encoding that zero bytes show, which text has in no other."""
    n_zeros = head.count(0)
    if len(head) < 4 or n_zeros < len(head) // 4:
        return None
    at = [head[place::4].count(0) * 4 / len(head) for place in range(4)]
    if min(at[2:]) > 0.9 and at[0] < 0.1:
        return "utf-32-le"
    if min(at[:2]) > 0.9 and at[3] < 0.1:
        return "utf-32-be"
    if at[1] + at[3] > 1 and at[0] + at[2] < 0.2:
        return "utf-16-le"
    if at[0] + at[2] > 1 and at[1] + at[3] < 0.2:
        return "utf-16-be"
    return None


class _Seen:
    """What is beyond ASCII in a file, as UTF-8.

    Attributes
    ----------
    right, wrong : int
        Number of bytes that go on with a character, and of those that belong to none.
    first : int
        Where the first of these bytes is.
    sample : bytes
        Lines that are more than ASCII.
    """

    def __init__(self) -> None:
        self.right = self.wrong = self.first = 0
        self.sample = b""


def _seen(file: Path) -> _Seen:
    seen = _Seen()
    position = 0
    with file.open("rb") as stream:
        for chunk in _whole_characters(stream):
            if not chunk.isascii():
                _look(chunk, position, seen)
            position += len(chunk)
    return seen


def _line_at(file: Path, position: int) -> int:
    """Return the number of the line in which a byte is."""
    line = 1
    with file.open("rb") as stream:
        while position > 0 and (chunk := stream.read(min(_CHUNK, position))):
            line += chunk.count(b"\n")
            position -= len(chunk)
    return line


def _look(chunk: bytes, position: int, seen: _Seen) -> None:
    try:
        seen.right += len(chunk) - len(chunk.decode())
    except UnicodeDecodeError as error:
        if not seen.wrong:
            seen.first = position + error.start
        for run in _BEYOND_ASCII.findall(chunk):
            kept = run.decode("utf-8", "ignore")
            seen.right += len(kept.encode()) - len(kept)
            seen.wrong += len(run) - len(kept.encode())
        if len(seen.sample) < _LOOKED_AT:
            seen.sample += b"\n".join(line for line in chunk.split(b"\n") if not line.isascii())[:_LOOKED_AT]


def _whole_characters(stream: BinaryIO) -> Iterator[bytes]:
    """Yield a file in pieces that end where a character of UTF-8 does."""
    held = b""
    while chunk := stream.read(_CHUNK):
        held += chunk
        stop = len(held)
        # A character has up to four bytes; all but its first are of the form 10xxxxxx.
        for position in range(len(held) - 1, max(len(held) - 5, -1), -1):
            if held[position] & 0xC0 != 0x80:
                stop = position if held[position] & 0x80 else position + 1
                break
        yield held[:stop]
        held = held[stop:]
    if held:
        yield held


def _guess(sample: bytes) -> str:
    """Return the encoding of some lines that are no UTF-8 text."""
    runs = _BEYOND_ASCII.findall(sample)
    letters = b"".join(word for word in re.findall(rb"[A-Za-z\x80-\xff]+", sample) if not word.isascii())
    n_single = sum(len(run) == 1 for run in runs)
    # Most letters of a word are plain ones where some have accents.
    is_latin = sum(map(len, runs)) < 0.45 * len(letters) or n_single > 0.9 * len(runs)
    if is_latin and _reads_well(sample):
        return LATIN
    known = _LATIN_SCRIPT if is_latin else _OTHER_SCRIPTS
    # What stands between words makes a table look like no language; second bytes of a character may be some signs.
    words = b" ".join(word for word in re.findall(rb"[@-~\x80-\xff]+", sample) if not word.isascii())
    found = need("charset_normalizer", "reading text that is not UTF-8").from_bytes(words, cp_isolation=[*known])
    best = found.best()
    encoding = "cp1252" if best is None else str(best.encoding)
    return LATIN if encoding == "cp1252" else encoding.replace("cp125", "windows-125")


def _reads_well(sample: bytes) -> bool:
    """Tell whether what is beyond ASCII are letters within words, and signs beside them, as windows-1252."""
    text = sample.decode("cp1252", "replace")
    within = Counter(
        letter.isalpha() or letter in "’‘–—" for letter in re.findall(r"(?<=[a-z])[^\x00-\x7f](?=[a-z])", text)
    )
    return within[False] <= 0.1 * within.total() and text.count("�") * 20 < len(_BEYOND_ASCII.findall(sample))


def _transcoded(file: Path, label: str, scratch: Callable[[], Scratch], encoding: str, start: int) -> Path:
    """Copy a file in UTF-8, without its first bytes."""
    copy = scratch().folder / "text"
    decoder = codecs.getincrementaldecoder(_PYTHON_NAMES.get(encoding, encoding))(
        _HANDLER if encoding in ("utf-8", LATIN) else "strict"
    )
    with file.open("rb") as stream, copy.open("wb") as sink:
        stream.seek(start)
        while True:
            chunk = stream.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                raise SourceError(
                    f"{label} looks like {encoding} text, but is not ({error.reason}): save it as UTF-8"
                ) from error
            try:
                sink.write(text.encode("utf-8", "replace"))
            except OSError as error:
                raise no_room(copy.parent.parent, error) from error
            if not chunk:
                return copy
