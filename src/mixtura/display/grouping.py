"""What a group is like, in a sentence."""

from .. import words
from ..tables.told.groups import Group

# Columns that a sentence names, of which each differs by so many standard deviations at least.
_NAMED = 5
_LEAST = 0.25


def described(group: Group) -> str:
    """Return what tells a group from the whole table, the columns that differ most first.

    Examples
    --------
    >>> from mixtura.tables.told.groups import LevelShare
    >>> cut = (LevelShare("Ideal", 0.61, 0.4), LevelShare("Fair", 0.39, 0.6))
    >>> described(Group(2, 10, 0.1, {"carat": 0.35}, {"carat": -0.8, "cut": 0.42}, None, {"cut": cut}))
    'component 2: carat 0.35 (0.8 sd below the middle), cut Ideal 61% (40% overall)'
    """
    named = sorted(group.contrast, key=lambda name: -abs(group.contrast[name]))[:_NAMED]
    told = [_told(group, name) for name in named if abs(group.contrast[name]) >= _LEAST]
    return f"component {group.component}: {', '.join(told) or 'like the whole table'}"


def _told(group: Group, name: str) -> str:
    if name in group.levels:
        level = group.telling(name)
        return f"{name} {level.level} {words.percent(level.share)} ({words.percent(level.overall)} overall)"
    contrast = group.contrast[name]
    where = "below" if contrast < 0 else "above"
    return f"{name} {words.number(group.center[name])} ({words.number(abs(contrast), 2)} sd {where} the middle)"
