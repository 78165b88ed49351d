"""The panels of a `LikelihoodDisplay`, one function each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...typing import Floats
from ..palette import GROUPS, QUIET
from .drawing import legend, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from .likelihood import LikelihoodDisplay

# Likelihoods beyond these powers of e are drawn relative to their maximum: doubles end at −745 and 709.
_FAR = 600.0

# Below the maximum by more than this a log-likelihood is not shown: the likelihood there is one part in 5e21.
_DEEP = 50.0

_MLE, _MAP, _OTHERS = GROUPS[0], GROUPS[2], (GROUPS[1], GROUPS[3], GROUPS[4], GROUPS[5])

# Part of the height of a panel that an entry of its legend needs above the curve.
_ROOM = 0.2

# As many observations as are told apart as ticks; of more there is a histogram.
_MOST_TICKS = 60
_MOST_BARS = 100


def surface(shown: LikelihoodDisplay, ax: Axes) -> None:
    """Draw the density over x and theta, with the x observed and the thetas of the densities."""
    assert shown.surface is not None  # the panel is not available without
    assert shown.x_grid is not None
    from matplotlib.colors import PowerNorm  # optional, and slow to import

    # Levels that lie closer where the density is low: a narrow peak would leave all else white.
    levels = float(shown.surface.max()) * np.linspace(0, 1, 13) ** 2
    ax.contourf(shown.x_grid, shown.profile.theta, shown.surface, levels, cmap="Greys", norm=PowerNorm(0.5))
    if (x := _single(shown)) is not None:
        ax.axvline(x, color="black", lw=1, ls=":")
    for theta, color in _colors(shown).items():
        ax.axhline(theta, color=color, lw=1.4, ls="--")
    _name(shown, ax, "density over both", "x")
    ax.set_ylabel(plain(shown.theta_name))


def density(shown: LikelihoodDisplay, ax: Axes) -> None:
    """Draw the density in x at some thetas, with the observations."""
    assert shown.x_grid is not None  # the panel is not available without
    entries: list[tuple[Any, str]] = []
    for theta, color in _colors(shown).items():
        curve = shown.densities[theta]
        (line,) = ax.plot(shown.x_grid, curve, color=color, lw=1.6)
        shown.densities_[theta] = line
        entries.append((line, _equation(shown, theta) + _shaded(shown, ax, theta, color)))
    ax.set_ylim(
        0, max(float(curve.max()) for curve in shown.densities.values()) * (1.3 if shown.x_interval is None else 1.5)
    )
    if shown.x is not None and shown.x.ndim == 1:
        entries.append(_observations(shown, ax, shown.x))
        ax.set_xlim(float(shown.x_grid[0]), float(shown.x_grid[-1]))
    legend(ax, entries)
    only = f", at {_equation(shown, next(iter(shown.densities)))}" if len(shown.densities) == 1 else ""
    _name(shown, ax, f"density in {plain(shown.x_name)}{only}", "x")
    ax.set_ylabel("density")


def likelihood(shown: LikelihoodDisplay, ax: Axes) -> None:
    """Draw the likelihood in theta; relative to its maximum where doubles do not hold it."""
    highest = shown.maximum.log_likelihood
    absolute = abs(highest) < _FAR
    base = 0.0 if absolute else highest
    with np.errstate(under="ignore"):
        values = np.exp(shown.profile.log_likelihood - base)
    (shown.lines_["likelihood"],) = ax.plot(shown.profile.theta, values, color=_MLE, lw=1.8)
    entries = _mark(shown, ax, "likelihood", lambda value: float(np.exp(value - base)))
    entries += _band(shown, ax, "likelihood")
    for theta, height in _seen_at(shown).items():
        ax.plot([theta], [height], "o", color=_colors(shown)[theta], ms=5, zorder=4)
    ax.set_ylim(0, float(np.exp(highest - base)) * (1.1 + _ROOM * len(entries)))
    legend(ax, entries, loc="best")
    _name(shown, ax, f"likelihood{_given(shown)}", "theta")
    ax.set_ylabel("likelihood" if absolute else "likelihood over its maximum")


def log_likelihood(shown: LikelihoodDisplay, ax: Axes) -> None:
    """Draw the log-likelihood in theta, down to where nothing is left of the likelihood."""
    values = shown.profile.log_likelihood
    seen = np.where(np.isfinite(values), values, np.nan)
    (shown.lines_["log_likelihood"],) = ax.plot(shown.profile.theta, seen, color=_MLE, lw=1.8)
    entries = _mark(shown, ax, "log_likelihood", float)
    entries += _band(shown, ax, "log_likelihood")
    lowest, highest = max(float(np.nanmin(seen)), shown.maximum.log_likelihood - _DEEP), shown.maximum.log_likelihood
    height = (highest - lowest) or 1.0
    ax.set_ylim(lowest - 0.05 * height, highest + (0.1 + _ROOM * len(entries)) * height)
    legend(ax, entries, loc="best")
    _name(shown, ax, f"log-likelihood{_given(shown)}", "theta")
    ax.set_ylabel("log-likelihood")


def posterior(shown: LikelihoodDisplay, ax: Axes) -> None:
    """Draw prior and posterior in theta with area one over the grid, and the likelihood scaled to the same."""
    assert shown.log_prior is not None  # the panel is not available without
    assert shown.posterior is not None
    assert shown.posterior.log_posterior is not None
    theta, log_posterior = shown.profile.theta, shown.log_prior + shown.profile.log_likelihood
    scaled, _ = _area_one(theta, shown.profile.log_likelihood)
    prior, _ = _area_one(theta, shown.log_prior)
    values, log_area = _area_one(theta, log_posterior)
    entries: list[tuple[Any, str]] = []
    drawn: tuple[tuple[str, Floats, str, dict[str, Any]], ...] = (
        ("prior", prior, "prior", {"color": QUIET, "ls": "--", "lw": 1.4}),
        ("scaled", scaled, "likelihood, scaled", {"color": _MLE, "lw": 1.2}),
        ("posterior", values, "posterior", {"color": _MAP, "lw": 2.0}),
    )
    for name, curve, text, look in drawn:
        (shown.lines_[name],) = ax.plot(theta, curve, **look)
        entries.append((shown.lines_[name], text))
    height = float(np.exp(shown.posterior.log_posterior - log_area))
    at = shown.posterior.theta
    shown.map_["posterior"] = _point(ax, at, height, _MAP)
    entries.append((shown.map_["posterior"], f"MAP: {_equation(shown, at)}{_edge(shown.posterior.at_bound)}"))
    interval = shown.posterior.interval
    if interval is not None:
        inside = (theta >= interval[0]) & (theta <= interval[1])
        shown.intervals_["posterior"] = ax.fill_between(theta, values, where=inside, color=_MAP, alpha=0.2, lw=0)
        entries.append((shown.intervals_["posterior"], _said(shown.posterior.level, interval)))
    ax.set_ylim(0, max(height, float(prior.max()), float(scaled.max())) * (1.4 + _ROOM * len(entries)))
    legend(ax, entries, loc="best")
    _name(shown, ax, "prior and posterior", "theta")
    ax.set_ylabel("density")


def _observations(shown: LikelihoodDisplay, ax: Axes, x: Floats) -> tuple[Any, str]:
    """Draw the observations, and return what the legend says: one as a line, some as ticks, many as a histogram."""
    n = len(x)
    if n == 1:
        for theta, height in _seen_at(shown).items():
            ax.plot(x, [height], "o", color=_colors(shown)[theta], ms=5, zorder=4)
        line = ax.axvline(float(x[0]), color="black", lw=1, ls=":", zorder=0)
        return line, f"{plain(shown.x_name)} = {_short(x[0])}"
    if n <= _MOST_TICKS:
        ends = ax.get_xaxis_transform()
        (ticks,) = ax.plot(x, np.full(n, 0.02), "|", color="black", ms=7, alpha=0.6, transform=ends)
        return ticks, f"{n} observations"
    assert shown.x_grid is not None  # the panel is not available without
    n_bars = min(int(n**0.5), _MOST_BARS)
    counts, edges = np.histogram(x, n_bars, (float(shown.x_grid[0]), float(shown.x_grid[-1])))
    bars = ax.stairs(counts / (n * np.diff(edges)), edges, fill=True, color=QUIET, alpha=0.3, zorder=0)
    return bars, f"{n:,} observations"


def _single(shown: LikelihoodDisplay) -> float | None:
    return float(shown.x[0]) if shown.x is not None and shown.x.shape == (1,) else None


def _seen_at(shown: LikelihoodDisplay) -> dict[float, float]:
    """Return the likelihood of the thetas whose densities are drawn: of one observation, the density there."""
    if _single(shown) is None or shown.maximum.log_likelihood > _FAR:
        return {}
    known = dict(zip(shown.profile.theta.tolist(), shown.profile.log_likelihood.tolist(), strict=True))
    return {theta: float(np.exp(known[theta])) for theta in shown.densities if theta in known}


def _colors(shown: LikelihoodDisplay) -> dict[float, str]:
    """Return the colour of each theta whose density is drawn; the estimates have theirs everywhere."""
    fixed = {shown.maximum.theta: _MLE}
    if shown.posterior is not None:
        fixed = {shown.posterior.theta: _MAP} | fixed
    others = [theta for theta in shown.densities if theta not in fixed]
    spare = {theta: _OTHERS[number % len(_OTHERS)] for number, theta in enumerate(others)}
    return {theta: (fixed | spare)[theta] for theta in shown.densities}


def _mark(shown: LikelihoodDisplay, ax: Axes, name: str, height: Any) -> list[tuple[Any, str]]:
    """Mark the estimates on a curve of the likelihood, and return what the legend says of them."""
    best = shown.maximum
    shown.mle_[name] = _point(ax, best.theta, height(best.log_likelihood), _MLE)
    entries: list[tuple[Any, str]] = [(shown.mle_[name], f"MLE: {_equation(shown, best.theta)}{_edge(best.at_bound)}")]
    if shown.posterior is not None:
        other = shown.posterior
        shown.map_[name] = _point(ax, other.theta, height(other.log_likelihood), _MAP)
        entries.append((shown.map_[name], f"MAP: {_equation(shown, other.theta)}{_edge(other.at_bound)}"))
    return entries


def _band(shown: LikelihoodDisplay, ax: Axes, name: str) -> list[tuple[Any, str]]:
    """Shade the interval of the maximum likelihood estimate, and return what the legend says of it."""
    best = shown.maximum
    if best.interval is None:
        return []
    # An area that is no patch: legends keep away from those.
    look: dict[str, Any] = {"color": _MLE, "alpha": 0.12, "lw": 0, "zorder": 0, "transform": ax.get_xaxis_transform()}
    shown.intervals_[name] = ax.fill_between(best.interval, 0, 1, **look)
    return [(shown.intervals_[name], _said(best.level, best.interval))]


def _said(level: float, interval: tuple[float, float]) -> str:
    return f"{100 * level:g}% interval: {_short(interval[0])} to {_short(interval[1])}"


def _shaded(shown: LikelihoodDisplay, ax: Axes, theta: float, color: str) -> str:
    """Shade the area below a density in x, and return what the legend says of it."""
    if shown.x_interval is None or shown.x_grid is None:
        return ""
    low, high = shown.x_interval
    places, curve = shown.x_grid, shown.densities[theta]
    inside = (places >= low) & (places <= high)
    ax.fill_between(places[inside], curve[inside], color=color, alpha=0.25, lw=0, zorder=0)
    shown.probabilities_[theta] = float(np.trapezoid(curve[inside], places[inside]))
    return f": P({_short(low)} < {plain(shown.x_name)} < {_short(high)}) = {shown.probabilities_[theta]:.3f}"


def _point(ax: Axes, theta: float, height: float, color: str) -> Line2D:
    ax.axvline(theta, color=color, lw=0.9, ls=":", zorder=0)
    (point,) = ax.plot([theta], [height], "o", color=color, ms=6, zorder=4)
    return point


def _area_one(theta: Floats, log_values: Floats) -> tuple[Floats, float]:
    """Return values scaled to area one by the trapezoidal rule, and the log of what they were divided by."""
    highest = float(log_values.max())
    if np.isneginf(highest):
        raise ValueError("the prior is zero at every point of the grid of theta where the likelihood is not")
    with np.errstate(under="ignore"):
        values = np.exp(log_values - highest)
    area = float(np.trapezoid(values, theta))
    return values / area, highest + float(np.log(area))


def _name(shown: LikelihoodDisplay, ax: Axes, title: str, across: str) -> None:
    ax.set_title(title, fontsize="medium", loc="left")
    ax.set_xlabel(plain(shown.x_name if across == "x" else shown.theta_name))


def _given(shown: LikelihoodDisplay) -> str:
    """Return what was observed, for a title: one value, or how many there are."""
    if (x := _single(shown)) is not None:
        return f", given {plain(shown.x_name)} = {_short(x)}"
    return "" if shown.x is None else f", given {len(shown.x):,} observations"


def _equation(shown: LikelihoodDisplay, theta: float) -> str:
    return f"{plain(shown.theta_name)} = {_short(theta)}"


def _edge(at_bound: str | None) -> str:
    return "" if at_bound is None else ", the edge of the grid"


def _short(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")
