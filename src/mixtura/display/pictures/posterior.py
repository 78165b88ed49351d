"""`PosteriorDisplay`: the marginals of a posterior, its parameters in pairs, and how the bound went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ...errors import RequestError
from ...inference.posterior import Posterior
from ..palette import GROUPS, QUIET
from .drawing import panels, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DRAWS, _BINS = 2000, 40


class PosteriorDisplay:
    """Marginals on the diagonal, pairs of parameters below it, and the trace of the evidence lower bound.

    Parameters
    ----------
    posterior : Posterior
        What inference found.
    names : sequence of str, optional
        Which numbers are drawn. Default: the first five.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    axes_ : list of matplotlib Axes
        The panels, row by row; the last is that of the trace.

    Raises
    ------
    RequestError
        A name is none of the posterior's.
    """

    def __init__(self, posterior: Posterior, names: Sequence[str] | None = None) -> None:
        self.posterior = posterior
        self.names = list(posterior.names[:5] if names is None else names)
        unknown = [name for name in self.names if name not in posterior.names]
        if unknown or not self.names:
            raise RequestError(f"there is no {unknown[:1]} to draw: choose from {', '.join(posterior.names)}")

    def plot(self, ax: Any = None) -> Self:
        """Draw it.

        Parameters
        ----------
        ax : matplotlib Axes or array of them, optional
            One to divide, or one for each panel. Default: axes of a new figure.

        Returns
        -------
        self
        """
        n = len(self.names)
        places = [self.posterior.names.index(name) for name in self.names]
        draws = self.posterior.sample_rows(_DRAWS, 0)[:, places]
        self.figure_, self.axes_ = panels(ax, n * n + 1, "PosteriorDisplay", n_columns=max(n, 2))
        for row in range(n):
            for column in range(n):
                panel = self.axes_[row * n + column]
                if column > row:
                    panel.set_axis_off()
                    continue
                if row == column:
                    panel.hist(draws[:, row], bins=_BINS, density=True, color=GROUPS[0], alpha=0.8)
                    panel.set_yticks([])
                else:
                    panel.plot(draws[:, column], draws[:, row], ".", ms=2, alpha=0.3, color=GROUPS[0])
                self._name(panel, row, column)
        trace = self.axes_[-1]
        bounds = self.posterior.elbo_trace
        trace.plot(np.arange(1, len(bounds) + 1), bounds, color=GROUPS[0], marker="." if len(bounds) < 30 else "")
        trace.axhline(self.posterior.elbo, color=QUIET, lw=0.8, ls=":")
        trace.set_xlabel("step")
        trace.set_ylabel("lower bound, nats")
        return self

    def _name(self, panel: Axes, row: int, column: int) -> None:
        if row == len(self.names) - 1:
            panel.set_xlabel(plain(self.names[column], 20))
        if column == 0 and row > 0:
            panel.set_ylabel(plain(self.names[row], 20))
