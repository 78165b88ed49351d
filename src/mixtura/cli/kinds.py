"""The kinds of model that the command line fits."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sklearn.exceptions import ConvergenceWarning

from ..decisions.table_model import TableModel
from ..detectors.density import DensityModel
from ..detectors.elliptic import EllipticEnvelope
from ..detectors.ensemble import AnomalyDetector
from ..detectors.forest import IsolationForest
from ..detectors.model import OutlierModel
from ..detectors.neighbors import LocalOutlierFactor
from ..detectors.svm import OneClassSVM
from ..display import words
from ..display.summary import ModelFacts
from ..distributions.mixture import Mixture
from ..engines import Engine
from ..errors import DataError, MixturaError
from ..mixtures.bayesian import BayesianGaussianMixture
from ..mixtures.defaults import MAX_ITER, N_INIT, REG_COVAR, TOL
from ..mixtures.search import MixtureSearch
from ..rows import Rows
from . import fitting
from .options import MIXTURES
from .progress import Bar
from .request import Request

# Models that weigh columns by their units, and see each divided by its standard deviation.
SCALED = ("mixture", "bayesian", "lof", "svm")

# Models that take missing values, and score a row by the values that are there.
TAKING_MISSING = ("auto", "mixture", "bayesian", "forest")

Fitted = tuple[OutlierModel, ModelFacts, tuple[str, ...]]

# Rows past which the one-class SVM is approximated: its exact training takes time in the square of their number.
_MOST_EXACT = 100_000

_MAX_ITER_BAYESIAN = 1000

# Components that a Bayesian mixture may switch off, where nobody says how many there are.
_MOST_COMPONENTS = 10

# Scikit-learn's twenty, and the row itself, which is its own nearest neighbour when the fitted table is scored.
_NEIGHBORS = 21


def fit(request: Request, rows: Rows, numbers: fitting.Numbers, engine: Engine, bar: Bar) -> Fitted:
    """Fit the kind of model that was asked for to scaled rows.

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
            model, facts, notices = _fit(request, rows, numbers, engine, bar)
    except (MixturaError, ValueError) as error:
        # What is said of mixtures is said for this command line; the others speak of their parameters in Python.
        if isinstance(error, MixturaError) and request.kind in MIXTURES:
            raise
        raise DataError(f"{str(error).rstrip('.')} (or choose another --model)") from error
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
        facts = _mixture_facts(kind, model.mixture)
    reference = model.info.get("reference")
    return facts if reference is None else replace(facts, trained_on=str(reference))


def detectors(seed: int, n_rows: int) -> dict[str, Any]:
    """Return one detector of each kind, with what the command line gives it, not fitted."""
    search = MixtureSearch(
        fitting.counts_for(n_rows, None),
        tol=TOL,
        reg_covar=REG_COVAR,
        max_iter=MAX_ITER,
        n_init=N_INIT,
        random_state=seed,
    )
    bayesian = _bayesian_estimator(_most_components(n_rows), "full", seed)
    others = {name: make(seed, n_rows) for name, make in _DETECTORS.items() if name != "auto"}
    return {"auto": _DETECTORS["auto"](seed, n_rows), "mixture": search, "bayesian": bayesian, **others}


def _fit(request: Request, rows: Rows, numbers: fitting.Numbers, engine: Engine, bar: Bar) -> Fitted:
    if request.kind == "mixture":
        return _mixture(request, rows, numbers, engine, bar)
    if request.kind == "bayesian":
        return _bayesian(request, rows, numbers, engine, bar)
    detector = _DETECTORS[request.kind](request.seed, numbers.n_rows)
    detector.on_progress = bar.on_progress
    detector.fit(rows)
    return detector.model_, ModelFacts(request.kind, _DESCRIPTIONS[request.kind](detector)), _notices(detector)


def _mixture(request: Request, rows: Rows, numbers: fitting.Numbers, engine: Engine, bar: Bar) -> Fitted:
    counts = fitting.counts_for(numbers.n_rows, request.counts)
    mixture, candidates = fitting.search_mixture(
        rows, counts=counts, shapes=request.shapes, seed=request.seed, engine=engine, on_progress=bar.on_progress
    )
    facts = _mixture_facts("mixture", mixture, candidates)
    return DensityModel.of(mixture), facts, fitting.search_notices(facts, mixture)


def _bayesian(request: Request, rows: Rows, numbers: fitting.Numbers, engine: Engine, bar: Bar) -> Fitted:
    asked = None if request.counts is None else fitting.counts_for(numbers.n_rows, request.counts)
    most = _most_components(numbers.n_rows) if asked is None else asked[-1]
    estimator = _bayesian_estimator(most, request.shapes[0], request.seed)
    estimator.set_params(engine=engine, on_progress=bar.on_progress)
    notices = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(rows)
    if not estimator.converged_:
        notices.append(f"the fit was still improving when it was stopped after {_MAX_ITER_BAYESIAN} iterations.")
    mixture = fitting.ordered(estimator.mixture_)
    used = int((mixture.weights * numbers.n_rows >= 1).sum())
    if used == most and most > 1:
        notices.append(f"all of the {most} components are in use: more may fit better (--components {2 * most}).")
    return DensityModel.of(mixture), _mixture_facts("bayesian", mixture), tuple(notices)


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


def _mixture_facts(kind: str, mixture: Mixture, candidates: Any = ()) -> ModelFacts:
    shape = mixture.covariance.name
    description = f"{words.plural(mixture.n_components, 'component')}, {shape} covariances"
    if kind == "bayesian":
        description += ", variational Bayes"
    return ModelFacts(kind, description, mixture.n_components, shape, mixture.n_parameters, tuple(candidates))


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
