"""All findings there are: a new one is a function, and a line in `FINDERS`."""

from collections.abc import Callable, Iterator

from ...words import plural
from ..looked.looked import Looked
from .dates import far_dates
from .finding import Advice, Finding, named
from .missing_marks import missing_marks
from .names import header_of_data, names_alike
from .relations import same_columns
from .rows import copies, few, totals
from .spelling import levels_alike
from .strays import mixed_cells, numbers_among_words, rows_without_numbers
from .values import heavy_skew, mostly_missing, names_of_rows, nearly_constant, spikes

Finder = Callable[[Looked], Iterator[Finding]]

# Findings of one sort that are told one by one.
_MOST = 5

# In the order of their importance.
FINDERS: tuple[Finder, ...] = (
    header_of_data,
    rows_without_numbers,
    missing_marks,
    totals,
    numbers_among_words,
    mixed_cells,
    copies,
    same_columns,
    far_dates,
    levels_alike,
    few,
    mostly_missing,
    spikes,
    heavy_skew,
    nearly_constant,
    names_alike,
    names_of_rows,
)


def findings_in(looked: Looked) -> tuple[Finding, ...]:
    """Return what deserves attention in a table, what changes the answer first."""
    found = [finding for finder in FINDERS for finding in _abridged([*finder(looked)])]
    marked = {name for finding in found if finding.name == "mark of missing values" for name in finding.columns}
    # A mark is in many rows: that is told once.
    told = (one for one in found if one.name != "one value in many rows" or marked.isdisjoint(one.columns))
    return tuple(sorted(told, key=lambda finding: not finding.changes_answer))


def _abridged(findings: list[Finding]) -> list[Finding]:
    """Return findings of one sort, those after the first few as one."""
    if len(findings) <= _MOST:
        return findings
    shown, rest = findings[: _MOST - 1], findings[_MOST - 1 :]
    names = list(dict.fromkeys(name for finding in rest for name in finding.columns))
    together = Finding(
        rest[0].name,
        f"the same goes for {plural(len(rest), 'more case')} of {rest[0].name} ({named(names)})",
        tuple(names[:100]),
        (),
        sum(finding.n for finding in rest),
        Advice("check these columns too"),
        rest[0].changes_answer,
    )
    return [*shown, together]
