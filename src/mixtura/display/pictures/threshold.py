"""`ThresholdDisplay`: where scores are cut, and what that finds among labelled rows."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import DensityMixin
from sklearn.utils.validation import check_is_fitted

from ...decisions.curve import Detections, PrecisionRecallCurve
from ...decisions.thresholds import check_scores, threshold_by_rate
from ...detectors.density.estimator import MixtureDetector
from ...typing import Floats
from ..palette import ANOMALY, GROUPS, QUIET
from .drawing import legend, panels, plain
from .score_axis import edges_about, thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import StepPatch

Anomalies = Literal["low", "high"]


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
    bars_ : dict of str to matplotlib StepPatch
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

    bars_: dict[str, StepPatch]
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
        self.threshold = _finite(threshold)
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
        log: bool = True,
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
        bins, log
            As for `plot`.
        ax : matplotlib Axes, or with labels an array of two, optional
            Axes to draw into. Default: axes of a new figure.

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
        are_densities = isinstance(estimator, (DensityMixin, MixtureDetector))
        what = "log density" if are_densities else f"score of {type(estimator).__name__}"
        return cls(scores, y, threshold=cut, score_name=what).plot(ax, bins=bins, log=log)

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
        log: bool = True,
        ax: Any = None,
    ) -> Self:
        """Draw scores that are at hand.

        Parameters
        ----------
        scores : array-like of shape (n_rows,)
            Score of each row; infinite ones are allowed.
        y : array-like of shape (n_rows,), optional
            1 or True for anomalies, 0 or False for normal rows.
        threshold : float
            Rows that score strictly below are flagged; strictly above where `anomalies` is 'high'.
        anomalies : {'low', 'high'}, default='low'
            Which scores are anomalous.
        score_name : str, default='score'
            What a score is, for the axis.
        bins, log
            As for `plot`.
        ax : matplotlib Axes, or with labels an array of two, optional
            Axes to draw into. Default: axes of a new figure.

        Returns
        -------
        ThresholdDisplay

        Raises
        ------
        ValueError
            A score is NaN, the threshold is not finite, or the labels are not one of 0 and 1 for each score, some of
            them 1.
        """
        made = cls(scores, y, threshold=threshold, anomalies=anomalies, score_name=score_name)
        return made.plot(ax, bins=bins, log=log)

    def plot(self, ax: Any = None, *, bins: int = 60, log: bool = True) -> Self:
        """Draw the histogram, and with labels precision and recall below it.

        Parameters
        ----------
        ax : matplotlib Axes, or with labels an array of two, optional
            Axes to draw into. Default: axes of a new figure.
        bins : int, default=60
            About how many bars the histogram has. One of them ends at the threshold; the outermost ones hold all rows
            that lie beyond, and the picture says how many these are.
        log : bool, default=True
            Whether counts are on a logarithmic scale, so that a bar of one row is seen beside one of thousands.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            `bins` is below 2, or `ax` holds another number of axes than there are panels.
        """
        if bins < 2:
            raise ValueError(f"bins must be at least 2, one on each side of the threshold, not {bins!r}")
        n_panels = 1 if self.curve is None else 2
        self.figure_, self.axes_ = panels(ax, n_panels, "ThresholdDisplay", share_x=True)
        self.ax_ = self.axes_[0]
        edges = edges_about(self._low, self._cut, bins)
        self._draw_histogram(edges, log)
        self.precision_ = self.recall_ = None
        self.chosen_ = {}
        if self.curve is not None and self.found is not None:
            self._draw_curves(self.axes_[1], self.curve, self.found, edges)
        order = "the lower" if self.anomalies == "low" else "the higher"
        self.axes_[-1].set_xlabel(f"{plain(self.score_name)} ({order}, the more anomalous)")
        # Mirrored, the edges descend.
        for one in self.axes_:
            one.set_xlim(*sorted((self._sign * edges[0], self._sign * edges[-1])))
        return self

    def _draw_histogram(self, edges: Floats, log: bool) -> None:
        low = self._low
        groups = {"flagged": low < self._cut, "not flagged": low >= self._cut}
        if self.y is not None:
            groups = {"normal": ~self.y, "anomalies": self.y}
        inside = np.clip(low, edges[0], np.nextafter(edges[-1], -np.inf))
        turn = slice(None, None, 1 if self.anomalies == "low" else -1)
        if log:
            self.ax_.set_yscale("log", nonpositive="clip")
        self.bars_ = {}
        highest = 1
        entries: list[tuple[Any, str]] = []
        for name, rows in groups.items():
            counts, _ = np.histogram(inside[rows], edges)
            color = ANOMALY if name in ("flagged", "anomalies") else GROUPS[0]
            self.bars_[name] = self.ax_.stairs(
                counts[turn], self._sign * edges[turn], fill=True, color=color, alpha=0.7, lw=0
            )
            highest = max(highest, int(counts.max()))
            entries.append((self.bars_[name], f"{name}: {int(rows.sum()):,} rows"))
        self.cut_ = self.ax_.axvline(self.threshold, color="black", lw=1.2)
        of_all = f": {self.n_flagged:,} of {len(low):,} rows flagged" if self.y is not None else ""
        entries.append((self.cut_, f"threshold {_number(self.threshold)}{of_all}"))
        # Room for the legend above the bars; on a logarithmic scale a bar of one row is to be seen.
        self.ax_.set_ylim(0.6 if log else 0, highest * 15 if log else highest * 1.4)
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
        shown = thinned(curve, edges[0], edges[-1])
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
        entries.append((ax.fill_between([], [], color=QUIET, alpha=0.3, lw=0), "95% interval"))
        legend(ax, entries, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2, columnspacing=1.2)
        ax.set_ylim(0, 1.02)
        ax.set_ylabel("precision, recall")


def _number(value: float) -> str:
    return f"{value:,.4g}".replace("-", "−").replace("inf", "∞")


def _finite(threshold: Any) -> float:
    if isinstance(threshold, bool) or not isinstance(threshold, Real) or not np.isfinite(float(threshold)):
        raise ValueError(f"the threshold must be a finite number, not {threshold!r}")
    return float(threshold)
