"""Times of day in texts: how they are written, the seconds that they are, and what is written for seconds."""

import re

import numpy as np

from ...typing import Floats
from .skeletons import Shape

# Blanks; no-break spaces stand before AM and PM in what browsers and spreadsheets write.
BLANK = rb"(?:\s|\xc2\xa0|\xe2\x80\xaf)"

_HALF = rb"(?:%b?(?P<half>[ap])\.?m\.?)?" % BLANK
_FRACTION = rb"(?P<fraction>[.,]\d{1,9})?"
_ZONE = rb"(?:%b?(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?" % BLANK

# An hour alone is a time only with AM or PM.
CLOCK = rb"(?P<hour>\d{1,2})(?::(?P<minute>\d\d)(?::(?P<second>\d\d)%b)?)?%b(?(minute)|(?(half)|(?!)))" % (
    _FRACTION,
    _HALF,
)
ZONED_CLOCK = CLOCK + _ZONE
COMPACT_CLOCK = rb"(?P<hour>\d\d)(?P<minute>\d\d)(?:(?P<second>\d\d)%b)?%b" % (_FRACTION, _ZONE)

DAY = 86_400
MICRO = 1_000_000


def read_clock(shape: Shape, match: re.Match[bytes]) -> Floats:
    """Return microseconds since midnight, NaN where there is no such time; midnight where no clock is matched.

    Parameters
    ----------
    shape : Shape
        Texts.
    match : match
        What a pattern with a clock found in their skeleton.
    """
    found = match.groupdict()
    if not found.get("hour"):
        return np.zeros(len(shape.positions))
    hour, minute, second = (
        shape.number(*match.span(name)) if found.get(name) else np.zeros(len(shape.positions), np.int64)
        for name in ("hour", "minute", "second")
    )
    if half := found.get("half"):
        fits = (hour >= 1) & (hour <= 12)
        hour = hour % 12 + 12 * (half in b"pP")
    else:
        fits = (hour < 24) | ((hour == 24) & (minute == 0) & (second == 0))
    micros = MICRO * (3600 * hour + 60 * minute + second) + read_fraction(shape, match)
    values: Floats = np.where(fits & (minute < 60) & (second < 60), micros, np.nan)
    return values


def read_fraction(shape: Shape, match: re.Match[bytes]) -> Floats:
    """Return the microseconds in the fraction of seconds that was matched, 0 without one."""
    if not match.groupdict().get("fraction"):
        return np.zeros(len(shape.positions))
    start, end = match.span("fraction")
    micros: Floats = np.rint(shape.number(start + 1, end) * 10.0 ** (7 - (end - start)))
    return micros


def read_offset(shape: Shape, match: re.Match[bytes]) -> Floats:
    """Return the minutes by which clocks are ahead of UTC, 0 without a zone, NaN where there is no such zone."""
    zone = match.groupdict().get("zone")
    if not zone or zone[:1] not in b"+-":
        return np.zeros(len(shape.positions))
    start, end = match.span("zone")
    hours = shape.number(start + 1, start + 3)
    minutes = shape.number(end - 2, end) if end - start > 3 else np.zeros_like(hours)
    ahead = np.where((hours < 24) & (minutes < 60), 60.0 * hours + minutes, np.nan)
    return -ahead if zone[:1] == b"-" else ahead


def clock_words(micros: int) -> dict[str, str]:
    """Return what the fields of a template stand for at a time of day, in microseconds since midnight."""
    seconds, micro = divmod(micros, MICRO)
    hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    afternoon = hour % 24 >= 12
    return {
        "H": str(hour),
        "HH": f"{hour:02}",
        "h": str((hour - 1) % 12 + 1),
        "hh": f"{(hour - 1) % 12 + 1:02}",
        "MM": f"{minute:02}",
        "SS": f"{second:02}",
        "p": "p" if afternoon else "a",
        "P": "P" if afternoon else "A",
        **fraction_words(micro),
    }


def fraction_words(micro: int) -> dict[str, str]:
    """Return what the fields of a template stand for at a fraction of a second, in microseconds."""
    digits = f"{micro:06}000"
    shown = digits.rstrip("0")
    words = {f"{point}{n}": point + digits[:n] for point in ".," for n in range(1, 10)}
    return words | {point: point + shown if shown else "" for point in ".,"}


def offset_words(minutes: int) -> dict[str, str]:
    """Return what the fields of a template stand for in a zone that many minutes ahead of UTC."""
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    return {
        "+hh:mm": f"{sign}{hours:02}:{rest:02}",
        "+hhmm": f"{sign}{hours:02}{rest:02}",
        "+hh": f"{sign}{hours:02}",
    }


def step_of(template: str) -> int:
    """Return the microseconds between two values that a template tells apart, at most a day.

    Examples
    --------
    >>> step_of("{HH}:{MM}"), step_of("{HH}:{MM}:{SS}{.3}")
    (60000000, 1000)
    """
    if fraction := re.search(r"\{[.,](\d?)\}", template):
        return int(10 ** (6 - min(int(fraction[1] or 6), 6)))
    fields = set(re.findall(r"\{(\w+)\}", template))
    return next((step for codes, step in _STEPS if fields & codes), DAY * MICRO)


_STEPS = (
    ({"unix_ms"}, MICRO // 1000),
    ({"unix", "SS"}, MICRO),
    ({"MM"}, 60 * MICRO),
    ({"H", "HH", "h", "hh"}, 3600 * MICRO),
)
