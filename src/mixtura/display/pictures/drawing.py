"""What the displays share: panels, legends, and names that are shown as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import MissingDependencyError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plain(name: object, longest: int = 60) -> str:
    r"""Return a name on one line, cut short, whose dollar signs are no formula to matplotlib.

    Examples
    --------
    >>> print(plain("price in $"), plain("a very long name of a column", 12))
    price in \$ a very long…
    """
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in str(name)).split())
    if len(text) > longest:
        text = text[: longest - 1].rstrip() + "…"
    return text.replace("$", r"\$")


def axes_or_new(ax: Any, purpose: str) -> tuple[Figure, Axes]:
    """Return the figure and the axes to draw into: those given, or new ones.

    Raises
    ------
    MissingDependencyError
        Matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt  # optional, and slow to import
    except ImportError as error:
        raise MissingDependencyError(
            f"{purpose} needs matplotlib, which is not installed: pip install 'mixtura[cli]'"
        ) from error
    if ax is None:
        _, ax = plt.subplots()
    return ax.figure, ax


def panels(
    ax: Any, n_panels: int, purpose: str, *, n_columns: int = 1, share_x: bool = False
) -> tuple[Figure, list[Axes]]:
    """Return the figure and its panels, row by row: the axes given, parts of the one given, or axes of a new figure.

    Raises
    ------
    ValueError
        There are more or fewer axes than panels, or the one given cannot be divided.
    """
    if ax is not None and np.ndim(ax) > 0:
        given = list(np.ravel(ax))
        if len(given) != n_panels:
            raise ValueError(f"there are {n_panels} panels to draw, and ax holds {len(given)} axes: give one for each")
        return given[0].figure, [tidy(one) for one in given]
    figure, whole = axes_or_new(ax, purpose)
    n_rows = -(-n_panels // n_columns)
    if ax is None:
        figure.set_layout_engine("constrained")
        width, height = figure.get_size_inches()
        figure.set_size_inches(width * (1 + 0.6 * (n_columns - 1)), height * (1 + 0.4 * (n_rows - 1)))
    if n_panels == 1:
        return figure, [tidy(whole)]
    place = whole.get_subplotspec()
    if place is None:
        raise ValueError(f"ax was not made by subplots, and cannot be divided: give an array of {n_panels} axes")
    whole.set_axis_off()
    grid = place.subgridspec(n_rows, n_columns)
    axes: list[Axes] = []
    for panel in range(n_panels):
        above = axes[panel - n_columns] if share_x and panel >= n_columns else None
        axes.append(tidy(figure.add_subplot(grid[panel // n_columns, panel % n_columns], sharex=above)))
    return figure, axes


def tidy(ax: Axes) -> Axes:
    """Take away the lines of a frame that no scale stands at, and return the axes."""
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def legend(ax: Axes, entries: Sequence[tuple[Any, str]], **where: Any) -> Any:
    """Explain artists by texts, those that begin with an underscore too."""
    handles, labels = [handle for handle, _ in entries], [label for _, label in entries]
    # Lines that run behind it do not cross the text.
    return ax.legend(handles, labels, fontsize="small", framealpha=0.8, edgecolor="none", fancybox=False, **where)
