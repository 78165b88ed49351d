"""How a threshold is asked for."""

from dataclasses import dataclass
from typing import Any

from ...errors import RequestError
from ..spelling import Spell, in_python
from .listed import DEFAULT, DEFAULT_ON_LABELS, RULES
from .rule import ThresholdRule


@dataclass(frozen=True)
class Rule:
    """How the threshold is to be chosen.

    Attributes
    ----------
    chooses : ThresholdRule
        The rule, with its target.
    labels : str or None
        Column of labels, for rules that need them.
    reference : object
        A clean table that the model is trained on.
    """

    chooses: ThresholdRule
    labels: str | None = None
    reference: Any = None


def rule(
    *, labels: str | None = None, reference: Any = None, spell: Spell = in_python, **targets: float | None
) -> Rule:
    """Return the rule that keywords mean.

    Parameters
    ----------
    labels : str or None
        Column of labels.
    reference : object
        The clean table.
    spell : callable
        Writes a keyword and perhaps a value in a sentence for the user.
    **targets : float or None
        The target of each rule by its name, such as ``rate=0.04``; None where it was not given.

    Raises
    ------
    RequestError
        A number is outside its range, or keywords exclude or miss each other.

    Examples
    --------
    >>> rule(labels="fraud", precision=0.9)
    Rule(chooses=Precision(target=0.9), labels='fraud', reference=None)
    """
    given = [kind(float(target)) for kind in RULES if (target := targets.get(kind.name)) is not None]
    for one in given:
        one.check(spell)
    if len(given) > 1:
        names = " and ".join(spell(one.name) for one in given)
        raise RequestError(f"{names} exclude each other: use one of them to set the threshold")
    chooses = given[0] if given else DEFAULT if labels is None else DEFAULT_ON_LABELS
    name = spell(chooses.name)
    if chooses.needs_labels and labels is None:
        raise RequestError(f"{name} needs {spell('labels')}, the column that says which rows are anomalies")
    if not chooses.needs_labels and labels is not None:
        raise RequestError(f"{name} does not use {spell('labels')}: ask for {on_labels(spell)}")
    return Rule(chooses, labels, reference)


def on_labels(spell: Spell) -> str:
    """Return the keywords of the rules that need labels, as an alternative."""
    *others, last = [spell(kind.name) for kind in RULES if kind.needs_labels]
    return " or ".join((", ".join(others), last))
