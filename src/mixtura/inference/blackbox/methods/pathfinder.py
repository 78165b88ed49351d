"""Pathfinder: normal distributions along the path of L-BFGS to a mode, and the one of them with the highest ELBO.

Zhang, Carpenter, Gelman and Vehtari (2022), "Pathfinder: parallel quasi-Newton variational inference", Journal of
Machine Learning Research 23.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.stats.qmc import MultivariateNormalQMC

from ....distributions.mixture import Mixture
from ....distributions.shapes import Full
from ....errors import RequestError
from ....typing import Floats
from ..problem import Approximation, Problem, Settings

# Pairs of steps and gradients that a covariance is made of, and the curvature that a pair must have, as in the paper.
_PAIRS, _LEAST_CURVATURE = 6, 1e-12
# Most steps of a path, and of what size its starts are in each unconstrained coordinate: as in Stan.
_STEPS, _START = 1000, 2.0
# Draws that estimate the ELBO of one distribution, quasi-random and the same for all: among hundreds of estimates the
# highest would else be the luckiest.
_DRAWS = 128
# What the optimiser is told where the density is zero or no number.
_OUTSIDE = 1e30


class State(NamedTuple):
    """Where a path has come: the point, the gradient of the log density there, and what is known of the curvature.

    The inverse Hessian is a diagonal, changed by the last pairs of a step and the fall of the gradient along it.
    """

    point: Floats
    gradient: Floats
    diagonal: Floats
    pairs: tuple[tuple[Floats, Floats], ...]

    @property
    def covariance(self) -> Floats:
        """Inverse Hessian of minus the log density: the diagonal after a BFGS update for each pair."""
        matrix = np.diag(self.diagonal)
        for change, fall in self.pairs:
            ratio = 1 / (change @ fall)
            left = np.eye(len(change)) - ratio * np.outer(change, fall)
            matrix = left @ matrix @ left.T + ratio * np.outer(change, change)
        return (matrix + matrix.T) / 2


def init(point: Floats, gradient: Floats) -> State:
    """Return the state at the start of a path."""
    return State(point, gradient, np.ones(len(point)), ())


def step(state: State, point: Floats, gradient: Floats) -> State:
    """Return the state at the next point of a path.

    The diagonal follows Gilbert and Lemaréchal (1989), as in Algorithm 3 of the paper.
    """
    change, fall = point - state.point, state.gradient - gradient
    b = float(change @ fall)
    if b <= _LEAST_CURVATURE * float(fall @ fall):
        return state._replace(point=point, gradient=gradient)
    a = float(fall @ (state.diagonal * fall))
    c = float(change @ (change / state.diagonal))
    inverse = a / (b * state.diagonal) + fall**2 / b - a * change**2 / (b * c * state.diagonal**2)
    return State(point, gradient, 1 / inverse, (*state.pairs, (change, fall))[-_PAIRS:])


@dataclass(frozen=True)
class Pathfinder:
    """The normal distribution of highest ELBO on several paths."""

    name: ClassVar[str] = "pathfinder"

    def approximate(self, problem: Problem, settings: Settings) -> Approximation:
        """Return the best normal distribution of all paths; the trace is that of its path."""
        rng = np.random.default_rng(settings.seed)
        starts = rng.uniform(-_START, _START, (settings.n_starts, problem.n_dimensions))
        paths = [_normals(path) for path in (_path(problem, start) for start in starts)]
        z = MultivariateNormalQMC(np.zeros(problem.n_dimensions), rng=rng).random(_DRAWS)
        elbos = [_elbos(problem, path, z) for path in paths]
        best = int(np.argmax([path.max(initial=-np.inf) for path in elbos]))
        if not np.isfinite(elbos[best]).any():
            raise RequestError(
                f"none of {settings.n_starts} paths from within ({-_START:g}, {_START:g}) in unconstrained coordinates "
                "found draws with a density: check log_density there, or scale the parameters"
            )
        return Approximation(paths[best][int(np.argmax(elbos[best]))], elbos[best])


def _path(problem: Problem, start: Floats) -> list[State]:
    """Return the states at the points that L-BFGS goes through."""
    gradients: dict[bytes, Floats] = {}

    def downhill(point: Floats) -> tuple[float, Floats]:
        value, gradient = problem.gradient(point)
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return _OUTSIDE, np.zeros_like(point)
        gradients[point.tobytes()] = gradient
        return -value, -gradient

    points = [start]
    options = {"maxiter": _STEPS, "maxcor": _PAIRS}
    minimize(downhill, start, jac=True, method="L-BFGS-B", callback=lambda x: points.append(x.copy()), options=options)
    if start.tobytes() not in gradients:
        return []
    states = [init(start, gradients[start.tobytes()])]
    for point in points[1:]:
        states.append(step(states[-1], point, gradients[point.tobytes()]))
    return states


def _normals(path: list[State]) -> list[Mixture]:
    """Return the normal distribution at each state, a Newton step away, but those whose covariance is singular."""
    normals = []
    for state in path:
        covariance = state.covariance
        mean = state.point + covariance @ state.gradient
        with suppress(ValueError):
            normals.append(Mixture([1.0], mean[None], Full(covariance[None], 1, len(mean))))
    return normals


def _elbos(problem: Problem, normals: list[Mixture], z: Floats) -> Floats:
    """Return an estimate of the ELBO of each normal distribution, from standard normal draws."""
    if not normals:
        return np.empty(0)
    draws = [normal.means[0] + z @ np.linalg.cholesky(normal.covariances[0]).T for normal in normals]
    values = problem.values(np.concatenate(draws)).reshape(len(normals), _DRAWS)
    densities = np.stack([normal.log_density(drawn) for normal, drawn in zip(normals, draws, strict=True)])
    return np.asarray((values - densities).mean(axis=1))
