"""Whether delimited text is what every reader reads alike: each record with its fields, quotes around whole fields.

This is found at the speed of the disk: what is left of some bytes when all but delimiters and ends of lines is taken
out of them is the same few bytes, repeated.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from .fields import NO_DELIMITER
from .layout import Layout

_CHUNK = 2**18
_QUOTE = ord('"')


@dataclass(frozen=True)
class Regular:
    """What a regular file needs to be read.

    Attributes
    ----------
    longest : int
        Bytes that no record is longer than.
    quotes : bool
        Whether there are quotes.
    """

    longest: int
    quotes: bool


def find_regular(file: Path, layout: Layout, n_fields: int) -> Regular | None:
    """Return what a file needs to be read, None where it is not regular."""
    syntax = layout.syntax
    if not syntax.is_usual or layout.line_end == "\r":
        return None
    delimiter = (syntax.delimiter or NO_DELIMITER).encode()
    with file.open("rb") as stream:
        return _Check(layout, delimiter, n_fields).of(stream)


class _Check:
    """The search for what is not regular in a file."""

    def __init__(self, layout: Layout, delimiter: bytes, n_fields: int) -> None:
        self._layout = layout
        self._n_fields = n_fields
        self._end = layout.line_end.encode()
        self._unit = delimiter * (n_fields - 1) + self._end
        self._pattern = self._unit * (_CHUNK * 2 // len(self._unit) + 2)
        self._others = bytes({*range(256)} - {*delimiter, *b"\r\n"})
        self._outside = _Outside(delimiter[0], n_fields)

    def of(self, stream: BinaryIO) -> Regular | None:
        """Return what a file needs to be read, None where it is not regular."""
        phase = longest = since_end = 0
        previous = b"\n"
        for chunk in self._chunks(stream):
            text = self._outside.of(chunk, previous)
            if text is None or (self._layout.comments and b"\n#" in previous + chunk):
                return None
            structure = text.translate(None, self._others)
            if structure != self._pattern[phase : phase + len(structure)]:
                return None
            phase = (phase + len(structure)) % len(self._unit)
            since_end = len(chunk) if self._end in text else since_end + len(chunk)
            longest = max(longest, since_end)
            previous = chunk[-1:]
        # The last record needs no end of its line, but all its fields.
        is_whole = not self._outside.inside and (phase == self._n_fields - 1 or (phase == 0 and previous == b"\n"))
        return Regular(longest + 2 * _CHUNK, self._outside.any) if is_whole else None

    def _chunks(self, stream: BinaryIO) -> Iterator[bytes]:
        stream.seek(self._layout.start)
        rest = self._layout.end - self._layout.start
        while chunk := stream.read(min(_CHUNK, rest)):
            # What follows a quote tells whether it ends a field.
            while len(chunk) < min(rest, 2 * _CHUNK) and chunk.endswith((b'"', b"\r")):
                chunk += stream.read(1)
            rest -= len(chunk)
            yield chunk


class _Outside:
    """What of some text stands outside of quotes, chunk after chunk.

    Attributes
    ----------
    inside : bool
        Whether the text so far ends within quotes.
    any : bool
        Whether there were quotes.
    """

    def __init__(self, delimiter: int, n_fields: int) -> None:
        self.inside = self.any = False
        self._delimiter = bytes([delimiter])
        self._n_fields = n_fields
        self._beside = np.zeros(256, bool)
        self._beside[[delimiter, _QUOTE, *b"\r\n"]] = True

    def of(self, chunk: bytes, previous: bytes) -> bytes | None:
        """Return what stands outside in the next chunk, None where a quote is neither first nor last in a field."""
        if b'"' not in chunk:
            return b"" if self.inside else chunk
        self.any = True
        codes = np.frombuffer(previous + chunk + b"\n", np.uint8)
        quotes = np.flatnonzero(codes == _QUOTE)
        if len(quotes) and quotes[0] == 0:
            quotes = quotes[1:]
        begin, close = quotes[self.inside :: 2], quotes[not self.inside :: 2]
        if not (self._beside[codes[begin - 1]].all() and self._beside[codes[close + 1]].all()):
            return None
        pieces = chunk.split(b'"')
        text = b"".join(pieces[self.inside :: 2])
        if self._n_fields > 2 and text.count(b"\n") < chunk.count(b"\n"):
            broken = [piece for piece in pieces[not self.inside :: 2] if b"\n" in piece]
            if any(map(self._looks_like_records, broken)):
                return None
        self.inside ^= len(quotes) % 2 == 1
        return text

    def _looks_like_records(self, quoted: bytes) -> bool:
        """Tell whether lines between two quotes have as many fields as a record, as if one quote was missing."""
        return any(line.count(self._delimiter) == self._n_fields - 1 for line in quoted.split(b"\n")[1:-1])
