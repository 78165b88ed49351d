"""Whole numbers of few values that lie close together: levels to whoever asks which of them are rare."""

from dataclasses import replace

from ..kinds.category import Category, Flag
from ..kinds.kind import Kind
from ..kinds.level_codes import LevelCodes
from ..kinds.number import Number
from ..seen.column_seen import ColumnSeen

# Levels lie among so many numbers that follow one another: a number far off is extreme, which a level cannot be.
_MOST_VALUES = 10

# Rows of a level on average, so that there is something to count.
_ROWS_OF_LEVEL = 10


def as_levels(kind: Kind, seen: ColumnSeen, missing: tuple[str, ...] = ()) -> Kind:
    """Return a column of few whole numbers as one of levels; any other as it is.

    Parameters
    ----------
    kind : Kind
        What the column holds.
    seen : ColumnSeen
        What was seen of it.
    missing : tuple of str
        Marks of missing values, besides those that are always taken for such.
    """
    number = kind.codes if isinstance(kind, (Flag, Category)) else kind
    if not isinstance(number, Number) or number.writing is not None or not _are_few(seen):
        return kind
    # What is no number here is a mark of a missing value.
    coding = LevelCodes.of_values(seen, (*missing, *number.missing, *seen.words.counts))
    if len(coding.levels) < 2:
        return kind
    if isinstance(kind, (Flag, Category)):
        return replace(kind, codes=None, coding=coding)
    return (Flag if len(coding.levels) == 2 else Category)(coding=coding)


def _are_few(seen: ColumnSeen) -> bool:
    numbers = seen.numbers
    if not numbers.are_whole or seen.n_infinite or seen.others or not seen.levels.is_exact:
        return False
    is_close = numbers.largest - numbers.smallest < _MOST_VALUES
    return is_close and numbers.count >= _ROWS_OF_LEVEL * seen.levels.n_distinct
