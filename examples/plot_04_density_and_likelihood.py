"""
A density and its likelihood
============================

One formula of two arguments, drawn over both: x, and a standard deviation θ. Along the dashed line θ is known, and the
formula is a density of x, with an area of one: its shaded part is a probability. Along the dotted line x = 2.5 was
observed, and the same formula is the likelihood of θ, which is no density: the band is an interval about its maximum,
the maximum likelihood estimate (MLE), and no area. A prior by which small values are more probable moves the maximum a
posteriori estimate (MAP) to the left.
"""

import numpy as np
from scipy.integrate import quad

from mixtura import LikelihoodDisplay, Mixture, Spherical, fit_parameter


def mixture(theta):
    return Mixture([1 / 3, 2 / 3], [[-4.0], [1.0]], Spherical([theta**2, theta**2], 2, 1))


def log_density(x, theta):
    """Return the log density of (1/3)·N(−4, theta) + (2/3)·N(1, theta), theta a standard deviation."""
    return mixture(theta).log_density(x[:, None])


def log_prior(theta):
    """Return the log density of an exponential distribution of mean one half."""
    return np.log(2) - 2 * theta


LikelihoodDisplay.from_density(
    log_density,
    np.linspace(0.5, 5, 300),
    2.5,
    prior=log_prior,
    x_grid=np.linspace(-12, 10, 400),
    densities_at=[1.3],
    x_interval=(-2, 2),
    panels=["surface", "density", "likelihood", "log_likelihood"],
)

# %%
# How to read this
# ----------------
# Begin with the surface: the stronger the shade, the more probable. The dashed line, at θ = 1.3, is one density of x,
# drawn in the second panel. The dotted line, at x = 2.5, is one likelihood of θ, drawn in the third and, as a
# logarithm, in the fourth. The area of the second panel is one; that of the third is not. The numbers below show both.
#
# The same in numbers. Over x the area is one, and parts of it are probabilities; over θ it is not.

area, _ = quad(lambda x: mixture(1.3).pdf([[x]])[0], -30, 30, points=[-4, 1])
print(f"integral over x at theta = 1.3: {area:.6f}")
print(f"P(-2 < x < 2 | theta = 1.3) = {mixture(1.3).interval_probability(-2, 2):.6f}")
area, _ = quad(lambda theta: mixture(theta).pdf([[2.5]])[0], 0.1, 100, points=[1.5, 10])
print(f"integral over theta from 0.1 to 100 at x = 2.5: {area:.3f}")

best = fit_parameter(log_density, 2.5, bounds=(0, np.inf))
low, high = best.interval
print(f"maximum likelihood: theta = {best.theta:.4f}, 95% interval {low:.2f} to {high:.2f}")
with_prior = fit_parameter(log_density, 2.5, log_prior, bounds=(0, np.inf))
print(f"maximum a posteriori: theta = {with_prior.theta:.4f}")
