"""`BayesianGaussianMixture`: variational inference with scikit-learn's interface."""

from collections.abc import Hashable
from dataclasses import replace
from numbers import Real
from typing import Any, ClassVar, Literal, NoReturn, Self

from numpy.typing import ArrayLike
from sklearn.utils._param_validation import Interval, StrOptions

from ...engines import Engine, EngineName, OnProgress
from ...intake.levels import FROM_DTYPE
from ...intake.sources import Source, batch_table, coded_columns
from ...typing import Floats
from ..em.estimator import CONSTRAINTS, MixtureEstimator
from ..em.initialize import Method
from ..em.loop import Fit, first_of_batches
from ..em.settings import check_enough, parameters_for
from ..em.streaming import batch_moments, digest
from ..em.updates import Update
from .memory import Memory, Visit
from .settings import WEIGHT_PRIORS, VariationalSettings
from .state import OF_POSTERIOR, FittedPosterior
from .variational import Posterior

_NO_CRITERION = (
    "{} counts free parameters, and a posterior distribution has none: compare lower_bound_, higher is better"
)


class BayesianGaussianMixture(MixtureEstimator[Posterior, FittedPosterior]):
    """Gaussian mixture fitted by variational inference, which switches off the components it does not need.

    Parameters, defaults, attributes and methods follow `sklearn.mixture.BayesianGaussianMixture`; parameters after
    `verbose_interval` are added. Tables may also be a path, a glob, a DuckDB query, a Dask array or frame, or `Rows`.

    The evidence lower bound is complete: it has every constant. No iteration lowers it, and no move does, except the
    deletion of components that no row belongs to [1]_. For diagonal and spherical covariances the precisions are gamma
    distributed, which scikit-learn approximates by a Wishart distribution; fits differ from its by a few parts in the
    rows of a component.

    Parameters
    ----------
    n_components : int, default=1
        Most components; those that are not needed end at weight zero.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}, default='full'
        Shape of the covariances.
    tol : float, default=1e-3
        Iterations stop when the lower bound, of all rows together, gains less than this.
    reg_covar : float, default=1e-6
        Variance of the noise that every row is taken to carry: it adds to every variance.
    max_iter : int, default=100
        Most iterations from one start.
    n_init : int, default=1
        Number of starts. Each runs for 20 iterations; the best of those not converged by then goes on, and the fit of
        highest lower bound is kept.
    init_params : {'kmeans', 'k-means++', 'random', 'random_from_data'}, default='kmeans'
        How a start is found: see `GaussianMixture`.
    weight_concentration_prior_type : {'dirichlet_process', 'dirichlet_distribution'}, default='dirichlet_process'
        Prior of the weights: broken off a stick one after another, or all alike.
    weight_concentration_prior : float, optional
        Concentration of that prior: small values leave few components, large ones many. Default: 1 / n_components.
    mean_precision_prior : float, optional
        How many rows at `mean_prior` count beside those of a component. Default: 1.
    mean_prior : array-like of shape (n_features,), optional
        Prior mean. Default: the mean of the rows.
    degrees_of_freedom_prior : float, optional
        How many rows the prior of a covariance counts for: more than n_features - 1 for 'full', than (n_features - 1) /
        n_components for 'tied', than 0 for 'diag' and 'spherical'. Default: one row more than that, which is
        scikit-learn's n_features for 'full'; for 'full' with three columns or more 5 n_features - 9 rows more [3]_.
    covariance_prior : float or array-like, optional
        Scatter of those rows: of shape (n_features, n_features) for 'full' and 'tied', (n_features,) for 'diag', a
        number for 'spherical'. Default: the covariance of the rows, their variances, or the mean of these, as in
        scikit-learn. For 'full' with three columns or more it is `degrees_of_freedom_prior` times the covariance within
        the groups of the start. Where a covariance has no inverse, as with fewer rows than columns, it is taken halfway
        to its diagonal.
    random_state : int, RandomState instance or None, default=None
        Seed of the starts and of `sample`.
    warm_start : bool, default=False
        Whether `fit` goes on from the last fit, or from parameters set by hand.
    verbose : int, default=0
        1 prints starts and iterations, 2 their lower bounds too.
    verbose_interval : int, default=10
        Iterations between two prints.
    moves : bool, default=True
        Whether a fit is tried, at its end, with two components merged and with some deleted [2]_. What raises the lower
        bound is kept and iterated on, up to `max_iter` times more each time, and so is the deletion of components with
        less than half a row in expectation. Moves are tried for as many passes over the rows as the fit took.
    categorical_features : 'from_dtype' or array-like of {bool, int, str}, optional
        Which columns are categorical: see `GaussianMixture`. The probabilities of the levels of a category have a
        Dirichlet prior of one row, spread evenly over the levels and one never seen.
    engine : {'threads', 'dask'} or Engine, optional
        Where the passes run. Default: Dask for Dask arrays and frames, else threads.
    on_progress : callable, optional
        Told a `Progress` after every iteration, with its `lower_bound`, and in rows while a table is scored.

    Attributes
    ----------
    mixture_ : Mixture
        The mixture of expected weights, expected means and inverse expected precisions.
    posterior_ : Posterior
        The variational posterior.
    weights_, means_, covariances_, precisions_, precisions_cholesky_ : ndarray
        Parameters of `mixture_`, in the layouts of `GaussianMixture`.
    n_effective_components_ : int
        Components that rows belong to: those of half a row or more, as far as rows are expected in each. With `moves`
        they are those of positive weight.
    lower_bound_ : float
        Evidence lower bound of all rows before the last update of the best start.
    lower_bounds_ : list of float
        The same for each iteration of it.
    converged_ : bool
        Whether the best start converged.
    n_iter_ : int
        Iterations of the best start.
    weight_concentration_prior_, mean_precision_prior_, mean_prior_, degrees_of_freedom_prior_, covariance_prior_
        The priors in use.
    weight_concentration_ : ndarray of shape (n_components,) or tuple of two such
        Parameters of the posterior of the weights: of the Dirichlet distribution, or of the beta distributions of the
        stick's breaks. The (first) parameter of a component that is not needed is zero.
    mean_precision_ : ndarray of shape (n_components,)
        Rows that each mean rests on, those of the prior included.
    degrees_of_freedom_ : ndarray of shape (n_components,), a number for 'tied'
        Rows that each covariance rests on, those of the prior included.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, when they have names.

    Notes
    -----
    `score_samples` gives the logarithm of the sum of exp(expected log density), as scikit-learn does: it lies a little
    below the log density of `mixture_`, the more so the fewer rows a component has.

    The parameters may be set by hand, as those of `GaussianMixture`. The posterior follows where they are those of the
    fit in another order. It is gone where they are others, and scores are then the log densities of `mixture_`.

    References
    ----------
    .. [1] Bishop (2006), "Pattern Recognition and Machine Learning", section 10.2; Blei and Jordan (2006),
       "Variational inference for Dirichlet process mixtures", Bayesian Analysis 1.
    .. [2] Hughes and Sudderth (2013), "Memoized online variational inference for Dirichlet process mixture models",
       Advances in Neural Information Processing Systems 26.
    .. [3] Carlin and Louis (2000), "Bayes and Empirical Bayes Methods for Data Analysis", chapter 3: a prior whose
       scale is that of the data.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import BayesianGaussianMixture
    >>> random = np.random.default_rng(0)
    >>> X = np.concatenate([random.normal(0, 1, (200, 2)), random.normal(8, 1, (100, 2))])
    >>> bgm = BayesianGaussianMixture(n_components=10, random_state=0, max_iter=500).fit(X)
    >>> bgm.n_effective_components_, np.sort(bgm.weights_).round(2)
    (2, array([0.  , 0.  , 0.  , 0.  , 0.  , 0.  , 0.  , 0.  , 0.33, 0.67]))
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = CONSTRAINTS | {
        "weight_concentration_prior_type": [StrOptions(set(WEIGHT_PRIORS))],
        "weight_concentration_prior": [None, Interval(Real, 0.0, None, closed="neither")],
        "mean_precision_prior": [None, Interval(Real, 0.0, None, closed="neither")],
        "mean_prior": [None, "array-like"],
        "degrees_of_freedom_prior": [None, Interval(Real, 0.0, None, closed="neither")],
        "covariance_prior": [None, "array-like", Interval(Real, 0.0, None, closed="neither")],
        "moves": ["boolean"],
        "categorical_features": ["array-like", StrOptions({FROM_DTYPE}), None],
    }

    def __init__(
        self,
        *,
        n_components: int = 1,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: Method = "kmeans",
        weight_concentration_prior_type: Literal["dirichlet_process", "dirichlet_distribution"] = "dirichlet_process",
        weight_concentration_prior: float | None = None,
        mean_precision_prior: float | None = None,
        mean_prior: ArrayLike | None = None,
        degrees_of_freedom_prior: float | None = None,
        covariance_prior: ArrayLike | None = None,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        moves: bool = True,
        categorical_features: Any = None,
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
        self.weight_concentration_prior_type = weight_concentration_prior_type
        self.weight_concentration_prior = weight_concentration_prior
        self.mean_precision_prior = mean_precision_prior
        self.mean_prior = mean_prior
        self.degrees_of_freedom_prior = degrees_of_freedom_prior
        self.covariance_prior = covariance_prior
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.moves = moves
        self.categorical_features = categorical_features
        self.engine = engine
        self.on_progress = on_progress

    _fixed = frozenset(OF_POSTERIOR)

    # Set by a search, which knows how the columns were rounded.
    _least_variances: Floats | None = None

    def _settings(self) -> VariationalSettings:
        given = parameters_for(VariationalSettings, self)
        names = getattr(self, "feature_names_in_", None)
        return VariationalSettings(**given, least=self._least_variances, names=names, coded=coded_columns(self))

    def partial_fit(
        self, X: Source, y: Any = None, *, sample_weight: ArrayLike | None = None, batch: Hashable | None = None
    ) -> Self:
        """Learn from one batch of a table: a step of memoized variational inference (Hughes and Sudderth 2013).

        What each batch said last is remembered, and replaced when the batch comes again, so that the posterior always
        rests on every row seen, once. The bound never falls. Several passes over the batches come as near to `fit` as
        its iterations do. Memory grows with the number of batches, by the parameters of a mixture each.

        The first batch starts a mixture as `fit` does, with at most 20 iterations; the default priors are scaled by it.
        After `fit` the batch goes on from it: all its rows were one batch, and its priors stay in force.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The batch.
        y : ignored
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row.
        batch : hashable, optional
            Name of the batch. Default: its values and weights, so that equal batches are one.

        Returns
        -------
        self
            With `lower_bound_` the evidence lower bound of all batches, and `n_iter_` the steps.

        Raises
        ------
        EmptyTableError
            Every row of the batch has weight zero, or lacks all its values.
        ValueError
            The last fit has other columns, components or a shape than the parameters ask for.
        """
        self._validate_params()
        with batch_table(self, X, sample_weight) as table:
            settings, memory = self._settings(), Memory()
            if hasattr(self, "mixture_"):
                last = self._settled()
                self._check_last_fit(table.n_columns, "partial_fit", "start anew with fit")
                update: Update[Posterior] = last.update or settings.update(table)
                current = last.posterior or settings.resumed(last, update, table)
                memory = last.memory
            else:
                check_enough(table, self.n_components)
                algorithm = settings.algorithm(table)
                update, current = algorithm.update, first_of_batches(algorithm)
            moments = batch_moments(table, current)
            name = digest(table) if batch is None else batch
            memory = memory.after(name, Visit.of(moments, current))
            total = memory.total(update.shape)
            posterior = update(total, current)
            bound = memory.entropy + posterior.log_joint(total) - posterior.divergence
            memory = replace(memory, bounds=(*memory.bounds, bound))
            fit = Fit(posterior, memory.bounds, converged=True)
            self._take_over(fit, FittedPosterior.of(posterior, memory, settings.least), table.dtype)
        return self

    # Properties, so that `hasattr` says no, as it does for scikit-learn's class.
    @property
    def bic(self) -> NoReturn:
        """Raise AttributeError: a posterior has no count of parameters; compare `lower_bound_` instead."""
        raise AttributeError(_NO_CRITERION.format("bic"))

    @property
    def aic(self) -> NoReturn:
        """Raise AttributeError: a posterior has no count of parameters; compare `lower_bound_` instead."""
        raise AttributeError(_NO_CRITERION.format("aic"))
