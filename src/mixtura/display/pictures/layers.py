"""The layers of a density picture, from the contours at the bottom to the stars on top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.mixture import Mixture
from ...typing import Floats
from ...words import percent
from ..palette import ANOMALY, GROUPS, QUIET, group_color
from .surface import REACH, Surface, margins

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Greys of the outermost and the innermost contour: light enough for every colour of points to stand out.
_OUTER, _INNER = 0.96, 0.74

# Area of the largest centre and of the smallest, in square points.
_LARGEST = 160.0
_SMALLEST = 20.0

# How the line of the threshold differs from boundaries, which are dashed, and ellipses.
_DASH_DOT = (0, (7, 1.5, 1.2, 1.5))

# More components than these are not listed one by one.
_LISTED = 8


class Layers:
    """Draws into axes, and remembers what the legend has to say.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw.
    components : sequence of int
        Components that there are: each gets a colour, as long as there are enough.
    """

    def __init__(self, ax: Axes, components: Sequence[int]) -> None:
        self.ax = ax
        ax.spines[["top", "right"]].set_visible(False)
        self._colors = {component: group_color(place) for place, component in enumerate(components)}
        self._colors[-1] = QUIET
        self._handles: list[Any] = []

    def contours(self, surface: Surface, hold: str) -> Any:
        """Fill the regions above each level, the darker the higher."""
        from matplotlib.patches import Patch  # optional, and slow to import

        greys = [str(round(grey, 3)) for grey in np.linspace(_OUTER, _INNER, len(surface.levels) + 1)[1:]]
        drawn = self.ax.contourf(
            surface.x, surface.y, surface.response, levels=surface.levels, colors=greys, extend="max", zorder=0
        )
        numbers = ", ".join(percent(share).removesuffix("%") for share in sorted(surface.shares))
        of = "probability" if hold == "probability" else "the rows"
        self._handles.append(Patch(color=greys[len(greys) // 2], label=f"regions of {numbers}%\nof {of}"))
        return drawn

    def boundaries(self, surface: Surface, responsibilities: Floats) -> list[Any]:
        """Draw dashed lines where the most probable component changes."""
        from matplotlib.lines import Line2D

        style: dict[str, Any] = {"colors": "0.35", "linestyles": "dashed", "linewidths": 0.9, "zorder": 1.5}
        drawn = [
            self.ax.contour(surface.x, surface.y, margin, levels=[0.0], **style) for margin in margins(responsibilities)
        ]
        if drawn:
            self._handles.append(Line2D([], [], color="0.35", linestyle="--", linewidth=0.9, label="boundary"))
        return drawn

    def points(self, places: Floats, labels: NDArray[np.int64] | None) -> Any:
        """Draw rows as small points in the colours of their components."""
        colors: Any = GROUPS[0] if labels is None else [self._colors.get(label, QUIET) for label in labels.tolist()]
        alpha = float(np.clip(40 / max(len(places), 1) ** 0.5, 0.35, 0.8))
        return self.ax.scatter(places[:, 0], places[:, 1], s=9, c=colors, alpha=alpha, linewidths=0, zorder=2)

    def ellipses(self, mixture: Mixture) -> list[Any]:
        """Draw where each component reaches two standard deviations."""
        from matplotlib.lines import Line2D
        from matplotlib.patches import Ellipse

        drawn = []
        for component in np.flatnonzero(mixture.weights > 0).tolist():
            # Rounding can leave a variance of zero slightly below it.
            variances, directions = np.linalg.eigh(mixture.covariance.dense[component])
            width, height = 2 * REACH * np.sqrt(np.clip(variances[::-1], 0.0, None))
            angle = float(np.degrees(np.arctan2(directions[1, 1], directions[0, 1])))
            center = (float(mixture.means[component, 0]), float(mixture.means[component, 1]))
            ellipse = Ellipse(
                center,
                width,
                height,
                angle=angle,
                fill=False,
                edgecolor=self._colors[component],
                linewidth=1.4,
                zorder=3,
            )
            drawn.append(self.ax.add_patch(ellipse))
        self._handles.append(Line2D([], [], color="0.2", linewidth=1.4, label=f"{REACH:g} standard deviations"))
        return drawn

    def centers(self, mixture: Mixture) -> Any:
        """Draw the centre of each component, of an area in proportion to its weight, but never too small to be seen."""
        present = np.flatnonzero(mixture.weights > 0).tolist()
        weights = mixture.weights[present]
        return self.ax.scatter(
            mixture.means[present, 0],
            mixture.means[present, 1],
            s=np.maximum(_LARGEST * weights / weights.max(), _SMALLEST),
            c=[self._colors[component] for component in present],
            edgecolors="white",
            linewidths=1.0,
            zorder=4,
        )

    def threshold(self, surface: Surface, threshold: float) -> Any:
        """Draw the line where the score is the threshold."""
        from matplotlib.lines import Line2D

        if not surface.response.min() < threshold < surface.response.max():
            return None
        self._handles.append(Line2D([], [], color=ANOMALY, linestyle=_DASH_DOT, linewidth=1.2, label="threshold"))
        return self.ax.contour(
            surface.x,
            surface.y,
            surface.response,
            levels=[threshold],
            colors=ANOMALY,
            linestyles=[_DASH_DOT],
            linewidths=1.2,
            zorder=3.5,
        )

    def anomalies(self, places: Floats) -> Any:
        """Draw anomalies as stars."""
        drawn = self.ax.scatter(
            places[:, 0],
            places[:, 1],
            s=75,
            marker="*",
            c=ANOMALY,
            edgecolors="white",
            linewidths=0.6,
            zorder=5,
            label=f"{len(places):,} {'anomaly' if len(places) == 1 else 'anomalies'}",
        )
        self._handles.insert(0, drawn)
        return drawn

    def note(self, lines: Sequence[str]) -> Any:
        """Say what is not shown, below whatever the horizontal axis is called, so that titles are left to the user."""
        return self.ax.annotate(
            "\n".join(lines),
            (0, 0),
            xycoords=("axes fraction", self.ax.xaxis.label),
            xytext=(0, -4),
            textcoords="offset points",
            va="top",
            fontsize="small",
        )

    def legend(self, labels: NDArray[np.int64] | None, mixture: Mixture | None, *, beside: bool) -> Any:
        """Say what is drawn: beside the axes of a new figure, and where there is room within those given."""
        handles = [*self._components(labels, mixture), *self._handles]
        if not handles:
            return None
        if not beside:
            return self.ax.legend(handles=handles, fontsize="small", framealpha=0.85)
        figure = self.ax.get_figure(root=True)
        assert figure is not None, "axes that are drawn into have a figure"
        width, height = figure.get_size_inches()
        figure.set_size_inches(1.35 * width, height)
        figure.set_layout_engine("constrained")
        return self.ax.legend(
            handles=handles, fontsize="small", frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0)
        )

    def _components(self, labels: NDArray[np.int64] | None, mixture: Mixture | None) -> list[Any]:
        from matplotlib.lines import Line2D

        components = [component for component in self._colors if component >= 0]
        if mixture is not None:
            weights = mixture.weights
            texts = {component: f"component {component}, {percent(weights[component])}" for component in components}
        else:
            texts = {component: f"component {component}" for component in components}
        if len(texts) > _LISTED:
            texts = {components[0]: f"{len(texts)} components"}
        if labels is not None and (labels < 0).any():
            texts[-1] = "noise"
        return [
            Line2D([], [], color=self._colors[component], marker="o", markersize=5, linestyle="", label=text)
            for component, text in texts.items()
        ]


def components_of(labels: NDArray[np.int64] | None, mixture: Mixture | None) -> list[int]:
    """Return the components of positive weight, or those that rows are labelled with, without noise."""
    if mixture is not None:
        found: list[int] = np.flatnonzero(mixture.weights > 0).tolist()
        return found
    return [] if labels is None else np.unique(labels[labels >= 0]).tolist()
