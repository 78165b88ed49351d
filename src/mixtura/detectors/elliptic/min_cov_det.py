"""`MinCovDet`: robust location and covariance, with scikit-learn's interface."""

from collections.abc import Mapping
from numbers import Real
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import EmpiricalCovariance
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from ...distributions.matrices import frozen
from ...engines import OnProgress
from ...engines.single import single_thread
from ...errors import DataError
from ...intake.extent import check_extent
from ...intake.sources import Source, names_of, opened_table, scoring_table
from ...intake.table import Table
from ...mixtures.em.by_hand import sealed
from ...mixtures.em.checks import check_numbers
from ...typing import Floats
from .corrections import raw_factor
from .model import Elliptic, off_plane, precision_of, whitening
from .robust_covariance import Estimate, Start, fit_robust, reweighted, support_size
from .tiles import TiledTable, tiled


class MinCovDet(EmpiricalCovariance):  # type: ignore[misc]  # scikit-learn has no types
    """Minimum covariance determinant: location and covariance that nearly half of the rows cannot carry away.

    Parameters, defaults, attributes and methods follow `sklearn.covariance.MinCovDet`; `start` is added. Tables
    may also be a path, a glob, a DuckDB query, a Dask array or frame, or `Rows`. The fit holds the table in memory
    once.

    The raw estimate is the mean and covariance of the h rows whose covariance has the least determinant, found by
    Fast-MCD [1]_ or DetMCD [2]_; one column is solved exactly. It is multiplied by the consistency factor for h of n
    rows [3]_ and by a small-sample factor [4]_; the rows within the 97.5 % point of chi-squared under it give the
    reweighted estimate, with both factors again.

    Parameters
    ----------
    store_precision : bool, default=True
        Whether `precision_` is stored.
    assume_centered : bool, default=False
        Whether the location is known to be zero. The rows are chosen as without it; the covariances are then about
        zero.
    support_fraction : float, optional
        h as a share of the rows, in (0, 1]. Default: h = (n_rows + n_features + 1) / 2, which withstands most outliers.
    random_state : int, RandomState instance or None, default=None
        Seed of the random starts.
    start : {'random', 'deterministic'}, default='random'
        Random starts, or the six of DetMCD, which involve no chance, take no seed, and are not affine equivariant.
    on_progress : callable, optional
        Told a `Progress` while the table is fitted and while distances of rows are measured.

    Attributes
    ----------
    location_ : ndarray of shape (n_features,)
        Reweighted location.
    covariance_ : ndarray of shape (n_features, n_features)
        Reweighted covariance with its factors.
    precision_ : ndarray of shape (n_features, n_features) or None
        Its inverse, or a generalised inverse where it is singular.
    support_ : ndarray of shape (n_rows,)
        Which rows make the reweighted estimate.
    dist_ : ndarray of shape (n_rows,)
        Squared Mahalanobis distances of the rows fitted, under the reweighted estimate.
    raw_location_ : ndarray of shape (n_features,)
        Mean of the h rows.
    raw_covariance_ : ndarray of shape (n_features, n_features)
        Their covariance, without factors.
    raw_support_ : ndarray of shape (n_rows,)
        Which rows they are.
    model_ : Elliptic
        Location and covariance as a frozen value.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, when they have names.

    Notes ----- Estimates differ from scikit-learn's in three ways: they have small-sample factors, covariances are
    divided by h - 1 and not by h, and a small table gets thousands of starts and not 30.

    If half of the rows lie on a hyperplane, there is no robust covariance: the error names the hyperplane, where
    scikit-learn continues with a pseudo-inverse. If all rows lie on one, the table is fitted within it, with a warning.

    `location_` with `covariance_` or `precision_` may be set by hand, without a fit too. Distances then follow the
    values that were set; the covariance and the precision follow each other.

    References
    ----------
    .. [1] Rousseeuw and Van Driessen (1999), "A fast algorithm for the minimum covariance determinant estimator",
       Technometrics 41.
    .. [2] Hubert, Rousseeuw and Verdonck (2012), "A deterministic algorithm for robust location and scatter", Journal
       of Computational and Graphical Statistics 21.
    .. [3] Croux and Haesbroeck (1999), "Influence function and efficiency of the minimum covariance determinant scatter
       matrix estimator", Journal of Multivariate Analysis 71.
    .. [4] Pison, Van Aelst and Willems (2002), "Small sample corrections for LTS and MCD", Metrika 55.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import MinCovDet
    >>> X = np.random.default_rng(0).normal(size=(500, 2)) @ [[2.0, 1.0], [0.0, 1.0]]
    >>> X[:100] += 50
    >>> mcd = MinCovDet(random_state=0).fit(X)
    >>> mcd.location_.round(1)
    array([-0.2, -0.1])
    >>> mcd.covariance_.round(1)
    array([[4.2, 2.1],
           [2.1, 2. ]])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **EmpiricalCovariance._parameter_constraints,
        "support_fraction": [Interval(Real, 0, 1, closed="right"), None],
        "random_state": ["random_state"],
        "start": [StrOptions({"random", "deterministic"})],
        "on_progress": [callable, None],
    }

    _model: Elliptic | None = None
    # Digests of location, covariance and precision: where one differs, it was set by hand since.
    _seals: Mapping[str, bytes] = MappingProxyType({})

    def __init__(
        self,
        *,
        store_precision: bool = True,
        assume_centered: bool = False,
        support_fraction: float | None = None,
        random_state: Any = None,
        start: Start = "random",
        on_progress: OnProgress | None = None,
    ) -> None:
        self.store_precision = store_precision
        self.assume_centered = assume_centered
        self.support_fraction = support_fraction
        self.random_state = random_state
        self.start = start
        self.on_progress = on_progress

    def fit(self, X: Source, y: Any = None) -> Self:
        """Fit location and covariance to a table.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table, without missing values.
        y : Ignored
            For scikit-learn's interface.

        Returns
        -------
        self

        Raises
        ------
        SingularCovarianceError
            Half of the rows, but not all, lie on a hyperplane, or `support_fraction` leaves too few of them.
        DataError
            Values are too large or too small for squares, or missing.
        """
        self._validate_params()
        with single_thread("blas"), opened_table(self, X, missing="error") as table:
            names = names_of(self)
            tiles = _tiled(table, names)
            h = support_size(tiles.n_rows, tiles.n_columns, self.support_fraction)
            fit = fit_robust(
                tiles,
                h,
                self.start,
                check_random_state(self.random_state),
                centered=self.assume_centered,
                names=names,
                on_progress=self.on_progress,
            )
            self.raw_location_, self.raw_covariance_, self.raw_support_ = _arrays(fit.raw)
            self._keep(fit.reweighted)
            self.dist_ = self._distances(table)
        return self

    def correct_covariance(self, data: Source) -> Floats:
        """Return `raw_covariance_` with its factors, shape (n_features, n_features).

        Parameters
        ----------
        data : array-like of shape (n_rows, n_features), or any source of rows
            The table that was fitted.
        """
        self._refitted(data)
        _, rank = whitening(self.raw_covariance_)
        factor = raw_factor(len(self.raw_support_), rank, int(self.raw_support_.sum()))
        return np.asarray(factor * self.raw_covariance_)

    def reweight_covariance(self, data: Source) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Estimate anew from the rows near the raw estimate, as `fit` does.

        Parameters
        ----------
        data : array-like of shape (n_rows, n_features), or any source of rows
            The table that was fitted.

        Returns
        -------
        location : ndarray of shape (n_features,)
            Their mean.
        covariance : ndarray of shape (n_features, n_features)
            Their covariance with its factors.
        support : ndarray of shape (n_rows,)
            Which rows they are.
        """
        table = self._refitted(data)
        raw = Estimate(self.raw_location_, self.raw_covariance_, self.raw_support_)
        self._keep(reweighted(table, raw, centered=self.assume_centered))
        self.dist_ = self.mahalanobis(data)
        return self.location_, self.covariance_, self.support_

    def get_precision(self) -> Floats:
        """Return the inverse of `covariance_`, a generalised one where it is singular."""
        check_is_fitted(self)
        _ = self.model_  # where one of them was set by hand, the other follows
        return precision_of(self.covariance_) if self.precision_ is None else self.precision_

    def mahalanobis(self, X: Source) -> Floats:
        """Return the squared Mahalanobis distance of each row, shape (n_rows,).

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table, with the columns that were fitted.
        """
        check_is_fitted(self)
        _ = self.model_  # which notes the columns of what was set by hand
        return self._distances(scoring_table(self, X, missing="error"))

    def _distances(self, table: Table) -> Floats:
        return -table.watched("scoring").scores(self.model_)

    @property
    def model_(self) -> Elliptic:
        """Location and covariance as a frozen value; where they were set by hand, as they are now."""
        attributes = self._attributes()
        changed = [name for name, seal in sealed(attributes).items() if self._seals.get(name) != seal]
        if changed:
            self._set(*_given(attributes, changed))
        model = self._model
        if model is None:
            raise AttributeError("there is no model_ before fit, or before location_ and covariance_ are set")
        return model

    @model_.setter
    def model_(self, model: Elliptic) -> None:
        self._set(model.location.copy(), model.covariance.copy())

    def _attributes(self) -> dict[str, Any]:
        names = ("location_", "covariance_", "precision_")
        return {name: vars(self)[name] for name in names if vars(self).get(name) is not None}

    def _keep(self, estimate: Estimate) -> None:
        self.support_ = estimate.support
        self._set(estimate.location, estimate.covariance, len(self.raw_support_))

    def _set(self, location: Floats, covariance: Floats, n_rows: int = 0) -> None:
        self.location_, self.covariance_ = location, covariance
        self.precision_: Floats | None = precision_of(covariance) if self.store_precision else None
        # Symmetric to the last bit, as it is when it comes from a file, so that it scores the same.
        scored = off_plane(location, (covariance + covariance.T) / 2, n_rows)
        self._model = Elliptic(frozen(location), frozen(scored))
        self._seals = sealed(self._attributes())
        if getattr(self, "n_features_in_", None) != len(location):
            self.n_features_in_ = len(location)
            self.__dict__.pop("feature_names_in_", None)

    def _refitted(self, data: Source) -> TiledTable:
        check_is_fitted(self)
        table = _tiled(scoring_table(self, data, missing="error"), names_of(self))
        if table.n_rows != len(self.raw_support_):
            raise DataError(
                f"the table has {table.n_rows} rows, and {type(self).__name__} was fitted to {len(self.raw_support_)}: "
                "give the table that was fitted"
            )
        return table


def _arrays(estimate: Estimate) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    return estimate.location, estimate.covariance, estimate.support


def _given(attributes: dict[str, Any], changed: list[str]) -> tuple[Floats, Floats]:
    """Return the location and covariance that attributes describe, some of them set by hand: one that was not follows.

    Raises
    ------
    NotFittedError
        There is no location, or no covariance.
    ValueError
        They do not fit together.
    """
    by_precision = "precision_" in changed and "covariance_" not in changed
    lacking = [
        name for name in ("location_", "precision_" if by_precision else "covariance_") if name not in attributes
    ]
    if lacking:
        raise NotFittedError(f"location and covariance are neither fitted nor known: set {lacking[0]} too, or call fit")
    location, matrix = (
        check_numbers(attributes[name], name) for name in ("location_", "precision_" if by_precision else "covariance_")
    )
    if location.ndim != 1 or matrix.shape != (len(location), len(location)):
        raise ValueError(
            f"a location of shape {location.shape} and a covariance of shape {matrix.shape}, set by hand, do not fit "
            "together: set both before use"
        )
    if not (np.isfinite(location).all() and np.isfinite(matrix).all() and np.allclose(matrix, matrix.T)):
        raise ValueError("location_ and covariance_, set by hand, must be finite, and covariance_ symmetric")
    scale = np.abs(matrix).max()
    if np.linalg.eigvalsh(matrix)[0] < -1e-9 * scale:
        raise ValueError("covariance_, set by hand, must not have negative variances in any direction")
    covariance = precision_of(matrix) if by_precision else matrix
    if {"precision_", "covariance_"} <= set(changed):
        precision = check_numbers(attributes["precision_"], "precision_")
        known = precision_of(covariance)
        if precision.shape != known.shape or np.abs(precision - known).max() > 1e-6 * np.abs(known).max():
            raise ValueError("covariance_ and precision_, set by hand, contradict each other: set one of them")
    return location, covariance


def _tiled(table: Table, names: Any) -> TiledTable:
    check_extent(table, names)
    return tiled(table.rows, names)
