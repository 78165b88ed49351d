"""The rows that do not belong, and their wrong cells, as plain data."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class FlaggedCell:
    """A value that is wrong.

    Attributes
    ----------
    column : str
        Its column.
    value : float or str
        The value; words where the column holds no numbers.
    expected : float or str
        What the other values of the row predict, without those that are wrong too.
    """

    column: str
    value: float | str
    expected: float | str

    @property
    def direction(self) -> str:
        """Whether the value is "zero", "low" or "high", or "unexpected" where it is no number."""
        if isinstance(self.value, str) or isinstance(self.expected, str):
            return "unexpected"
        if self.value == 0:
            return "zero"
        return "low" if self.value < self.expected else "high"


@dataclass(frozen=True)
class StrayCell:
    """A cell that does not hold what its column holds.

    Attributes
    ----------
    column : str
        Its column.
    text : str
        What it holds, cut where it is long.
    """

    column: str
    text: str


@dataclass(frozen=True)
class Anomaly:
    """One of the most anomalous rows.

    Attributes
    ----------
    row : int
        Data row of the table, from 1.
    anomaly_score : float
        Higher is more anomalous.
    severity : float
        Share of rows like these, in percent, that it is rarer than; NaN where the model does not say.
    component : int or None
        The component it is assigned to, where the model is a mixture.
    column : str
        The column that does most to make it anomalous.
    value : float or str
        What the row has there, in words where the column holds no numbers; NaN where it has no values at all.
    expected : float or str
        What the model expected there.
    reason : str
        The same in a sentence or two.
    cells : tuple of FlaggedCell
        The smallest set of values without which it is ordinary; none where no few values explain it.
    score_after : float
        Its anomaly score with these replaced by what was expected; NaN where there are none.
    strays : tuple of StrayCell
        Cells that do not hold what their columns hold, for which it is flagged whatever its score.
    """

    row: int
    anomaly_score: float
    severity: float
    component: int | None
    column: str
    value: float | str
    expected: float | str
    reason: str
    cells: tuple[FlaggedCell, ...] = ()
    score_after: float = math.nan
    strays: tuple[StrayCell, ...] = ()


@dataclass(frozen=True)
class ReasonGroup:
    """Flagged rows that share a reason: the same values are wrong, in the same direction.

    Attributes
    ----------
    reason : str
        What they have in common, in a few words.
    columns : tuple of str
        The columns of the wrong values; none of rows that are unusual as a whole.
    directions : tuple of str
        "zero", "low", "high" or "unexpected" for each of these; none where they do not hold what their columns hold.
    n_rows : int
        How many rows they are.
    example : int
        Data row of the table, from 1, of the most anomalous one.
    """

    reason: str
    columns: tuple[str, ...]
    directions: tuple[str, ...]
    n_rows: int
    example: int


@dataclass(frozen=True)
class RepairedTable:
    """A table that was written with the flagged cells of flagged rows replaced by what the other cells predict.

    Attributes
    ----------
    path : str
        Where it was written.
    n_rows, n_cells : int
        Rows with a cell that was replaced, and how many cells were.
    """

    path: str
    n_rows: int
    n_cells: int
