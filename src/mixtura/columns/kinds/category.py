"""Columns of few values, flags and categories, and columns of free text."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ..seen.column_seen import ColumnSeen
from .kind import Decoded, Kind
from .level_codes import LevelCodes, coding_in, settings_of
from .number import Number

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class _Levels(Kind):
    """Columns of levels.

    Attributes
    ----------
    codes : Number or None
        How the levels are read where they are numbers, which models take as such.
    missing : tuple of str
        The level that means a missing value, as it stands; none, or one.
    coding : LevelCodes or None
        The codes of its levels, where these are known.
    """

    codes: Number | None = None
    missing: tuple[str, ...] = ()
    coding: LevelCodes | None = None

    @property
    def in_use(self) -> bool:  # type: ignore[override]  # other kinds know it as classes, this one as a value
        """Whether models judge rows by such a column."""
        return self.codes is not None

    def decode(self, cells: "pa.ChunkedArray | pa.Array") -> Decoded:
        """Return cells as the numbers that they are."""
        return super().decode(cells) if self.codes is None else self.codes.decode(cells)

    def speak(self, value: float) -> str:
        """Return a number as a cell of the column would be written."""
        return super().speak(value) if self.codes is None else self.codes.speak(value)

    def coded(self, seen: ColumnSeen, missing: tuple[str, ...] = ()) -> Self:
        """Return the same kind with codes for its levels, unless they are numbers."""
        if self.codes is not None:
            return self
        return replace(self, coding=LevelCodes.of_values(seen, (*self.missing, *missing)))

    def of_levels(self) -> Self:
        """Return the same kind whose levels are no numbers, even where they are written as such."""
        return replace(self, codes=None)

    def settings(self) -> dict[str, Any]:
        """Return what `from_settings` makes the same kind of."""
        codes = None if self.codes is None else self.codes.settings()
        return {"codes": codes, "missing": list(self.missing), **settings_of(self.coding)}

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Self:
        """Return the kind that has these settings."""
        codes = settings["codes"]
        numbers = None if codes is None else Number.from_settings(codes)
        return cls(numbers, tuple(settings["missing"]), coding_in(settings))


@dataclass(frozen=True)
class Flag(_Levels):
    """Two levels, such as true and false, yes and no, 0 and 1."""

    name: ClassVar[str] = "flag"


@dataclass(frozen=True)
class Category(_Levels):
    """A few levels, as text or as codes."""

    name: ClassVar[str] = "category"


@dataclass(frozen=True)
class Text(Kind):
    """Free text.

    Attributes
    ----------
    coding : LevelCodes or None
        The codes of the shapes of its texts, where these are known and repeat.
    """

    name: ClassVar[str] = "text"
    coding: LevelCodes | None = None

    def coded(self, seen: ColumnSeen, missing: tuple[str, ...] = ()) -> Self:
        """Return the same kind with codes for the shapes of its texts, where these repeat."""
        return replace(self, coding=LevelCodes.of_shapes(seen, missing))

    def settings(self) -> dict[str, Any]:
        """Return what `from_settings` makes the same kind of."""
        return settings_of(self.coding)

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Self:
        """Return the kind that has these settings."""
        return cls(coding_in(settings))
