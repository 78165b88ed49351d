"""Numbers and lists as people write them."""

import math
from collections.abc import Sequence


def count(n: int) -> str:
    """Write a count with thousands apart.

    Examples
    --------
    >>> count(53940)
    '53,940'
    """
    return f"{n:,}"


def plural(n: int, noun: str) -> str:
    """Write a count with its noun.

    Examples
    --------
    >>> plural(1, "row"), plural(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{count(n)} {noun}{'' if n == 1 else 's'}"


def number(value: float, digits: int = 4) -> str:
    """Write a number with few significant digits, whole from a thousand on, in powers of ten where that is shorter.

    Examples
    --------
    >>> [number(value) for value in (0.0, 3.14159, 61.75, 18823.4, -0.00002, 1.5e12)]
    ['0', '3.142', '61.75', '18,823', '-2e-05', '1.5e+12']
    """
    size = abs(value)
    if not math.isfinite(value) or size >= 1e9 or 0 < size < 1e-4:
        return f"{value:.{digits}g}"
    if size >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def percent(share: float) -> str:
    """Write a share as a percentage.

    Examples
    --------
    >>> percent(0.04), percent(0.3038), percent(0.0009), percent(1.0)
    ('4%', '30.4%', '0.09%', '100%')
    """
    return f"{100 * share:.3g}%" if share < 1 else "100%"


def duration(seconds: float) -> str:
    """Write a time.

    Examples
    --------
    >>> duration(0.53), duration(42.4), duration(150)
    ('0.5 s', '42 s', '2 min 30 s')
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def listing(words: Sequence[str], most: int) -> str:
    """Join words by commas; past `most` of them, say how many more there are.

    Examples
    --------
    >>> listing(["a", "b", "c"], 2), listing(["a", "b", "c"], 3)
    ('a, b and 1 more', 'a, b, c')
    """
    if len(words) <= most:
        return ", ".join(words)
    return f"{', '.join(words[:most])} and {len(words) - most} more"
