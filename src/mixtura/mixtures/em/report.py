"""How a fit tells how far it is: to `on_progress`, and on standard output where the user asked for it."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count as count_from
from typing import Any

from ...engines.progress import OnProgress
from .loop import Fit, FitProgress


@dataclass(frozen=True, eq=False)
class Report:
    """Told after each iteration, from any start.

    Attributes
    ----------
    n_starts : int
        Number of starts.
    on_progress : callable or None
        Told a `FitProgress`.
    verbose, verbose_interval : int
        As for `GaussianMixture`.
    """

    n_starts: int
    on_progress: OnProgress | None = None
    verbose: int = 0
    verbose_interval: int = 10
    done: Iterator[int] = field(default_factory=lambda: count_from(1))

    def __call__(self, start: int, fit: Fit[Any], change: float) -> None:
        """Tell where the fit from a start stands, and what its bound gained."""
        if self.on_progress is not None:
            self.on_progress(
                FitProgress(
                    "fitting",
                    next(self.done),
                    None,
                    "iterations",
                    start=start,
                    n_starts=self.n_starts,
                    iteration=fit.n_iter,
                    lower_bound=fit.lower_bound,
                    change=change,
                )
            )
        if not self.verbose:
            return
        if fit.n_iter == 1:
            sys.stdout.write(f"Initialization {start}\n")
        if fit.converged:
            sys.stdout.write(f"Initialization converged after {fit.n_iter} iterations.\n")
        elif fit.n_iter % self.verbose_interval == 0:
            detail = f"\t lower bound {fit.lower_bound:.5f}\t change {change:.5f}" if self.verbose > 1 else ""
            sys.stdout.write(f"  Iteration {fit.n_iter}{detail}\n")
