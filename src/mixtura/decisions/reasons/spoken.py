"""Values of columns that hold no numbers, in words: levels, forms of texts, dates and times."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...columns.kinds.kind import Kind
from ...columns.kinds.level_codes import LevelCodes
from ...words import visible
from .habits import LEVELS, Habits

# Characters of a cell that are told.
_LONGEST = 60

# A level is rare that so many cells have at most.
_RARE = 0.05

# The most frequent level is no more than that where it has so small a part of the cells.
_ONE_OF_MANY = 0.2

# A moment is early or late when so many rows have a later or an earlier one.
_MOST = 0.95

MISSING = "missing"

# Codes with leading zeros are no numbers.
_DIGITS = re.compile(r"-?(0|[1-9][0-9]*)")


@dataclass(frozen=True)
class Spoken:
    """How the values of a row are told that are no numbers.

    Attributes
    ----------
    kinds : sequence of Kind
        What each column holds; empty where nobody knows, and all are numbers.
    texts : mapping of int to str
        Cells as they stand, by their columns.
    """

    kinds: Sequence[Kind] = ()
    texts: Mapping[int, str] = field(default_factory=dict)

    def coding(self, column: int) -> LevelCodes | None:
        """Return the levels of a column; None of a column of amounts."""
        return self.kinds[column].coding if self.kinds else None

    def is_moment(self, column: int) -> bool:
        """Tell whether a column holds dates, times or durations."""
        return bool(self.kinds) and self.kinds[column].is_moment

    def is_number(self, column: int) -> bool:
        """Tell whether a column holds amounts."""
        return self.coding(column) is None and not self.is_moment(column)

    def seen(self, column: int, value: float) -> str | None:
        """Return the value of a row; None where it is a number."""
        coding = self.coding(column)
        if coding is None:
            return self._moment(column, value)
        if np.isnan(value):
            return MISSING
        # A level is told alike however its number is written: a cell may hold 1.0, or 1.
        is_level = coding.of == "values" and coding.speak(value)
        text = self.texts.get(column)
        return self.level(column, value) if is_level or text is None else self._as_it_stands(column, text)

    def level(self, column: int, value: float) -> str | None:
        """Return a value that any row may have; None where it is a number."""
        coding = self.coding(column)
        if coding is None:
            return self._moment(column, value)
        text = coding.speak(value)
        if not text:
            return "another level"
        return self._as_it_stands(column, text) if coding.of == "values" else f"the form {quoted(text)}"

    def _as_it_stands(self, column: int, text: str) -> str:
        """Return a cell, in quotes unless it is a number among numbers."""
        coding = self.coding(column)
        among_numbers = coding is not None and coding.of == "values" and all(map(_DIGITS.fullmatch, coding.levels))
        return text if among_numbers and _DIGITS.fullmatch(text) else quoted(text)

    def _moment(self, column: int, value: float) -> str | None:
        if not self.is_moment(column):
            return None
        return MISSING if np.isnan(value) else self.kinds[column].speak(value)

    def rarity(self, column: int, value: float, most: float = _RARE) -> str:
        """Return how many rows have the level of a row, where few do: "1 of 100 rows has"; else nothing.

        Parameters
        ----------
        column : int
            The column.
        value : float
            The value of the row.
        most : float
            The largest part of the cells that are few.
        """
        coding = self.coding(column)
        found = None if coding is None or np.isnan(value) else coding.share(value)
        if found is None:
            return ""
        count, n_cells = found
        if not count:
            return "no row fitted has"
        return "" if count > most * n_cells else f"{count:,} of {n_cells:,} rows {'has' if count == 1 else 'have'}"

    def beside(self, column: int, value: float, *, rare: bool = True) -> str:
        """Return how many rows have the level of a row, or its form: "1 of 100 rows has it"; nothing of numbers.

        Parameters
        ----------
        column : int
            The column.
        value : float
            The value of the row.
        rare : bool
            Whether only a level that few rows have is told of.
        """
        coding = self.coding(column)
        rarity = self.rarity(column, value, most=_RARE if rare else 1.0)
        if coding is None or not rarity:
            return ""
        return f"{rarity} it" if coding.of == "values" else f"a form that {rarity}"

    def aside(self, column: int, value: float) -> str:
        """Return what follows the value of a row: how many rows have such a level, where few do."""
        coding, rarity = self.coding(column), self.rarity(column, value)
        if coding is None or not rarity:
            return ""
        return f", which {rarity}" if coding.of == "values" else f", a form that {rarity}"

    def is_one_of_many(self, column: int, value: float) -> bool:
        """Tell whether a level is the most frequent one of many, none of which most rows have."""
        coding = self.coding(column)
        found = None if coding is None or value != 0 else coding.share(value)
        return found is not None and found[0] <= _ONE_OF_MANY * found[1]

    def early_or_late(self, column: int, value: float, habits: Habits) -> str | None:
        """Return that most rows have a later moment, or an earlier one; None where they have not."""
        share, low = habits.less_extreme(column, value)
        if share < _MOST:
            return None
        at = int(np.argmin(np.abs(LEVELS - (1 - share if low else share))))
        limit = self.kinds[column].speak(float(habits.quantiles[column, at]))
        later, earlier = ("more", "less") if self.kinds[column].name == "duration" else ("later", "earlier")
        return f"at least {100 * share:.3g}% of rows have {limit} or {later if low else earlier}"


def quoted(text: str) -> str:
    """Return a cell in quotes, cut where it is long.

    Examples
    --------
    >>> quoted("Olso")
    "'Olso'"
    """
    return repr(visible(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"))
