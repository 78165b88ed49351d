"""Columns that say nothing of what a row is like."""

from dataclasses import dataclass
from typing import Any, ClassVar

from .kind import Kind


@dataclass(frozen=True)
class Identifier(Kind):
    """Names of the rows: numbers one after the other, keys, codes that never repeat.

    Attributes
    ----------
    what : str
        What they are: "row numbers", "identifier", "codes with leading zeros".
    """

    what: str = "identifier"
    name: ClassVar[str] = "identifier"

    @property
    def told(self) -> str:
        """What is said of such a column."""
        return self.what

    def settings(self) -> dict[str, Any]:
        """Return what `from_settings` makes the same kind of."""
        return {"what": self.what}


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
