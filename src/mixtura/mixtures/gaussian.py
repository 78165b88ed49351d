"""`GaussianMixture`: the estimator with scikit-learn's interface."""

import sys
import warnings
from collections.abc import Callable, Iterator
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from ..engines import Engine, EngineName, engine_for
from ..rows import Block, Rows
from .checks import check_means, check_precisions, check_weights
from .covariance import SHAPES
from .em import Fit, Progress, run_em
from .initialize import Method, Sample, divide, given_or, mixture_of, take_sample
from .matrices import Floats
from .mixture import Mixture, Passes
from .sources import Source, fitting_rows, scoring_rows
from .starts import SAMPLE_STARTS, best_fit, best_on_sample
from .updates import MaximumLikelihood

OnProgress = Callable[[Progress], None]


class GaussianMixture(DensityMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Gaussian mixture fitted by expectation-maximisation.

    Parameters, defaults, attributes and methods are those of `sklearn.mixture.GaussianMixture`; those after
    `verbose_interval` are added. Wherever scikit-learn takes an array or frame, a path, a glob, a DuckDB query, a Dask
    array or frame, or `Rows` may stand too.

    Parameters
    ----------
    n_components : int, default=1
        Number of components.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}, default='full'
        Shape of the covariances: a matrix for each component, one matrix for all, variances for each component, one
        variance for each component.
    tol : float, default=1e-3
        EM stops when the mean log-likelihood of a row gains less than this in an iteration.
    reg_covar : float, default=1e-6
        Added to every variance.
    max_iter : int, default=100
        Most iterations from one start.
    n_init : int, default=1
        Number of starts. Each runs for 20 iterations; the best of those not converged by then goes on, and the fit of
        highest likelihood is kept.
    init_params : {'kmeans', 'k-means++', 'random', 'random_from_data'}, default='kmeans'
        How a start is found. Tables of more than 16,384 rows (and 50 a component) are sampled for it; four starts are
        then compared by short runs on the sample, and the best becomes the start.
    weights_init : array-like of shape (n_components,), optional
        Weights to start from.
    means_init : array-like of shape (n_components, n_features), optional
        Means to start from.
    precisions_init : array-like, optional
        Precisions to start from, in the layout of `precisions_`.
    random_state : int, RandomState instance or None, default=None
        Seed of the starts and of `sample`.
    warm_start : bool, default=False
        Whether `fit` goes on from the last fit.
    verbose : int, default=0
        1 prints starts and iterations, 2 their likelihoods too.
    verbose_interval : int, default=10
        Iterations between two prints.
    engine : {'threads', 'dask'} or Engine, optional
        Where the passes run. Default: Dask for Dask arrays and frames, else threads.
    on_progress : callable, optional
        Called with a `Progress` after every iteration.

    Attributes
    ----------
    mixture_ : Mixture
        The fitted distribution.
    weights_ : ndarray of shape (n_components,)
        Weights of the components.
    means_ : ndarray of shape (n_components, n_features)
        Their means.
    covariances_ : ndarray
        Their covariances: (n_components, n_features, n_features) for 'full', (n_features, n_features) for 'tied',
        (n_components, n_features) for 'diag', (n_components,) for 'spherical'.
    precisions_ : ndarray
        Inverses of the covariances.
    precisions_cholesky_ : ndarray
        Upper triangular U with U U^T the precision.
    converged_ : bool
        Whether the best start converged.
    n_iter_ : int
        Iterations of the best start.
    lower_bound_ : float
        Mean log-likelihood of a row before the last update of the best start.
    lower_bounds_ : list of float
        The same for each of its iterations.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, when they have names.

    References
    ----------
    .. [1] Bishop (2006), "Pattern Recognition and Machine Learning", section 9.2.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import GaussianMixture
    >>> X = np.array([[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]])
    >>> gm = GaussianMixture(n_components=2, random_state=0).fit(X)
    >>> gm.means_
    array([[10.,  2.],
           [ 1.,  2.]])
    >>> gm.predict([[0, 0], [12, 3]])
    array([1, 0])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "covariance_type": [StrOptions(set(SHAPES))],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "reg_covar": [Interval(Real, 0.0, None, closed="left")],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "init_params": [StrOptions({"kmeans", "random", "random_from_data", "k-means++"})],
        "weights_init": ["array-like", None],
        "means_init": ["array-like", None],
        "precisions_init": ["array-like", None],
        "random_state": ["random_state"],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
        "verbose_interval": [Interval(Integral, 1, None, closed="left")],
        "engine": "no_validation",
        "on_progress": [callable, None],
    }

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: Method = "kmeans",
        weights_init: ArrayLike | None = None,
        means_init: ArrayLike | None = None,
        precisions_init: ArrayLike | None = None,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        engine: Engine | EngineName | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.engine = engine
        self.on_progress = on_progress

    def fit(self, X: Source, y: Any = None, *, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the mixture to the rows of `X`.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table.
        y : ignored
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row: a row of weight two counts as two equal rows.

        Returns
        -------
        self

        Raises
        ------
        DataError
            The rows of a file, query or Dask collection cannot be used; arrays and frames raise scikit-learn's
            ValueError.
        SingularCovarianceError
            The covariance of a component cannot be inverted; a ValueError too.

        Warns
        -----
        ConvergenceWarning
            No start converged in `max_iter` iterations, or a component lost all its rows.
        """
        with fitting_rows(self, X, sample_weight) as rows:
            self._fit_rows(rows, self._engine(X))
        return self

    def fit_predict(self, X: Source, y: Any = None, *, sample_weight: ArrayLike | None = None) -> NDArray[np.int64]:
        """Fit the mixture and return the component of each row; parameters as for `fit`."""
        with fitting_rows(self, X, sample_weight) as rows:
            engine = self._engine(X)
            self._fit_rows(rows, engine)
            return _gather(engine, rows, Passes(self.mixture_, rows.dtype).labels, (), np.dtype(np.int64))

    def predict(self, X: Source) -> NDArray[np.int64]:
        """Return the most probable component of each row, shape (n_rows,)."""
        return self._map(X, "labels", (), np.dtype(np.int64))

    def predict_proba(self, X: Source) -> NDArray[Any]:
        """Return the probability of each component given each row, shape (n_rows, n_components)."""
        check_is_fitted(self)
        return self._map(X, "responsibilities", (self.mixture_.n_components,))

    def score_samples(self, X: Source) -> NDArray[Any]:
        """Return the log density of each row, shape (n_rows,)."""
        return self._map(X, "log_density", ())

    def score(self, X: Source, y: Any = None) -> float:
        """Return the mean log density of the rows."""
        total, n_rows = 0.0, 0
        for part in self._log_densities(X):
            # Summed in the type of the rows, so that it is the mean of `score_samples` to the last digit.
            total += float(part.mean()) * len(part)
            n_rows += len(part)
        return total / n_rows

    def bic(self, X: Source) -> float:
        """Return the Bayesian information criterion of the mixture on `X`; lower is better (Schwarz 1978)."""
        total, n_rows = self._log_likelihood(X)
        return -2 * total + self._n_parameters() * float(np.log(n_rows))

    def aic(self, X: Source) -> float:
        """Return the Akaike information criterion of the mixture on `X`; lower is better (Akaike 1974)."""
        total, _ = self._log_likelihood(X)
        return -2 * total + 2 * self._n_parameters()

    def sample(self, n_samples: int = 1) -> tuple[Floats, NDArray[np.int64]]:
        """Draw rows from the fitted mixture.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Rows, grouped by component.
        y : ndarray of shape (n_samples,)
            Their components.
        """
        check_is_fitted(self)
        if n_samples < 1:
            raise ValueError(f"Invalid value for 'n_samples': {n_samples} . The sampling requires at least one sample.")
        return self.mixture_.sample(n_samples, check_random_state(self.random_state))

    def _n_parameters(self) -> int:
        return self.mixture_.n_parameters

    def _engine(self, X: Source) -> Engine:
        return engine_for(self.engine, X)

    def _map(self, X: Source, name: str, tail: tuple[int, ...], dtype: "np.dtype[Any] | None" = None) -> NDArray[Any]:
        check_is_fitted(self)
        rows = scoring_rows(self, X)
        return _gather(
            self._engine(X), rows, getattr(Passes(self.mixture_, rows.dtype), name), tail, dtype or rows.dtype
        )

    def _log_densities(self, X: Source) -> Iterator[NDArray[Any]]:
        check_is_fitted(self)
        rows = scoring_rows(self, X)
        return self._engine(X).map(rows, Passes(self.mixture_, rows.dtype).log_density)

    def _log_likelihood(self, X: Source) -> tuple[float, int]:
        total, n_rows = 0.0, 0
        for part in self._log_densities(X):
            total += float(part.sum(dtype=np.float64))
            n_rows += len(part)
        return total, n_rows

    def _fit_rows(self, rows: Rows, engine: Engine) -> None:
        self._validate_params()
        if rows.n_rows is not None and rows.n_rows < self.n_components:
            raise ValueError(
                f"Expected n_samples >= n_components but got n_components = {self.n_components}, "
                f"n_samples = {rows.n_rows}"
            )
        report = _Report(self)
        update = MaximumLikelihood(SHAPES[self.covariance_type], self.reg_covar)
        if self.warm_start and hasattr(self, "mixture_"):
            self._check_last_fit(rows.n_columns)
            fit = run_em(
                rows,
                engine,
                Fit(self.mixture_),
                update,
                tol=self.tol,
                max_iter=self.max_iter,
                previous_bound=self.lower_bound_,
                on_iteration=lambda state, change: report(0, state, change),
            )
        else:
            fit = best_fit(
                rows,
                engine,
                self._starts(rows, engine, update),
                update,
                tol=self.tol,
                max_iter=self.max_iter,
                on_iteration=report,
            )
        self._keep(fit, rows.dtype)

    def _check_last_fit(self, n_columns: int) -> None:
        last = self.mixture_
        asked = f"{self.n_components} {self.covariance_type} components of {n_columns} columns"
        found = f"{last.n_components} {last.covariance.name} components of {last.n_features} columns"
        if asked != found:
            raise ValueError(f"warm_start goes on from {found}, not with {asked}: set warm_start=False")

    def _starts(self, rows: Rows, engine: Engine, update: MaximumLikelihood) -> list[Callable[[], Mixture]]:
        """Return what makes a first mixture, once for each start."""
        shape = (self.n_components, rows.n_columns)
        weights = check_weights(self.weights_init, self.n_components)
        means = check_means(self.means_init, *shape)
        precisions = check_precisions(self.precisions_init, update.shape, *shape)
        if weights is not None and means is not None and precisions is not None:
            return [lambda: given_or(None, update.shape, weights, means, precisions)]
        random_state = check_random_state(self.random_state)
        sample: Sample | None = None

        def draw() -> Mixture:
            nonlocal sample
            if sample is None:
                sample = take_sample(rows, engine, random_state, self.n_components)
            shares = divide(sample, self.n_components, self.init_params, random_state)
            return given_or(mixture_of(sample, shares, update), update.shape, weights, means, precisions)

        def start() -> Mixture:
            first = draw()
            if sample is None or sample.whole:
                return first
            return best_on_sample(sample, [lambda: first, *[draw] * (SAMPLE_STARTS - 1)], update, tol=self.tol)

        return [start] * self.n_init

    def _keep(self, fit: Fit, dtype: "np.dtype[Any]") -> None:
        """Set the fitted attributes, in the type of the rows."""
        if not fit.converged and self.max_iter > 0:
            warnings.warn(
                "Best performing initialization did not converge. Try different init parameters, or increase "
                "max_iter, tol, or check for degenerate data.",
                ConvergenceWarning,
                stacklevel=3,
            )
        emptied = np.flatnonzero(fit.mixture.weights == 0)
        if len(emptied):
            warnings.warn(
                f"components {', '.join(map(str, emptied))} of {self.n_components} lost all their rows and keep weight "
                "0: use fewer components, or another random_state or init_params",
                ConvergenceWarning,
                stacklevel=3,
            )
        mixture = fit.mixture
        self.mixture_ = mixture
        self.weights_ = mixture.weights.astype(dtype)
        self.means_ = mixture.means.astype(dtype)
        self.covariances_ = mixture.covariances.astype(dtype)
        self.precisions_ = mixture.covariance.precisions.astype(dtype)
        self.precisions_cholesky_ = mixture.covariance.precision_cholesky.astype(dtype)
        self.converged_ = fit.converged
        self.n_iter_ = fit.n_iter
        self.lower_bound_ = fit.lower_bound
        self.lower_bounds_ = list(fit.lower_bounds)


class _Report:
    """Tells `on_progress`, and standard output when the user asked for it by `verbose`."""

    def __init__(self, estimator: GaussianMixture) -> None:
        self._estimator = estimator

    def __call__(self, start: int, fit: Fit, change: float) -> None:
        estimator = self._estimator
        if estimator.on_progress is not None:
            estimator.on_progress(Progress(start, fit.n_iter, fit.lower_bound, change))
        if not estimator.verbose:
            return
        if fit.n_iter == 1:
            sys.stdout.write(f"Initialization {start}\n")
        if fit.converged:
            sys.stdout.write(f"Initialization converged after {fit.n_iter} iterations.\n")
        elif fit.n_iter % estimator.verbose_interval == 0:
            detail = f"\t lower bound {fit.lower_bound:.5f}\t change {change:.5f}" if estimator.verbose > 1 else ""
            sys.stdout.write(f"  Iteration {fit.n_iter}{detail}\n")


def _gather(
    engine: Engine,
    rows: Rows,
    transform: Callable[[Block], NDArray[Any]],
    tail: tuple[int, ...],
    dtype: "np.dtype[Any]",
) -> NDArray[Any]:
    """Return the results of a pass for all rows as one array, filled in place when the number of rows is known."""
    if rows.n_rows is None:
        return np.concatenate(list(engine.map(rows, transform)))
    out = np.empty((rows.n_rows, *tail), dtype)
    filled = 0
    for part in engine.map(rows, transform):
        out[filled : filled + len(part)] = part
        filled += len(part)
    return out
