"""The E-step over the rows of a table, complete or not."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from ...distributions.missing import ObservedPasses, sorted_by_pattern
from ...distributions.passes import Components, Model, Passes
from ...intake.table import Table
from ...rows import Rows
from ...statistics.moments import Moments

# A pass over so many rows takes milliseconds.
_QUICK = 2**16


def passes_for(components: Components, rows: Rows) -> Passes | ObservedPasses:
    """Return the passes over rows: those that look for missing values only where there may be some."""
    return (ObservedPasses if rows.has_missing else Passes)(components, rows.dtype)


@dataclass(frozen=True)
class Expectation:
    """The E-step: one pass over the rows of a table, summed up as the moments of a model."""

    table: Table

    def __call__(self, model: Model) -> Moments:
        """Return the moments of all rows under a model."""
        return passes_for(model.components, self.table.rows).moments(self._sorted, self.table.engine)

    def on(self, table: Table) -> Self:
        """Return the same over another table."""
        return replace(self, table=table)

    @property
    def is_quick(self) -> bool:
        """Whether hundreds of passes take seconds."""
        return self.table.n_rows is not None and self.table.n_rows <= _QUICK

    @cached_property
    def _sorted(self) -> Rows:
        return sorted_by_pattern(self.table.rows)
