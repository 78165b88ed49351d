"""`BlackBoxVI`: the posterior of a model from its log density."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import jax
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ...engines import OnProgress
from ...engines.single import single_thread
from ...errors import RequestError, warn
from ...rows import open
from ...typing import Floats
from ..posterior import Posterior
from .batches import is_table
from .faults import examine, first_rows, uses_gradients
from .finishing import finished
from .methods.listed import METHODS
from .methods.stochastic import Stochastic
from .numpyro_model import described_model
from .parameters import Parameter, layout_of
from .problem import Method, Problem, Settings, Target

_DEFAULT = "mixture"


class BlackBoxVI(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Bayesian inference for any model whose log density is written in JAX, without tuning.

    The default approximates the posterior by a Gaussian mixture, fitted by weighted EM to importance-weighted draws in
    unconstrained coordinates, and reports fresh draws, weighted to the posterior itself.

    Parameters
    ----------
    method : str or Method, default='auto'
        ``'auto'`` is ``'mixture'``. Other names, and methods with options of their own, approximate the posterior by
        one normal distribution.
    random_state : int, RandomState instance or None, default=None
        Seed of all that is drawn.
    n_starts : int, default=24
        From how many points modes are looked for. A mode that no start leads to is not seen, and nothing says so.
    on_progress : callable, optional
        Told a `Progress` as the work goes on.

    Attributes
    ----------
    posterior_ : Posterior
        All that was found. It can be saved; what follows is of it.
    mixture_ : Mixture
        q, the mixture that approximates the posterior, over unconstrained coordinates.
    converged_ : bool
        Whether every check passed.
    reasons_ : tuple of str
        Which checks failed, by how much, and what to do.
    elbo_ : float
        Evidence lower bound of q.
    elbo_trace_ : ndarray of shape (n_steps,)
        The bound as it went, one value a step of the method.
    log_evidence_ : float
        Logarithm of the integral of the density; its error is `posterior_.log_evidence_error`.
    khat_ : float
        Shape of the tail of the importance weights.
    ess_ : float
        How many independent draws the weighted ones are worth.
    n_gradients_, n_evaluations_ : int
        How often the gradient of the log density was asked for, and how often the log density alone.

    References
    ----------
    .. [1] Blei, Kucukelbir and McAuliffe (2017), "Variational inference: a review for statisticians", Journal of the
       American Statistical Association 112.
    .. [2] Vehtari, Simpson, Gelman, Yao and Gabry (2024), "Pareto smoothed importance sampling", Journal of Machine
       Learning Research 25.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from mixtura.inference import BlackBoxVI, Real
    >>> def log_density(p):
    ...     return -0.5 * p["x"] ** 2 - 0.5 * (10.0 - p["x"]) ** 2 / 0.25
    >>> fit = BlackBoxVI(random_state=0).fit(log_density, {"x": Real()})
    >>> print(f"{fit.posterior_.figures.means[0]:.2f}, {fit.posterior_.figures.sds[0]:.2f}")
    8.00, 0.45
    """

    def __init__(
        self,
        method: str | Method = "auto",
        *,
        random_state: int | np.random.RandomState | None = None,
        n_starts: int = 24,
        on_progress: OnProgress | None = None,
    ) -> None:
        self.method = method
        self.random_state = random_state
        self.n_starts = n_starts
        self.on_progress = on_progress

    def fit(
        self,
        log_density: Callable[..., Any] | None = None,
        parameters: Mapping[str, Parameter] | None = None,
        *,
        log_prior: Callable[..., Any] | None = None,
        log_likelihood: Callable[..., Any] | None = None,
        data: Any = None,
    ) -> Self:
        """Approximate the posterior.

        Parameters
        ----------
        log_density : callable
            ``log_density(parameters)`` returns the log density of parameters and data, a number that need not be
            normalised, from a mapping of names to JAX arrays in double precision.
        parameters : mapping of str to Parameter
            The parameters: `Real`, `Positive`, `Interval`, `Simplex`, `Ordered` or `CholeskyCorrelation`. The density
            is one of the parameters as they are; changes of volume are seen to.
        log_prior : callable
            ``log_prior(parameters)``, in place of `log_density` and together with the next two.
        log_likelihood : callable
            ``log_likelihood(parameters, data)`` returns the log density of each row of `data`, or their sum.
        data : array or pytree of arrays, rows first, or a source of rows
            The observations. Other data of the same shapes do not compile again. A path or `Rows` is read in passes,
            by ``method='stochastic'`` alone, and gives `log_likelihood` an array of rows and columns.

        Returns
        -------
        self

        Raises
        ------
        RequestError
            The arguments do not fit together; or the density is NaN or infinite at the start, zero wherever it was
            looked at, has no gradient, or ignores a parameter.

        Warns
        -----
        ConvergenceWarning
            A check failed; `reasons_` says which, by how much and what to do.
        """
        if parameters is None:
            raise RequestError('parameters must be given, such as parameters={"mu": Real(), "tau": Positive()}')
        layout = layout_of(parameters)
        is_split = not (log_prior is None and log_likelihood is None and data is None)
        if log_density is not None and not is_split:
            return self._fit(Target(layout, log_density), ())
        if log_density is not None or log_prior is None or log_likelihood is None or data is None:
            raise RequestError("give log_density, or log_prior, log_likelihood and data")
        return self._fit(Target(layout, log_prior, log_likelihood), data)

    def _fit(self, target: Target, data: Any) -> Self:
        method = self._method()
        settings = Settings(self._seed(), self.n_starts, self.on_progress)
        with jax.enable_x64(True), single_thread():
            problem = Problem(target, _held(data, method))
            examine(Problem(target, first_rows(problem.data)), settings.seed, by_gradient=uses_gradients(method))
            found = finished(problem, method.approximate(problem, settings), settings)
        self.posterior_ = found
        self.mixture_, self.elbo_, self.elbo_trace_ = found.mixture, found.elbo, found.elbo_trace
        self.converged_, self.reasons_ = found.converged, found.reasons
        self.log_evidence_, self.khat_, self.ess_ = found.log_evidence, found.k_hat, found.ess
        self.n_gradients_, self.n_evaluations_ = found.n_gradients, found.n_evaluations
        if not self.converged_:
            warn("the posterior is not reliable: " + "; ".join(self.reasons_), ConvergenceWarning)
        return self

    def fit_numpyro(self, model: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """Approximate the posterior of a NumPyro model given its arguments, its latent sites as parameters.

        Parameters
        ----------
        model : callable
            A function with ``numpyro.sample`` statements; all sites that are not observed must be continuous.
        *args, **kwargs
            What the model is called with, such as its data.

        Returns
        -------
        self

        Raises
        ------
        RequestError
            A latent site is discrete, or its support depends on other sites; or as of `fit`.
        """
        with jax.enable_x64(True):
            log_density, parameters = described_model(model, args, kwargs)
        return self.fit(log_density, parameters)

    def _method(self) -> Method:
        name = _DEFAULT if self.method == "auto" else self.method
        if not isinstance(name, str):
            return name
        if name not in METHODS:
            raise RequestError(f"method must be 'auto' or one of {', '.join(map(repr, METHODS))}, not {name!r}")
        return METHODS[name]()

    def _seed(self) -> int:
        if isinstance(self.random_state, (int, np.integer)):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    @property
    def _found(self) -> Posterior:
        check_is_fitted(self, "posterior_")
        return self.posterior_

    def sample(self, n_draws: int = 1000, random_state: int | np.random.RandomState | None = None) -> dict[str, Floats]:
        """Return draws of the posterior, an array of shape (n_draws, ...) for each parameter.

        Parameters
        ----------
        n_draws : int, default=1000
            How many.
        random_state : int, RandomState instance or None, default=None
            Seed of the choice among the weighted draws.
        """
        return self._found.sample(n_draws, int(check_random_state(random_state).randint(2**31 - 1)))

    def to_arviz(self, n_draws: int = 4000, random_state: int | np.random.RandomState | None = None) -> Any:
        """Return `n_draws` draws as ArviZ's InferenceData, of one chain; `random_state` is as for `sample`.

        Raises
        ------
        MissingDependencyError
            ArviZ is not installed.
        """
        return self._found.to_arviz(n_draws, int(check_random_state(random_state).randint(2**31 - 1)))

    def plot(self, ax: Any = None, *, names: Sequence[str] | None = None) -> Any:
        """Draw the marginals of `names` (the first five), their pairs and the trace of the bound, in `ax`; return it.

        Raises
        ------
        MissingDependencyError
            Matplotlib is not installed.
        """
        return self._found.plot(ax, names=names)

    def summary(self, level: float = 0.9) -> Any:
        """Return a row for each number that the parameters hold, as a pandas frame where pandas is installed.

        Columns are parameter, mean, sd, lower, median, upper, mean_error, sd_error and k_hat: interval of equal tails
        of probability `level`, Monte Carlo errors in units of the parameter, shape of the tail of the weighted draws.
        """
        return self._found.summary(level)


def _held(data: Any, method: Method) -> Any:
    """Return data as arrays of JAX, or as rows that are read in passes."""
    if not (isinstance(data, (str, os.PathLike)) or is_table(data)):
        return jax.tree.map(jax.numpy.asarray, data)
    if not isinstance(method, Stochastic):
        raise RequestError(
            f"method={method.name!r} needs all of data in memory: pass arrays, or take method='stochastic', which "
            "reads rows in passes"
        )
    return data if is_table(data) else open(data)
