"""How often each value of a column occurs: exactly while there are few, and the frequent ones beyond that."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ...optional import need

if TYPE_CHECKING:
    import pyarrow as pa

# Values that are counted exactly, of a column and of all columns of a table; of more, the most frequent one in so many
# is kept.
MOST_LEVELS = 65_536
_MOST_OF_TABLE = 2**23
_FEWEST_LEVELS = 256
_KEPT = 16

# Entries that wait to be added up, for each value that may be kept, and bytes of long texts.
_WAITING = 4
_MOST_BYTES = 2**26


def levels_of_each(n_columns: int) -> int:
    """Return how many values of each column of a table are counted exactly, so that memory suffices for all."""
    return max(_FEWEST_LEVELS, min(MOST_LEVELS, _MOST_OF_TABLE // max(1, n_columns)))


@dataclass(frozen=True, eq=False)
class Levels:
    """Counts of values; those of separate cells add up.

    Once there are more than `most`, frequent values are kept and each count may be too small by `error`
    (Misra and Gries 1982, "Finding repeated elements").

    Attributes
    ----------
    parts : tuple of pyarrow.Table
        Counts of parts of the cells, in columns `value` and `n`; a value may stand in several.
    n_counted : int
        Cells seen while all values were kept.
    n_exact : int
        Different values among these.
    error : int
        By how much a count may be too small; zero while all values are kept.
    most : int
        Different values that are counted exactly.

    Examples
    --------
    >>> import pyarrow as pa
    >>> levels = Levels().including(pa.array(["a", "b", "a"])) + Levels().including(pa.array(["b", "b"]))
    >>> levels.counts, levels.is_exact
    ({'a': 2, 'b': 3}, True)
    """

    parts: tuple[Any, ...] = ()
    n_counted: int = 0
    n_exact: int = 0
    error: int = 0
    most: int = MOST_LEVELS

    def including(self, cells: "pa.Array") -> "Levels":
        """Return the counts of these and more cells, none of them null or NaN."""
        return self.including_counts(_counted(cells)) if len(cells) else self

    def including_counts(self, part: "pa.Table") -> "Levels":
        """Return the counts of these and more cells, given how often each of their values occurs among them."""
        if not part.num_rows:
            return self
        compute = need("pyarrow.compute", "counting values")
        if not self.error:
            return self + Levels((part,), int(part.column("n").to_numpy().sum()), most=self.most)
        # Most values occur once in a column of which not all are kept.
        often = part.filter(compute.greater(part.column("n"), 1))
        return self + Levels((often,) if often.num_rows else (), error=1, most=self.most)

    def __add__(self, other: "Levels") -> "Levels":
        parts = (*self.parts, *other.parts)
        error = self.error + other.error
        if error:
            # How many differ is known of the first cells of one of them.
            first = max((one for one in (self, other) if one.error), key=lambda one: (one.n_counted, one.n_exact))
            both = Levels(parts, first.n_counted, first.n_exact, error, self.most)
        else:
            both = Levels(parts, self.n_counted + other.n_counted, most=self.most)
        waiting = sum(part.num_rows for part in parts), sum(part.nbytes for part in parts)
        return both.added_up() if waiting[0] > _WAITING * self.most or waiting[1] > 2 * _MOST_BYTES else both

    def added_up(self) -> "Levels":
        """Return the same with each value once, the frequent ones where there are too many."""
        return self._added_up

    @cached_property
    def _added_up(self) -> "Levels":
        if not self.parts:
            return self
        compute = need("pyarrow.compute", "counting values")
        together = self.parts[0] if len(self.parts) == 1 else _merged(self.parts)
        n_exact = self.n_exact if self.error else together.num_rows
        if together.num_rows <= self.most and together.nbytes <= _MOST_BYTES:
            return replace(self, parts=(together,), n_exact=n_exact)
        kept = min(self.most // _KEPT, max(1, together.num_rows * _MOST_BYTES // (_KEPT * together.nbytes)))
        ranked = compute.sort_indices(together, sort_keys=[("n", "descending")])
        dropped = together.column("n")[ranked[kept].as_py()].as_py() if kept < together.num_rows else 0
        frequent = together.take(ranked.slice(0, kept)).combine_chunks()
        return replace(self, parts=(frequent,), n_exact=n_exact, error=self.error + dropped)

    @cached_property
    def counts(self) -> dict[Any, int]:
        """How often each value that is kept was seen."""
        told = self.added_up()
        if not told.parts:
            return {}
        (table,) = told.parts
        return dict(zip(table.column("value").to_pylist(), table.column("n").to_pylist(), strict=True))

    def some(self, most: int) -> dict[Any, int]:
        """Return at most so many of the values that are kept, and how often each was seen.

        Of more, half are the most frequent ones; the others are chosen evenly, and their counts scaled up to those of
        all that they stand for.
        """
        told = self.added_up()
        if not told.parts or told.parts[0].num_rows <= most:
            return self.counts
        counts = told.parts[0].column("n").to_numpy()
        ranked = np.argsort(-counts, kind="stable")
        frequent, rest = ranked[: most // 2], np.sort(ranked[most // 2 :])
        chosen = rest[np.linspace(0, len(rest) - 1, most - len(frequent)).astype(np.int64)]
        scale = counts[rest].sum() / counts[chosen].sum()
        kept = np.sort(np.concatenate([frequent, chosen]))
        scaled = np.where(np.isin(kept, chosen), np.rint(scale * counts[kept]), counts[kept])
        values = told.parts[0].column("value").take(kept).to_pylist()
        return dict(zip(values, scaled.astype(np.int64).tolist(), strict=True))

    @property
    def is_exact(self) -> bool:
        """Whether every value is kept, with its exact count."""
        return self.added_up().error == 0

    @property
    def n_distinct(self) -> int:
        """How many different values there are, at least."""
        told = self.added_up()
        return max(told.n_exact, *(int(part.num_rows) for part in told.parts), 0)

    @property
    def share_distinct(self) -> float:
        """Share of the cells that differ from all before them, while all values were kept."""
        return self.added_up().n_exact / self.n_counted if self.n_counted else 0.0


def counts_table(values: "pa.Array", counts: Any) -> "pa.Table":
    """Return values, and how often each occurs, as a part of `Levels`."""
    pa = need("pyarrow", "counting values")
    return pa.Table.from_arrays([values, pa.array(counts, pa.int64())], ["value", "n"])


def _counted(cells: "pa.Array") -> "pa.Table":
    compute = need("pyarrow.compute", "counting values")
    numbers = _as_numbers(cells)
    if numbers is None:
        found = compute.value_counts(cells)
        return counts_table(found.field("values"), found.field("counts"))
    values = np.sort(numbers)
    starts = _starts(values)
    return counts_table(_like(values[starts], cells.type), np.diff(np.append(starts, len(values))))


def _merged(parts: tuple[Any, ...]) -> "pa.Table":
    pa = need("pyarrow", "counting values")
    together = pa.concat_tables(parts).combine_chunks()
    numbers = _as_numbers(together.column("value").combine_chunks())
    if numbers is None:
        groups = together.group_by("value", use_threads=False).aggregate([("n", "sum")])
        return groups.rename_columns({"n_sum": "n"}).select(["value", "n"]).combine_chunks()
    order = np.argsort(numbers, kind="stable")
    values, counts = numbers[order], together.column("n").to_numpy()[order]
    starts = _starts(values)
    return counts_table(_like(values[starts], together.column("value").type), np.add.reduceat(counts, starts))


def _starts(values: Any) -> Any:
    """Return where runs of equal values begin among sorted ones."""
    return np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))


def _as_numbers(cells: Any) -> Any:
    """Return cells as numbers that sort much faster than values are hashed; None for those that are none inside."""
    pa = need("pyarrow", "counting values")
    cells = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    kind = cells.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return cells.to_numpy(zero_copy_only=False)
    if pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
        return cells.view(_inside(kind)).to_numpy(zero_copy_only=False)
    return None


def _like(values: Any, kind: "pa.DataType") -> "pa.Array":
    pa = need("pyarrow", "counting values")
    return pa.array(values, _inside(kind)).view(kind) if pa.types.is_temporal(kind) else pa.array(values, kind)


def _inside(kind: "pa.DataType") -> "pa.DataType":
    """Return the type of the integers that dates and times are."""
    pa = need("pyarrow", "counting values")
    return pa.int32() if kind.bit_width == 32 else pa.int64()
