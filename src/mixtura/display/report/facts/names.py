"""Texts of a table cut to a length that a page has room for."""

from collections import Counter
from collections.abc import Iterable
from itertools import accumulate

# Letters of a name, and what they may weigh.
_LETTERS = 80
_WEIGHT = 240

_ELLIPSIS = "…"


def weight(text: str) -> int:
    r"""Return the most bytes that a text takes in a page: with what is written as \\uXXXX in JSON or as an HTML entity.

    Examples
    --------
    >>> weight("abc"), weight("<b>"), weight("π"), weight("🦋")
    (3, 13, 6, 12)
    """
    return sum(map(_weight, text))


def _weight(letter: str) -> int:
    if letter.isascii() and letter.isprintable():
        return 6 if letter in "<>&\"'\\" else 1
    return 6 if ord(letter) < 2**16 else 12


def size_in_page(json: str) -> int:
    """Return the most bytes that JSON takes in a page, where everything that is not ASCII, and <, > and &, is escaped.

    Examples
    --------
    >>> size_in_page('{"π":"<b>"}')
    26
    """
    plain = len(json) if json.isascii() else len(json.encode("ascii", "ignore"))
    # JSON writes four digits for each unit of UTF-16.
    units = len(json.encode("utf-16-le", "surrogatepass")) // 2
    return plain + 6 * (units - plain) + 5 * sum(map(json.count, "<>&"))


def shortened(text: str, letters: int = _LETTERS, heaviest: int | None = None) -> str:
    """Return a text of at most so many letters, and of at most so much weight: three times as much by default.

    Examples
    --------
    >>> shortened("a column of numbers", 8), shortened("π" * 10, 8)
    ('a colum…', 'πππ…')
    """
    limit = 3 * letters if heaviest is None else heaviest
    if len(text) <= letters and weight(text) <= limit:
        return text
    room = limit - weight(_ELLIPSIS)
    fitting = sum(total <= room for total in accumulate(map(_weight, text[: letters - 1])))
    return text[:fitting] + _ELLIPSIS


def display_names(names: Iterable[str]) -> dict[str, str]:
    """Return for each of different names one that is short, and different from the others too.

    Examples
    --------
    >>> list(display_names(["x" * 100, "x" * 101, "y"]).values()) == ["x" * 79 + "…", "x" * 75 + "… (2)", "y"]
    True
    """
    called = {name: shortened(name) for name in names}
    # Names that stay as they are come first, so that no other is given one of them.
    taken = {name for name, short in called.items() if name == short}
    numbers: Counter[str] = Counter()
    for name, first in called.items():
        if name == first:
            continue
        candidate = first
        while candidate in taken:
            numbers[first] += 1
            ending = f" ({numbers[first] + 1})"
            candidate = shortened(name, _LETTERS - len(ending), _WEIGHT - len(ending)) + ending
        taken.add(candidate)
        called[name] = candidate
    return called
