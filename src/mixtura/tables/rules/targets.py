"""Targets on labelled rows: a precision, a recall, an F-score."""

from typing import TYPE_CHECKING

from ... import words
from ...errors import RequestError
from ..asking.spelling import Spell
from .rule import Chosen, ThresholdRule

if TYPE_CHECKING:
    from ..thresholds.table_scores import TableScores

# Largest weight of recall beside precision.
_MOST = 100


class _OnLabels(ThresholdRule):
    metavar = "TARGET"
    example = "0.9"
    needs_labels = True

    def choose(self, scores: "TableScores", spell: Spell) -> Chosen:
        """Return the best threshold of the labelled rows, and what it achieves there."""
        from ..thresholds.on_labels import achieved  # slow to import

        curve = scores.curve()
        threshold = curve.threshold_for(**{self.name: self.target})
        return Chosen(threshold, on_labels=achieved(curve, threshold, chosen_on_them=True))


class Precision(_OnLabels):
    """Finds as many anomalies as a precision allows."""

    name = "precision"
    help = "Find as many labelled anomalies as possible with at least this precision: 0.9 or 90%."

    def sentence(self, rows: str) -> str:
        """Return what the threshold was chosen for."""
        return f"for a precision of {words.percent(self.target)} or more"


class Recall(_OnLabels):
    """Flags as few rows as a recall needs."""

    name = "recall"
    help = "Flag as few rows as possible with at least this recall on the labelled rows: 0.9 or 90%."

    def sentence(self, rows: str) -> str:
        """Return what the threshold was chosen for."""
        return f"for a recall of {words.percent(self.target)} or more"


class FBeta(_OnLabels):
    """Makes an F-score as high as possible."""

    name = "f_beta"
    metavar = "BETA"
    takes_share = False
    help = "Maximise this F-score on the labelled rows; recall counts BETA times as much as precision."
    example = "1"

    def check(self, spell: Spell) -> None:
        """Raise `RequestError` unless the weight of recall is one that makes sense."""
        if not 0 < self.target <= _MOST:
            raise RequestError(
                f"{spell(self.name)} is {self.target:g}: write a number above 0 and up to {_MOST}, such as "
                f"{self.example}; above 1 favours recall"
            )

    def sentence(self, rows: str) -> str:
        """Return what the threshold was chosen for."""
        return f"for the highest F{self.target:g}"
