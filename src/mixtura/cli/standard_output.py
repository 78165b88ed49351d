"""Standard output: where text and tables go, until nobody reads them any more."""

import io
import os
import sys
from typing import Any

from ..errors import SourceError
from .stopping import ReaderLeftError, stopping


def say(text: str) -> None:
    """Write text in one piece, and nothing where nobody reads.

    Raises
    ------
    SourceError
        It cannot be written.
    """
    stopping.check()
    if sys.stdout is None:  # closed by whoever started this process
        return
    try:
        # Not through rich, which ends the process itself when nobody reads any more.
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _turn_away()
    except OSError as error:
        raise SourceError(f"cannot write to standard output ({error.strerror})") from error


def _turn_away() -> None:
    """Let what is still to be written go nowhere: Python would complain when it flushes the rest at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class StandardOutput(io.RawIOBase):
    """Standard output as a file of bytes; closing it leaves standard output open.

    Parameters
    ----------
    alone : bool
        Whether there is nothing else to do, so that work ends when nobody reads any more.

    Raises
    ------
    SourceError
        This process has no standard output.
    """

    def __init__(self, *, alone: bool) -> None:
        if sys.stdout is None:
            raise SourceError("standard output is closed: name a file for the result")
        self._alone = alone
        self._unread = False

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: Any) -> int:
        """Write bytes, which are seen at once.

        Raises
        ------
        ReaderLeftError
            Nobody reads them, and there is nothing else to do.
        """
        size = len(memoryview(data).cast("B"))
        if not self._unread:
            try:
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
            except BrokenPipeError:
                _turn_away()
                if self._alone:
                    raise ReaderLeftError from None
                self._unread = True
        return size
