"""In words: how well a model fits, what was merged, where a threshold is from, and why no row may be flagged."""

from ..tables.asking.spelling import Spell
from ..tables.rules import rule_named
from ..tables.told.decision import Decision
from ..tables.told.groups import Merging
from ..tables.told.model import FIT_FIGURES, ModelFacts
from ..tables.told.summary import Summary
from ..words import count, plural

# What the figures of a fit are called.
_FIGURES = dict(zip(FIT_FIGURES, ("BIC", "AIC", "log likelihood", "lower bound of the log evidence"), strict=True))


def figures(model: ModelFacts) -> str | None:
    """Return how well a mixture fits the rows that it was fitted to, in words; None where nothing is known."""
    known = [
        f"{called} {value:,.{0 if abs(value) >= 1e5 else 1}f}"
        for name, called in _FIGURES.items()
        if (value := getattr(model, name)) is not None
    ]
    return f"Fit, in the table's units: {', '.join(known)}." if known else None


def merged(merging: Merging) -> str:
    """Return into how many clusters components were merged, and who says so."""
    n_components = sum(len(cluster.components) for cluster in merging.clusters)
    why = "as asked" if merging.asked else "as many as the rows support"
    return f"{plural(n_components, 'component')} merged into {count(len(merging.clusters))}, {why}"


def origin(summary: Summary, spell: Spell) -> tuple[str, ...]:
    """Return whether the threshold was saved with the model, and how it was chosen, as parts of a sentence."""
    decision = summary.decision
    if decision is None:
        return ()
    promise = absence(summary, spell)[1:]
    if promise:
        return promise
    saved = ("saved with the model",) if decision.saved else ()
    rule = rule_named(decision.rule, decision.target)
    if rule is None:
        return saved
    rows = "clean rows" if decision.trained_on == "reference" else "the rows"
    return (*saved, f"chosen {rule.sentence(rows)}")


def absence(summary: Summary, spell: Spell) -> tuple[str, ...]:
    """Return why no row is flagged, and the rule, where a table was asked which are too rare; nothing else."""
    decision = summary.decision
    if decision is None:
        return ()
    rule = rule_named(decision.rule, decision.target)
    asked = summary.command == "detect" and decision.trained_on == "table"
    said = rule.absence(spell) if rule is not None and asked else ()
    if decision.threshold is not None and (decision.n_anomalies or not said):
        return ()
    return said or ("no score is high enough",)


def like_fine(decision: Decision) -> str:
    """Return how many rows are not flagged because of rows that were marked as fine."""
    verb = "is" if decision.n_like_fine == 1 else "are"
    return f"{plural(decision.n_like_fine, 'row')} {verb} not flagged: marked fine, or like a row marked fine"
