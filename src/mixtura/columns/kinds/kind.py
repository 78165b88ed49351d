"""What a column holds: how its cells are read as numbers, and how numbers are written as its cells are."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...typing import Floats, Integers

if TYPE_CHECKING:
    import pyarrow as pa

    from ..seen.column_seen import ColumnSeen
    from .level_codes import LevelCodes


@dataclass(frozen=True, eq=False)
class Decoded:
    """Cells as numbers.

    Attributes
    ----------
    values : ndarray of shape (n_cells,), float64
        NaN where a cell is missing, or does not fit.
    strays : ndarray of shape (n_strays,), int64
        Positions of the cells that are there and do not fit, in increasing order.
    """

    values: Floats
    strays: Integers


NO_STRAYS: Integers = np.zeros(0, np.int64)


class Kind:
    """What a column holds, as a frozen value; one class for each kind, all in `KINDS`.

    Attributes
    ----------
    name : str
        What it is called, in `--as COLUMN=KIND` too.
    in_use : bool
        Whether models of numbers judge rows by such a column.
    is_moment : bool
        Whether its numbers are points in time, or lengths of time.
    """

    name: ClassVar[str]
    in_use: ClassVar[bool] = False
    is_moment: ClassVar[bool] = False

    @property
    def coding(self) -> "LevelCodes | None":
        """Levels that the numbers of such a column stand for; None where they are amounts, or there are none."""
        return None

    @property
    def takes_part(self) -> bool:
        """Whether models that take all sorts of columns judge rows by such a column."""
        return self.in_use or self.is_moment or self.coding is not None

    @property
    def told(self) -> str:
        """What is said of such a column: "text", "currency ($)", "row numbers"."""
        return self.name

    def decode(self, cells: "pa.ChunkedArray | pa.Array") -> Decoded:
        """Return cells as numbers."""
        if self.coding is not None:
            return self.coding.decode(cells)
        raise NotImplementedError(f"no numbers are made of a column of kind {self.name!r}")

    def speak(self, value: float) -> str:
        """Return a number as a cell of the column would be written."""
        if self.coding is not None:
            return self.coding.speak(value)
        raise NotImplementedError(f"no numbers are made of a column of kind {self.name!r}")

    def coded(self, seen: "ColumnSeen", missing: tuple[str, ...] = ()) -> "Kind":
        """Return the same kind with codes for the levels that were seen of a column; itself where it has no levels."""
        return self

    def settings(self) -> dict[str, Any]:
        """Return what `from_settings` makes the same kind of; JSON can hold it."""
        return {}

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "Kind":
        """Return the kind that has these settings."""
        return cls(**settings)
