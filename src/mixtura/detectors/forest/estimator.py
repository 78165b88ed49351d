"""Isolation forest: rows that few random splits isolate."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from ...engines import Engine, EngineName, OnProgress, ThreadEngine
from ...engines.threads import available_processors
from ...errors import EmptyTableError, warn
from ...intake.sources import Source, names_of, opened_table, table_for
from ...intake.table import Table
from ...rows.blocks.columns import Missing
from ...rows.blocks.sparse import SparseRows
from ..detector import Detector, offset_of
from ..off_planes import warn_of_rows_off_planes
from .fit import Draw, Units, choose, count_rows, grow, units_of, values_of, weights_of
from .model import MOST_DEPTH, ForestModel
from .tree import IsolationTree

# What `max_samples='auto'` draws, as the paper found enough.
_AUTO_SAMPLES = 256
_SEEDS = 2**31 - 1
_MOST_SAMPLES = 2**MOST_DEPTH


class IsolationForest(Detector):
    """Isolation forest: rows that random splits isolate early do not belong.

    A tree splits a small sample of the table by a random column at a random threshold, and the parts again, until every
    row is alone or as many splits are made as halvings would take. Rows far from others are alone after few splits. The
    score is -2^(-E / c): E is the mean number of splits over the trees, and c its average for the size of the samples
    [1]_. Parameters, defaults and fitted attributes follow `sklearn.ensemble.IsolationForest`; parameters after
    `warm_start` are added. Tables may also be a path, a glob, a DuckDB query, a Dask array or frame, or `Rows`; NaN and
    null are missing values.

    A row with a missing value goes both ways at a split that needs it, and its path length is the mean of both,
    weighted by the rows of the sample that went there. While a tree grows, it goes one way at random, by these weights.

    Four things differ from scikit-learn. c(n) is exact, see `average_path_length`, so that scores differ in the third
    digit. Thresholds are single precision numbers too, but of values less the median of their column, so that columns
    far from zero (times, identifiers) keep their digits. Rows of weight zero are neither drawn nor counted.
    `n_jobs=None` means all processors, for scores as well; the result does not depend on it.

    Parameters
    ----------
    n_estimators : int, default=100
        Number of trees.
    max_samples : 'auto', int or float, default='auto'
        Rows that each tree sees: a number, a part of those of the table, or at most 256 for 'auto'.
    contamination : 'auto' or float, default='auto'
        Share of outliers among the rows fitted, at most one half, which sets `offset_`; with 'auto' it is -0.5, the
        score of a path of average length. Rows that tie are outliers together, as `threshold_by_rate` says.
    max_features : int or float, default=1.0
        Columns that each tree sees: a number, or a part of those of the table.
    bootstrap : bool, default=False
        Whether a tree may draw a row more than once.
    n_jobs : int, optional
        Number of threads; None and -1 mean all processors, -2 all but one.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws and the splits.
    verbose : int, default=0
        Not used: growing the trees takes milliseconds, and nothing is printed.
    warm_start : bool, default=False
        Whether `fit` keeps the trees of the last fit and adds those missing to `n_estimators`.
    hyperplane_features : int or 'all', optional
        Split by random hyperplanes in this many random columns in place of one column [2]_: rows in the empty corners
        between groups then stand out too. The coefficients are normal, in units of the standard deviation of the
        columns in the node: every column counts alike, whatever it is measured in and also within a group, where
        the spread of the whole table says nothing. The threshold is uniform between the ends of the projections.
    engine : {'threads', 'dask'} or Engine, optional
        Where passes over the rows run. Default: Dask for Dask arrays and frames, else `n_jobs` threads.
    on_progress : callable, optional
        Told a `Progress` while the detector is fitted and while rows are scored.

    Attributes
    ----------
    model_ : ForestModel
        The fitted forest, a frozen value.
    offset_ : float
        `decision_function` is `score_samples` less this.
    estimators_ : list of IsolationTree
        The trees.
    estimators_samples_ : list of ndarray
        Positions of the rows that each tree saw.
    estimators_features_ : list of ndarray
        Columns that each tree saw.
    max_samples_ : int
        Number of rows that each tree saw.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, when they have names.

    References
    ----------
    .. [1] Liu, Ting and Zhou (2008), "Isolation forest", ICDM; (2012), "Isolation-based anomaly detection", ACM
       Transactions on Knowledge Discovery from Data 6.
    .. [2] Hariri, Carrasco Kind and Brunner (2019), "Extended isolation forest", IEEE Transactions on Knowledge and
       Data Engineering 33.

    Examples
    --------
    >>> from mixtura import IsolationForest
    >>> X = [[-1.1], [0.3], [0.5], [100]]
    >>> forest = IsolationForest(random_state=0).fit(X)
    >>> forest.predict([[0.1], [0], [90]])
    array([ 1,  1, -1])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "max_samples": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="right"),
        ],
        "contamination": [StrOptions({"auto"}), Interval(Real, 0, 0.5, closed="right")],
        "max_features": [Interval(Integral, 1, None, closed="left"), Interval(RealNotInt, 0, 1, closed="right")],
        "bootstrap": ["boolean"],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "hyperplane_features": [StrOptions({"all"}), Interval(Integral, 1, None, closed="left"), None],
        "engine": "no_validation",
        "on_progress": [callable, None],
    }

    _missing: Missing = "allow"

    model_: ForestModel
    estimators_: list[IsolationTree]
    estimators_samples_: list[NDArray[np.int64]]
    estimators_features_: list[NDArray[np.int32]]

    def __init__(
        self,
        *,
        n_estimators: int = 100,
        max_samples: Literal["auto"] | int | float = "auto",
        contamination: Literal["auto"] | float = "auto",
        max_features: int | float = 1.0,
        bootstrap: bool = False,
        n_jobs: int | None = None,
        random_state: Any = None,
        verbose: int = 0,
        warm_start: bool = False,
        hyperplane_features: Literal["all"] | int | None = None,
        engine: Engine | EngineName | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        self.n_estimators = n_estimators
        self.max_samples = max_samples
        self.contamination = contamination
        self.max_features = max_features
        self.bootstrap = bootstrap
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose
        self.warm_start = warm_start
        self.hyperplane_features = hyperplane_features
        self.engine = engine
        self.on_progress = on_progress

    def fit(self, X: Source, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Grow the trees.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_rows, n_features), or any source of rows
            The table. Only the rows that trees see are copied; all of them are scored when `contamination` is a number.
        y : ignored
        sample_weight : array-like of shape (n_rows,), optional
            Weights that rows are drawn in proportion to. Without `bootstrap` they are drawn one after the other, each
            in proportion to its weight among those left.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            The table has infinite values; or a parameter does not fit to it.
        """
        self._validate_params()
        with self._opened(X, sample_weight) as table:
            self._grow(table.watched("reading the table"), weighted=sample_weight is not None)
            if self.contamination == "auto":
                self.offset_ = -0.5
            else:
                self.offset_ = offset_of(self.model_, table.watched("scoring"), float(self.contamination))
            if not isinstance(table.rows, SparseRows):
                warn_of_rows_off_planes(table, names_of(self), type(self).__name__)
        return self

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn asks of estimators: missing values and sparse matrices are taken."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        return tags

    def _grow(self, table: Table, *, weighted: bool) -> None:
        kept = self._kept_trees(table.n_columns)
        if kept == self.n_estimators:
            warn("Warm-start fitting without increasing n_estimators does not fit new trees.")
            return
        draw = self._draw(table, weighted=weighted)
        # All seeds are drawn, so that a forest that grows in steps is the one that grows at once.
        first, *seeds = check_random_state(self.random_state).randint(_SEEDS, size=1 + self.n_estimators).tolist()
        seeds = seeds[kept:]
        samples = [draw.rows(seed) for seed in seeds]
        drawn = [draw.rows_for_units(first), draw.background(first), *samples]
        (by_units, background, *chosen), held = choose(table, drawn)
        units = self._kept_units() if kept else units_of(values_of(held.take(by_units)))
        model = grow(
            held,
            draw,
            chosen,
            seeds,
            units=units,
            background=values_of(held.take(background)).astype(np.float64),
            width=self._width(draw.n_chosen),
            n_threads=self._n_threads(),
            on_progress=self.on_progress,
        )
        features = [draw.columns(seed) for seed in seeds]
        if kept:
            self.model_ = self.model_.joined(model)
            self.estimators_ += self.model_.trees()[kept:]
            self.estimators_samples_ += samples
            self.estimators_features_ += features
        else:
            self.model_ = model
            self.estimators_ = model.trees()
            self.estimators_samples_ = samples
            self.estimators_features_ = features
        self.max_samples_ = draw.size

    def _kept_units(self) -> Units:
        return Units(self.model_.center, self.model_.scale, self.model_.deviation)

    def _kept_trees(self, n_columns: int) -> int:
        """Return how many trees of the last fit are kept."""
        if not self.warm_start or not hasattr(self, "model_"):
            return 0
        kept = self.model_.n_trees
        if self.n_estimators < kept:
            raise ValueError(
                f"n_estimators={self.n_estimators} must be larger or equal to len(estimators_)={kept} when "
                "warm_start==True"
            )
        if self.model_.n_features != n_columns:
            raise ValueError(
                f"the table has {n_columns} columns and the trees of the last fit {self.model_.n_features}: give the "
                "same columns, or set warm_start=False"
            )
        width = None if self.model_.coefficients is None else self.model_.coefficients.shape[2]
        if width != self._width(self._n_chosen(n_columns)):
            raise ValueError(
                "hyperplane_features, or max_features with 'all', differs from that of the last fit: set it back, or "
                "set warm_start=False"
            )
        return kept

    def _draw(self, table: Table, *, weighted: bool) -> Draw:
        n_rows = count_rows(table)
        if n_rows == 0:
            raise EmptyTableError("the table has no rows: give at least one")
        may_lack_all = table.has_missing and not isinstance(table.rows, SparseRows)
        weights = weights_of(table) if weighted or may_lack_all else None
        if weights is not None and not weighted and (weights.all() or not weights.any()):
            weights = None
        counted = n_rows if weights is None else int(np.count_nonzero(weights))
        if counted == 0:
            raise EmptyTableError(
                "every row has weight zero or no values: give at least one row with a weight and a value"
            )
        return Draw(
            n_rows=n_rows,
            size=self._sample_size(counted),
            repeated=self.bootstrap,
            cumulative=None if weights is None else _running_sums(weights),
            n_columns=table.n_columns,
            n_chosen=self._n_chosen(table.n_columns),
        )

    def _sample_size(self, n_rows: int) -> int:
        if isinstance(self.max_samples, str):
            return min(_AUTO_SAMPLES, n_rows)
        if not isinstance(self.max_samples, Integral):
            return _checked_size(max(1, int(self.max_samples * n_rows)))
        if self.max_samples > n_rows:
            warn(
                f"max_samples ({self.max_samples}) is greater than the total number of samples ({n_rows}). "
                "max_samples will be set to n_samples for estimation."
            )
        return _checked_size(int(min(self.max_samples, n_rows)))

    def _n_chosen(self, n_columns: int) -> int:
        if not isinstance(self.max_features, Integral):
            return max(1, int(self.max_features * n_columns))
        if self.max_features > n_columns:
            raise ValueError(f"max_features={self.max_features} must be <= n_features={n_columns}")
        return int(self.max_features)

    def _width(self, n_chosen: int) -> int | None:
        """Return the columns of a hyperplane, None for splits along one column."""
        if self.hyperplane_features is None:
            return None
        if self.hyperplane_features == "all":
            return n_chosen
        if self.hyperplane_features > n_chosen:
            raise ValueError(
                f"hyperplane_features={self.hyperplane_features}, and each tree sees {n_chosen} columns: give at most "
                "as many, or 'all'"
            )
        return int(self.hyperplane_features)

    def _n_threads(self) -> int:
        if self.n_jobs == 0:
            raise ValueError("n_jobs must not be 0: give a number of threads, or None for all processors")
        if self.n_jobs is None:
            return available_processors()
        return self.n_jobs if self.n_jobs > 0 else max(1, available_processors() + 1 + self.n_jobs)

    @contextmanager
    def _opened(self, X: Source, sample_weight: ArrayLike | None) -> Iterator[Table]:
        if scipy.sparse.issparse(X):
            yield self._in_threads(table_for(self, X, self._sparse_rows(X, sample_weight)))
        else:
            with opened_table(self, X, sample_weight, missing=self._missing, at_least=1) as table:
                yield self._in_threads(table)

    def _table(self, X: Source) -> Table:
        if not scipy.sparse.issparse(X):
            return self._in_threads(super()._table(X))
        check_is_fitted(self)
        return self._in_threads(table_for(self, X, self._sparse_rows(X, None, reset=False)))

    def _in_threads(self, table: Table) -> Table:
        """Return a table whose passes run in `n_jobs` threads, unless an engine of the user's runs them."""
        if table.engine is self.engine or not isinstance(table.engine, ThreadEngine):
            return table
        return replace(table, engine=ThreadEngine(self._n_threads()))

    def _sparse_rows(self, X: Source, sample_weight: ArrayLike | None, *, reset: bool = True) -> SparseRows:
        matrix = validate_data(
            self,
            X,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            ensure_all_finite="allow-nan",
            reset=reset,
        )
        if sample_weight is None:
            return SparseRows(matrix)
        weights = _check_sample_weight(sample_weight, matrix, dtype=np.float64, ensure_non_negative=True)
        return SparseRows(matrix, weights)


def _checked_size(size: int) -> int:
    if size > _MOST_SAMPLES:
        raise ValueError(
            f"each tree would see {size} rows, and nodes are numbered up to {_MOST_SAMPLES}: lower max_samples"
        )
    return size


def _running_sums(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the running sums of weights, scaled so that they stay finite."""
    return np.cumsum(weights / weights.max())
