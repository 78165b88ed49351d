"""In which form the dates of a column are written, if it holds dates.

Three forms at most are mixed, all in the same order of day and month. What is no date, though it may look like one:

- Years alone. They are numbers.
- Months of which each is the year after its year: "2003-04" is a season.
- "3-2024" without a zero: a number within a year. "03-2024" and "3/2024" are months.
- "10.2.13": dots or dashes, two digits for the year, and neither a zero in front nor a day above 12. It is a version.
- One word that may be a month of another language than English, in all cells: "SET-01" is a code.
- Numbers such as 20240128 and 1706437800 that are not clearly dates; see `date_numbers.py`.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from ...typing import Floats
from .calendar_formats import DIGIT_FORMS, FORMS, NUMERIC_FORMS, UNIX_FORMS, match_form, read_days
from .calendar_names import month_number
from .date_numbers import are_days, are_unix
from .date_orders import settled
from .sampled_texts import ENOUGH, Evidence
from .templates import Matched, is_padded, language_in, offset_of, template_of

# Beside the most common form others are taken up that some cells have.
_MOST_FORMS = 3
_SOME = 0.001

_FIRST_YEAR, _LAST_YEAR = ((np.datetime64(year, "D").astype(np.int64)) for year in ("1900-01-01", "2101-01-01"))


@dataclass(frozen=True)
class DatesFound:
    """How the dates of a column are written.

    Attributes
    ----------
    forms : tuple of str
        Forms in which cells are read, the most common one first.
    template : str
        How cells are written.
    offset : int
        Minutes ahead of UTC of the zone in which cells are written.
    ambiguous : bool
        Whether the first number could as well be the day.
    """

    forms: tuple[str, ...]
    template: str
    offset: int = 0
    ambiguous: bool = False


def find_dates(evidence: Evidence) -> DatesFound | None:
    """Return how the dates of a column are written, None where it does not hold dates.

    Parameters
    ----------
    evidence : Evidence
        Distinct texts of the column.
    """
    read: dict[str, Floats] = {}
    for form in FORMS + UNIX_FORMS:
        match = partial(match_form, form)
        if evidence.nominated(match):
            days = evidence.read(match, read_days)
            if evidence.share(days) >= _SOME and _plausible(form, days, evidence):
                read[form] = days
    forms: list[str] = []
    ambiguous = False
    left = np.ones(len(evidence.weights), bool)
    while read and len(forms) < _MOST_FORMS:
        shares = {form: evidence.share(np.where(left, days, np.nan)) for form, days in read.items()}
        best = [form for form in read if shares[form] == max(shares.values())]
        if shares[best[0]] < _SOME:
            break
        chosen = best[0] if len(best) == 1 else settled({form: read[form] for form in best})
        ambiguous |= chosen is None and not forms
        forms.append(chosen or best[0])
        left &= np.isnan(read[forms[-1]])
        read = {form: days for form, days in read.items() if form not in forms and _agree(forms[-1], form)}
    if evidence.weights[~left].sum() < ENOUGH * evidence.weights.sum():
        return None
    matched = [*evidence.matched(partial(match_form, forms[0]))]
    offset = offset_of(matched, evidence.weights)
    return DatesFound(tuple(forms), template_of(matched, evidence.weights), offset, ambiguous)


def _agree(form: str, other: str) -> bool:
    """Return whether two forms can be mixed: numbers of day, month and year do not change places."""
    if form in UNIX_FORMS + DIGIT_FORMS or other in UNIX_FORMS + DIGIT_FORMS:
        return False
    if form not in NUMERIC_FORMS or other not in NUMERIC_FORMS:
        return True
    return _order(form) == _order(other) or form.startswith("{yyyy}") or other.startswith("{yyyy}")


def _order(form: str) -> str:
    return "".join(sign for sign in form if sign in "dmy").replace("yyyy", "y").replace("yy", "y")


def _plausible(form: str, days: Floats, evidence: Evidence) -> bool:
    """Return whether texts that can be read in a form are meant so; see the rules at the top of this file."""
    fits = ~np.isnan(days)
    if form in UNIX_FORMS:
        return are_unix(days[fits], form)
    in_years = np.where((days >= _FIRST_YEAR) & (days < _LAST_YEAR), days, np.nan)
    mostly_in_years = evidence.share(in_years) >= ENOUGH * evidence.share(days)
    if form in DIGIT_FORMS:
        return mostly_in_years and are_days(days[fits])
    matched = [*evidence.matched(partial(match_form, form))]
    if "{month}" in form:
        named = {month_number(match["month_name"]) for _, match in matched}
        return len(named) > 1 or language_in(matched, evidence.weights) == "en"
    if form in ("{yyyy}-{m}", "{yyyy}/{m}", "{m}/{yyyy}", "{m}-{yyyy}"):
        months = np.floor(days[fits]).astype(np.int64).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        seasons = np.all(months % 12 + 1 == (months // 12 + 1971) % 100)
        counts = "-" in form and not _zeros_only("month", matched, evidence)
        return mostly_in_years and not seasons and not counts
    if form in NUMERIC_FORMS and "{yyyy}" not in form and "/" not in form:
        zeros = _zeros_only("day", matched, evidence) and _zeros_only("month", matched, evidence)
        of_month = days[fits] - np.floor(days[fits]).astype("datetime64[D]").astype("datetime64[M]").astype(
            "datetime64[D]"
        ).astype(np.int64)
        return zeros or bool(np.any(of_month >= 12))
    return True


def _zeros_only(name: str, matched: list[Matched], evidence: Evidence) -> bool:
    widths = {match.end(name) - match.start(name) for _, match in matched}
    return widths == {2} and is_padded((name,), matched, evidence.weights)
