"""Dates that lie far from all others, or have yet to come."""

import datetime
from collections.abc import Iterator

import numpy as np

from ...words import plural
from ..kinds.moments import Date
from ..looked.looked import Looked
from ..looked.looked_column import LookedColumn
from .finding import Advice, Finding, cut

# The share of the dates that may lie apart.
_MOST = 0.01
_FEWEST = 50


def far_dates(looked: Looked) -> Iterator[Finding]:
    """Yield a finding for each column of dates of which few lie far from all others, or after today."""
    for column in looked.columns:
        counted = column.counted
        if not isinstance(column.kind, Date) or counted is None or counted.n < _FEWEST or len(counted.values) < 3:
            continue
        low, high = counted.quantile(_MOST), counted.quantile(1 - _MOST)
        extent = max(high - low, np.finfo(float).tiny)
        apart = (counted.values < low - 2 * extent) | (counted.values > high + 2 * extent)
        coming = np.array([_is_coming(column, value) for value in counted.values[-20:].tolist()])
        n_coming = int(counted.counts[-20:][coming].sum()) if len(coming) else 0
        for which, n, why in (
            (apart, int(counted.counts[apart].sum()), "far from all others"),
            (counted.values >= counted.values[-n_coming or -1], n_coming, "after today"),
        ):
            if 0 < n <= max(1, _MOST * counted.n):
                example = column.kind.speak(float(counted.values[np.flatnonzero(which)[-1]]))
                yield Finding(
                    "dates apart",
                    f"{cut(column.name)}: {plural(n, 'date')} {'lies' if n == 1 else 'lie'} {why}, such as {example}",
                    (column.name,),
                    (),
                    n,
                    Advice("check them: a digit may be wrong, or day and month may be swapped"),
                )
                break


def _is_coming(column: LookedColumn, value: float) -> bool:
    text = column.kind.speak(value)[:10]
    try:
        return datetime.date.fromisoformat(text) > datetime.date.today() + datetime.timedelta(days=1)
    except ValueError:
        return False
