"""The digits of written numbers: decimal marks, thousands separators, how many decimals."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...optional import need

# Blanks of every width, no-break ones too, and the marks that turn the direction of a line.
SPACES = " \t\n\v\f\r\xa0\u1680\u202f\u205f\u2060\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x2010)))
SPACE = f"[{SPACES}]"

_APOSTROPHES = "'’ʼ´`"
_THIN = " \xa0\u2007\u2009\u202f"  # the blanks that stand within numbers
_GROUPS = ",._" + _APOSTROPHES + _THIN
# Decimal mark, thousands separator, and whether thousands go by hundreds, as in 1,00,000. The first wins where several
# read as many cells: 1,234 alone is one thousand.
_READINGS = [
    (".", ",", False),
    (".", ",", True),
    (",", ".", False),
    (".", " ", False),
    (",", " ", False),
    (".", "'", False),
    (",", "'", False),
    (".", "_", False),
]
_DOT, _COMMA = 0, 2
# Numbers in groups that all have so many digits are telephone numbers, or addresses in networks: 192.168.100.200.
_CALLED = range(9, 16)
_ADDRESSED = range(12, 13)
# A mark that contradicts the others this rarely is a slip.
_SLIPS = 0.005
# Of the numbers have a decimal comma where it is one: a 4,6 among many whole numbers is a list.
_SOME = 0.1
_MOST_DECIMALS = 12
_DIGITS = str.maketrans("012345678", "999999999")

CORE = (
    rf"(?:(?<![^\W\d_])[.,])?[0-9](?:[0-9{_GROUPS}]*[0-9])?(?:\.(?={SPACE}*\Z))?"
    rf"(?:[eE][+-]?[0-9]{{1,3}}(?![0-9]))?"
)


@dataclass(frozen=True)
class Numerals:
    """How the digits of a column are written.

    Attributes
    ----------
    decimal : str
        The decimal mark.
    group : str
        The thousands separator; empty where none was seen.
    lakhs : bool
        Whether thousands go by hundreds, as in 1,00,000.
    decimals : tuple of int
        How many decimals occur, in increasing order.
    """

    decimal: str = "."
    group: str = ""
    lakhs: bool = False
    decimals: tuple[int, ...] = (0,)

    @property
    def _read_groups(self) -> str:
        """The characters that are read as thousands separators."""
        if not self.group:
            return "," if self.decimal == "." else "."
        return _family(self.group)

    @property
    def pattern(self) -> str:
        """A regular expression of such digits, for Python and for Arrow."""
        return _pattern(self.decimal, self._read_groups, self.lakhs)

    def plain(self, texts: Any) -> Any:
        """Return Arrow texts of such digits as Python and Arrow write numbers."""
        compute = need("pyarrow.compute", "reading written numbers")
        for mark in self._read_groups:
            if len(self._read_groups) == 1 or compute.any(compute.match_substring(texts, mark)).as_py():
                texts = compute.replace_substring(texts, mark, "")
        return texts if self.decimal == "." else compute.replace_substring(texts, self.decimal, ".")

    def write(self, size: float) -> str:
        """Write a number of at least 0 with the fewest decimals of the column that lose nothing the column has."""
        most = self.decimals[-1]
        if size >= 1e15 or 0 < size < 1e-9:
            text = f"{size:.6g}"
        elif 0 < size < 0.5 * 10.0**-most:
            text = f"{size:.{1 - math.floor(math.log10(size))}f}"  # two digits: what is not 0 is not written as 0
        else:
            needed = len(f"{size:.{most}f}".partition(".")[2].rstrip("0"))
            text = f"{size:.{next(count for count in self.decimals if count >= needed)}f}"
        whole, mark, rest = text.partition(".")
        if self.group and whole.isdigit():
            whole = self._grouped(whole)
        return whole + (self.decimal if mark else "") + rest

    def _grouped(self, whole: str) -> str:
        last, rest, step = whole[-3:], whole[:-3], 2 if self.lakhs else 3
        parts = [rest[max(0, end - step) : end] for end in range(len(rest), 0, -step)][::-1]
        return self.group.join([*parts, last])


def _pattern(decimal: str, groups: str, lakhs: bool) -> str:
    group = f"[{groups}]"
    thousands = f"(?:{group}[0-9]{{2}})*{group}[0-9]{{3}}" if lakhs else f"(?:{group}[0-9]{{3}})+"
    mark = re.escape(decimal)
    whole = f"(?:[1-9][0-9]{{0,2}}{thousands}|[0-9]+)"
    return f"(?:{whole}(?:{mark}[0-9]+)?|{mark}[0-9]+)(?:[eE][+-]?[0-9]{{1,3}})?"


def shape_of(core: str) -> str:
    """Return what tells how the digits of a number are written: 9 for most digits, 0 for naught, 1 for one.

    Examples
    --------
    >>> shape_of("1,203.50"), shape_of("0.512"), shape_of("0.00"), shape_of("1")
    ('9,999.99', '0.999', '0', '1')
    """
    if len(core) == 1 and core != "0":
        return "1" if core == "1" else "9"
    if not core.strip("0.,"):
        return "0"
    shape = core.translate(_DIGITS)
    return f"0{shape[1:]}" if core[0] == "0" else shape


def numerals_of(shapes: Mapping[str, int], money: bool, united: bool) -> Numerals | None:
    """Return how most digits are written, or None where they are no numbers.

    Parameters
    ----------
    shapes : mapping
        Results of `shape_of`, and how often each occurs.
    money : bool
        Whether the numbers have a currency.
    united : bool
        Whether the numbers have a currency or a unit.
    """
    patterns = [re.compile(_pattern(mark, _family(group), lakhs)) for mark, group, lakhs in _READINGS]
    read = [sum(n for shape, n in shapes.items() if pattern.fullmatch(shape)) for pattern in patterns]
    if not any(read):
        return None
    chosen = _chosen(shapes, read, money)
    decimal, group, lakhs = _READINGS[chosen]
    fitting = {shape: n for shape, n in shapes.items() if patterns[chosen].fullmatch(shape)}
    separators = Counter[str]()
    for shape, n in fitting.items():
        separators.update(dict.fromkeys(set(shape) & set(_family(group)), n))
    if not united and _identify(fitting, decimal, group):
        return None
    written = max(separators, key=lambda mark: (separators[mark], mark), default="")
    return Numerals(decimal, written, lakhs, _decimals(fitting, decimal))


def _chosen(shapes: Mapping[str, int], read: list[int], money: bool) -> int:
    """Return which of the readings is meant, where each reads so many cells."""
    most = max(read)
    chosen = read.index(most)
    if chosen == _COMMA:
        commas = sum(n for shape, n in shapes.items() if "," in shape)
        listed = 0 < commas < _SOME * sum(shapes.values()) and not any("." in shape for shape in shapes)
        small = any(re.fullmatch("0,9+", shape) for shape in shapes)
        if listed or (read[_DOT] >= (1 - _SLIPS) * most and not small):
            return _DOT
    if chosen == _DOT and money and read[_COMMA] == most and _dots_group(shapes):
        return _COMMA
    return chosen


def _family(group: str) -> str:
    return next((family for family in (_THIN, _APOSTROPHES) if group in family), group)


def _dots_group(shapes: Mapping[str, int]) -> bool:
    """Whether dots stand before exactly three digits in amounts that otherwise have no decimals."""
    dotted = [shape for shape in shapes if "." in shape]
    if not dotted or any(not re.fullmatch(r"9{1,3}\.999", shape) for shape in dotted):
        return False
    return len(dotted) < len([shape for shape in shapes if shape != "0"]) or any(shape[1] != "." for shape in dotted)


def _identify(fitting: Mapping[str, int], decimal: str, group: str) -> bool:
    """Whether digits are those of telephone numbers or addresses: many, in groups, all of one length."""
    if group not in ". " or any(decimal in shape for shape in fitting):
        return False
    lengths = {sum(mark in "019" for mark in shape) for shape in fitting}
    grouped = all(any(mark in _family(group) for mark in shape) for shape in fitting)
    return grouped and len(lengths) == 1 and lengths.pop() in (_CALLED if group == " " else _ADDRESSED)


def _decimals(fitting: Mapping[str, int], decimal: str) -> tuple[int, ...]:
    counts = Counter[int]()
    for shape, n in fitting.items():
        if shape != "0" and "e" not in shape.lower():
            counts[min(len(shape.partition(decimal)[2]), _MOST_DECIMALS)] += n
    least = 0.01 * counts.total()  # a count that fewer than 1 % of the cells have is an accident
    return tuple(sorted(count for count, n in counts.items() if n >= least)) or (0,)
