"""`GraphicalModelDisplay`: what a mixture assumes of a table, as a graph with plates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from ...distributions.shapes import CONJUGATE, SHAPES
from .drawing import axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

WeightPrior = Literal["dirichlet_process", "dirichlet_distribution"]
_WEIGHT_PRIORS = get_args(WeightPrior)

# Width of the axes in inches that all letters have room in.
_WIDTH = 8.0

# Radius of what has a distribution, and of what is given.
_NODE, _DOT = 0.42, 0.1

# What is given: where it lies, its symbol, and where its name stands.
_GIVEN = {
    "weight_concentration_prior": ((-0.6, 1.2), r"\alpha", "below"),
    "mean_prior": ((4.0, 4.2), "m_0", "left"),
    "mean_precision_prior": ((4.0, 3.2), r"\beta_0", "left"),
    "covariance_prior": ((9.9, 4.2), "W_0", "right"),
    "degrees_of_freedom_prior": ((9.9, 3.2), r"\nu_0", "right"),
}
# What is given in a mixture without priors: numbers that a fit finds.
_FITTED = {
    "weights": ((2.2, 1.2), r"\pi", "below"),
    "mean": ((6.2, 3.9), r"\mu_k", "left"),
    "precision": ((7.3, 3.9), r"\Sigma", "right"),
}
_ATTRIBUTES = {"weights": "weights_", "mean": "means_", "precision": "covariances_"}
_SIDES = {"left": (-9, 0, "right", "center"), "right": (9, 0, "left", "center"), "below": (0, -9, "center", "top")}

_ARROWS = (
    ("weight_concentration_prior", "weights"),
    ("weights", "component"),
    ("component", "row"),
    ("mean", "row"),
    ("precision", "row"),
    ("precision", "mean"),
    ("mean_prior", "mean"),
    ("mean_precision_prior", "mean"),
    ("covariance_prior", "precision"),
    ("degrees_of_freedom_prior", "precision"),
)


@dataclass(frozen=True)
class _Plate:
    """A frame that stands for copies: its lower left corner, its size, and its text."""

    corner: tuple[float, float]
    width: float
    height: float
    text: str


class GraphicalModelDisplay:
    """The graph of a mixture: what each quantity is drawn given, with frames for copies.

    An arrow leads from a quantity to what is drawn given it. A frame, called a plate, stands for as many copies as it
    says. Only the shaded rows are seen. Dots are given, under the names of the parameters that set them; circles have a
    posterior distribution, which a fit finds [1]_. With a Dirichlet process the weights are parts that are broken off a
    stick, one for each component; tied covariances have one precision for all components. The name beside a
    circle is the distribution that it is drawn from. In a mixture without priors, weights, means and covariances are
    dots: numbers that a fit finds.

    It is recommended to use `from_estimator` to create one.

    Parameters
    ----------
    covariance_type : {'full', 'tied', 'diag', 'spherical'}, default='full'
        Shape of the covariances.
    weight_concentration_prior_type : {'dirichlet_process', 'dirichlet_distribution'}, default='dirichlet_process'
        Prior of the weights; None for a mixture without priors.
    n_components : int, optional
        Most components; left out, their number is called K.
    values : dict of str to float, optional
        Numbers that are given, by the name of their parameter: 'weight_concentration_prior', 'mean_precision_prior',
        'degrees_of_freedom_prior'.

    Attributes
    ----------
    nodes_ : dict of str to matplotlib Circle
        'weights', 'component', 'row', 'mean' and 'precision' (the covariance where there are no priors), and the five
        priors by the names of their parameters.
    arrows_ : dict of tuple of str to matplotlib FancyArrowPatch
        The arrows, by the names of where they begin and end.
    plates_ : dict of str to matplotlib FancyBboxPatch
        The frames: 'rows', 'components' and, for a Dirichlet process, 'sticks'.
    ax_ : matplotlib Axes
        Axes with the graph.
    figure_ : matplotlib Figure
        Figure with the axes.

    Raises
    ------
    ValueError
        A shape, a prior or the name of a value is none of these.

    See Also
    --------
    mixtura.BayesianGaussianMixture : The mixture.

    References
    ----------
    .. [1] Bishop (2006), "Pattern recognition and machine learning", section 10.2, figure 10.5; for the process Blei
       and Jordan (2006), "Variational inference for Dirichlet process mixtures", Bayesian Analysis 1.

    Examples
    --------
    >>> from mixtura import BayesianGaussianMixture, GraphicalModelDisplay
    >>> display = GraphicalModelDisplay.from_estimator(BayesianGaussianMixture(n_components=6))
    >>> sorted(start for start, end in display.arrows_ if end == "row")
    ['component', 'mean', 'precision']
    """

    nodes_: dict[str, Circle]
    arrows_: dict[tuple[str, str], FancyArrowPatch]
    plates_: dict[str, FancyBboxPatch]
    ax_: Axes
    figure_: Figure

    def __init__(
        self,
        covariance_type: str = "full",
        weight_concentration_prior_type: WeightPrior | None = "dirichlet_process",
        *,
        n_components: int | None = None,
        values: dict[str, float] | None = None,
    ) -> None:
        if covariance_type not in CONJUGATE:
            raise ValueError(f"covariance_type must be one of {list(CONJUGATE)}, not {covariance_type!r}")
        if weight_concentration_prior_type not in (None, *_WEIGHT_PRIORS):
            raise ValueError(
                f"weight_concentration_prior_type must be None or one of {list(_WEIGHT_PRIORS)}, not "
                f"{weight_concentration_prior_type!r}"
            )
        unknown = sorted(set(values or {}) - set(_GIVEN))
        if unknown:
            raise ValueError(f"values has {unknown[0]!r}, which is no prior: the priors are {', '.join(_GIVEN)}")
        self.covariance_type = covariance_type
        self.weight_concentration_prior_type = weight_concentration_prior_type
        self.n_components = n_components
        self.values = dict(values or {})

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Axes | None = None) -> Self:
        """Draw the graph of a mixture.

        Parameters
        ----------
        estimator : BayesianGaussianMixture, GaussianMixture or MixtureSearch
            The estimator, scikit-learn's too. One that is fitted has the values of all priors; one that is not has
            those that were given. Of a search the best candidate.
        ax : matplotlib Axes, optional
            Axes to draw into. Default: axes of a new figure.

        Returns
        -------
        GraphicalModelDisplay

        Raises
        ------
        ValueError
            The estimator is not a mixture of normal distributions.
        """
        mixture = getattr(estimator, "best_estimator_", estimator)
        if not hasattr(mixture, "covariance_type") or getattr(mixture, "family", "normal") != "normal":
            raise ValueError(
                f"{type(mixture).__name__} is no mixture of normal distributions: give a BayesianGaussianMixture or a "
                "GaussianMixture"
            )
        n_components = int(mixture.n_components)
        if not hasattr(mixture, "weight_concentration_prior_type"):
            return cls(mixture.covariance_type, None, n_components=n_components).plot(ax)
        values = {}
        for name in ("weight_concentration_prior", "mean_precision_prior", "degrees_of_freedom_prior"):
            found = getattr(mixture, f"{name}_", getattr(mixture, name))
            # Of a process scikit-learn keeps the two parameters of a beta distribution, of which the first is one.
            found = found[1] if isinstance(found, tuple) else found
            if found is not None:
                values[name] = float(found)
        shape, weights = mixture.covariance_type, mixture.weight_concentration_prior_type
        return cls(shape, weights, n_components=n_components, values=values).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the graph.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to draw into. Default: axes of a new figure.

        Returns
        -------
        self
        """
        self.figure_, self.ax_ = axes_or_new(ax, "GraphicalModelDisplay")
        if ax is None:
            self.figure_.set_layout_engine("constrained")
            self.figure_.set_size_inches(_WIDTH * 1.1, 3.2)
        self.ax_.set(xlim=(-2.4, 13.8), ylim=(-0.4, 5.3), aspect="equal")
        self.ax_.set_axis_off()
        # Letters have a size of their own, which small axes have no room for.
        width = self.ax_.get_window_extent().width / self.figure_.dpi
        self._letters = min(1.0, max(0.4, width / _WIDTH))
        self.nodes_, self.arrows_, self.plates_ = {}, {}, {}
        self._draw_plates()
        places = {name: place for name, (place, _) in self._drawn().items()}
        places |= {name: place for name, (place, _, _) in self._given().items()}
        self._draw_nodes()
        for start, end in _ARROWS:
            if end in self._drawn() and start in places:
                self._draw_arrow(start, end, places[start], places[end])
        return self

    def _given(self) -> dict[str, tuple[tuple[float, float], str, str]]:
        """Return where what is given lies, its symbols, and where its names stand."""
        if self.weight_concentration_prior_type is not None:
            return _GIVEN
        place, symbol, side = _FITTED["precision"]
        symbol = symbol if SHAPES[self.covariance_type].is_matrix else r"\sigma^2"
        return {
            **_FITTED,
            "precision": (place, symbol if SHAPES[self.covariance_type].is_shared else f"{symbol}_k", side),
        }

    def _drawn(self) -> dict[str, tuple[tuple[float, float], str]]:
        """Return where the quantities with a distribution lie, and their symbols."""
        shape = SHAPES[self.covariance_type]
        precision = r"\Lambda" if shape.is_matrix else r"\lambda"
        drawn = {
            "weights": ((2.2, 1.2), "v_k" if self.weight_concentration_prior_type == "dirichlet_process" else r"\pi"),
            "component": ((4.9, 1.2), "z_n"),
            "row": ((6.9, 1.2), "x_n"),
            "mean": ((5.7, 3.7), r"\mu_k"),
            "precision": ((8.2, 3.7), precision if shape.is_shared else f"{precision}_k"),
        }
        return {name: node for name, node in drawn.items() if name not in self._given()}

    def _distributions(self) -> dict[str, str]:
        """Return the names of the distributions that the quantities are drawn from."""
        is_process = self.weight_concentration_prior_type == "dirichlet_process"
        return {
            "weights": "Beta" if is_process else "Dirichlet",
            "component": "Categorical",
            "row": "Normal",
            "mean": "Normal",
            "precision": "Wishart" if SHAPES[self.covariance_type].is_matrix else "Gamma",
        }

    def _draw_plates(self) -> None:
        from matplotlib.patches import FancyBboxPatch  # optional, and slow to import

        count = "K" if self.n_components is None else f"K = {self.n_components}"
        plates = {
            "rows": _Plate((4.1, -0.1), 3.6, 2.2, "N rows"),
            "components": _Plate((4.9, 2.8), 1.6 if SHAPES[self.covariance_type].is_shared else 4.1, 2.2, count),
        }
        if self.weight_concentration_prior_type == "dirichlet_process":
            plates["sticks"] = _Plate((1.4, -0.1), 1.6, 2.2, count)
        for name, plate in plates.items():
            edge = "round,pad=0,rounding_size=0.15"
            size = plate.width, plate.height
            self.plates_[name] = FancyBboxPatch(plate.corner, *size, boxstyle=edge, fill=False, edgecolor="0.4")
            self.ax_.add_patch(self.plates_[name])
            # Arrows leave the components below, and reach the rows above.
            above = name == "components"
            x = plate.corner[0] + plate.width - 0.12
            y = plate.corner[1] + (plate.height - 0.12 if above else 0.1)
            look: dict[str, Any] = {"ha": "right", "va": "top" if above else "bottom", "color": "0.3"}
            self.ax_.text(x, y, plate.text, fontsize=8 * self._letters, **look)

    def _draw_nodes(self) -> None:
        from matplotlib.patches import Circle

        for name, (place, symbol) in self._drawn().items():
            face = "0.8" if name == "row" else "white"
            self.nodes_[name] = Circle(place, _NODE, facecolor=face, edgecolor="black", zorder=2)
            self.ax_.add_patch(self.nodes_[name])
            self.ax_.annotate(f"${symbol}$", place, ha="center", va="center", fontsize=13 * self._letters)
            above = name in ("mean", "precision")
            y = place[1] + (_NODE + 0.08) * (1 if above else -1)
            called: dict[str, Any] = {"ha": "center", "va": "bottom" if above else "top", "color": "0.3"}
            self.ax_.text(place[0], y, self._distributions()[name], fontsize=7 * self._letters, **called)
        for name, (place, symbol, side) in self._given().items():
            self.nodes_[name] = Circle(place, _DOT, color="black", zorder=2)
            self.ax_.add_patch(self.nodes_[name])
            x, y, horizontal, vertical = _SIDES[side]
            value = f" = {self.values[name]:.3g}" if name in self.values else ""
            look: dict[str, Any] = {"ha": horizontal, "va": vertical, "fontsize": 8 * self._letters}
            text = f"${symbol}{value}$\n{_ATTRIBUTES.get(name, name)}"
            away = (x * self._letters, y * self._letters)
            self.ax_.annotate(text, place, away, textcoords="offset points", linespacing=1.3, **look)

    def _draw_arrow(self, start: str, end: str, first: tuple[float, float], last: tuple[float, float]) -> None:
        from matplotlib.patches import FancyArrowPatch

        sizes = [_DOT if name in self._given() else _NODE for name in (start, end)]
        (x0, y0), (x1, y1) = first, last
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        ends = [(x0 + t * (x1 - x0), y0 + t * (y1 - y0)) for t in (sizes[0] / length, 1 - sizes[1] / length)]
        self.arrows_[start, end] = FancyArrowPatch(
            *ends, arrowstyle="-|>", mutation_scale=13 * self._letters, shrinkA=0, shrinkB=0, color="black"
        )
        self.ax_.add_patch(self.arrows_[start, end])
