"""`ExplanationDisplay`: why rows are anomalies, column by column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...decisions.reasons import format_number
from ...detectors.explanation import Explanation
from ...rows import open as open_rows
from ..palette import ANOMALY, QUIET
from .drawing import axes_or_new, plain
from .subject import subject_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer
    from matplotlib.figure import Figure

# Bars take this part of the width, and the words next to them the rest.
_BARS = 0.55

# Height of one bar with two lines of words, and of what is above and below all bars, in inches.
_BAR_HEIGHT, _FRAME_HEIGHT = 0.42, 1.1

_MOST_ROWS = 6


class ExplanationDisplay:
    """Why rows are anomalies: how much each column adds to the surprise, with the value seen and the one expected.

    The bars of a row add up to how much more surprising it is than an ordinary row, in nats: they are Shapley values.
    Those of flagged cells are orange: without these, the rest of the row is ordinary.

    It is recommended to use `from_estimator` or `from_predictions` to create one. All parameters are stored as
    attributes.

    Parameters
    ----------
    explanation : Explanation
        Which cells of a few rows are flagged, what a detector expected of each, and the share of each column.
    values : ndarray of shape (n_rows, n_columns)
        The values seen, in the same units; NaN where missing.
    columns : sequence of str
        Names of the columns.
    row_names : sequence of str, optional
        What each row is called.

    Attributes
    ----------
    ax_ : matplotlib Axes, or ndarray of Axes of shape (n_rows,)
        Axes of the picture, one for each row where there are several.
    figure_ : matplotlib Figure
        Figure that contains them.
    bars_ : list of matplotlib BarContainer
        For each row a bar for each column shown: flagged cells first, in orange, then those that add or take most.
    texts_ : list of list of matplotlib Text
        What is written next to the bars.

    See Also
    --------
    DensityDisplay : All rows, with anomalies as stars.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import AnomalyDetector, ExplanationDisplay
    >>> X = np.random.default_rng(0).normal(size=(500, 3))
    >>> X[7] = [0, 8, 0]
    >>> detector = AnomalyDetector(random_state=0).fit(X)
    >>> display = ExplanationDisplay.from_estimator(detector, X[[7]], columns=["height", "mass", "age"])
    >>> display.ax_.get_yticklabels()[0].get_text()
    'mass'
    """

    ax_: Any
    figure_: Figure

    def __init__(
        self,
        explanation: Explanation,
        values: NDArray[Any],
        columns: Sequence[str],
        *,
        row_names: Sequence[str] | None = None,
    ) -> None:
        self.explanation = explanation
        self.values = values
        self.columns = columns
        self.row_names = row_names

    def plot(self, ax: Any = None, *, max_columns: int = 10) -> Self:
        """Draw the picture.

        Parameters
        ----------
        ax : matplotlib Axes, or array-like of Axes of shape (n_rows,), optional
            Axes to draw into, one for each row. Default: axes of a new figure, one below the other.
        max_columns : int, default=10
            Columns to show of each row, those that tell most. One more bar is for the sum of the others.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            There are no axes for each row, or more than six rows, or no columns to show.
        MissingDependencyError
            Matplotlib is not installed.
        """
        n_rows, n_columns = self.explanation.shares.shape
        if max_columns < 1:
            raise ValueError(f"max_columns must be at least 1, not {max_columns}")
        if not 1 <= n_rows <= _MOST_ROWS:
            raise ValueError(f"a picture explains one to {_MOST_ROWS} rows, not {n_rows}: choose some")
        self.figure_, axes = _axes_for(ax, n_rows, min(max_columns + 1, n_columns))
        self.ax_ = axes[0] if n_rows == 1 else np.array(axes, dtype=object)
        self.bars_: list[BarContainer] = []
        self.texts_: list[list[Any]] = []
        for row, one in enumerate(axes):
            self._draw(row, one, max_columns)
        flagged = "; orange: flagged" if self.explanation.flagged_cells.any() else ""
        axes[-1].set_xlabel(f"surprise (nats){flagged}", loc="left", fontsize="small")
        return self

    def _draw(self, row: int, ax: Axes, max_columns: int) -> None:
        explanation = self.explanation
        shares, flagged = explanation.shares[row], explanation.flagged_cells[row]
        shown, others = np.split(explanation.most_telling[row], [max_columns])
        widths = shares[shown].tolist()
        names = [plain(self.columns[column], 24) for column in shown]
        words = [self._words(row, int(column)) for column in shown]
        colors = [ANOMALY if flagged[column] else QUIET for column in shown]
        if len(others):
            widths.append(float(shares[others].sum()))
            names.append(f"{len(others)} other column{'s' if len(others) > 1 else ''}")
            words.append("")
            colors.append("#D0D0D0")
        bars = ax.barh(range(len(widths)), widths, height=0.62, color=colors)
        lowest, longest = min(0.0, *widths), max(0.0, *widths) or 1.0
        texts = [
            ax.text(
                max(width, 0.0) + 0.015 * longest / _BARS,
                place,
                "  ".join(filter(None, (_nats(width), text))),
                va="center",
                fontsize="small",
                linespacing=1.15,
            )
            for place, (width, text) in enumerate(zip(widths, words, strict=True))
        ]
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(len(names) - 0.5, -0.5)
        ax.set_xlim(1.05 * lowest, longest / _BARS)
        ax.set_xticks([])
        ax.tick_params(axis="y", length=0)
        ax.spines[:].set_visible(False)
        ax.axvline(0.0, color="black", linewidth=0.8)
        title = [] if self.row_names is None else [plain(self.row_names[row])]
        if not flagged.any():
            title.append("no few values stand out")
        ax.set_title(": ".join(title), loc="left", fontsize="medium")
        self.bars_.append(bars)
        self.texts_.append(texts)

    def _words(self, row: int, column: int) -> str:
        value, expected, deviation, distance = (
            float(array[row, column])
            for array in (
                self.values,
                self.explanation.expected,
                self.explanation.deviation,
                self.explanation.distance,
            )
        )
        usual = f"expected {format_number(expected)}"
        if math.isnan(value):
            return f"missing\n{usual}"
        if deviation == 0:
            return f"{format_number(value)}\n{usual}" + (", as in all rows fitted" if distance else "")
        steps = f"{abs(distance):.1f}" if abs(distance) < 1000 else format_number(abs(distance))
        direction = "below" if distance < 0 else "above"
        return f"{format_number(value)} ({steps} sd {direction})\n{usual} ± {format_number(deviation, 2)}"

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        columns: Sequence[str] | None = None,
        row_names: Sequence[Any] | None = None,
        max_columns: int = 10,
        ax: Any = None,
    ) -> Self:
        """Explain rows by a fitted model, and draw why.

        Parameters
        ----------
        estimator : Mixture, TableModel or estimator
            A detector or mixture of this library, fitted.
        X : array-like or frame of shape (n_rows, n_columns), or any source of rows
            The rows to explain, at most six.
        columns : sequence of str, optional
            Names of the columns. Default: those of the model or of `X`.
        row_names : sequence, optional
            What each row is called. Default: the index of a pandas frame.
        max_columns, ax
            As for `plot`.

        Returns
        -------
        ExplanationDisplay

        Raises
        ------
        NotFittedError
            The estimator is not fitted.
        TypeError
            It does not explain rows.
        ValueError
            `X` has other columns than the estimator was fitted to, or a value that it does not take; or what `plot`
            raises.
        MissingDependencyError
            Matplotlib is not installed.
        """
        subject = subject_of(estimator)
        if subject.explain is None:
            raise TypeError(f"{subject.name} does not explain rows: give a detector or mixture of mixtura")
        values, names = subject.read(X)
        if row_names is None and hasattr(X, "iloc"):
            row_names = [f"row {label}" for label in X.index]
        explanation = subject.explain(values)
        named = names if columns is None else columns
        return cls.from_predictions(
            explanation, values, columns=named, row_names=row_names, max_columns=max_columns, ax=ax
        )

    @classmethod
    def from_predictions(
        cls,
        explanation: Explanation,
        X: ArrayLike,
        *,
        columns: Sequence[str] | None = None,
        row_names: Sequence[Any] | None = None,
        max_columns: int = 10,
        ax: Any = None,
    ) -> Self:
        """Draw an explanation that a detector has given.

        Parameters
        ----------
        explanation : Explanation
            What `explain` returned for the rows.
        X : array-like or frame of shape (n_rows, n_columns)
            The rows.
        columns : sequence of str, optional
            Names of the columns. Default: those of `X`, or x0, x1 and so on.
        row_names, max_columns, ax
            As for `from_estimator`.

        Returns
        -------
        ExplanationDisplay

        Raises
        ------
        ValueError
            The parts are not of the same rows and columns; or what `plot` raises.
        """
        rows = open_rows(X, missing="allow")
        values = np.concatenate([block.values for block in rows.blocks()])
        if values.shape != explanation.shares.shape:
            raise ValueError(f"the rows have the shape {values.shape}, and the explanation {explanation.shares.shape}")
        if columns is None:
            columns = rows.columns or [f"x{column}" for column in range(values.shape[1])]
        if len(columns) != values.shape[1]:
            raise ValueError(f"there are {len(columns)} names of columns, and {values.shape[1]} columns")
        if row_names is not None and len(row_names) != len(values):
            raise ValueError(f"there are {len(row_names)} names of rows, and {len(values)} rows")
        named = None if row_names is None else [str(name) for name in row_names]
        return cls(explanation, values, list(columns), row_names=named).plot(ax=ax, max_columns=max_columns)


def _nats(share: float) -> str:
    return f"{share:+.1f}" if abs(share) < 1000 else f"{share:+.3g}" if abs(share) >= 1e9 else f"{share:+,.0f}"


def _axes_for(ax: Any, n_rows: int, n_bars: int) -> tuple[Figure, list[Axes]]:
    """Return the axes given, or new ones one below the other, as high as their bars need."""
    if ax is not None:
        given = list(np.ravel(np.asarray(ax, dtype=object)))
        if len(given) != n_rows:
            raise ValueError(f"there are {n_rows} rows to explain, and {len(given)} axes: give one for each")
        axes_or_new(given[0], "ExplanationDisplay.plot")
        return given[0].figure, given
    figure, first = axes_or_new(None, "ExplanationDisplay.plot")
    first.remove()
    figure.set_layout_engine("constrained")
    figure.set_size_inches(6.4, n_rows * (_FRAME_HEIGHT + _BAR_HEIGHT * n_bars))
    return figure, list(figure.subplots(n_rows, 1, squeeze=False)[:, 0])
