"""Columns that say nothing of what a row is like."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from ..seen.column_seen import ColumnSeen
from .kind import Kind
from .level_codes import LevelCodes, coding_in, settings_of

# What R and pandas write beside a table says nothing of its rows, nor does how it is written.
ROW_NAMES = "row names"


@dataclass(frozen=True)
class Identifier(Kind):
    """Names of the rows: numbers one after the other, keys, codes that never repeat.

    Attributes
    ----------
    what : str
        What they are: "row numbers", "row names", "identifier", "codes with leading zeros".
    coding : LevelCodes or None
        The codes of the shapes of its texts, where these are known and repeat: names do not, how they are written does.
    """

    what: str = "identifier"
    coding: LevelCodes | None = None
    name: ClassVar[str] = "identifier"

    @property
    def told(self) -> str:
        """What is said of such a column."""
        return self.what

    def coded(self, seen: ColumnSeen, missing: tuple[str, ...] = ()) -> Self:
        """Return the same kind with codes for the shapes of its texts, where these repeat."""
        return self if self.what == ROW_NAMES else replace(self, coding=LevelCodes.of_shapes(seen, missing))

    def settings(self) -> dict[str, Any]:
        """Return what `from_settings` makes the same kind of."""
        return {"what": self.what, **settings_of(self.coding)}

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Self:
        """Return the kind that has these settings."""
        return cls(settings["what"], coding_in(settings))


@dataclass(frozen=True)
class Constant(Kind):
    """One value in all rows.

    Attributes
    ----------
    value : str
        The value.
    """

    value: str = ""
    name: ClassVar[str] = "constant"

    def settings(self) -> dict[str, Any]:
        """Return what `from_settings` makes the same kind of."""
        return {"value": self.value}


@dataclass(frozen=True)
class Empty(Kind):
    """No value in any row."""

    name: ClassVar[str] = "empty"


@dataclass(frozen=True)
class Other(Kind):
    """Values that no model can use: lists, records, bytes.

    Attributes
    ----------
    what : str
        What they are.
    """

    what: str = "other values"
    name: ClassVar[str] = "other"

    @property
    def told(self) -> str:
        """What is said of such a column."""
        return self.what

    def settings(self) -> dict[str, Any]:
        """Return what `from_settings` makes the same kind of."""
        return {"what": self.what}
