"""What the mixture estimators share: fitting from several starts, and the answers a fitted mixture gives."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, ClassVar, Generic, Literal, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from ...distributions.covariance import Covariance
from ...distributions.impute import imputer
from ...distributions.missing import ObservedPasses
from ...distributions.mixture import Mixture
from ...distributions.passes import Model, Passes
from ...distributions.shapes import SHAPES
from ...engines import Engine, EngineName
from ...engines.progress import OnProgress
from ...errors import EmptyTableError, warn
from ...intake.sources import Source, fitting_table, scoring_table
from ...intake.table import Table
from ...rows import Block
from ...typing import Floats
from .by_hand import PARAMETERS, changed, described, sealed
from .checks import check_ridge
from .expectation import passes_for
from .initialize import Method
from .loop import Fit, fitted
from .report import Report
from .settings import Settings, check_enough, objective_of
from .state import Fitted
from .updates import M

F = TypeVar("F", bound=Fitted)
S_co = TypeVar("S_co", covariant=True)

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


class MixtureEstimator(DensityMixin, BaseEstimator, Generic[M, F]):  # type: ignore[misc]  # scikit-learn has no types
    """Base of the mixture estimators: a subclass turns its parameters into settings, which say how a fit is made."""

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

    # Attributes that describe more of a fit than its mixture, and are not set by hand.
    _fixed: ClassVar[frozenset[str]] = frozenset()

    # What is kept of a fit, digests of the attributes that say so, and the name of what the fit raised.
    _fitted: F | None = None
    _seals: Mapping[str, bytes] = MappingProxyType({})
    _fixed_seals: Mapping[str, bytes] = MappingProxyType({})
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
            fit_table(self, table)
        return self

    def fit_predict(self, X: Source, y: Any = None, *, sample_weight: ArrayLike | None = None) -> NDArray[np.int64]:
        """Fit the mixture and return the component of each row of `X`; `sample_weight` is as for `fit`."""
        with fitting_table(self, X, sample_weight) as table:
            fit_table(self, table)
            return table.watched("scoring").gather(self._passes(table).labels, dtype=np.int64)

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
        table = self._table(X, sample_weight).watched("scoring")
        parts = table.map(_MeanOfBlock(self._passes(table)))
        total = weight = 0.0
        for mean, part in parts:
            total += mean * part
            weight += part
        if not weight > 0:
            raise EmptyTableError("every row has weight zero: give at least one positive weight")
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
        table = self._table(X).watched("imputing")
        fill = imputer(self._model.components, table.dtype, method, self.random_state)
        return table.gather(fill, (table.n_columns,), table.dtype)

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
    def _settings(self) -> Settings[M, F]:
        """Return the parameters as what says how a fit is made."""

    @property
    def mixture_(self) -> Mixture:
        """The mixture that `weights_`, `means_` and `covariances_` describe; assigning one sets these."""
        return self._settled().mixture

    @mixture_.setter
    def mixture_(self, mixture: Mixture) -> None:
        if not isinstance(mixture, Mixture):
            raise TypeError(f"mixture_ must be a Mixture, not a {type(mixture).__name__}")
        self._keep(self._settings().given(mixture), np.dtype(np.float64))

    @property
    def _model(self) -> Model:
        """What rows are scored by."""
        return self._settled().scored

    def _check_fitted(self) -> None:
        check_is_fitted(self)
        self._settled()

    def _settled(self) -> F:
        """Return what is known of the fit; where parameters were set by hand, everything else follows."""
        present = {name: value for name, value in vars(self).items() if name in self._parameters}
        fitted = self._fitted
        if fitted is None or changed(present, self._seals):
            known = None if fitted is None else fitted.mixture
            mixture, order = described(present, known, self._seals, self.covariance_type)
            single = all(np.asarray(present[name]).dtype == np.float32 for name in ("weights_", "means_"))
            if fitted is None or order is None:
                fitted = self._settings().given(mixture)
            else:
                fitted = fitted.reordered(mixture, order)
            touched = {name: vars(self)[name] for name in self._touched()}
            self._keep(fitted, np.dtype(np.float32 if single else np.float64))
            self.__dict__.update(touched)
        for name in self._touched():
            raise ValueError(
                f"{name} describes the posterior distribution of a fit, and was set by hand: set weights_, means_ "
                "and covariances_ alone, or call fit"
            )
        return fitted

    def _touched(self) -> list[str]:
        """Return the names of attributes that were set by hand and cannot be."""
        fixed = {name: value for name, value in vars(self).items() if name in self._fixed}
        return [name for name, seal in sealed(fixed).items() if seal != self._fixed_seals.get(name)]

    def _take_over(self, fit: Fit[M], fitted: F, dtype: "np.dtype[Any]") -> None:
        """Set the fitted attributes, in the type of the rows."""
        fit.model.components.check_range(dtype)  # before any of them is set
        if not fit.converged and self.max_iter > 0:
            warn(
                "Best performing initialization did not converge. Try different init parameters, or increase "
                "max_iter, tol, or check for degenerate data.",
                ConvergenceWarning,
            )
        if fitted.emptied:
            warn(
                f"components {', '.join(map(str, fitted.emptied))} of {self.n_components} lost all their rows and keep "
                "weight 0: use fewer components, or another random_state or init_params",
                ConvergenceWarning,
            )
        self.converged_ = fit.converged
        self.n_iter_ = fit.n_iter
        self.lower_bound_ = fit.lower_bound
        self.lower_bounds_ = list(fit.lower_bounds)
        self._keep(fitted, dtype)

    def _keep(self, fitted: F, dtype: "np.dtype[Any]") -> None:
        """Set the attributes that describe a fit, or a mixture set by hand."""
        for name in self._parameters | self._fixed | {"posterior_"}:
            self.__dict__.pop(name, None)
        attributes = fitted.attributes(dtype)
        self.__dict__.update(attributes)
        if getattr(self, "n_features_in_", None) != fitted.mixture.n_features:
            self.n_features_in_ = fitted.mixture.n_features
            self.__dict__.pop("feature_names_in_", None)
        self._fitted = fitted
        self._seals = sealed({name: value for name, value in attributes.items() if name in self._parameters})
        self._fixed_seals = sealed({name: value for name, value in attributes.items() if name in self._fixed})
        self._objective = None

    def _check_last_fit(self, n_columns: int, what: str, remedy: str) -> None:
        last = self.mixture_
        asked = f"{self.n_components} {self._shape.described()} components of {n_columns} columns"
        found = f"{last.n_components} {last.covariance.described()} components of {last.n_features} columns"
        if asked != found:
            raise ValueError(f"{what} goes on from {found}, not with {asked}: {remedy}")

    def _table(self, X: Source, sample_weight: ArrayLike | None = None) -> Table:
        """Return a table to answer for."""
        self._check_fitted()
        return scoring_table(self, X, sample_weight)

    def _passes(self, table: Table) -> Passes | ObservedPasses:
        return passes_for(self._model.components, table.rows)

    def _map(self, X: Source, name: str, tail: tuple[int, ...], dtype: "np.dtype[Any] | None" = None) -> NDArray[Any]:
        table = self._table(X).watched("scoring")
        return table.gather(getattr(self._passes(table), name), tail, dtype or table.dtype)

    def _log_likelihood(self, X: Source, sample_weight: ArrayLike | None) -> tuple[float, float]:
        """Return the log-likelihood of the rows and the weight of those with any value."""
        table = self._table(X, sample_weight)
        total, _, weight = table.fold(self._passes(table).likelihoods, np.zeros(3)).tolist()
        if not weight:
            raise EmptyTableError(
                "every value is missing, or every row has weight zero: a criterion needs at least one row with a "
                "weight and a value"
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


def fit_table(estimator: MixtureEstimator[Any, Any], table: Table) -> None:
    """Fit an estimator to the rows of a table.

    Parameters
    ----------
    estimator : GaussianMixture or BayesianGaussianMixture
        Its parameters say how; it keeps the fit.
    table : Table
        The table.
    """
    estimator._validate_params()
    settings = estimator._settings()
    check_enough(table, settings.n_components)
    going_on = estimator.warm_start and hasattr(estimator, "mixture_")
    if going_on:
        estimator._check_last_fit(table.n_columns, "warm_start", "set warm_start=False")
        settings = settings.after(estimator._settled())
    algorithm = settings.algorithm(table)
    objective = objective_of(estimator, table) if estimator.warm_start else None
    report = Report(len(algorithm.starts), estimator.on_progress, estimator.verbose, estimator.verbose_interval)
    if going_on:
        same = estimator._objective == objective
        fit = fitted(
            algorithm,
            last=settings.resumed(estimator._settled(), algorithm.update, table, same=same),
            # A bound of other rows, or of another model, says nothing of what an iteration gains.
            previous_bound=estimator.lower_bound_ if same else float("-inf"),
            on_iteration=replace(report, n_starts=1),
        )
    else:
        fit = fitted(algorithm, on_iteration=report)
    take_over(estimator, fit, table)
    estimator._objective = objective


def take_over(estimator: MixtureEstimator[M, F], fit: Fit[M], table: Table) -> None:
    """Let an estimator keep a fit to the rows of a table, as if it had made it."""
    estimator._take_over(fit, estimator._settings().kept(fit, table), table.dtype)


def settings_of(estimator: "_Set[S_co]") -> S_co:
    """Return the parameters of an estimator as what says how a fit is made."""
    return estimator._settings()


class _Set(Protocol[S_co]):
    def _settings(self) -> S_co: ...


def same_columns(estimator: BaseEstimator, other: BaseEstimator) -> None:
    """Let an estimator have the columns of another, with their names."""
    estimator.n_features_in_ = other.n_features_in_
    if hasattr(other, "feature_names_in_"):
        estimator.feature_names_in_ = other.feature_names_in_
    for name in ("_kinds", "_coded"):
        if hasattr(other, name):
            setattr(estimator, name, getattr(other, name))
