"""The forms in which durations are written, the seconds that texts of a form are, and texts for seconds.

`clock` is 26:03:04 and 1 day, 2:03:04, two numbers being hours and minutes; in `minutes` two numbers are minutes and
seconds; `units` is 2h 30m and 3 days 4 hours; `iso` is PT2H30M. Years and months have their mean length.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from ...typing import Floats
from .clocks import BLANK, MICRO, fraction_words, read_fraction
from .skeletons import Shape
from .templates import Matched, fill, is_padded

# Groups of the patterns: the field of a template that each becomes, and its seconds.
UNITS = {
    "years": ("Y", 31_556_952),
    "months": ("O", 2_629_746),
    "weeks": ("W", 604_800),
    "days": ("D", 86_400),
    "hours": ("H", 3600),
    "minutes": ("M", 60),
    "seconds": ("S", 1),
}
_SIGN = rb"(?:(?P<sign>-)|\+)?"
_FRACTION = rb"(?P<fraction>[.,]\d{1,9})?"


def _in_units() -> bytes:
    words = {
        "years": rb"(?:y|yr|year)",
        "months": rb"(?:mo|mon|month|(?(years)m|(?!)))",
        "weeks": rb"(?:w|wk|week)",
        "days": rb"(?:d|day)",
        "hours": rb"(?:h|hr|hour)",
        "minutes": rb"(?:m(?!s)|min|minute)",
        "seconds": rb"(?:s|sec|second)",
    }
    between = rb"(?:%b*(?:,|and)?%b*)" % (BLANK, BLANK)
    return b"".join(
        rb"(?:(?P<%b>\d{1,12})%b%b*%b(?P<%b_s>s?)(?![a-z])\.?%b)?"
        % (unit.encode(), _FRACTION if unit == "seconds" else b"", BLANK, word, unit.encode(), between)
        for unit, word in words.items()
    )


def _in_iso() -> bytes:
    def parts(units: Iterable[str]) -> bytes:
        return b"".join(
            rb"(?:(?P<%b>\d{1,12})%b%b)?"
            % (unit.encode(), _FRACTION if unit == "seconds" else b"", unit[0].upper().encode())
            for unit in units
        )

    return b"P%b(?:T%b)?" % (parts(list(UNITS)[:4]), parts(list(UNITS)[4:]))


_DAYS = rb"(?:(?P<days>\d{1,12})%b*(?:day|d)(?P<days_s>s?),?%b*\+?)?" % (BLANK, BLANK)
_PATTERNS = {
    form: re.compile(b"%b*%b%b%b*" % (BLANK, _SIGN, body, BLANK), re.IGNORECASE)
    for form, body in {
        "clock": _DAYS + rb"(?P<hours>\d{1,12}):(?P<minutes>\d\d)(?::(?P<seconds>\d\d)%b)?" % _FRACTION,
        "minutes": rb"(?:(?P<hours>\d{1,12}):)?(?P<minutes>\d{1,12}):(?P<seconds>\d\d)%b" % _FRACTION,
        "units": _in_units(),
        "iso": _in_iso(),
    }.items()
}
DURATION_FORMS = tuple(_PATTERNS)


def match_duration(form: str, skeleton: bytes) -> re.Match[bytes] | None:
    """Return the fields of a form in a skeleton, None where it has another form."""
    return _PATTERNS[form].fullmatch(skeleton)


def units_of(match: re.Match[bytes]) -> list[str]:
    """Return the units that were found, the greatest first."""
    found = match.groupdict()
    return [unit for unit in UNITS if found.get(unit)]


def read_seconds(shape: Shape, match: re.Match[bytes]) -> Floats:
    """Return seconds, NaN where minutes or seconds between colons are 60 or more.

    Parameters
    ----------
    shape : Shape
        Texts.
    match : match
        Fields of a form in their skeleton.
    """
    units = units_of(match)
    micros = read_fraction(shape, match)
    for unit in units:
        numbers = shape.number(*match.span(unit))
        if unit != units[0] and b":" in match.string and unit in ("minutes", "seconds"):
            numbers = np.where(numbers < 60, numbers, np.nan)
        elif unit == "hours" and "days" in units and b":" in match.string:
            numbers = np.where(numbers < 24, numbers, np.nan)
        # "-1 day, 23:00:00" is an hour before zero.
        sign = -1 if match["sign"] and (unit == "days" or not _of_days(match)) else 1
        micros = micros + float(sign * UNITS[unit][1] * MICRO) * numbers
    if match["sign"] and not _of_days(match):
        micros = micros - 2 * read_fraction(shape, match)
    return micros / MICRO


def _of_days(match: re.Match[bytes]) -> bool:
    return b":" in match.string and "days" in units_of(match)


def duration_templates(matched: Sequence[Matched], weights: Floats) -> tuple[str, ...]:
    """Return the templates by which cells are written, those with few fields first.

    Parameters
    ----------
    matched : sequence of (Shape, match)
        Texts of one form, by shape; not empty.
    weights : ndarray of float64
        How many cells each text stands for, by its position.
    """
    padded: dict[tuple[str, bool], bool] = {}
    for unit in UNITS:
        for leads in (True, False):
            same = [pair for pair in matched if unit in units_of(pair[1]) and (units_of(pair[1])[0] == unit) == leads]
            padded[unit, leads] = any(_shows_width(pair, unit) for pair in same) and is_padded((unit,), same, weights)
    widths = {len(match["fraction"]) for _, match in matched if match["fraction"]}
    plurals = {unit: _plural(matched, unit) for unit in UNITS}
    votes: defaultdict[str, float] = defaultdict(float)
    for shape, match in matched:
        template = _template(match, padded, plurals, fixed=len(widths) == 1)
        votes[template] += weights[shape.positions].sum()
    often = sorted(votes, key=lambda template: -votes[template])[:_MOST_TEMPLATES]
    return tuple(sorted(often, key=lambda template: (template.count("{"), template)))


def _plural(matched: Sequence[Matched], unit: str) -> str:
    """Return what stands behind a unit: nothing, an "s" unless it is one, or, as pandas writes "1 days", always "s"."""
    several = [pair for pair in matched if pair[1].groupdict().get(f"{unit}_s")]
    if any(np.any(shape.number(*match.span(unit)) == 1) for shape, match in several):
        return "s"
    return "{" + UNITS[unit][0] + "_s}" if several else ""


_MOST_TEMPLATES = 12


def _shows_width(pair: Matched, unit: str) -> bool:
    shape, match = pair
    start, end = match.span(unit)
    return end - start == 1 or bool(np.any(shape.number(start, end) < 10))


def _template(
    match: re.Match[bytes], padded: dict[tuple[str, bool], bool], plurals: dict[str, str], *, fixed: bool
) -> str:
    text, end, parts = match.string, 0, []
    found = {name: value for name, value in match.groupdict().items() if value is not None}
    units = units_of(match)
    for name in sorted(found, key=match.start):
        if name == "sign":
            code = "{-}"
        elif name == "fraction":
            code = "{" + found[name][:1].decode() + (str(len(found[name]) - 1) if fixed else "") + "}"
        elif name.endswith("_s"):
            code = plurals[name.removesuffix("_s")]
        else:
            behind_colon = text[match.start(name) - 1 : match.start(name)] == b":"
            code = "{" + UNITS[name][0] * (2 if behind_colon or padded[name, name == units[0]] else 1) + "}"
        parts += [text[end : match.start(name)].decode(), code]
        end = match.end(name)
    return "".join([*parts, text[end:].decode()]).strip()


def write_duration(templates: Sequence[str], seconds: float) -> str:
    """Return seconds written by the template that suits them: the shortest that is exact, else the longest.

    Parameters
    ----------
    templates : sequence of str
        Those of the column, the one with most fields last.
    seconds : float
        Finite.
    """
    step = min(_step(template) for template in templates)
    micros = step * round(float(seconds) * MICRO / step)
    used = {unit for template in templates for unit in _fields(template)}
    for template in templates:
        if _is_natural(template, micros, used):
            return _write(template, micros)
    return _write(templates[-1], micros)


def _fields(template: str) -> list[str]:
    """Return the units of a template, by their letters, the greatest first."""
    return [
        letter for letter, _ in UNITS.values() if ("{" + letter + "}" in template or "{" + 2 * letter + "}" in template)
    ]


_MICROS = {letter: seconds * MICRO for letter, seconds in UNITS.values()}


def _step(template: str) -> int:
    if fraction := re.search(r"\{[.,](\d?)\}", template):
        return int(10 ** (6 - min(int(fraction[1] or 6), 6)))
    return _MICROS[_fields(template)[-1]]


def _is_natural(template: str, micros: int, used: set[str]) -> bool:
    """Return whether a template writes a duration exactly, and its first number stays below the next greater unit."""
    greater = [_MICROS[letter] for letter in used if _MICROS[letter] > _MICROS[_fields(template)[0]]]
    signed = "{-}" in template
    return micros % _step(template) == 0 and signed == (micros < 0) and abs(micros) < min(greater, default=np.inf)


def _write(template: str, micros: int) -> str:
    sign = "-" if micros < 0 else ""
    units = _fields(template)
    words = {"-": sign}
    left = abs(micros)
    if sign and units[0] == "D" and ":" in template:
        days = -(micros // _MICROS["D"])
        left = micros + 2 * days * _MICROS["D"]
    left = _step(template) * round(left / _step(template))
    for unit in units:
        number, left = divmod(left, _MICROS[unit])
        words |= {unit: str(number), unit * 2: f"{number:02}", f"{unit}_s": "" if number == 1 else "s"}
    text = fill(template, words | fraction_words(left))
    return text if "{-}" in template else sign + text
