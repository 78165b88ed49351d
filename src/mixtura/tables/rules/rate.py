"""A share of the rows to flag."""

from typing import TYPE_CHECKING

from ... import words
from ..asking.spelling import Spell
from .rule import Chosen, ThresholdRule

if TYPE_CHECKING:
    from ..thresholds.table_scores import TableScores


class Rate(ThresholdRule):
    """Flags a share of the rows; beside clean rows, what only that share of them would reach."""

    name = "rate"
    metavar = "SHARE"
    help = (
        "Flag this share of the rows: 0.04 or 4%. With --reference, flag scores that only this share of clean rows "
        "reaches."
    )
    example = "0.04"
    shows_itself = True

    def choose(self, scores: "TableScores", spell: Spell) -> Chosen:
        """Return the quantile of the scores."""
        from ...statistics.shares import cut_at_share, cut_of  # slow to import

        if scores.clean is not None:
            cut, what = cut_of(scores.clean, self.target), "clean rows"
        else:
            # The sketch was made where the table itself said how rare its scores are.
            known = scores.rated.rarity is not None and scores.sketch.is_exact(self.target)
            cut, what = cut_at_share(scores.sketch if known else scores, self.target), "rows"
        notice = cut.notice(what)
        return Chosen(cut.threshold, () if notice is None else (f"{notice}.",))

    def sentence(self, rows: str) -> str:
        """Return what the threshold was chosen for."""
        return f"to flag {words.percent(self.target)} of {rows}"
