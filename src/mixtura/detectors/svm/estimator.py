"""`OneClassSVM`: the estimator with scikit-learn's interface."""

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from ...engines import Engine, EngineName, OnProgress, ThreadEngine
from ...errors import DataError, warn
from ...intake.extent import check_extent
from ...intake.sample import take_sample
from ...intake.sources import Source, names_of, opened_table
from ...intake.table import Table
from ...kernels.svm import Kernel, sums
from ...rows import ArrayRows, Rows
from ...statistics.columns import ColumnMoments, column_moments
from ...typing import Floats
from ..detector import Detector
from ..off_planes import warn_of_rows_off_planes
from .checks import check_reach, check_weights, not_negative, square_matrix
from .exact import Settings, offset_at, solve_one_class
from .model import GramModel, SupportModel, center_and_scale, typical_rows
from .nystroem import solve_on_landmarks

KernelName = Literal["linear", "poly", "rbf", "sigmoid", "precomputed"]


class OneClassSVM(Detector):
    """One-class support vector machine: the region that holds most rows of a table.

    Parameters, defaults, attributes and methods follow `sklearn.svm.OneClassSVM`, whose objective it minimises;
    those after `max_iter` are added. Sparse matrices are refused.

    Parameters
    ----------
    kernel : {'linear', 'poly', 'rbf', 'sigmoid', 'precomputed'} or callable, default='rbf'
        Kernel. For 'precomputed', tables hold kernel values, of each row with the rows of the fit; a callable is given
        two arrays of rows and returns such a table.
    degree : int, default=3
        Degree of 'poly'.
    gamma : {'scale', 'auto'} or float, default='scale'
        Factor in 'rbf', 'poly' and 'sigmoid': 1 / (n_features * X.var()), 1 / n_features, or a number of at least 0.
    coef0 : float, default=0.0
        Constant in 'poly' and 'sigmoid'.
    tol : float, default=1e-3
        Largest violation of the conditions of the optimum; in parts of the sum of the coefficients, times the mean
        kernel of a row with itself, where that is below one, as it is where `nu` is small.
    nu : float, default=0.5
        Upper bound of the share of outliers among the rows fitted, and lower bound of the share of support vectors, by
        weight, in (0, 1]. The upper bound holds at any `tol`: `offset_` is lowered for it where rows on the border
        differ by no more than the tolerance.
    shrinking : bool, default=True
        Whether rows that will stay at a bound are left out for a while.
    cache_size : float, default=200
        Megabytes of kernel values that are kept.
    verbose : bool, default=False
        Accepted for scikit-learn's sake: nothing is printed.
    max_iter : int, default=-1
        Most steps of the solver; -1 allows ten million, or a hundred a row if that is more.
    approximate : bool, default=False
        Whether the machine is found among the functions of `n_landmarks` random rows (Nyström) [3]_, reading the table
        block by block: for tables that take the exact one too long, or do not fit into memory.
    n_landmarks : int, default=500
        Number of these rows; the more, the nearer to the exact machine.
    random_state : int, RandomState instance or None, default=None
        Seed of the choice of the landmarks. The exact machine uses no random numbers.
    engine : {'threads', 'dask'} or Engine, optional
        Where passes over the rows run. Default: Dask for Dask arrays and frames, else threads.
    on_progress : callable, optional
        Told a `Progress` while the detector is fitted and while rows are scored.

    Attributes
    ----------
    model_ : SupportModel or GramModel
        The fitted machine, a frozen value.
    offset_ : float
        Score below which rows are outliers: ``decision_function(X) = score_samples(X) - offset_``.
    intercept_ : ndarray of shape (1,)
        ``-offset_``.
    support_ : ndarray of shape (n_SV,), int32
        Positions of the support vectors among the rows; not of approximate fits.
    support_vectors_ : ndarray of shape (n_SV, n_features)
        The support vectors, or landmarks; empty for kernel values.
    dual_coef_ : ndarray of shape (1, n_SV)
        Their coefficients.
    coef_ : ndarray of shape (1, n_features)
        Weights of the columns; only of the linear kernel.
    n_support_ : ndarray of shape (1,), int32
        Number of support vectors.
    fit_status_ : int
        0 when the solver reached `tol`, 1 when it ended before, which warns.
    n_iter_ : int
        Steps of the solver.
    shape_fit_ : tuple of int
        Shape of the table of the fit.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, when they have names.

    References
    ----------
    .. [1] Schölkopf, Platt, Shawe-Taylor, Smola and Williamson (2001), "Estimating the support of a high-dimensional
       distribution", Neural Computation 13.
    .. [2] Fan, Chen and Lin (2005), "Working set selection using second order information for training support vector
       machines", Journal of Machine Learning Research 6; Chang and Lin (2011), "LIBSVM: a library for support vector
       machines", ACM Transactions on Intelligent Systems and Technology 2; Glasmachers and Igel (2006), "Maximum-gain
       working set selection for SVMs", Journal of Machine Learning Research 7.
    .. [3] Williams and Seeger (2001), "Using the Nyström method to speed up kernel machines", NIPS 13.

    Examples
    --------
    >>> from mixtura import OneClassSVM
    >>> X = [[0], [0.44], [0.45], [0.46], [1]]
    >>> svm = OneClassSVM(gamma="auto").fit(X)
    >>> svm.predict(X)
    array([-1,  1,  1,  1, -1])
    >>> svm.score_samples(X).round(3)
    array([1.78 , 2.055, 2.056, 2.056, 1.733])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "kernel": [StrOptions({"linear", "poly", "rbf", "sigmoid", "precomputed"}), callable],
        "degree": [Interval(Integral, 0, 2**31 - 1, closed="both")],
        "gamma": [StrOptions({"scale", "auto"}), Interval(Real, 0.0, None, closed="left")],
        "coef0": [Interval(Real, None, None, closed="neither")],
        "tol": [Interval(Real, 0.0, None, closed="neither")],
        "nu": [Interval(Real, 0.0, 1.0, closed="right")],
        "shrinking": ["boolean"],
        "cache_size": [Interval(Real, 0, None, closed="neither")],
        "verbose": ["verbose"],
        "max_iter": [Interval(Integral, -1, None, closed="left")],
        "approximate": ["boolean"],
        "n_landmarks": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "engine": "no_validation",
        "on_progress": [callable, None],
    }

    def __init__(
        self,
        *,
        kernel: KernelName | Callable[..., Any] = "rbf",
        degree: int = 3,
        gamma: Literal["scale", "auto"] | float = "scale",
        coef0: float = 0.0,
        tol: float = 1e-3,
        nu: float = 0.5,
        shrinking: bool = True,
        cache_size: float = 200,
        verbose: bool = False,
        max_iter: int = -1,
        approximate: bool = False,
        n_landmarks: int = 500,
        random_state: Any = None,
        engine: Engine | EngineName | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        self.kernel = kernel
        self.degree = degree
        self.gamma = gamma
        self.coef0 = coef0
        self.tol = tol
        self.nu = nu
        self.shrinking = shrinking
        self.cache_size = cache_size
        self.verbose = verbose
        self.max_iter = max_iter
        self.approximate = approximate
        self.n_landmarks = n_landmarks
        self.random_state = random_state
        self.engine = engine
        self.on_progress = on_progress

    model_: SupportModel | GramModel

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self.kernel == "precomputed"
        return tags

    def fit(self, X: Source, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Find the region.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table; kernel values of shape (n_rows, n_rows) for 'precomputed'.
        y : ignored
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row, the bound of its coefficient; rows of no or negative weight are left out.

        Returns
        -------
        self

        Raises
        ------
        DataError
            No row has a positive weight, a kernel matrix is not square and symmetric, or kernel values are too large.
        """
        self._validate_params()
        if self.approximate and self._is_given:
            raise DataError("approximate=True chooses landmarks among rows: give one of the named kernels")
        with opened_table(self, X, not_negative(sample_weight), missing="error", at_least=1) as table:
            if self.approximate:
                self._fit_landmarks(table)
            else:
                self._fit_exactly(table.rows)
            if not self._is_given:
                warn_of_rows_off_planes(table, names_of(self), type(self).__name__)
        self.intercept_ = np.array([-self.offset_])
        self.n_support_ = np.array([self.dual_coef_.shape[1]], dtype=np.int32)
        if self.fit_status_ == 1:
            warn(
                f"Solver terminated early (max_iter={self.max_iter}). Consider pre-processing your data with "
                "StandardScaler or MinMaxScaler.",
                ConvergenceWarning,
            )
        return self

    @property
    def coef_(self) -> Floats:
        """Weights of the columns, shape (1, n_features); only of the linear kernel."""
        if self.kernel != "linear" or not hasattr(self, "dual_coef_"):
            raise AttributeError("coef_ is there only after a fit of the linear kernel")
        weights: Floats = self.dual_coef_ @ self.support_vectors_
        weights.flags.writeable = False
        return weights

    @property
    def _is_given(self) -> bool:
        """Whether kernel values are given, not computed here."""
        return callable(self.kernel) or self.kernel == "precomputed"

    def _fit_exactly(self, rows: Rows) -> None:
        blocks = list(rows.blocks())
        table = np.concatenate([block.values for block in blocks])
        weights = np.concatenate([np.ones(len(b.values)) if b.weights is None else b.weights for b in blocks])
        counted = np.flatnonzero(weights > 0)
        with np.errstate(over="ignore"):
            check_weights(float(weights.sum()))
        self.shape_fit_ = table.shape
        values, kernel = table, self._kernel(table.shape[1], lambda: float(table.var(dtype=np.float64)))
        if self._is_given:
            values = square_matrix(self.kernel(table, table) if callable(self.kernel) else table)
            self._rows = table if callable(self.kernel) else None
        check_reach(kernel, values)
        if len(counted) < len(values):
            values, weights = values[counted][:, counted] if self._is_given else values[counted], weights[counted]
        settings = Settings(self.nu, self.tol, self.shrinking, self.cache_size, self.max_iter)
        # Dask arrays are in memory by now: threads take it from here.
        engine = self.engine if isinstance(self.engine, ThreadEngine) else ThreadEngine()
        solved = solve_one_class(kernel, values, weights, settings, engine, self.on_progress)
        support = np.flatnonzero(solved.alpha)
        coefficients, self.offset_ = solved.alpha[support], offset_at(solved, weights, self.nu, values.dtype)
        self.support_ = counted[support].astype(np.int32)
        if self._is_given:
            self.support_vectors_ = np.empty((0, 0))
            self.model_ = GramModel(self.support_, coefficients, len(table))
        else:
            self.support_vectors_ = np.ascontiguousarray(values[support], dtype=np.float64)
            explained_by = (typical_rows(values, solved.slopes >= self.offset_), *center_and_scale(values))
            self.model_ = SupportModel(kernel, self.support_vectors_, coefficients, self.offset_, *explained_by)
        self.dual_coef_ = coefficients[np.newaxis]
        self.n_iter_, self.fit_status_ = solved.n_iter, int(not solved.converged)

    def _fit_landmarks(self, table: Table) -> None:
        if hasattr(self, "support_"):
            del self.support_
        random_state = check_random_state(self.random_state)
        check_extent(table, names_of(self))
        moments = table.watched("reading the table").fold(column_moments, ColumnMoments.zero(table.n_columns))
        weight = float(moments.weights[0])
        check_weights(weight)
        kernel = self._kernel(table.n_columns, lambda: float(moments.variances.mean() + moments.means.var()))
        sample = take_sample(table, random_state, 1)
        chosen = random_state.permutation(len(sample.X))[: self.n_landmarks]
        landmarks = np.ascontiguousarray(sample.X[np.sort(chosen)], dtype=np.float64)
        check_reach(kernel, np.stack([moments.minima, moments.maxima]))
        found = solve_on_landmarks(kernel, table, sample, landmarks, self.nu, self.max_iter)
        coefficients, self.offset_ = found.coefficients, found.offset
        belongs = sums(kernel, sample.X, landmarks, coefficients) >= self.offset_
        explained_by = (typical_rows(sample.X, belongs), *center_and_scale(sample.X))
        self.model_ = SupportModel(kernel, landmarks, coefficients, self.offset_, *explained_by)
        self.support_vectors_, self.dual_coef_ = landmarks, coefficients[np.newaxis]
        self.n_iter_, self.fit_status_ = found.n_iter, int(not found.converged)
        self.shape_fit_ = (table.n_rows, table.n_columns)

    def _kernel(self, n_columns: int, variance: Callable[[], float]) -> Kernel:
        if self._is_given:
            return Kernel("precomputed")
        name = str(self.kernel)
        if name == "linear":
            return Kernel(name)
        gamma = self.gamma
        if gamma == "auto":
            gamma = 1 / n_columns
        elif gamma == "scale":
            with np.errstate(over="ignore", invalid="ignore"):
                spread = n_columns * variance()
                gamma = 1 / spread if spread > 0 else 1.0
            if not 0 < gamma < np.inf:
                raise DataError("the variance of the table has no usable inverse: scale its columns, or set gamma")
        gamma = float(gamma)
        if name == "rbf":
            return Kernel(name, gamma)
        return Kernel(name, gamma, float(self.coef0), int(self.degree) if name == "poly" else 0)

    def _table(self, X: Source) -> Table:
        table = super()._table(X)
        if not callable(self.kernel):
            return table
        rows = table.values()
        values = np.asarray(self.kernel(rows, self._rows), dtype=np.float64)
        if values.shape != (len(rows), self.shape_fit_[0]):
            raise DataError(f"the kernel gave shape {values.shape}, not one value for each row and row of the fit")
        return table.on(ArrayRows(values))
