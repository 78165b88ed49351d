"""What a page has room for: less than three million bytes, of which the library that draws takes nine hundred thousand.

The rows that are gathered while a table is scored have limits of their own, in `mixtura.tables.scored.gathering`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """What a page has room for.

    Attributes
    ----------
    groups, left_out, candidates, reasons, notices, segments, since : int
        Groups that are shown, columns left out that are named, candidates of a search, shared reasons, notices,
        segments, columns with something new since the fit and columns that moved.
    viewed, blamed, pairs : int
        Columns that pictures choose from, more of them where so many have flagged cells, and pairs of these that have a
        picture of the density.
    deviations : int
        Columns that the explanation of a row names; those of its flagged cells are always among them.
    explained : int
        Values of all rows that are explained: the time for a row of very many columns rises with their square.
    covariances : int
        Numbers of all covariance matrices together; there are none where they are more.
    group_bytes, number_bytes : int
        Bytes for what is said of the columns in all groups, and of each number in it.
    row_bytes, point_bytes : int
        Bytes of the listed rows and of the points of the pictures, in the data of a report.
    row_page_bytes, point_page_bytes : int
        The same in the page, which writes them another way.
    flagged_points : float
        Share of the points that flagged rows may take, so that a sample of the others fits too.
    sentence, reason, command : int
        Letters of a sentence and of what else a user wrote, of the reason of a row, of the command. A command that is
        cut is of no use: one that is longer holds a long query.
    cells : tuple of int
        Letters of a cell, one after the other until all listed rows fit.
    """

    groups: int = 20
    left_out: int = 50
    candidates: int = 200
    reasons: int = 10
    notices: int = 20
    segments: int = 100
    since: int = 50
    viewed: int = 10
    blamed: int = 40
    pairs: int = 10
    deviations: int = 6
    explained: int = 131_072
    covariances: int = 12_000
    group_bytes: int = 200_000
    number_bytes: int = 24
    row_bytes: int = 600_000
    point_bytes: int = 700_000
    row_page_bytes: int = 1_000_000
    point_page_bytes: int = 600_000
    flagged_points: float = 0.6
    sentence: int = 600
    reason: int = 300
    command: int = 20_000
    cells: tuple[int, ...] = (400, 200, 100, 50, 25, 12)


PAGE = Budget()
