"""Two estimators of the gradient of the ELBO, E_q[log p(x) − log q(x)], from draws of q."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
from jax import Array

from .families import Normal, Step, log_density

LogDensity = Callable[[Array], Array]
"""Log density of one point, shape (n_dimensions,), not normalised."""

Estimate = tuple[Array, Step]
"""log p − log q at each draw, whose mean estimates the ELBO, and the gradient."""


def _reparameterised(log_p: LogDensity, q: Normal, z: Array) -> Estimate:
    """Return the gradient along the path of the draws, x = mean + scale z.

    The derivative of log q in its parameters is left out: its mean is zero, and without it no noise is left where q is
    the density (Roeder, Wu and Duvenaud 2017, "Sticking the landing").
    """
    values, gradients = jax.vmap(jax.value_and_grad(log_p))(q.points(z))
    return values - log_density(q, z), q.gradient(q.pulled(gradients) + z, z)


def _score_function(log_p: LogDensity, q: Normal, z: Array) -> Estimate:
    """Return E_q[(log p − log q) ∇ log q], which needs no gradient of log p (Ranganath, Gerrish and Blei 2014).

    The control variate of each draw is the mean of the others (Kool, van Hoof and Welling 2019), which leaves no bias
    and, as above, no noise where q is the density. Less the mean of all times n / (n − 1) is the same.
    """
    gains = jax.vmap(log_p)(q.points(z)) - log_density(q, z)
    centred = (gains - gains.mean()) * (len(z) / (len(z) - 1))
    return gains, q.gradient(centred[:, None] * z, z)


def _antithetic(key: Array, n_draws: int, n_dimensions: int) -> Array:
    half = jax.random.normal(key, (n_draws // 2, n_dimensions))
    return jnp.concatenate([half, -half])


def _independent(key: Array, n_draws: int, n_dimensions: int) -> Array:
    return jax.random.normal(key, (n_draws, n_dimensions))


@dataclass(frozen=True)
class Estimator:
    """An estimator with the draws that it works on.

    Attributes
    ----------
    estimate : callable
        ``estimate(log_p, q, z)`` returns log p − log q at the draws and the gradient.
    draw : callable
        ``draw(key, n_draws, n_dimensions)`` returns z.
    n_draws : int
        Draws in one step.
    counts_as : {"n_gradients", "n_evaluations"}
        What log p is asked for at each draw.
    """

    estimate: Callable[[LogDensity, Normal, Array], Estimate]
    draw: Callable[[Array, int, int], Array]
    n_draws: int
    counts_as: Literal["n_gradients", "n_evaluations"]


# Ten draws as in RABVI's experiments, in pairs z and −z; the score function is noisier by far, and its draws cheaper.
ESTIMATORS = {
    "reparameterised": Estimator(_reparameterised, _antithetic, 10, "n_gradients"),
    "score": Estimator(_score_function, _independent, 100, "n_evaluations"),
}
