"""Rows that know the table they come from."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from .block import Block, Rows
from .columns import LeftOut
from .style import Style

if TYPE_CHECKING:
    import pyarrow as pa


@runtime_checkable
class TableRows(Rows, Protocol):
    """Rows that still know the table they come from; what `open` returns for every source but `Rows`.

    Attributes
    ----------
    names : tuple of str
        Names of all columns of the table, in use or not.
    left_out : tuple of LeftOut
        Columns that are not used because they do not hold numbers.
    notes : tuple of str
        What the user should know of how the table is read, in sentences.
    """

    @property
    def names(self) -> tuple[str, ...]: ...  # noqa: D102  # said above

    @property
    def left_out(self) -> tuple[LeftOut, ...]: ...  # noqa: D102  # said above

    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102  # said above

    def tables(self) -> "Iterator[tuple[pa.Table, Block]]":
        """Yield every block with a pyarrow Table of all input columns of its rows."""
        ...

    def style(self) -> Style:
        """Return how the table is written."""
        ...
