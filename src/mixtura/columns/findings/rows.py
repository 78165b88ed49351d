"""Rows that are no observations of their own: copies, totals; and too few rows."""

import re
from collections.abc import Iterator

import numpy as np

from ...words import joined, percent, plural
from ..kinds.number import Number
from ..looked.looked import Looked
from ..looked.looked_column import LookedColumn
from ..seen.cells import as_one_array, is_text
from .finding import Advice, Finding, cut, named

_FEW_ROWS = 20

# How probable it is at most that two rows agree in the column that tells rows apart best; and how many more rows at
# most are alike, and how many different rows at least are still different, where that column is left out.
_TELLING = 0.02
_NEARLY = 1.5
_STILL = 0.9

_TOTAL = re.compile(
    r"(grand |sub)?-?total[es]?s?|sums?|all|overall|gesamt|gesamtsumme|summe|insgesamt|totaal|suma|somma|totale"
    r"|итого|合計|合计|总计",
    re.IGNORECASE,
)


def totals(looked: Looked) -> Iterator[Finding]:
    """Yield a finding where the last row has the sums of the rows before it."""
    if looked.n_rows < 4 or looked.seen.last is None:
        return
    label = _label(looked)
    summed, compared = [], 0
    for column in looked.columns:
        found = _last_and_rest(looked, column)
        if found is None:
            continue
        last, rest = found
        compared += 1
        tolerance = (0.005 if label else 1e-6) * abs(last)
        if last != 0 and abs(last - rest) <= tolerance:
            summed.append(column.name)
    enough = 1 if label else 2
    if len(summed) < enough or len(summed) < 0.5 * compared:
        return
    told = f"{cut(label)!r} in row {looked.n_rows:,}" if label else f"row {looked.n_rows:,}, the last one,"
    yield Finding(
        "row of totals",
        f"{told} holds the sum{'s' if len(summed) > 1 else ''} of all rows before it ({named(summed)})",
        tuple(summed[:100]),
        (looked.n_rows,),
        1,
        Advice("remove the row from the table"),
        changes_answer=True,
    )


def _label(looked: Looked) -> str | None:
    """Return the word of the last row that says that it holds totals."""
    last = looked.seen.last
    for at, column in enumerate(looked.columns):
        if not is_text(column.cells.type):
            continue
        text = as_one_array(last.column(at))[0].as_py()
        if text is not None and _TOTAL.fullmatch(text.strip().rstrip(":").strip()):
            return str(text).strip()
    return None


def _last_and_rest(looked: Looked, column: LookedColumn) -> tuple[float, float] | None:
    """Return the number in the last row and the sum of those in all rows before it."""
    if not isinstance(column.kind, Number):
        return None
    at = list(looked.seen.columns).index(column.name)
    last = float(column.kind.decode(as_one_array(looked.seen.last.column(at))).values[0])
    counted = column.counted
    if not np.isfinite(last) or counted is None or len(counted.values) < 3:
        return None
    if counted.is_exact:
        return last, float(counted.values @ counted.counts) - last
    if column.kind.writing is not None or column.kind.missing:
        return None
    return last, column.seen.numbers.total - last


def copies(looked: Looked) -> Iterator[Finding]:
    """Yield a finding where rows are copies of others, and that is no chance."""
    repeated = looked.repeated
    if repeated is None or not repeated.n_copies:
        return
    # Where rows coincide by chance, many more do so nearly.
    telling = min((column.agreement for column in looked.columns), default=1.0)
    n_different, n_nearly_different = looked.n_rows - repeated.n_copies, looked.n_rows - repeated.n_nearly
    is_chance = repeated.n_nearly > _NEARLY * repeated.n_copies or n_nearly_different < _STILL * n_different
    if telling > _TELLING or is_chance:
        return
    about = "" if repeated.is_exact else "about "
    n, share = repeated.n_copies, repeated.n_copies / looked.n_rows
    told = f"{about}{plural(n, 'row')} ({percent(share)}) {'is a copy' if n == 1 else 'are copies'} of another row"
    example = ""
    if len(repeated.rows) > 1:
        pair = f"rows {joined([f'{row + 1:,}' for row in repeated.rows])}"
        example = f": {pair}" if n == 1 else f", such as {pair}"
    yield Finding(
        "copies of rows",
        f"{told}{example}",
        (),
        tuple(row + 1 for row in repeated.rows),
        n,
        Advice("remove copies that are not separate observations: every copy counts as a row"),
    )


def few(looked: Looked) -> Iterator[Finding]:
    """Yield a finding where there are too few rows to tell what is usual."""
    if looked.n_rows < _FEW_ROWS:
        yield Finding(
            "few rows",
            f"the table has {plural(looked.n_rows, 'row')}",
            (),
            (),
            looked.n_rows,
            Advice(f"expect rough answers: detectors tell more from {_FEW_ROWS} rows on"),
        )
