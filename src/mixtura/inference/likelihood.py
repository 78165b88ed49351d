"""The likelihood of one parameter: its profile over a grid, its maximum with and without a prior, and an interval."""

from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from ..distributions.matrices import frozen
from ..typing import Floats
from .maximum import Bound, curvature, maximise
from .model import LogDensity, LogPrior, Model, observations


@dataclass(frozen=True, eq=False)
class LikelihoodProfile:
    """The likelihood of a parameter at the points of a grid.

    It is a density in x and not one in theta: its integral over theta is in general not one.

    Parameters
    ----------
    theta : ndarray of shape (n_points,)
        The grid.
    log_likelihood : ndarray of shape (n_points,)
        Sum of the log densities of the observations at each theta; minus infinity where one is impossible.
    """

    theta: Floats
    log_likelihood: Floats

    @property
    def likelihood(self) -> Floats:
        """Product of the densities of the observations, shape (n_points,), in units of x to the minus n.

        It leaves the range of doubles with a few hundred observations: zero where the log-likelihood is below −745,
        infinity where it is above 709. `relative_likelihood` and `log_likelihood` do not.
        """
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(np.exp(self.log_likelihood))

    @property
    def relative_likelihood(self) -> Floats:
        """Likelihood over its highest value on the grid, shape (n_points,), from 0 to 1."""
        with np.errstate(under="ignore"):
            return np.asarray(np.exp(self.log_likelihood - self.log_likelihood.max()))

    @property
    def maximum(self) -> float:
        """Point of the grid with the highest likelihood, the first of those that tie."""
        return float(self.theta[np.argmax(self.log_likelihood)])


@dataclass(frozen=True)
class ParameterFit:
    """The maximum of a likelihood, or of a posterior, and how sharp it is.

    Parameters
    ----------
    theta : float
        Estimate: maximum likelihood without a prior, maximum a posteriori with one.
    log_likelihood : float
        Sum of the log densities of the observations at the estimate.
    log_posterior : float or None
        Log-likelihood plus log prior density at the estimate, not normalised; None without a prior.
    standard_error : float or None
        One over the root of the curvature there, minus the second derivative of the log-likelihood (the observed
        information) or of the log posterior. None where it has none: at a bound, at a kink, on a plateau.
    interval : tuple of float or None
        Normal interval about the estimate, cut at the bounds; None without a standard error.
    cut : tuple of bool
        Whether the lower and the upper end of the interval are cut at a bound.
    level : float
        Probability of the interval.
    at_bound : {"lower", "upper"} or None
        The bound that is the estimate, when one is: the maximum may lie beyond it.
    converged : bool
        Whether SciPy's optimiser met its tolerance.
    """

    theta: float
    log_likelihood: float
    log_posterior: float | None
    standard_error: float | None
    interval: tuple[float, float] | None
    cut: tuple[bool, bool]
    level: float
    at_bound: Bound | None
    converged: bool


def likelihood_profile(log_density: LogDensity, theta: ArrayLike, x: ArrayLike) -> LikelihoodProfile:
    """Return the likelihood of a parameter at the points of a grid.

    Parameters
    ----------
    log_density : callable
        ``log_density(x, theta)`` returns the log density of each observation, shape (n_observations,), for one theta,
        a float. Minus infinity says that an observation is impossible. It is called once for each point of the grid,
        with `x` as a read-only array of doubles.
    theta : array_like of shape (n_points,)
        The grid, finite, in any order.
    x : array_like of shape (n_observations,) or (n_observations, n_features), or float
        Independent observations; a single number is one observation.

    Returns
    -------
    LikelihoodProfile

    Raises
    ------
    DataError
        There is no observation, or one is NaN, infinite or not a number.
    ValueError
        The grid is not ascending or has fewer than two points, `log_density` returns another shape, NaN or plus
        infinity, or the likelihood is zero at every point.

    See Also
    --------
    fit_parameter : The maximum itself.

    Examples
    --------
    >>> from scipy.stats import norm
    >>> profile = likelihood_profile(lambda x, mean: norm.logpdf(x, mean, 1.0), [0.0, 1.0, 2.0], [0.5, 1.5])
    >>> profile.maximum
    1.0
    >>> profile.relative_likelihood.round(4)
    array([0.3679, 1.    , 0.3679])
    """
    points = np.asarray(theta)
    if np.ma.is_masked(theta):
        raise ValueError("theta must be finite, and points of the grid are masked: leave them out")
    if points.dtype.kind not in "fiu" or points.ndim != 1 or not len(points):
        raise ValueError(f"theta must be a one-dimensional grid of numbers, not {points.dtype} of shape {points.shape}")
    if not np.isfinite(points).all():
        i = int(np.argmin(np.isfinite(points)))
        raise ValueError(f"theta must be finite, and point {i} of the grid is {points[i]}: leave it out")
    grid = frozen(points)
    model = Model(log_density, observations(x))
    log_likelihood = frozen([model.log_likelihood(float(point)) for point in grid])
    if np.isneginf(log_likelihood).all():
        raise ValueError(
            f"the likelihood is zero at all {len(grid)} points of the grid from {grid.min():.6g} to {grid.max():.6g}: "
            "lay the grid where all of x is possible"
        )
    return LikelihoodProfile(grid, log_likelihood)


def fit_parameter(
    log_density: LogDensity,
    x: ArrayLike,
    prior: LogPrior | None = None,
    *,
    bounds: tuple[float, float] | None = None,
    level: float = 0.95,
) -> ParameterFit:
    """Return the maximum likelihood estimate of a parameter, or the maximum a posteriori with a prior.

    A scan of the range finds the modes, and SciPy's bounded Brent search the maximum of each; the highest is returned,
    one of them where several tie. The interval is the estimate plus and minus a normal quantile times the standard
    error from the curvature at the estimate (Efron and Hinkley 1978; with a prior it is Laplace's approximation,
    Bishop 2006, section 4.4).

    Parameters
    ----------
    log_density : callable
        ``log_density(x, theta)`` returns the log density of each observation, shape (n_observations,), for one theta,
        a float. Minus infinity says that an observation is impossible. It is called once for each theta tried, some
        hundreds to thousands, with `x` as a read-only array of doubles.
    x : array_like of shape (n_observations,) or (n_observations, n_features), or float
        Independent observations; a single number is one observation.
    prior : callable, optional
        ``prior(theta)`` returns the log prior density, which need not be normalised. Where it is minus infinity,
        `log_density` is not called.
    bounds : tuple of two floats, optional
        Range of theta; an end may be infinite, as in ``(0, inf)`` for a scale. A finite end is never evaluated and
        can yet be the estimate. Without bounds the search starts from zero and doubles its distance.
    level : float, default 0.95
        Probability of the interval, above 0 and below 1.

    Returns
    -------
    ParameterFit

    Raises
    ------
    DataError
        There is no observation, or one is NaN, infinite or not a number.
    ValueError
        `log_density` returns another shape, NaN or plus infinity, `prior` returns no number, NaN or plus infinity, the
        likelihood is zero wherever it was tried, flat or without a maximum, or `bounds` or `level` is out of order.

    See Also
    --------
    likelihood_profile : The likelihood over a grid.

    References
    ----------
    Efron, B. and Hinkley, D. V. (1978). Assessing the accuracy of the maximum likelihood estimator: observed versus
    expected Fisher information. Biometrika 65, 457-487.

    Examples
    --------
    >>> from math import inf
    >>> from scipy.stats import expon
    >>> def log_density(x, rate):
    ...     return expon.logpdf(x, scale=1 / rate)
    >>> fit = fit_parameter(log_density, [1.0, 2.0, 3.0, 2.0], bounds=(0, inf))
    >>> print(f"{fit.theta:.4f}, standard error {fit.standard_error:.4f}")
    0.5000, standard error 0.2500
    >>> fit = fit_parameter(log_density, [1.0, 2.0, 3.0, 2.0], lambda rate: -2 * rate, bounds=(0, inf))
    >>> print(f"{fit.theta:.4f}")
    0.4000
    """
    lower, upper = _checked_bounds(bounds)
    if isinstance(level, str) or not 0 < level < 1:
        raise ValueError(f"level must be above 0 and below 1, such as 0.95, not {level!r}")
    model = Model(log_density, observations(x), prior)
    maximum = maximise(model.log_posterior, lower, upper)
    information = curvature(model.log_posterior, maximum, lower, upper)
    theta = {"lower": lower, "upper": upper, None: maximum.theta}[maximum.at_bound]
    interval, cut = None, (False, False)
    standard_error = None if information is None else 1 / sqrt(information)
    if standard_error is not None:
        half = float(ndtri((1 + level) / 2)) * standard_error
        interval = (max(theta - half, lower), min(theta + half, upper))
        cut = (theta - half < lower, theta + half > upper)
    return ParameterFit(
        theta,
        model.log_likelihood(maximum.theta),
        None if prior is None else maximum.value,
        standard_error,
        interval,
        cut,
        float(level),
        maximum.at_bound,
        maximum.converged,
    )


def _checked_bounds(bounds: tuple[float, float] | None) -> tuple[float, float]:
    if bounds is None:
        return -inf, inf
    pair = np.asarray(bounds)
    if pair.shape != (2,) or pair.dtype.kind not in "fiu" or not pair[0] < pair[1]:
        raise ValueError(f"bounds must be two numbers, the lower before the upper, not {bounds!r}")
    return float(pair[0]), float(pair[1])
