"""What a model is, as the summary says it."""

from collections.abc import Sequence
from dataclasses import asdict, replace

from ... import words
from ...distributions.mixture import Mixture
from ...mixtures.choice.criteria import Candidate
from ..told.model import CandidateFacts, ModelFacts
from .table_model import TableModel


def facts_of(model: TableModel) -> ModelFacts:
    """Return what a model is, by what it says of itself."""
    made = model.provenance
    kind = made.kind or model.model.kind
    facts = ModelFacts(kind, f"a model of kind {kind}")
    if model.has_components:
        facts = replace(mixture_facts(kind, model.mixture), **asdict(made.fit))
    return replace(
        facts,
        description=made.description or facts.description,
        trained_on=made.reference,
        seed=made.seed,
        versions={} if made.versions is None else asdict(made.versions),
    )


def mixture_facts(kind: str, mixture: Mixture, *, by: str = "") -> ModelFacts:
    """Return what a mixture is, and by what method it was fitted if that is to be said."""
    shape = mixture.covariance.name
    description = f"{words.plural(mixture.n_components, 'component')}, {mixture.covariance.described()} covariances{by}"
    return ModelFacts(kind, description, mixture.n_components, shape, mixture.n_parameters)


def facts_of_candidates(candidates: Sequence[Candidate], volume: float) -> tuple[CandidateFacts, ...]:
    """Return what was tried, by a `log_volume` in the units of the table."""
    return tuple(
        CandidateFacts(
            c.n_components,
            c.covariance_type,
            c.bic + 2 * volume,
            c.aic + 2 * volume,
            c.log_likelihood - volume,
            c.n_parameters,
            c.converged,
            bool(c.estimated),
        )
        for c in candidates
    )
