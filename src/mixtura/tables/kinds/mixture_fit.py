"""A mixture fitted to a table by a search."""

from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from ...detectors.density.default_mixture import fit_groups
from ...detectors.density.model import DensityModel
from ...distributions.shapes import SEARCHED
from ...engines import OnProgress, engine_for
from ...intake.counted import counted_rows
from ...intake.sample import take_sample
from ...intake.scaling import Scaled, scaling_of
from ...intake.table import Table
from ...mixtures.choice.defaults import default_counts
from ...rows import ArrayRows
from .. import fitting
from ..model_facts import facts_of_candidates, mixture_facts
from ..provenance import FitFigures
from ..request import Request
from ..run import Run
from .kind import Fitted


def fit(request: Request, numbers: fitting.Numbers, run: Run, *, clean: bool) -> Fitted:
    """Search for the mixture of lowest BIC, and say what deserves attention about its groups."""
    n_rows = fitting.n_counted(numbers, run.engine)
    counts = fitting.counts_for(n_rows, request.counts, run.spell)
    with fitting.scaled_table(numbers, run.engine, run.on_progress) as table:
        found = fit_groups(
            table,
            n_rows,
            request.seed,
            counts=counts,
            shapes=request.shapes,
            n_factors=request.n_factors,
            clean=clean,
        )
    mixture = fitting.ordered(found.contours.mixture)
    candidates = facts_of_candidates(found.candidates, fitting.log_volume(numbers, found.observed))
    facts = replace(mixture_facts("mixture", mixture), candidates=candidates)
    best = facts.ranking[0]
    notices = fitting.search_notices(facts, mixture, run.spell) + fitting.passed_over_notices(found.passed_over)
    if not clean:
        contours = replace(found.contours, mixture=mixture)
        notices += fitting.far_notices(found.far, contours, run.spell, left_out=found.n_left_out > 0)
        notices += fitting.small_group_notices(contours)
    figures = FitFigures(best.bic, best.aic, best.log_likelihood)
    return Fitted(DensityModel.of(mixture), facts.description, figures, candidates, notices)


class TableMixture(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
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
        n_rows = counted_rows(table).n_rows
        found = fit_groups(
            table.through(Scaled(scaling)),
            n_rows,
            self.random_state,
            counts=default_counts(n_rows),
            shapes=SEARCHED,
        )
        self.model_ = DensityModel(found.contours.mixture, scaling.center, scaling.scale)
        return self

    def score_samples(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return the log density of each row."""
        return self.model_.score_samples(X)
