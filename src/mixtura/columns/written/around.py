"""What stands around the digits of a whole column: its currency, its unit or multiples, its signs."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from .currencies import is_currency
from .multiples import admitted, beyond, measured, multiple_of
from .numerals import SPACE, SPACES
from .units import ORDINAL, WHOLE, Ends

# A cell: its ends, the shape of its digits, and how often both occur.
Cell = tuple[Ends, str, int]
Cells = list[Cell]
T = TypeVar("T", str, tuple[str, str, str])

_UNITED = 0.9  # of the numbers have the unit; a bare 0 needs none
_PRICED = 0.1  # have the currency or the percent sign: amounts are written without as well
_HARDLY = 0.01  # of the numbers: what fewer have is an accident


@dataclass(frozen=True)
class Around:
    """What stands around the digits of a column.

    Attributes
    ----------
    about : str
        The sign of approximate numbers, where most have it.
    prefix, suffix : str
        Currency before, currency or unit behind, with blanks as most cells have them.
    one : str
        The unit behind a 1, if it is another: " year" beside " years".
    multiples : tuple of (str, float)
        Letters, words or units behind, and their factors: the largest first, and of one factor the commonest.
    bare : bool
        Whether a number other than 0 fits that has no multiple.
    plus : bool
        Whether numbers may have a plus sign behind.
    plus_written : bool
        Whether most have one.
    ordinal : bool
        Whether numbers are written 1st, 2nd, 3rd.
    negative : tuple of str
        The signs of a number below 0: before the prefix, before the digits, and behind.
    """

    about: str = ""
    prefix: str = ""
    suffix: str = ""
    one: str = ""
    multiples: tuple[tuple[str, float], ...] = ()
    bare: bool = True
    plus: bool = False
    plus_written: bool = False
    ordinal: bool = False
    negative: tuple[str, str, str] = ("-", "", "")

    @property
    def currency(self) -> str:
        """The currency, without blanks; empty where there is none."""
        return next(filter(is_currency, (self.prefix.strip(SPACES), self.suffix.strip(SPACES))), "")

    @property
    def united(self) -> bool:
        """Whether the numbers have a currency or a unit."""
        return bool(self.prefix or self.suffix or self.multiples or self.ordinal)

    @property
    def read_multiples(self) -> dict[str, float]:
        """What is read as a multiple, without blanks, and its factor."""
        seen = {word.strip(SPACES): factor for word, factor in self.multiples}
        return seen | (beyond(seen) if seen and self.bare else {})

    @property
    def before(self) -> str:
        """A regular expression of what may stand before the digits, apart from signs."""
        prefix = self.prefix.strip(SPACES)
        return f"(?:{re.escape(prefix)}{SPACE}*)?" if prefix else ""

    @property
    def behind(self) -> str:
        """A regular expression of what may stand behind the digits, apart from signs."""
        return self.behind_multiple("|".join(map(re.escape, self.read_multiples)))

    def behind_multiple(self, words: str) -> str:
        """Return a regular expression of what may stand behind the digits, where multiples are these."""
        if self.ordinal:
            return "(?i:st|nd|rd|th)?"
        multiple = (f"(?:{SPACE}*(?:{words}))" + "?" * self.bare) if words else ""
        units = [re.escape(form) for form in _forms(self.suffix, self.one)]
        unit = rf"(?:{SPACE}*(?i:{'|'.join(units)})\.?)?" if units else ""
        plus = rf"(?:{SPACE}*\+)?" if self.plus else ""
        return f"(?:{WHOLE})?{multiple}{plus}{unit}{plus}"


def _forms(suffix: str, one: str) -> list[str]:
    """Return how a unit is spelled, the longest first."""
    forms = {unit.strip("." + SPACES) for unit in (suffix, one)} - {""}
    if not is_currency(suffix.strip(SPACES)):
        forms |= {form[:-1] if form[-1] == "s" else form + "s" for form in forms if len(form) > 2 and form.isalpha()}
    return sorted(forms, key=len, reverse=True)


@dataclass(frozen=True)
class _Reading:
    """What the units of a column may mean, and which units fit that."""

    around: Around
    units: Collection[str] = field(default_factory=set)


def around_of(cells: Cells) -> tuple[Around, Cells]:
    """Return what stands around the digits of most cells, and the cells that fit."""
    prefix = _prefix(cells)
    cells = [cell for cell in cells if cell[0].prefix.strip(SPACES) in ("", prefix.strip(SPACES))]
    marked = [cell for cell in cells if _marked(cell)]
    total = sum(n for _, _, n in marked)
    plain = _Reading(Around(about=_commonest((ends.about, n) for ends, _, n in cells) or "", prefix=prefix))
    readings = [plain, *(reading for read in _READINGS if (reading := read(marked, total, plain.around)))]
    best = max(readings, key=lambda reading: sum(n for ends, _, n in marked if _fits(ends, reading)))
    cells = [cell for cell in cells if _fits(cell[0], best) or not _marked(cell)]
    plus = sum(n for ends, _, n in marked if ends.plus) / max(total, 1)
    negative = _commonest((ends.signs, n) for ends, _, n in cells if ends.negative)
    if negative is None:  # behind the letters of a code, and before a symbol: USD -5, -$5
        negative = ("", "-", "") if prefix.strip(SPACES).isalpha() else ("-", "", "")
    return replace(best.around, plus=plus > _HARDLY, plus_written=plus > 0.5, negative=negative), cells


def open_ended(cells: Cells) -> bool:
    """Whether what looks like a sign of minus makes ranges and years of the numbers: 18-, 25+, (1999)."""
    ends = [ends for ends, _, _ in filter(_marked, cells)]
    behind = [end.signs[2] not in ("", ")") for end in ends]
    if any(behind):
        return all(behind) or any(end.plus for end in ends)
    bare = all(shape.isdigit() and not end.unit and not end.prefix for end, shape, _ in cells)
    return bare and bool(ends) and all(end.signs[2] for end in ends)


def _marked(cell: Cell) -> bool:
    """Whether a cell tells whether the column has a unit: a bare 0 does not."""
    ends, shape, _ = cell
    return bool(ends.unit or ends.prefix or shape != "0")


def _fits(ends: Ends, reading: _Reading) -> bool:
    return ends.unit in reading.units or (not ends.unit and reading.around.bare)


def _prefix(cells: Cells) -> str:
    """Return the currency before the digits as most cells spell it, or nothing where few have it."""
    marked = [(ends.prefix, n) for ends, _, n in cells if _marked((ends, _, n))]
    name = _commonest((prefix.strip(SPACES), n) for prefix, n in marked if prefix)
    spelled = [(prefix, n) for prefix, n in marked if prefix and prefix.strip(SPACES) == name]
    enough = sum(n for _, n in spelled) >= _PRICED * sum(n for _, n in marked)
    return _commonest(spelled) or "" if enough else ""


def _commonest(forms: Iterable[tuple[T, int]]) -> T | None:
    """Return the form with the highest count, whatever the order of the forms."""
    counts = Counter[T]()
    for form, n in forms:
        counts[form] += n
    return max(counts, key=lambda form: (counts[form], form), default=None)


def _behind(ends: Ends) -> str:
    return ends.gap + ends.unit


def _ordinals(cells: Cells, total: int, around: Around) -> _Reading | None:
    if sum(n for ends, _, n in cells if ends.unit == ORDINAL) < _UNITED * total:
        return None
    return _Reading(replace(around, ordinal=True), {ORDINAL})


def _one_unit(cells: Cells, total: int, around: Around) -> _Reading | None:
    """Read numbers that have one unit, in singular and plural, capital letters and small ones."""
    united = [cell for cell in cells if cell[0].unit not in ("", ORDINAL)]
    plural = [cell for cell in united if cell[1] != "1"]
    key = _commonest((_key(ends.unit), n) for ends, _, n in plural or united)
    if key is None:
        return None
    alike = {ends.unit for ends, _, _ in cells if ends.unit and _key(ends.unit) == key}
    only_ones = {ends.unit for ends, _, _ in cells} - {ends.unit for ends, shape, _ in cells if shape != "1"}
    singular = {unit for unit in only_ones if len(key) > 1 and unit[:2].lower() == key[:2]}
    units = alike | singular
    needed = _PRICED if key == "%" or is_currency(min(alike)) else _UNITED
    if sum(n for ends, _, n in cells if ends.unit in units) < needed * total:
        return None
    one = _commonest((_behind(ends), n) for ends, shape, n in cells if ends.unit in units and shape == "1") or ""
    suffix = _commonest((_behind(ends), n) for ends, shape, n in cells if ends.unit in alike and shape != "1") or one
    return _Reading(replace(around, suffix=suffix, one="" if one.strip(SPACES) == suffix.strip(SPACES) else one), units)


def _key(unit: str) -> str:
    key = unit.casefold().strip(".")
    return key[:-1] if len(key) > 2 and key.endswith("s") else key


def _multiples(cells: Cells, total: int, around: Around) -> _Reading | None:
    """Read numbers that letters and words multiply, with a currency behind or none."""
    split = {ends.unit: found for ends, _, _ in cells if (found := multiple_of(ends.unit))}
    rest = _commonest((split[ends.unit][2].strip(SPACES), n) for ends, _, n in cells if ends.unit in split)
    if rest is None:
        return None
    words = {unit for unit, found in split.items() if found[2].strip(SPACES) == rest}
    counts = _counts(cells, words)
    seen = {split[unit][0].strip("."): split[unit][1] for unit in words if counts[unit] >= _HARDLY * counts.total()}
    named = sum(n for ends, _, n in cells if ends.unit and ends.unit != rest)
    most = 2 * counts.total() > total
    if counts.total() < _UNITED * named or not admitted(seen, money=bool(around.prefix or rest), most=most):
        return None
    spelled = [(ends.gap + split[ends.unit][0], split[ends.unit][1], n) for ends, _, n in cells if ends.unit in words]
    suffix = _commonest((split[ends.unit][2], n) for ends, _, n in cells if ends.unit in words) or ""
    return _Reading(replace(around, suffix=suffix, multiples=_falling(spelled)), words | {rest})


def _measured(cells: Cells, total: int, around: Around) -> _Reading | None:
    """Read numbers in multiples of one unit of measurement."""
    counts = _counts(cells, {ends.unit for ends, _, _ in cells} - {""})
    factors = measured(counts)
    if not factors or sum(counts[unit] for unit in factors) < _UNITED * total:
        return None
    spelled = [(_behind(ends), factors[ends.unit], n) for ends, _, n in cells if ends.unit in factors]
    return _Reading(replace(around, multiples=_falling(spelled), bare=False), {*factors})


def _falling(spelled: Iterable[tuple[str, float, int]]) -> tuple[tuple[str, float], ...]:
    """Return words and their factors, the largest factor first, and the commonest of the words of a factor."""
    counts, factors = Counter[str](), dict[str, float]()
    for word, factor, n in spelled:
        counts[word] += n
        factors[word] = factor
    return tuple(sorted(factors.items(), key=lambda item: (-item[1], -counts[item[0]], item[0])))


def _counts(cells: Cells, units: Collection[str]) -> Counter[str]:
    counts = Counter[str]()
    for ends, _, n in cells:
        if ends.unit in units:
            counts[ends.unit] += n
    return counts


# The first wins where several fit as many cells.
_READINGS = (_ordinals, _multiples, _one_unit, _measured)
