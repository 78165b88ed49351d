"""Rows that are copies of others, counted in one pass."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...columns.looked.looked import Repeated
from ...typing import Integers
from ..duck import session

if TYPE_CHECKING:
    import pyarrow as pa

_Hashes = NDArray[np.uint64]

# Different rows that are told apart at once, and entries that wait to be added up.
_MOST = 2**18
_WAITING = 2**20

# Columns of one query.
_AT_ONCE = 250

# An odd number near 2^64 over the golden ratio (Knuth, volume 3, section 6.4), which mixes the hashes of columns.
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, eq=False)
class RowsCounted:
    """How often rows occur, of those whose hash is below a limit; what is counted of separate rows adds up.

    All copies of a row have its hash, so that they are counted together or not at all. The limit is halved when there
    are too many rows to be told apart (Wegman's adaptive sampling; Flajolet 1990, "On adaptive sampling").

    Attributes
    ----------
    hashes : ndarray of shape (n,), uint64
        Hashes of rows; one may stand there several times.
    counts : ndarray of shape (n,)
        How many rows.
    first, second : ndarray of shape (n,)
        Positions of the first two of them, from 0; -1 where there is no second one.
    halvings : int
        How often the limit was halved.
    """

    hashes: _Hashes = field(default_factory=lambda: np.zeros(0, np.uint64))
    counts: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    first: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    second: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    halvings: int = 0

    @classmethod
    def of(cls, hashes: _Hashes, first_row: int) -> "RowsCounted":
        """Return the counts of rows one after the other."""
        n = len(hashes)
        return cls(hashes, np.ones(n, np.int64), first_row + np.arange(n), np.full(n, -1))

    def __add__(self, other: "RowsCounted") -> "RowsCounted":
        both = RowsCounted(
            np.concatenate([self.hashes, other.hashes]),
            np.concatenate([self.counts, other.counts]),
            np.concatenate([self.first, other.first]),
            np.concatenate([self.second, other.second]),
            max(self.halvings, other.halvings),
        )
        return both if len(both.hashes) <= _WAITING else both.added_up()

    def added_up(self) -> "RowsCounted":
        """Return the same with each row once, those below a lower limit where there are too many."""
        if not len(self.hashes):
            return self
        order = np.lexsort((self.first, self.hashes))
        hashes, counts, first, second = self.hashes[order], self.counts[order], self.first[order], self.second[order]
        starts = np.flatnonzero(np.append(True, hashes[1:] != hashes[:-1]))
        ends = np.append(starts[1:], len(hashes))
        others = np.where(ends - starts > 1, first[np.minimum(starts + 1, len(first) - 1)], -1)
        known = second[starts]
        seconds = np.where((known >= 0) & ((others < 0) | (known < others)), known, others)
        summed = np.add.reduceat(counts, starts)
        found = RowsCounted(hashes[starts], summed, first[starts], seconds, self.halvings)._below(self.halvings)
        while len(found.hashes) > _MOST:
            found = found._below(found.halvings + 1)
        return found

    def _below(self, halvings: int) -> "RowsCounted":
        kept = self.hashes >> np.uint64(64 - halvings) == 0 if halvings else np.ones(len(self.hashes), dtype=bool)
        return RowsCounted(self.hashes[kept], self.counts[kept], self.first[kept], self.second[kept], halvings)

    @property
    def n_copies(self) -> int:
        """How many rows are copies of others, of counts that are added up."""
        return int((self.counts - 1).sum()) << self.halvings

    def example(self) -> tuple[int, ...]:
        """Return the first row that has a copy, and that copy, of counts that are added up."""
        copies = self.counts > 1
        if not copies.any():
            return ()
        at = np.flatnonzero(copies)[self.first[copies].argmin()]
        return int(self.first[at]), int(self.second[at])


def repeated_in(tables: Iterable["pa.Table"], columns: Sequence[str], telling: Sequence[str]) -> Repeated:
    """Return how many rows of a table are copies of others.

    Parameters
    ----------
    tables : iterable of pyarrow.Table
        The table, some rows after the other.
    columns : sequence of str
        The columns to compare.
    telling : sequence of str
        The one of these that tells rows apart best, and those that say the same.
    """
    counted, nearly, first_row = RowsCounted(), RowsCounted(), 0
    others = [name for name in columns if name not in telling]
    with session("the table") as connection:
        for table in tables:
            rest = _hashes(connection, table, others)
            counted += RowsCounted.of(rest * _SPREAD + _hashes(connection, table, telling), first_row)
            nearly += RowsCounted.of(rest, first_row)
            first_row += table.num_rows
    counted, nearly = counted.added_up(), nearly.added_up()
    return Repeated(counted.n_copies, nearly.n_copies, counted.halvings == 0, counted.example())


def _hashes(connection: Any, table: "pa.Table", columns: Sequence[str]) -> _Hashes:
    """Return a number for each row that rows which hold the same have in common, and others hardly ever."""
    hashes = np.zeros(table.num_rows, np.uint64)
    for start in range(0, len(columns), _AT_ONCE):
        part = table.select(list(columns[start : start + _AT_ONCE]))
        # Names may differ in case only, which DuckDB does not tell apart.
        part = part.rename_columns([f"c{at}" for at in range(part.num_columns)])
        found = connection.from_arrow(part).project(f"hash({', '.join(part.column_names)}) as hash").fetchnumpy()
        hashes = hashes * _SPREAD + found["hash"].astype(np.uint64)
    return hashes
