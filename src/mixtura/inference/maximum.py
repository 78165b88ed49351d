"""The highest point of a log-likelihood in one parameter: a scan that finds the modes, a search in each, the curvature.

The ends of the range are open: they are approached and never evaluated, because densities are often undefined there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, isfinite, isinf, sqrt
from typing import Literal

import numpy as np
from scipy.optimize import minimize_scalar

from ..typing import Floats

Bound = Literal["lower", "upper"]
Function = Callable[[float], float]
"""A log-likelihood or log posterior of theta: finite, or minus infinity."""

# A likelihood e^20 = 5e8 times smaller than the best is the tail: no mode is looked for there.
_TAIL = 20.0
# A walk doubles or halves its distance so often at most: 2^100 = 1e30, from the charge of an electron to a galaxy.
_STEPS = 100
# A walk to infinity ends where the function has levelled off: so small a change in so many doublings. Farther out many
# formulas are differences of huge numbers, and all rounding.
_LEVEL_CHANGE, _LEVEL_STEPS = 1e-4, 10
# Points of the first look at a finite range, before it is refined.
_FIRST_LOOK = 64
# The scan is fine enough with so many cells outside the tail, and every cell split at least twice.
_CELLS, _SPLITS = 256, 2
# Halving the distance of two neighbouring doubles apart by 2^100 needs no more rounds than this.
_ROUNDS = 200
# Modes searched, the highest of the scan first.
_MODES = 8
# Rounding of a sum of log densities, with room to spare.
_ROUNDING = 1e-10
# Nats gained from one distance to a hundredth of it, in a place where the function grows without limit.
_GROWTH = 1e-3


@dataclass(frozen=True)
class Maximum:
    """Where a function is highest.

    Parameters
    ----------
    theta : float
        The place; at a bound, the last point evaluated before it.
    value : float
        The function there.
    at_bound : {"lower", "upper"} or None
        The bound that is the maximum, when one is.
    width : float
        Width of the range that was searched last; zero at a bound.
    converged : bool
        Whether the search met its tolerance.
    """

    theta: float
    value: float
    at_bound: Bound | None
    width: float
    converged: bool


def maximise(function: Function, lower: float, upper: float) -> Maximum:
    """Return the highest point of a function between two bounds, which may be infinite.

    The scan starts from 64 points of a finite range, one above (below) a single finite bound, and zero without bounds.
    It walks towards the bounds, twice as near or twice as far at each step, until it is deep in the tail; then it
    halves the cells outside the tail until there are 256. Brent's method (`scipy.optimize.minimize_scalar`) refines
    the highest local maxima. A mode narrower than a cell of the scan, or beyond a valley deeper than 20 nats when the
    range is infinite, can be missed: narrower bounds find it.

    Raises
    ------
    ValueError
        The function is minus infinity wherever it was tried, does not change, or grows without limit.
    """
    thetas, values = _resolve(function, *_first_look(function, lower, upper))
    tried = f"every theta tried from {thetas[0]:.6g} to {thetas[-1]:.6g}"
    if np.isneginf(values).all():
        raise ValueError(
            f"the likelihood is zero at {tried}: pass bounds=(lower, upper) near a theta for which all of x is possible"
        )
    if np.ptp(values) <= _rounding(values.max()):
        raise ValueError(
            f"the log-likelihood is {values.max():.6g} at {tried}, so x does not tell one theta from another there: "
            "pass bounds where it does, or a prior"
        )
    modes = [_refine(function, thetas, values, index) for index in _local_maxima(values)]
    best = max(modes, key=lambda mode: mode.value, default=None)
    highest = -inf if best is None else best.value
    ends: tuple[tuple[Bound, float, int], ...] = (("lower", lower, 0), ("upper", upper, -1))
    for name, bound, index in ends:
        edge, value = float(thetas[index]), float(values[index])
        if isinf(bound) and value >= max(highest, values.max()) - _rounding(values.max()):
            raise ValueError(
                f"no maximum of the log-likelihood was found: it is still {value:.6g}, its highest, at "
                f"theta={edge:.6g} on the way to {bound:g}; pass bounds around the maximum, or a prior"
            )
        if isfinite(bound) and value >= max(highest, values.max()):
            if _diverges(function, bound, [1 if index == 0 else -1], abs(edge - bound), float(np.ptp(thetas))):
                raise _unbounded(bound)
            return Maximum(edge, value, name, 0.0, True)
    assert best is not None  # the highest point of the scan is a local maximum where it is not an edge
    # A hundredth of the last cell does not reach a bound: cells narrow towards it as fast as they near it.
    if _diverges(function, best.theta, [-1, 1], best.width * 1e-6, best.width * 1e-2):
        raise _unbounded(best.theta)
    return best


def curvature(function: Function, maximum: Maximum, lower: float, upper: float) -> float | None:
    """Return minus the second derivative at a maximum, or None where there is none.

    Second differences at a step and at half of it, extrapolated to zero (Richardson). The step is the one at which the
    function falls by about 0.001 nats: the differences are then far above rounding, and the step is far below the
    standard error, whatever the units of theta are. There is none at a bound, at a kink and on a plateau.
    """
    if maximum.at_bound is not None:
        return None
    theta, room = maximum.theta, min(maximum.theta - lower, upper - maximum.theta)
    target = max(1e-3, _rounding(maximum.value))
    smallest = 4 * float(np.spacing(abs(theta)))
    if room < 2 * smallest:
        return None
    step = maximum.width
    for _ in range(60):  # far more than it takes, since the step comes within a factor of 8 at once
        step = min(max(step, smallest), room / 2)
        step = 2 * ((theta + step / 2) - theta)  # so that the distances are not rounded where theta is large beside it
        fall = _fall(function, maximum, step)
        if target / 10 < fall < target * 10 or (step <= smallest and target < fall < inf):
            break
        if isinf(fall):
            step /= 8
        elif fall < target * 1e-3:
            step *= 8
        else:
            step *= sqrt(target / fall)
    else:
        return None
    coarse, fine = (2 * _fall(function, maximum, h) / h**2 for h in (step, step / 2))
    # At a kink the difference doubles when the step is halved, at the edge of a jump it is four times as large.
    if not abs(fine - coarse) <= 0.1 * fine:
        return None
    return (4 * fine - coarse) / 3


def _first_look(function: Function, lower: float, upper: float) -> tuple[Floats, Floats]:
    step = 1.0
    if isfinite(lower) and isfinite(upper):
        step = (upper - lower) / _FIRST_LOOK
        inner = [lower + step * k for k in range(1, _FIRST_LOOK)]
    elif isfinite(lower) or isfinite(upper):
        bound, sign = (lower, 1) if isfinite(lower) else (upper, -1)
        step = max(step, float(np.spacing(abs(bound))) * 2**20)
        inner = [bound + sign * step]
    else:
        inner = [0.0]
    values = [function(theta) for theta in inner]
    below = _walk(function, inner[0], lower, step, max(values))
    above = _walk(function, inner[-1], upper, step, max([*values, *(value for _, value in below)]))
    points = sorted([*below, *zip(inner, values, strict=True), *above])
    thetas, values_there = zip(*points, strict=True)
    return np.array(thetas), np.array(values_there)


def _walk(function: Function, start: float, end: float, step: float, best: float) -> list[tuple[float, float]]:
    """Return the points passed, and the function there, from `start` until the tail, a level stretch or the end."""
    sign = 1 if end > start else -1
    passed: list[tuple[float, float]] = []
    for power in range(_STEPS):
        theta = start + sign * step * 2.0**power if isinf(end) else end - sign * step * 2.0 ** -(power + 1)
        if theta == end:
            break
        value = function(theta)
        passed.append((theta, value))
        best = max(best, value)
        if value < best - _TAIL:
            break
        latest = [value for _, value in passed[-_LEVEL_STEPS:]]
        if isinf(end) and len(latest) == _LEVEL_STEPS and max(latest) - min(latest) < _LEVEL_CHANGE:
            steeper = np.diff(np.abs(np.diff(latest[-4:]))) > _rounding(best)
            # Steps that double, and changes that grow with them, lead up a slope that is long in these units.
            if not steeper.all():
                break
    return passed


def _resolve(function: Function, thetas: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Split the cells outside the tail in half until there are enough of them."""
    for split in range(_ROUNDS):
        outside_tail = values >= values.max() - _TAIL
        cells = np.flatnonzero(outside_tail[1:] | outside_tail[:-1])
        if split >= _SPLITS and len(cells) >= _CELLS:
            break
        middles = thetas[cells] + (thetas[cells + 1] - thetas[cells]) / 2
        between = (thetas[cells] < middles) & (middles < thetas[cells + 1])
        if not between.any():
            break
        places, middles = cells[between] + 1, middles[between]
        thetas = np.insert(thetas, places, middles)
        values = np.insert(values, places, [function(float(theta)) for theta in middles])
    return thetas, values


def _local_maxima(values: Floats) -> Sequence[int]:
    """Return the positions of the highest local maxima inside the scan."""
    inner = values[1:-1]
    tops = 1 + np.flatnonzero((inner >= values[:-2]) & (inner >= values[2:]) & (inner > values.max() - _TAIL))
    return [int(top) for top in tops[np.argsort(-values[tops], kind="stable")][:_MODES]]


def _refine(function: Function, thetas: Floats, values: Floats, index: int) -> Maximum:
    """Return the maximum between the neighbours of a local maximum of the scan."""
    low, width = float(thetas[index - 1]), float(thetas[index + 1] - thetas[index - 1])
    # The place is sought as a share of the cell: SciPy's tolerance is relative to the place itself, which may be
    # large beside the cell. Minus infinity in the cell makes its parabolas NaN, and it takes a golden section instead.
    with np.errstate(invalid="ignore"):
        result = minimize_scalar(
            lambda share: -function(low + width * float(share)),
            bounds=(0.0, 1.0),
            method="bounded",
            options={"xatol": 1e-9},
        )
    theta, value = low + width * float(result.x), -float(result.fun)
    if value < values[index]:
        theta, value = float(thetas[index]), float(values[index])
    return Maximum(theta, value, None, width, bool(result.success))


def _diverges(function: Function, theta: float, signs: Sequence[int], distance: float, room: float) -> bool:
    """Return whether the function grows by as much again each time theta is approached by the same factor."""
    ratio = min(100.0, sqrt(room / distance))
    near, middle, far = (max(function(theta + sign * distance * ratio**power) for sign in signs) for power in range(3))
    return isfinite(far) and near - middle > max(_GROWTH, (middle - far) / 2)


def _unbounded(theta: float) -> ValueError:
    return ValueError(
        f"the log-likelihood grows without limit as theta nears {theta:.6g}: pass bounds that keep away from it, "
        "or a prior that is small there"
    )


def _fall(function: Function, maximum: Maximum, step: float) -> float:
    return maximum.value - (function(maximum.theta - step) + function(maximum.theta + step)) / 2


def _rounding(value: float) -> float:
    return _ROUNDING * (1 + abs(float(value)))
