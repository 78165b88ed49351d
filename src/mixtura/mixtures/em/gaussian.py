"""`GaussianMixture`: the estimator with scikit-learn's interface."""

from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metaestimators import available_if

from ...distributions.covariance import Covariance
from ...distributions.mixture import Mixture
from ...distributions.shapes import SHAPES
from ...engines import Engine, EngineName, OnProgress
from ...intake.levels import FROM_DTYPE
from ...intake.sources import Source, batch_table, coded_columns
from ...intake.table import Table
from ...typing import Floats
from .by_hand import PARAMETERS
from .estimator import CONSTRAINTS, MixtureEstimator, take_over
from .initialize import Method
from .likelihood import LikelihoodSettings
from .loop import Fit, first_of_batches
from .maximum_a_posteriori import MixturePrior
from .settings import check_enough, parameters_for
from .state import FittedMixture
from .streaming import Stream, batch_moments
from .updates import MaximumLikelihood, Update


class GaussianMixture(MixtureEstimator[Mixture, FittedMixture]):
    """Gaussian mixture fitted by expectation-maximisation.

    Parameters, defaults, attributes and methods follow `sklearn.mixture.GaussianMixture`; parameters after
    `verbose_interval` are added. Tables may also be a path, a glob, a DuckDB query, a Dask array or frame, or `Rows`.

    Parameters
    ----------
    n_components : int, default=1
        Number of components.
    covariance_type : {'full', 'tied', 'diag', 'spherical', 'factor'}, default='full'
        Shape of the covariances: a matrix for each component, one matrix for all, variances for each component, one
        variance for each component, or `n_factors` factors for each component that all columns load on, beside a
        variance of its own for each column [6]_.
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
        Whether `fit` goes on from the last fit, or from parameters set by hand.
    verbose : int, default=0
        1 prints starts and iterations, 2 their likelihoods too.
    verbose_interval : int, default=10
        Iterations between two prints.
    prior : 'default' or MixturePrior, optional
        Maximum a posteriori in place of maximum likelihood: a normal-inverse-Wishart prior on the components and a
        Dirichlet prior on the weights. ``'default'`` is scaled by the data and keeps covariances from becoming singular
        [2]_. `reg_covar` is added all the same, in squared units of the columns: with ``regularization='relative'``
        units do not matter.
    regularization : {'absolute', 'relative'}, default='absolute'
        What `reg_covar` is measured in: squared units of the columns, or parts of the variance of each column, so that
        units do not matter; of a column of equal values, parts of their square. Starts are then found in standardised
        columns, as they are with a prior.
    family : {'normal', 't'}, default='normal'
        Distribution of the components: normal, or Student's t with degrees of freedom estimated for each, which
        outliers pull less [3]_. `covariances_` are then scale matrices, (nu - 2) / nu of the covariances.
    noise : bool, default=False
        Whether a uniform component over the range of the data takes the rows that belong to no group [4]_. Like 't', it
        is for outliers that are scattered: those that lie together are a group, and only `trim` leaves them out.
    trim : float, default=0.0
        Share of the rows, by weight, that is left out of every M-step: those of lowest density, at most half [5]_.
        `lower_bound_` is the mean log-likelihood of the rows kept.
    n_factors : int, default=1
        Number of factors of each component, for ``covariance_type='factor'``. An iteration costs in proportion to it
        and to the number of columns, where matrices cost in proportion to the square of that.
    categorical_features : 'from_dtype' or array-like of {bool, int, str}, optional
        Which columns are categorical: truth values, positions or names. ``'from_dtype'`` takes flags, categorical types
        and texts that recur, of at most 255 levels, from dataframes and files. A column of numbers holds the numbers of
        its levels, 0, 1, 2 and so on, and NaN where it is missing. Each component has a probability for each level,
        independent of the other columns given the component; without numbers this is latent class analysis [7]_.
    count_features : array-like of {bool, int, str}, optional
        Which columns hold counts, with a Poisson distribution in each component, independent of the other columns given
        the component. A count above all that were seen has the probability of all such counts together.
    engine : {'threads', 'dask'} or Engine, optional
        Where the passes run. Default: Dask for Dask arrays and frames, else threads.
    on_progress : callable, optional
        Told a `Progress` after every iteration, with its `lower_bound`, and in rows while a table is scored.

    Attributes
    ----------
    mixture_ : Mixture
        The fitted distribution, noise included.
    weights_ : ndarray of shape (n_components,)
        Weights of the components.
    means_ : ndarray of shape (n_components, n_features)
        Their means.
    covariances_ : ndarray
        Their covariances: (n_components, n_features, n_features) for 'full', (n_features, n_features) for 'tied',
        (n_components, n_features) for 'diag', (n_components,) for 'spherical', (n_components, n_features, 1 +
        n_factors) for 'factor': unique variances v, then loadings L of the covariance L L^T + diag(v).
    precisions_ : ndarray
        Inverses of the covariances. Those of 'factor' are diag(p) - G G^T, with p first and G in the other columns.
    precisions_cholesky_ : ndarray
        Upper triangular U with U U^T the precision; not of 'factor'.
    converged_ : bool
        Whether the best start converged.
    n_iter_ : int
        Iterations of the best start.
    lower_bound_ : float
        Mean log-likelihood of a row before the last update of the best start.
    lower_bounds_ : list of float
        The same for each of its iterations.
    degrees_of_freedom_ : ndarray of shape (n_components,)
        Degrees of freedom; only of family 't'.
    noise_weight_ : float
        Probability of a row to be noise; only with noise.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, when they have names.

    Notes ----- The parameters may be set by hand, or `mixture_` as a whole: to sort components, or to score with a
    known model without a fit. Parameters that are not set follow when the estimator is used next: `weights_`, `means_`
    and one of `covariances_`, `precisions_cholesky_` and `precisions_` determine the others. Parameters that do not fit
    together are then an error.

    References
    ----------
    .. [1] Bishop (2006), "Pattern Recognition and Machine Learning", section 9.2.
    .. [2] Fraley and Raftery (2007), "Bayesian regularization for normal mixture estimation and model-based
       clustering", Journal of Classification 24.
    .. [3] Peel and McLachlan (2000), "Robust mixture modelling using the t distribution", Statistics and Computing 10.
    .. [4] Banfield and Raftery (1993), "Model-based Gaussian and non-Gaussian clustering", Biometrics 49.
    .. [5] Neykov, Filzmoser, Dimova and Neytchev (2007), "Robust fitting of mixtures using the trimmed likelihood
       estimator", Computational Statistics and Data Analysis 52.
    .. [6] Ghahramani and Hinton (1996), "The EM algorithm for mixtures of factor analyzers"; McLachlan and Peel (2000),
       "Mixtures of factor analyzers".
    .. [7] Goodman (1974), "Exploratory latent structure analysis using both identifiable and unidentifiable models",
       Biometrika 61.

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
        "prior": [StrOptions({"default"}), MixturePrior, None],
        "regularization": [StrOptions({"absolute", "relative"})],
        "family": [StrOptions({"normal", "t"})],
        "noise": ["boolean"],
        "trim": [Interval(Real, 0.0, 0.5, closed="both")],
        "n_factors": [Interval(Integral, 1, None, closed="left")],
        "categorical_features": ["array-like", StrOptions({FROM_DTYPE}), None],
        "count_features": ["array-like", None],
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
        prior: Literal["default"] | MixturePrior | None = None,
        regularization: Literal["absolute", "relative"] = "absolute",
        family: Literal["normal", "t"] = "normal",
        noise: bool = False,
        trim: float = 0.0,
        n_factors: int = 1,
        categorical_features: Any = None,
        count_features: Any = None,
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
        self.prior = prior
        self.regularization = regularization
        self.family = family
        self.noise = noise
        self.trim = trim
        self.n_factors = n_factors
        self.categorical_features = categorical_features
        self.count_features = count_features
        self.engine = engine
        self.on_progress = on_progress

    _parameters = PARAMETERS | {"degrees_of_freedom_", "noise_weight_"}

    # Set by a search, which knows how the columns were rounded.
    _least_variances: Floats | None = None

    def _settings(self) -> LikelihoodSettings:
        names = getattr(self, "feature_names_in_", None)
        given = parameters_for(LikelihoodSettings, self)
        return LikelihoodSettings(**given, least=self._least_variances, names=names, coded=coded_columns(self))

    def _learns_from_batches(self) -> bool:
        if self.prior is not None or self.noise or self.trim > 0:
            raise AttributeError("partial_fit is for fits without prior, noise and trim, which need all rows: use fit")
        if not self._shape.is_conjugate:
            raise AttributeError(
                f"partial_fit has no use for earlier batches with covariance_type={self.covariance_type!r}, whose "
                "moments depend on the covariances: use fit"
            )
        return True

    @available_if(_learns_from_batches)  # type: ignore[untyped-decorator]  # scikit-learn has no types
    def partial_fit(self, X: Source, y: Any = None, *, sample_weight: ArrayLike | None = None) -> Self:
        """Learn from one batch of a table: a step of stepwise EM (Cappé and Moulines 2009).

        The first batch starts a mixture as `fit` does, with at most 20 iterations; some hundred rows make a good start.
        After `fit` the batch goes on from it, as if its rows had come in batches too. Every further batch moves the
        mixture by one step, which is the shorter the more rows were seen before it. Several passes over the batches,
        best of random rows, come as near to `fit` as the steps allow.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The batch.
        y : ignored
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row.

        Returns
        -------
        self
            With `lower_bound_` the mean log-likelihood of the batch before the step, and `n_iter_` the batches seen
            since a fit, if there was one.

        Raises
        ------
        AttributeError
            The mixture has a prior, noise or trimming, which need the whole table.
        ValueError
            The last fit has other columns, components, a shape or a family than the parameters ask for.
        EmptyTableError
            Every row of the batch has weight zero, or lacks all its values.
        """
        self._validate_params()
        with batch_table(self, X, sample_weight) as table:
            settings, stream = self._settings(), None
            if hasattr(self, "mixture_"):
                last = self._settled()
                stream = last.stream
                self._check_last_batch(stream, table)
                settings = settings.after(last)
                update: Update[Mixture] = settings.update(table)
                if stream is not None and self.regularization == "relative":
                    update = MaximumLikelihood(update.shape, stream.ridge, self.family == "t", levels=update.levels)
                current = settings.resumed(last, update, table)
                if stream is not None and settings.former is not None and update.levels is not None:
                    stream = stream.widened(settings.former, update.levels)
            else:
                check_enough(table, self.n_components)
                algorithm = settings.algorithm(table)
                update, current = algorithm.update, first_of_batches(algorithm)
            moments = batch_moments(table, current)
            if stream is None:
                after = replace(Stream.of(moments, update.ridge), n_batches=1)
            else:
                after = stream.after(moments, update.shape)
            bounds = (*(self.lower_bounds_ if after.n_batches > 1 else ()), update.bound(moments, current))
            mixture = update(after.moments, current)
            mixture.covariance.check_invertible()  # before anything is kept
            self._take_over(Fit(mixture, bounds, converged=True), FittedMixture(mixture, after), table.dtype)
        return self

    def _check_last_batch(self, stream: Stream | None, table: Table) -> None:
        self._check_last_fit(table.n_columns, "partial_fit", "start anew with fit")
        if stream is not None and (stream.moments.tails is not None) != (self.family == "t"):
            raise ValueError(
                f"partial_fit goes on from components of another family than {self.family!r}: set it back, or start "
                "anew with fit"
            )

    def bic(self, X: Source, sample_weight: ArrayLike | None = None) -> float:
        """Return the Bayesian information criterion of the mixture on `X`; lower is better (Schwarz 1978).

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table.
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row: a row of weight two counts as two equal rows.

        Raises
        ------
        EmptyTableError
            No row has a positive weight and some value.
        """
        total, weight = self._log_likelihood(X, sample_weight)
        return -2 * total + self._n_parameters() * float(np.log(weight))

    def aic(self, X: Source, sample_weight: ArrayLike | None = None) -> float:
        """Return the Akaike information criterion of the mixture on `X`; lower is better (Akaike 1974).

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table.
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row: a row of weight two counts as two equal rows.

        Raises
        ------
        EmptyTableError
            No row has a positive weight and some value.
        """
        total, _ = self._log_likelihood(X, sample_weight)
        return -2 * total + 2 * self._n_parameters()

    @property
    def _shape(self) -> type[Covariance]:
        return SHAPES[self.covariance_type].with_factors(self.n_factors)

    def _n_parameters(self) -> int:
        return self.mixture_.n_parameters


def with_fit(
    template: GaussianMixture, settings: LikelihoodSettings, fit: Fit[Mixture], table: Table
) -> GaussianMixture:
    """Return an estimator like a template that keeps a fit, made with other counts, shapes and least variances."""
    # Engines and callbacks are shared: some cannot be copied.
    chosen = {"n_components": settings.n_components, "covariance_type": settings.covariance_type}
    estimator = GaussianMixture(**template.get_params(deep=False) | chosen)
    estimator._least_variances = settings.least
    take_over(estimator, fit, table)
    return estimator
