"""How work runs, and who is told of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Self

from ...engines import Engine, OnProgress, engine_for
from ...engines.progress import Progress, watched
from ...engines.single import single_thread
from .spelling import Spell, in_python


@dataclass(frozen=True)
class Stage(Progress):
    """A stage of the work begins; what the library tells until the next one is part of it."""


def _nobody(progress: Progress) -> None:
    pass


@dataclass(frozen=True)
class Run:
    """How a piece of work runs: where its passes run, who is told how far it is, and how it writes what was asked for.

    Attributes
    ----------
    on_progress : callable
        Told every stage of the work as it begins, and what the library tells within it.
    spell : callable
        Writes a keyword and perhaps a value in a sentence for the user.
    engine : Engine
        Where passes run.
    """

    on_progress: OnProgress = _nobody
    spell: Spell = in_python
    engine: Engine = field(default_factory=lambda: engine_for(None))

    @classmethod
    def told(cls, on_progress: OnProgress | None) -> Self:
        """Return a run that tells a callback, if there is one."""
        return cls() if on_progress is None else cls(on_progress)

    def stage(self, what: str, total: int | None = None) -> Callable[[int], None]:
        """Begin a stage of so many rows, if that is known; return what to tell how many are done."""
        self.on_progress(Stage(what, 0, total))
        return lambda n_rows: self.on_progress(Progress(what, n_rows, total))

    def watched(self, what: str) -> Engine:
        """Return an engine for passes whose rows are counted."""
        return watched(self.engine, self.on_progress, what)


def one_blas_thread() -> AbstractContextManager[object]:
    """Keep the linear algebra library on one thread.

    The passes have threads of their own, and what is left for it are matrices of a few columns. Its threads would only
    wait for one another, a thousand times longer than the work takes when the processors are busy; and on one thread it
    adds in one order, so that the result has the same bits on every number of processors.
    """
    return single_thread("blas")
