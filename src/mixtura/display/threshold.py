"""`ThresholdDisplay`: where scores are cut, and what that finds among labelled rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from ..decisions.curve import Detections, PrecisionRecallCurve
from ..decisions.thresholds import check_scores, threshold_by_rate
from ..distributions.matrices import Floats
from .drawing import legend, panels, plain
from .palette import ANOMALY, GROUPS, QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

Anomalies = Literal["low", "high"]

# Precision and recall are drawn at this many thresholds at most: a picture has fewer columns of pixels.
_MOST_POINTS = 2000


class ThresholdDisplay:
    """Histogram of scores with the threshold; with labels, precision and recall as the threshold moves.

    It is recommended to use `from_estimator` or `from_predictions` to create one.

    Parameters
    ----------
    scores : array-like of shape (n_rows,)
        Score of each row; infinite ones are allowed.
    y : array-like of shape (n_rows,), optional
        1 or True for anomalies, 0 or False for normal rows.
    threshold : float
        Rows that score strictly below are flagged; strictly above where `anomalies` is 'high'.
    anomalies : {'low', 'high'}, default='low'
        Which scores are anomalous: low ones, as of `score_samples`, or high ones, as of the command line.
    score_name : str, default='score'
        What a score is, for the axis.

    Attributes
    ----------
    n_flagged : int
        Rows that the threshold flags.
    curve : PrecisionRecallCurve or None
        Of `scores`, with the sign turned where high ones are anomalous; None without labels.
    found : Detections or None
        What the threshold finds among the labelled rows; None without labels.
    bars_ : dict of str to matplotlib BarContainer
        The bars of 'anomalies' and 'normal' rows; without labels of those 'flagged' and 'not flagged'.
    cut_ : matplotlib Line2D
        The threshold.
    precision_, recall_ : matplotlib Line2D or None
        Precision and recall by threshold; None without labels.
    chosen_ : dict of str to matplotlib Line2D
        The points of 'precision' and 'recall' at the threshold; empty without labels.
    ax_ : matplotlib Axes
        Axes with the histogram.
    axes_ : list of matplotlib Axes
        These, and with labels those with precision and recall.
    figure_ : matplotlib Figure
        Figure with the axes.

    See Also
    --------
    mixtura.threshold_by_rate : The threshold that flags a given share of the rows.
    mixtura.PrecisionRecallCurve : The threshold for a precision or a recall.

    Examples
    --------
    >>> from mixtura import ThresholdDisplay
    >>> scores, labels = [-9.0, -7.0, -6.0, -3.0, -2.0, -1.0], [1, 1, 0, 1, 0, 0]
    >>> display = ThresholdDisplay.from_predictions(scores, labels, threshold=-6.5)
    >>> display.n_flagged, display.found.precision, round(display.found.recall, 4)
    (2, 1.0, 0.6667)
    """

    bars_: dict[str, BarContainer]
    cut_: Line2D
    precision_: Line2D | None
    recall_: Line2D | None
    chosen_: dict[str, Line2D]
    ax_: Axes
    axes_: list[Axes]
    figure_: Figure

    def __init__(
        self,
        scores: ArrayLike,
        y: ArrayLike | None = None,
        *,
        threshold: float,
        anomalies: Anomalies = "low",
        score_name: str = "score",
    ) -> None:
        self.scores = check_scores(scores)
        if not len(self.scores):
            raise ValueError("there are no scores to draw: give one at least")
        if anomalies not in ("low", "high"):
            raise ValueError(f"anomalies must be 'low' or 'high', the scores that are anomalous, not {anomalies!r}")
        if isinstance(threshold, str) or not np.isfinite(threshold):
            raise ValueError(f"the threshold must be a finite number, not {threshold!r}")
        self.threshold = float(threshold)
        self.anomalies = anomalies
        self.score_name = score_name
        self._sign = 1.0 if anomalies == "low" else -1.0
        self.n_flagged = int((self._low < self._cut).sum())
        self.curve = None if y is None else PrecisionRecallCurve.from_scores(self._low, y)
        self.y: NDArray[np.bool_] | None = None if y is None else np.asarray(y).astype(bool)
        self.found: Detections | None = None if self.curve is None else self.curve.at(self._cut)

    @property
    def _low(self) -> Floats:
        """Scores of which the low ones are anomalous."""
        return self._sign * self.scores

    @property
    def _cut(self) -> float:
        return self._sign * self.threshold

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike | None = None,
        *,
        threshold: float | None = None,
        rate: float | None = None,
        bins: int = 60,
        ax: Any = None,
    ) -> Self:
        """Draw the scores that a fitted detector or mixture gives the rows of a table.

        Parameters
        ----------
        estimator : detector or mixture
            A fitted estimator with `score_samples`, scikit-learn's too.
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table.
        y : array-like of shape (n_rows,), optional
            1 or True for anomalies, 0 or False for normal rows.
        threshold : float, optional
            Rows that score strictly below are flagged. Default: that of `rate`, else the `offset_` of the estimator.
        rate : float, optional
            Share of these rows to flag, in place of a threshold.
        bins : int, default=60
            About how many bars the histogram has.
        ax : matplotlib Axes, or with labels an array of two, optional
            Axes to draw into. Default: those of a new figure.

        Returns
        -------
        ThresholdDisplay

        Raises
        ------
        NotFittedError
            The estimator is not fitted.
        ValueError
            The estimator gives no scores, has no offset where it is needed, both or wrong `threshold` and `rate` are
            given, or the labels are not one of 0 and 1 for each row, some of them 1.
        """
        check_is_fitted(estimator)
        if not hasattr(estimator, "score_samples"):
            raise ValueError(f"{type(estimator).__name__} has no score_samples: give a detector or a mixture")
        if threshold is not None and rate is not None:
            raise ValueError("threshold and rate both say where scores are cut: give one of them")
        if threshold is None and rate is None:
            threshold = getattr(estimator, "offset_", None)
            if threshold is None:
                raise ValueError(f"{type(estimator).__name__} has no offset_: give a threshold, or a rate such as 0.04")
        scores = estimator.score_samples(X)
        cut = threshold_by_rate(scores, rate) if rate is not None else threshold
        assert cut is not None  # one of the two was given, or the offset
        what = "log density" if hasattr(estimator, "weights_") else f"score of {type(estimator).__name__}"
        return cls(scores, y, threshold=cut, score_name=what).plot(ax, bins=bins)

    @classmethod
    def from_predictions(
        cls,
        scores: ArrayLike,
        y: ArrayLike | None = None,
        *,
        threshold: float,
        anomalies: Anomalies = "low",
        score_name: str = "score",
        bins: int = 60,
        ax: Any = None,
    ) -> Self:
        """Draw scores that are at hand; parameters as for the class, `bins` and `ax` as for `plot`."""
        made = cls(scores, y, threshold=threshold, anomalies=anomalies, score_name=score_name)
        return made.plot(ax, bins=bins)

    def plot(self, ax: Any = None, *, bins: int = 60, log: bool = True) -> Self:
        """Draw the histogram, and with labels precision and recall below it.

        Parameters
        ----------
        ax : matplotlib Axes, or with labels an array of two, optional
            Axes to draw into. Default: those of a new figure.
        bins : int, default=60
            About how many bars the histogram has. One of them ends at the threshold; the outermost ones hold all rows
            that lie beyond, and the picture says how many these are.
        log : bool, default=True
            Whether counts are on a logarithmic scale, so that a bar of one row is seen beside one of thousands.

        Returns
        -------
        self
        """
        if bins < 2:
            raise ValueError(f"bins must be at least 2, one on each side of the threshold, not {bins!r}")
        n_panels = 1 if self.curve is None else 2
        self.figure_, self.axes_ = panels(ax, n_panels, "ThresholdDisplay", share_x=True)
        self.ax_ = self.axes_[0]
        edges = _edges(self._low, self._cut, bins)
        self._draw_histogram(edges, log)
        self.precision_ = self.recall_ = None
        self.chosen_ = {}
        if self.curve is not None and self.found is not None:
            self._draw_curves(self.axes_[1], self.curve, self.found, edges)
        order = "the lower" if self.anomalies == "low" else "the higher"
        self.axes_[-1].set_xlabel(f"{plain(self.score_name)} ({order}, the more anomalous)", parse_math=False)
        # Mirrored, the edges descend.
        self.ax_.set_xlim(*sorted((self._sign * edges[0], self._sign * edges[-1])))
        return self

    def _draw_histogram(self, edges: Floats, log: bool) -> None:
        low = self._low
        groups = {"flagged": low < self._cut, "not flagged": low >= self._cut}
        if self.y is not None:
            groups = {"normal": ~self.y, "anomalies": self.y}
        inside = np.clip(low, edges[0], np.nextafter(edges[-1], -np.inf))
        middles, width = self._sign * (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
        self.bars_ = {}
        entries: list[tuple[Any, str]] = []
        for name, rows in groups.items():
            counts, _ = np.histogram(inside[rows], edges)
            color = ANOMALY if name in ("flagged", "anomalies") else GROUPS[0]
            self.bars_[name] = self.ax_.bar(middles, counts, width, color=color, alpha=0.7, lw=0, log=log)
            entries.append((self.bars_[name], f"{name}: {int(rows.sum()):,} rows"))
        self.cut_ = self.ax_.axvline(self.threshold, color="black", lw=1.2)
        of_all = f": {self.n_flagged:,} of {len(low):,} rows flagged" if self.y is not None else ""
        entries.append((self.cut_, f"threshold {_number(self.threshold)}{of_all}"))
        lowest, highest = self.ax_.get_ylim()
        # Room for the legend above the bars; on a logarithmic scale a bar of one row is to be seen.
        self.ax_.set_ylim(0.6 if log else lowest, highest * 12 if log else highest * 1.35)
        legend(self.ax_, entries, loc="upper left" if self.anomalies == "low" else "upper right")
        self.ax_.set_ylabel("rows, logarithmic scale" if log else "rows")
        self._say_beyond(edges)

    def _say_beyond(self, edges: Floats) -> None:
        """Say how many rows lie beyond the histogram, above the bar that holds them."""
        ends = np.sort(self._sign * edges[[0, -1]])
        left, right = int((self.scores < ends[0]).sum()), int((self.scores > ends[1]).sum())
        if left:
            text = f"◂ {left:,} row{'s' * (left > 1)} below, to {_number(self.scores.min())}"
            self.ax_.set_title(text, loc="left", fontsize="small", color=QUIET)
        if right:
            text = f"{right:,} row{'s' * (right > 1)} above, to {_number(self.scores.max())} ▸"
            self.ax_.set_title(text, loc="right", fontsize="small", color=QUIET)

    def _draw_curves(self, ax: Axes, curve: PrecisionRecallCurve, found: Detections, edges: Floats) -> None:
        shown = _thinned(curve, edges[0], edges[-1])
        band = shown.band()
        # Values hold from a score up to the next; mirrored, from the next score down.
        where: Literal["post", "pre"] = "post" if self.anomalies == "low" else "pre"
        places = self._sign * shown.scores
        lines = []
        entries: list[tuple[Any, str]] = []
        for name, values, limits, color, style in (
            ("precision", shown.precision, band.precision, GROUPS[3], "-"),
            ("recall", shown.recall, band.recall, GROUPS[2], "--"),
        ):
            ax.fill_between(places, *limits, step=where, color=color, alpha=0.15, lw=0)
            lines += ax.step(places, values, style, where=where, color=color, lw=1.6)
            at = float(getattr(found, name))
            (self.chosen_[name],) = ax.plot([self.threshold], [at], "o", ms=6, color=color, clip_on=False, zorder=4)
            entries.append(((lines[-1], self.chosen_[name]), f"{name} {at:.2f}"))
        self.precision_, self.recall_ = lines
        ax.axvline(self.threshold, color="black", lw=1.2)
        entries.append((ax.fill_between([], [], color=QUIET, alpha=0.3, lw=0), "95 % interval"))
        legend(ax, entries, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2, columnspacing=1.2)
        ax.set_ylim(0, 1.02)
        ax.set_ylabel("precision, recall")


def _edges(low: Floats, cut: float, bins: int) -> Floats:
    """Return the edges of bars of equal width, one of them the threshold, where most rows lie.

    A tail is followed for as far as the body of the rows, 1 to 99 %, and the threshold are wide: a few rows further
    out would make all others one bar.
    """
    finite = low[np.isfinite(low)]
    if not len(finite):
        finite = np.array([cut])
    start, end = np.quantile(finite, [0.01, 0.99])
    start, end = min(start, cut), max(end, cut)
    width = end - start
    first, last = min(max(start - width, finite.min()), cut), max(min(end + width, finite.max()), cut)
    # All alike, and the threshold too: any width will do that a double at that place can tell apart.
    step = (last - first) / bins or max(1.0, abs(cut)) / bins
    below, above = int(np.floor((first - cut) / step)), int(np.ceil((last - cut) / step))
    # The last bar is open at its end: the highest row is to be in it, and there is to be one on each side.
    steps = np.arange(min(below, -1), max(above, 0) + 2)
    return np.asarray(cut + step * steps, dtype=np.float64)


def _thinned(curve: PrecisionRecallCurve, first: float, last: float) -> PrecisionRecallCurve:
    """Return the part of a curve that is drawn, at thresholds that a picture can tell apart."""
    inside = np.flatnonzero((curve.scores >= first) & (curve.scores <= last))
    before = np.flatnonzero(curve.scores < first)[-1:]
    kept = np.append(before, inside)
    if len(kept) > _MOST_POINTS:
        places = np.searchsorted(curve.scores, np.linspace(first, last, _MOST_POINTS), "right") - 1
        kept = np.unique(np.clip(places, kept[0], kept[-1]))
    scores = np.append(np.maximum(curve.scores[kept], first), last)
    kept = np.append(kept, kept[-1:])  # up to the edge what the last threshold finds goes on
    true, false = curve.true_positives[kept], curve.false_positives[kept]
    return PrecisionRecallCurve(scores, true, false, curve.n_anomalies, curve.n_normal)


def _number(value: float) -> str:
    return f"{value:,.4g}".replace("-", "−").replace("inf", "∞")
