"""The colours that every picture shares, and where pictures are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import MissingDependencyError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito (2002), "Color universal design": told apart with every common kind of colour vision. No group has the
# colour of anomalies, nor yellow, of which lines are lost on white.
GROUPS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#000000")
ANOMALY = "#D55E00"
QUIET = "#8C8C8C"


def group_color(component: int) -> str:
    """Return the colour of a component: those past the sixth begin again."""
    return GROUPS[component % len(GROUPS)]


def axes_or_new(ax: Any, purpose: str) -> tuple[Figure, Axes]:
    """Return the figure and the axes to draw into: those given, or new ones.

    Raises
    ------
    MissingDependencyError
        Matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt  # noqa: PLC0415  # optional, and slow to import
    except ImportError as error:
        raise MissingDependencyError(
            f"{purpose} needs matplotlib, which is not installed: pip install 'mixtura[cli]'"
        ) from error
    if ax is None:
        _, ax = plt.subplots()
    return ax.figure, ax
