"""`ElboDisplay`: the lower bound by iteration, and what each iteration gained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from ...mixtures.em.loop import FitProgress
from ...typing import Floats
from ..palette import ANOMALY, GROUPS, QUIET
from .drawing import legend, panels, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

EVIDENCE = "evidence lower bound, nats"
LIKELIHOOD = "mean log-likelihood of a row, nats"
POSTERIOR = "log posterior density per row, nats"


class ElboDisplay:
    """The lower bound that a fit raises, by iteration, with what each iteration gained.

    Variational inference raises the evidence lower bound of all rows. EM raises the mean log-likelihood of a row, the
    bound that its E-step makes tight; with a prior the log posterior density over the number of rows. The axis says
    which. It is recommended to use `from_estimator` or `from_progress` to create one.

    Parameters
    ----------
    lower_bounds : array-like of shape (n_iterations,), or sequence of such
        The bound at each iteration, from one start or from several.
    converged : bool, optional
        Whether the best start converged. Default: not known.
    tol : float, optional
        The gain below which iterations stop, drawn among the gains.
    quantity : str, default='evidence lower bound, nats'
        What the bound is, for the axis.
    name : str, optional
        What stands above the picture. Default: nothing.

    Attributes
    ----------
    best : int
        The start with the highest last bound.
    n_iter : int
        Its iterations.
    gains : ndarray of shape (n_iter - 1,)
        What each of its iterations but the first gained.
    lines_ : list of matplotlib Line2D
        The bounds of each start.
    last_ : matplotlib Line2D
        The point where the best start ended.
    gain_ : matplotlib Line2D or None
        The gains of the best start, where they are drawn.
    falls_ : matplotlib Line2D or None
        Iterations after which the bound was lower, by how much; None where there are none, as there should be.
    ax_ : matplotlib Axes
        Axes with the bounds.
    axes_ : list of matplotlib Axes
        These, and those with the gains where they are drawn.
    figure_ : matplotlib Figure
        Figure with the axes.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import BayesianGaussianMixture, ElboDisplay
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> bgm = BayesianGaussianMixture(n_components=3, random_state=0, max_iter=500).fit(X)
    >>> display = ElboDisplay.from_estimator(bgm, gain=True)
    >>> display.n_iter == bgm.n_iter_, bool(display.gains.min() > -1e-9)
    (True, True)
    """

    lines_: list[Line2D]
    last_: Line2D
    gain_: Line2D | None
    falls_: Line2D | None
    ax_: Axes
    axes_: list[Axes]
    figure_: Figure

    def __init__(
        self,
        lower_bounds: ArrayLike | Sequence[ArrayLike],
        *,
        converged: bool | None = None,
        tol: float | None = None,
        quantity: str = EVIDENCE,
        name: str | None = None,
    ) -> None:
        given: list[Any] = list(lower_bounds)  # type: ignore[arg-type]  # an array is a sequence, and has no such type
        several = bool(given) and all(np.ndim(start) > 0 for start in given)
        self.lower_bounds = [_checked(start) for start in (given if several else [given])]
        self.converged = converged
        self.tol = tol
        self.quantity = quantity
        self.name = name
        self.best = int(np.argmax([start[-1] for start in self.lower_bounds]))

    @property
    def n_iter(self) -> int:
        """Iterations of the best start."""
        return len(self.lower_bounds[self.best])

    @property
    def gains(self) -> Floats:
        """What each iteration of the best start but the first gained, shape (n_iter - 1,)."""
        return np.diff(self.lower_bounds[self.best])

    @classmethod
    def from_estimator(cls, estimator: Any, *, gain: bool = False, name: str | None = None, ax: Any = None) -> Self:
        """Draw how the best start of a fit went.

        Parameters
        ----------
        estimator : GaussianMixture, BayesianGaussianMixture or MixtureSearch
            A fitted estimator with `lower_bounds_`, scikit-learn's too; of a search the best candidate.
        gain : bool, default=False
            Whether the gain of each iteration is drawn below, on a logarithmic scale.
        name : str, optional
            What stands above the picture. Default: nothing.
        ax : matplotlib Axes or array of two, optional
            Axes to draw into. Default: axes of a new figure.

        Returns
        -------
        ElboDisplay

        Raises
        ------
        NotFittedError
            The estimator is not fitted.
        ValueError
            The estimator kept no bounds.
        """
        check_is_fitted(estimator)
        fitted = getattr(estimator, "best_estimator_", estimator)
        bounds = getattr(fitted, "lower_bounds_", None)
        if bounds is None or not len(bounds):
            raise ValueError(f"{type(fitted).__name__} kept no lower_bounds_: give a mixture that was fitted by EM")
        quantity = POSTERIOR if getattr(fitted, "prior", None) is not None else LIKELIHOOD
        if hasattr(fitted, "weight_concentration_"):
            quantity = EVIDENCE
        made = cls(
            bounds,
            converged=bool(fitted.converged_),
            tol=float(fitted.tol),
            quantity=quantity,
            name=name,
        )
        return made.plot(ax, gain=gain)

    @classmethod
    def from_progress(
        cls,
        progress: Iterable[FitProgress],
        *,
        quantity: str = EVIDENCE,
        gain: bool = False,
        name: str | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw how every start of a fit went, from what its `on_progress` was told.

        Parameters
        ----------
        progress : iterable of Progress
            All of it: give the estimator ``on_progress=told.append``, with `told` a list.
        quantity : str, default='evidence lower bound, nats'
            What the bound is, for the axis.
        gain, name, ax
            As for `from_estimator`.

        Returns
        -------
        ElboDisplay

        Raises
        ------
        ValueError
            There were no iterations.
        """
        starts: dict[int, list[float]] = {}
        for told in progress:
            starts.setdefault(told.start, []).append(told.lower_bound)
        if not starts:
            raise ValueError("there were no iterations: give the estimator on_progress, and fit it")
        return cls(list(starts.values()), quantity=quantity, name=name).plot(ax, gain=gain)

    def plot(self, ax: Any = None, *, gain: bool = False) -> Self:
        """Draw the bounds.

        Parameters
        ----------
        ax : matplotlib Axes or array of two, optional
            Axes to draw into. Default: axes of a new figure.
        gain : bool, default=False
            Whether the gain of each iteration is drawn below, on a logarithmic scale.

        Returns
        -------
        self
        """
        self.figure_, self.axes_ = panels(ax, 2 if gain else 1, "ElboDisplay", share_x=True)
        self.ax_ = self.axes_[0]
        self.lines_ = []
        for number, bounds in enumerate(self.lower_bounds):
            chosen = number == self.best
            look: dict[str, Any] = {"color": QUIET, "lw": 1.0, "alpha": 0.7}
            if chosen:
                look = {"color": GROUPS[0], "lw": 1.8, "zorder": 3}
            self.lines_ += self.ax_.plot(np.arange(1, len(bounds) + 1), bounds, **look)
        last = float(self.lower_bounds[self.best][-1])
        self.ax_.axhline(last, color=QUIET, lw=0.8, ls=":", zorder=0)
        (self.last_,) = self.ax_.plot([self.n_iter], [last], "o", ms=6, color=GROUPS[0], zorder=4)
        self._say_bounds(last)
        self.gain_ = self.falls_ = None
        if gain:
            self._draw_gains(self.axes_[1])
        from matplotlib.ticker import MaxNLocator  # optional, and slow to import

        self.axes_[-1].set_xlabel("iteration")
        self.axes_[-1].xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        return self

    def _say_bounds(self, last: float) -> None:
        iterations = f"{self.n_iter} iteration{'s' * (self.n_iter > 1)}"
        end = {True: f"converged after {iterations}", False: f"not converged in {iterations}", None: iterations}
        entries = [(self.last_, f"{end[self.converged]}, at {_number(last)}")]
        others = [line for number, line in enumerate(self.lines_) if number != self.best]
        if others:
            entries.append((self.lines_[self.best], f"best of {len(self.lines_)} starts"))
            entries.append((others[0], "other starts"))
        legend(self.ax_, entries, loc="lower right")
        self.ax_.set_ylabel(plain(self.quantity))
        self.ax_.ticklabel_format(axis="y", useOffset=False)
        self._leave_out_the_fall()
        if self.name is not None:
            self.ax_.set_title(plain(self.name), fontsize="medium", loc="left")

    def _leave_out_the_fall(self) -> None:
        """Begin the scale where nine tenths of the iterations lie, if the first are far below, and say so."""
        values = np.concatenate(self.lower_bounds)
        highest, most = float(values.max()), float(np.quantile(values, 0.1))
        margin = 0.3 * (highest - most)
        below = values < most - margin
        if values.min() < most - 10 * margin:
            self.ax_.set_ylim(most - margin, highest + margin / 4)
            n = int(below.sum())
            said = f"{n} iteration{'s' * (n > 1)} below, the lowest at {_number(values.min())} ▾"
            self.ax_.set_title(said, loc="right", fontsize="small", color=QUIET)

    def _draw_gains(self, ax: Axes) -> None:
        """Draw gains on a logarithmic scale; falls in another colour, and iterations without any change not at all."""
        gains, iterations = self.gains, np.arange(2, self.n_iter + 1)
        (self.gain_,) = ax.plot(
            iterations, np.where(gains > 0, gains, np.nan), "-", marker="o", ms=3, color=GROUPS[0], lw=1.2
        )
        entries: list[tuple[Any, str]] = []
        if (gains < 0).any():
            (self.falls_,) = ax.plot(iterations[gains < 0], -gains[gains < 0], "v", ms=5, color=ANOMALY)
            entries.append((self.falls_, "the bound fell"))
        if (gains != 0).any():
            ax.set_yscale("log")
        if self.tol is not None and self.tol > 0:
            line = ax.axhline(self.tol, color=QUIET, lw=1, ls="--", zorder=0)
            entries.append((line, f"tol = {self.tol:g}"))
        if entries:
            legend(ax, entries, loc="best")
        ax.set_ylabel("gain of the iteration")


def _number(value: float) -> str:
    return f"{value:,.6g}".replace("-", "−")


def _checked(bounds: ArrayLike) -> Floats:
    values = np.asarray(bounds, dtype=np.float64)
    if values.ndim != 1 or not len(values):
        raise ValueError(f"lower_bounds must be one for each iteration, and their shape is {values.shape}")
    if not np.isfinite(values).all():
        i = int(np.argmin(np.isfinite(values)))
        raise ValueError(f"the lower bound of iteration {i + 1} is {values[i]}: give finite numbers")
    return values
