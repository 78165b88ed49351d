"""In words: how well a model fits, what was merged, where a threshold is from, and why no row may be flagged."""

from ..tables.spelling import Spell
from ..tables.summary import FIT_FIGURES, Merging, ModelFacts, Summary
from ..words import count, percent, plural

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
    why = "as asked for" if merging.asked else "as many as the rows tell apart"
    return f"{plural(n_components, 'component')} merged into {count(len(merging.clusters))}, {why}"


def origin(summary: Summary, spell: Spell) -> tuple[str, ...]:
    """Return whether the threshold was saved with the model, and how it was chosen, as parts of a sentence."""
    decision = summary.decision
    if decision is None:
        return ()
    rule = absence(summary, spell)[1:]
    if rule:
        return rule
    saved = ("saved with the model",) if decision.saved else ()
    if decision.rule is None or decision.target is None:
        return saved
    target = decision.target
    rows = "clean rows" if decision.trained_on == "reference" else "the rows"
    chosen = {
        "rate": f"to flag {percent(target)} of {rows}",
        "precision": f"for a precision of {percent(target)} or more",
        "recall": f"for a recall of {percent(target)} or more",
        "f_beta": f"for the highest F{target:g}",
        "tail": f"to flag one in {count(round(1 / target))} rows that belong, by the tail of the scores",
        "fdr": f"so that on average at most {percent(target)} of the flagged rows belong",
    }[decision.rule]
    return (*saved, f"chosen {chosen}")


def absence(summary: Summary, spell: Spell) -> tuple[str, ...]:
    """Return why no row is flagged, and the rule, where a table was asked which are too rare; nothing else."""
    decision = summary.decision
    if decision is None:
        return ()
    asked = summary.command == "detect" and decision.trained_on == "table" and decision.rule == "fdr"
    if decision.threshold is not None and (decision.n_anomalies or not asked):
        return ()
    if not asked:
        return ("no score is high enough",)
    belong = percent(decision.target or 0)
    return (
        "no row is too rare for chance",
        f"of rows flagged at most {belong} may belong, on average; {spell('rate')} flags a share",
    )
