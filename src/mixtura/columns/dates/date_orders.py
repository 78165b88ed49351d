"""Which number of a date is its day, where all cells of a column are dates in more than one order.

A first number above 12 settles it, and this is not asked. Otherwise, in this order:

1. The days of four cells at least increase, or decrease, from cell to cell in one order only: it is that.
2. The days lie far closer together in one order than in all others: it is that. The year is told by this too.
3. One number is 1 in all cells, and the other takes all values from 1 to 12: the first is the day, of monthly data.
4. The steps from each day to the next are far more regular in one order: it is that.
5. Dots stand between the numbers: the day is first, as in all countries that write dots.

Else it is undecided, and the month is taken to be first.
"""

from collections.abc import Mapping

import numpy as np

from ...typing import Floats


def settled(read: Mapping[str, Floats]) -> str | None:
    """Return the form that a column of dates has, None where that is undecided.

    Parameters
    ----------
    read : mapping of str to ndarray of float64
        The days that the distinct texts are in each form, in the order of the column.
    """
    days = {form: values[~np.isnan(values)] for form, values in read.items()}
    for rule in (_monotone, _narrow, _monthly, _regular):
        if form := rule(days):
            return form
    return next((form for form in read if form.startswith("{d}.")), None)


def _monotone(days: Mapping[str, Floats]) -> str | None:
    steps = {form: np.diff(values) for form, values in days.items()}
    return _only([form for form, step in steps.items() if len(step) > 2 and (np.all(step >= 0) or np.all(step <= 0))])


def _narrow(days: Mapping[str, Floats]) -> str | None:
    spans = {form: np.ptp(values) for form, values in days.items()}
    # Day and month taken for each other change a span by a year at most, a year taken for a day by decades.
    return _only([form for form, span in spans.items() if 4 * span < min(s for f, s in spans.items() if f != form)])


def _monthly(days: Mapping[str, Floats]) -> str | None:
    found = []
    for form, values in days.items():
        dates = np.floor(values).astype(np.int64).astype("datetime64[D]")
        months = dates.astype("datetime64[M]")
        if np.all(dates == months.astype("datetime64[D]")) and len(np.unique(months.astype(np.int64) % 12)) == 12:
            found.append(form)
    return _only(found)


def _regular(days: Mapping[str, Floats]) -> str | None:
    spread = {}
    for form, values in days.items():
        steps = np.diff(np.unique(np.floor(values)))
        spread[form] = np.std(steps) / np.mean(steps) if len(steps) > 2 else 0.0
    return _only(
        [form for form, own in spread.items() if 0.2 + 2 * own < min(s for f, s in spread.items() if f != form)]
    )


def _only(forms: list[str]) -> str | None:
    return forms[0] if len(forms) == 1 else None
