"""`LocalOutlierFactor`: the estimator with scikit-learn's interface."""

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse
from sklearn.neighbors import VALID_METRICS, VALID_METRICS_SPARSE, NearestNeighbors
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from ...engines.progress import OnProgress, telling_rows
from ...engines.threads import available_processors
from ...errors import warn
from ...intake.sources import Source, names_of, opened_table
from ...intake.table import Table
from ...kernels.neighbors import NeighborIndex
from ..detector import Detector, offset_for
from ..explanation import Explanation
from ..off_planes import warn_of_rows_off_planes
from .model import LofModel, Neighborhoods, neighborhoods_of
from .reference import draw_positions, take_rows
from .searches import PeerSearch, Search, effective_metric, our_metric

# Distances and row numbers of neighbours that a fit may hold: 16 GB.
_MOST_NEIGHBORS = 2**30

# The factor of a row that lies as densely as its neighbours is one; scikit-learn and the paper's examples call rows
# outliers from here.
_AUTO_OFFSET = -1.5


def _needs_novelty(method: str) -> Callable[["LocalOutlierFactor"], bool]:
    def check(estimator: "LocalOutlierFactor") -> bool:
        if not estimator.novelty:
            raise AttributeError(
                f"{method} is not available when novelty=False: use novelty=True for rows that were not fitted, and "
                "fit_predict or negative_outlier_factor_ for those that were"
            )
        return True

    return check


def _needs_no_novelty(estimator: "LocalOutlierFactor") -> bool:
    if estimator.novelty:
        raise AttributeError(
            "fit_predict is not available when novelty=True: use novelty=False to predict on the table that is fitted"
        )
    return True


class LocalOutlierFactor(Detector):
    """Local outlier factor: how much farther a row lies from its neighbours than these from theirs.

    Parameters, defaults, attributes and methods follow `sklearn.neighbors.LocalOutlierFactor`; parameters after
    `n_jobs` are added. Tables may also be a path, a glob, a DuckDB query, a Dask array or frame, or `Rows`.

    Neighbours are exact; of equally distant rows, the one of lower row number comes first. A k-d tree finds them; above
    fifteen columns, products in blocks find Euclidean and cosine ones. Sparse tables, and distances other than
    Euclidean, Manhattan, Chebyshev, Minkowski of order 1 and more, and cosine, go to scikit-learn's `NearestNeighbors`.

    Parameters
    ----------
    n_neighbors : int, default=20
        Number of neighbours; all other rows where there are fewer.
    algorithm : {'auto', 'ball_tree', 'kd_tree', 'brute'}, default='auto'
        For distances that go to scikit-learn. Neighbours are the same whatever it is.
    leaf_size : int, default=30
        The same.
    metric : str or callable, default='minkowski'
        Distance. With 'precomputed' the table holds the distances of the rows. Two rows of zeros have the cosine
        distance 0, and 1 to all others.
    p : float, default=2
        Order of the Minkowski distance: 2 is Euclidean, 1 Manhattan.
    metric_params : dict, optional
        Further parameters of the distance.
    contamination : 'auto' or float, default='auto'
        Share of the rows to call outliers, in (0, 0.5]; 'auto' calls those outliers whose factor is above 1.5. Rows
        that tie are outliers together, as `threshold_by_rate` says.
    novelty : bool, default=False
        Whether `predict`, `decision_function` and `score_samples` answer for rows that were not fitted; otherwise
        `fit_predict` answers for those that are.
    n_jobs : int, optional
        Number of threads of a fit. Default: the processors this process may use.
    max_reference_rows : int, default=1_000_000
        Most rows to look for neighbours among. A larger table is represented by so many of its rows, drawn at random,
        and the factors of the others are those of new rows; a warning says so.
    random_state : int, RandomState instance or None, default=None
        Seed of that draw.
    on_progress : callable, optional
        Told a `Progress` while the detector is fitted and while rows are scored.

    Attributes
    ----------
    negative_outlier_factor_ : ndarray of shape (n_rows,)
        Opposite of the local outlier factor of the fitted rows: near -1 for rows that belong. Always a finite number:
        rows with `n_neighbors` copies have the factor 1, see Notes.
    n_neighbors_ : int
        Number of neighbours that was used.
    offset_ : float
        Rows whose opposite factor is below are outliers.
    effective_metric_ : str or callable
        Distance that was used: 'euclidean' for 'minkowski' with ``p=2``.
    effective_metric_params_ : dict
        Its parameters.
    n_samples_fit_ : int
        Number of rows that neighbours are looked for among.
    reference_rows_ : ndarray of shape (n_samples_fit_,) or None
        Their row numbers in the table, None when they are all of them.
    model_ : LofModel
        The fitted model.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, when they have names.

    Notes
    -----
    The factor of a row p with the k neighbours N(p) is the mean of r(p) / r(o) over them, where r(p) is the mean of
    max(d(p, o), d_k(o)) over N(p), and d_k(o) the distance of o to its own k-th neighbour [1]_. A row with k
    copies or more, or what rounding leaves of copies, has r = 0, and scikit-learn then divides by 1e-10. Here it takes
    what is usual around it. The rows that have copies for neighbours belong to groups: two rows are of one group when
    one is a neighbour of the other, no farther from it than one and a half times its r. Where such a group has more
    rows than there are copies, they take its median r. Otherwise the copies decide, however many of the other rows are
    neighbours of one another: they take the least r beside them, times the share that the other rows have here. Copies
    so have the factor 1, and the rows beside them a factor in proportion: of 1,000 zeros and two fives the fives have
    476. Without such copies the factors are those of scikit-learn.

    References
    ----------
    .. [1] Breunig, Kriegel, Ng and Sander (2000), "LOF: identifying density-based local outliers", SIGMOD.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import LocalOutlierFactor
    >>> lof = LocalOutlierFactor(n_neighbors=2)
    >>> lof.fit_predict([[-1.1], [0.2], [101.1], [0.3]])
    array([ 1,  1, -1,  1])
    >>> lof.negative_outlier_factor_.round(4)
    array([ -0.9821,  -1.037 , -73.3697,  -0.9821])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "algorithm": [StrOptions({"auto", "ball_tree", "kd_tree", "brute"})],
        "leaf_size": [Interval(Integral, 1, None, closed="left")],
        "metric": [StrOptions({name for names in VALID_METRICS.values() for name in names}), callable],
        "p": [Interval(Real, 0, None, closed="right"), None],
        "metric_params": [dict, None],
        "contamination": [StrOptions({"auto"}), Interval(Real, 0, 0.5, closed="right")],
        "novelty": ["boolean"],
        "n_jobs": [Integral, None],
        "max_reference_rows": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
        "on_progress": [callable, None],
    }

    model_: LofModel

    def __init__(
        self,
        n_neighbors: int = 20,
        *,
        algorithm: Literal["auto", "ball_tree", "kd_tree", "brute"] = "auto",
        leaf_size: int = 30,
        metric: str | Callable[..., float] = "minkowski",
        p: float | None = 2,
        metric_params: dict[str, Any] | None = None,
        contamination: Literal["auto"] | float = "auto",
        novelty: bool = False,
        n_jobs: int | None = None,
        max_reference_rows: int = 1_000_000,
        random_state: Any = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.algorithm = algorithm
        self.leaf_size = leaf_size
        self.metric = metric
        self.p = p
        self.metric_params = metric_params
        self.contamination = contamination
        self.novelty = novelty
        self.n_jobs = n_jobs
        self.max_reference_rows = max_reference_rows
        self.random_state = random_state
        self.on_progress = on_progress

    def fit(self, X: Source, y: Any = None) -> Self:
        """Find the neighbours of every row, and how much farther they are than usual around them.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table; distances of all pairs of rows for ``metric='precomputed'``.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            The table has one row, or holds a value that is not a finite number, or scikit-learn refuses the metric.
        """
        self._validate_params()
        self.effective_metric_, self.effective_metric_params_ = effective_metric(
            self.metric, self.p, self.metric_params
        )
        ours = our_metric(self.effective_metric_, self.effective_metric_params_)
        if ours is None or issparse(X):
            self._fit_with_peer(X)
            return self
        with opened_table(self, X, missing="error", at_least=1) as table:
            reference = self._take_reference(table)
            metric, p = ours
            near = self._fit_reference(reference, NeighborIndex.of(reference, metric=metric, p=p))
            factors = near.factors
            if self.reference_rows_ is not None:
                factors = -table.watched("scoring").scores(self.model_)
                factors[self.reference_rows_] = near.factors
            self._conclude(factors, near, table.dtype)
            warn_of_rows_off_planes(table, names_of(self), type(self).__name__)
        return self

    @available_if(_needs_no_novelty)  # type: ignore[untyped-decorator]  # scikit-learn has no types
    def fit_predict(self, X: Source, y: Any = None) -> NDArray[np.int64]:
        """Fit, and return -1 for outliers and 1 for rows that belong, shape (n_rows,); only with ``novelty=False``.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table.
        y : ignored
        """
        self.fit(X)
        return np.where(self.negative_outlier_factor_ < self.offset_, -1, 1)

    @available_if(_needs_novelty("score_samples"))  # type: ignore[untyped-decorator]  # scikit-learn has no types
    def score_samples(self, X: Source) -> NDArray[Any]:
        """Return the opposite factor of each row as a new one, shape (n_rows,); only with ``novelty=True``.

        A row that was fitted is a neighbour of itself here; its factor among the others is in
        `negative_outlier_factor_`.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table, with the columns that were fitted.
        """
        check_is_fitted(self)
        if isinstance(self.model_.search, PeerSearch):
            values = self._table_for_peer(X, reset=False)
            return _rounded(self.model_.score_samples(values), _float_type(values))
        table = self._table(X).watched("scoring")
        return _rounded(table.scores(self.model_), table.dtype)

    @available_if(_needs_novelty("decision_function"))  # type: ignore[untyped-decorator]  # scikit-learn has no types
    def decision_function(self, X: Source) -> NDArray[Any]:
        """Return `score_samples` of `X` less `offset_`, negative for outliers; only with ``novelty=True``."""
        return super().decision_function(X)

    @available_if(_needs_novelty("predict"))  # type: ignore[untyped-decorator]  # scikit-learn has no types
    def predict(self, X: Source) -> NDArray[np.int64]:
        """Return -1 for outliers in `X` and 1 for rows that belong, shape (n_rows,); only with ``novelty=True``."""
        return super().predict(X)

    def explain(self, X: Source) -> Explanation:
        """Return which cells of each row are wrong, and what they should have been.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The rows to explain, fitted or new. They are scored as new rows are.

        Returns
        -------
        Explanation

        Raises
        ------
        ValueError
            The neighbours are scikit-learn's: the metric is not ours, or the table was sparse.
        """
        return super().explain(X)

    def kneighbors(
        self, X: Any = None, n_neighbors: int | None = None, return_distance: bool = True
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]] | NDArray[np.int64]:
        """Return the nearest fitted rows of each row.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), optional
            Rows to look for; those fitted by default, none of which is a neighbour of itself.
        n_neighbors : int, optional
            Number of neighbours; the parameter by default.
        return_distance : bool, default=True
            Whether distances are returned too.

        Returns
        -------
        distances : ndarray of shape (n_rows, n_neighbors)
            In increasing order; only with `return_distance`.
        rows : ndarray of shape (n_rows, n_neighbors)
            Positions among the fitted rows; where the table was sampled, among `reference_rows_`.

        Raises
        ------
        TypeError
            `n_neighbors` is not an integer.
        ValueError
            `n_neighbors` is below one, or there are not so many rows.
        """
        check_is_fitted(self)
        k = self.n_neighbors if n_neighbors is None else n_neighbors
        if not isinstance(k, Integral):
            raise TypeError(f"n_neighbors must be an integer, not {k!r}")
        if k <= 0:
            raise ValueError(f"Expected n_neighbors > 0. Got {k}")
        k, search = int(k), self.model_.search
        table = None if X is None else self._neighbor_queries(X)
        n_rows = search.n_rows if table is None else table.shape[0]
        self._check_count(k, n_rows, own=table is None)
        found = (
            search.own_neighbors(k, n_threads=self._n_threads())
            if table is None
            else search.neighbors(table, k, n_threads=self._n_threads())
        )
        return found if return_distance else found[1]

    def kneighbors_graph(
        self, X: Any = None, n_neighbors: int | None = None, mode: Literal["connectivity", "distance"] = "connectivity"
    ) -> csr_array:
        """Return the nearest fitted rows of each row as a sparse array of shape (n_rows, n_samples_fit_).

        Parameters
        ----------
        X, n_neighbors : optional
            As for `kneighbors`.
        mode : {'connectivity', 'distance'}, default='connectivity'
            Whether entries are ones or distances.

        Raises
        ------
        ValueError
            `mode` is neither.
        """
        if mode not in ("connectivity", "distance"):
            raise ValueError(f"mode must be 'connectivity' or 'distance', not {mode!r}")
        distances, rows = self.kneighbors(X, n_neighbors)
        entries = np.ones(rows.size) if mode == "connectivity" else distances.ravel()
        starts = np.arange(0, rows.size + 1, rows.shape[1])
        return csr_array((entries, rows.ravel(), starts), shape=(len(rows), self.n_samples_fit_))

    def _take_reference(self, table: Table) -> NDArray[Any]:
        """Return the rows to look for neighbours among, and note which they are."""
        n_rows = table.n_rows
        if n_rows is None:
            raise ValueError("neighbours can be found only in a table whose number of rows is known: spool it first")
        reading = table.watched("reading the table")
        self.reference_rows_ = positions = draw_positions(n_rows, self.max_reference_rows, self.random_state)
        if positions is None:
            return take_rows(reading, None)
        warn(
            f"the table has {n_rows} rows, and neighbours are looked for among {len(positions)} of them, drawn at "
            "random (max_reference_rows): the factors of the others are those of new rows"
        )
        return take_rows(reading, positions)

    def _fit_reference(self, reference: Any, search: Search) -> Neighborhoods:
        n_rows = search.n_rows
        self.n_samples_fit_ = n_rows
        if self.n_neighbors > n_rows:
            warn(
                f"n_neighbors ({self.n_neighbors}) is greater than the total number of samples ({n_rows}). n_neighbors "
                "will be set to (n_samples - 1) for estimation."
            )
        k = self.n_neighbors_ = max(1, min(self.n_neighbors, n_rows - 1))
        self._check_count(k, n_rows, own=True)
        if n_rows * k > _MOST_NEIGHBORS:
            raise ValueError(
                f"{k} neighbours of {n_rows} rows are more than {_MOST_NEIGHBORS} in all: lower n_neighbors or "
                "max_reference_rows"
            )
        tell = telling_rows(self.on_progress, "finding neighbours", n_rows)
        distances, neighbors = search.own_neighbors(k, n_threads=self._n_threads(), on_rows=tell)
        values = _values(reference, search, pairs=self.metric == "precomputed")
        near = neighborhoods_of(distances, neighbors, values, _float_type(reference))
        self.model_ = LofModel(reference, k, near.k_distances, near.reachabilities, search)
        return near

    def _fit_with_peer(self, X: Any) -> None:
        table = self._table_for_peer(X, reset=True)
        fitted = NearestNeighbors(
            n_neighbors=self.n_neighbors,
            algorithm=self.algorithm,
            leaf_size=self.leaf_size,
            metric=self.metric,
            p=self.p,
            metric_params=self.metric_params,
            n_jobs=self.n_jobs,
        ).fit(table)
        self.reference_rows_ = None
        near = self._fit_reference(table, PeerSearch(fitted))
        self._conclude(near.factors, near, _float_type(table))

    def _conclude(self, factors: NDArray[np.float64], near: Neighborhoods, dtype: Any) -> None:
        self.negative_outlier_factor_ = _rounded(-factors, dtype)
        self.offset_ = (
            _AUTO_OFFSET
            if self.contamination == "auto"
            else offset_for(self.negative_outlier_factor_, self.contamination)
        )
        if near.beside_copies.any() and not self.novelty:
            warn(
                f"{near.beside_copies.sum()} rows have neighbours with {self.n_neighbors_} copies or more, whose "
                "density cannot be told: what is usual around them stands for it. Of this scikit-learn says: Duplicate "
                "values are leading to incorrect results. Increase the number of neighbors for more accurate results."
            )

    def _check_count(self, k: int, n_rows: int, *, own: bool) -> None:
        n_fit = self.n_samples_fit_
        if k + own > n_fit:
            sign = "<" if own else "<="
            raise ValueError(
                f"Expected n_neighbors {sign} n_samples_fit, but n_neighbors = {k}, n_samples_fit = {n_fit}, "
                f"n_samples = {n_rows}"
            )

    def _neighbor_queries(self, X: Any) -> Any:
        if isinstance(self.model_.search, PeerSearch):
            return self._table_for_peer(X, reset=False)
        return self._table(X).values()

    def _table_for_peer(self, X: Any, *, reset: bool) -> Any:
        finite = "allow-nan" if self.metric == "nan_euclidean" else True
        table = validate_data(
            self,
            X,
            reset=reset,
            accept_sparse="csr",
            order="C",
            dtype=[np.float64, np.float32],
            ensure_all_finite=finite,
        )
        return _narrowed(table) if issparse(table) else table

    def _n_threads(self) -> int:
        n_jobs, processors = self.n_jobs, available_processors()
        if n_jobs == 0:
            raise ValueError("n_jobs must not be 0: give a number of threads, or None or -1 for all processors")
        return processors if n_jobs is None else n_jobs if n_jobs > 0 else max(1, processors + 1 + n_jobs)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        metric, _ = effective_metric(self.metric, self.p, self.metric_params)
        tags.input_tags.sparse = callable(metric) or metric in VALID_METRICS_SPARSE["brute"]
        tags.input_tags.pairwise = tags.input_tags.positive_only = self.metric == "precomputed"
        tags.input_tags.allow_nan = self.metric == "nan_euclidean"
        return tags


def _narrowed(table: Any) -> Any:
    """Return a sparse table with indices of 32 bits where they suffice: some of scikit-learn's metrics ask for them."""
    if max(table.nnz, *table.shape) > np.iinfo(np.int32).max:
        return table
    narrow = (table.data, table.indices.astype(np.int32, copy=False), table.indptr.astype(np.int32, copy=False))
    return type(table)(narrow, shape=table.shape)


def _values(reference: Any, search: Search, *, pairs: bool) -> NDArray[Any] | None:
    """Return values that are the same for copies, None where the table has no values of rows."""
    if isinstance(search, NeighborIndex):
        return search.prepared if search.metric == "cosine" else np.asarray(reference)
    return None if pairs or issparse(reference) else np.asarray(reference)


def _rounded(scores: NDArray[np.float64], dtype: Any) -> NDArray[Any]:
    """Return scores as numbers of a type, the lowest there is for those beyond."""
    return np.maximum(scores, np.finfo(dtype).min).astype(dtype, copy=False)


def _float_type(table: Any) -> Any:
    return np.dtype(np.float32) if table.dtype == np.float32 else np.dtype(np.float64)
