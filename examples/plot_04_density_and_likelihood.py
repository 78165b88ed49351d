"""
A density and its likelihood
============================

One formula of two arguments, drawn over both: x, and a standard deviation θ. Along the dashed line θ is known, and the
formula is a density of x, with an area of one. Along the dotted line x = 2.5 was observed, and the same formula is the
likelihood of θ, which is no density. It is largest at the maximum likelihood estimate (MLE). A prior by which small
values are more probable moves the maximum a posteriori estimate (MAP) to the left.
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


LikelihoodDisplay.from_density(
    log_density,
    np.linspace(0.5, 5, 300),
    2.5,
    prior=log_prior,
    x_grid=np.linspace(-12, 10, 400),
    densities_at=[1.3],
    panels=["surface", "density", "likelihood", "log_likelihood"],
)
