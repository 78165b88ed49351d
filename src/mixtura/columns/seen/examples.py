"""Different cells of a column as texts."""

from .column_seen import ColumnSeen
from .marks import AMONG_NUMBERS

# Different cells that kinds are told by.
_MOST = 4096


def examples_of(seen: ColumnSeen) -> dict[str, int]:
    """Return different cells of a column as texts, and how often each occurs; some of them where there are many."""
    numbers = {spelled(value): n for value, n in seen.levels.some(_MOST).items()}
    return {**numbers, **seen.words.some(_MOST)}


def without_marks(examples: dict[str, int], missing: tuple[str, ...] = ()) -> dict[str, int]:
    """Return the texts that are no marks of missing values among numbers, nor those of a user."""
    marks = {*AMONG_NUMBERS, *(mark.strip().lower() for mark in missing)}
    return {text: n for text, n in examples.items() if text.strip().lower() not in marks}


def spelled(value: object) -> str:
    """Return a value as a text, whole numbers without a point.

    Examples
    --------
    >>> spelled(12.0), spelled(0.5), spelled(True)
    ('12', '0.5', 'true')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else repr(value)
    return str(value)
