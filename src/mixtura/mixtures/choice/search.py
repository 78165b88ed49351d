"""`MixtureSearch`: the number of components and the covariance shape, chosen by a criterion."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import count as count_from
from itertools import product
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, DensityMixin, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from ...distributions.mixture import Mixture
from ...distributions.shapes import SEARCHED, SHAPES
from ...engines import Engine, EngineName, engine_for
from ...engines.progress import OnProgress, Progress
from ...errors import warn
from ...intake.counted import counted_rows, weight_of
from ...intake.levels import FROM_DTYPE
from ...intake.sources import Source, coded_columns, fitting_table, names_of
from ...intake.table import Table
from ...rows import Block, as_frame
from ...typing import Floats
from ..bayes.estimator import BayesianGaussianMixture
from ..em.checks import check_ridge
from ..em.estimator import same_columns, settings_of
from ..em.gaussian import GaussianMixture, with_fit
from ..em.initialize import Method
from ..em.loop import Fit
from ..em.maximum_a_posteriori import MixturePrior
from .criteria import LOSSES, SUMMED, Candidate, VariationalCandidate, barred, singular
from .evidence import best_of, fit_each
from .folds import cross_validate, folds_of, training_rows
from .screening import SCREENED_ABOVE, Screening
from .sweep import way_down
from .trials import Key, Trials

__all__ = ["Candidate", "MixtureSearch", "SearchProgress", "VariationalCandidate"]


@dataclass(frozen=True, kw_only=True)
class SearchProgress(Progress):
    """What the `on_progress` of a search is told after each candidate.

    Those on the way up count once, those on the way down again, and all of them again for each fold of a
    cross-validation.

    Attributes
    ----------
    candidate : Candidate or VariationalCandidate
        The last, as it now stands.
    """

    candidate: Any


class MixtureSearch(DensityMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Gaussian mixture whose number of components and covariance shape are chosen by a criterion.

    Every count is fitted with every shape, from starts of its own. EM finds local optima, so neighbouring counts then
    help each other. On the way up, the widest component of the fit with the next smaller count is split in two. On the
    way down, two components of the fit with the next larger count are merged: first the pair that overlaps most, then
    the next pair. The fit that EM reaches from there is kept if its likelihood is higher, unless a component that
    collapsed onto a few rows made it so.

    In a table of more than 100,000 rows, samples of growing size rule out candidates whose BIC, AIC or message length
    is worse by more than two standard errors of the difference. Only the remaining candidates are fitted to all rows.

    Rounded values are not groups: a component is at least half a rounding step wide in every direction, where the step
    is the smallest gap between values that recurs. Two kinds of candidates are left out: those with a component that
    has fewer rows than parameters of its own, beside others, and those with a component that is singular without
    `reg_covar`. They stay if a prior keeps covariances sound, or if 'cv' judges them by other rows.

    Parameters
    ----------
    n_components : int or sequence of int, default=(1, …, 9)
        Numbers of components to try; those above the number of rows are not.
    covariance_types : sequence of str, default=('full', 'tied', 'diag', 'spherical')
        Shapes to try; 'factor' is another.
    criterion : {'bic', 'aic', 'icl', 'mml', 'cv', 'elbo'}, optional
        What decides: the lowest Bayesian [1]_ or Akaike [2]_ information criterion; the lowest integrated completed
        likelihood [3]_, BIC - 2 sum log z of the component each row is assigned to, which favours separate groups; the
        shortest message that holds mixture and rows [4]_, to which a component costs less the fewer rows it has; or the
        highest likelihood of rows under fits to other rows [5]_, which takes `n_folds` searches more. With a
        `BayesianGaussianMixture` it is the highest evidence lower bound, 'elbo', and nothing else: it decides how many
        components rows belong to, and the fewest components that leave so many are taken. Default: 'bic', or 'elbo'.
    tol : float, default=1e-5
        As for `GaussianMixture`; a hundredth of what is usual there, so that criteria of a few hundred rows are right
        to a tenth or so.
    max_iter : int, default=300
        Most iterations from one start.
    reg_covar, n_init, init_params, random_state, prior, regularization, n_factors, categorical_features, engine
        As for `GaussianMixture`. With a prior, criteria are those of the fit of highest posterior density [6]_.
    on_progress : callable, optional
        Told a `Progress` after every candidate, with the `candidate`.
    n_folds : int, default=5
        Number of folds that criterion 'cv' divides the rows into, at random by `random_state`.
    estimator : GaussianMixture or BayesianGaussianMixture, optional
        What is fitted with every count and shape; a `BayesianGaussianMixture` from starts of its own alone. Its
        parameters are then in force, not those of the search; only a `random_state` or `engine` that it leaves at None
        is taken from here.

    Attributes
    ----------
    results_ : DataFrame, or dict of lists without pandas
        One row a candidate, in the order tried; columns as in `Candidate`, cv_log_likelihood for criterion 'cv' only
        and estimated for large tables only, or as in `VariationalCandidate`.
    candidates_ : list of Candidate or of VariationalCandidate
        The same as values.
    best_estimator_ : GaussianMixture or BayesianGaussianMixture
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
    .. [4] Figueiredo and Jain (2002), "Unsupervised learning of finite mixture models", IEEE Transactions on Pattern
       Analysis and Machine Intelligence 24, at the fits of highest likelihood.
    .. [5] Smyth (2000), "Model selection for probabilistic clustering using cross-validated likelihood", Statistics and
       Computing 10.
    .. [6] Fraley and Raftery (2007), "Bayesian regularization for normal mixture estimation and model-based
       clustering", Journal of Classification 24.

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
        "criterion": [StrOptions(set(LOSSES)), None],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "reg_covar": [Interval(Real, 0.0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "init_params": [StrOptions({"kmeans", "random", "random_from_data", "k-means++"})],
        "random_state": ["random_state"],
        "prior": [StrOptions({"default"}), MixturePrior, None],
        "regularization": [StrOptions({"absolute", "relative"})],
        "n_factors": [Interval(Integral, 1, None, closed="left")],
        "categorical_features": ["array-like", StrOptions({FROM_DTYPE}), None],
        "engine": "no_validation",
        "on_progress": [callable, None],
        "n_folds": [Interval(Integral, 2, None, closed="left")],
        "estimator": [GaussianMixture, BayesianGaussianMixture, None],
    }

    # Weights that scikit-learn routes to a fit are routed to its score too, unless the user says otherwise.
    __metadata_request__score: ClassVar[dict[str, bool]] = {"sample_weight": True}

    def __init__(
        self,
        n_components: int | Collection[int] = tuple(range(1, 10)),
        *,
        covariance_types: Sequence[str] = SEARCHED,
        criterion: str | None = None,
        tol: float = 1e-5,
        reg_covar: float = 1e-6,
        max_iter: int = 300,
        n_init: int = 1,
        init_params: Method = "kmeans",
        random_state: Any = None,
        prior: Literal["default"] | MixturePrior | None = None,
        regularization: Literal["absolute", "relative"] = "absolute",
        n_factors: int = 1,
        categorical_features: Any = None,
        engine: Engine | EngineName | None = None,
        on_progress: OnProgress | None = None,
        n_folds: int = 5,
        estimator: GaussianMixture | BayesianGaussianMixture | None = None,
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
        self.prior = prior
        self.regularization = regularization
        self.n_factors = n_factors
        self.categorical_features = categorical_features
        self.engine = engine
        self.on_progress = on_progress
        self.n_folds = n_folds
        self.estimator = estimator

    # The candidate of the best criterion, where it is left out.
    _passed_over: Candidate | None = None

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
        ValueError
            Parameters are out of their range, contradict each other, or ask for more components than there are rows.
        SingularCovarianceError
            Every candidate is singular, perhaps in the training rows of one fold only.

        Warns
        -----
        ConvergenceWarning
            The best candidate has not converged; or one with a better criterion is left out.
        UserWarning
            There are too few rows for some counts.
        """
        with self._opened(X, sample_weight) as table:
            search_table(self, table)
        return self

    def fit_predict(self, X: Source, y: Any = None, *, sample_weight: ArrayLike | None = None) -> NDArray[np.int64]:
        """Fit, and return the component of each row of `X` under the best; `sample_weight` is as for `fit`."""
        with self._opened(X, sample_weight) as table:
            search_table(self, table)
            return table.watched("scoring").gather(self._best._passes(table).labels, dtype=np.int64)

    @contextmanager
    def _opened(self, X: Source, sample_weight: ArrayLike | None) -> Iterator[Table]:
        """Give the table to fit, in the engine of the estimator where it has one."""
        with fitting_table(self, X, sample_weight) as table:
            own = getattr(self.estimator, "engine", None)
            yield table if own is None else replace(table, engine=engine_for(own, X))

    def _template(self, criterion: str) -> GaussianMixture | BayesianGaussianMixture:
        """Return the estimator of which every candidate is a clone."""
        if self.estimator is None:
            names = ("tol", "reg_covar", "max_iter", "n_init", "init_params", "random_state", "prior", "regularization")
            given = {name: getattr(self, name) for name in (*names, "n_factors", "categorical_features")}
            return GaussianMixture(engine=self.engine, **given)
        if self.prior is not None or self.regularization != "absolute":
            raise ValueError("prior and regularization are those of estimator, where one is given: set them there")
        if isinstance(self.estimator, GaussianMixture):
            _check_options(self.estimator, criterion)
        from_here = ("random_state", "engine")
        given = {name: getattr(self, name) for name in from_here if getattr(self.estimator, name) is None}
        template: GaussianMixture | BayesianGaussianMixture = clone(self.estimator).set_params(**given)
        return template

    def _with_enough_rows(self, counts: list[int], criterion: str, table: Table) -> list[int]:
        """Return the counts that there are rows enough for, and tell of the others."""
        n_rows = table.fold(_n_counted, 0)
        all_rows = table.n_rows or 0
        where = f"the table has {n_rows}" if n_rows == all_rows else f"{n_rows} of {all_rows} have a weight and a value"
        if criterion == "cv":
            left = training_rows(n_rows, int(self.n_folds))
            where, n_rows = f"{self.n_folds} folds of {n_rows} rows leave {left}", left
        enough = [count for count in counts if count <= n_rows]
        if not enough:
            raise ValueError(f"{counts[0]} components need as many rows, and {where}: try fewer")
        if len(enough) < len(counts):
            warn(f"{counts[-1]} components need as many rows, and {where}: counts above {enough[-1]} are not tried")
        return enough

    def predict(self, X: Source) -> NDArray[np.int64]:
        """Return the component of each row of `X` under the best candidate, shape (n_rows,)."""
        return self._best.predict(X)

    def predict_proba(self, X: Source) -> NDArray[Any]:
        """Return the responsibilities for the rows of `X` under the best candidate, shape (n_rows, n_components)."""
        return self._best.predict_proba(X)

    def score_samples(self, X: Source) -> NDArray[Any]:
        """Return the log density of each row of `X` under the best candidate, shape (n_rows,)."""
        return self._best.score_samples(X)

    def score(self, X: Source, y: Any = None, sample_weight: ArrayLike | None = None) -> float:
        """Return the mean log density of the rows of `X`, weighted by `sample_weight`, under the best candidate."""
        return self._best.score(X, sample_weight=sample_weight)

    def sample(self, n_samples: int = 1) -> tuple[Floats, NDArray[np.int64]]:
        """Draw `n_samples` rows from the best candidate, and return them with their components."""
        return self._best.sample(n_samples)

    @property
    def mixture_(self) -> Mixture:
        """The distribution of the best candidate."""
        return self._best.mixture_

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    @property
    def _best(self) -> GaussianMixture | BayesianGaussianMixture:
        check_is_fitted(self)
        best: GaussianMixture | BayesianGaussianMixture = self.best_estimator_
        return best

    def _criterion(self) -> str:
        variational = isinstance(self.estimator, BayesianGaussianMixture)
        own = "elbo" if variational else "bic"
        criterion = own if self.criterion is None else self.criterion
        if (criterion == "elbo") != variational:
            way = "variational inference" if variational else "maximum likelihood"
            raise ValueError(
                f"criterion {criterion!r} does not compare fits of {way}: leave it out for {own!r}, or "
                + ("leave out estimator" if variational else "give estimator=BayesianGaussianMixture()")
            )
        return criterion

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

    def _search(
        self,
        template: GaussianMixture,
        table: Table,
        counts: list[int],
        shapes: list[str],
        criterion: str,
    ) -> None:
        random_state = check_random_state(template.random_state)
        folds = None
        if criterion == "cv":
            folds = folds_of(counted_rows(table), int(self.n_folds), counts[-1], random_state)
        n_sweeps = 1 if folds is None else 1 + folds.n_folds
        tell = self._tell(n_sweeps * (len(counts) + len(way_down(counts))) * len(shapes))
        found: dict[Key, tuple[Candidate, Fit[Mixture] | None]] = {}
        settings = replace(settings_of(template), names=names_of(self), coded=coded_columns(self)).seeing(table)
        if settings.n_numbers == 0:  # every shape is that of no columns
            shapes = shapes[:1]
        condensed = settings.condensed(table, counts[-1])
        trials = Trials(settings, condensed or table, counts, shapes, random_state)
        is_large = condensed is None and (table.n_rows or 0) > SCREENED_ABOVE
        if is_large and criterion in SUMMED and not settings.trim:
            n_rows = table.fold(weight_of, 0.0)
            screening = Screening(lambda part: replace(trials, table=part), table, criterion, n_rows)
            found.update(screening.run(random_state, tell))
        else:
            self._try_all(trials, criterion, found, tell)

        def fit_part(part: Table) -> dict[Key, Mixture | None]:
            mixtures: dict[Key, Mixture | None] = {}
            for count, shape, fit in Trials(settings, part, counts, shapes, random_state).sweep():
                mixtures[count, shape] = None if fit is None else fit.model
                tell(found[count, shape][0])
            return mixtures

        if folds is not None:
            means = cross_validate(table, folds, fit_part)
            found = {
                key: (replace(candidate, cv_log_likelihood=means[key]), fit) for key, (candidate, fit) in found.items()
            }
        fitted = [(candidate, fit) for candidate, fit in found.values() if fit is not None]
        best, fit = min(fitted, key=lambda entry: (bool(entry[0].left_out), LOSSES[criterion](entry[0])))
        first = min((candidate for candidate, _ in found.values()), key=LOSSES[criterion])
        self._passed_over = first if first.left_out else None
        if first.left_out:
            _warn_of_left_out(best, first, "Try fewer components, prior='default', or criterion='cv'")
        candidates = [candidate if best.left_out else barred(candidate) for candidate, _ in found.values()]
        chosen = trials.settings(best.n_components, best.covariance_type)
        self._keep(candidates, best, with_fit(template, chosen, fit, table))

    def _try_all(
        self,
        trials: Trials,
        criterion: str,
        found: dict[Key, tuple[Candidate, Fit[Mixture] | None]],
        tell: Callable[[Candidate | VariationalCandidate], None],
    ) -> None:
        """Fit every candidate to all rows, and add it to those `found`."""
        for count, shape, fit in trials.sweep():
            known = found.get((count, shape))
            if known is None or known[1] is not fit:
                candidate = singular(count, shape) if fit is None else trials.candidate(fit)
                if criterion == "cv":  # which judges by rows that were not fitted
                    candidate = replace(candidate, left_out="")
                found[count, shape] = candidate, fit
            tell(barred(found[count, shape][0]))

    def _tell(self, total: int) -> Callable[[Candidate | VariationalCandidate], None]:
        done = count_from(1)

        def tell(candidate: Candidate | VariationalCandidate) -> None:
            if self.on_progress is not None:
                self.on_progress(SearchProgress("searching", next(done), total, "candidates", candidate=candidate))

        return tell

    def _search_evidence(
        self, template: BayesianGaussianMixture, table: Table, counts: list[int], shapes: list[str]
    ) -> None:
        tell = self._tell(len(counts) * len(shapes))
        same_columns(template, self)
        trials = []
        for trial in fit_each(template, list(product(counts, shapes)), table):
            trials.append(trial)
            tell(trial.candidate)
        best, first = best_of(trials), max(trials, key=lambda trial: trial.candidate.elbo)
        if first.candidate.left_out:
            _warn_of_left_out(best.candidate, first.candidate, "Try one component, or other columns")
        for message in best.warnings:
            warn(message)
        self._keep([trial.candidate for trial in trials], best.candidate, best.estimator)

    def _keep(self, candidates: list[Any], best: Candidate | VariationalCandidate, estimator: Any) -> None:
        self.candidates_ = candidates
        table = [asdict(candidate) for candidate in candidates]
        columns = {name: [row[name] for row in table] for name in table[0]}
        # Of the criteria, only those that were worked out.
        self.results_ = as_frame(
            {name: values for name, values in columns.items() if any(value is not None for value in values)}
        )
        self.best_params_ = {"n_components": best.n_components, "covariance_type": best.covariance_type}
        same_columns(estimator, self)
        self.best_estimator_ = estimator


def search_table(search: MixtureSearch, table: Table) -> None:
    """Let a search fit its candidates to the rows of a table, and keep the best."""
    search._validate_params()
    check_ridge(search.reg_covar)
    criterion = search._criterion()
    template = search._template(criterion)
    counts, shapes = search._candidates()
    counts = search._with_enough_rows(counts, criterion, table)
    search.n_features_in_ = table.n_columns
    if isinstance(template, BayesianGaussianMixture):
        search._search_evidence(template, table, counts, shapes)
    else:
        search._search(template, table, counts, shapes, criterion)


def _warn_of_left_out(
    best: Candidate | VariationalCandidate, first: Candidate | VariationalCandidate, advice: str
) -> None:
    """Warn that the candidate of the best criterion is left out, or taken for want of another."""
    what = f"{first.n_components} {first.covariance_type} components"
    taken = (
        "they are chosen only because no candidate is sound"
        if best is first
        else f"{best.n_components} {best.covariance_type} components are chosen"
    )
    warn(
        f"{what} have the best criterion but are not reliable: {first.left_out}; {taken}. {advice}",
        ConvergenceWarning,
    )


def _check_options(estimator: GaussianMixture, criterion: str) -> None:
    """Raise when options of an estimator mean nothing in a search."""
    of_one_count = [
        name for name in ("weights_init", "means_init", "precisions_init") if getattr(estimator, name) is not None
    ]
    if of_one_count:
        raise ValueError(f"{of_one_count[0]} is for one number of components, and a search tries several: leave it out")
    if estimator.trim and criterion in ("icl", "cv"):
        raise ValueError(
            f"criterion {criterion!r} counts every row, and trim={estimator.trim:g} leaves some out: use 'bic', 'aic' "
            "or 'mml', or trim=0"
        )


def _n_counted(block: Block) -> int:
    """Return how many rows of a block have a weight and a value."""
    counted = ~np.isnan(block.values).all(axis=1)
    return int(counted.sum() if block.weights is None else (counted & (block.weights > 0)).sum())
