"""Numbers and dates that stand for a missing value: -200, 999, 9999-12-31, 0 where zero is impossible."""

import re
from collections.abc import Iterator

import numpy as np

from ...words import percent
from ..looked import Counted, Looked, LookedColumn, spelled
from ..moments import Date
from ..number import Number
from .finding import Advice, Finding, named

# Numbers that people and programs write for a missing value: nines with and without a sign, one less than nothing,
# the ends of integers in computers.
_KNOWN = re.compile(r"-?9{2,9}(\.9+)?|-9|-?99[678]|-?8{3,4}|-?7{3,4}|-1|-?1e\+?[23]0|-2147483648|2147483647|-32768|32767")
_KNOWN_DATES = re.compile(r"(9999|2999|2099)-12-31|1900-01-01|1899-12-3[01]|1970-01-01|1800-01-01|0001-01-01")

# Marks of one column.
_MOST_MARKS = 3

# Cells that a mark is in, at least.
_FEWEST = 3


def missing_marks(looked: Looked) -> Iterator[Finding]:
    """Yield a finding for each value that seems to stand for a missing one."""
    found: dict[str, list[tuple[LookedColumn, int, str]]] = {}
    for column in looked.columns:
        if column.counted is None or len(column.counted.values) < 4:
            continue
        for value, n, where in _marks_in(column, column.counted):
            is_number = isinstance(column.kind, Number)
            text = spelled(value) if is_number else column.kind.speak(value)
            found.setdefault(text, []).append((column, n, where))
    for text, places in sorted(found.items(), key=lambda item: -sum(n for _, n, _ in item[1])):
        columns = [column.name for column, _, _ in places]
        n = sum(n for _, n, _ in places)
        cells = sum(column.counted.n for column, _, _ in places if column.counted is not None)
        where = places[0][2] if len(places) == 1 else "apart from all other cells of these columns"
        yield Finding(
            "mark of missing values",
            f"{named(columns)}: {percent(n / cells)} of the cells are exactly {text}, {where}",
            tuple(columns[:100]),
            (),
            n,
            Advice("if that stands for a missing value, say so with {}", "missing", (text,)),
            changes_answer=True,
        )


def _marks_in(column: LookedColumn, counted: Counted) -> Iterator[tuple[float, int, str]]:
    """Yield the values of a column that seem to be marks, in how many cells, and where they stand."""
    part = 1.0 if counted.is_exact else column.seen.n_cells / len(column.rows)
    rest = counted
    for _ in range(_MOST_MARKS):
        position = next((at for at in (0, len(rest.values) - 1) if _is_mark(column, rest, at)), None)
        if position is None:
            break
        value, n = float(rest.values[position]), int(rest.counts[position])
        rest = rest.without(position)
        yield value, round(n * part), _where(column, value, rest)
        if len(rest.values) < 4:
            break
    zero = np.flatnonzero(counted.values == 0)
    if isinstance(column.kind, Number) and len(zero) and rest.values[0] == 0 and _is_impossible_zero(rest):
        yield 0.0, round(int(rest.counts[0]) * part), _where(column, 0.0, rest.without(0))


def _where(column: LookedColumn, value: float, rest: Counted) -> str:
    low, high = float(rest.values[0]), float(rest.values[-1])
    speak = column.kind.speak
    side = "below" if value < low else "above"
    return f"far {side} all others ({speak(low)} to {speak(high)})"


def _is_mark(column: LookedColumn, counted: Counted, position: int) -> bool:
    """Tell whether the smallest or the largest value of a column is a mark of a missing value."""
    value, n = float(counted.values[position]), int(counted.counts[position])
    if n < _FEWEST or value == 0:
        return False
    rest = counted.without(position)
    if len(rest.values) < 3 or not rest.n:
        return False
    low, high = float(rest.values[0]), float(rest.values[-1])
    near = rest.counts[:3] if position == 0 else rest.counts[-3:]
    # What thins out towards an end goes on beyond it; a mark stands in more cells than what is next to it.
    if n <= 2 * int(near.max()):
        return False
    gap, extent = (low - value if position == 0 else value - high), high - low
    if isinstance(column.kind, Date):
        return bool(_KNOWN_DATES.match(column.kind.speak(value))) and gap > 0.5 * extent
    if not isinstance(column.kind, Number):
        return False
    known = bool(_KNOWN.fullmatch(spelled(value))) or abs(value) in (1e20, 1e30)
    if known and value < 0 <= low and rest.n > n / 50 and len(rest.values) >= 8:
        return True
    return gap > (0.5 if known else 3.0) * extent and (known or _is_round(value)) and len(rest.values) >= 5


def _is_round(value: float) -> bool:
    """Tell whether somebody chose a number: few digits, and not small."""
    return value.is_integer() and len(spelled(abs(value)).rstrip("0")) <= 1 or value < 0 and value.is_integer()


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


