"""A share of false alarms among the flagged rows: the false discovery rate."""

import math
from typing import TYPE_CHECKING

from ... import words
from ..asking.spelling import Spell
from .rule import TRAINING_SHARE, Chosen, ThresholdRule

if TYPE_CHECKING:
    from ..thresholds.table_scores import TableScores

# Of fewer rows little is known of how rare one is; of fewer than the detector's number, nothing.
_FEW_ROWS = 200

# Of more rows nobody has as many.
_MOST_ROWS = 10**15


class FalseDiscoveryRate(ThresholdRule):
    """Flags as many rows as possible while, on average, a share of them belongs."""

    name = "fdr"
    metavar = "SHARE"
    help = (
        "Flag as many rows as possible with at most this share of false alarms among them, on average (the false "
        "discovery rate of Benjamini and Hochberg): 0.05 or 5%. Default: 0.1, unless another option sets the threshold."
    )
    example = "0.05"

    def choose(self, scores: "TableScores", spell: Spell) -> Chosen:
        """Return the threshold by p-values: beside clean rows, or by how rare the model says that a score is."""
        from ...decisions.conformal import threshold_by_false_discovery_rate  # slow to import
        from ...detectors.ensemble.estimator import FEWEST_ROWS

        sketch, n_rows = scores.sketch, scores.sketch.count
        if scores.clean is not None:
            return Chosen(threshold_by_false_discovery_rate(sketch, scores.clean, self.target))
        if n_rows < FEWEST_ROWS:
            notice = (
                f"no row is flagged: {words.plural(n_rows, 'row')} are too few to tell how rare a row is. Use at least "
                f"{FEWEST_ROWS} rows, or flag a share ({spell('rate', 0.04)})."
            )
            return Chosen(-math.inf, (notice,))
        threshold = threshold_by_false_discovery_rate(sketch, scores.shares_as_low, self.target)
        # Where no row is flagged, one of another table is that would have been so alone in this one.
        alone = min(scores.score_at(math.log(n_rows / self.target)), sketch.quantile(0.0))
        return Chosen(max(threshold, alone), _few_rows(n_rows, spell))

    def sentence(self, rows: str) -> str:
        """Return what the threshold was chosen for."""
        return f"so that on average at most {words.percent(self.target)} of the flagged rows are false alarms"

    def absence(self, spell: Spell) -> tuple[str, ...]:
        """Return why no row of a table is flagged, and what is promised of those that are."""
        return (
            "no row is too rare to be due to chance",
            f"on average at most {words.percent(self.target)} of the flagged rows may be false alarms; "
            f"{spell('rate')} flags a share",
        )

    def few_clean_rows(self, n_rows: int, n_clean: int) -> tuple[str, ...]:
        """Return how many clean rows tell a row from chance, where fewer are there."""
        fewest = math.ceil(min(n_rows / ((n_clean + 1) * self.target), _MOST_ROWS))
        if not 2 <= fewest < _MOST_ROWS:
            return ()
        enough = math.ceil(n_rows / self.target / (1 - TRAINING_SHARE))
        return (
            f"the reference of {words.plural(n_clean, 'clean row')} is too small to flag fewer than "
            f"{words.count(fewest)} rows: use about {words.count(enough)} clean rows, or flag a share of the rows.",
        )


def _few_rows(n_rows: int, spell: Spell) -> tuple[str, ...]:
    if n_rows >= _FEW_ROWS:
        return ()
    return (
        f"{words.plural(n_rows, 'row')} say little about how rare a row is: only rows far from all others are "
        f"flagged, and some may be by chance ({spell('rate')} flags a share).",
    )
