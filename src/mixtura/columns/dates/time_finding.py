"""Whether a column holds times of day or durations, and how they are written.

Numbers with colons can be either, or neither:

- With AM or PM they are times of day.
- Two numbers are scores or ratios ("3:1", "16:9", "1:50"), unless some have a zero in front ("9:05", "09:30"), or all
  are multiples of five minutes in more than one hour.
- First numbers of 24 or more, in one cell of a hundred, make durations: hours if three numbers follow each other, else
  minutes and seconds. So does a fraction behind two numbers ("1:23.456").
- Times without a zero in front that all come before ten o'clock are durations, such as lengths of songs, if there are
  a dozen of them and few are multiples of five minutes.
- All others are times of day.

Words are durations if some cells have two units ("2h 30m"): one unit alone stands behind a number of that unit.
"""

import re
from dataclasses import dataclass
from functools import partial

import numpy as np

from .clocks import BLANK, CLOCK, read_clock
from .durations import DURATION_FORMS, duration_templates, match_duration, read_seconds, units_of
from .sampled_texts import ENOUGH, Evidence
from .templates import template_of

_A_DOZEN = 12
_COLONS = re.compile(rb"%b*(0+):(00)(:00)?([.,]0+)?%b*" % (BLANK, BLANK))
_TIME = re.compile(b"%b*%b%b*" % (BLANK, CLOCK, BLANK), re.IGNORECASE)


@dataclass(frozen=True)
class DurationsFound:
    """How the durations of a column are written.

    Attributes
    ----------
    form : str
        Form in which cells are read.
    templates : tuple of str
        How cells are written; see `duration_templates`.
    """

    form: str
    templates: tuple[str, ...]


def match_time(skeleton: bytes) -> re.Match[bytes] | None:
    """Return the fields of a time of day in a skeleton, None where it is none."""
    return _TIME.fullmatch(skeleton)


def find_times(evidence: Evidence) -> str | None:
    """Return the template of a column of times of day, None where it does not hold them.

    Parameters
    ----------
    evidence : Evidence
        Distinct texts of the column.
    """
    if evidence.share(evidence.read(match_time, read_clock)) < ENOUGH:
        return None
    matched = [*evidence.matched(match_time)]
    if not any(match["half"] for _, match in matched) and _colon_form(evidence) != "times":
        return None
    return template_of(matched, evidence.weights)


def find_durations(evidence: Evidence) -> DurationsFound | None:
    """Return how the durations of a column are written, None where it does not hold durations.

    Parameters
    ----------
    evidence : Evidence
        Distinct texts of the column.
    """
    for form in DURATION_FORMS:
        match = partial(match_duration, form)
        if not evidence.nominated(match) or evidence.share(evidence.read(match, read_seconds)) < ENOUGH:
            continue
        matched = [*evidence.matched(match)]
        if form in ("clock", "minutes"):
            fits = any(match["days"] for _, match in matched) if form == "clock" else False
            fits = fits or _colon_form(evidence) == form
        else:
            several = sum(
                evidence.weights[shape.positions].sum() for shape, match in matched if len(units_of(match)) > 1
            )
            fits = form == "iso" or several >= 0.1 * evidence.weights.sum()
        if fits:
            return DurationsFound(form, duration_templates(matched, evidence.weights))
    return None


def _colon_form(evidence: Evidence) -> str | None:
    """Return what numbers with colons are by the rules above: times, one of the forms of durations, or neither."""
    first, second, weights, pairs, plain = [], [], [], [], []
    for shape, match in evidence.matched(_COLONS.fullmatch):
        is_pair = match[3] is None
        if is_pair and match[4]:
            return "minutes"
        first.append(shape.number(*match.span(1)))
        second.append(shape.number(*match.span(2)))
        weights.append(evidence.weights[shape.positions])
        pairs.append(np.full(len(shape.positions), is_pair))
        plain.append(np.full(len(shape.positions), len(match[1]) == 1))
    if not first:
        return None
    hours, minutes, cells, pair, short = (np.concatenate(parts) for parts in (first, second, weights, pairs, plain))
    by_five = np.average(minutes % 5 == 0, weights=cells)
    mostly_pairs = bool(np.average(pair, weights=cells) > 0.5)
    zeros = np.any((minutes < 10) | ((hours < 10) & ~short))
    if mostly_pairs and not zeros and not (by_five == 1 and len(np.unique(hours)) > 1):
        return None
    late = (hours > 24) | ((hours == 24) & (minutes > 0))
    if np.average(late, weights=cells) >= 0.01:
        return "minutes" if np.any(late & pair) else "clock"
    many = len(hours) >= _A_DOZEN
    if many and np.all(short) and by_five < 0.5:
        return "minutes" if mostly_pairs else "clock"
    # Three numbers of which the first is always 0 are durations below an hour.
    return "clock" if many and not mostly_pairs and not hours.any() else "times"
