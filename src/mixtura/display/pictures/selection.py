"""`SelectionDisplay`: criteria over the number of components, the best marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from ...typing import Floats
from ..palette import QUIET, group_color
from .criteria import CRITERIA, Better, check_criteria, compared, searched
from .drawing import legend, panels, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D


_STYLES: tuple[Literal["-", "--", ":", "-."], ...] = ("-", "--", ":", "-.")
_FRAMES = ("o", "s", "D", "^")


@dataclass(frozen=True)
class Best:
    """The best candidate by one criterion.

    Attributes
    ----------
    n_components : int
        Its number of components.
    line : str
        The line it is on: a covariance shape, or empty where there is one line only.
    value : float
        The criterion.
    """

    n_components: int
    line: str
    value: float


class SelectionDisplay:
    """Criteria over the number of components: a line for each covariance shape, the best candidate marked.

    It is recommended to use `from_estimator` or `from_predictions` to create one.

    Parameters
    ----------
    n_components : array-like of shape (n_counts,)
        Numbers of components, each once, in any order.
    values : dict
        For each criterion its values, array-like of shape (n_counts,); or a dict of such, one for each line, such as a
        covariance shape. Infinite where a candidate could not be fitted, which leaves a gap.
    better : {'lower', 'higher'}, default='lower'
        Which values are the better ones, of all criteria.

    Attributes
    ----------
    best : dict of str to Best
        The best candidate by each criterion, the first of those that tie.
    lines_ : dict of (str, str) to matplotlib Line2D
        The line of each criterion and shape.
    markers_ : dict of str to matplotlib Line2D
        The frame about the best candidate by each criterion.
    gaps_ : list of matplotlib Line2D
        Crosses at the upper edge, for candidates that could not be fitted.
    ax_ : matplotlib Axes
        Axes with the lines.
    figure_ : matplotlib Figure
        Figure with the axes.

    See Also
    --------
    mixtura.MixtureSearch : Chooses by one of the criteria.

    Examples
    --------
    >>> from mixtura import SelectionDisplay
    >>> display = SelectionDisplay.from_predictions([1, 2, 3], {"AIC": [90.0, 60.0, 58.0], "BIC": [94.0, 70.0, 75.0]})
    >>> {name: best.n_components for name, best in display.best.items()}
    {'AIC': 3, 'BIC': 2}
    """

    lines_: dict[tuple[str, str], Line2D]
    markers_: dict[str, Line2D]
    gaps_: list[Line2D]
    ax_: Axes
    figure_: Figure

    def __init__(
        self,
        n_components: ArrayLike,
        values: Mapping[str, ArrayLike | Mapping[str, ArrayLike]],
        *,
        better: Better = "lower",
    ) -> None:
        counts = np.asarray(n_components)
        if counts.ndim != 1 or not len(counts):
            raise ValueError(f"n_components must be a list of counts, one for each candidate, not {n_components!r}")
        if counts.dtype.kind not in "iu" or counts.min() < 1 or len(np.unique(counts)) < len(counts):
            raise ValueError(f"n_components must be different whole numbers of at least 1, not {n_components!r}")
        if better not in ("lower", "higher"):
            raise ValueError(f"better must be 'lower' or 'higher', not {better!r}")
        if not values:
            raise ValueError("there is no criterion to draw: values must hold one at least")
        order = np.argsort(counts)
        self.n_components = counts[order]
        self.better = better
        self.values = {
            criterion: {
                line: _checked(curve, len(counts), criterion)[order]
                for line, curve in (lines.items() if isinstance(lines, Mapping) else [("", lines)])
            }
            for criterion, lines in values.items()
        }
        self.best = {criterion: self._best(criterion) for criterion in self.values}

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any = None,
        *,
        criteria: str | Sequence[str] | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw what a search found, or compare mixtures that were fitted one by one.

        Parameters
        ----------
        estimator : MixtureSearch or sequence of GaussianMixture
            A fitted search, or fitted mixtures of different numbers of components or shapes; those of scikit-learn too.
        X : array-like of shape (n_rows, n_features), or any source of rows, optional
            The table that the mixtures are compared on; a search needs none.
        criteria : str or sequence of str, optional
            Some of 'bic', 'aic' and 'icl', which share a scale, or one of 'mml', 'cv' and 'elbo'; of mixtures 'bic' and
            'aic'. Default: what the search chose by; of mixtures both.
        ax : matplotlib Axes, optional
            Axes to draw into. Default: axes of a new figure.

        Returns
        -------
        SelectionDisplay

        Raises
        ------
        NotFittedError
            The search or a mixture is not fitted.
        ValueError
            A criterion is unknown, was not worked out, or shares no scale with the others.
        """
        if isinstance(estimator, Sequence):
            names = check_criteria(("bic", "aic") if criteria is None else criteria)
            found = compared(estimator, X, names)
        else:
            check_is_fitted(estimator)
            if not hasattr(estimator, "candidates_"):
                raise ValueError(f"{type(estimator).__name__} compared no candidates: give a MixtureSearch")
            names = check_criteria(estimator._criterion() if criteria is None else criteria)
            found = {name: searched(estimator.candidates_, name) for name in names}
        counts = sorted({count for keys in found.values() for count, _ in keys})
        values = {
            CRITERIA[name].name: {
                shape: [keys.get((count, shape), np.inf) for count in counts]
                for shape in dict.fromkeys(shape for _, shape in keys)
            }
            for name, keys in found.items()
        }
        return cls(counts, values, better=CRITERIA[names[0]].better).plot(ax)

    @classmethod
    def from_predictions(
        cls,
        n_components: ArrayLike,
        values: Mapping[str, ArrayLike | Mapping[str, ArrayLike]],
        *,
        better: Better = "lower",
        ax: Axes | None = None,
    ) -> Self:
        """Draw criteria that were worked out elsewhere.

        Parameters
        ----------
        n_components : array-like of shape (n_counts,)
            Numbers of components, each once, in any order.
        values : dict
            For each criterion its values, array-like of shape (n_counts,), or a dict of such, one for each line.
            Infinite where a candidate could not be fitted.
        better : {'lower', 'higher'}, default='lower'
            Which values are the better ones, of all criteria.
        ax : matplotlib Axes, optional
            Axes to draw into. Default: axes of a new figure.

        Returns
        -------
        SelectionDisplay

        Raises
        ------
        ValueError
            Lengths differ, a value is NaN, or there is no candidate that could be fitted.
        """
        return cls(n_components, values, better=better).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the lines and mark the best candidates.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to draw into. Default: axes of a new figure.

        Returns
        -------
        self
        """
        self.figure_, (self.ax_,) = panels(ax, 1, "SelectionDisplay")
        shapes = list(dict.fromkeys(line for lines in self.values.values() for line in lines))
        several = len(shapes) > 1
        self.lines_, self.markers_, self.gaps_ = {}, {}, []
        for number, (criterion, lines) in enumerate(self.values.items()):
            for line, curve in lines.items():
                color = group_color(shapes.index(line) if several else number)
                style = _STYLES[number % len(_STYLES)] if several else "-"
                self._draw(criterion, line, curve, color, style)
        for number, (criterion, best) in enumerate(self.best.items()):
            color = str(self.lines_[criterion, best.line].get_color())
            (self.markers_[criterion],) = self.ax_.plot(
                best.n_components, best.value, _FRAMES[number % len(_FRAMES)], ms=11, mfc="none", mec=color, mew=1.6
            )
        self._say()
        return self

    def _draw(self, criterion: str, line: str, curve: Floats, color: str, style: str) -> None:
        fitted = np.isfinite(curve)
        (self.lines_[criterion, line],) = self.ax_.plot(
            self.n_components, np.where(fitted, curve, np.nan), style, marker="o", ms=4, lw=1.6, color=color
        )
        if not fitted.all():
            missing, edge = self.n_components[~fitted], self.ax_.get_xaxis_transform()
            self.gaps_ += self.ax_.plot(missing, np.ones(len(missing)), "x", color=color, clip_on=False, transform=edge)

    def _say(self) -> None:
        """Name the axes, the lines and the best candidates."""
        from matplotlib.lines import Line2D  # optional, and slow to import
        from matplotlib.ticker import MaxNLocator

        names = {criterion: plain(criterion) for criterion in self.values}
        shapes = list(dict.fromkeys(line for lines in self.values.values() for line in lines))
        several = len(shapes) > 1
        entries: list[tuple[Any, str]] = []
        if several:
            entries += [(Line2D([], [], color=group_color(i)), plain(shape)) for i, shape in enumerate(shapes)]
        if len(names) > 1:
            for number, (criterion, name) in enumerate(names.items()):
                line = self.lines_[criterion, self.best[criterion].line]
                style = Line2D([], [], color=QUIET, linestyle=_STYLES[number % len(_STYLES)])
                entries.append((style if several else line, name))
        word = "lowest" if self.better == "lower" else "highest"
        for criterion, best in self.best.items():
            what = f"{word} {names[criterion]}" if len(names) > 1 else word
            where = f"{best.n_components} component{'s' * (best.n_components > 1)}"
            shape = f", {plain(best.line)}" if several else ""
            entries.append((self.markers_[criterion], f"{what}: {where}{shape}"))
        if self.gaps_:
            entries.append((Line2D([], [], color=QUIET, marker="x", linestyle=""), "could not be fitted"))
        legend(self.ax_, entries)
        self.ax_.set_xlabel("number of components")
        name = next(iter(names.values())) if len(names) == 1 else "criterion"
        self.ax_.set_ylabel(f"{name} ({self.better} is better)")
        self.ax_.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        self.ax_.ticklabel_format(axis="y", useOffset=False)

    def _best(self, criterion: str) -> Best:
        sign = 1.0 if self.better == "lower" else -1.0
        losses = {
            (i, line): sign * value if np.isfinite(value) else np.inf
            for line, curve in self.values[criterion].items()
            for i, value in enumerate(curve.tolist())
        }
        i, line = min(losses, key=lambda key: losses[key], default=(0, ""))
        if not losses or losses[i, line] == np.inf:
            raise ValueError(f"no candidate could be fitted: every value of {criterion} is infinite")
        return Best(int(self.n_components[i]), line, float(self.values[criterion][line][i]))


def _checked(curve: ArrayLike, n_counts: int, criterion: str) -> Floats:
    values = np.asarray(curve, dtype=np.float64)
    if values.shape != (n_counts,):
        raise ValueError(f"there are {n_counts} counts, and the values of {criterion!r} have the shape {values.shape}")
    if np.isnan(values).any():
        i = int(np.argmax(np.isnan(values)))
        raise ValueError(f"value {i} of {criterion!r} is NaN: give infinity for a candidate that could not be fitted")
    return values
