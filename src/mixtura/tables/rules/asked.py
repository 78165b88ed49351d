"""How a threshold is asked for."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import RequestError
from ..asking.spelling import Spell, in_python
from .listed import DEFAULT, DEFAULT_ON_LABELS, RULES
from .rule import ThresholdRule

if TYPE_CHECKING:
    from ...rows.reviewed import Reviewed


@dataclass(frozen=True)
class Rule:
    """How the threshold is to be chosen.

    Attributes
    ----------
    chooses : ThresholdRule
        The rule, with its target.
    labels : str, Reviewed or None
        Column of labels, for rules that need them; or what was marked by hand.
    reference : object
        A clean table that the model is trained on.
    """

    chooses: ThresholdRule
    labels: "str | Reviewed | None" = None
    reference: Any = None

    @property
    def label_column(self) -> str | None:
        """The column of labels."""
        return self.labels if isinstance(self.labels, str) else None


def rule(
    *,
    labels: str | os.PathLike[str] | None = None,
    reference: Any = None,
    spell: Spell = in_python,
    **targets: float | None,
) -> Rule:
    """Return the rule that keywords mean.

    Parameters
    ----------
    labels : str, path-like or None
        Column of labels, or a CSV file of the rows that were marked in a report.
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
    from ...rows.reviewed import is_file_of_marks, read_reviewed  # slow to import, and --help needs none of it

    marks = read_reviewed(labels) if labels is not None and is_file_of_marks(labels) else None
    known = labels is not None if marks is None else marks.are_enough
    chooses = given[0] if given else DEFAULT_ON_LABELS if known else DEFAULT
    name = spell(chooses.name)
    if chooses.needs_labels and labels is None:
        raise RequestError(f"{name} needs {spell('labels')}, the column that says which rows are anomalies")
    if marks is not None:
        return Rule(chooses, _usable(marks, chooses, spell), reference)
    if not chooses.needs_labels and labels is not None:
        raise RequestError(f"{name} does not use {spell('labels')}: ask for {on_labels(spell)}")
    return Rule(chooses, None if labels is None else os.fspath(labels), reference)


def _usable(marks: "Reviewed", chooses: ThresholdRule, spell: Spell) -> "Reviewed":
    if chooses.needs_labels and not marks.has_both:
        raise RequestError(
            f"{spell(chooses.name)} needs rows marked as error and rows marked as fine, and {marks.path} has no "
            f"{'fine ones' if marks.errors else 'errors'}"
        )
    return marks


def on_labels(spell: Spell) -> str:
    """Return the keywords of the rules that need labels, as an alternative."""
    *others, last = [spell(kind.name) for kind in RULES if kind.needs_labels]
    return " or ".join((", ".join(others), last))
