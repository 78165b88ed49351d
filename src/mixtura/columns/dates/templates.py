"""How the cells of a column are written: a template with a field for each number, taken from the cells themselves.

`{dd}.{mm}.{yyyy} {HH}:{MM}` writes 28.01.2024 10:20. A field that is named by an example writes names in that way:
`{Jan}`, `{JANUARY}`, `{mon}`; those of other languages are `{January:de}`.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import numpy as np

from ...typing import Floats
from .calendar_names import language_of, name_written
from .clocks import read_offset
from .skeletons import Shape

# Groups of the patterns, and the field that each becomes; "1|2" is without or with zeros in front.
_CODES = {
    "year": "yyyy",
    "short_year": "yy",
    "month": "m|mm",
    "day": "d|dd",
    "ordinal": "th",
    "quarter": "q",
    "iso_year": "iso",
    "week": "ww",
    "weekday": "wd",
    "day_of_year": "jjj",
    "unix": "unix",
    "unix_ms": "unix_ms",
    "hour": "H|HH",
    "minute": "MM",
    "second": "SS",
}

# Groups with names, and what the fields are named by.
_EXAMPLES = {"month_name": "January", "weekday_name": "Monday"}

Matched = tuple[Shape, re.Match[bytes]]


def fill(template: str, words: Mapping[str, str]) -> str:
    """Return a template with words in place of its fields."""
    return re.sub(r"\{([^}]+)\}", lambda field: words[field[1]], template)


def template_of(matched: Iterable[Matched], weights: Floats) -> str:
    """Return the template by which most cells are written.

    Parameters
    ----------
    matched : iterable of (Shape, match)
        Texts of one form, by shape; not empty.
    weights : ndarray of float64
        How many cells each text stands for, by its position.
    """
    matched = [*matched]
    days = is_padded(("month", "day"), matched, weights)
    padded = {"month": days, "day": days, "hour": is_padded(("hour",), matched, weights)}
    lengths: defaultdict[int, float] = defaultdict(float)
    for shape, match in matched:
        if match.groupdict().get("fraction"):
            lengths[len(match["fraction"])] += weights[shape.positions].sum()
    # Digits of fractions are fixed in number if they are in nearly all cells.
    fixed = max(lengths.values(), default=0) >= 0.99 * sum(lengths.values())
    language = language_in(matched, weights)
    votes: defaultdict[str, float] = defaultdict(float)
    for shape, match in matched:
        # May is no evidence of whether names of months are written in full.
        name = match.groupdict().get("month_name")
        clear = not name or name_written(name.decode(), "January", language)[1]
        votes[_template(match, padded, fixed, language)] += weights[shape.positions].sum() * (1 if clear else 1e-9)
    return max(votes, key=lambda template: votes[template])


def language_in(matched: Iterable[Matched], weights: Floats) -> str:
    """Return the language that the names of months and weekdays are of in most cells."""
    return language_of(
        (match[name], float(weights[shape.positions].sum()))
        for shape, match in matched
        for name in _EXAMPLES.keys() & match.groupdict().keys()
        if match[name]
    )


def is_padded(names: Collection[str], matched: Iterable[Matched], weights: Floats) -> bool:
    """Return whether numbers below ten have a zero in front, in most of the cells where that shows."""
    plain = zeros = 0.0
    for shape, match in matched:
        weight = weights[shape.positions]
        for start, end in (match.span(name) for name in names if match.groupdict().get(name)):
            if end - start == 1:
                plain += weight.sum()
            else:
                zeros += weight[shape.number(start, end) < 10].sum()
    return zeros >= plain


def offset_of(matched: Iterable[Matched], weights: Floats) -> int:
    """Return the minutes ahead of UTC that most cells have, 0 where none has a zone."""
    votes: defaultdict[float, float] = defaultdict(float)
    for shape, match in matched:
        if match.groupdict().get("zone"):
            offsets = read_offset(shape, match)
            for minutes in np.unique(offsets[~np.isnan(offsets)]):
                votes[minutes] += weights[shape.positions][offsets == minutes].sum()
    return int(max(votes, key=lambda minutes: votes[minutes], default=0))


def _template(match: re.Match[bytes], padded: Mapping[str, bool], fixed: bool, language: str) -> str:
    """Return what a skeleton becomes with fields in place of its groups."""
    text, end, parts = match.string, 0, []
    found = {name: value for name, value in match.groupdict().items() if value}
    for name in sorted(found, key=match.start):
        parts += [text[end : match.start(name)].decode(), _code(name, found, padded, fixed, language)]
        end = match.end(name)
    return "".join([*parts, text[end:].decode()]).strip()


def _code(name: str, found: Mapping[str, bytes], padded: Mapping[str, bool], fixed: bool, language: str) -> str:
    text = found[name].decode()
    if name in _EXAMPLES:
        return "{" + name_written(text, _EXAMPLES[name], language)[0] + "}"
    if name == "half":
        return "{P}" if text.isupper() else "{p}"
    if name == "zone":
        return {"+": "{+hh:mm}" if ":" in text else "{+hhmm}" if len(text) == 5 else "{+hh}"}.get(
            text[0].replace("-", "+"), text
        )
    if name == "fraction":
        return "{" + text[0] + (str(len(text) - 1) if fixed else "") + "}"
    plain, _, zeros = _CODES[name].partition("|")
    code = zeros if zeros and padded[name] else plain
    return "{" + (code.lower() if name == "hour" and "half" in found else code) + "}"
