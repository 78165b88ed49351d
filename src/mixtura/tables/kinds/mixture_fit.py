"""A mixture fitted to a table by a search."""

from dataclasses import replace

from ...detectors.density.default_mixture import fit_groups
from ...detectors.density.model import DensityModel
from ..asking.run import Run
from ..models import fitting
from ..models.model_facts import facts_of_candidates, mixture_facts
from ..models.provenance import FitFigures
from .kind import Fitted
from .request import Request


def fit(request: Request, numbers: fitting.Numbers, run: Run, *, clean: bool) -> Fitted:
    """Search for the mixture of lowest BIC, and say what deserves attention about its groups."""
    n_rows = fitting.n_counted(numbers, run.engine)
    counts = fitting.counts_for(n_rows, request.counts, run.spell)
    found = fit_groups(
        fitting.scaled_table(numbers, run.engine, run.on_progress),
        request.seed,
        counts=counts,
        shapes=request.shapes,
        n_factors=request.n_factors,
        clean=clean,
        coded=numbers.coded,
    )
    mixture = found.estimator.mixture_
    candidates = facts_of_candidates(found.candidates, fitting.log_volume(numbers, found.observed))
    facts = replace(mixture_facts("mixture", mixture), candidates=candidates)
    best = facts.ranking[0]
    notices = fitting.search_notices(facts, mixture, run.spell) + fitting.passed_over_notices(found.passed_over)
    if not clean and found.contours is not None:
        notices += fitting.far_notices(found.far, found.contours, run.spell, are_left_out=found.left_out > 0)
        notices += fitting.small_group_notices(found.contours)
    figures = FitFigures(best.bic, best.aic, best.log_likelihood)
    return Fitted(DensityModel.of(mixture), facts.description, figures, candidates, notices)
