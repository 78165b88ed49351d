"""What the mixture estimators share: fitting from several starts, and the answers a fitted mixture gives."""

import pickle
import sys
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import count as count_from
from numbers import Integral, Real
from typing import Any, ClassVar, Generic, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from ...distributions.covariance import Covariance
from ...distributions.impute import imputer
from ...distributions.matrices import Floats
from ...distributions.missing import ObservedPasses
from ...distributions.mixture import Mixture
from ...distributions.passes import Model, Passes
from ...distributions.shapes import SHAPES
from ...engines import Engine, EngineName, engine_for
from ...engines.gather import gather
from ...engines.progress import OnProgress, watched
from ...errors import EmptyTableError, warn
from ...intake.sample import Sample, take_sample
from ...intake.sources import Source, fitting_table, scoring_table
from ...intake.table import Table
from ...rows import Block, Rows
from .by_hand import PARAMETERS, Known, described, parameters_of, sealed
from .checks import check_ridge
from .expectation import Expectation, passes_for
from .initialize import Method, divide, model_of
from .loop import Fit, FitProgress, Step, run_em
from .starts import SAMPLE_STARTS, SHORT_RUN, best_fit, best_on_sample
from .streaming import digest
from .updates import M, Update

TakeSample = Callable[[], Sample]
Division = Callable[[Sample, np.random.RandomState], Floats]

CONSTRAINTS: dict[str, Any] = {
    "n_components": [Interval(Integral, 1, None, closed="left")],
    "covariance_type": [StrOptions(set(SHAPES))],
    "tol": [Interval(Real, 0.0, None, closed="left")],
    "reg_covar": [Interval(Real, 0.0, None, closed="left")],
    "max_iter": [Interval(Integral, 0, None, closed="left")],
    "n_init": [Interval(Integral, 1, None, closed="left")],
    "init_params": [StrOptions({"kmeans", "random", "random_from_data", "k-means++"})],
    "random_state": ["random_state"],
    "warm_start": ["boolean"],
    "verbose": ["verbose"],
    "verbose_interval": [Interval(Integral, 1, None, closed="left")],
    "engine": "no_validation",
    "on_progress": [callable, None],
}

# Parameters that say how a fit is sought, and not what is fitted.
_SEEKING = {
    "n_init",
    "init_params",
    "weights_init",
    "means_init",
    "precisions_init",
    "tol",
    "max_iter",
    "moves",
    "random_state",
    "warm_start",
    "verbose",
    "verbose_interval",
    "engine",
    "on_progress",
}


class MixtureEstimator(DensityMixin, BaseEstimator, Generic[M]):  # type: ignore[misc]  # scikit-learn has no types
    """Base of the mixture estimators: subclasses say how a model follows from moments, and what is kept of a fit."""

    _parameter_constraints: ClassVar[dict[str, Any]] = CONSTRAINTS

    n_components: int
    covariance_type: str
    tol: float
    reg_covar: float
    max_iter: int
    n_init: int
    init_params: Method
    random_state: Any
    warm_start: bool
    verbose: int
    verbose_interval: int
    engine: Engine | EngineName | None
    on_progress: OnProgress | None

    # Weights that scikit-learn routes to a fit are routed to its score too, unless the user says otherwise.
    __metadata_request__score: ClassVar[dict[str, bool]] = {"sample_weight": True}

    # The attributes that describe the mixture, in any combination that does.
    _parameters: ClassVar[frozenset[str]] = PARAMETERS

    _known: Known | None = None
    _objective: bytes | None = None

    def fit(self, X: Source, y: Any = None, *, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the mixture to the rows of `X`.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table. NaN and null are missing values: the fit has the highest likelihood of the values that are there,
            which is right when values are missing for reasons that those explain [1]_. A row without any value takes no
            part, and its log density is zero.
        y : ignored
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row: a row of weight two counts as two equal rows.

        Returns
        -------
        self

        Raises
        ------
        DataError
            A column has no value at all; or values or weights are so large that sums of their squares overflow, or the
            weights so small in all that they are lost in rounding; or the rows of a file, query or Dask collection
            cannot be used, where arrays and frames raise scikit-learn's ValueError.
        SingularCovarianceError
            The covariance of a component cannot be inverted; a ValueError too.

        Warns
        -----
        ConvergenceWarning
            No start converged in `max_iter` iterations, or a component lost all its rows.

        References
        ----------
        .. [1] Little and Rubin (2019), "Statistical Analysis with Missing Data", sections 6.2 and 11.2.
        """
        with fitting_table(self, X, sample_weight) as table:
            rows = table.rows
            self._fit_rows(rows, self._engine(X))
        return self

    def fit_predict(self, X: Source, y: Any = None, *, sample_weight: ArrayLike | None = None) -> NDArray[np.int64]:
        """Fit the mixture and return the component of each row of `X`; `sample_weight` is as for `fit`."""
        with fitting_table(self, X, sample_weight) as table:
            rows = table.rows
            engine = self._engine(X)
            self._fit_rows(rows, engine)
            engine = watched(engine, self.on_progress, "scoring")
            return gather(engine, rows, self._passes(rows).labels, (), np.dtype(np.int64))

    def predict(self, X: Source) -> NDArray[np.int64]:
        """Return the most probable component of each row of `X`, shape (n_rows,); -1 is noise."""
        return self._map(X, "labels", (), np.dtype(np.int64))

    def predict_proba(self, X: Source) -> NDArray[Any]:
        """Return the probability of each component given each row of `X`, shape (n_rows, n_components).

        With noise the rest of one is the probability of noise.
        """
        self._check_fitted()
        return self._map(X, "responsibilities", (self.mixture_.n_components,))

    def score_samples(self, X: Source) -> NDArray[Any]:
        """Return the log density of each row of `X`, shape (n_rows,): of the values that are there."""
        return self._map(X, "log_density", ())

    def score(self, X: Source, y: Any = None, sample_weight: ArrayLike | None = None) -> float:
        """Return the mean log density of the rows of `X`, weighted by `sample_weight`.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table.
        y : ignored
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row: a row of weight two counts as two equal rows.

        Raises
        ------
        EmptyTableError
            Every row has weight zero.
        """
        rows = self._rows(X, sample_weight)
        engine = watched(self._engine(X), self.on_progress, "scoring")
        parts = engine.map(rows, _MeanOfBlock(self._passes(rows)))
        total = weight = 0.0
        for mean, part in parts:
            total += mean * part
            weight += part
        if not weight > 0:
            raise EmptyTableError("every row has weight zero: at least one must count")
        return total / weight

    def sample(self, n_samples: int = 1) -> tuple[Floats, NDArray[np.int64]]:
        """Draw rows from the fitted mixture, `n_samples` of them.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Rows, grouped by component.
        y : ndarray of shape (n_samples,)
            Their components.

        Raises
        ------
        ValueError
            Less than one row is asked for.
        """
        self._check_fitted()
        if n_samples < 1:
            raise ValueError(f"Invalid value for 'n_samples': {n_samples} . The sampling requires at least one sample.")
        return self.mixture_.sample(n_samples, check_random_state(self.random_state))

    def impute(self, X: Source, *, method: Literal["mean", "draw"] = "mean") -> NDArray[Any]:
        """Return the rows of `X` with their missing values filled in, shape (n_rows, n_features).

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table; NaN and null are missing values.
        method : {'mean', 'draw'}, default='mean'
            Fill with what the mixture expects given the values of the row, or with draws from its conditional
            distribution, seeded by `random_state`. See `Mixture.impute`.
        """
        rows = self._rows(X)
        fill = imputer(self._model.components, rows.dtype, method, self.random_state)
        engine = watched(self._engine(X), self.on_progress, "imputing")
        return gather(engine, rows, fill, (rows.n_columns,), rows.dtype)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _validate_params(self) -> None:
        super()._validate_params()
        check_ridge(self.reg_covar)

    @property
    def _shape(self) -> type[Covariance]:
        """Covariance shape."""
        return SHAPES[self.covariance_type]

    @abstractmethod
    def _update(self, rows: Rows, engine: Engine) -> Update[M]:
        """Return the update rule for the rows of a table."""

    @abstractmethod
    def _resumed(self, update: Update[M], rows: Rows, engine: Engine, *, same: bool = False) -> M:
        """Return where a fit goes on from that starts at the last one."""

    @property
    def mixture_(self) -> Mixture:
        """The mixture that `weights_`, `means_` and `covariances_` describe; assigning one sets these."""
        return self._settled().mixture

    @mixture_.setter
    def mixture_(self, mixture: Mixture) -> None:
        if not isinstance(mixture, Mixture):
            raise TypeError(f"mixture_ must be a Mixture, not a {type(mixture).__name__}")
        self._keep_mixture(mixture, np.dtype(np.float64), None)
        self._changed_by_hand(None)

    @property
    def _model(self) -> Model:
        """What rows are scored by."""
        return self.mixture_

    def _check_fitted(self) -> None:
        check_is_fitted(self)
        self._settled()

    def _settled(self) -> Known:
        """Return what the fitted parameters say. Where some were set by hand, the others follow."""
        attributes = {name: value for name, value in vars(self).items() if name in self._parameters}
        known = self._known
        if known is not None and not known.changed(attributes):
            return known
        mixture, order = described(attributes, known, self.covariance_type)
        single = all(np.asarray(attributes[name]).dtype == np.float32 for name in ("weights_", "means_"))
        before = None if known is None else known.order
        self._keep_mixture(mixture, np.dtype(np.float32 if single else np.float64), _composed(before, order))
        self._changed_by_hand(order)
        settled = self._known
        assert settled is not None, "it was kept"
        return settled

    @abstractmethod
    def _changed_by_hand(self, order: NDArray[np.int64] | None) -> None:
        """Let what else is known of a fit follow parameters set by hand: those of its components in another `order`."""

    def _keep_fit(self, fit: Fit[M], dtype: "np.dtype[Any]") -> None:
        """Set the fitted attributes, in the type of the rows."""
        fit.model.components.check_range(dtype)  # before any of them is set
        if not fit.converged and self.max_iter > 0:
            warn(
                "Best performing initialization did not converge. Try different init parameters, or increase "
                "max_iter, tol, or check for degenerate data.",
                ConvergenceWarning,
            )
        self.converged_ = fit.converged
        self.n_iter_ = fit.n_iter
        self.lower_bound_ = fit.lower_bound
        self.lower_bounds_ = list(fit.lower_bounds)

    def _keep_mixture(self, mixture: Mixture, dtype: "np.dtype[Any]", order: NDArray[np.int64] | None) -> None:
        """Set the parameters of a mixture, whose components are those of the fit in some order, or others."""
        for name in self._parameters:
            self.__dict__.pop(name, None)
        attributes = parameters_of(mixture, dtype)
        self.__dict__.update(attributes)
        if getattr(self, "n_features_in_", None) != mixture.n_features:
            self.n_features_in_ = mixture.n_features
            self.__dict__.pop("feature_names_in_", None)
        self._known = Known(mixture, order, sealed(attributes))
        self._objective = None

    def _expectation(self, rows: Rows, engine: Engine, take: TakeSample) -> Expectation:
        """Return the E-step over the rows."""
        return Expectation(rows, engine)

    def _divisions(self) -> list[Division]:
        """Return the ways in which a sample is divided to start from; the best of them becomes the start."""
        return [self._divide]

    def _divide(self, sample: Sample, random_state: np.random.RandomState) -> Floats:
        return divide(sample, self.n_components, self.init_params, random_state)

    def _first(self, sample: Sample, shares: Floats, update: Update[M]) -> M:
        """Return the model of one start."""
        return model_of(sample, shares, update)

    def _starts(
        self, expect: Expectation, update: Update[M], take: TakeSample, random_state: np.random.RandomState
    ) -> list[Callable[[], M]]:
        """Return what makes a first model, once for each start."""
        divisions = self._divisions()

        def draw(division: Division) -> M:
            return self._first(take(), division(take(), random_state), update)

        def start() -> M:
            if take().whole and len(divisions) == 1:
                return draw(divisions[0])
            repeats = 1 if take().whole else max(SAMPLE_STARTS // len(divisions), 1)
            draws = [partial(draw, division) for division in divisions] * repeats
            return best_on_sample(expect, take(), draws, update, tol=self.tol)

        return [start] * self.n_init

    @abstractmethod
    def _forget(self) -> None:
        """Drop what an earlier fit and batches left behind."""

    def _check_enough(self, rows: Rows) -> None:
        if rows.n_rows is not None and rows.n_rows < self.n_components:
            raise ValueError(
                f"Expected n_samples >= n_components but got n_components = {self.n_components}, "
                f"n_samples = {rows.n_rows}"
            )

    def _short_fit(self, rows: Rows, engine: Engine, update: Update[M]) -> M:
        """Return the model that the first batch of a table starts with."""
        random_state = check_random_state(self.random_state)
        take = cache(lambda: take_sample(Table(rows, engine), random_state, self.n_components))
        expect = self._expectation(rows, engine, take)
        starts = self._starts(expect, update, take, random_state)
        return best_fit(expect, starts, update, tol=self.tol, max_iter=min(SHORT_RUN, self.max_iter)).model

    def _fit_rows(self, rows: Rows, engine: Engine) -> Fit[M]:
        self._validate_params()
        self._check_enough(rows)
        random_state = check_random_state(self.random_state)
        take = cache(lambda: take_sample(Table(rows, engine), random_state, self.n_components))
        update = self._update(rows, engine)
        expect = self._expectation(rows, engine, take)
        objective = self._objective_of(rows, engine) if self.warm_start else None
        if self.warm_start and hasattr(self, "mixture_"):
            self._check_last_fit(rows.n_columns, "warm_start", "set warm_start=False")
            same = self._objective == objective
            report = _Report(self, 1)
            fit = run_em(
                expect,
                Fit(self._resumed(update, rows, engine, same=same)),
                update,
                tol=self.tol,
                max_iter=self.max_iter,
                # A bound of other rows, or of another model, says nothing of what an iteration gains.
                previous_bound=self.lower_bound_ if same else float("-inf"),
                on_iteration=lambda state, change: report(0, state, change),
            )
        else:
            starts = self._starts(expect, update, take, random_state)
            fit = best_fit(
                expect,
                starts,
                update,
                tol=self.tol,
                max_iter=self.max_iter,
                on_iteration=_Report(self, len(starts)),
            )
        fit = self._finish(fit, expect, update, take)
        if fit.step is None:
            fit = replace(fit, step=Step(fit.model, expect(fit.model), update))
        self._forget()
        self._keep_fit(fit, rows.dtype)
        self._objective = objective
        return fit

    def _objective_of(self, rows: Rows, engine: Engine) -> bytes:
        """Return a name for what a fit raises: only equal rows and equal parameters share it."""
        parameters = {name: value for name, value in self.get_params(deep=False).items() if name not in _SEEKING}
        return digest(rows, engine) + pickle.dumps(parameters)

    def _finish(self, fit: Fit[M], expect: Expectation, update: Update[M], take: TakeSample) -> Fit[M]:
        """Return the fit that is kept, given the best of all starts."""
        return fit

    def _check_last_fit(self, n_columns: int, what: str, remedy: str) -> None:
        last = self.mixture_
        asked = f"{self.n_components} {self._shape.described()} components of {n_columns} columns"
        found = f"{last.n_components} {last.covariance.described()} components of {last.n_features} columns"
        if asked != found:
            raise ValueError(f"{what} goes on from {found}, not with {asked}: {remedy}")

    def _engine(self, X: Source) -> Engine:
        return engine_for(self.engine, X)

    def _rows(self, X: Source, sample_weight: ArrayLike | None = None) -> Rows:
        """Return the rows of a table to answer for."""
        self._check_fitted()
        return scoring_table(self, X, sample_weight).rows

    def _passes(self, rows: Rows) -> Passes | ObservedPasses:
        return passes_for(self._model.components, rows)

    def _map(self, X: Source, name: str, tail: tuple[int, ...], dtype: "np.dtype[Any] | None" = None) -> NDArray[Any]:
        rows = self._rows(X)
        engine = watched(self._engine(X), self.on_progress, "scoring")
        return gather(engine, rows, getattr(self._passes(rows), name), tail, dtype or rows.dtype)

    def _log_likelihood(self, X: Source, sample_weight: ArrayLike | None) -> tuple[float, float]:
        """Return the log-likelihood of the rows and the weight of those with any value."""
        rows = self._rows(X, sample_weight)
        total, _, weight = self._engine(X).fold(rows, self._passes(rows).likelihoods, np.zeros(3)).tolist()
        if not weight:
            raise EmptyTableError(
                "every value of every row is missing, or every row has weight zero: there is nothing that a criterion "
                "could judge"
            )
        return total, weight


@dataclass(frozen=True)
class _MeanOfBlock:
    """A pass that gives the mean log density of the rows of a block, and their weight."""

    passes: Passes | ObservedPasses

    def __call__(self, block: Block) -> tuple[float, float]:
        log_density = self.passes.log_density(block)
        if block.weights is None:
            # Summed in the type of the rows, so that it is the mean of `score_samples` to the last digit.
            return float(log_density.mean()), float(len(log_density))
        weight = float(block.weights.sum())
        return (float(block.weights @ log_density) / weight if weight else 0.0), weight


def _composed(before: NDArray[np.int64] | None, order: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
    return None if before is None or order is None else before[order]


class _Report:
    """Tells `on_progress`, and standard output when the user asked for it by `verbose`."""

    def __init__(self, estimator: "MixtureEstimator[Any]", n_starts: int) -> None:
        self._estimator = estimator
        self._n_starts = n_starts
        self._done = count_from(1)

    def __call__(self, start: int, fit: Fit[Any], change: float) -> None:
        estimator = self._estimator
        if estimator.on_progress is not None:
            estimator.on_progress(
                FitProgress(
                    "fitting",
                    next(self._done),
                    None,
                    "iterations",
                    start=start,
                    n_starts=self._n_starts,
                    iteration=fit.n_iter,
                    lower_bound=fit.lower_bound,
                    change=change,
                )
            )
        if not estimator.verbose:
            return
        if fit.n_iter == 1:
            sys.stdout.write(f"Initialization {start}\n")
        if fit.converged:
            sys.stdout.write(f"Initialization converged after {fit.n_iter} iterations.\n")
        elif fit.n_iter % estimator.verbose_interval == 0:
            detail = f"\t lower bound {fit.lower_bound:.5f}\t change {change:.5f}" if estimator.verbose > 1 else ""
            sys.stdout.write(f"  Iteration {fit.n_iter}{detail}\n")
