"""The forms in which dates are written, with and without a time of day, and the days that texts of a form are.

A form is written by its fields: `{d}.{m}.{yyyy}` reads 28.01.2024 and 5.1.2024, with a time behind it or without. Names
of months and weekdays are those of `calendar_names`, in any case; a weekday may stand in front of any form, and is not
checked.
"""

import re
from functools import cache
from itertools import product

import numpy as np

from ...typing import Bools, Floats, Integers
from .calendar_names import MONTH, WEEKDAY, month_number, names_of
from .clocks import BLANK, COMPACT_CLOCK, DAY, MICRO, ZONED_CLOCK, read_clock, read_offset
from .skeletons import Shape

_MONTH = rb"(?P<month_name>(?:%b)\.?)" % MONTH
_WEEKDAY = rb"(?P<weekday_name>(?:%b)\.?),?(?:%b+den)?" % (WEEKDAY, BLANK)
_FIELDS = {
    # A year may be called one: "5 марта 2024 г.", "5 березня 2024 р.".
    "yyyy": rb"(?P<year>\d{4})(?:%b?(?:\xd0\xb3|\xd1\x80)\.)?" % BLANK,
    "yy": rb"(?P<short_year>\d\d)",
    "m": rb"(?P<month>\d{1,2})",
    "mm": rb"(?P<month>\d\d)",
    "month": _MONTH,
    "d": rb"(?P<day>\d{1,2})",
    "dd": rb"(?P<day>\d\d)",
    # "1er janvier", "1º de enero" have an ending that other days have not.
    "dth": rb"(?P<day>\d{1,2})(?:er|\xc2\xba|(?P<ordinal>st|nd|rd|th))?",
    "q": rb"(?P<quarter>\d)",
    "iso": rb"(?P<iso_year>\d{4})",
    "ww": rb"(?P<week>\d\d)",
    "wd": rb"(?P<weekday>\d)",
    "jjj": rb"(?P<day_of_year>\d{3})",
    "unix": rb"(?P<unix>\d{9,10})",
    "unix_ms": rb"(?P<unix_ms>\d{12,13})",
    "clock": ZONED_CLOCK,
    "compact": COMPACT_CLOCK,
}
# What stands between a date and its time: "T" of ISO 8601, blanks, a comma, "at"; ":" in logs of web servers.
_BETWEEN = rb"(?:%b*[T:_]|%b*,%b*|%b+(?:at|-)%b+|%b+)" % ((BLANK,) * 6)

NUMERIC_FORMS = tuple(
    date.replace("-", sign)
    for sign, date in product(
        "-/.",
        ("{yyyy}-{m}-{d}", "{m}-{d}-{yyyy}", "{d}-{m}-{yyyy}", "{m}-{d}-{yy}", "{d}-{m}-{yy}", "{yy}-{m}-{d}"),
    )
)
DIGIT_FORMS = ("{yyyy}{mm}{dd}", "{yyyy}{mm}{dd}{compact}")
UNIX_FORMS = ("{unix}", "{unix_ms}")
# Days of the year without a time ("2024-028") are left: far more such texts are numbers of cases and invoices.
FORMS = (
    *NUMERIC_FORMS,
    *DIGIT_FORMS,
    *("{yyyy}{mm}{dd}T{compact}", "{yyyy}{mm}{dd} {compact}", "{yyyy}-{jjj}T{clock}"),
    *("{yyyy}-{m}", "{yyyy}/{m}", "{m}/{yyyy}", "{m}-{yyyy}"),
    *("{iso}-W{ww}-{wd}", "{iso}-W{ww}", "{iso}W{ww}{wd}", "{iso}W{ww}"),
    *("{yyyy}-Q{q}", "{yyyy}Q{q}", "{yyyy} Q{q}", "Q{q} {yyyy}", "Q{q}-{yyyy}", "Q{q}/{yyyy}"),
    *(date.replace("-", sign) for sign, date in product("-/.", ("{d}-{month}-{yyyy}", "{d}-{month}-{yy}"))),
    "{d}. {m}. {yyyy}",
    *("{d}{month}{yyyy}", "{d}{month}{yy}", "{dth} {month} {yyyy}", "{dth} {month}, {yyyy}", "{d}. {month} {yyyy}"),
    *("{dth} of {month} {yyyy}", "{dth} of {month}, {yyyy}", "{d} {month} {yy}", "{month} {d} {clock} {yyyy}"),
    *("{dth} de {month} de {yyyy}", "{dth} de {month} {yyyy}", "{d}. {month} {yy}", "{month} de {yyyy}"),
    *("{month} {dth}, {yyyy}", "{month} {dth} {yyyy}", "{month}-{d}-{yyyy}", "{month}/{d}/{yyyy}"),
    *("{yyyy}-{month}-{d}", "{yyyy}/{month}/{d}", "{yyyy} {month} {d}"),
    *("{month} {yyyy}", "{month}, {yyyy}", "{month}-{yyyy}", "{month}/{yyyy}", "{month}-{yy}"),
    *("{yyyy} {month}", "{yyyy}-{month}"),
)
ISO_FORMS = ("{yyyy}-{m}-{d}",)


@cache
def pattern(form: str) -> re.Pattern[bytes]:
    """Return what finds the fields of a form in a skeleton."""
    parts = re.findall(r"\{(\w+)\}|( )|(.)", form)
    body = b"".join(
        _FIELDS[field] if field else BLANK + b"+" if blank else re.escape(sign).encode() for field, blank, sign in parts
    )
    timed = "clock" in form or "compact" in form or form in UNIX_FORMS
    time = b"" if timed else b"(?:%b%b)?" % (_BETWEEN, ZONED_CLOCK)
    return re.compile(b"%b*(?:%b%b+)?%b%b%b*" % (BLANK, _WEEKDAY, BLANK, body, time, BLANK), re.IGNORECASE)


def match_form(form: str, skeleton: bytes) -> re.Match[bytes] | None:
    """Return the fields of a form in a skeleton, None where it has another form."""
    if all(part in skeleton for part in _needed(form)) and ("{month}" not in form or _LETTERS.search(skeleton)):
        return pattern(form).fullmatch(skeleton)
    return None


_LETTERS = re.compile(rb"[A-Za-z\x80-\xff]{3}")


@cache
def _needed(form: str) -> tuple[bytes, ...]:
    """Return what is in all skeletons of a form: patterns are costly to make, and few forms come near a column."""
    signs = re.sub(r"\{\w+\}|[ \w]", "", form)
    digits = {"{yyyy}": b"0000", "{iso}": b"0000", "{jjj}": b"000", "{unix}": b"000000000", "{yyyy}{mm}": b"00000000"}
    return (*(sign.encode() for sign in signs), *(run for field, run in digits.items() if field in form))


def read_days(shape: Shape, match: re.Match[bytes]) -> Floats:
    """Return days since 1970-01-01 in UTC, NaN where there is no such day or time; exact to the microsecond.

    Parameters
    ----------
    shape : Shape
        Texts.
    match : match
        Fields of a form in their skeleton.
    """
    found = match.groupdict()
    numbers = {name: shape.number(*match.span(name)) for name in found.keys() & _NUMBERS if found[name]}
    for name, unit in (("unix", MICRO), ("unix_ms", MICRO // 1000)):
        if name in numbers:
            return numbers[name] * unit / (DAY * MICRO)
    if "short_year" in numbers:
        # The rule of POSIX: 69 to 99 are of the twentieth century.
        numbers["year"] = numbers["short_year"] + np.where(numbers["short_year"] < 69, 2000, 1900)
    one = np.ones(len(shape.positions), np.int64)
    if found.get("month_name"):
        month = one * month_number(found["month_name"])
    else:
        month = numbers.get("month", 3 * numbers.get("quarter", one) - 2)
    if "iso_year" in numbers:
        days, fits = _days_of_weeks(numbers["iso_year"], numbers["week"], numbers.get("weekday", one))
    elif "day_of_year" in numbers:
        first = first_days(numbers["year"], one)
        days, fits = first + numbers["day_of_year"] - 1, numbers["day_of_year"] >= 1
        fits &= days < first_days(numbers["year"] + 1, one)
    else:
        day = numbers.get("day", one)
        days = first_days(numbers["year"], month) + day - 1
        fits = (month >= 1) & (month <= 12) & (day >= 1)
        fits &= (day <= 28) | (days < first_days(numbers["year"], month + 1))
    micros = days * float(DAY * MICRO) + read_clock(shape, match) - read_offset(shape, match) * 60.0 * MICRO
    return np.where(fits, micros / (DAY * MICRO), np.nan)


_NUMBERS = {
    *("year", "short_year", "month", "day", "quarter", "iso_year", "week", "weekday", "day_of_year"),
    *("unix", "unix_ms"),
}


def first_days(year: Integers, month: Integers) -> Integers:
    """Return the first days of months, counted from 1970-01-01; months past December are of the next year."""
    months = 12 * (year - 1970) + month - 1
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _days_of_weeks(year: Integers, week: Integers, weekday: Integers) -> tuple[Integers, Bools]:
    """Return days of ISO weeks, and which there are: week 1 is the week of January 4."""
    one = np.ones_like(year)

    def first_monday(year: Integers) -> Integers:
        fourth = first_days(year, one) + 3
        return fourth - (fourth + 3) % 7

    days = first_monday(year) + 7 * (week - 1) + weekday - 1
    fits = (
        (week >= 1) & (weekday >= 1) & (weekday <= 7) & (first_monday(year) + 7 * (week - 1) < first_monday(year + 1))
    )
    return days, fits


def calendar_words(days: int) -> dict[str, str]:
    """Return what the fields of a template stand for on a day, counted from 1970-01-01."""
    date = np.datetime64(days, "D")
    months = int(date.astype("datetime64[M]").astype(np.int64))
    year, month = months // 12 + 1970, months % 12 + 1
    day = days - int(first_days(np.array(year), np.array(month))) + 1
    weekday = (days + 3) % 7
    thursday = days - weekday + 3
    iso_year = int(np.datetime64(thursday, "D").astype("datetime64[Y]").astype(np.int64)) + 1970
    new_year, iso_new_year = (int(first_days(np.array(of), np.array(1))) for of in (year, iso_year))
    ending = "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return {
        "yyyy": f"{year:04}",
        "yy": f"{year % 100:02}",
        "m": str(month),
        "mm": f"{month:02}",
        "d": str(day),
        "dd": f"{day:02}",
        "th": ending,
        "q": str((month + 2) // 3),
        "iso": f"{iso_year:04}",
        "ww": f"{(thursday - iso_new_year) // 7 + 1:02}",
        "wd": str(weekday + 1),
        "jjj": f"{days - new_year + 1:03}",
        **names_of(month, weekday),
    }
