"""The most probable parameters: maximum a posteriori and maximum likelihood."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ...engines.single import single_thread
from ...errors import warn
from ...typing import Floats
from .faults import examine
from .modes import modes
from .parameters import Parameter, layout_of
from .problem import Problem, Target


@dataclass(frozen=True, eq=False)
class PointEstimate:
    """The highest point of a log density or log-likelihood.

    Parameters
    ----------
    values : dict of str to ndarray
        The parameters there.
    standard_errors : dict of str to ndarray
        From the curvature there, by the delta method; in units of the parameters.
    log_density : float
        The value there.
    converged : bool
        Whether it curves down in every direction, as a maximum does; else it lies at a bound, or on a ridge.

    Examples
    --------
    >>> from mixtura.inference import PointEstimate
    >>> PointEstimate({"mu": np.array(1.0)}, {"mu": np.array(0.1)}, -3.0, True).converged
    True
    """

    values: dict[str, Floats]
    standard_errors: dict[str, Floats]
    log_density: float
    converged: bool


def map_estimate(
    log_density: Callable[..., Any],
    parameters: Mapping[str, Parameter],
    *,
    n_starts: int = 24,
    random_state: int = 0,
) -> PointEstimate:
    """Return the parameters of the highest posterior density, the maximum a posteriori.

    It is the highest density of the parameters as they are, and not of any coordinates.

    Parameters
    ----------
    log_density : callable
        ``log_density(parameters)`` returns the log density of parameters and data, as for `BlackBoxVI.fit`.
    parameters : mapping of str to Parameter
        The parameters.
    n_starts : int, default=24
        From how many points the maximum is looked for.
    random_state : int, default=0
        Seed of the starts.

    Returns
    -------
    PointEstimate

    Raises
    ------
    RequestError
        The density cannot be maximised, or grows without limit; the message names parameter and value.

    Warns
    -----
    ConvergenceWarning
        The highest point found is not a maximum inside the range of the parameters.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from mixtura.inference import Positive, map_estimate
    >>> fit = map_estimate(lambda p: 3 * jnp.log(p["rate"]) - 2 * p["rate"], {"rate": Positive()})
    >>> print(f"{fit.values['rate']:.3f}, standard error {fit.standard_errors['rate']:.3f}")
    1.500, standard error 0.866
    """
    return _highest(Target(layout_of(parameters), log_density, is_posterior=False), (), n_starts, random_state)


def maximum_likelihood(
    log_likelihood: Callable[..., Any],
    parameters: Mapping[str, Parameter],
    data: Any,
    *,
    n_starts: int = 24,
    random_state: int = 0,
) -> PointEstimate:
    """Return the parameters under which the data are most likely.

    Parameters
    ----------
    log_likelihood : callable
        ``log_likelihood(parameters, data)`` returns the log density of each row of `data`, or their sum.
    parameters : mapping of str to Parameter
        The parameters.
    data : array or pytree of arrays
        The observations.
    n_starts : int, default=24
        From how many points the maximum is looked for.
    random_state : int, default=0
        Seed of the starts.

    Returns
    -------
    PointEstimate

    Raises
    ------
    RequestError
        The likelihood is none that can be climbed, or grows without limit; the message names parameter and value.

    Warns
    -----
    ConvergenceWarning
        The highest point found is not a maximum inside the range of the parameters.

    Examples
    --------
    >>> from jax.scipy.stats import norm
    >>> from mixtura.inference import Positive, Real, maximum_likelihood
    >>> def log_likelihood(p, x):
    ...     return norm.logpdf(x, p["mu"], p["sigma"])
    >>> fit = maximum_likelihood(log_likelihood, {"mu": Real(), "sigma": Positive()}, np.array([1.0, 3.0]))
    >>> print(f"{fit.values['mu']:.3f}, {fit.values['sigma']:.3f}")
    2.000, 1.000
    """
    target = Target(layout_of(parameters), _flat, log_likelihood, is_posterior=False)
    return _highest(target, data, n_starts, random_state)


def _flat(parameters: Mapping[str, jax.Array]) -> float:
    return 0.0


def _highest(target: Target, data: Any, n_starts: int, seed: int) -> PointEstimate:
    with jax.enable_x64(True), single_thread():
        problem = Problem(target, jax.tree.map(jnp.asarray, data))
        examine(problem, seed)
        best = max(modes(problem, n_starts, seed), key=lambda mode: mode.log_density)
        point = jnp.asarray(best.point)
        slopes = np.asarray(jax.jacobian(target.layout.flat)(point))
        errors = np.sqrt(np.einsum("ij,jk,ik->i", slopes, best.covariance, slopes))
        values = target.layout.shaped(np.asarray(target.layout.flat(point))[None])
    if not best.sharp:
        warn(
            "the highest point found is no maximum inside the range of the parameters: it lies at a bound, or a "
            "parameter changes nothing there; give the parameters a prior",
            ConvergenceWarning,
        )
    spread = target.layout.shaped(errors[None])
    return PointEstimate(
        {name: value[0] for name, value in values.items()},
        {name: value[0] for name, value in spread.items()},
        best.log_density,
        best.sharp,
    )
