"""Pareto-smoothed importance sampling: heavy tails of weights are measured, and their largest are tamed."""

import numpy as np

from ...typing import Floats

# With fewer weights in the tail its shape is a guess.
_LEAST_TAIL = 5


def smoothed(log_weights: Floats) -> tuple[Floats, float]:
    """Return log weights whose largest are replaced by quantiles of a generalised Pareto distribution, and its shape.

    Parameters
    ----------
    log_weights : ndarray of shape (n_draws,)
        Logarithms of importance weights; minus infinity where the target is zero.

    Returns
    -------
    smoothed : ndarray of shape (n_draws,)
        The log weights, in the same units, none above the largest given.
    k_hat : float
        Shape of the tail: weights have no variance where it is above .5; above .7 no number of draws in use is enough.
        Infinity where too few weights differ to tell.

    References
    ----------
    Vehtari, Simpson, Gelman, Yao and Gabry (2024), "Pareto smoothed importance sampling", Journal of Machine Learning
    Research 25.
    """
    n_draws = len(log_weights)
    largest = float(log_weights.max())
    n_tail = int(np.ceil(min(0.2 * n_draws, 3 * np.sqrt(n_draws))))
    order = np.argsort(log_weights, kind="stable")
    tail, cutoff = order[-n_tail:], float(log_weights[order[-n_tail - 1]])
    floor = max(cutoff - largest, np.log(np.finfo(float).tiny))
    excesses = np.exp(log_weights[tail] - largest) - np.exp(floor)
    if (excesses > 0).sum() < _LEAST_TAIL:
        return log_weights, np.inf
    if np.ptp(log_weights[tail]) < 1e-12:
        return log_weights, -np.inf
    positive = excesses[excesses > 0]
    shape, scale = _generalized_pareto(positive)
    if not np.isfinite(shape):
        return log_weights, np.inf
    levels = (np.arange(len(positive)) + 0.5) / len(positive)
    result = log_weights.copy()
    quantiles = _quantiles(levels, shape, scale) + np.exp(floor)
    result[tail[excesses > 0]] = np.minimum(np.log(quantiles), 0.0) + largest
    return result, shape


def k_hat(log_weights: Floats) -> float:
    """Return the shape of the tail of log weights, as `smoothed` finds it."""
    return smoothed(log_weights)[1]


def _generalized_pareto(excesses: Floats) -> tuple[float, float]:
    """Return shape and scale for ascending positive excesses, with the weak prior of the reference.

    Zhang and Stephens (2009), "A new and efficient estimation method for the generalized Pareto distribution",
    Technometrics 51: the posterior mean over a grid of the profile likelihood.
    """
    n = len(excesses)
    n_grid = 30 + int(np.sqrt(n))
    quartile = excesses[int(n / 4 + 0.5) - 1]
    grid = 1 / excesses[-1] + (1 - np.sqrt(n_grid / (np.arange(1, n_grid + 1) - 0.5))) / (3 * quartile)
    shapes = np.log1p(-grid[:, None] * excesses).mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        profile = n * (np.log(-grid / shapes) - shapes - 1)
    profile = np.where(np.isnan(profile), -np.inf, profile)
    posterior = np.exp(profile - profile.max())
    place = float((grid * posterior).sum() / posterior.sum())
    shape = float(np.log1p(-place * excesses).mean())
    scale = -shape / place
    return (n * shape + 10 * 0.5) / (n + 10), scale


def _quantiles(levels: Floats, shape: float, scale: float) -> Floats:
    if abs(shape) < 1e-12:
        return -scale * np.log1p(-levels)
    return np.asarray(scale * np.expm1(-shape * np.log1p(-levels)) / shape)
