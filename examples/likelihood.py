"""
The likelihood of one parameter
===============================

A density says how probable observations are when a parameter is known. Read the other way round, with the observation
known and the parameter not, the same formula is the likelihood. It is largest at the value that explains the
observation best, and it is not a density of the parameter.
"""

# %%
# A density with one parameter
# ----------------------------
# Two normal components at −4 and 1, with weights 1/3 and 2/3, share a standard deviation theta. For each theta it is a
# frozen `Mixture`, and its integral over x is one.

from math import inf

import numpy as np
from scipy.integrate import quad

from mixtura import Mixture, Spherical, fit_parameter, likelihood_profile


def mixture(theta):
    """Return (1/3)·N(−4, theta) + (2/3)·N(1, theta), theta a standard deviation."""
    return Mixture([1 / 3, 2 / 3], [[-4.0], [1.0]], Spherical([theta**2, theta**2], 2, 1))


def log_density(x, theta):
    """Return the log density of each observation."""
    return mixture(theta).log_density(x[:, None])


def density(x, theta):
    """Return the density at one x."""
    return float(np.exp(log_density(np.array([x]), theta))[0])


area, _ = quad(density, -30, 30, args=(1.3,), points=[-4, 1])
print(f"integral over x at theta = 1.3: {area:.6f}")

# %%
# A probability is an integral over x, here from the exact distribution function.

print(f"P(-2 < x < 2 | theta = 1.3) = {mixture(1.3).interval_probability(-2, 2):.6f}")

# %%
# The same formula, read along theta
# ----------------------------------
# One observation, x = 2.5. Its likelihood is a curve over theta, with an integral that is not one, and that grows
# without limit with the range: far out the curve falls like 1 / theta.

profile = likelihood_profile(log_density, np.linspace(0.1, 100, 2000), 2.5)
area, _ = quad(lambda theta: density(2.5, theta), 0.1, 100, points=[1.5, 10])
print(f"integral over theta from 0.1 to 100 at x = 2.5: {area:.3f}")
print(f"best point of the grid: {profile.maximum:.2f}")

# %%
# The best theta
# --------------
# The second component is the nearer one, and 2.5 is 1.5 away from its mean. A normal density at a given distance is
# largest when the standard deviation equals that distance; the other component moves it by a thousandth. One
# observation says little: the interval from the curvature of the log-likelihood reaches down to the bound, zero.

best = fit_parameter(log_density, 2.5, bounds=(0, inf))
low, high = best.interval
print(f"maximum likelihood: theta = {best.theta:.4f}, 95% interval {low:.2f} to {high:.2f}")

# %%
# What a prior changes
# --------------------
# An exponential prior of mean one half holds that small standard deviations are more probable. The posterior is the
# product of both, and its maximum lies between theirs.

fitted = fit_parameter(log_density, 2.5, lambda theta: np.log(2) - 2 * theta, bounds=(0, inf))
print(f"maximum a posteriori: theta = {fitted.theta:.4f}")
