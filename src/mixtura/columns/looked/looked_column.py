"""A column that was looked at: what was seen of it, and what that means for the kind that it is of."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...optional import need
from ...typing import Floats, Integers
from ..kinds.category import Category, Flag
from ..kinds.kind import Decoded, Kind
from ..kinds.number import Number
from ..seen.cells import is_text
from ..seen.column_seen import ColumnSeen
from ..seen.examples import spelled
from ..seen.marks import are_missing, trimmed


@dataclass(frozen=True, eq=False)
class Counted:
    """How often each number of a column occurs.

    Attributes
    ----------
    values : ndarray of shape (n_values,)
        The numbers, in increasing order.
    counts : ndarray of shape (n_values,)
        In how many cells.
    is_exact : bool
        Whether these are all cells; else they are those of the sample.
    n_strays, n_missing : int
        Cells among these that do not fit, and marks of missing values.
    """

    values: Floats
    counts: Integers
    is_exact: bool
    n_strays: int = 0
    n_missing: int = 0

    @cached_property
    def n(self) -> int:
        """How many cells hold numbers."""
        return int(self.counts.sum())

    def quantile(self, share: float) -> float:
        """Return the smallest number that at least this share of the cells does not exceed."""
        reached = np.searchsorted(np.cumsum(self.counts), share * self.n * (1 - 1e-12))
        return float(self.values[min(int(reached), len(self.values) - 1)])

    def without(self, *positions: int) -> "Counted":
        """Return the others."""
        kept = np.ones(len(self.values), dtype=bool)
        kept[list(positions)] = False
        return Counted(self.values[kept], self.counts[kept], self.is_exact)


@dataclass(frozen=True, eq=False)
class LookedColumn:
    """A column that was looked at.

    Attributes
    ----------
    name : str
        Its name.
    kind : Kind
        What it holds.
    seen : ColumnSeen
        What was seen of it.
    cells : pyarrow.Array
        Its cells in the rows of the sample.
    rows : ndarray of shape (n_sampled,)
        The positions of these, from 0.
    marks : tuple of str
        Marks of missing values.
    """

    name: str
    kind: Kind
    seen: ColumnSeen
    cells: Any
    rows: Integers
    marks: tuple[str, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether all different cells are known, with how often each occurs."""
        return self.seen.levels.is_exact and self.seen.words.is_exact

    @cached_property
    def has_levels(self) -> bool:
        """Whether there are such counts of different cells."""
        return self.is_exact and self.seen.levels.n_distinct + self.seen.words.n_distinct > 0

    @property
    def is_whole(self) -> bool:
        """Whether the sample has all rows."""
        return len(self.rows) == self.seen.n_cells

    @cached_property
    def present(self) -> Any:
        """The cells of the sample that are not missing."""
        compute = need("pyarrow.compute", "reading tables")
        cells = self.cells.drop_null()
        return cells.filter(compute.invert(are_missing(trimmed(cells)))) if is_text(cells.type) else cells

    @cached_property
    def decoded(self) -> Decoded | None:
        """The cells of the sample as numbers; None of a kind of which no numbers are made, or only codes of levels."""
        return _decoded(self.kind, self.cells)

    @cached_property
    def counted(self) -> Counted | None:
        """How often each number occurs; None of a kind of which no numbers are made."""
        if self.decoded is None:
            return None
        if not self.has_levels:
            return _counted(self.decoded, np.ones(len(self.cells), np.int64), is_exact=self.is_whole)
        parts = [(_decoded(self.kind, cells), counts) for cells, counts in self._different_cells(as_read=True)]
        values, strays, n_before = [], [], 0
        for decoded, counts in parts:
            assert decoded is not None, "it is of the same kind"
            values.append(decoded.values)
            strays.append(decoded.strays + n_before)
            n_before += len(counts)
        together = Decoded(np.concatenate(values), np.concatenate(strays))
        return _counted(together, np.concatenate([counts for _, counts in parts]), is_exact=True)

    def _different_cells(self, *, as_read: bool = False) -> list[tuple[Any, Integers]]:
        """Return all cells that differ, and how often each occurs; plain numbers `as_read`, or as they were written."""
        tables = [part for seen in (self.seen.levels, self.seen.words) for part in seen.added_up().parts]
        parts = [(table.column("value").combine_chunks(), table.column("n").to_numpy()) for table in tables]
        if not is_text(self.cells.type):
            return parts[:1]
        return [
            (cells if is_text(cells.type) or (as_read and self._is_plain) else self._as_text(cells), counts)
            for cells, counts in parts
        ]

    def _as_text(self, cells: Any) -> Any:
        pa = need("pyarrow", "reading tables")
        return pa.array(_texts(cells), self.cells.type)

    @cached_property
    def levels(self) -> dict[str, int]:
        """How often each different cell occurs, as text, marks of missing values left out.

        Where not all are known, those of the sample.
        """
        found: dict[str, int] = {}
        here = [(self.present, np.ones(len(self.present), np.int64))]
        for cells, counts in self._different_cells() if self.has_levels else here:
            for text, n in zip(_texts(cells), counts.tolist(), strict=True):
                found[text] = found.get(text, 0) + n
        marks = {mark.strip().lower() for mark in (*self.marks, *getattr(self.kind, "missing", ()))}
        return {text: n for text, n in found.items() if not marks or text.strip().lower() not in marks}

    def frequent(self, most: int) -> list[tuple[str, int]]:
        """Return the cells that occur most often and how often each does, in the sample where not all are known."""
        counted = self.counted
        if counted is None:
            return sorted(self.levels.items(), key=lambda level: (-level[1], level[0]))[:most]
        order = np.lexsort((counted.values, -counted.counts))[:most].tolist()
        return [(self.written(float(counted.values[at])), int(counted.counts[at])) for at in order]

    def written(self, value: float) -> str:
        """Return a number of the column with all its digits, a date or time as its cells are written."""
        return spelled(value) if self._is_plain else self.kind.speak(value)

    @property
    def _is_plain(self) -> bool:
        return isinstance(self.kind, (Number, Flag, Category)) and getattr(self.kind, "writing", None) is None

    @property
    def n_distinct(self) -> int:
        """How many different cells are known."""
        return len(self.levels) if self.counted is None else len(self.counted.values)

    @cached_property
    def n_levels(self) -> int:
        """Cells that are counted."""
        return sum(self.levels.values()) if self.counted is None else self.counted.n

    @cached_property
    def agreement(self) -> float:
        """How probable it is that two cells are the same."""
        counted = self.counted
        counts = [*self.levels.values()] if counted is None else counted.counts
        shares = np.array([*counts, self.n_missing], float)
        total = shares.sum()
        if self.is_exact and total > 1:
            return float((shares * np.maximum(shares - 1, 0)).sum() / (total * (total - 1)))
        return float(np.square(shares / total).sum()) if total else 1.0

    @property
    def n_missing(self) -> int:
        """Cells that hold nothing, or a mark of a missing value."""
        counted = self.counted
        if counted is None:
            return self.seen.n_cells - self.n_levels if self.has_levels else self.seen.n_missing
        if self.has_levels:
            return self.seen.n_missing + counted.n_missing
        known = self.seen.n_missing + self.seen.n_marks
        # Marks of a user are not among these.
        in_sample = round(counted.n_missing * self.seen.n_cells / max(1, len(self.rows)))
        return max(known, in_sample) if self.marks else known

    @property
    def n_strays(self) -> int:
        """Cells that are there and do not fit, estimated from the sample where not all different cells are known."""
        counted = self.counted
        if counted is None or not counted.n_strays:
            return 0
        return counted.n_strays if counted.is_exact else round(counted.n_strays * self.seen.n_cells / len(self.rows))

    @cached_property
    def strays(self) -> tuple[tuple[int, str], ...]:
        """The first cells known that are there and do not fit, each with its row, from 0."""
        if self.decoded is None:
            return ()
        found = {int(self.rows[at]): str(self.cells[int(at)].as_py()) for at in self.decoded.strays[:8]}
        others = self.seen.others
        if others and is_text(self.cells.type):
            pa = need("pyarrow", "reading tables")
            decoded = _decoded(self.kind, pa.array([text for _, text in others], self.cells.type))
            if decoded is not None:
                found |= {others[int(at)][0]: others[int(at)][1] for at in decoded.strays}
        return tuple(sorted(found.items()))[:8]


def _texts(cells: Any) -> list[str]:
    types = need("pyarrow.types", "reading tables")
    if types.is_temporal(cells.type):
        # A moment in nanoseconds is no moment of Python's.
        cells = cells.cast("string")
    return [spelled(value) for value in cells.to_pylist()]


def _decoded(kind: Kind, cells: Any) -> Decoded | None:
    if kind.coding is not None:
        return None
    try:
        return kind.decode(cells)
    except NotImplementedError:
        return None


def _counted(decoded: Decoded, counts: Integers, *, is_exact: bool) -> Counted:
    there = np.isfinite(decoded.values)
    values, inverse = np.unique(decoded.values[there], return_inverse=True)
    summed = np.bincount(inverse, counts[there], minlength=len(values)).astype(np.int64)
    n_strays = int(counts[decoded.strays].sum())
    return Counted(values, summed, is_exact, n_strays, int(counts[~there].sum()) - n_strays)
