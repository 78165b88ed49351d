"""A Bayesian mixture fitted to a table."""

import warnings
from dataclasses import replace

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ...detectors.density.contours import Contours
from ...detectors.density.default_mixture import by_weight
from ...detectors.density.model import DensityModel
from ...distributions.mixture import Mixture
from ...engines import OnProgress
from ...engines.progress import Progress
from ...mixtures.bayes.estimator import BayesianGaussianMixture
from ...mixtures.choice.defaults import N_INIT, REG_COVAR
from ...mixtures.choice.evidence import fit_groups_or_one
from ...mixtures.em.loop import FitProgress
from ...statistics.columns import ColumnMoments, column_moments
from ..asking.run import Run
from ..models import fitting
from ..models.model_facts import mixture_facts
from ..models.provenance import FitFigures
from .kind import Fitted
from .request import Request

_MAX_ITER = 1000

# Components that the mixture may switch off, where nobody says how many there are.
_MOST_COMPONENTS = 10


def fit(request: Request, numbers: fitting.Numbers, run: Run) -> Fitted:
    """Fit the mixture, and say what deserves attention about its groups."""
    n_rows = fitting.n_counted(numbers, run.engine)
    asked = None if request.counts is None else fitting.counts_for(n_rows, request.counts, run.spell)
    most = most_components(n_rows) if asked is None else asked[-1]
    bayesian = estimator(most, request.shapes[0], request.seed)
    notices = []
    table = fitting.scaled_table(numbers, run.engine)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        moments = table.fold(column_moments, ColumnMoments.zero(table.n_columns))
        volume = fitting.log_volume(numbers, moments.weights)
        bayesian.set_params(categorical_features=list(numbers.coded) or None)
        bayesian.set_params(on_progress=_in_units(run.on_progress, volume))
        bayesian = fit_groups_or_one(bayesian, table)
        mixture = _in_use(bayesian.mixture_)
    if not bayesian.converged_:
        notices.append(f"the fit was still improving when it was stopped after {_MAX_ITER} iterations.")
    description = mixture_facts("bayesian", mixture, by=", variational Bayes").description
    figures = FitFigures(lower_bound=bayesian.lower_bound_ - volume)
    if mixture.n_components == most and most > 1:
        more = run.spell("components", 2 * most)
        notices.append(f"all of the {most} components are in use: more may fit better ({more}).")
    if len(mixture.numbers):
        seen = mixture.marginal(mixture.numbers.tolist())
        contours = Contours(seen, numbers.n_rows, numbers.n_rows, table.dtype, table.has_missing)
        notices += fitting.small_group_notices(contours)
    return Fitted(DensityModel.of(mixture), description, figures, notices=tuple(notices))


def _in_units(on_progress: OnProgress, volume: float) -> OnProgress:
    """Return what tells bounds in the units of the table."""

    def tell(progress: Progress) -> None:
        if isinstance(progress, FitProgress):
            progress = replace(progress, lower_bound=progress.lower_bound - volume)
        on_progress(progress)

    return tell


def _in_use(mixture: Mixture) -> Mixture:
    """Return the components that have a weight, the largest first."""
    ordered = by_weight(mixture)
    kept = np.flatnonzero(ordered.weights > 0)
    levels = None if ordered.levels is None else ordered.levels.repeat(kept)
    return Mixture(ordered.weights[kept], ordered.means[kept], ordered.covariance.repeat(kept), levels=levels)


def most_components(n_rows: int) -> int:
    """Return how many components there may be, where nobody says it."""
    return min(_MOST_COMPONENTS, max(1, n_rows // 2))


def estimator(most: int, shape: str, seed: int) -> BayesianGaussianMixture:
    """Return the mixture, not fitted."""
    return BayesianGaussianMixture(
        n_components=most,
        covariance_type=shape,
        reg_covar=REG_COVAR,
        n_init=N_INIT,
        max_iter=_MAX_ITER,
        random_state=seed,
    )
