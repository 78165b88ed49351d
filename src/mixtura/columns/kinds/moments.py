"""Dates, times of day and durations: how columns of them are read, and written."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...optional import need
from ...typing import Floats
from ..dates.calendar_formats import ISO_FORMS, calendar_words, match_form, read_days
from ..dates.clocks import DAY, MICRO, clock_words, offset_words, read_clock, step_of
from ..dates.date_finding import find_dates
from ..dates.durations import match_duration, read_seconds, write_duration
from ..dates.sampled_texts import ENOUGH, evidence_of
from ..dates.skeletons import Shape, shapes_of
from ..dates.templates import fill
from ..dates.time_finding import find_durations, find_times, match_time
from ..dates.typed_moments import typed_days, typed_lengths, typed_times
from .kind import Decoded, Kind

if TYPE_CHECKING:
    import re

    import pyarrow as pa

# Columns of types have no way of their own to be written: it is that of ISO 8601.
ISO_DATE = "{yyyy}-{mm}-{dd}"
ISO_TIME = "{HH}:{MM}:{SS}"
# What is told of a form is the form of this day: its day of the month cannot be a month.
_TOLD = 19750.0 + (10 * 60 + 20) / 1440

# Beyond a million years no calendar is written.
_FARTHEST = 365_000_000.0


@dataclass(frozen=True)
class Date(Kind):
    """Dates, with and without times of day, as days since 1970-01-01; in UTC where cells have a zone.

    Attributes
    ----------
    forms : tuple of str
        Forms in which texts are read, one after the other; see `calendar_formats`.
    template : str
        How cells are written; see `templates`.
    offset : int
        Minutes ahead of UTC of the zone in which cells are written.
    ambiguous : bool
        Whether the first number is the month for want of anything that says so.

    Examples
    --------
    >>> Date(("{d}.{m}.{yyyy}",), "{dd}.{mm}.{yyyy}").speak(19750)
    '28.01.2024'
    """

    name: ClassVar[str] = "date"
    is_moment: ClassVar[bool] = True
    forms: tuple[str, ...] = ISO_FORMS
    template: str = ISO_DATE
    offset: int = 0
    ambiguous: bool = False

    @property
    def told(self) -> str:
        """What is said of such a column: "date", "date and time", "date (28.01.2024)"."""
        name = "date and time" if any(code in self.template for code in ("{H", "{h", "{unix")) else "date"
        if self.ambiguous:
            words = {"m": "month", "d": "day", "yy": "year", "yyyy": "year"}
            return f"{name} ({fill(self.forms[0], words)}, ambiguous)"
        if "{unix" in self.template:
            return f"{name} (Unix {'milliseconds' if 'ms' in self.template else 'seconds'})"
        return name if self.template.startswith(ISO_DATE) else f"{name} ({self.speak(_TOLD - self.offset / 1440)})"

    def decode(self, cells: "pa.ChunkedArray | pa.Array") -> Decoded:
        """Return `cells` as days."""
        return _decoded(cells, typed_days, self.forms, match_form, read_days)

    def speak(self, value: float) -> str:
        """Return days, `value`, as a cell of the column would be written; nothing for NaN."""
        if np.isnan(value):
            return ""
        step = step_of(self.template)
        micros = step * round(min(max(value, -_FARTHEST), _FARTHEST) * DAY * MICRO / step)
        days, clock = divmod(micros + self.offset * 60 * MICRO, DAY * MICRO)
        unix = {"unix": str(micros // MICRO), "unix_ms": str(1000 * micros // MICRO)}
        return fill(self.template, calendar_words(days) | clock_words(clock) | offset_words(self.offset) | unix)

    def settings(self) -> dict[str, Any]:
        """Return what `from_settings` makes the same kind of."""
        return asdict(self) | {"forms": list(self.forms)}

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "Date":
        """Return the kind that has these `settings`."""
        return cls(**settings | {"forms": tuple(settings["forms"])})


@dataclass(frozen=True)
class Time(Kind):
    """Times of day, as seconds since midnight.

    Attributes
    ----------
    template : str
        How cells are written; see `templates`.

    Examples
    --------
    >>> Time("{h}:{MM} {P}M").speak(44_400)
    '12:20 PM'
    """

    name: ClassVar[str] = "time"
    is_moment: ClassVar[bool] = True
    template: str = ISO_TIME

    @property
    def told(self) -> str:
        """What is said of such a column."""
        return "time of day"

    def decode(self, cells: "pa.ChunkedArray | pa.Array") -> Decoded:
        """Return `cells` as seconds."""
        return _decoded(
            cells,
            typed_times,
            (self.template,),
            lambda _, skeleton: match_time(skeleton),
            lambda shape, match: read_clock(shape, match) / MICRO,
        )

    def speak(self, value: float) -> str:
        """Return seconds, `value`, as a cell of the column would be written; nothing for NaN."""
        if np.isnan(value):
            return ""
        step = step_of(self.template)
        return fill(self.template, clock_words(step * round(min(max(value, 0.0), float(DAY)) * MICRO / step)))

    def settings(self) -> dict[str, Any]:
        """Return what `from_settings` makes the same kind of."""
        return asdict(self)


@dataclass(frozen=True)
class Duration(Kind):
    """Durations, as seconds.

    Attributes
    ----------
    form : str
        Form in which texts are read; see `durations`.
    templates : tuple of str
        How cells are written, the template with most fields last.

    Examples
    --------
    >>> column = Duration("units", ("{M}m", "{H}h {M}m"))
    >>> column.speak(9000), column.speak(2700)
    ('2h 30m', '45m')
    """

    name: ClassVar[str] = "duration"
    is_moment: ClassVar[bool] = True
    form: str = "clock"
    templates: tuple[str, ...] = ("{H}:{MM}:{SS}{.}",)

    @property
    def told(self) -> str:
        """What is said of such a column: "duration", or "duration (minutes:seconds)"."""
        return "duration (minutes:seconds)" if self.form == "minutes" else "duration"

    def decode(self, cells: "pa.ChunkedArray | pa.Array") -> Decoded:
        """Return `cells` as seconds."""
        return _decoded(cells, typed_lengths, (self.form,), match_duration, read_seconds)

    def speak(self, value: float) -> str:
        """Return seconds, `value`, as a cell of the column would be written; nothing for NaN."""
        if np.isnan(value):
            return ""
        return write_duration(self.templates, min(max(value, -_FARTHEST * DAY), _FARTHEST * DAY))

    def settings(self) -> dict[str, Any]:
        """Return what `from_settings` makes the same kind of."""
        return {"form": self.form, "templates": list(self.templates)}

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "Duration":
        """Return the kind that has these `settings`."""
        return cls(settings["form"], tuple(settings["templates"]))


def moment_of_text(examples: Mapping[str, int]) -> Date | Time | Duration | None:
    """Return the kind that at least nine of ten cells fit, None where they are no moments.

    Parameters
    ----------
    examples : mapping of str to int
        Distinct texts of the column in the order of its rows, without marks for missing values, and how many cells
        have each.

    Examples
    --------
    >>> moment_of_text({"28.1.2024": 2, "3.2.2024": 1}).told
    'date (28.1.2024)'
    >>> moment_of_text({"3:1": 2, "16:9": 1}) is None
    True
    """
    evidence = evidence_of(examples)
    if evidence is None:
        return None
    if dates := find_dates(evidence):
        return Date(dates.forms, dates.template, dates.offset, dates.ambiguous)
    if template := find_times(evidence):
        return Time(template)
    if durations := find_durations(evidence):
        return Duration(durations.form, durations.templates)
    return None


def moment_of_integers(values: Mapping[int, int]) -> Date | None:
    """Return the kind of integers that are dates such as 20240128, or Unix time, None for others.

    Parameters
    ----------
    values : mapping of int to int
        Distinct integers of the column, and how many cells have each.

    Examples
    --------
    >>> moment_of_integers({20240128: 3, 20240131: 1}).told
    'date (20240128)'
    """
    long_enough = sum(weight for value, weight in values.items() if 10**7 <= value < 10**14)
    if long_enough < ENOUGH * sum(values.values()):
        return None
    found = moment_of_text({str(value): weight for value, weight in values.items()})
    return found if isinstance(found, Date) else None


def moment_of_type(arrow_type: "pa.DataType") -> Date | Time | Duration | None:
    """Return the kind of a column that has a type for dates, times or durations, None for other types.

    Parameters
    ----------
    arrow_type : pyarrow DataType
        Its type.
    """
    pa: Any = need("pyarrow", "reading dates")
    types = pa.types
    if types.is_dictionary(arrow_type):
        return moment_of_type(arrow_type.value_type)
    if types.is_date(arrow_type):
        return Date()
    if types.is_timestamp(arrow_type):
        fraction, zone = "" if arrow_type.unit == "s" else "{.}", "Z" if arrow_type.tz else ""
        return Date(template=f"{ISO_DATE} {ISO_TIME}{fraction}{zone}")
    if types.is_time(arrow_type):
        return Time(ISO_TIME + ("" if arrow_type.unit == "s" else "{.}"))
    return Duration() if types.is_duration(arrow_type) or arrow_type == pa.month_day_nano_interval() else None


def _decoded(
    cells: "pa.ChunkedArray | pa.Array",
    typed: "Callable[[pa.Array], Floats | None]",
    forms: Iterable[str],
    match: "Callable[[str, bytes], re.Match[bytes] | None]",
    numbers: "Callable[[Shape, re.Match[bytes]], Floats]",
) -> Decoded:
    """Return cells of a type by `typed`, and texts and integers by the first form that matches and has a number."""
    pa: Any = need("pyarrow", "reading dates")
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.combine_chunks()
    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(cells.type.value_type)
    known = typed(cells)
    if known is not None:
        return Decoded(known, np.zeros(0, np.int64))
    values = np.full(len(cells), np.nan)
    there = cells.is_valid().to_numpy(zero_copy_only=False)
    for shape in shapes_of(cells.cast(pa.large_string())):
        if not shape.skeleton.strip():
            there[shape.positions] = False
        for found in filter(None, (match(form, shape.skeleton) for form in forms)):
            own = values[shape.positions]
            values[shape.positions] = np.where(np.isnan(own), numbers(shape, found), own)
    return Decoded(values, np.flatnonzero(there & np.isnan(values)))
