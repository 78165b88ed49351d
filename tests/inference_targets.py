"""Log densities whose answers are known, as problems of inference."""

import jax.numpy as jnp
import numpy as np

from mixtura import Full, Mixture
from mixtura.inference.blackbox.parameters import Real, layout_of
from mixtura.inference.blackbox.problem import Problem, Target


def log_one(parameters):
    """Return the log density of a flat prior."""
    return 0.0


def log_normal(parameters, data):
    """Return the log density of N(mean, inverse precision), normalised."""
    mean, precision = data
    centred = parameters["x"] - mean
    log_determinant = jnp.linalg.slogdet(precision / (2 * jnp.pi))[1]
    return (log_determinant - centred @ precision @ centred) / 2


def flat_target(n_dimensions, log_likelihood):
    """Return the target of a vector x of reals under a flat prior."""
    return Target(layout_of({"x": Real(n_dimensions)}), log_one, log_likelihood)


def normal_posterior(n_dimensions, condition, seed=0):
    """Return a normal distribution with covariances of a condition number, as a mixture."""
    rng = np.random.default_rng(seed)
    axes, _ = np.linalg.qr(rng.standard_normal((n_dimensions, n_dimensions)))
    covariance = (axes * np.geomspace(1, condition, n_dimensions)) @ axes.T
    mean = 5 * rng.standard_normal(n_dimensions)
    return Mixture([1.0], mean[None], Full(covariance[None], 1, n_dimensions))


def normal_problem(posterior):
    """Return the problem whose posterior is a normal distribution."""
    data = (posterior.means[0], np.linalg.inv(posterior.covariances[0]))
    return Problem(flat_target(posterior.n_features, log_normal), data)
