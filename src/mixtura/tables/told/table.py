"""What was read of a table, as plain data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LeftOutColumn:
    """A column that was not used.

    Attributes
    ----------
    name : str
        Its name.
    reason : str
        Why: what it holds instead of numbers, or "constant".
    """

    name: str
    reason: str


@dataclass(frozen=True)
class TableFacts:
    """The table.

    Attributes
    ----------
    source : str
        As the user named it.
    n_rows : int
        Number of rows.
    columns : tuple of str
        Columns in use.
    left_out : tuple of LeftOutColumn
        Columns not in use that nobody asked to drop.
    """

    source: str
    n_rows: int
    columns: tuple[str, ...]
    left_out: tuple[LeftOutColumn, ...]
