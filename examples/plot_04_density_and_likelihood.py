"""
A density and its likelihood
============================

One formula, four pictures. Above, over both of its arguments, and with the parameter known, as a density of x. Below,
with x = 2.5 observed, as the likelihood of the parameter, and its logarithm.
"""

import numpy as np

from mixtura import LikelihoodDisplay, Mixture, Spherical


def log_density(x, theta):
    """Return the log density of (1/3)·N(−4, theta) + (2/3)·N(1, theta), theta a standard deviation."""
    mixture = Mixture([1 / 3, 2 / 3], [[-4.0], [1.0]], Spherical([theta**2, theta**2], 2, 1))
    return mixture.log_density(x[:, None])


def log_prior(theta):
    """Return the log density of an exponential distribution of mean one half, but for a constant."""
    return -2 * theta


display = LikelihoodDisplay.from_density(
    log_density,
    np.linspace(0.3, 5, 300),
    2.5,
    prior=log_prior,
    x_grid=np.linspace(-12, 10, 400),
    densities_at=[1.3],
    theta_name="standard deviation θ",
    panels=["surface", "density", "likelihood", "log_likelihood"],
)
