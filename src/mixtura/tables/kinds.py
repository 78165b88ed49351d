"""The kinds of model that are fitted to a table."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning

from .. import words
from ..detectors.density.default_mixture import fit_groups
from ..detectors.density.far_rows import Contours
from ..detectors.density.model import DensityModel
from ..detectors.elliptic.estimator import EllipticEnvelope
from ..detectors.ensemble.estimator import AnomalyDetector
from ..detectors.forest.estimator import IsolationForest
from ..detectors.model import OutlierModel
from ..detectors.neighbors.estimator import LocalOutlierFactor
from ..detectors.svm.estimator import OneClassSVM
from ..distributions.mixture import Mixture
from ..distributions.shapes import SHAPES
from ..engines import OnProgress, engine_for
from ..engines.progress import Progress
from ..errors import DataError, MixturaError
from ..intake.sample import take_sample
from ..intake.scaling import Scaled, scaling_of
from ..intake.table import Table
from ..mixtures.bayes.estimator import BayesianGaussianMixture
from ..mixtures.choice.defaults import N_INIT, REG_COVAR, default_counts
from ..mixtures.em.loop import FitProgress
from ..rows import ArrayRows, ScaledRows
from ..statistics.columns import ColumnMoments, column_moments
from . import fitting
from .request import MIXTURES, Request
from .run import Run
from .summary import FIT_FIGURES, ModelFacts
from .table_model import TableModel

# Models that weigh columns by their units, and see each divided by its standard deviation. So do mixtures, which take
# the quartiles' word for it.
_SCALED = ("lof", "svm")

# Models that take missing values, and score a row by the values that are there.
TAKING_MISSING = ("auto", "mixture", "bayesian", "forest")

Fitted = tuple[OutlierModel, ModelFacts, tuple[str, ...]]

# Rows past which the one-class SVM is approximated: its exact training takes time in the square of their number.
_MOST_EXACT = 100_000

_MAX_ITER_BAYESIAN = 1000

# Components that a Bayesian mixture may switch off, where nobody says how many there are.
_MOST_COMPONENTS = 10

# The default of `LocalOutlierFactor`.
_NEIGHBORS = 20


def scaled(request: Request, numbers: fitting.Numbers, run: Run) -> fitting.Numbers:
    """Return the numbers of a table with the center and scale that the kind of model is to see."""
    if request.kind in MIXTURES:
        return fitting.by_quartiles(numbers, run.engine, request.seed)
    if request.kind in _SCALED:
        return numbers
    return replace(numbers, center=np.zeros_like(numbers.center), scale=np.ones_like(numbers.scale))


def fit(request: Request, numbers: fitting.Numbers, run: Run, *, clean: bool) -> Fitted:
    """Fit the kind of model that was asked for to scaled rows, of a table that is known to be clean or is not.

    Returns
    -------
    model : OutlierModel
        What scores scaled rows.
    facts : ModelFacts
        What it is.
    notices : tuple of str
        What deserves attention.

    Raises
    ------
    DataError
        The table cannot be fitted by such a model.
    """
    try:
        with notices_of_warnings() as said:
            model, facts, notices = _fit(request, numbers, run, clean)
    except (MixturaError, ValueError) as error:
        # What is said of mixtures is said of what was asked for; the others speak of their own parameters.
        if isinstance(error, MixturaError) and request.kind in MIXTURES:
            raise
        raise DataError(f"{str(error).rstrip('.')} (or choose another {run.spell('model')})") from error
    return model, facts, (*notices, *said)


@contextmanager
def notices_of_warnings() -> Iterator[list[str]]:
    """Give a list that holds the warnings for users of what was done, once that is done, as notices.

    What is said of convergence is for those who chose the number of iterations and of clusters.
    """
    notices: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield notices
    said = [" ".join(str(one.message).split()).rstrip(".") for one in caught if issubclass(one.category, UserWarning)]
    notices.extend(f"{sentence}." for sentence in dict.fromkeys(said))


def facts_of(model: TableModel) -> ModelFacts:
    """Return what a model from a file is."""
    kind = str(model.info.get("model", model.model.kind))
    description = model.info.get("description")
    facts = ModelFacts(kind, str(description or f"a model of kind {kind}"))
    if model.has_components:
        facts = replace(_mixture_facts(kind, model.mixture), **_figures(model.info.get("fit")))
    reference = model.info.get("reference")
    return facts if reference is None else replace(facts, trained_on=str(reference))


def _figures(fit: Any) -> dict[str, Any]:
    """Return what a file says of the fit of a mixture; nothing where no table was fitted to make it."""
    known = fit.items() if isinstance(fit, dict) else ()
    return {name: float(value) for name, value in known if name in FIT_FIGURES and isinstance(value, float)}


def detectors(seed: int, n_rows: int) -> dict[str, Any]:
    """Return one detector of each kind, with what a table gives it, not fitted."""
    bayesian = _bayesian_estimator(_most_components(n_rows), "full", seed)
    others = {name: make(seed, n_rows) for name, make in _DETECTORS.items() if name != "auto"}
    return {"auto": _DETECTORS["auto"](seed, n_rows), "mixture": _TableMixture(seed), "bayesian": bayesian, **others}


class _TableMixture(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """The mixture of a table as a detector."""

    def __init__(self, random_state: int, on_progress: OnProgress | None = None) -> None:
        self.random_state = random_state
        self.on_progress = on_progress

    def fit(self, X: NDArray[Any]) -> Self:
        """Fit the mixture to rows, of which values may be missing."""
        rows = ArrayRows(X, checked=True, missing="allow" if np.isnan(X).any() else "error")
        engine = engine_for(None)
        names = [f"x{column}" for column in range(rows.n_columns)]
        table = Table(rows, engine, self.on_progress)
        sample = take_sample(table, np.random.RandomState(self.random_state), 1)
        scaling = scaling_of(table, sample, names)
        found = fit_groups(
            table.through(Scaled(scaling)),
            len(X),
            self.random_state,
            counts=default_counts(len(X)),
            shapes=tuple(SHAPES),
        )
        self.model_ = DensityModel(found.contours.mixture, scaling.center, scaling.scale)
        return self

    def score_samples(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return the log density of each row."""
        return self.model_.score_samples(X)


def _fit(request: Request, numbers: fitting.Numbers, run: Run, clean: bool) -> Fitted:
    if request.kind == "mixture":
        return _mixture(request, numbers, run, clean)
    if request.kind == "bayesian":
        return _bayesian(request, numbers, run)
    detector = _DETECTORS[request.kind](request.seed, numbers.n_rows)
    detector.on_progress = run.on_progress
    detector.fit(ScaledRows(numbers.rows, numbers.center, numbers.scale))
    return detector.model_, ModelFacts(request.kind, _DESCRIPTIONS[request.kind](detector)), _notices(detector)


def _mixture(request: Request, numbers: fitting.Numbers, run: Run, clean: bool) -> Fitted:
    counts = fitting.counts_for(numbers.n_rows, request.counts, run.spell)
    with fitting.scaled_table(numbers, run.engine, run.on_progress) as table:
        found = fit_groups(table, numbers.n_rows, request.seed, counts=counts, shapes=request.shapes, clean=clean)
    mixture = fitting.ordered(found.contours.mixture)
    candidates = fitting.facts_of_candidates(found.candidates, fitting.log_volume(numbers, found.observed))
    facts = replace(_mixture_facts("mixture", mixture), candidates=candidates)
    best = facts.ranking[0]
    facts = replace(facts, bic=best.bic, aic=best.aic, log_likelihood=best.log_likelihood)
    notices = fitting.search_notices(facts, mixture, run.spell) + fitting.passed_over_notices(found.passed_over)
    if not clean:
        contours = replace(found.contours, mixture=mixture)
        notices += fitting.far_notices(found.far, contours, left_out=found.n_left_out > 0)
        notices += fitting.small_group_notices(contours)
    return DensityModel.of(mixture), facts, notices


def _bayesian(request: Request, numbers: fitting.Numbers, run: Run) -> Fitted:
    asked = None if request.counts is None else fitting.counts_for(numbers.n_rows, request.counts, run.spell)
    most = _most_components(numbers.n_rows) if asked is None else asked[-1]
    estimator = _bayesian_estimator(most, request.shapes[0], request.seed)
    estimator.n_features_in_ = len(numbers.columns)
    notices = []
    with fitting.scaled_table(numbers, run.engine) as table, warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        moments = table.fold(column_moments, ColumnMoments.zero(table.n_columns))
        volume = fitting.log_volume(numbers, moments.weights)
        estimator.set_params(on_progress=_in_units(run.on_progress, volume))
        estimator._fit_rows(table.rows, table.engine)
        contours = Contours(
            fitting.ordered(estimator.mixture_, in_use=True),
            numbers.n_rows,
            numbers.n_rows,
            table.dtype,
            table.has_missing,
        )
    if not estimator.converged_:
        notices.append(f"the fit was still improving when it was stopped after {_MAX_ITER_BAYESIAN} iterations.")
    mixture = contours.mixture
    facts = replace(_mixture_facts("bayesian", mixture), lower_bound=estimator.lower_bound_ - volume)
    if mixture.n_components == most and most > 1:
        more = run.spell("components", 2 * most)
        notices.append(f"all of the {most} components are in use: more may fit better ({more}).")
    return DensityModel.of(mixture), facts, (*notices, *fitting.small_group_notices(contours))


def _in_units(on_progress: OnProgress, volume: float) -> OnProgress:
    """Return what tells bounds in the units of the table."""

    def tell(progress: Progress) -> None:
        if isinstance(progress, FitProgress):
            progress = replace(progress, lower_bound=progress.lower_bound - volume)
        on_progress(progress)

    return tell


def _most_components(n_rows: int) -> int:
    return min(_MOST_COMPONENTS, max(1, n_rows // 2))


def _bayesian_estimator(most: int, shape: str, seed: int) -> BayesianGaussianMixture:
    return BayesianGaussianMixture(
        n_components=most,
        covariance_type=shape,
        reg_covar=REG_COVAR,
        n_init=N_INIT,
        max_iter=_MAX_ITER_BAYESIAN,
        random_state=seed,
    )


def _mixture_facts(kind: str, mixture: Mixture) -> ModelFacts:
    shape = mixture.covariance.name
    description = f"{words.plural(mixture.n_components, 'component')}, {shape} covariances"
    if kind == "bayesian":
        description += ", variational Bayes"
    return ModelFacts(kind, description, mixture.n_components, shape, mixture.n_parameters)


_DETECTORS: dict[str, Callable[[int, int], Any]] = {
    "auto": lambda seed, _: AnomalyDetector(random_state=seed),
    "elliptic": lambda seed, _: EllipticEnvelope(random_state=seed),
    "forest": lambda seed, _: IsolationForest(random_state=seed),
    "lof": lambda seed, n_rows: LocalOutlierFactor(
        max(1, min(_NEIGHBORS, n_rows - 1)), novelty=True, random_state=seed
    ),
    "svm": lambda seed, n_rows: OneClassSVM(approximate=n_rows > _MOST_EXACT, random_state=seed),
}

_DESCRIPTIONS: dict[str, Callable[[Any], str]] = {
    "auto": lambda detector: f"ensemble of {words.plural(len(detector.model_.members.shapes), 'small mixture')}",
    "elliptic": lambda detector: (
        f"elliptic envelope of {words.plural(int(detector.support_.sum()), 'row')}, the others left out"
    ),
    "forest": lambda detector: (
        f"isolation forest, {words.plural(len(detector.model_.features), 'tree')} of "
        f"{words.plural(detector.max_samples_, 'row')} each"
    ),
    "lof": lambda detector: f"local outlier factor of the {words.plural(detector.n_neighbors_, 'nearest row')}",
    "svm": lambda detector: (
        "one-class SVM, "
        + words.plural(len(detector.model_.vectors), "landmark" if detector.approximate else "support vector")
    ),
}


def _notices(detector: Any) -> tuple[str, ...]:
    if isinstance(detector, OneClassSVM) and detector.approximate:
        return (
            f"more than {words.count(_MOST_EXACT)} rows: the one-class SVM is approximated by landmarks (Nyström).",
        )
    return ()
