"""Where a log density is highest: climbs from many starts, and the normal approximation at each mode found."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import minimize
from scipy.special import ndtri
from scipy.stats import qmc

from ...errors import RequestError
from ...typing import Floats
from .problem import Problem

# Gradients of one climb at most; Newton's steps that polish its end.
_GRADIENTS, _POLISHING = 400, 12
# Distances of the far starts from the best mode, in standard deviations: the middle of modes up to 24 apart is passed.
_NEAREST, _FARTHEST = 3.0, 24.0
# A mode whose normal approximation has e^12 times less evidence than the best is no part of the posterior.
_NATS, _MOST = 12.0, 6
# Nearer than half a standard deviation is the same mode.
_NEAR = 0.5
# Curvatures below this part of the largest, or of one, are flat directions: they are given the deviation that it means.
_FLAT = 1e-8
# What a climb is told where the density is zero or no number.
_OUTSIDE = 1e30


@dataclass(frozen=True, eq=False)
class Mode:
    """A local maximum of a log density and the normal distribution of the same curvature, Laplace's approximation.

    Parameters
    ----------
    point : ndarray of shape (n_dimensions,)
        Where it is.
    log_density : float
        How high.
    covariance : ndarray of shape (n_dimensions, n_dimensions)
        Inverse of the curvature.
    sharp : bool
        Whether the log density curves down in every direction.
    """

    point: Floats
    log_density: float
    covariance: Floats
    sharp: bool

    @property
    def log_evidence(self) -> float:
        """Logarithm of the integral under the normal approximation (Bishop 2006, equation 4.135)."""
        log_determinant = np.linalg.slogdet(2 * np.pi * self.covariance)[1]
        return self.log_density + float(log_determinant) / 2


def modes(problem: Problem, n_starts: int, seed: int) -> list[Mode]:
    """Return the modes found, those of the highest evidence first.

    A third of the starts lies at zero and in (−2, 2)^d, the others about the best mode of these, three to 24 standard
    deviations away, in opposite pairs.

    Raises
    ------
    RequestError
        No climb ended at a finite density.
    """
    rng = np.random.default_rng(seed)
    d = problem.n_dimensions
    near = np.vstack([np.zeros((1, d)), rng.uniform(-2, 2, (max(n_starts // 3 - 1, 0), d))])
    ends = [climbed for climbed in (_climb(problem, start) for start in near) if climbed is not None]
    found = _distinct(problem, ends, [])
    if not found:
        raise RequestError(
            f"no maximum of the log density was found from {len(near)} starts, so it grows without limit: give every "
            "parameter a proper prior"
        )
    best = max(found, key=lambda mode: mode.log_density)
    n_pairs = (n_starts - len(near)) // 2
    # A Latin hypercube has long and short steps in every coordinate.
    directions = ndtri(qmc.LatinHypercube(d, rng=rng).random(n_pairs))
    distances = np.geomspace(_NEAREST, _FARTHEST, n_pairs)[:, None]
    steps = distances * directions @ _root(best.covariance).T
    far = np.vstack([best.point + steps, best.point - steps])
    ends = [climbed for climbed in (_climb(problem, start) for start in far) if climbed is not None]
    found = _distinct(problem, ends, found)
    found.sort(key=lambda mode: -mode.log_evidence)
    return [mode for mode in found if mode.log_evidence >= found[0].log_evidence - _NATS][:_MOST]


def _climb(problem: Problem, start: Floats) -> tuple[float, Floats] | None:
    """Return the height and the place where L-BFGS ends, None where the start has no density."""

    def downhill(z: Floats) -> tuple[float, Floats]:
        value, gradient = problem.gradient(z)
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return _OUTSIDE, np.zeros_like(z)
        return -value, -gradient

    result = minimize(downhill, start, jac=True, method="L-BFGS-B", options={"maxfun": _GRADIENTS, "maxcor": 20})
    return None if result.fun >= _OUTSIDE else (-float(result.fun), np.asarray(result.x))


def _distinct(problem: Problem, ends: list[tuple[float, Floats]], found: list[Mode]) -> list[Mode]:
    """Return the modes found, and those that the ends of further climbs add to them, the highest first."""
    found = list(found)
    for _, point in sorted(ends, key=lambda end: -end[0]):
        if not any(_near(point, mode) for mode in found):
            mode = _polished(problem, point)
            if np.isfinite(mode.log_evidence) and not any(_near(mode.point, other) for other in found):
                found.append(mode)
    return found


def _near(point: Floats, mode: Mode) -> bool:
    step = point - mode.point
    return bool(step @ np.linalg.solve(mode.covariance, step) < _NEAR**2)


def _polished(problem: Problem, point: Floats) -> Mode:
    """Return the mode at the end of a climb, after Newton's steps that raise the log density."""
    value, gradient = problem.gradient(point)
    covariance, sharp = _inverse_curvature(problem.hessian(point))
    for _ in range(_POLISHING):
        step = covariance @ gradient
        if not np.isfinite(step).all() or step @ gradient < 1e-10:
            break
        higher, steeper = problem.gradient(point + step)
        if not (higher > value and np.isfinite(steeper).all()):
            break
        point, value, gradient = point + step, higher, steeper
        covariance, sharp = _inverse_curvature(problem.hessian(point))
    return Mode(point, value, covariance, sharp)


def _inverse_curvature(hessian: Floats) -> tuple[Floats, bool]:
    """Return the inverse of minus a Hessian, its curvatures made positive, and whether all were."""
    if not np.isfinite(hessian).all():
        return np.eye(len(hessian)), False
    curvatures, axes = eigh(-(hessian + hessian.T) / 2)
    least = _FLAT * max(1.0, float(np.abs(curvatures).max()))
    return (axes / np.maximum(np.abs(curvatures), least)) @ axes.T, bool(curvatures.min() > least)


def _root(covariance: Floats) -> Floats:
    variances, axes = eigh(covariance)
    return np.asarray(axes * np.sqrt(np.maximum(variances, 0)))
