"""`MixtureSearch`: the number of components and the covariance shape, chosen by an information criterion."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import astuple, dataclass, fields
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from ..engines import Engine, EngineName, engine_for
from ..rows import Rows, as_frame
from .covariance import SHAPES
from .em import Fit
from .gaussian import GaussianMixture
from .initialize import Method, divide, take_sample
from .matrices import Floats
from .mixture import Mixture
from .passes import Expectation, Passes
from .sources import Source, fitting_rows
from .sweep import sweep, way_down
from .updates import MaximumLikelihood

CRITERIA = ("bic", "aic", "icl")


@dataclass(frozen=True)
class Candidate:
    """One fitted combination of a search.

    Attributes
    ----------
    n_components : int
        Number of components.
    covariance_type : str
        Covariance shape.
    bic, aic, icl : float
        Criteria; lower is better, infinite where the fit is singular.
    log_likelihood : float
        Sum of the log densities of the rows.
    n_parameters : int
        Free parameters.
    n_iter : int
        Iterations of the best start.
    converged : bool
        Whether it converged.
    """

    n_components: int
    covariance_type: str
    bic: float
    aic: float
    icl: float
    log_likelihood: float
    n_parameters: int
    n_iter: int
    converged: bool


@dataclass(frozen=True)
class SearchProgress:
    """What the `on_progress` of a search is told after each step.

    Attributes
    ----------
    done, total : int
        Steps done, of how many: one for each candidate on the way up, and one for each on the way down.
    candidate : Candidate
        The last, as it now stands.
    """

    done: int
    total: int
    candidate: Candidate


class MixtureSearch(DensityMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Gaussian mixture whose number of components and covariance shape are chosen by an information criterion.

    Every count is fitted with every shape, from starts of its own. EM finds local optima, so that neighbouring counts
    then help each other: on the way up, the widest component of the fit with the next smaller count is split in two; on
    the way down, two components of the fit with the next larger count are merged, once the pair that overlaps the most
    and once the next. What EM reaches from there is kept when its likelihood is higher, and not owed to a component
    that collapsed onto a few rows.

    Parameters
    ----------
    n_components : int or sequence of int, default=(1, …, 9)
        Numbers of components to try.
    covariance_types : sequence of str, default=('full', 'tied', 'diag', 'spherical')
        Shapes to try.
    criterion : {'bic', 'aic', 'icl'}, default='bic'
        What is minimised: the Bayesian [1]_ or Akaike [2]_ information criterion, or the integrated completed
        likelihood [3]_, BIC - 2 sum log z of the component each row is assigned to, which favours separate groups.
    tol, reg_covar, max_iter, n_init, init_params, random_state, engine
        As for `GaussianMixture`.
    on_progress : callable, optional
        Called with a `SearchProgress` after every candidate.

    Attributes
    ----------
    results_ : DataFrame, or dict of lists without pandas
        One row a candidate, in the order tried; columns as in `Candidate`.
    candidates_ : list of Candidate
        The same as values.
    best_estimator_ : GaussianMixture
        The best candidate, fitted.
    best_params_ : dict
        Its n_components and covariance_type.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, when they have names.

    References
    ----------
    .. [1] Schwarz (1978), "Estimating the dimension of a model", Annals of Statistics 6.
    .. [2] Akaike (1974), "A new look at the statistical model identification", IEEE Transactions on Automatic
       Control 19.
    .. [3] Biernacki, Celeux and Govaert (2000), "Assessing a mixture model for clustering with the integrated completed
       likelihood", IEEE Transactions on Pattern Analysis and Machine Intelligence 22.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import MixtureSearch
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, (200, 1)), rng.normal(9, 1, (200, 1))])
    >>> MixtureSearch(range(1, 4), covariance_types=["full"], random_state=0).fit(X).best_params_
    {'n_components': 2, 'covariance_type': 'full'}
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_components": [Interval(Integral, 1, None, closed="left"), "array-like", range],
        "covariance_types": ["array-like"],
        "criterion": [StrOptions(set(CRITERIA))],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "reg_covar": [Interval(Real, 0.0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "init_params": [StrOptions({"kmeans", "random", "random_from_data", "k-means++"})],
        "random_state": ["random_state"],
        "engine": "no_validation",
        "on_progress": [callable, None],
    }

    def __init__(
        self,
        n_components: int | Collection[int] = tuple(range(1, 10)),
        *,
        covariance_types: Sequence[str] = tuple(SHAPES),
        criterion: str = "bic",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: Method = "kmeans",
        random_state: Any = None,
        engine: Engine | EngineName | None = None,
        on_progress: Callable[[SearchProgress], None] | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_types = covariance_types
        self.criterion = criterion
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.random_state = random_state
        self.engine = engine
        self.on_progress = on_progress

    def fit(self, X: Source, y: Any = None, *, sample_weight: ArrayLike | None = None) -> Self:
        """Fit every candidate to the rows of `X` and keep the best.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table.
        y : ignored
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row.

        Returns
        -------
        self

        Raises
        ------
        SingularCovarianceError
            Every candidate is singular.
        """
        self._validate_params()
        counts, shapes = self._candidates()
        with fitting_rows(self, X, sample_weight) as rows:
            n_rows = rows.n_rows
            if n_rows is not None and n_rows < counts[-1]:
                raise ValueError(f"{counts[-1]} components need as many rows, and the table has {n_rows}: try fewer")
            self._search(rows, engine_for(self.engine, X), counts, shapes)
        return self

    def predict(self, X: Source) -> NDArray[np.int64]:
        """Return the component of each row under the best candidate, shape (n_rows,)."""
        return self._best.predict(X)

    def predict_proba(self, X: Source) -> NDArray[Any]:
        """Return the responsibilities under the best candidate, shape (n_rows, n_components)."""
        return self._best.predict_proba(X)

    def score_samples(self, X: Source) -> NDArray[Any]:
        """Return the log density of each row under the best candidate, shape (n_rows,)."""
        return self._best.score_samples(X)

    def score(self, X: Source, y: Any = None) -> float:
        """Return the mean log density of the rows under the best candidate."""
        return self._best.score(X)

    @property
    def _best(self) -> GaussianMixture:
        check_is_fitted(self)
        best: GaussianMixture = self.best_estimator_
        return best

    def _candidates(self) -> tuple[list[int], list[str]]:
        given = self.n_components
        each = [given] if isinstance(given, (int, Integral)) else list(given)
        counts = sorted({int(count) for count in each if isinstance(count, Integral) and count >= 1})
        shapes = list(dict.fromkeys(self.covariance_types))
        if not counts or len(counts) < len(set(each)):
            raise ValueError(f"n_components must be one or more counts of at least 1, not {given!r}")
        if not shapes or not set(shapes) <= set(SHAPES):
            raise ValueError(f"covariance_types must be some of {list(SHAPES)}, not {self.covariance_types!r}")
        return counts, shapes

    def _search(self, rows: Rows, engine: Engine, counts: list[int], shapes: list[str]) -> None:
        updates = {shape: MaximumLikelihood(SHAPES[shape], np.full(rows.n_columns, self.reg_covar)) for shape in shapes}
        random_state = check_random_state(self.random_state)
        sample = take_sample(rows, engine, random_state, counts[-1])

        def divisions(count: int) -> list[Floats]:
            return [divide(sample, count, self.init_params, random_state) for _ in range(self.n_init)]

        steps = sweep(
            Expectation(rows, engine),
            sample,
            divisions,
            counts=counts,
            updates=updates,
            tol=self.tol,
            max_iter=self.max_iter,
        )
        total = (len(counts) + len(way_down(counts))) * len(shapes)
        found: dict[tuple[int, str], tuple[Candidate, Fit[Mixture] | None]] = {}
        for done, (count, shape, fit) in enumerate(steps, start=1):
            known = found.get((count, shape))
            if known is None or known[1] is not fit:
                candidate = _singular(count, shape) if fit is None else _measure(fit, shape, rows, engine)
                found[count, shape] = candidate, fit
            if self.on_progress is not None:
                self.on_progress(SearchProgress(done, total, found[count, shape][0]))
        fitted = [(candidate, fit) for candidate, fit in found.values() if fit is not None]
        best = min(fitted, key=lambda entry: self._value(entry[0]))
        self._keep([candidate for candidate, _ in found.values()], *best, rows)

    def _value(self, candidate: Candidate) -> float:
        value: float = getattr(candidate, self.criterion)
        return value

    def _keep(self, candidates: list[Candidate], best: Candidate, fit: Fit[Mixture], rows: Rows) -> None:
        self.candidates_ = candidates
        names = [field.name for field in fields(Candidate)]
        table = zip(*map(astuple, candidates), strict=True)
        self.results_ = as_frame(dict(zip(names, map(list, table), strict=True)))
        self.best_params_ = {"n_components": best.n_components, "covariance_type": best.covariance_type}
        estimator = GaussianMixture(
            n_components=best.n_components,
            covariance_type=best.covariance_type,
            tol=self.tol,
            reg_covar=self.reg_covar,
            max_iter=self.max_iter,
            n_init=self.n_init,
            init_params=self.init_params,
            random_state=self.random_state,
            engine=self.engine,
        )
        estimator.n_features_in_ = self.n_features_in_
        if hasattr(self, "feature_names_in_"):
            estimator.feature_names_in_ = self.feature_names_in_
        estimator._keep_fit(fit, rows.dtype)
        self.best_estimator_ = estimator


def _measure(fit: Fit[Mixture], shape: str, rows: Rows, engine: Engine) -> Candidate:
    mixture = fit.model
    passes = Passes(mixture.components, rows.dtype)
    log_likelihood, log_assigned, n_rows = engine.fold(rows, passes.likelihoods, np.zeros(3)).tolist()
    bic = -2 * log_likelihood + mixture.n_parameters * float(np.log(n_rows))
    return Candidate(
        n_components=mixture.n_components,
        covariance_type=shape,
        bic=bic,
        aic=-2 * log_likelihood + 2 * mixture.n_parameters,
        icl=bic - 2 * log_assigned,
        log_likelihood=log_likelihood,
        n_parameters=mixture.n_parameters,
        n_iter=fit.n_iter,
        converged=fit.converged,
    )


def _singular(n_components: int, shape: str) -> Candidate:
    infinite = float("inf")
    return Candidate(n_components, shape, infinite, infinite, infinite, -infinite, 0, 0, False)
