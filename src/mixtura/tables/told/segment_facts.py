"""What is told of the segments of a table, as plain data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SegmentValue:
    """A column in which a segment differs.

    Attributes
    ----------
    column : str
        Its name.
    median : float or str
        Median of the rows of the segment when the model was fitted; in words of a date or a time.
    of_all : float or str
        Median of all rows.
    """

    column: str
    median: float | str
    of_all: float | str


@dataclass(frozen=True)
class SegmentFacts:
    """A segment of a table.

    Attributes
    ----------
    levels : dict of str to str or None
        What the rows have in each column of segments, None where the cell is missing; empty for the rows of segments
        that the model was not fitted to, which are judged by the whole table.
    n_rows, n_flagged : int
        Rows of the table in it, and how many of them are flagged.
    share : float
        Part of its rows that is flagged.
    differs : tuple of SegmentValue
        The columns in which it differs most from all rows.
    """

    levels: dict[str, str | None]
    n_rows: int
    n_flagged: int
    share: float
    differs: tuple[SegmentValue, ...] = ()

    @property
    def called(self) -> str:
        """What it is called: "North", "North, tea", "(missing)", "(not seen in the fit)"."""
        texts = ["(missing)" if level is None else level for level in self.levels.values()]
        return ", ".join(texts) or "(not seen in the fit)"
