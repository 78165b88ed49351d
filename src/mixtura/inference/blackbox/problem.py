"""What a method of inference is given, and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from ...distributions.mixture import Mixture
from ...engines.progress import OnProgress
from ...typing import Floats
from .parameters import Layout

# Points go through a compiled function in lots of this size, the last filled up: one shape, compiled once.
_LOT = 1024


@dataclass(frozen=True)
class Target:
    """The log posterior density, not normalised, over unconstrained coordinates.

    Targets of equal functions and an equal layout are equal: what is compiled for one serves the other.

    Parameters
    ----------
    layout : Layout
        From unconstrained coordinates to the parameters.
    log_prior : callable
        ``log_prior(parameters)``: a number. Without `log_likelihood` it is the whole log density.
    log_likelihood : callable, optional
        ``log_likelihood(parameters, data)``: one number a row, or their sum.
    is_posterior : bool, default=True
        Whether it is a density over the coordinates, with the log Jacobian determinant; else it is the value at the
        parameters, for the highest of which no coordinates matter.
    """

    layout: Layout
    log_prior: Callable[..., Any]
    log_likelihood: Callable[..., Any] | None = None
    is_posterior: bool = True

    def __call__(self, z: jax.Array, data: Any, scale: float | jax.Array = 1.0) -> jax.Array:
        """Return the log density at a point of shape (n_dimensions,), the likelihood of `data` to the power `scale`.

        A minibatch of m of n rows has the scale n / m.
        """
        parameters, log_jacobian = self.layout.constrain(z)
        value: jax.Array = self.log_prior(parameters) + (log_jacobian if self.is_posterior else 0.0)
        if self.log_likelihood is not None:
            value = value + scale * jnp.sum(self.log_likelihood(parameters, data))
        return value


class Problem:
    """A target with its data, and how often it was asked.

    Parameters
    ----------
    target : Target
        The log density. It and its gradient are asked in double precision.
    data : pytree of arrays
        What `log_likelihood` is given; an argument of compiled functions, so that other data of the same shape do not
        compile again.
    """

    def __init__(self, target: Target, data: Any = ()) -> None:
        self.target = target
        self.data = data
        self.n_dimensions = target.layout.n_dimensions
        self.n_gradients = 0
        self.n_evaluations = 0

    def count(self, n_gradients: int = 0, n_evaluations: int = 0) -> None:
        """Add what a method asked in a compiled loop of its own; a gradient comes with its value."""
        self.n_gradients += n_gradients
        self.n_evaluations += n_evaluations

    def values(self, points: Floats) -> Floats:
        """Return the log density at points, shape (n_points, n_dimensions); NaN is minus infinity here."""
        values = self.values_as_they_are(points)
        return np.where(np.isnan(values), -np.inf, values)

    def values_as_they_are(self, points: Floats) -> Floats:
        """Return the log density at points, NaN where the user's function says so."""
        self.count(n_evaluations=len(points))
        return _in_lots(partial(_values, self.target, self.data), points)[0]

    def gradients(self, points: Floats) -> tuple[Floats, Floats]:
        """Return the log density and its gradient at points, shapes (n_points,) and (n_points, n_dimensions)."""
        self.count(n_gradients=len(points))
        values, gradients = _in_lots(partial(_gradients, self.target, self.data), points, _LOT // 4)
        return values, gradients

    def gradient(self, point: Floats) -> tuple[float, Floats]:
        """Return the log density and its gradient at one point."""
        self.count(n_gradients=1)
        value, gradient = _gradient(self.target, self.data, point)
        return float(value), np.asarray(gradient)

    def hessian(self, point: Floats) -> Floats:
        """Return the matrix of second derivatives at one point; it counts as one gradient for each dimension."""
        self.count(n_gradients=self.n_dimensions)
        return np.asarray(_hessian(self.target, self.data, point))


@dataclass(frozen=True)
class Settings:
    """What a method is told beside the problem.

    Parameters
    ----------
    seed : int
        Of all that is drawn.
    n_starts : int
        Where the method looks for modes, when it does.
    on_progress : callable, optional
        Told how far the work has come.
    """

    seed: int = 0
    n_starts: int = 24
    on_progress: OnProgress | None = None


@dataclass(frozen=True, eq=False)
class Approximation:
    """What a method found.

    Parameters
    ----------
    mixture : Mixture
        q, over unconstrained coordinates; a mean-field normal is one component with `Diagonal` covariance, a full-rank
        one with `Full`.
    elbo_trace : ndarray of shape (n_steps,)
        Estimates of the evidence lower bound on the way.
    corrected : bool
        Whether the answer is the posterior, by draws of q that are weighted, and not q itself.
    reasons : tuple of str
        Why q is not to be trusted by what the method itself saw: one sentence each with what to do.
    """

    mixture: Mixture
    elbo_trace: Floats
    corrected: bool = False
    reasons: tuple[str, ...] = ()


class Method(Protocol):
    """A way to find q: a frozen dataclass whose fields are its options, the defaults those of its name."""

    name: ClassVar[str]

    def approximate(self, problem: Problem, settings: Settings) -> Approximation:
        """Return q for a problem."""


def _in_lots(function: Callable[..., Any], points: Floats, size: int = _LOT) -> list[Floats]:
    """Return what a compiled function says of points, asked in lots of one size."""
    n_points = len(points)
    filled = np.concatenate([points, np.repeat(points[-1:], -n_points % size, axis=0)])
    parts = [function(filled[start : start + size]) for start in range(0, len(filled), size)]
    return [np.concatenate([np.asarray(part) for part in column])[:n_points] for column in zip(*parts, strict=True)]


@partial(jax.jit, static_argnums=0)
def _values(target: Target, data: Any, points: jax.Array) -> tuple[jax.Array]:
    return (jax.vmap(lambda z: target(z, data))(points),)


@partial(jax.jit, static_argnums=0)
def _gradients(target: Target, data: Any, points: jax.Array) -> tuple[jax.Array, jax.Array]:
    return jax.vmap(lambda z: jax.value_and_grad(target)(z, data))(points)


@partial(jax.jit, static_argnums=0)
def _gradient(target: Target, data: Any, point: jax.Array) -> tuple[jax.Array, jax.Array]:
    return jax.value_and_grad(target)(point, data)


@partial(jax.jit, static_argnums=0)
def _hessian(target: Target, data: Any, point: jax.Array) -> jax.Array:
    matrix: jax.Array = jax.hessian(target)(point, data)
    return matrix
