"""Levels that differ only in how they are written."""

from collections.abc import Iterator

from ...words import count, plural
from ..kinds.category import Category, Flag
from ..looked.looked import Looked
from .finding import Advice, Finding, cut

# Levels that are compared, and how rare a mistake is beside what was meant.
_MOST_LEVELS = 2000
_TIMES_RARER = 50
_MOST_OF_MISTAKE = 2
_FEWEST_LETTERS = 4

# Where more levels than these are rare, rare ones are no mistakes.
_MOST_RARE = 3
_MOST_RARE_SHARE = 0.2


def levels_alike(looked: Looked) -> Iterator[Finding]:
    """Yield a finding for each column with levels that seem to be one."""
    for column in looked.columns:
        if not isinstance(column.kind, (Category, Flag)) or column.decoded is not None:
            continue
        levels = column.levels
        if not 2 <= len(levels) <= _MOST_LEVELS:
            continue
        pairs = [*_by_case(levels), *_by_letters(levels)]
        if not pairs:
            continue
        rare, often = pairs[0]
        more = f", and {plural(len(pairs) - 1, 'more pair')}" if len(pairs) > 1 else ""
        yield Finding(
            "levels alike",
            f"{cut(column.name)}: {cut(rare)!r} ({count(levels[rare])}) beside {cut(often)!r} "
            f"({count(levels[often])}){more}",
            (column.name,),
            (),
            len(pairs),
            Advice("use one spelling if they mean the same"),
        )


def _by_case(levels: dict[str, int]) -> Iterator[tuple[str, str]]:
    """Yield pairs that differ in case or spaces only, the rarer one first."""
    found: dict[str, list[str]] = {}
    for text in levels:
        found.setdefault(" ".join(text.casefold().split()), []).append(text)
    for same, texts in found.items():
        ranked = sorted(texts, key=lambda text: (levels[text], text))
        often = ranked[-1]
        for text in ranked[:-1]:
            # A letter may mean one thing in capitals and another one in small.
            if len(same) > 1 or text.strip() == often.strip() or levels[often] >= _TIMES_RARER * levels[text]:
                yield text, often


def _by_letters(levels: dict[str, int]) -> Iterator[tuple[str, str]]:
    """Yield pairs of a rare level and a frequent one that differ in one letter, or in the order of two."""
    rare = [text for text, n in levels.items() if n <= _MOST_OF_MISTAKE and len(text) >= _FEWEST_LETTERS]
    if len(rare) > max(_MOST_RARE, _MOST_RARE_SHARE * len(levels)):
        return
    often = [text for text, n in levels.items() if n >= _TIMES_RARER]
    for one in rare:
        for other in often:
            if levels[other] >= _TIMES_RARER * levels[one] and is_misspelt(one, other):
                yield one, other


def is_misspelt(one: str, other: str) -> bool:
    """Tell whether two texts differ in one letter or in the order of two neighbours, and not in a digit.

    Examples
    --------
    >>> is_misspelt("Olso", "Oslo"), is_misspelt("Osloo", "Oslo"), is_misspelt("Model 1", "Model 2")
    (True, True, False)
    """
    one, other = one.casefold(), other.casefold()
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    here, there = one[start : len(one) - end], other[start : len(other) - end]
    if not (here + there).isalpha():
        return False
    return (len(here) <= 1 and len(there) <= 1) or (len(here) == len(there) == 2 and here == there[::-1])
