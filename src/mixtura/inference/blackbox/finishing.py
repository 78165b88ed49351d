"""From the approximation that a method found to the posterior that is reported: fresh draws, weighted and judged."""

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import numpy as np
from scipy.special import logsumexp

from ...typing import Floats
from ..posterior import Posterior, figures
from . import judging
from .batches import is_table
from .faults import described
from .importance import Draws, Proposal, effective_size
from .methods.mixture import COMPONENTS, elbo, fitted
from .parameters import Layout
from .problem import Approximation, Problem, Settings
from .psis import smoothed

# Final draws, and how many when those are not enough.
_DRAWS, _MORE_DRAWS = 16_000, 64_000
# Seeds of one fit that are far apart, so that rounds and final draws share no random numbers.
_FINAL, _SECOND, _STEIN = 100_003, 200_003, 300_007
_ROWS = 2048


def finished(problem: Problem, found: Approximation, settings: Settings) -> Posterior:
    """Return the posterior by fresh draws from the approximation; poor ones improve it first, once."""
    if is_table(problem.data):
        return _unjudged(problem, found, settings)
    posterior, draws = _drawn(problem, found, _DRAWS, settings.seed + _FINAL, settings)
    if not found.corrected or posterior.converged:
        return posterior
    found = replace(found, mixture=fitted(draws, found.mixture, COMPONENTS, settings.seed))
    return _drawn(problem, found, _MORE_DRAWS, settings.seed + _SECOND, settings)[0]


def _drawn(
    problem: Problem, found: Approximation, n_draws: int, seed: int, settings: Settings
) -> tuple[Posterior, Draws]:
    proposal = (Proposal.defensive if found.corrected else Proposal.of)(found.mixture)
    points, drawn = proposal.draw(n_draws, seed)
    values = problem.values_as_they_are(points)
    undefined = np.isnan(values)
    draws = Draws(points, np.where(undefined, -np.inf, values), ((n_draws, drawn),))
    if undefined.any():
        shares = np.exp(found.mixture.log_density(points) - draws.log_proposal)
        place = described(problem.target, points[np.argmax(np.where(undefined, shares, -1.0))])
        reasons = judging.undefined_reasons(place, float(shares[undefined].sum() / shares.sum()))
        found = replace(found, reasons=(*found.reasons, *reasons))
    return _judged(problem, found, draws, settings), draws


def _judged(problem: Problem, found: Approximation, draws: Draws, settings: Settings) -> Posterior:
    layout = problem.target.layout
    values = constrained(layout, draws.points)
    log_weights, shape = smoothed(draws.log_weights)
    reasons = [*found.reasons, *judging.weight_reasons(log_weights, shape)]
    weighted = figures(values, log_weights)
    k_hats = judging.tail_shapes(values, weighted.means, draws.log_weights)
    reported = log_weights if found.corrected else np.zeros(len(values))
    own = figures(values, reported)
    reasons += judging.figure_reasons(layout.names, weighted, k_hats)
    if not found.corrected:
        reasons += judging.apart_reasons(layout.names, own, weighted)
    distance, place = judging.stein_distance(problem, draws.points, log_weights, settings.seed + _STEIN)
    reasons += judging.stein_reasons(layout.free_names[place], distance)
    n_draws, effective = len(values), effective_size(log_weights)
    return Posterior(
        shapes={name: parameter.value_shape for name, parameter in layout.entries},
        names=layout.names,
        values=values,
        log_weights=reported,
        figures=own,
        k_hats=k_hats,
        mixture=found.mixture,
        log_evidence=float(logsumexp(log_weights)) - float(np.log(n_draws)),
        log_evidence_error=float(np.sqrt(max(1 / effective - 1 / n_draws, 0))) if effective else float("inf"),
        elbo=elbo(draws, found.mixture),
        elbo_trace=found.elbo_trace,
        k_hat=shape,
        ess=effective,
        n_gradients=problem.n_gradients,
        n_evaluations=problem.n_evaluations,
        reasons=tuple(reasons),
    )


def _unjudged(problem: Problem, found: Approximation, settings: Settings) -> Posterior:
    """Return draws of q itself, where to weigh each by the density would be to read the table again."""
    layout = problem.target.layout
    points, _ = Proposal.of(found.mixture).draw(_DRAWS, settings.seed + _FINAL)
    values = constrained(layout, points)
    log_weights = np.zeros(len(values))
    return Posterior(
        shapes={name: parameter.value_shape for name, parameter in layout.entries},
        names=layout.names,
        values=values,
        log_weights=log_weights,
        figures=figures(values, log_weights),
        k_hats=np.full(len(layout.names), np.nan),
        mixture=found.mixture,
        log_evidence=np.nan,
        log_evidence_error=np.nan,
        elbo=float(found.elbo_trace[-1]) if len(found.elbo_trace) else np.nan,
        elbo_trace=found.elbo_trace,
        k_hat=np.nan,
        ess=np.nan,
        n_gradients=problem.n_gradients,
        n_evaluations=problem.n_evaluations,
        reasons=found.reasons,
    )


def constrained(layout: Layout, points: Floats) -> Floats:
    """Return the numbers that the parameters hold at points, shape (n_points, n_numbers)."""
    filled = np.concatenate([points, np.repeat(points[-1:], -len(points) % _ROWS, axis=0)])
    parts = [np.asarray(_flat(layout, filled[start : start + _ROWS])) for start in range(0, len(filled), _ROWS)]
    return np.concatenate(parts)[: len(points)]


@partial(jax.jit, static_argnums=0)
def _flat(layout: Layout, points: Any) -> jax.Array:
    return jax.vmap(layout.flat)(points)
