"""
The likelihood of one parameter
===============================

A density says how probable observations are when a parameter is known. Read the other way round, with the observation
known and the parameter not, the same formula is the likelihood. It is largest at the value that explains the
observation best, and it is not a density of the parameter.
"""

# %%
# Two normal components at −4 and 1, with weights 1/3 and 2/3, share a standard deviation theta. For each theta this is
# a frozen `Mixture`: its integral over x is one, and probabilities are integrals of it.

from math import inf

import matplotlib.pyplot as plt
import numpy as np
from scipy.integrate import quad

from mixtura import Mixture, Spherical, fit_parameter, likelihood_profile


def log_density(x, theta):
    """Return the log of (1/3)·N(−4, theta) + (2/3)·N(1, theta) at each x, theta a standard deviation."""
    return mixture(theta).log_density(x[:, None])


def mixture(theta):
    return Mixture([1 / 3, 2 / 3], [[-4.0], [1.0]], Spherical([theta**2, theta**2], 2, 1))


area, _ = quad(lambda x: mixture(1.3).pdf([[x]])[0], -30, 30, points=[-4, 1])
print(f"integral over x at theta = 1.3: {area:.6f}")
print(f"P(-2 < x < 2 | theta = 1.3) = {mixture(1.3).interval_probability(-2, 2):.6f}")

# %%
# Along theta, at one observation x = 2.5, the integral is not one. The best theta is near 1.5, the distance to the
# nearer mean. A prior that holds small values for more probable, here exponential, moves it down.

profile = likelihood_profile(log_density, np.linspace(0.1, 100, 2000), 2.5)
area, _ = quad(lambda theta: mixture(theta).pdf([[2.5]])[0], 0.1, 100, points=[1.5, 10])
print(f"integral over theta from 0.1 to 100 at x = 2.5: {area:.3f}")
print(f"best point of the grid: {profile.maximum:.2f}")

best = fit_parameter(log_density, 2.5, bounds=(0, inf))
with_prior = fit_parameter(log_density, 2.5, lambda theta: np.log(2) - 2 * theta, bounds=(0, inf))
low, high = best.interval
print(f"maximum likelihood: theta = {best.theta:.4f}, 95% interval {low:.2f} to {high:.2f}")
print(f"maximum a posteriori: theta = {with_prior.theta:.4f}")

theta = np.linspace(0.1, 8, 400)
plt.figure(figsize=(7, 4), layout="constrained")
plt.plot(theta, [mixture(value).pdf([[2.5]])[0] for value in theta], label="likelihood at x = 2.5")
plt.axvline(best.theta, color="C1", linestyle="--", label="maximum likelihood")
plt.axvline(with_prior.theta, color="C2", linestyle=":", label="maximum a posteriori")
plt.gca().set(xlabel="theta, the standard deviation", ylabel="density of x = 2.5", xlim=(0, 8), ylim=0)
plt.legend()
