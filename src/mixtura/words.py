"""Numbers and lists as people write them."""

import math
import re
from collections.abc import Sequence

# Characters that cannot be seen and change what can be: controls, marks that turn the direction of a line (Unicode
# Standard Annex 9), separators of lines, and halves of surrogate pairs, which UTF-8 cannot write.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]")


def visible(text: str) -> str:
    r"""Write out the characters of a text that cannot be seen and change what can be, on terminals and pages.

    Examples
    --------
    >>> visible("gnp.\u202eexe"), visible("\x1b[2J")
    ('gnp.⟨U+202E⟩exe', '⟨U+001B⟩[2J')
    """
    return _UNSEEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def shortened(text: str) -> str:
    """Leave the middle out of words and sentences that nobody would read, such as names of thousands of characters.

    Examples
    --------
    >>> len(shortened("x" * 100_000)), shortened("a name"), shortened("x" * 400)[195:210]
    (251, 'a name', 'xxxxx…xxxxxxxxx')
    """
    words = re.sub(r"\S{301,}", lambda word: f"{word[0][:200]}…{word[0][-50:]}", text)
    return words if len(words) <= 2000 else f"{words[:1500]} … {words[-300:]}"


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


def aligned(values: Sequence[float]) -> list[str]:
    """Write the numbers of one column with the same number of decimals, where they are of similar size.

    Examples
    --------
    >>> aligned([0.339, 12.0667, 1.5]), aligned([5614.0, 771.4]), aligned([1e9, 0.001])
    (['0.34', '12.07', '1.50'], ['5,614', '771'], ['1e+09', '0.001'])
    """
    sizes = [abs(value) for value in values if value]
    if not sizes or not 1e-4 <= min(sizes) <= max(sizes) < min(1e9, 1e4 * min(sizes)):
        return [number(value) for value in values]
    decimals = max(0, 3 - math.floor(math.log10(max(sizes))))
    return [f"{value:,.{decimals}f}" for value in values]


def percent(share: float) -> str:
    """Write a share as a percentage.

    Examples
    --------
    >>> percent(0.04), percent(0.3038), percent(0.00094), percent(0.0), percent(1.0)
    ('4%', '30.4%', '0.094%', '0%', '100%')
    """
    hundredths = 100 * share
    return f"{hundredths:.2g}%" if hundredths < 1 else f"{hundredths:.1f}".removesuffix(".0") + "%"


def severity(value: float) -> str:
    """Write a severity, from 0 to 100, with as many nines as tell rare from rarer.

    Examples
    --------
    >>> severity(84.26), severity(93.26), severity(99.9713), severity(99.99999999)
    ('84', '93.3', '99.971', '> 99.9999')
    """
    left = 100 - value
    if left < 1e-4:
        return "> 99.9999"
    return f"{value:.{max(0, min(4, 1 - math.floor(math.log10(left))))}f}"


def duration(seconds: float) -> str:
    """Write a time.

    Examples
    --------
    >>> duration(0.0123), duration(0.53), duration(42.4), duration(150)
    ('12 ms', '0.5 s', '42 s', '2 min 30 s')
    """
    if seconds < 0.095:
        return f"{1000 * seconds:.0f} ms"
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


def joined(words: Sequence[str]) -> str:
    """Join words by commas, the last by "and".

    Examples
    --------
    >>> joined(["a"]), joined(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
