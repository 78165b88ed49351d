"""How a run ends that is told to: by Ctrl-C, by SIGTERM, or because its terminal is gone."""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# For so many seconds after a signal others are not heeded: those who close a terminal or stop a service send several,
# and what is to be deleted is being deleted. Later ones are, in case the first came to nothing.
_PATIENCE = 1.0

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class ReaderLeftError(Exception):
    """Nobody reads standard output any more, and there is nothing else to do."""


class Stopped(BaseException):
    """A signal stops this run.

    Not a `KeyboardInterrupt`: once one has come out of code that is given as text, as `dataclass` does, Python ends
    the process by SIGINT in the end, whatever its exit code.
    """


class Stopping:
    """What this process was told, and whether it still matters.

    A signal raises `Stopped` wherever the main thread is. Libraries may turn that into an error of their own
    or lose it, so that the number of the signal is what counts in the end.
    """

    def __init__(self) -> None:
        self._received: int | None = None
        self._when = 0.0
        self._held = self._finished = False

    @property
    def number(self) -> int | None:
        """Number of the signal that stops this run; None when there was none, or when the work was done before."""
        return None if self._finished else self._received

    @property
    def sentence(self) -> str:
        """What stopped this run."""
        name = "Ctrl-C" if self._received == signal.SIGINT else signal.Signals(self._received or 0).name
        return f"stopped by {name}: no file was written"

    def check(self) -> None:
        """Raise if a signal came whose exception was lost."""
        if self.number is not None:
            raise Stopped

    @contextmanager
    def last_step(self) -> Iterator[None]:
        """Do what either happens or does not, as a signal came before or after."""
        self._held = True
        try:
            self.check()
            yield
            self._finished = True
        finally:
            self._held = False

    @contextmanager
    def heeded(self, *, for_good: bool = False) -> Iterator[None]:
        """Heed signals during a run, and afterwards if this process ends with it."""
        self._received, self._held, self._finished = None, False, False  # whatever run was before
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
        # One that is ignored stays so: `nohup` and shells that start work in the background want that.
        before = {number: signal.getsignal(number) for number in numbers}
        before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
        hook = sys.unraisablehook
        sys.unraisablehook = lambda lost: None if self._received is not None else hook(lost)
        for number in before:
            signal.signal(number, self._on_signal)
        try:
            yield
        finally:
            if not for_good:
                sys.unraisablehook = hook
            for number, handler in before.items():
                # A process that is about to end has its exit code already.
                signal.signal(number, signal.SIG_IGN if for_good else handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._received is not None and now - self._when < _PATIENCE:
            return
        self._received, self._when = number, now
        if not self._held:
            raise Stopped


stopping = Stopping()
"""The one of this process, which has one set of signals."""
