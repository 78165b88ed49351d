"""How a threshold is asked for."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from ..errors import RequestError
from .spelling import Spell, in_python

# The share of the flagged rows that may belong, on average, where nobody asks for anything else; as of the default
# detector, which is slow to import.
DEFAULT_FALSE_DISCOVERIES = 0.1

Kind = Literal["rate", "precision", "recall", "f_beta", "tail", "fdr"]
RULES: tuple[Kind, ...] = get_args(Kind)
TARGETS: tuple[Kind, ...] = ("precision", "recall", "f_beta")

# Largest number that goes with a rule, that of `f_beta`.
MOST = 100


@dataclass(frozen=True)
class Rule:
    """What the threshold has to achieve.

    Attributes
    ----------
    kind : {"rate", "precision", "recall", "f_beta", "tail", "fdr"}
        A share of the rows to flag; a target on labelled rows; a share of false alarms that a tail is extrapolated to;
        a share of false alarms among the flagged rows.
    value : float
        That share or target.
    labels : str or None
        Column of labels, for targets.
    reference : object
        A clean table that the model is trained on.
    """

    kind: Kind
    value: float
    labels: str | None = None
    reference: Any = None


def rule(
    *,
    rate: float | None,
    labels: str | None,
    precision: float | None,
    recall: float | None,
    f_beta: float | None,
    tail: float | None,
    fdr: float | None,
    reference: Any,
    spell: Spell = in_python,
) -> Rule:
    """Return the rule that keywords mean.

    Raises
    ------
    RequestError
        A number is outside its range, or keywords exclude or miss each other.

    Examples
    --------
    >>> rule(rate=None, labels="fraud", precision=0.9, recall=None, f_beta=None, tail=None, fdr=None, reference=None)
    Rule(kind='precision', value=0.9, labels='fraud', reference=None)
    """
    asked: dict[Kind, float | None] = {
        "rate": rate,
        "precision": precision,
        "recall": recall,
        "f_beta": f_beta,
        "tail": tail,
        "fdr": fdr,
    }
    given: dict[Kind, float] = {kind: value for kind, value in asked.items() if value is not None}
    for kind, value in given.items():
        if kind == "f_beta" and not 0 < value <= MOST:
            raise RequestError(
                f"{spell(kind)} is {value:g}: write a number above 0 and up to {MOST}, such as 1; above 1 favours "
                "recall"
            )
        if kind != "f_beta" and not 0 < value < 1:
            example = {"rate": "0.04", "tail": "1e-4", "fdr": "0.05"}.get(kind, "0.9")
            raise RequestError(f"{spell(kind)} is {value:g}: write a number between 0 and 1, such as {example}")
    if len(given) > 1:
        names = " and ".join(spell(name) for name in given)
        raise RequestError(f"{names} exclude each other: each chooses the threshold in its own way")
    if labels is not None and not given:
        given = {"f_beta": 1.0}
    kind, value = next(iter((given or {"fdr": DEFAULT_FALSE_DISCOVERIES}).items()))
    if kind in TARGETS and labels is None:
        raise RequestError(f"{spell(kind)} needs {spell('labels')}, the column that says which rows are anomalies")
    if kind not in TARGETS and labels is not None:
        targets = " or ".join((", ".join(spell(target) for target in TARGETS[:-1]), spell(TARGETS[-1])))
        raise RequestError(f"{spell(kind)} does not use {spell('labels')}: ask for {targets}")
    return Rule(kind, value, labels, reference)


def rate_rule(rate: float, spell: Spell = in_python) -> Rule:
    """Return the rule to flag a share of the rows; raises as `rule` does."""
    return rule(
        rate=rate,
        labels=None,
        precision=None,
        recall=None,
        f_beta=None,
        tail=None,
        fdr=None,
        reference=None,
        spell=spell,
    )
