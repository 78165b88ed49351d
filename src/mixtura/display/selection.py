"""`SelectionDisplay`: criteria over the number of components, the best marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from ..distributions.matrices import Floats
from .drawing import legend, panels, plain
from .palette import QUIET, group_color

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

Better = Literal["lower", "higher"]


@dataclass(frozen=True)
class _Criterion:
    """How a criterion of a search is named, where a candidate holds it, and which others share its scale."""

    name: str
    attribute: str
    scale: str
    better: Better = "lower"


_CRITERIA = {
    "bic": _Criterion("BIC", "bic", "−2 log-likelihood + penalty"),
    "aic": _Criterion("AIC", "aic", "−2 log-likelihood + penalty"),
    "icl": _Criterion("ICL", "icl", "−2 log-likelihood + penalty"),
    "mml": _Criterion("message length in nats", "mml", "nats"),
    "cv": _Criterion("mean log density of rows left out", "cv_log_likelihood", "log density", "higher"),
    "elbo": _Criterion("evidence lower bound", "elbo", "evidence", "higher"),
}

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
            Axes to draw into. Default: those of a new figure.

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
            names = _names(("bic", "aic") if criteria is None else criteria)
            found = _compare(estimator, X, names)
        else:
            check_is_fitted(estimator)
            if not hasattr(estimator, "candidates_"):
                raise ValueError(f"{type(estimator).__name__} compared no candidates: give a MixtureSearch")
            own = estimator.criterion or ("bic" if estimator.estimator is None else "elbo")
            names = _names(own if criteria is None else criteria)
            found = {name: _searched(estimator.candidates_, name) for name in names}
        counts = sorted({count for keys in found.values() for count, _ in keys})
        values = {
            _CRITERIA[name].name: {
                shape: [keys.get((count, shape), np.inf) for count in counts]
                for shape in dict.fromkeys(shape for _, shape in keys)
            }
            for name, keys in found.items()
        }
        return cls(counts, values, better=_CRITERIA[names[0]].better).plot(ax)

    @classmethod
    def from_predictions(
        cls,
        n_components: ArrayLike,
        values: Mapping[str, ArrayLike | Mapping[str, ArrayLike]],
        *,
        better: Better = "lower",
        ax: Axes | None = None,
    ) -> Self:
        """Draw criteria that were worked out elsewhere; parameters as for the class, and `ax` to draw into."""
        return cls(n_components, values, better=better).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the lines and mark the best candidates.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to draw into. Default: those of a new figure.

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
        from matplotlib.lines import Line2D  # noqa: PLC0415  # optional, and slow to import
        from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

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
        self.ax_.set_ylabel(f"{name} ({self.better} is better)", parse_math=False)
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
            raise ValueError(f"no candidate could be fitted: every value of {plain(criterion)} is infinite")
        return Best(int(self.n_components[i]), line, float(self.values[criterion][line][i]))


def _checked(curve: ArrayLike, n_counts: int, criterion: str) -> Floats:
    values = np.asarray(curve, dtype=np.float64)
    if values.shape != (n_counts,):
        raise ValueError(f"there are {n_counts} counts, and the values of {criterion!r} have the shape {values.shape}")
    if np.isnan(values).any():
        i = int(np.argmax(np.isnan(values)))
        raise ValueError(f"value {i} of {criterion!r} is NaN: give infinity for a candidate that could not be fitted")
    return values


def _names(criteria: str | Sequence[str]) -> list[str]:
    """Return the names of the criteria, which must share a scale, since they are drawn on one axis."""
    names = [criteria] if isinstance(criteria, str) else list(dict.fromkeys(criteria))
    if not names or not set(names) <= set(_CRITERIA):
        raise ValueError(f"criteria must be some of {list(_CRITERIA)}, not {criteria!r}")
    if len({_CRITERIA[name].scale for name in names}) > 1:
        raise ValueError(f"{' and '.join(names)} share no scale: draw each into axes of its own")
    return names


def _searched(candidates: Sequence[Any], name: str) -> dict[tuple[int, str], float]:
    attribute = _CRITERIA[name].attribute
    if any(getattr(candidate, attribute, None) is None for candidate in candidates):
        raise ValueError(f"the search did not work out {name!r}: choose another criterion, or search again by it")
    return {(c.n_components, c.covariance_type): float(getattr(c, attribute)) for c in candidates}


def _compare(mixtures: Sequence[Any], X: Any, names: list[str]) -> dict[str, dict[tuple[int, str], float]]:
    if not mixtures:
        raise ValueError("there is no mixture to compare: give one at least")
    if X is None:
        raise ValueError("mixtures are compared on a table: give X")
    found: dict[str, dict[tuple[int, str], float]] = {name: {} for name in names}
    for mixture in mixtures:
        check_is_fitted(mixture)
        key = (int(mixture.n_components), str(mixture.covariance_type))
        for name in names:
            if name not in ("bic", "aic") or not hasattr(mixture, name):
                raise ValueError(f"{type(mixture).__name__} has no {name}: compare mixtures by 'bic' and 'aic'")
            if key in found[name]:
                raise ValueError(f"two mixtures have {key[0]} components and covariance_type={key[1]!r}: give one")
            found[name][key] = float(getattr(mixture, name)(X))
    return found
