"""`GaussianMixture`: the estimator with scikit-learn's interface."""

import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning

from ..engines import Engine, EngineName
from ..rows import Rows
from .checks import check_means, check_precisions, check_weights
from .covariance import SHAPES
from .em import Fit
from .estimator import CONSTRAINTS, MixtureEstimator, OnProgress, TakeSample
from .initialize import Method, Sample, given_or
from .mixture import Mixture
from .passes import Expectation
from .sources import Source
from .updates import MaximumLikelihood, Update


class GaussianMixture(MixtureEstimator[Mixture]):
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

    _parameter_constraints: ClassVar[dict[str, Any]] = CONSTRAINTS | {
        "weights_init": ["array-like", None],
        "means_init": ["array-like", None],
        "precisions_init": ["array-like", None],
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

    def bic(self, X: Source) -> float:
        """Return the Bayesian information criterion of the mixture on `X`; lower is better (Schwarz 1978)."""
        total, n_rows = self._log_likelihood(X)
        return -2 * total + self._n_parameters() * float(np.log(n_rows))

    def aic(self, X: Source) -> float:
        """Return the Akaike information criterion of the mixture on `X`; lower is better (Akaike 1974)."""
        total, _ = self._log_likelihood(X)
        return -2 * total + 2 * self._n_parameters()

    def _n_parameters(self) -> int:
        return self.mixture_.n_parameters

    @property
    def _model(self) -> Mixture:
        return self.mixture_

    def _update(self, rows: Rows, engine: Engine) -> MaximumLikelihood:
        return MaximumLikelihood(SHAPES[self.covariance_type], np.full(rows.n_columns, self.reg_covar))

    def _starts(
        self,
        expect: Expectation,
        update: Update[Mixture],
        take: TakeSample,
        random_state: np.random.RandomState,
    ) -> list[Callable[[], Mixture]]:
        shape = (self.n_components, expect.rows.n_columns)
        weights = check_weights(self.weights_init, self.n_components)
        means = check_means(self.means_init, *shape)
        precisions = check_precisions(self.precisions_init, update.shape, *shape)
        if weights is not None and means is not None and precisions is not None:
            covariance = update.shape.from_precisions(precisions, *shape)
            return [lambda: Mixture(weights / weights.sum(), means, covariance)]
        return super()._starts(expect, update, take, random_state)

    def _first(self, sample: Sample, update: Update[Mixture], random_state: np.random.RandomState) -> Mixture:
        shape = (self.n_components, sample.X.shape[1])
        return given_or(
            super()._first(sample, update, random_state),
            update.shape,
            check_weights(self.weights_init, self.n_components),
            check_means(self.means_init, *shape),
            check_precisions(self.precisions_init, update.shape, *shape),
        )

    def _keep_fit(self, fit: Fit[Mixture], dtype: "np.dtype[Any]") -> None:
        super()._keep_fit(fit, dtype)
        emptied = np.flatnonzero(fit.model.weights == 0)
        if len(emptied):
            warnings.warn(
                f"components {', '.join(map(str, emptied))} of {self.n_components} lost all their rows and keep weight "
                "0: use fewer components, or another random_state or init_params",
                ConvergenceWarning,
                stacklevel=4,
            )
        self._keep_mixture(fit.model, dtype)
