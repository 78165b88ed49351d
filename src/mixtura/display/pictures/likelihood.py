"""`LikelihoodDisplay`: a density in x, and its likelihood and posterior in the parameter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from ...inference.likelihood import LikelihoodProfile, ParameterFit, fit_parameter, likelihood_profile
from ...inference.model import LogDensity, LogPrior, Model, observations
from ...typing import Floats
from . import likelihood_panels as draw
from .drawing import panels as panels_of

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

Panel = Literal["surface", "density", "likelihood", "log_likelihood", "posterior"]

_N_COLUMNS = {1: 1, 2: 2, 3: 3, 4: 2, 5: 3}


class LikelihoodDisplay:
    """A density in x at some parameters, and the likelihood in the parameter at the x observed, with its maximum.

    It is recommended to use `from_density` to create one.

    Parameters
    ----------
    profile : LikelihoodProfile
        The log-likelihood at each point of a grid of the parameter, theta, in ascending order.
    maximum : ParameterFit
        The maximum likelihood estimate.
    log_prior : array-like of shape (n_points,), optional
        Log prior density at each point of the grid, which need not be normalised.
    posterior : ParameterFit, optional
        The maximum a posteriori estimate, with that prior.
    x : array-like of shape (n_observations,), optional
        The observations, for the panels that have x as an axis.
    x_grid : array-like of shape (n_places,), optional
        Where the densities are given.
    densities : dict of float to array-like of shape (n_places,), optional
        The density in x, by theta.
    surface : array-like of shape (n_points, n_places), optional
        The density in x at every point of the grid of theta.
    x_interval : tuple of two floats, optional
        Where the area below the densities in x is shaded, and given as a probability.
    theta_name, x_name : str, default='θ', 'x'
        Names for the axes.

    Attributes
    ----------
    available : tuple of str
        The panels that can be drawn from what was given.
    lines_ : dict of str to matplotlib Line2D
        The curves 'likelihood', 'log_likelihood', 'prior' and 'posterior', those that are drawn.
    densities_ : dict of float to matplotlib Line2D
        The densities in x, by theta.
    mle_, map_ : dict of str to matplotlib Line2D
        The point of the maximum likelihood and of the maximum a posteriori estimate, by panel.
    intervals_ : dict of str to matplotlib Artist
        The shaded interval of the estimate, by panel: a band beside the likelihood, whose areas mean nothing, and an
        area below the posterior density.
    probabilities_ : dict of float to float
        The shaded area below the density in x, by theta.
    ax_ : matplotlib Axes
        Axes of the first panel.
    axes_ : dict of str to matplotlib Axes
        Those of each panel, by its name.
    figure_ : matplotlib Figure
        Figure with the axes.

    See Also
    --------
    mixtura.likelihood_profile : The likelihood over a grid.
    mixtura.fit_parameter : The maximum, with an interval.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import norm
    >>> from mixtura import LikelihoodDisplay
    >>> display = LikelihoodDisplay.from_density(
    ...     lambda x, mean: norm.logpdf(x, mean, 1.0),
    ...     np.linspace(-2, 4, 200),
    ...     [0.5, 1.5, 2.5],
    ...     prior=lambda mean: norm.logpdf(mean, 0.0, 1.0),
    ...     x_grid=np.linspace(-4, 6, 200),
    ... )
    >>> list(display.axes_), round(display.maximum.theta, 4), round(display.posterior.theta, 4)
    (['density', 'likelihood', 'log_likelihood', 'posterior'], 1.5, 1.125)
    """

    lines_: dict[str, Line2D]
    densities_: dict[float, Line2D]
    mle_: dict[str, Line2D]
    map_: dict[str, Line2D]
    intervals_: dict[str, Artist]
    probabilities_: dict[float, float]
    ax_: Axes
    axes_: dict[str, Axes]
    figure_: Figure

    def __init__(
        self,
        profile: LikelihoodProfile,
        maximum: ParameterFit,
        *,
        log_prior: ArrayLike | None = None,
        posterior: ParameterFit | None = None,
        x: ArrayLike | None = None,
        x_grid: ArrayLike | None = None,
        densities: dict[float, ArrayLike] | None = None,
        surface: ArrayLike | None = None,
        x_interval: tuple[float, float] | None = None,
        theta_name: str = "θ",
        x_name: str = "x",
    ) -> None:
        n_points = len(profile.theta)
        if n_points < 2 or (np.diff(profile.theta) <= 0).any():
            raise ValueError("the grid of theta must have two points at least, in ascending order")
        if (log_prior is None) != (posterior is None):
            raise ValueError("log_prior and posterior go together: give both or neither")
        if x_grid is None and (densities is not None or surface is not None):
            raise ValueError("densities in x are given without their places: give x_grid")
        self.profile = profile
        self.maximum = maximum
        self.posterior = posterior
        self.log_prior = None if log_prior is None else _shaped(log_prior, (n_points,), "log_prior")
        self.x = None if x is None else observations(x)
        self.x_grid = None if x_grid is None else _ascending(np.array(x_grid, dtype=np.float64), "x_grid")
        n_places = 0 if self.x_grid is None else len(self.x_grid)
        self.densities = {
            float(theta): _shaped(curve, (n_places,), "a density") for theta, curve in (densities or {}).items()
        }
        self.surface = None if surface is None else _shaped(surface, (n_points, n_places), "surface")
        self.x_interval = None if x_interval is None else _interval(x_interval, self.x_grid)
        self.theta_name = theta_name
        self.x_name = x_name
        given = {
            "surface": self.surface is not None,
            "density": bool(self.densities),
            "likelihood": True,
            "log_likelihood": True,
            "posterior": self.log_prior is not None,
        }
        self.available = tuple(name for name, there in given.items() if there)

    @classmethod
    def from_density(
        cls,
        log_density: LogDensity,
        theta: ArrayLike,
        x: ArrayLike,
        *,
        prior: LogPrior | None = None,
        x_grid: ArrayLike | None = None,
        densities_at: Sequence[float] | None = None,
        x_interval: tuple[float, float] | None = None,
        theta_name: str = "θ",
        x_name: str = "x",
        panels: Sequence[Panel] | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw a density that the user writes, and what observations say of its parameter.

        Parameters
        ----------
        log_density : callable
            ``log_density(x, theta)`` returns the log density of each observation, shape (n_observations,), for one
            theta, a float.
        theta : array-like of shape (n_points,)
            Grid of the parameter, two points at least, in any order. The estimates are looked for between its ends,
            and added to it, as are the thetas of `densities_at`.
        x : array-like of shape (n_observations,) or float
            Independent observations.
        prior : callable, optional
            ``prior(theta)`` returns the log prior density, which need not be normalised.
        x_grid : array-like of shape (n_places,), optional
            Where the density in x is drawn; without it no panel has x as an axis.
        densities_at : sequence of float, optional
            The thetas whose densities in x are drawn. Default: the estimates.
        x_interval : tuple of two floats, optional
            Ends of an interval of x, within `x_grid`: the area below each density there is shaded, and given as a
            probability.
        theta_name, x_name : str, default='θ', 'x'
            Names for the axes.
        panels : sequence of str, optional
            Some of 'surface' (the density over x and theta), 'density' (in x), 'likelihood', 'log_likelihood' and
            'posterior', in the order to draw them. Default: all that can be drawn but 'surface'.
        ax : matplotlib Axes or array of one for each panel, optional
            Axes to draw into. Default: axes of a new figure.

        Returns
        -------
        LikelihoodDisplay

        Raises
        ------
        DataError
            There is no observation, or one is NaN, infinite or not a number.
        ValueError
            What `likelihood_profile` and `fit_parameter` raise, and where a panel is unknown or lacks what it needs.
        """
        grid = _ascending(np.unique(np.asarray(theta, dtype=np.float64)), "theta")
        bounds = (float(grid[0]), float(grid[-1]))
        maximum = fit_parameter(log_density, x, bounds=bounds)
        given: dict[str, Any] = {"x": x, "theta_name": theta_name, "x_name": x_name}
        estimates = [maximum.theta]
        if prior is not None:
            given["posterior"] = fit_parameter(log_density, x, prior, bounds=bounds)
            estimates.append(given["posterior"].theta)
        at_thetas = estimates if densities_at is None else [float(at) for at in densities_at]
        # The curves are to go through the points that are marked on them.
        marked = [at for at in (*estimates, *at_thetas) if bounds[0] <= at <= bounds[1]]
        grid = np.union1d(grid, marked)
        profile = likelihood_profile(log_density, grid, x)
        if prior is not None:
            alone = Model(_certain, observations(x), prior)
            given["log_prior"] = [alone.log_posterior(float(point)) for point in grid]
        if x_grid is None and x_interval is not None:
            raise ValueError("x_interval shades densities in x, and none are drawn: give x_grid")
        if x_grid is not None:
            places = _ascending(np.array(x_grid, dtype=np.float64), "x_grid")
            if x_interval is not None:
                given["x_interval"] = _interval(x_interval, places)
                places = np.union1d(places, given["x_interval"])
            density = _density_at(log_density, places)
            given["x_grid"] = places
            given["densities"] = {at: density(at) for at in at_thetas}
            if panels is not None and "surface" in panels:
                given["surface"] = [density(float(point)) for point in grid]
        return cls(profile, maximum, **given).plot(ax, panels=panels)

    def plot(self, ax: Any = None, *, panels: Sequence[Panel] | None = None) -> Self:
        """Draw the panels.

        Parameters
        ----------
        ax : matplotlib Axes or array of one for each panel, optional
            Axes to draw into. Default: axes of a new figure.
        panels : sequence of str, optional
            Some of `available`, in the order to draw them. Default: all of them.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            `panels` are not some of `available`, each once, or `ax` holds another number of axes.
        """
        chosen = self.available if panels is None else tuple(panels)
        if not chosen or len(set(chosen)) < len(chosen) or not set(chosen) <= set(self.available):
            raise ValueError(f"panels must be some of {list(self.available)}, each once, not {list(chosen)!r}")
        drawn: dict[str, Callable[[LikelihoodDisplay, Axes], None]] = {
            "surface": draw.surface,
            "density": draw.density,
            "likelihood": draw.likelihood,
            "log_likelihood": draw.log_likelihood,
            "posterior": draw.posterior,
        }
        self.lines_, self.densities_, self.mle_, self.map_ = {}, {}, {}, {}
        self.intervals_, self.probabilities_ = {}, {}
        self.figure_, axes = panels_of(ax, len(chosen), "LikelihoodDisplay", n_columns=_N_COLUMNS[len(chosen)])
        self.axes_ = dict(zip(chosen, axes, strict=True))
        self.ax_ = axes[0]
        for name, panel in self.axes_.items():
            drawn[name](self, panel)
        return self


def _certain(x: Floats, theta: float) -> Floats:
    """Return log densities of zero: with them a log posterior is the log prior, and checked like it."""
    return np.zeros(len(x))


def _density_at(log_density: LogDensity, places: Floats) -> Callable[[float], Floats]:
    """Return the density at places in x as a function of theta."""

    def density(theta: float) -> Floats:
        with np.errstate(all="ignore"):
            values = np.exp(np.asarray(log_density(places, theta), dtype=np.float64))
        if values.shape != places.shape or not np.isfinite(values).all():
            raise ValueError(f"log_density must return one number below infinity for each x of x_grid, at {theta=:.6g}")
        return np.asarray(values)

    return density


def _ascending(places: Floats, name: str) -> Floats:
    if places.ndim != 1 or len(places) < 2 or not np.isfinite(places).all() or (np.diff(places) <= 0).any():
        raise ValueError(f"{name} must be two different finite numbers at least, in ascending order")
    places.setflags(write=False)
    return places


def _interval(ends: tuple[float, float], x_grid: Floats | None) -> tuple[float, float]:
    if x_grid is None:
        raise ValueError("x_interval shades densities in x, and none are given: give x_grid")
    low, high = (float(end) for end in ends)
    if not x_grid[0] <= low < high <= x_grid[-1]:
        raise ValueError(
            f"x_interval must be two numbers, the lower first, from {x_grid[0]:.6g} to {x_grid[-1]:.6g}, the ends of "
            f"x_grid, not {ends!r}"
        )
    return low, high


def _shaped(values: ArrayLike, shape: tuple[int, ...], name: str) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != shape or np.isnan(array).any():
        raise ValueError(f"{name} must hold numbers in the shape {shape}, and has the shape {array.shape} or NaN")
    return array
