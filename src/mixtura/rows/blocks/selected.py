"""Some of the columns of rows."""

from collections.abc import Iterator, Sequence

from .block import Block, Levels, Rows, levels_of
from .derived import DerivedRows


class SelectedRows(DerivedRows):
    """Rows with only some of their columns, for what is learnt about columns after the rows are open.

    Blocks are cut where those of `rows` are, not where a table of fewer columns would be cut.

    Parameters
    ----------
    rows : Rows
        The rows.
    positions : sequence of int
        Positions of the columns to keep.

    Examples
    --------
    >>> from mixtura.rows import ArrayRows
    >>> rows = SelectedRows(ArrayRows([[1.0, 5.0, 2.0], [3.0, 5.0, 4.0]]), [0, 2])
    >>> next(rows.blocks()).values
    array([[1., 2.],
           [3., 4.]])
    """

    def __init__(self, rows: Rows, positions: Sequence[int]) -> None:
        super().__init__(rows)
        self._positions = list(positions)

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the columns, None for a plain array."""
        names = self._rows.columns
        return None if names is None else tuple(names[position] for position in self._positions)

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return len(self._positions)

    @property
    def levels(self) -> Levels:
        """Levels of each column whose numbers are codes of levels, None for other columns."""
        levels = levels_of(self._rows)
        return tuple(levels[position] for position in self._positions)

    def blocks(self) -> Iterator[Block]:
        """Yield the rows in order."""
        for block in self._rows.blocks():
            yield block.select(self._positions)
