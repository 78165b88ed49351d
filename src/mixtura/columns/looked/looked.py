"""A table that was looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from ..kinds.kind import Kind
from ..seen.cells import as_one_array
from ..seen.profile import TableSeen
from .looked_column import LookedColumn


@dataclass(frozen=True, eq=False)
class Repeated:
    """How many rows are copies of others.

    Attributes
    ----------
    n_copies : int
        Rows that are like one before them.
    n_nearly : int
        Rows that are like one before them in all columns but the one that tells rows apart best.
    is_exact : bool
        Whether they were counted, or estimated from rows that were chosen by what is in them.
    rows : tuple of int
        The first row that has a copy, and that copy, from 0.
    """

    n_copies: int
    n_nearly: int
    is_exact: bool
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Looked:
    """A table that was looked at.

    Attributes
    ----------
    seen : TableSeen
        What was seen of it.
    columns : tuple of LookedColumn
        Its columns.
    repeated : Repeated or None
        How many rows are copies of others, where they were counted.
    """

    seen: TableSeen
    columns: tuple[LookedColumn, ...]
    repeated: Repeated | None = None

    @classmethod
    def of(cls, seen: TableSeen, kinds: Mapping[str, Kind], marks: tuple[str, ...] = ()) -> Self:
        """Return a table of which it is known what its columns hold.

        Parameters
        ----------
        seen : TableSeen
            What was seen of it.
        kinds : mapping of str to Kind
            What its columns hold.
        marks : tuple of str
            Marks of missing values, besides those that are always taken for such.
        """
        sample = seen.sample
        columns = (
            LookedColumn(name, kinds[name], column, as_one_array(sample.column(at)), seen.rows, marks)
            for at, (name, column) in enumerate(seen.columns.items())
        )
        return cls(seen, tuple(columns))

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.seen.n_rows

    @property
    def n_sampled(self) -> int:
        """Rows of the sample."""
        return len(self.seen.rows)

    def counting(self, repeated: Repeated) -> Self:
        """Return the same with how many rows are copies of others."""
        return replace(self, repeated=repeated)

    def without(self, names: "set[str]") -> "Looked":
        """Return the same without some columns."""
        if names.isdisjoint(self.seen.columns):
            return self
        kept = {name: seen for name, seen in self.seen.columns.items() if name not in names}
        sample, last = self.seen.sample, self.seen.last
        seen = TableSeen(
            kept,
            self.seen.n_rows,
            sample.select(list(kept)),
            self.seen.rows,
            None if last is None else last.select(list(kept)),
        )
        return Looked(seen, tuple(column for column in self.columns if column.name in kept), self.repeated)
