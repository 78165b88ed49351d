"""How far a command has come, on standard error: a bar on a terminal, now and then a line elsewhere."""

import contextlib
import time
from collections.abc import Callable
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from .. import words
from ..tables.asking.run import Stage
from .step import Step

if TYPE_CHECKING:
    from ..engines.progress import Progress
    from ..mixtures.choice.search import Candidate

# Short commands stay silent: the first line comes after so many seconds, and others as many apart at least.
_FIRST_LINE = 2.0
_BETWEEN_LINES = 5.0

# In a long run lines come after a twentieth of the time again: an hour has some eighty.
_GROWTH = 0.05

# A part of a step that is done stays on the bar for so many seconds, until nothing new is told of the step.
_LINGERS = 0.5

_WIDEST_BAR, _NARROWEST_BAR = 24, 6


class Bar:
    """Says what is being done, how fast, and how long it will take; a context manager.

    On a terminal that is a line with a bar, gone when the command is done. Elsewhere, and on terminals that cannot move
    the cursor, it is a line of text every few seconds.

    Parameters
    ----------
    visible : bool
        Whether to say anything at all.
    clock : callable, default=time.monotonic
        Gives seconds.
    stream : file, optional
        Where to write. Default: standard error.
    """

    def __init__(
        self, *, visible: bool, clock: Callable[[], float] = time.monotonic, stream: IO[str] | None = None
    ) -> None:
        self._clock = clock
        self._console = Console(file=stream, stderr=stream is None)
        drawn = visible and self._console.is_interactive and self._console.file.isatty()
        self._says_lines = visible and not drawn
        self._spinner = Spinner("dots")
        self._began = self._last_line = clock()
        self._step: Step | None = None
        self._around: Step | None = None
        self._best: Candidate | None = None
        self._widest = 0
        # Last, as it draws the first line already.
        self._live = (
            Live(console=self._console, get_renderable=self._line, transient=True, refresh_per_second=8)
            if drawn
            else None
        )

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def step(self, what: str, total: int | None = None) -> None:
        """Begin a step of the work, of which `total` rows are to do if that is known."""
        self._around = self._begin(what, total)
        if self._live is not None:
            self._live.refresh()
        self._say()

    def on_progress(self, progress: "Progress") -> None:
        """Say what the library tells; what it calls by another name is a step of its own."""
        if isinstance(progress, Stage):
            self.step(progress.what, progress.total)
            return
        step = self._step
        if step is None or step.what != progress.what or (step.done or 0) > progress.done:
            if step is not None and step.what == progress.what:
                # Every pass of a step has as many rows.
                step = self._begin(progress.what, step.total, step.number + 1)
            else:
                step = self._begin(progress.what)
        detail, counted = self._detail(progress)
        self._step = step.at(self._clock(), progress.done, progress.total, progress.unit, detail, counted=counted)
        self._say()

    def _begin(self, what: str, total: int | None = None, number: int = 1) -> Step:
        now = self._clock()
        self._best, self._widest = None, 0
        self._step = Step(what, now, now, total=total, number=number)
        return self._step

    def _detail(self, progress: "Progress") -> tuple[str, bool]:
        """Return what a fit or a search says beside the count, and whether the count says anything then."""
        candidate: Any = getattr(progress, "candidate", None)
        if hasattr(candidate, "bic"):
            if self._best is None or candidate.bic < self._best.bic:
                self._best = candidate
            return f"best {self._best.n_components} × {self._best.covariance_type}", True  # the sign of a product
        fit: Any = progress
        if hasattr(progress, "lower_bound"):
            start = f"start {fit.start + 1} of {fit.n_starts}, " if fit.n_starts > 1 else ""
            return f"{start}iteration {fit.iteration}, bound {words.number(fit.lower_bound, 5)}", False
        return "", True

    def _say(self) -> None:
        if not self._says_lines or self._step is None:
            return
        now = self._clock()
        apart = max(_BETWEEN_LINES, _GROWTH * (now - self._began))
        if now - self._last_line < (_FIRST_LINE if self._last_line == self._began else apart):
            return
        self._last_line = now
        # Nobody's work is to end because nobody reads how far it is.
        with contextlib.suppress(OSError):
            self._console.file.write(f"mixtura: {self._step.sentence(now)}\n")
            self._console.file.flush()

    def _line(self) -> Table | Text:
        """Return the line as it is drawn now, by the thread that draws: as wide as the terminal at most."""
        step = self._step
        if step is None:
            return Text()
        now, width = self._clock(), self._console.width - 1
        if step.share == 1 and self._around is not None and now - step.told > _LINGERS:
            step = self._around if self._around.what != step.what else step
        said = step.short(now)
        self._widest = max(self._widest, cell_len(said))
        what = step.name
        room = width - 2 - cell_len(what) - 1 - self._widest - 1
        line = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
        for _ in range(4):
            line.add_column(no_wrap=True)
        bar: ProgressBar | str = ""
        if room >= _NARROWEST_BAR:
            bar = ProgressBar(
                total=None if step.share is None else 1.0,
                completed=step.share or 0.0,
                width=min(_WIDEST_BAR, room - 1),
                pulse=not step.share,
                animation_time=now,
            )
        else:
            what = _shortened(what, max(4, width - 4 - cell_len(said)))
        line.add_row(self._spinner.render(now), Text(what), bar, Text(said))
        return line


def _shortened(text: str, width: int) -> str:
    return text if cell_len(text) <= width else f"{set_cell_size(text, width - 1).rstrip()}…"
