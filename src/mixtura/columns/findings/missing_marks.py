"""Numbers and dates that stand for a missing value: -200, 999, 9999-12-31, 0 where zero is impossible."""

import re
from collections.abc import Iterator

import numpy as np

from ...words import percent
from ..kinds.moments import Date
from ..kinds.number import Number
from ..looked.looked import Looked
from ..looked.looked_column import Counted, LookedColumn
from .finding import Advice, Finding, named

# Numbers that people and programs write for a missing value: nines with and without a sign, one less than nothing,
# the ends of integers in computers.
_USUAL = re.compile(
    r"-?9{2,9}(\.9+)?|-9|-?99[678]|-?8{3,4}|-?7{3,4}|-1|-?1e\+?[23]0|-2147483648|2147483647|-32768|32767"
)
_KNOWN_DATES = re.compile(r"(9999|2999|2099)-12-31|1900-01-01|1899-12-3[01]|1970-01-01|1800-01-01|0001-01-01")

# So many times the usual distance between neighbours is a gap.
_STEPS_APART = 5

# Marks of one column.
_MOST_MARKS = 3

# The share of zeros that make other cells look unusual.
_MANY_ZEROS = 0.01

# Cells that a mark is in, at least.
_FEWEST = 3


def missing_marks(looked: Looked) -> Iterator[Finding]:
    """Yield a finding for each value that seems to stand for a missing one."""
    columns = [column for column in looked.columns if _may_have_marks(column)]
    known = {column.written(value) for column in columns for value in _marks_in(column, frozenset())}
    found: dict[str, list[tuple[LookedColumn, float]]] = {}
    for column in columns:
        for value in _marks_in(column, frozenset(known)):
            found.setdefault(column.written(value), []).append((column, value))
    for text, places in sorted(found.items(), key=lambda item: -sum(_share(*place) for place in item[1])):
        names = [column.name for column, _ in places]
        share = sum(_share(*place) for place in places) / len(places)
        where = _where(*places[0]) if len(places) == 1 else "far from all their other cells"
        yield Finding(
            "mark of missing values",
            f"{named(names)}: {percent(share)} of the cells are exactly {text}, {where}",
            tuple(names[:100]),
            (),
            round(sum(_share(*place) * place[0].seen.n_cells for place in places)),
            Advice("if it means a missing value, use {}", "missing", (text,)),
            # A few zeros are unusual cells, which detectors find as such.
            changes_answer=text != "0" or share >= _MANY_ZEROS,
        )


def _may_have_marks(column: LookedColumn) -> bool:
    counted = column.counted
    return isinstance(column.kind, (Number, Date)) and counted is not None and len(counted.values) >= 4


def _share(column: LookedColumn, value: float) -> float:
    """Return the share of the cells of a column that hold a value."""
    counted = column.counted
    assert counted is not None, "marks are values that were counted"
    part = 1.0 if counted.is_exact else column.seen.n_cells / len(column.rows)
    return float(counted.counts[np.searchsorted(counted.values, value)]) * part / column.seen.n_cells


def _marks_in(column: LookedColumn, known: frozenset[str]) -> Iterator[float]:
    """Yield the values of a column that seem to be marks, or are some elsewhere in the table."""
    rest = column.counted
    assert rest is not None, "columns without numbers have no such marks"
    for _ in range(_MOST_MARKS):
        ends = (0, len(rest.values) - 1)
        position = next((at for at in ends if len(rest.values) >= 4 and _is_mark(column, rest, at, known)), None)
        if position is None:
            break
        yield float(rest.values[position])
        rest = rest.without(position)
    if isinstance(column.kind, Number) and rest.values[0] == 0 and _is_impossible_zero(rest):
        yield 0.0


def _where(column: LookedColumn, value: float) -> str:
    assert column.counted is not None, "marks are values that were counted"
    others = column.counted.values[column.counted.values != value]
    side, speak = "below" if value < others[0] else "above", column.kind.speak
    return f"far {side} all others ({speak(float(others[0]))} to {speak(float(others[-1]))})"


def _is_mark(column: LookedColumn, counted: Counted, position: int, known: frozenset[str]) -> bool:
    """Tell whether the smallest or the largest value of a column is a mark of a missing value."""
    value, n = float(counted.values[position]), int(counted.counts[position])
    rest = counted.without(position)
    near = rest.counts[:3] if position == 0 else rest.counts[-3:]
    # What thins out towards an end goes on beyond it; a mark stands in more cells than what is next to it.
    if n < _FEWEST or value == 0 or n <= 2 * int(near.max()):
        return False
    low, high = float(rest.values[0]), float(rest.values[-1])
    gap, extent = (low - value if position == 0 else value - high), high - low
    text = column.written(value)
    if isinstance(column.kind, Date):
        return gap > 0.5 * extent and bool(_KNOWN_DATES.match(text) or text in known)
    is_apart = gap > _STEPS_APART * float(np.median(np.diff(rest.values)))
    if text in known:
        return is_apart
    is_usual = bool(_USUAL.fullmatch(text))
    if value < 0 <= low and value.is_integer() and len(rest.values) >= 8 and (is_usual or is_apart):
        return True
    is_chosen = value.is_integer() and (value < 0 or len(set(text)) == 1 or len(text.rstrip("0")) == 1)
    return gap > (0.5 if is_usual else 3.0) * extent and (is_usual or is_chosen) and len(rest.values) >= 5


def _is_impossible_zero(counted: Counted) -> bool:
    """Tell whether zero, the smallest value, lies where the others show that none of it is to be expected."""
    n, rest = int(counted.counts[0]), counted.without(0)
    if n < _FEWEST or len(rest.values) < 20 or n <= 2 * int(rest.counts[:3].max()):
        return False
    low, middle = rest.quantile(0.01), rest.quantile(0.5)
    spread = (rest.quantile(0.75) - rest.quantile(0.25)) / 1.349
    steps = float(np.median(np.diff(rest.values)))
    lowest = float(rest.values[0])
    return bool(lowest > 0.2 * middle and low > 0.3 * middle and middle > 3.5 * spread and lowest > 8 * steps)
