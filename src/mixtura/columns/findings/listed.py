"""All findings there are: a new one is a function, and a line in `FINDERS`."""

from collections.abc import Callable, Iterator

from ..looked import Looked
from .dates import far_dates
from .finding import Finding
from .missing_marks import missing_marks
from .names import header_of_data, names_alike
from .relations import same_columns
from .rows import copies, few, totals
from .spelling import levels_alike
from .strays import mixed_cells, numbers_among_words
from .values import heavy_skew, mostly_missing, names_of_rows, nearly_constant, spikes

Finder = Callable[[Looked], Iterator[Finding]]

# In the order of their importance.
FINDERS: tuple[Finder, ...] = (
    header_of_data,
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
    found = [finding for finder in FINDERS for finding in finder(looked)]
    return tuple(sorted(found, key=lambda finding: not finding.changes_answer))
