"""`DensityDisplay`: a mixture or a detector over two columns, with the rows it judges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...distributions.mixture import Mixture
from ...errors import EmptyTableError
from ...rows import open as open_rows
from ...typing import Floats
from .drawing import axes_or_new
from .layers import Layers, components_of
from .projection import Columns, plane_of
from .shown import complete_rows, flags, given_for_rows, shown_rows
from .subject import Subject, subject_of
from .surface import Surface, surface_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Shares that contours enclose: the middle half, the usual 95 %, and the tail of one in a hundred.
_SHARES = (0.25, 0.5, 0.75, 0.95, 0.99)


class DensityDisplay:
    """A mixture or a detector over two columns: contours, boundaries, centres, ellipses, rows and anomalies.

    It is recommended to use `from_estimator` or `from_predictions` to create one. All parameters are stored as
    attributes.

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
        Where the rows that are shown lie.
    labels : ndarray of shape (n_points,), optional
        Their components, -1 for noise.
    flagged : ndarray of shape (n_points,), optional
        Whether each is an anomaly.
    surface : Surface, optional
        Log density or score over the plane, with the levels of its contours.
    mixture : Mixture, optional
        The mixture in the plane, for centres and ellipses.
    xlabel, ylabel : str, default=''
        What the axes show.
    notes : sequence of str, default=()
        What is not shown, and why; a line below the axes says it.
    contours_hold : {'probability', 'rows'}, default='probability'
        What the levels of the contours are shares of.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the picture.
    figure_ : matplotlib Figure
        Figure that contains it.
    contours_ : matplotlib QuadContourSet or None
        Filled contours.
    threshold_ : matplotlib QuadContourSet or None
        Line where the score is the threshold.
    boundaries_ : list of matplotlib QuadContourSet
        Lines where the most probable component changes.
    ellipses_ : list of matplotlib Ellipse
        One for each component of positive weight, that reaches two standard deviations.
    centers_ : matplotlib PathCollection or None
        Centres, of an area in proportion to the weight.
    points_, anomalies_ : matplotlib PathCollection or None
        Rows that belong, and those that do not, as stars.
    legend_ : matplotlib Legend or None
        What all of these are.
    note_ : matplotlib Annotation or None
        What is not shown.

    See Also
    --------
    ExplanationDisplay : Why a row is an anomaly.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import DensityDisplay, GaussianMixture
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, (100, 2)), rng.normal(6, 1, (100, 2))])
    >>> display = DensityDisplay.from_estimator(GaussianMixture(2, random_state=0).fit(X), X, rate=0.04)
    >>> len(display.ellipses_), len(display.anomalies_.get_offsets())
    (2, 8)
    """

    ax_: Axes
    figure_: Figure

    def __init__(
        self,
        *,
        points: Floats,
        labels: NDArray[np.int64] | None = None,
        flagged: NDArray[np.bool_] | None = None,
        surface: Surface | None = None,
        mixture: Mixture | None = None,
        xlabel: str = "",
        ylabel: str = "",
        notes: Sequence[str] = (),
        contours_hold: str = "probability",
    ) -> None:
        self.points = points
        self.labels = labels
        self.flagged = flagged
        self.surface = surface
        self.mixture = mixture
        self.xlabel = xlabel
        self.ylabel = ylabel
        self.notes = notes
        self.contours_hold = contours_hold

    def plot(
        self,
        ax: Axes | None = None,
        *,
        contours: bool = True,
        boundaries: bool = True,
        ellipses: bool = True,
        centers: bool = True,
        legend: bool = True,
    ) -> Self:
        """Draw the picture.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to draw into. Default: axes of a new figure, with the legend beside them.
        contours, boundaries, ellipses, centers, legend : bool, default=True
            Whether to draw filled contours, lines between components, ellipses, centres and a legend.

        Returns
        -------
        self

        Raises
        ------
        MissingDependencyError
            Matplotlib is not installed.
        """
        is_new = ax is None
        self.figure_, self.ax_ = axes_or_new(ax, "DensityDisplay.plot")
        layers = Layers(self.ax_, components_of(self.labels, self.mixture))
        self.contours_ = self.threshold_ = self.centers_ = self.legend_ = None
        self.boundaries_, self.ellipses_ = [], []
        surface, mixture = self.surface, self.mixture
        if surface is not None and contours and len(surface.levels):
            self.contours_ = layers.contours(surface, self.contours_hold)
        if surface is not None and boundaries and surface.responsibilities is not None:
            self.boundaries_ = layers.boundaries(surface, surface.responsibilities)
        flagged = np.zeros(len(self.points), bool) if self.flagged is None else self.flagged
        self.points_ = layers.points(self.points[~flagged], None if self.labels is None else self.labels[~flagged])
        if mixture is not None and ellipses:
            self.ellipses_ = layers.ellipses(mixture)
        if mixture is not None and centers:
            self.centers_ = layers.centers(mixture)
        if surface is not None and surface.threshold is not None:
            self.threshold_ = layers.threshold(surface, surface.threshold)
        self.anomalies_ = None if self.flagged is None else layers.anomalies(self.points[flagged])
        if surface is not None:
            self.ax_.set(xlim=surface.x[[0, -1]], ylim=surface.y[[0, -1]])
        for label, name in ((self.ax_.set_xlabel, self.xlabel), (self.ax_.set_ylabel, self.ylabel)):
            label(name, fontsize="small" if "\n" in name else None)
        self.note_ = layers.note(self.notes) if self.notes else None
        if legend:
            self.legend_ = layers.legend(self.labels, mixture, beside=is_new)
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any = None,
        *,
        columns: Columns | None = None,
        rate: float | None = None,
        threshold: float | None = None,
        shares: Sequence[float] = _SHARES,
        grid_resolution: int = 200,
        max_points: int = 5_000,
        random_state: int | np.random.RandomState | None = 0,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw a fitted model and the rows of a table.

        Parameters
        ----------
        estimator : Mixture, TableModel or estimator
            A mixture, a model of a table, a fitted mixture or detector of this library, or an estimator of scikit-learn
            with `score_samples` or `decision_function`.
        X : array-like or frame of shape (n_rows, n_columns), or any source of rows, optional
            The rows to show; read at once. May be left out for a mixture.
        columns : 'leading' or sequence of two int or str, optional
            Two columns, by position or name; or the two leading directions, which are the principal directions of the
            columns divided by their standard deviations: the default for more than two columns. A mixture is projected
            exactly. The score of another detector needs all columns, so that it has no contours unless there are two.
        rate : float, optional
            Share of the rows to mark as anomalies, those of the lowest scores.
        threshold : float, optional
            Score below which a row is one. Default, without `rate`: what the detector says; a mixture marks none.
        shares : sequence of float, default=(0.25, 0.5, 0.75, 0.95, 0.99)
            What the contours enclose: shares of the probability of a mixture, in its regions of highest density [1]_;
            for other estimators shares of the rows, those of the highest scores.
        grid_resolution : int, default=200
            Number of places along each axis where density or score is worked out.
        max_points : int, default=5000
            Of more rows that belong a sample of so many is shown, and a line below says so. Anomalies are all shown.
        random_state : int, RandomState instance or None, default=0
            Seed of that sample.
        ax : matplotlib Axes, optional
            Axes to draw into. Default: axes of a new figure.
        **kwargs : dict
            What to draw, passed to `plot`.

        Returns
        -------
        DensityDisplay

        Raises
        ------
        NotFittedError
            The estimator is not fitted.
        TypeError
            It does not score rows.
        ValueError
            `X` has other columns than the estimator was fitted to, or a value that it does not take; the table does not
            have two such columns; or a number is outside its range.
        MissingDependencyError
            Matplotlib is not installed.

        Notes
        -----
        Components and scores are those of the whole rows. Boundaries are those of the plane: where there are more
        than two columns, a point may lie on the side of another component than its own.

        References
        ----------
        .. [1] Hyndman (1996), "Computing and graphing highest density regions", The American Statistician 50.
        """
        _check_numbers(shares, grid_resolution, max_points)
        subject = subject_of(estimator)
        if X is None and (subject.mixture is None or rate is not None):
            raise ValueError(f"{subject.name} needs rows for this picture: give X")
        values, names = (np.empty((0, subject.n_columns)), subject.names) if X is None else subject.read(X)
        n_left_out = 0
        if not subject.takes_missing:
            values, n_left_out = complete_rows(values, subject.name)
        plane = plane_of(columns, names, values if len(values) else None, subject.mixture)
        mixture = None if subject.mixture is None else plane.project(subject.mixture)
        places, scores, labels = plane.place(values), np.empty(0), None
        if len(values):
            scores = np.asarray(subject.score(values), np.float64)
            labels = None if subject.labels is None else np.asarray(subject.labels(values))
        flagged, threshold = flags(scores, rate, threshold, subject.threshold)
        there = places[~np.isnan(places).any(axis=1)]
        if not len(there) and mixture is None:
            raise EmptyTableError("no row has values in both columns: choose other columns")
        surface = surface_of(subject, plane, mixture, there, scores, threshold, shares, grid_resolution)
        rows = shown_rows(places, labels, flagged if len(values) else None, n_left_out, max_points, random_state)
        return cls(
            points=rows.points,
            labels=rows.labels,
            flagged=rows.flagged,
            surface=surface,
            mixture=mixture,
            xlabel=plane.labels[0],
            ylabel=plane.labels[1],
            notes=(*rows.notes, *_about(subject, surface, mixture)),
            contours_hold="rows" if mixture is None else "probability",
        ).plot(ax=ax, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        X: Any,
        scores: ArrayLike | None = None,
        labels: ArrayLike | None = None,
        *,
        columns: Columns | None = None,
        rate: float | None = None,
        threshold: float | None = None,
        max_points: int = 5_000,
        random_state: int | np.random.RandomState | None = 0,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the rows of a table as some model judges them, without the model: points and stars.

        Parameters
        ----------
        X : array-like or frame of shape (n_rows, n_columns), or any source of rows
            The rows.
        scores : array-like of shape (n_rows,), optional
            Their scores, the lower the less a row belongs.
        labels : array-like of shape (n_rows,), optional
            Their components or clusters, whole numbers; -1 for noise.
        columns : 'leading' or sequence of two int or str, optional
            As for `from_estimator`.
        rate, threshold : float, optional
            As for `from_estimator`; with one of them, rows of lower scores are anomalies.
        max_points, random_state, ax, **kwargs
            As for `from_estimator`.

        Returns
        -------
        DensityDisplay

        Raises
        ------
        ValueError
            There are not as many scores and labels as rows; a rate or threshold has no scores; or what
            `from_estimator` raises.

        Examples
        --------
        >>> from mixtura import DensityDisplay
        >>> X, scores = [[0.0, 0.0], [0.1, 0.1], [5.0, 5.0]], [-1.0, -1.0, -9.0]
        >>> display = DensityDisplay.from_predictions(X, scores, threshold=-5.0)
        >>> display.anomalies_.get_offsets().tolist()
        [[5.0, 5.0]]
        """
        _check_numbers((), 4, max_points)
        table = open_rows(X, missing="allow")
        values = np.concatenate([block.values for block in table.blocks()])
        groups, flagged = given_for_rows(len(values), scores, labels, rate, threshold)
        plane = plane_of(columns, table.columns or [f"x{column}" for column in range(values.shape[1])], values, None)
        rows = shown_rows(plane.place(values), groups, flagged, 0, max_points, random_state)
        return cls(
            points=rows.points,
            labels=rows.labels,
            flagged=rows.flagged,
            xlabel=plane.labels[0],
            ylabel=plane.labels[1],
            notes=rows.notes,
        ).plot(ax=ax, **kwargs)


def _about(subject: Subject, surface: Surface | None, mixture: Mixture | None) -> Iterator[str]:
    """Yield what the plane cannot show of a model."""
    if surface is None:
        yield f"no contours: the score of {subject.name} needs all {subject.n_columns} columns"
    if (
        mixture is not None
        and subject.mixture is not None
        and (subject.mixture.noise is None) < (mixture.noise is None)
    ):
        yield "density and boundaries of the components, without the noise"


def _check_numbers(shares: Sequence[float], grid_resolution: int, max_points: int) -> None:
    for share in shares:
        if not 0 < share < 1:
            raise ValueError(f"shares are numbers above 0 and below 1, such as 0.5, not {share!r}")
    for name, number, least in (("grid_resolution", grid_resolution, 4), ("max_points", max_points, 1)):
        if number < least:
            raise ValueError(f"{name} must be at least {least}, not {number}")
