"""Where the threshold of a decision is from and how it was chosen, in words."""

from .summary import Summary
from .words import count, percent


def origin(summary: Summary) -> tuple[str, ...]:
    """Return whether the threshold was saved with the model, and how it was chosen, as parts of a sentence."""
    decision = summary.decision
    if decision is None:
        return ()
    saved = ("saved with the model",) if summary.command in ("score", "report") else ()
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
