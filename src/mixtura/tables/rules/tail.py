"""A share of false alarms that the tail of the scores is extrapolated to."""

from typing import TYPE_CHECKING

from ... import words
from ..asking.spelling import Spell
from .rule import Chosen, ThresholdRule

if TYPE_CHECKING:
    from ..thresholds.table_scores import TableScores


class Tail(ThresholdRule):
    """Flags scores that only a share of the rows that belong would reach, be it rarer than one row of the table."""

    name = "tail"
    metavar = "SHARE"
    help = (
        "Flag scores that only this share of normal rows reaches, such as 1e-4. A fitted tail extrapolates beyond the "
        "rows of the table."
    )
    example = "1e-4"

    def choose(self, scores: "TableScores", spell: Spell) -> Chosen:
        """Return the threshold by a generalised Pareto distribution of the lowest scores."""
        from ...decisions.tail import fit_tail  # slow to import
        from ...statistics.lowest import LowestValues

        lowest = LowestValues.zero()
        for part in scores() if scores.clean is None else [scores.clean]:
            lowest = lowest.including(part)
        tail = fit_tail(lowest)
        fits = tail.pareto.anderson_darling <= tail.pareto.critical_distance
        return Chosen(tail.threshold_for(self.target), () if fits else (_no_tail(spell),))

    def sentence(self, rows: str) -> str:
        """Return what the threshold was chosen for."""
        return f"to flag one in {words.count(round(1 / self.target))} normal rows, by the tail of the scores"


def _no_tail(spell: Spell) -> str:
    # A few anomalies among the rows make a heavy tail that no anomaly is far out in.
    return (
        "the highest scores do not follow the tail of a distribution, perhaps because anomalies are among them. The "
        f"threshold may be far too high or too low; {spell('reference')} sets it by clean rows."
    )
