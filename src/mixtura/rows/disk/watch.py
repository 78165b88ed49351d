"""Files that have to stay as they are while they are read again and again."""

import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...errors import SourceError
from ..blocks.block import Array, Block

# Bytes compared at either end of a file: the longest header of a CSV file that is read, the footer of most Parquet
# files, and all of a file of up to 4 MB.
_END = 2_000_000

_REMEDY = "run again when nothing writes to it, or read a copy"


@dataclass(frozen=True)
class _Seen:
    """A file as it was seen at one moment.

    Attributes
    ----------
    size : int
        Bytes.
    time : int
        When it was last written to, in nanoseconds.
    """

    size: int
    time: int


class Watch:
    """Holds what files were like when they were opened, and refuses those that differ later.

    Size and time are compared before and after each reading, the first and last two megabytes before it, and the
    numbers that a reading gives with those of the readings before it, block by block. So a change is found that keeps
    size and time too, unless it touches only what is no number.

    Parameters
    ----------
    files : sequence of Path
        The files.

    Raises
    ------
    SourceError
        A file cannot be read.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = {file: _seen(file) for file in files}
        self._ends = {file: _ends(file, seen.size) for file, seen in self._files.items()}

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold that the files do not change while they are read, nor did before.

        What else goes wrong meanwhile is told only if they did not: it may come of the change.

        Raises
        ------
        SourceError
            A file changed, or is gone.
        """
        for file, ends in self._ends.items():
            self._check(file)
            if _ends(file, self._files[file].size) != ends:
                raise _changed(file, "its first or last bytes differ")
        try:
            yield
        except Exception as error:
            self._check_all(error)
            raise
        self._check_all()

    def _check_all(self, cause: Exception | None = None) -> None:
        for file in self._files:
            try:
                self._check(file)
            except SourceError as changed:
                raise changed from cause

    def _check(self, file: Path) -> None:
        before, now = self._files[file], _seen(file, opened=True)
        if now.size != before.size:
            raise _changed(file, f"it has {now.size:,} bytes and had {before.size:,}")
        if now.time != before.time:
            raise _changed(file, "it was written to")


class Checksums:
    """Checksums of the blocks of a table, compared from one reading to the next.

    Parameters
    ----------
    where : str
        What messages call the table.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._known: dict[int, int] = {}
        self._complete = False

    def compare(self, position: int, block: Block) -> None:
        """Note the numbers and weights of the block at a position, or raise if another reading gave others."""
        found = _checksum(block.values)
        if block.weights is not None:
            found = _checksum(block.weights, found)
        if self._complete and position not in self._known:
            raise _other_rows(self._where, "there are more rows")
        if self._known.setdefault(position, found) != found:
            first = block.first_row + 1
            raise _other_rows(self._where, f"rows {first:,} to {first + len(block.values) - 1:,} differ")

    def finish(self, n_blocks: int) -> None:
        """Note that a reading has come to its end, or raise if it has fewer blocks than another had."""
        if n_blocks < len(self._known):
            raise _other_rows(self._where, "there are fewer rows")
        self._complete = True


def _checksum(values: Array, start: int = 0) -> int:
    # A sum with zero: -0 in a column of text may come as 0 in a column of whole numbers.
    return zlib.crc32((values + 0.0).data, start)


def _seen(file: Path, *, opened: bool = False) -> _Seen:
    try:
        status = os.stat(file)
    except FileNotFoundError as error:
        what = f"{file} is gone since it was opened" if opened else f"there is no file {file}"
        raise SourceError(f"{what}: put it back, and run again" if opened else f"{what}: check the path") from error
    except OSError as error:
        raise _unreadable(file, error) from error
    return _Seen(status.st_size, status.st_mtime_ns)


def _ends(file: Path, size: int) -> int:
    """Return a checksum of the first and last bytes of a file."""
    try:
        with file.open("rb") as stream:
            first = zlib.crc32(stream.read(_END))
            stream.seek(max(size - _END, min(size, _END)))
            return zlib.crc32(stream.read(_END), first)
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: OSError) -> SourceError:
    return SourceError(f"cannot read {file}: {error.strerror or error}")


def _changed(file: Path, how: str) -> SourceError:
    return SourceError(f"{file} changed while it was in use ({how}): {_REMEDY}")


def _other_rows(where: str, how: str) -> SourceError:
    return SourceError(f"{where} gave different rows the second time it was read ({how}): {_REMEDY}")
