"""A bar on standard error while a command works."""

from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from . import words

if TYPE_CHECKING:
    from ..mixtures.search import Candidate


class SearchStep(Protocol):
    """What a search tells after each candidate."""

    @property
    def done(self) -> int: ...  # noqa: D102

    @property
    def total(self) -> int: ...  # noqa: D102

    @property
    def candidate(self) -> "Candidate": ...  # noqa: D102


class Bar:
    """One line that says what is being done; a context manager.

    It is drawn only on a terminal, and gone when the command is done.

    Parameters
    ----------
    visible : bool
        Whether to draw at all.
    """

    def __init__(self, *, visible: bool) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[detail]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not (visible and console.is_terminal),
        )
        self._task: TaskID | None = None
        self._best: Candidate | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def step(self, description: str, total: int | None = None) -> None:
        """Begin a step of the work, of which `total` parts are to do if that is known."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(description, total=total, detail="")

    def on_candidate(self, step: SearchStep) -> None:
        """Show how far a search has come, and the best candidate so far."""
        if self._best is None or step.candidate.bic < self._best.bic:
            self._best = step.candidate
        best = f"{self._best.n_components} × {self._best.covariance_type}"  # the sign of a product
        detail = f"{step.done} of {step.total}, best {best}"
        self._update(step.done, step.total, detail)

    def on_rows(self, n_rows: int) -> None:
        """Show how many rows have been scored."""
        self._update(n_rows, None, words.plural(n_rows, "row"))

    def _update(self, done: int, total: int | None, detail: str) -> None:
        if self._task is not None:
            self._progress.update(self._task, completed=done, total=total, detail=detail)
