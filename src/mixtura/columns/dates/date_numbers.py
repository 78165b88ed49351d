"""Whether whole numbers are dates: written as 20240128, or counted in Unix time. Most numbers are ids and amounts."""

import numpy as np

from ...typing import Floats

# Of the numbers between 19000101 and 21001231 one in 27 is a date: five that are, are so by chance in 1 of 10 million.
_FEWEST_DAYS = 5

# Unix time is recognised between these, within so many years: the numbers of American phones start above, and numbers
# that are drawn from all of ten digits, or from those that start with 1, are further apart.
_FIRST, _LAST = (np.datetime64(day, "D").astype(np.int64) for day in ("2001-09-09", "2033-05-18"))
_WIDEST = 15 * 366
_FEWEST_STAMPS = 20


def are_days(days: Floats) -> bool:
    """Return whether distinct numbers that are written as dates are dates: many, or some within one year.

    Parameters
    ----------
    days : ndarray of float64
        The days that they would be; one at least.
    """
    distinct = len(np.unique(np.floor(days)))
    return distinct >= _FEWEST_DAYS or (distinct >= 2 and bool(np.ptp(days) <= 366))


def are_unix(days: Floats, form: str) -> bool:
    """Return whether distinct numbers are Unix time, by the days that they would be.

    They lie within fifteen years. In addition all are whole minutes; or there are twenty at least, that neither count
    up one by one, as numbers of rows do, nor are round numbers, as amounts are.

    Parameters
    ----------
    days : ndarray of float64
        The days that they would be; one at least.
    form : str
        `{unix}` or `{unix_ms}`.
    """
    if days.min() < _FIRST or days.max() >= _LAST or np.ptp(days) > _WIDEST or len(days) < 3:
        return False
    units = np.rint(np.sort(days) * 86_400 * (1 if form == "{unix}" else 1000)).astype(np.int64)
    minute = 60 if form == "{unix}" else 60_000
    if np.all(units % minute == 0):
        # Amounts in thousands are whole minutes, by chance, if they are in thousands of three.
        return not np.all(units % 10_000 == 0) or bool(np.all(units % (60 * minute) == 0))
    steps = np.diff(units)
    one_by_one = np.median(steps) <= 1
    round_numbers = form == "{unix}" and np.mean(units % 1000 == 0) > 0.1
    return bool(len(units) >= _FEWEST_STAMPS and not one_by_one and not round_numbers)
