"""What a rule is that chooses a threshold."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ...errors import RequestError
from ..asking.spelling import Spell

if TYPE_CHECKING:
    from ..thresholds.table_scores import TableScores
    from ..told.decision import OnLabels

# Of a reference table: one half to train on, the other to compare with, as Bates and others (2023) do.
TRAINING_SHARE = 0.5


@dataclass(frozen=True)
class Chosen:
    """A threshold, in the sense of `score_samples`: rows that score lower are anomalies.

    Attributes
    ----------
    threshold : float
        The threshold; minus infinity where no row is an anomaly.
    notices : tuple of str
        What deserves attention.
    on_labels : OnLabels or None
        What it achieves on labelled rows, where it was chosen on them.
    """

    threshold: float
    notices: tuple[str, ...] = ()
    on_labels: "OnLabels | None" = None


@dataclass(frozen=True)
class ThresholdRule:
    """A rule that chooses a threshold.

    Attributes
    ----------
    target : float
        What the threshold has to achieve.
    name : str
        Its keyword; the option is spelled after it, and model files hold it.
    metavar, help : str
        What the help of the command line says of the option.
    example : str
        A target that makes sense.
    takes_share : bool
        Whether the target is a share, which people also write as a percentage.
    needs_labels : bool
        Whether the target is one on labelled rows.
    shows_itself : bool
        Whether the share of the rows that are flagged says what was asked for.
    """

    target: float

    name: ClassVar[str]
    metavar: ClassVar[str]
    help: ClassVar[str]
    example: ClassVar[str]
    takes_share: ClassVar[bool] = True
    needs_labels: ClassVar[bool] = False
    shows_itself: ClassVar[bool] = False

    def check(self, spell: Spell) -> None:
        """Raise `RequestError` unless the target is one that can be reached: a share of something."""
        if not 0 < self.target < 1:
            raise RequestError(
                f"{spell(self.name)} is {self.target:g}: write a number between 0 and 1, such as {self.example}"
            )

    def choose(self, scores: "TableScores", spell: Spell) -> Chosen:
        """Return the threshold for the scores of a table.

        Raises
        ------
        ValueError
            The scores do not allow what was asked for.
        """
        raise NotImplementedError

    def sentence(self, rows: str) -> str:
        """Return what the threshold was chosen for, of rows that are called so, as the end of a sentence."""
        raise NotImplementedError

    def absence(self, spell: Spell) -> tuple[str, ...]:
        """Return why no row of a table is flagged, and what the rule promises; nothing for most rules."""
        return ()

    def few_clean_rows(self, n_rows: int, n_clean: int) -> tuple[str, ...]:
        """Return what to do where no row is flagged for want of clean rows to compare with; nothing for most rules."""
        return ()
