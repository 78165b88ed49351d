"""Columns whose cells say little: nearly always the same, mostly missing, one value where others vary, very skewed."""

from collections.abc import Iterator

from ...words import count, percent
from ..deciding.deciding import are_numbers
from ..kinds.number import Number
from ..kinds.unused import Constant, Empty, Identifier
from ..looked.looked import Looked
from ..looked.looked_column import LookedColumn
from .finding import Advice, Finding, cut, named

_MOSTLY_MISSING = 0.5
_NEARLY_CONSTANT = 0.99
_SPIKE = 0.05

# Columns that an option lists.
_MOST_DROPPED = 6

# A spike is so many times as frequent as the next value of a column that is otherwise of many values.
_TIMES = 10
_MANY_VALUES = 50


def mostly_missing(looked: Looked) -> Iterator[Finding]:
    """Yield a finding where columns are mostly empty."""
    found = [
        column
        for column in looked.columns
        if not isinstance(column.kind, Empty) and column.n_missing > _MOSTLY_MISSING * looked.n_rows
    ]
    if found:
        most = max(column.n_missing for column in found) / looked.n_rows
        yield Finding(
            "mostly missing",
            f"{_each(found)} mostly missing ({'up to ' if len(found) > 1 else ''}{percent(most)} of the cells)",
            _names(found),
            (),
            len(found),
            _leaving_out("leave out what carries no information", found),
        )


def nearly_constant(looked: Looked) -> Iterator[Finding]:
    """Yield a finding where columns hold one value in nearly all rows."""
    found = [column for column in looked.columns if _is_nearly_constant(column)]
    if found:
        only = f", {cut(found[0].frequent(1)[0][0])!r}" if len(found) == 1 else ""
        yield Finding(
            "nearly constant",
            f"{_each(found)} the same in nearly all rows{only}",
            _names(found),
            (),
            len(found),
            _leaving_out("leave out what does not matter", found),
        )


def _is_nearly_constant(column: LookedColumn) -> bool:
    if isinstance(column.kind, (Constant, Empty, Identifier)) or column.n_distinct < 2 or column.n_levels < 100:
        return False
    return column.frequent(1)[0][1] >= _NEARLY_CONSTANT * column.n_levels


def spikes(looked: Looked) -> Iterator[Finding]:
    """Yield a finding for each column of many values of which one is in many rows."""
    for column in looked.columns:
        counted = column.counted
        if not isinstance(column.kind, Number) or counted is None or len(counted.values) < _MANY_VALUES:
            continue
        at = int(counted.counts.argmax())
        n, rest = int(counted.counts[at]), counted.without(at)
        share = n / counted.n
        if not _SPIKE <= share < _NEARLY_CONSTANT or n < _TIMES * int(rest.counts.max()):
            continue
        value = column.kind.speak(float(counted.values[at]))
        place = {0: ", the smallest", len(counted.values) - 1: ", the largest"}.get(at, "")
        yield Finding(
            "one value in many rows",
            f"{cut(column.name)}: {percent(share)} of the cells are {value}{place}; the others take "
            f"{'' if counted.is_exact else 'at least '}{count(len(rest.values))} values",
            (column.name,),
            (),
            n,
            Advice("if it is not a measurement, mark it in a column of its own"),
        )


def heavy_skew(looked: Looked) -> Iterator[Finding]:
    """Yield a finding where few numbers are thousands of times as large as most."""
    found = [column for column in looked.columns if _is_skewed(column)]
    if found:
        verb = "have" if len(found) > 1 else "has"
        yield Finding(
            "heavy skew",
            f"{named([column.name for column in found])} {verb} a few numbers more than a thousand times as large as "
            "the median",
            _names(found),
            (),
            len(found),
            Advice("use logarithms if ratios matter more than differences"),
        )


def _is_skewed(column: LookedColumn) -> bool:
    counted = column.counted
    if not isinstance(column.kind, Number) or counted is None or counted.n < 100 or counted.values[0] < 0:
        return False
    middle = counted.quantile(0.5)
    return middle > 0 and float(counted.values[-1]) > 1000 * middle


def names_of_rows(looked: Looked) -> Iterator[Finding]:
    """Yield findings where columns name the rows otherwise than by numbers one after the other: numbers, then texts."""
    named_by = [column for column in looked.columns if isinstance(column.kind, Identifier)]
    others = [column for column in named_by if column.kind.told != "row numbers"]
    numbers = [column for column in others if are_numbers(column.seen)]
    forms = [column for column in others if column not in numbers and _have_forms(column)]
    texts = [column for column in others if column not in numbers and column not in forms]
    for found, use, advice in (
        (numbers, "and not used", Advice("set its kind if it is a measurement: {}", "as", _as(numbers, "number"))),
        (
            forms,
            f"and judged by {'its' if len(forms) == 1 else 'their'} form alone",
            _leaving_out("leave out names whose form means nothing", forms),
        ),
        (texts, "and not used", Advice("to judge rows by the form of its texts, use {}", "as", _as(texts, "text"))),
    ):
        if found:
            yield Finding(
                "names of rows",
                f"{_each(found)} read as names of the rows ({cut(found[0].kind.told)}), {use}",
                _names(found),
                (),
                len(found),
                advice,
            )


def _have_forms(column: LookedColumn) -> bool:
    return isinstance(column.kind, Identifier) and column.kind.coded(column.seen, column.marks).coding is not None


def _as(columns: list[LookedColumn], kind: str) -> tuple[str, ...]:
    return tuple(f"{column.name}={kind}" for column in columns[:1])


def _leaving_out(text: str, columns: list[LookedColumn]) -> Advice:
    if len(columns) > _MOST_DROPPED:
        return Advice(text)
    return Advice(f"{text}: {{}}", "drop", tuple(column.name for column in columns))


def _each(columns: list[LookedColumn]) -> str:
    verb = "is" if len(columns) == 1 else "are"
    return f"{named([column.name for column in columns])} {verb}"


def _names(columns: list[LookedColumn]) -> tuple[str, ...]:
    return tuple(column.name for column in columns[:100])
