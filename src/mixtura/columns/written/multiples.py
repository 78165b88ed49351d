"""Letters and words that multiply a number: thousands, millions, and the prefixes of units of measurement."""

import re
from collections.abc import Collection, Mapping

from .currencies import CURRENCY
from .numerals import SPACE

# Ten to which power.
_POWERS = {
    3: "k K tsd thousand thousands тыс",
    4: "万 萬",
    5: "L lac lacs lakh lakhs",
    6: "M m MM mn mm mio mln mill million millions millionen millones milhões млн",
    7: "Cr cr crore crores",
    8: "亿 億",
    9: "B b G bn bln bil mrd mld md milliard milliards billion billions milliarden млрд",
    12: "T tn trn tln bio trillion trillions трлн",
}
_FACTORS = {word: 10.0**power for power, words in _POWERS.items() for word in words.split()}
# Beside being multiples, these are units (metres, bytes, litres, tonnes) or tell houses apart: 14B.
_DOUBTFUL = {"m", "mm", "b", "B", "G", "T", "L", "MM", "Cr", "cr", "md", "mill", "bio"}
_LETTERS = {"k", "K", "M", "B"}
_MULTIPLE = re.compile(
    rf"({'|'.join(sorted(map(re.escape, _FACTORS), key=len, reverse=True))})\.?({SPACE}*(?:{CURRENCY}))?", re.IGNORECASE
)

_PREFIXES = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
_PREFIXES |= {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}
_SMALL_PREFIXES = {"d": 1e-1, "c": 1e-2, "m": 1e-3, "µ": 1e-6, "μ": 1e-6, "u": 1e-6, "n": 1e-9}
_BASES = frozenset(
    ["g", "m", "Hz", "W", "Wh", "V", "A", "J", "L", "l", "s", "Pa", "eV", "cal", "N", "Ω", "F", "Bq", "mol"]
)
_BYTES = frozenset(["b", "byte", "bytes", "bit", "bits", "bps", "b/s", "bit/s"])


def multiple_of(unit: str) -> tuple[str, float, str] | None:
    """Return the multiple that a unit begins with, its factor, and the rest, which is a currency or empty.

    Examples
    --------
    >>> multiple_of("M"), multiple_of("Mio. €"), multiple_of("kg")
    (('M', 1000000.0, ''), ('Mio.', 1000000.0, ' €'), None)
    """
    found = _MULTIPLE.fullmatch(unit)
    if found is None:
        return None
    word, rest = found[1], found[2] or ""
    factor = _FACTORS.get(word) or (_FACTORS.get(word.lower()) if len(word) > 1 else None)
    return (unit[: len(unit) - len(rest)], factor, rest) if factor else None


def admitted(words: Mapping[str, float], money: bool, most: bool) -> bool:
    """Whether letters and words are multiples, and no units.

    Parameters
    ----------
    words : mapping
        Multiples of a column, and their factors.
    money : bool
        Whether the numbers have a currency.
    most : bool
        Whether most cells have a multiple.
    """
    if money or len({*words.values()}) > 1 or not {*words} <= _DOUBTFUL:
        return True
    return most and {*words} == {"B"}


def beyond(words: Collection[str]) -> dict[str, float]:
    """Return further letters that are read in a column of these multiples, though none was seen.

    Examples
    --------
    >>> beyond(["k"])
    {'K': 1000.0, 'M': 1000000.0, 'B': 1000000000.0}
    """
    letters = {word.strip() for word in words}
    return {word: _FACTORS[word] for word in ("k", "K", "M", "B") if word not in letters} if letters <= _LETTERS else {}


def measured(units: Collection[str]) -> dict[str, float]:
    """Return the units that are multiples of one unit of measurement, and their factors.

    Examples
    --------
    >>> measured(["g", "kg"]), measured(["MB", "GB"]), measured(["kg", "ft"])
    ({'g': 1.0, 'kg': 1000.0}, {'MB': 1000000.0, 'GB': 1000000000.0}, {})
    """
    families: dict[str, dict[str, float]] = {}
    for unit in units:
        for split in range(min(3, len(unit))):
            prefix, base = unit[:split], unit[split:]
            if base.lower() in _BYTES:
                factor = _PREFIXES.get(prefix.capitalize())
                base = base.lower()
            else:
                factor = (_PREFIXES | _SMALL_PREFIXES).get(prefix) if base in _BASES else None
            if factor:
                families.setdefault(base, {})[unit] = factor
    largest = max(families.values(), key=len, default={})
    return largest if len(largest) > 1 else {}
