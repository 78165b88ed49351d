"""What stands around the digits of one written number: currencies, units, signs.

A word before a number makes a label of it ("Room 12", "Grade 5"): nothing but a currency stands before a number. A unit
stands behind, and is the same in nearly all cells: a sign (%, °) or up to three words without digits ("kg", "km/h",
"years", "-day"). What the whole column has is decided in `around`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import category

from .currencies import CURRENCY
from .numerals import SPACE, SPACES

WHOLE = "[.,][-–—]{1,2}"  # in place of decimals, as in 5.– and 5,-
MINUSES = "-−–﹣－"
MINUS = rf"\{MINUSES}"  # within a set of characters
ORDINAL = "1st"  # stands for st, nd, rd and th where they are right; no unit has digits in front
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}

_WORD = r"[^\W\d_]{1,12}[²³]?\.?"
_BETWEEN = rf"(?:{SPACE}?[/·*]{SPACE}?|{SPACE})"
_UNIT = re.compile(
    rf"[%‰★⭐]|[°º′″'\"]|''|(?:°{SPACE}?|(?:{CURRENCY})[/ ]|%{SPACE}?|/{SPACE}?)?{_WORD}(?:{_BETWEEN}{_WORD}){{0,2}}"
    rf"|-[a-z]{{3,12}}|(?:[mcdk]?m|ft|in|yd|mi)\^?[23]|{CURRENCY}"
)
_LONGEST_UNIT = 24
_MONTHS = "january february march april may june july august september october november december"
# Words behind a number that make a date or a time of it.
_NO_UNITS = {"am", "pm", "a.m", "p.m", "bc", "ad", "bce", "ce", "uhr", "o'clock"} | {
    name[:length] for name in _MONTHS.split() for length in (3, 4, len(name))
}

_HEAD = re.compile(rf"{SPACE}*([~≈]?){SPACE}*([(+{MINUS}]?){SPACE}*((?:(?:{CURRENCY}){SPACE}*)?)([(+{MINUS}]?){SPACE}*")
_TAIL = re.compile(
    rf"(?:{WHOLE})?({SPACE}*)(\+?)({SPACE}*)((?:[^{SPACES}].*?)??){SPACE}*(\+?){SPACE}*([)\-−]?){SPACE}*"
)


@dataclass(frozen=True)
class Ends:
    """What stands around the digits of one number."""

    about: str
    prefix: str
    gap: str
    unit: str
    plus: bool
    signs: tuple[str, str, str]  # before the prefix, before the digits, behind

    @property
    def negative(self) -> bool:
        """Whether the number is below 0."""
        return "".join(self.signs) not in ("", "+")


def right_ordinal(core: str, tail: str) -> bool:
    """Whether a number has the ending of its ordinal number.

    Examples
    --------
    >>> right_ordinal("21", "st"), right_ordinal("11", "st"), right_ordinal("11", "th")
    (True, False, True)
    """
    ending = "th" if core[-2:-1] == "1" else _ENDINGS.get(int(core[-1:]), "th")
    return tail.lower() == ending


@lru_cache(4096)
def _is_unit(text: str) -> bool:
    if text in ("", ORDINAL):
        return True
    stem = text.rstrip("²³")
    if not stem or len(text) > _LONGEST_UNIT or any(category(mark) in ("No", "Nl") for mark in stem):
        return False
    return _UNIT.fullmatch(text) is not None and text.lower().strip("-.") not in _NO_UNITS


def ends_of(head: str, tail: str) -> Ends | None:
    """Return what stands around the digits, or None where that makes no number."""
    front, back = _HEAD.fullmatch(head), _TAIL.fullmatch(tail)
    if front is None or back is None or not _is_unit(back[4]):
        return None
    signs = (front[2], front[4], back[6])
    joined = "".join(signs)
    if (len(joined) > 1 and joined != "()") or joined in ("(", ")"):
        return None
    return Ends(front[1], front[3], back[3] or back[1], back[4], bool(back[2] or back[5]), signs)
