"""Variational inference with fixed draws: an ordinary function to minimise, and covariances by linear response.

Giordano, Ingram and Broderick (2024), "Black box variational inference with a deterministic objective: faster, more
accurate, and even more black box", Journal of Machine Learning Research 25.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.linalg import block_diag, eigh
from scipy.optimize import OptimizeResult, minimize

from ....distributions.mixture import Mixture
from ....distributions.shapes import Full
from ....typing import Floats
from ..families import MeanField, log_density
from ..modes import Mode, modes
from ..problem import Approximation, Problem, Settings, Target

# Size of the gradient at the end, in nats over standard deviations.
_TOLERANCE = 1e-6
# Most steps of the optimiser.
_STEPS = 500
# What the optimiser is told where a draw has no density.
_OUTSIDE = 1e30
# Least curvature, where one standard deviation of the posterior is one.
_FLAT = 1e-8
# Error of a mean for the draws being so few, in its standard deviations, that is told.
_DRAW_ERROR = 0.1


@partial(jax.jit, static_argnums=0)
def _gains(target: Target, data: Any, z: Array, place: Array) -> tuple[Array, Array]:
    """Return log p − log q at each draw of the distribution at a place, and its gradient in the place."""
    gains: tuple[Array, Array] = jax.vmap(jax.value_and_grad(partial(_gain, target, data)), (None, 0))(place, z)
    return gains


@partial(jax.jit, static_argnums=0)
def _curved(target: Target, data: Any, z: Array, place: Array, direction: Array) -> Array:
    """Return minus the product of the Hessian of the mean gain with a direction."""

    def mean_gain(place: Array) -> Array:
        return jax.vmap(partial(_gain, target, data), (None, 0))(place, z).mean()

    curved: Array = jax.jvp(jax.grad(mean_gain), (place,), (direction,))[1]
    return -curved


def _gain(target: Target, data: Any, place: Array, draw: Array) -> Array:
    """Return log p − log q at a draw of the normal whose mean and log standard deviations are a vector."""
    mean, log_deviations = jnp.split(place, 2)
    q = MeanField(mean, jnp.exp(log_deviations))
    gain: Array = target(q.points(draw), data) - log_density(q, draw[None])[0]
    return gain


@dataclass(frozen=True)
class _Objective:
    """Minus the mean gain of fixed draws, in coordinates about a mode in which the posterior is about a sphere.

    A vector w stands for the mean mode + root @ w[:d], and for log standard deviations w[d:] above those that a
    mean-field normal has about the mode.
    """

    problem: Problem
    mode: Mode
    z: Floats

    @cached_property
    def root(self) -> Floats:
        """From w to a place, less the place of zero."""
        d = self.problem.n_dimensions
        return np.asarray(block_diag(np.linalg.cholesky(self.mode.covariance), np.eye(d)))

    @cached_property
    def origin(self) -> Floats:
        """The place of zero."""
        precisions = np.diag(np.linalg.inv(self.mode.covariance))
        return np.concatenate([self.mode.point, -np.log(precisions) / 2])

    def place(self, w: Floats) -> Floats:
        """Return mean and log standard deviations."""
        return np.asarray(self.origin + self.root @ w)

    def gains(self, w: Floats) -> tuple[Floats, Floats]:
        """Return the gain at each draw and its gradient in w."""
        self.problem.count(n_gradients=len(self.z))
        values, gradients = _gains(self.problem.target, self.problem.data, self.z, self.place(w))
        return np.asarray(values), np.asarray(gradients) @ self.root

    def loss(self, w: Floats) -> tuple[float, Floats]:
        """Return the objective and its gradient; a huge value where some draw has no density."""
        values, gradients = self.gains(w)
        if not (np.isfinite(values).all() and np.isfinite(gradients).all()):
            return _OUTSIDE, np.zeros_like(w)
        return -float(values.mean()), -gradients.mean(axis=0)

    def curved(self, w: Floats, direction: Floats) -> Floats:
        """Return the product of the Hessian with a direction; it counts as two gradients a draw."""
        self.problem.count(n_gradients=2 * len(self.z))
        product = _curved(self.problem.target, self.problem.data, self.z, self.place(w), self.root @ direction)
        return np.asarray(self.root.T @ np.asarray(product))


@dataclass(frozen=True)
class Deterministic:
    """A mean-field normal fitted to fixed draws by Newton's method, and its linear response.

    The covariance is what the means do when the log density is tilted, the inverse Hessian of the objective: exact for
    a normal posterior, where the mean-field variances are too small.

    Parameters
    ----------
    n_draws : int, default=64
        Fixed draws, in pairs z and −z.
    """

    name: ClassVar[str] = "deterministic"

    n_draws: int = 64

    def approximate(self, problem: Problem, settings: Settings) -> Approximation:
        """Return the normal distribution of the fitted means and their linear response."""
        half = np.random.default_rng(settings.seed).standard_normal((self.n_draws // 2, problem.n_dimensions))
        mode = modes(problem, settings.n_starts, settings.seed)[0]
        objective = _Objective(problem, mode, np.concatenate([half, -half]))
        trace: list[float] = []

        def note(intermediate_result: OptimizeResult) -> None:
            trace.append(-float(intermediate_result.fun))

        result = minimize(
            objective.loss,
            np.zeros(2 * problem.n_dimensions),
            jac=True,
            hessp=objective.curved,
            method="trust-ncg",
            callback=note,
            options={"gtol": _TOLERANCE, "maxiter": _STEPS},
        )
        mixture, error = _response(objective, result.x)
        return Approximation(mixture, np.array(trace), reasons=tuple(_reasons(result, error)))


def _response(objective: _Objective, w: Floats) -> tuple[Mixture, float]:
    """Return the normal distribution of linear response, and the largest error of a mean in standard deviations.

    The error is that of fixing the draws (equation 12 of the paper, with pairs of draws as the independent terms).
    """
    d = objective.problem.n_dimensions
    hessian = np.stack([objective.curved(w, direction) for direction in np.eye(2 * d)])
    curvatures, axes = eigh((hessian + hessian.T) / 2)
    # At a minimum none is negative; a flat direction is given the variance that this bound means.
    response = objective.root[:d] @ (axes / np.maximum(curvatures, _FLAT)) @ axes.T
    covariance = response @ objective.root[:d].T
    pairs = objective.gains(w)[1].reshape(2, -1, 2 * d).mean(axis=0)
    errors = np.sqrt(((pairs @ response.T) ** 2).sum(axis=0)) / len(pairs)
    mean = objective.place(w)[:d]
    mixture = Mixture([1.0], mean[None], Full(((covariance + covariance.T) / 2)[None], 1, d))
    return mixture, float((errors / np.sqrt(np.diag(covariance))).max())


def _reasons(result: OptimizeResult, error: float) -> Iterator[str]:
    if not result.success:
        yield (
            f"the optimiser stopped after {result.nit} steps with a gradient of {np.linalg.norm(result.jac):.3g} nats "
            "over standard deviations: choose the mixture method, or scale the parameters"
        )
    if not error <= _DRAW_ERROR:
        yield (
            f"the draws are so few that a mean is uncertain by {error:.3g} of its standard deviation, and "
            f"{_DRAW_ERROR:g} is the most: raise n_draws"
        )
